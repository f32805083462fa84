"""Rows of a draw whose folded texts are all different within an intent: what `build` takes.

A draw holds labelled sentences that are different; these may fold to one text, as "Turn on!" and
"turn on" do, or be one text with two readings. Rows of data sets should not, and the clean stage
would drop them. So the first one stays, and further rows are drawn for the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.core.arrow import int32s, list_items
from corpusforge.core.folding import Hashes, folded_hashes
from corpusforge.grammar.drawing import Draw

__all__ = ["DistinctRows"]

# So many rows are drawn for a row that is wanted, and some more, before the rest is given up.
MOST_TRIES = 20
TRIES_AT_LEAST = 100_000


class DistinctRows:
    """The first n such rows of a draw, and what they hold.

    Args:
        drawn: All its rows are asked for, as far as they are needed.
        n: Rows wanted.

    Attributes:
        by_template: Rows of each template that has any.
        by_intent: Rows of each intent.
        by_split: Rows of each split.
        values: List -> its (words, canonical value) that rows hold.
        exhausted: All rows of the draw were looked at.
        given_up: Too many gave nothing new.
    """

    def __init__(self, drawn: Draw, n: int) -> None:
        self._drawn = drawn
        self._n = n
        self._seen = _Seen()
        self._salts: dict[str, int] = {}
        self.by_template: Counter[str] = Counter()
        self.by_intent: Counter[str] = Counter()
        self.by_split: Counter[str] = Counter()
        self.values: dict[str, set[tuple[str, str]]] = {}
        self.exhausted = False
        self.given_up = False

    @property
    def rows(self) -> int:
        """How many there are so far."""
        return self.by_split.total()

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, columns `bulk_rows.BULK`; to be asked once."""
        size = self._drawn.size
        most = self._n * MOST_TRIES + TRIES_AT_LEAST
        start, step = 0, self._n
        while self.rows < self._n and start < min(size, most):
            stop = start + step
            for batch in self._drawn.batches(start, stop):
                kept = self._distinct(batch).slice(0, self._n - self.rows)
                if kept.num_rows:
                    self._note(kept)
                    yield kept
            start = stop
            step = max(2 * step if start > self._n else 0, 2 * (self._n - self.rows), 256)
        self.exhausted = start >= size and self.rows < self._n
        self.given_up = not self.exhausted and self.rows < self._n

    def notes(self) -> list[str]:
        """Warnings for the user, once all batches were asked for."""
        found: list[str] = []
        if self.given_up:
            found.append(
                f"{self._n:,} rows were asked for; the rest was given up after {self.rows:,}, "
                "because nearly all further sentences differ from them in case or punctuation alone"
            )
        if self.exhausted:
            found.append(
                f"{self._n:,} rows were asked for; the templates hold {self.rows:,} different "
                "sentences, which is all of them"
            )
        silent = [
            template
            for template, size in self._drawn.sizes()
            if not size or (self.exhausted and not self.by_template[template.id])
        ]
        if silent:
            first = silent[0]
            found.append(
                f"{len(silent)} template(s) gave no rows, others of their intent, or real rows of "
                f"another split, say the same; first {first.file}:{first.line}: {first.sentence}"
            )
        return found

    def _distinct(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        hashes = folded_hashes(batch["text"])
        intents = batch["intent"].dictionary.to_pylist()
        salts = np.array([self._salt(intent) for intent in intents], np.uint64)
        new = self._seen.first(hashes ^ salts[int32s(batch["intent"].indices)])
        new &= hashes != 0  # nothing is left of the text
        return batch if new.all() else batch.filter(pa.array(new))

    def _salt(self, intent: str) -> int:
        if intent not in self._salts:
            digest = blake2b(intent.encode(), digest_size=8, person=b"cf-distinct-1").digest()
            self._salts[intent] = int.from_bytes(digest, "little")
        return self._salts[intent]

    def _note(self, batch: pa.RecordBatch) -> None:
        for name, counter in (
            ("template", self.by_template),
            ("intent", self.by_intent),
            ("split", self.by_split),
        ):
            column = batch[name]
            counts = np.bincount(int32s(column.indices), minlength=len(column.dictionary))
            pairs = zip(column.dictionary.to_pylist(), counts.tolist(), strict=True)
            counter.update({word: count for word, count in pairs if count})
        _, items = list_items(batch["slots"])
        columns = [_coded(items, name) for name in ("entity", "text", "value")]
        code = np.zeros(len(items), np.int64)
        for column in columns:
            code *= len(column.dictionary)
            code += int32s(column.indices)
        _, first = np.unique(code, return_index=True)
        found = (column.take(pa.array(first)).to_pylist() for column in columns)
        for entity, text, value in zip(*found, strict=True):
            self.values.setdefault(entity, set()).add((text, value))


def _coded(items: pa.StructArray, name: str) -> pa.DictionaryArray:
    return items.field(items.type.get_field_index(name))


class _Seen:
    """Numbers that were met, in sorted runs, each at least twice as long as the next."""

    def __init__(self) -> None:
        self._runs: list[Hashes] = []

    def first(self, numbers: Hashes) -> npt.NDArray[np.bool_]:
        """Say of each number whether it is new, and note it."""
        run, places = np.unique(numbers, return_index=True)
        new = np.zeros(len(numbers), bool)
        new[places] = True
        for old in self._runs:
            at = np.searchsorted(old, run)
            new[places[old[np.minimum(at, len(old) - 1)] == run]] = False
        run = np.sort(numbers[new])
        while self._runs and len(self._runs[-1]) < 2 * len(run):
            run = np.sort(np.concatenate([self._runs.pop(), run]), kind="stable")
        if len(run):
            self._runs.append(run)
        return new
