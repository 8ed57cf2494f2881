"""The multi-layer perceptron encoder."""
