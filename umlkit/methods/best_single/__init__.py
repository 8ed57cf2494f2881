"""The single best modality."""
