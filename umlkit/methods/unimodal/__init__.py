"""One modality trained alone."""
