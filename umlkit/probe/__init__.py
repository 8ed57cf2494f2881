"""Per-sample outputs to measurements; trains nothing and runs no network."""
