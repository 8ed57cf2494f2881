"""The small residual network for small pictures."""
