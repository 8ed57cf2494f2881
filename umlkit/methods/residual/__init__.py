"""A network on top of the frozen ensemble."""
