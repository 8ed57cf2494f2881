"""The transformer encoder."""
