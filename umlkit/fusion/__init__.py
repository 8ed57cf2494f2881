"""Heads from every modality's features to logits, one folder each."""
