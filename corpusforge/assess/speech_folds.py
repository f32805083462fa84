"""Which real clips a model is trained on and which it is tested on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpusforge.assess.clips import Clips
from corpusforge.core.seeding import uniforms

__all__ = ["Fold", "Folds", "folds_of"]

_MOST_FOLDS = 5

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Fold:
    """Real clips to train on and to test on, as places."""

    train: Places
    test: Places


@dataclass(frozen=True, eq=False)
class Folds:
    """How the real clips are dealt.

    Attributes:
        kind: What a model is tested on, in words.
        folds: Every clip is tested on at most once.
        notes: What to know about it.
    """

    kind: str
    folds: tuple[Fold, ...]
    notes: tuple[str, ...] = ()

    @property
    def tested(self) -> Places:
        """Places of all clips that are tested on, in the order of the folds."""
        return np.concatenate([fold.test for fold in self.folds])


def folds_of(real: Clips, seed: int) -> Folds:
    """Deal the real clips.

    In this order: as the column `split` says, when it has train and test clips of all classes; by
    speaker, in at most five groups, when there are two or more (and no class is said in one group
    only); else by clip, in five parts.
    """
    everything = set(real.classes)
    splits = np.array(real.splits, dtype=object)
    train, test = np.flatnonzero(splits == "train"), np.flatnonzero(splits == "test")
    if train.size and test.size and set(real.take(train).labels) >= everything:
        both = {real.speakers[i] for i in train} & {real.speakers[i] for i in test} - {""}
        some = sorted(both)[:3]
        notes = (f"heard in train and in test: {', '.join(some)}, ...",) if both else ()
        return Folds("its split test", (Fold(train, test),), notes)
    names = sorted(set(real.speakers) - {""})
    if len(names) > 1 and all(real.speakers):
        group = dict(zip(names, _dealt(names, seed), strict=True))
        folds = _folds(np.array([group[name] for name in real.speakers]))
        if all(set(real.take(fold.train).labels) >= everything for fold in folds):
            return Folds("speakers that it did not hear", folds)
    return Folds(
        "other clips of the same speakers",
        _folds(_by_clip(real, seed)),
        (
            "no speakers left out: real clips were tested against other clips of (it may be) the "
            "same people, which flatters them; a column speaker would mend it",
        ),
    )


def _dealt(names: list[str], seed: int) -> list[int]:
    """Group of each speaker: one each up to five, evenly by keyed hash beyond."""
    order = np.argsort(uniforms(seed, "assess.speakers", names), kind="stable")
    groups = np.empty(len(names), dtype=np.int64)
    groups[order] = np.arange(len(names)) % _MOST_FOLDS
    return [int(group) for group in groups]


def _by_clip(real: Clips, seed: int) -> Places:
    """Part of each clip, even within each class."""
    count = min(_MOST_FOLDS, *Counter(real.labels).values())
    drawn = uniforms(seed, "assess.folds", [str(place) for place in range(len(real))])
    groups = np.empty(len(real), dtype=np.int64)
    labels = np.array(real.labels, dtype=object)
    for name in real.classes:
        own = np.flatnonzero(labels == name)
        groups[own[np.argsort(drawn[own], kind="stable")]] = np.arange(own.size) % count
    return groups


def _folds(groups: Places) -> tuple[Fold, ...]:
    return tuple(
        Fold(np.flatnonzero(groups != group), np.flatnonzero(groups == group))
        for group in sorted(set(groups.tolist()))
    )
