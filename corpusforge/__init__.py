"""Synthetic text and speech corpora: one recipe in, a publishable corpus out.

The verbs of the command line are functions of `corpusforge.api`.
"""

__version__ = "0.1.0"
