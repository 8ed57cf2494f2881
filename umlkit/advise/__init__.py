"""Evidence to a decision, in plain Python."""
