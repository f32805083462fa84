"""Foreign template files: one module per format, each with `read(path, options)`."""
