"""Slots out and in: rows to frames before training, values back into texts afterwards."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from corpusforge.core.digests import digest
from corpusforge.core.schema import Utterance
from corpusforge.core.spans import Slot, SpanError, fill
from corpusforge.core.text import SLOT_PATTERN, delexicalise, fold, fold_delexicalised
from corpusforge.expand.tokenizer import normalise

__all__ = ["Frame", "SlotKind", "SlotTable", "Value", "carrier_digest"]

_UNSAFE = re.compile(r"[^\w.:-]")


@dataclass(frozen=True, slots=True, order=True)
class SlotKind:
    """Slots whose values may stand for each other.

    Attributes:
        name: Slot name.
        entity: The list its values come from.
        agreement: Class within the list, "" for all of it.
        role: Copied into the refilled slot.
        group: Copied into the refilled slot.
    """

    name: str
    entity: str
    agreement: str
    role: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Value:
    """A surface form with its canonical value and licence."""

    text: str
    value: str
    license: str


@dataclass(frozen=True, slots=True)
class Frame:
    """A row without its slot values.

    Attributes:
        intent: Label.
        text: Carrier phrase with slot symbols, normalised.
        symbols: The symbols of the text, sorted: a multiset.
        parent: Row number of the train row it was taken from.
    """

    intent: str
    text: str
    symbols: tuple[str, ...]
    parent: int


class SlotTable:
    """Slot kinds with their symbols and values.

    A symbol is "{name}"; where a name comes with several kinds (another list, another
    agreement class) each kind has its own symbol, so that the generator learns which carrier
    goes with "die" and which with "den".

    Args:
        kinds: Symbol -> kind.
        values: (entity, agreement) -> values, in a fixed order.
        classes: (entity, surface form) -> agreement class.
    """

    def __init__(
        self,
        kinds: Mapping[str, SlotKind],
        values: Mapping[tuple[str, str], Sequence[Value]],
        classes: Mapping[tuple[str, str], str],
    ) -> None:
        self.kinds = dict(kinds)
        self._values = {key: tuple(value) for key, value in values.items()}
        self._classes = dict(classes)
        self._symbols = {kind: symbol for symbol, kind in self.kinds.items()}

    @classmethod
    def build(cls, rows: Sequence[Utterance], catalogue: pa.Table) -> SlotTable:
        """Reads the kinds off train rows and the values off the catalogue.

        Only catalogued values are used: those of unpublished real rows are not in the
        catalogue, and must not reach generated rows, which are published. Nor may values that
        are held out: generated rows stand in train.
        """
        values: defaultdict[tuple[str, str], set[Value]] = defaultdict(set)
        classes: dict[tuple[str, str], str] = {}
        for item in catalogue.select(
            ["entity", "text", "value", "agreement", "license", "split"]
        ).to_pylist():
            if item["split"] not in (None, "", "train"):
                continue
            agreement = item["agreement"] or ""
            key = (item["entity"], agreement)
            values[key].add(Value(item["text"], item["value"] or "", item["license"] or ""))
            known = classes.setdefault((item["entity"], item["text"]), agreement)
            # A surface form of two classes counts as the first in order, always the same.
            classes[item["entity"], item["text"]] = min(known, agreement)
        kinds: set[SlotKind] = set()
        for row in rows:
            for slot in row.slots or ():
                kinds.add(_kind(slot, classes))
        return cls(_symbols(kinds), {key: sorted(v) for key, v in values.items()}, classes)

    def with_kinds(self, kinds: Mapping[str, SlotKind]) -> SlotTable:
        """The same values under the symbols of a model that was trained before."""
        return SlotTable(kinds, self._values, self._classes)

    def frame(self, row: Utterance, parent: int) -> Frame | None:
        """The row without its values; None when the table lacks one of its slot kinds."""
        slots = row.slots or ()
        symbols = []
        for slot in slots:
            symbol = self._symbols.get(_kind(slot, self._classes))
            if symbol is None:
                return None
            symbols.append(symbol)
        text = _with_symbols(delexicalise(row.text, slots), symbols)
        return Frame(row.intent, normalise(text), tuple(sorted(symbols)), parent)

    def symbols(self, name: str, value: str | None = None) -> list[str]:
        """Symbols that a slot of this name may have, sorted; empty for an unknown name.

        Args:
            name: Slot name, or a symbol without its braces.
            value: Its words, where they are known: of kinds that differ by agreement class
                those are meant whose class has them.
        """
        found = sorted(s for s, kind in self.kinds.items() if name in (kind.name, s[1:-1]))
        if value is None:
            return found
        kinds = {symbol: self.kinds[symbol] for symbol in found}
        agreeing = [
            symbol
            for symbol, kind in kinds.items()
            if self._classes.get((kind.entity, value)) == kind.agreement
        ]
        return agreeing or found

    def values(self, symbol: str) -> tuple[Value, ...]:
        """The values that may stand for a symbol, in a fixed order; empty when it has none."""
        kind = self.kinds[symbol]
        return self._values.get((kind.entity, kind.agreement), ())

    def plain(self, text: str) -> str:
        """The text with plain slot names, as the grammar's language knows it."""
        return SLOT_PATTERN.sub(lambda found: "{" + self.kinds[found.group()].name + "}", text)

    def refill(
        self, text: str, rng: np.random.Generator
    ) -> tuple[str, tuple[Slot, ...], tuple[str, ...]] | None:
        """Draws a value for every slot of a generated text.

        Values come from the same list and agreement class; within a text no value comes twice
        while there are others.

        Args:
            text: With slot symbols.
            rng: Source of the draw.

        Returns:
            Text, slots with exact spans, and the licences of the values; None when a slot has
            no value or the text cannot be filled (a seam that is not NFC).
        """
        symbols = SLOT_PATTERN.findall(text)
        fillers: list[Slot] = []
        licenses: set[str] = set()
        used: set[tuple[str, str]] = set()
        for name in symbols:
            kind = self.kinds["{" + name + "}"]
            values = self._values.get((kind.entity, kind.agreement), ())
            free = [v for v in values if (kind.entity, fold(v.text)) not in used] or values
            if not free:
                return None
            value = free[int(rng.integers(len(free)))]
            used.add((kind.entity, fold(value.text)))
            licenses.add(value.license)
            fillers.append(
                Slot(
                    name=kind.name,
                    entity=kind.entity,
                    value=value.value,
                    text=value.text,
                    start=0,
                    end=0,
                    role=kind.role,
                    group=kind.group,
                )
            )
        try:
            filled, slots = fill(self.plain(text), fillers)
        except SpanError:
            return None
        return filled, slots, tuple(sorted(licenses - {""}))


def carrier_digest(row: Utterance) -> str:
    """Digest of a row's intent and folded carrier phrase: tells rows of one sentence."""
    carrier = fold_delexicalised(delexicalise(row.text, row.slots or ()))
    return digest("expand.carrier", row.intent, carrier)


def _kind(slot: Slot, classes: Mapping[tuple[str, str], str]) -> SlotKind:
    agreement = classes.get((slot.entity, slot.text), "")
    return SlotKind(slot.name, slot.entity, agreement, slot.role, slot.group)


def _symbols(kinds: set[SlotKind]) -> dict[str, SlotKind]:
    by_name: defaultdict[str, list[SlotKind]] = defaultdict(list)
    for kind in sorted(kinds):
        by_name[kind.name].append(kind)
    symbols: dict[str, SlotKind] = {}
    for name, group in by_name.items():
        for kind in group:
            parts = [kind.entity, kind.agreement, kind.role, kind.group]
            label = name if len(group) == 1 else ":".join([name, *parts]).rstrip(":")
            symbols["{" + _unused(_UNSAFE.sub("_", label), symbols) + "}"] = kind
    return symbols


def _unused(label: str, symbols: Mapping[str, SlotKind]) -> str:
    """The label, numbered when another kind has it (names that differ in unsafe characters)."""
    number, candidate = 1, label
    while "{" + candidate + "}" in symbols:
        number += 1
        candidate = f"{label}.{number}"
    return candidate


def _with_symbols(text: str, symbols: Sequence[str]) -> str:
    following = iter(symbols)
    return SLOT_PATTERN.sub(lambda _: next(following), text)
