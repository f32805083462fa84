"""Importers: one file per foreign format; the first that accepts a path reads it."""
