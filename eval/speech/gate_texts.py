"""Texts that limits of the audio gate are calibrated on, and texts that they are tried on.

All come from the shipped packs but those of `other_rows`, which people wrote for CLINC150, and
those of `test_rows`, the test sentences of Home Assistant's intents.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pyarrow as pa
import yaml

from corpusforge import api
from corpusforge.core.ids import assign_ids
from corpusforge.core.schema import Utterance, table_to_utterances, utterances_to_table
from corpusforge.core.seeding import uniforms
from corpusforge.core.text import fold
from corpusforge.speech.scores.texts import text_kind

__all__ = ["PACKS", "in_lower_case", "other_rows", "rows_of", "rows_of_kind", "test_rows"]

PACKS: Mapping[str, tuple[str, ...]] = {
    "en": ("smart_home", "timers_lists", "weather", "media", "banking"),
    "de": ("smart_home_de", "timers_lists_de", "weather_de", "banking_de"),
    "es": ("timers_lists_es", "weather_es", "banking_es"),
    "fr": ("timers_lists_fr", "weather_fr"),
}
"""Shipped packs by language."""

# What stands between two sentences, and what a voice pauses at within one.
_BETWEEN = (". ", "? ", "! ", ", ", "; ", ": ", " – ", "... ")
_DRAWN = 4  # times as many rows as are wanted: most are of another kind


@cache
def rows_of(lang: str, count: int, seed: int) -> pa.Table:
    """Distinct rows of the shipped packs, as many of each pack as can be."""
    packs = PACKS[lang]
    tables = [
        api.preview(pack, -(-count // len(packs)), [f"seed={seed}", "grammar.coverage=false"])[0]
        for pack in packs
    ]
    return pa.concat_tables(tables)


def rows_of_kind(lang: str, kind: str, count: int, seed: int) -> pa.Table:
    """Distinct rows of one kind (`speech.scores.texts.TEXTS`).

    Short ones are rows of the packs and values of their slots, single words those of the rows,
    those with a pause two rows in one, and as many lists of short ones and words.
    """
    known = table_to_utterances(rows_of(lang, _DRAWN * count, seed))
    rows = _shuffled(known, seed, "rows")
    if kind in ("short", "word"):
        more = _values(rows) if kind == "short" else _words(rows)
        rows = _shuffled([*rows, *more], seed, kind)
    if kind == "paused":
        items = {fold(row.text): row for row in (*_values(rows), *_words(rows))}
        lists = _lists(_shuffled(list(items.values()), seed, "items"))
        long = [row for row in lists if text_kind(row.text) == kind]
        rows = [row for both in zip(_pairs(rows), long, strict=False) for row in both]
    found: dict[str, Utterance] = {}
    for row in rows:
        if text_kind(row.text) == kind:
            found.setdefault(fold(row.text), row)
    return _table(list(found.values())[:count])


def other_rows(count: int, seed: int) -> pa.Table | None:
    """Sentences of CLINC150's test set, without labels; None where CORPUSFORGE_DATA has none."""
    path = Path(os.environ.get("CORPUSFORGE_DATA", "")) / "clinc150" / "data_full.json"
    if not os.environ.get("CORPUSFORGE_DATA") or not path.is_file():
        return None
    texts = [text for text, _ in json.loads(path.read_text("utf-8"))["test"]]
    order = uniforms(seed, "gate_texts.other", texts)
    chosen = [text for _, text in sorted(zip(order.tolist(), texts, strict=True))][:count]
    return _table([_row(text, "en", "CC-BY-3.0") for text in chosen])


def test_rows(folder: str, lang: str, count: int, seed: int) -> pa.Table | None:
    """Test sentences of Home Assistant's intents; None where CORPUSFORGE_DATA has none."""
    path = Path(os.environ.get("CORPUSFORGE_DATA", "")) / "ha_intents" / "tests" / folder
    if not os.environ.get("CORPUSFORGE_DATA") or not path.is_dir():
        return None
    found: set[str] = set()
    for file in sorted(path.glob("*.yaml")):
        for test in yaml.safe_load(file.read_text("utf-8")).get("tests") or ():
            found.update(map(str, test["sentences"]))
    texts = sorted(found)
    order = uniforms(seed, "gate_texts.tests", texts)
    chosen = [text for _, text in sorted(zip(order.tolist(), texts, strict=True))][:count]
    return _table([_row(text, lang, "CC-BY-4.0") for text in chosen])


def in_lower_case(rows: pa.Table) -> pa.Table:
    """The rows as people type them: no capitals; those whose length that changes are left out."""
    found = []
    for row in table_to_utterances(rows):
        text = row.text.lower()
        if len(text) == len(row.text):
            slots = tuple(replace(slot, text=slot.text.lower()) for slot in row.slots or ())
            found.append(replace(row, id="", text=text, spoken=None, slots=slots))
    return _table(found)


def _row(text: str, lang: str, license_: str) -> Utterance:
    return Utterance(
        text=text,
        lang=lang,
        intent="other",
        slots=(),
        origin="template",
        split="train",
        license=license_,
    )


def _shuffled(rows: Sequence[Utterance], seed: int, name: str) -> list[Utterance]:
    order = uniforms(seed, f"gate_texts.{name}", [row.text for row in rows])
    keyed = ((place, row.text, at) for at, (place, row) in enumerate(zip(order, rows, strict=True)))
    return [rows[at] for _, _, at in sorted(keyed)]


def _table(rows: Sequence[Utterance]) -> pa.Table:
    return assign_ids(utterances_to_table(rows))


def _values(rows: Sequence[Utterance]) -> Iterator[Utterance]:
    """Rows that say a slot value and nothing else."""
    for row in rows:
        for slot in row.slots or ():
            alone = replace(slot, start=0, end=len(slot.text))
            yield replace(row, id="", text=slot.text, spoken=None, slots=(alone,))


def _words(rows: Sequence[Utterance]) -> Iterator[Utterance]:
    """Rows that say one word of the texts, of two letters at least."""
    for row in rows:
        for word in fold(row.text).split():
            if len(word) > 1 and word.isalpha():
                yield replace(row, id="", text=word, spoken=None, slots=())


def _lists(rows: Sequence[Utterance]) -> Iterator[Utterance]:
    """Two to five short rows with commas between them, each row once."""
    short = [row for row in rows if text_kind(row.text) in ("short", "word")]
    at = 0
    while at < len(short):
        count = 2 + int(uniforms(1, "gate_texts.list", [short[at].text])[0] * 4)
        part = short[at : at + count]
        yield replace(part[0], id="", text=", ".join(r.text for r in part), spoken=None, slots=())
        at += count


def _pairs(rows: Sequence[Utterance]) -> Iterator[Utterance]:
    """Two rows said as one, each row once."""
    for first, second in zip(rows[::2], rows[1::2], strict=False):
        if text_kind(first.text) != "plain" or text_kind(second.text) != "plain":
            continue
        drawn = uniforms(1, "gate_texts.between", [first.text])[0]
        between = _BETWEEN[int(drawn * len(_BETWEEN))]
        tail = second.text
        if between.strip() in (".", "?", "!"):
            tail = tail[:1].upper() + tail[1:]
        at = len(first.text) + len(between)
        text = first.text + between + tail
        moved = (
            replace(
                slot,
                start=slot.start + at,
                end=slot.end + at,
                text=text[slot.start + at : slot.end + at],
            )
            for slot in second.slots or ()
        )
        slots = None if first.slots is None else (*first.slots, *moved)
        yield replace(first, id="", text=text, spoken=None, slots=slots)
