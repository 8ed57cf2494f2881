"""The recurrent encoder."""
