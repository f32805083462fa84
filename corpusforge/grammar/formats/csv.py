"""CSV and TSV files of labelled utterances: slots as spans, words, BIO tags or marks."""

from __future__ import annotations

from pathlib import Path

from corpusforge.grammar.foreign.format import Format, ends
from corpusforge.grammar.foreign.model import ForeignPack, Options
from corpusforge.grammar.foreign.rows import LOSSES, read_rows
from corpusforge.grammar.importers import csv

__all__ = ["PLUGIN", "read"]

_ENDINGS = (".csv", ".tsv")


def read(path: Path, options: Options) -> ForeignPack:
    """See `read_rows`."""
    return read_rows(path, options, csv.PLUGIN.peek, _ENDINGS)


PLUGIN = Format(
    name="csv",
    read=read,
    accepts=ends(*_ENDINGS),
    losses=LOSSES,
    example={"rows.csv": "text,intent\nturn on the light,on\nstop,off\n"},
)
