"""The steps of a run by seed and fold: what is up to date, what is to be done."""
