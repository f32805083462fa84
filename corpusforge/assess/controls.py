"""Controls: what a cheap trick gains, so that it is not taken for information.

All controls of one size have the same rows per intent, weight 1, origin "control" and no slot
annotation (the edits do not keep spans).
"""

from __future__ import annotations

import numpy as np

from corpusforge.assess.rows import Rows
from corpusforge.assess.trigram import TrigramModel
from corpusforge.core.edits import edited
from corpusforge.core.trigram import joined, words

__all__ = ["duplicated", "eda", "even_counts", "random_labels", "trigram"]


def even_counts(real: Rows, count: int) -> dict[str, int]:
    """`count` rows spread over the intents as evenly as can be.

    Intents earlier in the alphabet get the remainder; an intent without rows gets none.
    """
    intents = sorted(set(real.intents))
    if not intents:
        return {}
    each, more = divmod(count, len(intents))
    return {intent: each + (number < more) for number, intent in enumerate(intents)}


def _spread(real: Rows, count: int, rng: np.random.Generator) -> Rows:
    """Copies in random order: an intent's rows come equally often, give or take one."""
    places = real.by_intent()
    picked: list[int] = []
    for intent, wanted in even_counts(real, count).items():
        own = places[intent]
        for _ in range(wanted // len(own)):
            picked.extend(rng.permutation(own))
        picked.extend(rng.permutation(own)[: wanted % len(own)])
    return real.take(picked)


def duplicated(real: Rows, count: int, rng: np.random.Generator) -> Rows:
    """The real rows over again: what more weight alone does.

    Args:
        real: Rows to copy.
        count: Rows to make, over all intents (see `even_counts`).
        rng: Which rows get the odd copy.
    """
    copies = _spread(real, count, rng)
    return Rows.labelled(copies.texts, copies.intents, origin="control")


def eda(real: Rows, count: int, rng: np.random.Generator) -> Rows:
    """Easy data augmentation: one random edit per copy.

    See `corpusforge.core.edits`: words of other real rows of the same intent stand for synonyms.

    Args:
        real: Rows to edit.
        count: Rows to make, over all intents (see `even_counts`).
        rng: Source of the edits.
    """
    vocabulary = {
        intent: sorted({word for place in places for word in words(real.texts[place])})
        for intent, places in real.by_intent().items()
    }
    copies = _spread(real, count, rng)
    texts: list[str] = []
    for text, intent in zip(copies.texts, copies.intents, strict=True):
        texts.append(joined(edited(words(text), vocabulary[intent], rng)))
    return Rows.labelled(texts, copies.intents, origin="control")


def trigram(real: Rows, count: int, rng: np.random.Generator) -> Rows:
    """Samples of a trigram model per intent, fitted on the real rows (see `TrigramModel`).

    From one real row per intent it makes copies of it and jumbles of its words.

    Args:
        real: Rows to fit it on.
        count: Rows to make, over all intents (see `even_counts`).
        rng: Source of the samples.
    """
    return TrigramModel.fit(real).sample(even_counts(real, count), rng)


def random_labels(rows: Rows, rng: np.random.Generator) -> Rows:
    """The same texts with their labels permuted: what text without truth does."""
    order = rng.permutation(len(rows))
    intents = [rows.intents[place] for place in order]
    return Rows.labelled(rows.texts, intents, origin="control")
