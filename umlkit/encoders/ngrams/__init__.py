"""The n-gram encoder."""
