"""JSON Lines files of labelled utterances."""

from __future__ import annotations

from pathlib import Path

from corpusforge.grammar.foreign.model import ForeignPack, Options
from corpusforge.grammar.foreign.rows import read_rows
from corpusforge.grammar.importers.jsonl import PLUGIN

__all__ = ["read"]


def read(path: Path, options: Options) -> ForeignPack:
    """See `read_rows`."""
    return read_rows(path, options, PLUGIN.peek)
