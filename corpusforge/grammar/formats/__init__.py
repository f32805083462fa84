"""Foreign template formats: one file each with a `PLUGIN`, a `Format`."""
