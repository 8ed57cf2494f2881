"""A kernel machine beside the ensemble: no network is trained."""
