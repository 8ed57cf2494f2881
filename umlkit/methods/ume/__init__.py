"""Uni-Modal Ensemble."""
