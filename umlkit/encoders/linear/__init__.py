"""The linear encoder."""
