"""A bench that keeps the predictions of its arms on disk, by what they were made from.

Conditions of one repeat share their real rows and their controls; a new rule for the verdict
needs no new training.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.assess.bench import (
    DUPLICATED,
    EDA,
    IDF,
    REAL,
    REAL_SYNTHETIC,
    SYNTHETIC,
    TRIGRAM,
    Bench,
)
from corpusforge.assess.classifiers import Classifier, TfidfSvm
from corpusforge.assess.rows import Rows
from corpusforge.assess.usefulness import Difference, OneClassifier, Score, Usefulness, WorthRows
from eval.cells import code_digest, versions

__all__ = ["RecordedBench", "Recordings", "compared", "needed_for_verdict", "packed", "unpacked"]

_SHAPING = ("bench", "classifiers", "controls", "encoder", "rows", "trigram")


def _digest(rows: Rows | None) -> str:
    if rows is None:
        return "none"
    weights = np.round(rows.weights, 6).tolist()
    text = repr((rows.texts, rows.intents, rows.origins, weights))
    return hashlib.sha256(text.encode()).hexdigest()


class Recordings:
    """A folder of predictions.

    Args:
        folder: Made when it is missing.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        code = code_digest(f"corpusforge.assess.{name}" for name in _SHAPING)
        self.made_with = repr((code, sorted(versions().items())))

    def path(self, *parts: str | int) -> Path:
        """The file of one arm."""
        key = hashlib.sha256(repr((self.made_with, parts)).encode()).hexdigest()
        return self.folder / f"{key[:32]}.npz"


class RecordedBench(Bench):
    """A `Bench` over a test set whose arms are read from `recordings` where they are there."""

    def __init__(
        self,
        real: Rows,
        synthetic: Rows,
        test: Rows,
        classifiers: Sequence[Classifier],
        *,
        recordings: Recordings,
        seed: int,
        draws: int = 3,
    ) -> None:
        super().__init__(real, synthetic, test, classifiers, seed=seed, draws=draws)
        self._recordings = recordings
        tested = set(test.folded)
        used = synthetic.where([text not in tested for text in synthetic.folded])
        self._count = (min(len(used), self.max_rows), f"{used.weights.sum():.6f}")
        self._sides = (_digest(real), _digest(test), seed, draws, self.max_rows)
        self._synthetic_digest = _digest(synthetic)
        self._read: dict[tuple[str, str], tuple[npt.NDArray[np.object_], int, float]] = {}

    def _made_from(self, arm: str) -> str:
        if arm == REAL or " k=" in arm:
            return ""
        # These see how many rows the corpus has, not which ones.
        if arm in (DUPLICATED, EDA, TRIGRAM) and self._count[0] < self.max_rows:
            return repr(self._count)
        return self._synthetic_digest

    def predicted(self, classifier: str, arm: str) -> npt.NDArray[np.object_]:
        """See `Bench`."""
        key = (classifier, arm)
        if key not in self._read:
            path = self._recordings.path(classifier, arm, self._made_from(arm), *self._sides)
            if not path.exists():
                made = super().predicted(classifier, arm)
                names, places = np.unique(made.astype(str), return_inverse=True)
                rows, c = super().facts(classifier, arm)
                temporary = path.with_suffix(".tmp.npz")
                np.savez_compressed(
                    temporary,
                    names=names,
                    places=places.reshape(made.shape).astype(np.uint16),
                    facts=np.array([rows, c]),
                )
                temporary.replace(path)
            with np.load(path) as kept:
                table = kept["names"].astype(object)[kept["places"]]
                rows, c = kept["facts"].tolist()
            self._read[key] = table, int(rows), float(c)
        return self._read[key][0]

    def facts(self, classifier: str, arm: str) -> tuple[int, float]:
        """See `Bench`."""
        self.predicted(classifier, arm)
        return self._read[classifier, arm][1:]


def needed_for_verdict(bench: Bench, *, controls: bool = True) -> Usefulness:
    """The arms that the verdict looks at, and no others; accuracies without intervals.

    Args:
        bench: Rows, draws and classifiers.
        controls: Without them gains are held against real rows alone: "use it" and "no gain"
            are not told apart, "do not use it" stays what it is.
    """
    ones = []
    for name in bench.classifiers:
        tried = [REAL, SYNTHETIC, REAL_SYNTHETIC]
        if controls:
            tried += [DUPLICATED, EDA, TRIGRAM, *([IDF] if name == TfidfSvm.name else [])]
        scores = [_plain_score(bench, name, arm) for arm in tried]
        best = max(scores[3:], key=lambda score: score.accuracy) if controls else scores[0]
        ones.append(
            OneClassifier(
                name=name,
                scores=tuple(scores),
                gain=Difference.of(bench, name, REAL_SYNTHETIC, REAL),
                edge=Difference.of(bench, name, REAL_SYNTHETIC, best.arm),
                weight=Difference.of(bench, name, REAL_SYNTHETIC, DUPLICATED),
                tstr_ratio=scores[1].accuracy / max(scores[0].accuracy, 1e-9),
                synthetic_loss=Difference.of(bench, name, SYNTHETIC, REAL),
                worth=WorthRows(None, "not measured"),
                curve=(),
            )
        )
    tested = bench.tested
    return Usefulness(tuple(ones), len(tested), len(set(tested.intents)), bench.test is None)


def _plain_score(bench: Bench, name: str, arm: str) -> Score:
    accuracy = float(bench.correct(name, arm).mean())
    nothing = float("nan")
    return Score(arm, accuracy, nothing, nothing, nothing, nothing, *bench.facts(name, arm))


def packed(correct: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Which answers were right, shape [draws, rows], as JSON values of one bit per answer."""
    bits = base64.b64encode(np.packbits(correct).tobytes()).decode()
    return {"shape": list(correct.shape), "bits": bits}


def unpacked(found: Mapping[str, Any]) -> npt.NDArray[np.bool_]:
    """What `packed` was given."""
    draws, rows = found["shape"]
    bits = np.frombuffer(base64.b64decode(found["bits"]), dtype=np.uint8)
    return np.unpackbits(bits, count=draws * rows).astype(bool).reshape(draws, rows)


def compared(
    real: Rows,
    trained: Mapping[str, Rows],
    test: Rows,
    classifiers: Sequence[Classifier],
    recordings: Recordings,
    seed: int,
    *,
    trained_on: str = REAL_SYNTHETIC,
) -> dict[str, dict[str, Any]]:
    """Which test rows are answered right by classifiers trained on each set of rows.

    Args:
        real: Real train rows.
        trained: Arm -> its rows; one without rows answers as the real rows do.
        test: Real test rows.
        classifiers: Kinds of classifiers.
        recordings: Where answers are kept.
        seed: Of the bench.
        trained_on: Arm of the bench: with the real rows, or without them (`SYNTHETIC`).

    Returns:
        Classifier -> arm -> answers as `packed` has them; the real rows alone are arm `REAL`.
    """
    found: dict[str, dict[str, Any]] = {classifier.name: {} for classifier in classifiers}
    for arm, rows in {REAL: real.take([]), **trained}.items():
        bench = RecordedBench(
            real, rows, test, classifiers, recordings=recordings, seed=seed, draws=1
        )
        for name in bench.classifiers:
            of = trained_on if len(rows) else REAL
            found[name][arm] = packed(bench.correct(name, of))
    return found
