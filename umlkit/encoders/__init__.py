"""Modules from one modality to features, one folder each."""
