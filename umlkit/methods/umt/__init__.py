"""Uni-Modal Teacher."""
