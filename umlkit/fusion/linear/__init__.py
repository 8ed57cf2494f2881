"""The linear fusion head."""
