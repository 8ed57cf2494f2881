"""Views: what the kernel of a modality is computed from."""
