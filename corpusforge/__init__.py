"""Synthetic text and speech corpora: one recipe in, a publishable corpus out."""

__version__ = "0.1.0"
