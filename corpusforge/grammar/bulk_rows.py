"""Sentences taken apart by `unranking` as Arrow columns: text, slots with exact spans.

Texts of few different values (intent, template, slot names, values) are dictionary arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.core.arrow import integers, strings
from corpusforge.core.spans import Slot
from corpusforge.grammar.bulk import Corpus
from corpusforge.grammar.guides import Integers
from corpusforge.grammar.pack import Template
from corpusforge.grammar.piece_tables import BULK_SLOT, WORDS, PieceTables

__all__ = ["BULK", "BulkRows"]

BULK = pa.schema(
    [
        ("text", pa.string()),
        ("intent", WORDS),
        ("slots", pa.list_(BULK_SLOT)),
        ("template", WORDS),
        ("split", WORDS),
    ]
)
"""Columns of sampled rows; cast to `core.schema.UTTERANCES` they are plain text."""


class Rendered(Protocol):
    """A sentence that is made already."""

    @property
    def template(self) -> Template:
        """Where it comes from."""
        ...

    @property
    def text(self) -> str:
        """NFC text."""
        ...

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Filled slots in order."""
        ...


class BulkRows:
    """Makes rows of a corpus.

    Args:
        corpus: Where they come from.
    """

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._pieces = PieceTables(corpus.unranker)
        templates = [owner.template for owner in corpus.owners]
        self._intents, self._intent_of = _coded([template.intent for template in templates])
        self._templates, self._template_of = _coded([template.id for template in templates])
        self._splits, self._split_of = _coded([owner.split for owner in corpus.owners])

    def batch(self, owners: Integers, numbers: Integers) -> pa.RecordBatch:
        """Rows by owner and number within the owner, shape [rows] each; columns of `BULK`."""
        text, slots = self._pieces.columns(self._corpus.steps(owners, numbers))
        intents = integers(self._intent_of[owners])
        templates = integers(self._template_of[owners])
        splits = integers(self._split_of[owners])
        return pa.record_batch(
            [
                text,
                pa.DictionaryArray.from_arrays(intents, self._intents),
                slots,
                pa.DictionaryArray.from_arrays(templates, self._templates),
                pa.DictionaryArray.from_arrays(splits, self._splits),
            ],
            schema=BULK,
        )

    @staticmethod
    def of_rows(rows: Sequence[Rendered], splits: Sequence[str]) -> pa.RecordBatch:
        """Rows that are made already, with their splits, as columns of `BULK`."""
        names, split_of = _coded(splits)
        intents, intent_of = _coded([row.template.intent for row in rows])
        templates, template_of = _coded([row.template.id for row in rows])
        slots = [[asdict(slot) for slot in row.slots] for row in rows]
        return pa.record_batch(
            [
                strings([row.text for row in rows]),
                pa.DictionaryArray.from_arrays(integers(intent_of), intents),
                pa.array(slots, pa.list_(BULK_SLOT)),
                pa.DictionaryArray.from_arrays(integers(template_of), templates),
                pa.DictionaryArray.from_arrays(integers(split_of), names),
            ],
            schema=BULK,
        )


def _coded(texts: Sequence[str]) -> tuple[pa.Array, npt.NDArray[np.int32]]:
    """Different texts, and the number of each in them."""
    numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    return strings(list(numbers)), np.array([numbers[t] for t in texts], np.int32)
