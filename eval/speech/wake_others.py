"""Speech that a wake word corpus does not hold: hours of ordinary sentences, near misses.

They are rendered under the settings of the recipe `wake_word`, in the rooms and noises of its test
split, and heard from speakers of that split only.
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
from corpusforge.render.functions import RenderOptions, render
from corpusforge.wake import find_confusables

__all__ = ["other_clips"]

PHRASE = "hey jarvis"
PACKS = ("smart_home", "timers_lists", "media", "weather", "banking", "out_of_scope")
_NEAR_MISSES = 300
_SEED = 2
"""Of the sentences: the recipe's own were sampled with 1."""

_KEPT = ("speed", "noise_probability", "snr_db", "room_probability")


def _texts(ordinary: int) -> list[tuple[str, str]]:
    """(text, intent), none of them in the recipe."""
    recipe = load_recipe("wake_word")
    pack = recipe.path(str(recipe.grammar.path)) / "wake_word.yaml"
    known = set(re.findall(r'- "([^"]+)"', pack.read_text("utf-8")))
    near = find_confusables([PHRASE], "en", count=_NEAR_MISSES)
    rows = [(one.text, one.kind) for one in near if one.kind == "near_miss"]
    for name in PACKS:
        path = load_recipe(name).path(str(load_recipe(name).grammar.path))
        table, _ = api.sample(path, ordinary // len(PACKS), seed=_SEED, lang="en")
        rows += [(text, "other_speech") for text in table["text"].to_pylist()]
    return [row for row in dict(rows).items() if row[0] not in known]


def other_clips(work: Path, ordinary: int, speakers: Sequence[str]) -> list[ClipFile]:
    """The clips that these speakers ("engine/voice") say, rendered once and kept.

    A render deals a tenth of the voices to its test split, where the recipe has 15 %: what the
    others say is left out.

    Args:
        work: Folder.
        ordinary: Ordinary sentences to render.
        speakers: Who may be heard.
    """
    listed, out = work / f"others-{ordinary}.csv", work / f"others-{ordinary}"
    with listed.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["text", "intent", "split"])
        rows.writerows((text, intent, "test") for text, intent in _texts(ordinary))
    settings = load_recipe("wake_word").speech
    values = {name: getattr(settings, name) for name in _KEPT}
    overrides = [
        f"speech.{name}={list(value) if isinstance(value, tuple) else value}"
        for name, value in values.items()
    ]
    options = RenderOptions(license="CC0-1.0", overrides=overrides)
    render(listed, out, options)
    names = ["audio", "intent", "engine", "voice", "split"]
    table = read_table(out / "clips.parquet").select(names)
    allowed = set(speakers)
    return [
        ClipFile(
            row["audio"]["path"],
            (out / row["audio"]["path"]).read_bytes,
            row["intent"],
            f"{row['engine']}/{row['voice']}",
            row["engine"],
            row["split"],
        )
        for row in table.to_pylist()
        if f"{row['engine']}/{row['voice']}" in allowed
    ]
