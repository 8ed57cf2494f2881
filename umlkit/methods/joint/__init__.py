"""Joint late-fusion training."""
