"""ResNet-18 for larger pictures."""
