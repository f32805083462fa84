"""Speech that a wake word corpus does not hold: hours of ordinary sentences, near misses.

They are rendered under the settings of the recipe `wake_word`, in the rooms and noises of its test
split, and heard from speakers of that split only. `packs` are sentences of shipped packs, drawn
with another seed than the recipe's, and near misses of its phrase; `real` are sentences that people
wrote (test rows of SNIPS and CLINC150), where the folder CORPUSFORGE_DATA is. That none of them
stands in the recipe is checked on what was rendered.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path

from corpusforge import api
from corpusforge.assess.clips import ClipFile
from corpusforge.core.recipe_file import load_recipe
from corpusforge.core.schema import read_table
from corpusforge.core.text import fold
from corpusforge.render.functions import RenderOptions, render
from corpusforge.wake import find_confusables
from eval.data import clinc, snips

__all__ = ["clips_that_say", "near_misses", "packs", "real", "recipe_texts"]

PACKS = ("smart_home", "timers_lists", "media", "weather", "banking", "out_of_scope")
_NEAR_MISSES = 300
_SEED = 2
"""Of the sentences: the recipe's own were sampled with 1."""

_KEPT = ("speed", "noise_probability", "snr_db", "room_probability")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z' ]+")
_WORDS = (2, 16)  # of a real sentence

Rows = list[tuple[str, str]]
"""(text, intent) each."""


def recipe_texts(recipe: str | Path) -> frozenset[str]:
    """All sentences of a wake word recipe, folded."""
    loaded = load_recipe(recipe)
    path = loaded.path(str(loaded.grammar.path))
    table, _ = api.sample(path, 10 * loaded.grammar.rows, seed=1, lang=loaded.lang)
    return frozenset(fold(text) for text in table["text"].to_pylist())


def near_misses(phrase: str, known: frozenset[str]) -> Rows:
    """Near misses of a phrase that its recipe lacks."""
    found = find_confusables([phrase], "en", count=_NEAR_MISSES)
    rows = [(one.text, one.kind) for one in found if one.kind == "near_miss"]
    return [row for row in rows if fold(row[0]) not in known]


def packs(count: int, known: frozenset[str]) -> Rows:
    """Sentences of shipped packs that the recipe lacks."""
    texts: list[str] = []
    for name in PACKS:
        path = load_recipe(name).path(str(load_recipe(name).grammar.path))
        table, _ = api.sample(path, count // len(PACKS), seed=_SEED, lang="en")
        texts += table["text"].to_pylist()
    return [(text, "other_speech") for text in dict.fromkeys(texts) if fold(text) not in known]


def real(count: int, known: frozenset[str]) -> Rows:
    """Sentences that people wrote, letters only: test rows of SNIPS, then of CLINC150 in turn.

    Raises:
        SystemExit: When the folder with the data is not there.
    """
    asked = list(clinc(None).test.texts)
    # Rows of one intent stand together; a prime step takes some of each.
    asked = [asked[(place * 1009) % len(asked)] for place in range(len(asked))]
    texts = [text for text in [*snips().test.texts, *asked] if _PLAIN.fullmatch(text)]
    low, high = _WORDS
    kept = dict.fromkeys(text for text in texts if low <= len(text.split()) <= high)
    return [(text, "other_speech") for text in kept if fold(text) not in known][:count]


def clips_that_say(
    out: Path, rows: Rows, speakers: Sequence[str], known: frozenset[str]
) -> list[ClipFile]:
    """The clips of these rows that the speakers ("engine/voice") say, rendered once and kept.

    A render deals a tenth of the voices to its test split, where the recipe has 15 %: what the
    others say is left out.

    Args:
        out: Folder of the render; its list of rows lies beside it.
        rows: What is said.
        speakers: Who may be heard.
        known: Folded sentences of the recipes: none of them may be among the clips.

    Raises:
        ValueError: A clip says what a recipe holds.
    """
    listed = out.with_suffix(".csv")
    with listed.open("w", encoding="utf-8", newline="") as stream:
        written = csv.writer(stream)
        written.writerow(["text", "intent", "split"])
        written.writerows((text, intent, "test") for text, intent in rows)
    settings = load_recipe("wake_word").speech
    values = {name: getattr(settings, name) for name in _KEPT}
    overrides = [
        f"speech.{name}={list(value) if isinstance(value, tuple) else value}"
        for name, value in values.items()
    ]
    render(listed, out, RenderOptions(license="CC0-1.0", overrides=overrides))
    names = ["audio", "text", "intent", "engine", "voice", "split"]
    table = read_table(out / "clips.parquet").select(names)
    allowed = set(speakers)
    heard = [row for row in table.to_pylist() if f"{row['engine']}/{row['voice']}" in allowed]
    again = sorted({row["text"] for row in heard if fold(row["text"]) in known})
    if again:
        raise ValueError(f"the recipe holds what its test says: {', '.join(again[:5])}")
    return [
        ClipFile(
            row["audio"]["path"],
            (out / row["audio"]["path"]).read_bytes,
            row["intent"],
            f"{row['engine']}/{row['voice']}",
            row["engine"],
            row["split"],
        )
        for row in heard
    ]
