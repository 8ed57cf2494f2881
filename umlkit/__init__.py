"""umlkit: which way of multi-modal training fits your data, measured and then trained."""
