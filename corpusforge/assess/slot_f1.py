"""Does the corpus help to find slots? Entity F1 of a CRF on real, annotated test rows.

Three arms: real rows, synthetic rows, both. An entity counts as found when its name and both of
its borders are right (the CoNLL measure: Tjong Kim Sang & De Meulder 2003, "Introduction to the
CoNLL-2003 Shared Task", section 2.3). The model is a linear-chain CRF (Lafferty et al. 2001),
trained by L-BFGS with elastic-net penalties in python-crfsuite.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.assess.rows import Rows
from corpusforge.assess.slot_crf import FEATURES, SETTINGS, Entity, predict
from corpusforge.core.errors import InputError, require
from corpusforge.core.spans import Slot

__all__ = ["ARMS", "SlotArm", "SlotF1", "row_counts", "slot_f1"]

ARMS = ("real", "synthetic", "real + synthetic")
"""Names of the arms, in the order of tables."""

MOST_ROWS = 1500
"""Most training rows of each source in an arm; more cost time and change little."""

MOST_NAMES = 20
"""With more slot names than this, fewer rows are used: the cost grows with rows times names."""

MOST_TEST_ROWS = 1500
"""Most test rows; the bootstrap says what that costs in precision."""

_FOLDS = 3
_LEAST_ROWS = 10
_BOOTSTRAPS = 1000
_Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class SlotArm:
    """One training set, scored on the test rows.

    Attributes:
        name: One of `ARMS`.
        rows: Training rows (mean over folds, rounded, when cross-validated).
        f1: Entity F1 over all names, 0..1.
        low: Lower end of the 95 % interval (bootstrap over test rows).
        high: Upper end.
        precision: Share of the entities found that are right, 0..1.
        recall: Share of the real entities that are found, 0..1.
        by_name: Slot name -> F1, 0..1; None where neither truth nor model has such an entity.
    """

    name: str
    rows: int
    f1: float
    low: float
    high: float
    precision: float
    recall: float
    by_name: Mapping[str, float | None]

    def to_json(self) -> dict[str, Any]:
        """JSON values, floats to 6 digits."""
        return {
            "rows": self.rows,
            "f1": round(self.f1, 6),
            "low": round(self.low, 6),
            "high": round(self.high, 6),
            "precision": round(self.precision, 6),
            "recall": round(self.recall, 6),
            "by_name": {n: None if v is None else round(v, 6) for n, v in self.by_name.items()},
        }


@dataclass(frozen=True)
class SlotF1:
    """What the CRFs found.

    Attributes:
        status: "measured", or "not measured: " and why.
        arms: The arms, in the order of `ARMS`.
        gain_pp: (mean, low, high) of real + synthetic minus real, in points of F1 (0..100), with
            a paired 95 % bootstrap interval over test rows; None without both arms.
        names: Slot names that are measured: those of the real test rows that the training rows
            of every arm have.
        support: Slot name -> entities in the test rows.
        left_out: Slot names that are not measured -> where they occur.
        test_rows: Annotated real rows that were tested on.
        notes: What a reader must know.
    """

    status: str
    arms: tuple[SlotArm, ...] = ()
    gain_pp: tuple[float, float, float] | None = None
    names: tuple[str, ...] = ()
    support: Mapping[str, int] | None = None
    left_out: Mapping[str, str] | None = None
    test_rows: int = 0
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """JSON values, floats to 6 digits."""
        gain = self.gain_pp
        return {
            "status": self.status,
            "arms": {arm.name: arm.to_json() for arm in self.arms},
            "gain_pp": None if gain is None else _interval(gain),
            "names": list(self.names),
            "support": dict(self.support or {}),
            "left_out": dict(self.left_out or {}),
            "test_rows": self.test_rows,
            "settings": {**SETTINGS, "algorithm": "lbfgs", "features": FEATURES},
            "notes": list(self.notes),
        }


def _interval(values: tuple[float, float, float]) -> dict[str, float]:
    return dict(zip(("mean", "low", "high"), (round(v, 6) for v in values), strict=True))


def slot_f1(
    synthetic: Rows,
    real: Rows,
    test: Rows | None,
    rng: np.random.Generator,
    *,
    most_rows: int = MOST_ROWS,
) -> SlotF1:
    """Train the arms and score them on real annotated rows.

    Weights: python-crfsuite knows no weight of a sequence, so a synthetic row is kept with the
    probability of its weight (over 1: repeated). In the synthetic arm, weights count relative to
    the greatest one, since nothing else stands beside them.

    Args:
        synthetic: Rows of the corpus; those with `slots` None are left out, here and below.
        real: Real rows to train on.
        test: Real rows to test on; None = three folds of `real`.
        rng: Draws of rows, folds, weights, bootstrap.
        most_rows: Most rows of each source in an arm, up to `MOST_NAMES` slot names; a third of
            it per fold without `test`.
    """
    sources = [_annotated(rows) for rows in (synthetic, real, test if test is not None else real)]
    made, trains, truths = sources
    if not len(truths):
        return SlotF1("not measured: no real test row has slots annotated")
    names, left_out = _common_names(made, trains, truths)
    if not names:
        why = "not measured: no slot name of the real rows occurs in the corpus"
        return SlotF1(why, left_out=left_out)
    if min(len(made), len(truths)) < _LEAST_ROWS:
        why = f"fewer than {_LEAST_ROWS} annotated rows in the corpus or to test on"
        return SlotF1(f"not measured: {why}", names=names, left_out=left_out)
    try:
        crf = require("pycrfsuite", extra="assess", purpose="slot F1")
    except InputError:
        return SlotF1("not measured: pip install 'corpusforge[assess]' (python-crfsuite)")
    made, trains, truths = (_only(rows, names) for rows in sources)
    cap = int(most_rows * min(1, MOST_NAMES / len(names)))
    cap = cap if test is not None else max(cap // _FOLDS, 1)
    made = made.take(_stratified(made, cap, rng))
    pairs = _pairs(trains, truths if test is not None else None, cap, rng)
    # One draw for both arms, so that the row kept at weight 0.3 is kept at 0.9 too.
    keep = rng.random(len(made))
    counts: dict[str, list[_Counts]] = {}
    sizes: dict[str, list[int]] = {}
    with_real = min(len(train) for train, _ in pairs) >= _LEAST_ROWS
    for train, tested in pairs:
        for arm, rows in _arms(train if with_real else None, made, keep).items():
            found = predict(crf, rows, tested.texts)
            counts.setdefault(arm, []).append(row_counts(_gold(tested), found, names))
            sizes.setdefault(arm, []).append(len(rows))
    joined = {arm: np.concatenate(parts) for arm, parts in counts.items()}
    return _summary(joined, sizes, (names, left_out), _notes(pairs, made, test, cap), rng)


def _annotated(rows: Rows) -> Rows:
    trainable = [s is not None and w > 0 for s, w in zip(rows.slots, rows.weights, strict=True)]
    return rows.where(trainable)


def _only(rows: Rows, names: Sequence[str]) -> Rows:
    """The same rows with the slots of these names; the others become plain words."""
    kept = tuple(tuple(slot for slot in slots or () if slot.name in names) for slots in rows.slots)
    return replace(rows, slots=kept)


def _common_names(made: Rows, trains: Rows, truths: Rows) -> tuple[tuple[str, ...], dict[str, str]]:
    """Names that every side has, and where the others occur."""
    where = {"the corpus": made, "real training rows": trains, "real test rows": truths}
    if not len(trains):
        del where["real training rows"]
    found = {
        place: {slot.name for slots in rows.slots for slot in slots or ()}
        for place, rows in where.items()
    }
    everything = sorted(set().union(*found.values()))
    common = tuple(name for name in everything if all(name in own for own in found.values()))
    left_out = {
        name: "only in " + " and ".join(place for place, own in found.items() if name in own)
        for name in everything
        if name not in common
    }
    return common, left_out


def _stratified(rows: Rows, cap: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """At most `cap` places, every intent by its share of the rows, at least one of each."""
    if len(rows) <= cap:
        return np.arange(len(rows))
    chosen = [
        rng.permutation(places)[: max(1, int(cap * len(places) / len(rows)))]
        for places in rows.by_intent().values()
    ]
    return np.sort(np.concatenate(chosen))


def _pairs(
    real: Rows, test: Rows | None, cap: int, rng: np.random.Generator
) -> list[tuple[Rows, Rows]]:
    """(train, test): one, or one per fold of the real rows."""
    if test is not None:
        tested = test.take(_stratified(test, MOST_TEST_ROWS, rng))
        return [(real.take(_stratified(real, cap, rng)), tested)]
    whole = real.take(_stratified(real, min(MOST_TEST_ROWS, 2 * cap), rng))
    fold = np.empty(len(whole), dtype=np.int64)
    start = 0
    for places in whole.by_intent().values():
        fold[rng.permutation(places)] = (start + np.arange(len(places))) % _FOLDS
        start += len(places)
    return [(whole.where(fold != n), whole.where(fold == n)) for n in range(_FOLDS)]


def _arms(real: Rows | None, made: Rows, keep: npt.NDArray[np.float64]) -> dict[str, Rows]:
    thinned = made.take(_repeated(made.weights, keep))
    alone = made.take(_repeated(made.weights / made.weights.max(), keep))
    if real is None:
        return {"synthetic": alone}
    return {"real": real, "synthetic": alone, "real + synthetic": real.plus(thinned)}


def _repeated(
    weights: npt.NDArray[np.float64], keep: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """Places, each as often as its weight says: the whole part, and the rest by chance."""
    times = np.floor(weights) + (keep < weights % 1)
    return np.repeat(np.arange(len(weights)), times.astype(np.int64))


def _gold(rows: Rows) -> list[list[Entity]]:
    def span(slot: Slot) -> Entity:
        return slot.name, slot.start, slot.end

    return [[span(slot) for slot in slots or ()] for slots in rows.slots]


def row_counts(
    truth: Sequence[Sequence[Entity]], found: Sequence[Sequence[Entity]], names: Sequence[str]
) -> _Counts:
    """Right, found and real entities of every row and name, shape [rows, names, 3]."""
    place = {name: number for number, name in enumerate(names)}
    counts = np.zeros((len(truth), len(names), 3), dtype=np.int64)
    for row, (real, guessed) in enumerate(zip(truth, found, strict=True)):
        pairs = zip((set(real) & set(guessed), guessed, real), range(3), strict=True)
        for group, column in pairs:
            for name, times in Counter(entity[0] for entity in group).items():
                counts[row, place[name], column] = times
    return counts


def _f1(sums: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """F1 from sums of right, found, real in the last axis; 0 where there is nothing."""
    right, found, real = (sums[..., n].astype(np.float64) for n in range(3))
    whole = found + real
    # No entity on either side leaves F1 open; 0 / 1 keeps the array free of warnings.
    result: npt.NDArray[np.float64] = 2 * right / np.where(whole > 0, whole, 1)
    return result


def _summary(
    counts: Mapping[str, _Counts],
    sizes: Mapping[str, Sequence[int]],
    names: tuple[tuple[str, ...], dict[str, str]],
    notes: tuple[str, ...],
    rng: np.random.Generator,
) -> SlotF1:
    rows = len(next(iter(counts.values())))
    # The same resamples of test rows for every arm, so that the gain is paired.
    resamples = rng.multinomial(rows, np.full(rows, 1 / rows), size=_BOOTSTRAPS)
    drawn = {arm: _f1(resamples @ own.sum(axis=1)) for arm, own in counts.items()}
    arms = []
    for arm in (name for name in ARMS if name in counts):
        sums = counts[arm].sum(axis=(0, 1))
        low, high = (float(v) for v in np.percentile(drawn[arm], (2.5, 97.5)))
        own = counts[arm].sum(axis=0)
        by_name = {
            name: float(f1) if own[place, 1:].any() else None
            for place, (name, f1) in enumerate(zip(names[0], _f1(own), strict=True))
        }
        precision, recall = (float(sums[0] / max(sums[n], 1)) for n in (1, 2))
        size = round(sum(sizes[arm]) / len(sizes[arm]))
        f1 = float(_f1(sums))
        arms.append(SlotArm(arm, size, f1, low, high, precision, recall, by_name))
    gain = None
    if "real" in drawn:
        apart = 100 * (drawn["real + synthetic"] - drawn["real"])
        low, high = (float(v) for v in np.percentile(apart, (2.5, 97.5)))
        mean = 100 * (arms[2].f1 - arms[0].f1)
        gain = (mean, low, high)
    first = next(iter(counts.values())).sum(axis=0)
    support = {name: int(first[place, 2]) for place, name in enumerate(names[0])}
    return SlotF1("measured", tuple(arms), gain, *names[:1], support, names[1], rows, notes)


def _notes(
    pairs: Sequence[tuple[Rows, Rows]], made: Rows, test: Rows | None, cap: int
) -> tuple[str, ...]:
    notes = [f"At most {cap} rows of each source per arm, drawn by intent."]
    if test is None:
        notes.append("No test rows given: three folds of the real rows, each tested once.")
    if (made.weights != 1).any():
        said = "The CRF takes no weights: synthetic rows were thinned by their weight instead."
        notes.append(said)
    if min(len(train) for train, _ in pairs) < _LEAST_ROWS:
        notes.append(f"Fewer than {_LEAST_ROWS} real rows with slots: no arm was trained on them.")
    notes.append("Intervals are over test rows only, not over draws of training rows.")
    return tuple(notes)
