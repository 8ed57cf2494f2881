"""The convolutional network over time."""
