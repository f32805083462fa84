"""Generators, one file each; see `corpusforge.expand.contract`."""
