"""The catalogue: every surface form of every list, with its canonical value.

Later stages put these values into the frames of generated sentences, so a list is given with
all its forms, also those that no sampled row happens to hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import pyarrow as pa

from corpusforge.core.schema import CATALOGUE, Utterance
from corpusforge.grammar.compile import Planner
from corpusforge.grammar.derivations import surfaces
from corpusforge.grammar.pack import Pack

__all__ = ["Entry", "catalogue_table", "pack_entries", "real_entries"]

# As many as a percentage with tenths; of longer ranges evenly spaced numbers stand in.
MAX_NUMBERS = 1_001
# One value may be a template with very many forms.
MAX_FORMS = 1_001


class Entry(NamedTuple):
    """One surface form; `split` is that of its value, "" where its list is not held out."""

    entity: str
    text: str
    value: str
    attributes: tuple[tuple[str, str], ...] = ()
    agreement: str = ""
    license: str = ""
    split: str = ""


def pack_entries(
    pack: Pack, license: str, split_of: Callable[[str, str], str] = lambda *_: ""
) -> Iterator[Entry]:
    """All surface forms of a pack's lists, in the order of their first use.

    Args:
        pack: The templates.
        license: Of the values.
        split_of: The split of a list's canonical value.
    """
    planner = Planner()
    for values, scope in pack.lists:
        if values.range is not None:
            count = len(values.range)
            shown = min(count, MAX_NUMBERS)
            for index in range(shown):
                place = index if count == shown else index * (count - 1) // (shown - 1)
                text, value = values.range.number(place)
                split = split_of(values.entity, value)
                yield Entry(values.entity, text, value, license=license, split=split)
        for item in values.values:
            for text in surfaces(planner.node(item.expression, scope), MAX_FORMS):
                value = text if item.value is None else item.value
                split = split_of(values.entity, value)
                about = (item.attributes, item.agreement, license, split)
                yield Entry(values.entity, text, value, *about)


def real_entries(
    rows: Iterable[Utterance], known: Iterable[Entry], license: str
) -> Iterator[Entry]:
    """Slot values of real train rows that no list has, to refill generated rows with.

    Only train rows: a value seen in test alone must not come into generated rows. Only of
    rows that are published: a generated row is, and must not tell a private value (the stage
    does not ask for them otherwise).
    """
    seen = {(entry.entity, entry.text) for entry in known}
    for row in rows:
        if row.split == "train":
            for slot in row.slots or ():
                if (slot.entity, slot.text) not in seen:
                    seen.add((slot.entity, slot.text))
                    yield Entry(slot.entity, slot.text, slot.value, license=license)


def catalogue_table(entries: Iterable[Entry]) -> pa.Table:
    """Entries as a table of `CATALOGUE`, equal ones once."""
    unique = list(dict.fromkeys(entries))
    columns = [
        [[{"key": k, "value": v} for k, v in e.attributes] for e in unique]
        if name == "attributes"
        else [getattr(entry, name) for entry in unique]
        for name in CATALOGUE.names
    ]
    arrays = [pa.array(c, field.type) for c, field in zip(columns, CATALOGUE, strict=True)]
    return pa.table(arrays, schema=CATALOGUE)
