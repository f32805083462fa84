"""Controls: what a cheap trick gains, so that it is not taken for information.

All controls of one size have the same rows per intent, weight 1, origin "control" and no slot
annotation (the edits do not keep spans).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from corpusforge.assess.rows import Rows
from corpusforge.assess.trigram import TrigramModel, joined, words

__all__ = ["duplicated", "eda", "even_counts", "random_labels", "trigram"]

_CHANGED = 0.1  # share of the words that an edit changes, Wei and Zou's alpha


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

    Wei and Zou 2019 (arXiv 1901.11196): replacement, insertion, swap or deletion, each with
    equal chance, at their default of 10 % of the words, at least one. They replace and insert
    WordNet synonyms; no WordNet comes with pip, so words of other real rows of the same intent
    take that place. This is noisier than a synonym, but keeps the label as well.

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
        pieces = words(text)
        if pieces:
            edit = _EDITS[int(rng.integers(len(_EDITS)))]
            pieces = edit(pieces, vocabulary[intent], max(1, int(_CHANGED * len(pieces))), rng)
        texts.append(joined(pieces))
    return Rows.labelled(texts, copies.intents, origin="control")


_Edit = Callable[[list[str], Sequence[str], int, np.random.Generator], list[str]]


def _replace(
    pieces: list[str], vocabulary: Sequence[str], times: int, rng: np.random.Generator
) -> list[str]:
    for place in rng.permutation(len(pieces))[:times]:
        pieces[place] = vocabulary[int(rng.integers(len(vocabulary)))]
    return pieces


def _insert(
    pieces: list[str], vocabulary: Sequence[str], times: int, rng: np.random.Generator
) -> list[str]:
    for _ in range(times):
        word = vocabulary[int(rng.integers(len(vocabulary)))]
        pieces.insert(int(rng.integers(len(pieces) + 1)), word)
    return pieces


def _swap(
    pieces: list[str], vocabulary: Sequence[str], times: int, rng: np.random.Generator
) -> list[str]:
    for _ in range(times if len(pieces) > 1 else 0):
        one, other = rng.permutation(len(pieces))[:2]
        pieces[one], pieces[other] = pieces[other], pieces[one]
    return pieces


def _delete(
    pieces: list[str], vocabulary: Sequence[str], times: int, rng: np.random.Generator
) -> list[str]:
    kept = [word for word in pieces if rng.random() >= _CHANGED]
    # A text of which all was deleted keeps one word, as in the authors' code.
    return kept or [pieces[int(rng.integers(len(pieces)))]]


_EDITS: tuple[_Edit, ...] = (_replace, _insert, _swap, _delete)


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
