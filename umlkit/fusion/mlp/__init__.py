"""The multi-layer perceptron fusion head."""
