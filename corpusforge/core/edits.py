"""Easy data augmentation (EDA): one random edit of a text, slots left alone.

Wei and Zou 2019 (arXiv 1901.11196): replacement, insertion, swap or deletion, each with equal
chance, at their default of 10 % of the words, at least one. They replace and insert WordNet
synonyms; no WordNet comes with pip, so words that the caller gives (those of other rows of the
intent) take that place. This is noisier than a synonym, but keeps the label as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from corpusforge.core.text import SLOT_PATTERN

__all__ = ["edited"]

_CHANGED = 0.1  # share of the words that an edit changes, Wei and Zou's alpha


def edited(
    pieces: Sequence[str],
    vocabulary: Sequence[str],
    rng: np.random.Generator,
    *,
    slots: bool = False,
) -> list[str]:
    """The words after one edit; no words stay none.

    Args:
        pieces: Words as `corpusforge.core.trigram.words` gives them.
        vocabulary: Words to replace by and to insert; not empty unless `pieces` is.
        rng: Source of the edit.
        slots: Whether a piece like " {name}" is a slot: it may move, and is neither
            replaced nor deleted.

    Returns:
        A new list, never empty unless `pieces` is.
    """
    if not pieces:
        return []
    fixed = [slots and SLOT_PATTERN.fullmatch(piece.strip()) is not None for piece in pieces]
    edit = _EDITS[int(rng.integers(len(_EDITS)))]
    return edit(list(pieces), fixed, vocabulary, max(1, int(_CHANGED * len(pieces))), rng)


_Edit = Callable[[list[str], Sequence[bool], Sequence[str], int, np.random.Generator], list[str]]


def _replace(
    pieces: list[str],
    fixed: Sequence[bool],
    vocabulary: Sequence[str],
    times: int,
    rng: np.random.Generator,
) -> list[str]:
    free = [place for place, keep in enumerate(fixed) if not keep]
    for place in rng.permutation(free)[:times] if free else ():
        pieces[place] = vocabulary[int(rng.integers(len(vocabulary)))]
    return pieces


def _insert(
    pieces: list[str],
    fixed: Sequence[bool],
    vocabulary: Sequence[str],
    times: int,
    rng: np.random.Generator,
) -> list[str]:
    for _ in range(times):
        word = vocabulary[int(rng.integers(len(vocabulary)))]
        pieces.insert(int(rng.integers(len(pieces) + 1)), word)
    return pieces


def _swap(
    pieces: list[str],
    fixed: Sequence[bool],
    vocabulary: Sequence[str],
    times: int,
    rng: np.random.Generator,
) -> list[str]:
    for _ in range(times if len(pieces) > 1 else 0):
        one, other = rng.permutation(len(pieces))[:2]
        pieces[one], pieces[other] = pieces[other], pieces[one]
    return pieces


def _delete(
    pieces: list[str],
    fixed: Sequence[bool],
    vocabulary: Sequence[str],
    times: int,
    rng: np.random.Generator,
) -> list[str]:
    kept = [
        word for word, keep in zip(pieces, fixed, strict=True) if keep or rng.random() >= _CHANGED
    ]
    # A text of which all was deleted keeps one word, as in the authors' code.
    return kept or [pieces[int(rng.integers(len(pieces)))]]


_EDITS: tuple[_Edit, ...] = (_replace, _insert, _swap, _delete)
