"""The one training loop, and what keeps it reproducible and resumable."""
