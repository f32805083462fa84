"""Sentences taken apart by `unranking` as Arrow columns: text, slots with exact spans.

Nothing here loops over rows: literals and values are looked up in tables, texts are joined by
Arrow, and spans are sums of known lengths. Texts of few different values (intent, template, slot
names, values) are dictionary arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.core.arrow import integers, joined, strings, to_int32
from corpusforge.core.schema import SLOT_TYPE
from corpusforge.core.spans import Slot
from corpusforge.grammar.automaton_builder import Filler
from corpusforge.grammar.bulk import Corpus
from corpusforge.grammar.derivations import render
from corpusforge.grammar.list_tables import ListTable
from corpusforge.grammar.pack import Template
from corpusforge.grammar.slot_labels import split_label
from corpusforge.grammar.unranking import Ids, Integers, Steps, Unranker

# Literals and literals with values that are kept spelled out.
MAX_PIECES = 1 << 18

__all__ = ["BULK", "BulkRows"]

_NOTHING = strings([""])
_WORDS = pa.dictionary(pa.int32(), pa.string())
_CODED = {"name", "entity", "value", "text", "role", "group"}
BULK_SLOT = pa.struct([(f.name, _WORDS if f.name in _CODED else f.type) for f in SLOT_TYPE])
BULK = pa.schema(
    [
        ("text", pa.string()),
        ("intent", _WORDS),
        ("slots", pa.list_(BULK_SLOT)),
        ("template", _WORDS),
        ("split", _WORDS),
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
        self._big = corpus.is_big()
        self._words = _Words(corpus.unranker)
        templates = [owner.template for owner in corpus.owners]
        self._intents, self._intent_of = _coded([template.intent for template in templates])
        self._templates, self._template_of = _coded([template.id for template in templates])
        self._splits, self._split_of = _coded([owner.split for owner in corpus.owners])

    def batch(self, owners: Ids, numbers: Integers) -> pa.RecordBatch:
        """Rows by owner and number within the owner, shape [rows] each; columns of `BULK`."""
        big = np.flatnonzero(self._big[owners])
        if not len(big):
            text, slots = self._words.columns(self._corpus.steps(owners, numbers))
        elif len(big) == len(owners):
            text, slots = self._one_by_one(owners, numbers)
        else:
            small = np.flatnonzero(~self._big[owners])
            quick = self.batch(owners[small], numbers[small])
            slow = self.batch(owners[big], numbers[big])
            back = pa.array(np.argsort(np.concatenate([small, big])))
            joined = pa.Table.from_batches([quick, slow]).unify_dictionaries().combine_chunks()
            (ordered,) = joined.take(back).combine_chunks().to_batches()
            return ordered
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

    def _one_by_one(self, owners: Ids, numbers: Integers) -> tuple[pa.Array, pa.Array]:
        texts: list[str] = []
        slots: list[list[dict[str, object]]] = []
        for owner, number in zip(owners.tolist(), numbers.tolist(), strict=True):
            made = render(self._corpus.pieces(owner, number))
            assert made is not None, "the automaton holds only what can be rendered"
            texts.append(made[0])
            slots.append([asdict(slot) for slot in made[1]])
        return pa.array(texts, pa.string()), pa.array(slots, pa.list_(BULK_SLOT))


def _coded(texts: Sequence[str]) -> tuple[pa.Array, Ids]:
    """Different texts, and the number of each in them."""
    numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    return strings(list(numbers)), np.array([numbers[t] for t in texts], np.int32)


class _Values(NamedTuple):
    """Words and canonical values by number; number 0 is nothing."""

    texts: pa.Array
    canonical: pa.Array
    lengths: Ids


class _Words:
    """Literals and values as tables; new ones are added as the unranker meets them."""

    def __init__(self, unranker: Unranker) -> None:
        self._unranker = unranker
        self._listed: list[tuple[str, str]] = [("", "")]
        self._first: dict[int, int] = {}  # by the texts of a table, which the unranker keeps
        self._symbol_first: list[int] = []  # by symbol: its first value; -1: made when met
        self._values = _values(self._listed)
        self._pieces = strings([""])  # literals, then literals with the values behind them
        self._fused = np.zeros(0, np.int64)  # by entry: number of the piece with value 0; or -1
        self._literal_lengths = np.zeros(1, np.int32)
        self._entry_literal = np.zeros(0, np.int32)
        self._entry_symbol = np.zeros(0, np.int32)

    def columns(self, steps: Steps) -> tuple[pa.Array, pa.Array]:
        """Texts and slots of sentences."""
        self._learn()
        symbols = [self._entry_symbol[entries] for entries in steps.entries]
        numbers, values = self._numbers(symbols, steps.values)
        length = np.zeros(len(symbols[0]), np.int32)
        parts: list[pa.Array] = []
        starts: list[Ids] = []
        for entries, number in zip(steps.entries, numbers, strict=True):
            literal = self._entry_literal[entries]
            starts.append(length + self._literal_lengths[literal])
            length = starts[-1] + values.lengths[number]
            fused = self._fused[entries]
            whole = fused >= 0
            piece = np.where(whole, fused + number, literal)
            parts.append(self._pieces.take(integers(piece)))
            rest = np.where(whole, 0, number)
            if rest.any():
                parts.append(values.texts.take(integers(rest)))
        text = joined(*parts) if len(parts) > 1 else parts[0]
        return text, self._slots(
            np.stack(symbols, 1), np.stack(numbers, 1), np.stack(starts, 1), values
        )

    def _slots(self, symbols: Ids, numbers: Ids, starts: Ids, values: _Values) -> pa.Array:
        """The slot column; symbols, numbers and starts have the shape [rows, steps]."""
        fillers = self._unranker.symbols
        named = np.array([*(filler.slot != "" for filler in fillers), False])[symbols]
        offsets = np.zeros(len(symbols) + 1, np.int32)
        np.cumsum(named.sum(axis=1), out=offsets[1:])
        picked = np.flatnonzero(named)
        symbol, number = symbols.ravel()[picked], numbers.ravel()[picked]
        start = starts.ravel()[picked]
        labels = [split_label(filler.slot) for filler in fillers]
        names = strings([label.name for label in labels])
        entities = strings([_table(filler).entity for filler in fillers])
        nothing = np.zeros(len(picked), np.int32)
        columns = [
            pa.DictionaryArray.from_arrays(integers(symbol), names),
            pa.DictionaryArray.from_arrays(integers(symbol), entities),
            pa.DictionaryArray.from_arrays(integers(number), values.canonical),
            pa.DictionaryArray.from_arrays(integers(number), values.texts),
            integers(start),
            integers(start + values.lengths[number]),
            *(
                pa.DictionaryArray.from_arrays(integers(symbol), strings(parts))
                if any(parts)
                else pa.DictionaryArray.from_arrays(integers(nothing), _NOTHING)
                for parts in ([label.role for label in labels], [label.group for label in labels])
            ),
        ]
        items = pa.StructArray.from_arrays(columns, fields=list(BULK_SLOT))
        return pa.ListArray.from_arrays(integers(offsets), items)

    def _learn(self) -> None:
        """Take over what the unranker has met since."""
        unranker = self._unranker
        if len(self._entry_literal) == len(unranker.entry_literal):
            return
        self._entry_literal = np.array(unranker.entry_literal, np.int32)
        self._entry_symbol = np.array(unranker.entry_symbol, np.int32)
        literals = strings(unranker.literals)
        self._literal_lengths = _lengths(literals)
        known = len(self._listed)
        for filler in unranker.symbols[len(self._symbol_first) :]:
            table = _table(filler)
            key = table.texts_id
            if key not in self._first:
                whole = table.whole()
                self._first[key] = len(self._listed) if whole.spelled else -1
                if whole.spelled:
                    self._listed += (whole.value(number) for number in range(whole.size))
            first = self._first[key]
            self._symbol_first.append(first + table.offset if first >= 0 else -1)
        if len(self._listed) > known:
            self._values = _values(self._listed)
        self._fuse(literals)

    def _fuse(self, literals: pa.Array) -> None:
        """Spell out literals with the values behind them, as far as `MAX_PIECES` goes.

        One look-up is cheaper than two and a join; larger tables would not fit the cache.
        """
        first = np.array([*self._symbol_first, -1], np.int64)
        sizes = [_table(filler).size for filler in self._unranker.symbols]
        places: dict[tuple[int, int, int], int] = {}
        parts = [literals]
        end = len(literals)
        fused = np.full(len(self._entry_literal), -1, np.int64)
        for entry in np.flatnonzero(first[self._entry_symbol] >= 0).tolist():
            literal, symbol = int(self._entry_literal[entry]), int(self._entry_symbol[entry])
            key = literal, int(first[symbol]), sizes[symbol]
            if key not in places:
                if end + sizes[symbol] > MAX_PIECES:
                    continue
                words = self._values.texts.slice(key[1], sizes[symbol])
                # (no `first` in the piece's number: it holds value 0 at `end`)
                parts.append(joined(literals[literal], words))
                places[key] = end - key[1]
                end += sizes[symbol]
            fused[entry] = places[key]
        self._pieces = pa.concat_arrays(parts)
        self._fused = fused

    def _numbers(
        self, symbols: Sequence[Ids], values: Sequence[Integers]
    ) -> tuple[list[Ids], _Values]:
        """Numbers in the table of values, and the table, with values of long lists at its end."""
        first = np.array([*self._symbol_first, 0], np.int64)
        made: dict[tuple[int, int], int] = {}
        further: list[tuple[str, str]] = []
        numbers: list[Ids] = []
        for symbol, value in zip(symbols, values, strict=True):
            start = first[symbol]
            number = start + value
            for row in np.flatnonzero(start < 0).tolist() if -1 in self._symbol_first else ():
                key = int(symbol[row]), int(value[row])
                if key not in made:
                    made[key] = len(self._listed) + len(further)
                    further.append(_table(self._unranker.symbols[key[0]]).value(key[1]))
                number[row] = made[key]
            numbers.append(number.astype(np.int32))
        if not further:
            return numbers, self._values
        more = _values(further)
        return numbers, _Values(
            pa.concat_arrays([self._values.texts, more.texts]),
            pa.concat_arrays([self._values.canonical, more.canonical]),
            np.concatenate([self._values.lengths, more.lengths]),
        )


def _table(filler: Filler) -> ListTable:
    assert filler.table is not None, "open templates are not sampled"
    return filler.table


def _values(pairs: Sequence[tuple[str, str]]) -> _Values:
    texts = strings([text for text, _ in pairs])
    canonical = strings([value for _, value in pairs])
    return _Values(texts, canonical, _lengths(texts))


def _lengths(texts: pa.Array) -> Ids:
    lengths: Ids = to_int32(pc.utf8_length(texts))
    return lengths
