"""Models of the transformers package that turn text into sound, one file per kind."""
