"""JSON Lines files of labelled utterances: slots as spans, words, BIO tags or marks."""

from __future__ import annotations

from pathlib import Path

from corpusforge.grammar.foreign.format import Format, ends
from corpusforge.grammar.foreign.model import ForeignPack, Options
from corpusforge.grammar.foreign.rows import LOSSES, read_rows
from corpusforge.grammar.importers import jsonl

__all__ = ["PLUGIN", "read"]

_ENDINGS = (".jsonl", ".ndjson")


def read(path: Path, options: Options) -> ForeignPack:
    """See `read_rows`."""
    return read_rows(path, options, jsonl.PLUGIN.peek, _ENDINGS)


PLUGIN = Format(
    name="jsonl",
    read=read,
    accepts=ends(*_ENDINGS),
    losses=LOSSES,
    example={"rows.jsonl": '{"text": "turn on the light", "intent": "on"}\n'},
)
