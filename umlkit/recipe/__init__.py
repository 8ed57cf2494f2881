"""The recipe: its schema, its loading with positions, its overrides, the bundled ones."""
