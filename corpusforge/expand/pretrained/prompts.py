"""From exemplars to prompts: the same lines in several orders."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from corpusforge.expand.pretrained.background import Text
from corpusforge.expand.pretrained.pieces import Pieces, spoken_name

__all__ = ["MOST_EXEMPLARS", "prompts_of"]

MOST_EXEMPLARS = 7
"""Meta-training shows lists of eight: seven exemplars and the line to write."""


def prompts_of(
    pieces: Pieces,
    intent: str,
    exemplars: Sequence[Text],
    symbols: Sequence[str],
    orders: int,
    rng: np.random.Generator,
) -> list[tuple[int, ...]]:
    """Prompts of equal length that end where the new text begins.

    Args:
        pieces: The tokenizer.
        intent: Label; its words are the first line.
        exemplars: Of the intent; at most `MOST_EXEMPLARS` are shown, those with the wanted slots
            last, where they count most.
        symbols: Slots that the new text must hold, sorted.
        orders: How many prompts.
        rng: Draws exemplars and orders.
    """
    shown = [exemplars[place] for place in rng.permutation(len(exemplars))]
    wanted = tuple(symbols)
    shown.sort(key=lambda text: text.symbols == wanted, reverse=True)
    shown = shown[:MOST_EXEMPLARS]
    lines = [pieces.line(text.text, text.symbols)[0] for text in shown]
    like = [text.symbols == wanted for text in shown]
    prompts = []
    for _ in range(orders):
        order = sorted(rng.permutation(len(lines)).tolist(), key=lambda place: like[place])
        ids = list(pieces.header(spoken_name(intent)))
        for place in order:
            ids += lines[place]
        prompts.append((*ids, *pieces.opening(wanted)))
    return prompts
