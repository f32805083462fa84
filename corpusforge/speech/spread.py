"""How clips are spread over rows and splits: which row is said how often, and for which split."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from corpusforge.core.recipe import Recipe
from corpusforge.core.schema import SPLITS, Utterance
from corpusforge.core.seeding import uniforms
from corpusforge.speech.selection import select_rows

__all__ = ["clip_splits", "clips_per_row"]


def clips_per_row(recipe: Recipe, table: pa.Table) -> dict[int, int]:
    """Row number -> how many clips say it, rows ascending.

    By rows: a stratified choice of rows, `speech.variants` times `speech.copies` clips each. By
    intents: each intent gets as many clips, and its rows take turns, those with the lowest keyed
    hash of their id first; so one wake word is said as often as a hundred phrases beside it.

    Args:
        recipe: With `speech.clips` above 0.
        table: Utterances that may be spoken.
    """
    wanted = recipe.speech.clips
    if recipe.speech.spread == "rows":
        each = recipe.speech.variants * recipe.speech.copies
        chosen = select_rows(table, -(-wanted // each), recipe.seed)
        # The last row gets what is left of the clips.
        return {row: min(each, wanted - place * each) for place, row in enumerate(chosen)}
    drawn = uniforms(recipe.seed, "speech.row", table["id"].to_pylist())
    by_intent: dict[str, list[int]] = {}
    intents = table["intent"].to_pylist()
    for row in np.argsort(drawn, kind="stable").tolist():
        by_intent.setdefault(intents[row], []).append(row)
    counts: dict[int, int] = {}
    for place, intent in enumerate(sorted(by_intent)):
        rows = by_intent[intent]
        share = wanted // len(by_intent) + (place < wanted % len(by_intent))
        for index, row in enumerate(rows):
            count = share // len(rows) + (index < share % len(rows))
            if count:
                counts[row] = count
    return dict(sorted(counts.items()))


def clip_splits(recipe: Recipe, rows: Sequence[Utterance], variant: int) -> list[str]:
    """The split of one clip of each row.

    By text it is that of the row. By voice it is drawn per clip against the recipe's shares: all
    splits hear the same words, from different speakers. (The idea of Google Speech Commands,
    Warden 2018, arXiv 1804.03209, section 6: hash the speaker.)
    """
    if recipe.speech.split_by == "text":
        return [row.split for row in rows]
    shares = recipe.grammar.splits
    borders = np.cumsum([shares.train, shares.validation, shares.test])
    drawn = uniforms(recipe.seed, "speech.split", [row.id for row in rows], str(variant))
    places = np.searchsorted(borders / borders[-1], drawn, side="right")
    return [SPLITS[min(int(place), len(SPLITS) - 1)] for place in places]
