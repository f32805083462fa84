"""Where the corpus fails, intent by intent, and what to do next.

Works on what there is: real rows and a corpus, real rows only, or a corpus and real test rows
only. All figures are means over both classifiers and all draws of a `Bench`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.assess.bench import REAL, REAL_SYNTHETIC, SYNTHETIC, Bench, stratified
from corpusforge.assess.next_steps import Shares, Step, more_real_rows, more_templates
from corpusforge.assess.rows import Rows
from corpusforge.assess.wording import (
    Cue,
    Vocabulary,
    missing_cues,
    missing_words,
    vocabularies,
)
from corpusforge.core.seeding import rng

__all__ = ["MOST_SHOWN", "MOST_STEPS", "Advice", "FailingRow", "IntentAdvice", "advise"]

MOST_SHOWN = 5
"""Failing rows shown per intent at most."""

MOST_STEPS = 10
"""Steps named at most."""

_LOOKED_AT = (
    "The failing rows shown come from the test set, and whoever reads them will write for them: "
    "test an edited corpus on fresh rows before you claim that it is better."
)
_HELD_OUT = (
    "The failing rows shown are real training rows, answered by models that had not seen them: "
    "test an edited corpus on fresh rows before you claim that it is better."
)


@dataclass(frozen=True)
class FailingRow:
    """A real row that classifiers trained on the corpus alone get wrong.

    Attributes:
        text: What was said.
        taken_for: Intent that it is mostly taken for.
        wrong_share: Share of the trainings that get it wrong, 0.5..1.
        missing_words: Words that no synthetic row of its intent has, slot values aside where
            slots are annotated.
    """

    text: str
    taken_for: str
    wrong_share: float
    missing_words: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "text": self.text,
            "taken_for": self.taken_for,
            "wrong_share": round(self.wrong_share, 6),
            "missing_words": list(self.missing_words),
        }


@dataclass(frozen=True)
class IntentAdvice:
    """One intent of the test rows.

    Attributes:
        intent: Its name.
        test_rows: Real rows that it was tested on.
        real_rows: Real training rows.
        synthetic_rows: Rows of the corpus.
        recall: Arm -> share of the test rows answered right, 0..1.
        worst_tenth: Among the tenth of the intents (at least one) with the lowest recall of what
            a user would train on: real + synthetic rows, real ones alone where these do better.
        failing_rows: Test rows that most trainings on the corpus alone get wrong.
        confused_with: Intent that these are mostly taken for, "" without any.
        failing: Some failing rows.
        cues: Words and word pairs that failing test rows share and the corpus lacks.
    """

    intent: str
    test_rows: int
    real_rows: int
    synthetic_rows: int
    recall: Mapping[str, float]
    worst_tenth: bool
    failing_rows: int
    confused_with: str
    failing: tuple[FailingRow, ...]
    cues: tuple[Cue, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "intent": self.intent,
            "test_rows": self.test_rows,
            "real_rows": self.real_rows,
            "synthetic_rows": self.synthetic_rows,
            "recall": {arm: round(value, 6) for arm, value in self.recall.items()},
            "worst_tenth": self.worst_tenth,
            "failing_rows": self.failing_rows,
            "confused_with": self.confused_with,
            "failing": [row.to_json() for row in self.failing],
            "cues": [{"words": cue.words, "rows": cue.failing} for cue in self.cues],
        }


@dataclass(frozen=True)
class Advice:
    """Intents in order of their names, and what to do next.

    Attributes:
        intents: One entry per intent of the test rows.
        what_next: Steps, the one that should pay most first.
        notes: What a reader must know.
    """

    intents: tuple[IntentAdvice, ...]
    what_next: tuple[Step, ...]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON values: intents, what_next, notes."""
        return {
            "intents": [one.to_json() for one in self.intents],
            "what_next": [step.to_json() for step in self.what_next],
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class _Answers:
    """Rows with the intents that classifiers trained on the corpus alone gave them.

    Attributes:
        rows: Real rows.
        votes: One answer per training and row, shape [trainings, rows].
        wrong: Share of the trainings that are wrong, shape [rows].
    """

    rows: Rows
    votes: npt.NDArray[np.object_]
    wrong: Shares

    @classmethod
    def of(cls, rows: Rows, votes: npt.NDArray[np.object_]) -> _Answers:
        return cls(rows, votes, _wrong(votes, np.array(rows.intents, dtype=object)))

    def split(self, places: npt.NDArray[np.int64]) -> tuple[list[int], list[int]]:
        """Places that most trainings get wrong (the worst first), and the others."""
        failing = [int(place) for place in places if self.wrong[place] > 0.5]
        failing.sort(key=lambda place: (-self.wrong[place], place))
        return failing, [int(place) for place in places if self.wrong[place] <= 0.5]

    def taken_for(self, place: int) -> str:
        """The most frequent wrong answer to a row."""
        answers = Counter(str(name) for name in self.votes[:, place])
        del answers[self.rows.intents[place]]
        return min(answers, key=lambda name: (-answers[name], name))

    def show(self, failing: Sequence[int], known: Vocabulary | None) -> tuple[FailingRow, ...]:
        """Some of the failing rows; a sentence that came twice is shown once."""
        shown: dict[str, FailingRow] = {}
        for place in failing:
            text, slots = self.rows.texts[place], self.rows.slots[place]
            lacking = missing_words(text, slots, known)
            row = FailingRow(text, self.taken_for(place), float(self.wrong[place]), lacking)
            shown.setdefault(self.rows.folded[place], row)
        return tuple(shown.values())[:MOST_SHOWN]


def advise(bench: Bench, *, shown: Rows | None = None) -> Advice:
    """What the predictions of a bench say about each intent.

    Args:
        bench: With real rows, a corpus, or both. Predictions that it has made are used again;
            trained anew are models on half of the real rows.
        shown: Real rows whose failures are shown in place of test rows, for example validation
            rows, so that test rows stay unread.
    """
    arms = _arms(bench)
    votes = {arm: _votes(bench, arm) for arm in arms}
    wrong = {arm: _wrong(own, bench.truth) for arm, own in votes.items()}
    known = vocabularies(bench.synthetic)
    tested = displayed = None
    if SYNTHETIC in votes:
        tested = displayed = _Answers.of(bench.tested, votes[SYNTHETIC])
        if shown is not None:
            displayed = _Answers.of(shown, _votes_on(bench, shown))
    # What a user would train on: both, unless the corpus makes it worse.
    used = min(reversed(arms), key=lambda arm: wrong[arm].mean() if arm != SYNTHETIC else 2.0)
    intents = _intents(bench, wrong, known, (tested, displayed), used)
    basis = wrong[used]
    steps = more_real_rows(bench, wrong[REAL], basis) if REAL in arms else []
    if tested is not None:
        cues = {one.intent: one.cues for one in intents}
        steps += more_templates(bench, cues, known, tested.wrong, basis)
    notes = _notes(bench, arms, any(one.failing for one in intents), shown is not None)
    return Advice(intents, _ranked(steps), notes)


def _arms(bench: Bench) -> tuple[str, ...]:
    """The arms that can be trained."""
    if not len(bench.synthetic):
        return (REAL,)
    if not len(bench.real):
        return (SYNTHETIC,)
    return (REAL, SYNTHETIC, REAL_SYNTHETIC)


def _votes(bench: Bench, arm: str) -> npt.NDArray[np.object_]:
    """Answers of all classifiers and draws, shape [trainings, test rows]."""
    return np.concatenate([bench.predicted(name, arm) for name in bench.classifiers])


def _votes_on(bench: Bench, rows: Rows) -> npt.NDArray[np.object_]:
    """Answers to other rows, one training on the corpus per classifier."""
    held = set(rows.folded)
    clean = bench.synthetic.where([text not in held for text in bench.synthetic.folded])
    sample = stratified(clean, bench.max_rows, rng(bench.seed, "assess.shown"))
    if len(set(sample.intents)) < 2:
        return np.array([["".join(sample.intents[:1])] * len(rows)], dtype=object)
    fitted = [
        classifier.fit(sample, bench.facts(name, SYNTHETIC)[1])
        for name, classifier in bench.classifiers.items()
    ]
    return np.stack([model.predict(rows.texts) for model in fitted])


def _wrong(votes: npt.NDArray[np.object_], truth: npt.NDArray[np.object_]) -> Shares:
    return np.asarray((votes != truth).mean(axis=0), dtype=np.float64)


def _intents(
    bench: Bench,
    wrong: Mapping[str, Shares],
    known: Mapping[str, Vocabulary],
    answers: tuple[_Answers | None, _Answers | None],
    used: str,
) -> tuple[IntentAdvice, ...]:
    tested, displayed = answers
    made, real = Counter(bench.synthetic.intents), Counter(bench.real.intents)
    by_intent = bench.tested.by_intent()
    nowhere = np.zeros(0, dtype=np.int64)
    recall = {
        intent: {arm: 1 - float(own[places].mean()) for arm, own in wrong.items()}
        for intent, places in by_intent.items()
    }
    order = sorted(by_intent, key=lambda intent: (recall[intent][used], intent))
    worst = order[: max(1, round(len(order) / 10))]
    elsewhere = displayed.rows.by_intent() if displayed is not None else {}
    found = []
    for intent, places in by_intent.items():
        failing, right = tested.split(places) if tested is not None else ([], [])
        shown: tuple[FailingRow, ...] = ()
        if displayed is not None:
            readable = displayed.split(elsewhere.get(intent, nowhere))[0]
            shown = displayed.show(readable, known.get(intent))
        taken = Counter(tested.taken_for(place) for place in failing) if tested else Counter()
        confused = min(taken, key=lambda name: (-taken[name], name), default="")
        found.append(
            IntentAdvice(
                intent=intent,
                test_rows=len(places),
                real_rows=real[intent],
                synthetic_rows=made[intent],
                recall=recall[intent],
                worst_tenth=intent in worst,
                failing_rows=len(failing),
                confused_with=confused,
                failing=shown,
                cues=missing_cues(bench.tested, failing, right, known.get(intent)),
            )
        )
    return tuple(found)


def _ranked(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Steps that gain anything, the one that gains most first."""
    paying = [step for step in steps if (step.expected_gain_pp or 0) >= 0.005]
    paying.sort(key=lambda step: (-(step.expected_gain_pp or 0), step.action, step.intent))
    return tuple(paying[:MOST_STEPS])


def _notes(
    bench: Bench, arms: Sequence[str], has_failing: bool, shown_apart: bool
) -> tuple[str, ...]:
    notes = []
    if has_failing and not shown_apart:
        notes.append(_LOOKED_AT if bench.test is not None else _HELD_OUT)
    if arms == (REAL,):
        notes.append("No corpus yet: what next is told from real rows alone.")
    if arms == (SYNTHETIC,):
        notes.append("No real training rows: what next is told from the corpus alone.")
    per_intent = len(bench.tested) / max(len(set(bench.tested.intents)), 1)
    notes.append(
        f"Expected gains are guesses from {per_intent:.0f} test rows per intent: good for an "
        "order, not for a promise."
    )
    return tuple(notes)
