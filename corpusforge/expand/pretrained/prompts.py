"""From exemplars to prompts: lines in several orders, of many exemplars in several choices."""

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
    """Prompts that end where the new text begins.

    Args:
        pieces: The tokenizer.
        intent: Label; its words are the first line.
        exemplars: Of the intent; at most `MOST_EXEMPLARS` are shown in a prompt, each prompt has
            its own choice. Those with the wanted slots go first in the choice, and stand last,
            where they count most.
        symbols: Slots that the new text must hold, sorted.
        orders: How many prompts.
        rng: Draws choices and orders.
    """
    wanted = tuple(symbols)
    lines = [tuple(pieces.line(text.text, text.symbols)[0]) for text in exemplars]
    like = np.array([text.symbols == wanted for text in exemplars], dtype=bool)
    opening = pieces.opening(wanted)
    prompts = []
    for _ in range(orders):
        order = rng.permutation(len(exemplars))
        shown = order[np.argsort(~like[order], kind="stable")][:MOST_EXEMPLARS]
        ids = list(pieces.header(spoken_name(intent)))
        for place in reversed(shown.tolist()):
            ids += lines[place]
        prompts.append((*ids, *opening))
    return prompts
