"""Heads on frozen uni-modal features."""
