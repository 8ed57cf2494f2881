"""The run directory: layout, fingerprints, atomic writes, locks, records."""
