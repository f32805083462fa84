"""Does expansion help? Real and template rows, against the same rows and the generated ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from corpusforge.assess.bench import stratified
from corpusforge.assess.encoder import Encoder
from corpusforge.assess.rows import Rows
from corpusforge.assess.run import MAX_REAL_ROWS, MAX_TEST_ROWS, Options, compare
from corpusforge.assess.usefulness import OneClassifier, Usefulness
from corpusforge.assess.verdict import MIN_PER_INTENT, MIN_TEST_ROWS, Verdict
from corpusforge.core.progress import Progress
from corpusforge.core.schema import table_to_utterances
from corpusforge.core.seeding import rng

__all__ = ["MIN_VALIDATION_ROWS", "Answer", "Parts", "answer", "parts_of"]

MIN_VALIDATION_ROWS = 100
"""With fewer real validation rows, test rows are looked at too. At an accuracy of 80 % the
95 % interval of 100 rows is 8 points to either side; paired differences are narrower."""


@dataclass(frozen=True, eq=False)
class Parts:
    """The rows of a corpus by what they are to the question.

    Attributes:
        real: Real train rows.
        written: Other train rows that no generator made.
        generated: Train rows that a generator made.
        validation: Real validation rows.
        test: Real test rows.
    """

    real: Rows
    written: Rows
    generated: Rows
    validation: Rows
    test: Rows

    @property
    def held_out(self) -> Rows:
        """All real rows that nothing was trained on."""
        return self.validation.plus(self.test)


def parts_of(table: pa.Table) -> Parts:
    """Utterances by origin, split and generation; rows of weight 0 train nothing."""
    rows = table_to_utterances(table)
    whole = Rows(
        tuple(row.text for row in rows),
        tuple(row.intent for row in rows),
        np.array([row.weight for row in rows], dtype=np.float64),
        tuple(row.slots for row in rows),
        tuple(row.origin for row in rows),
    )
    real = np.array([row.origin == "real" for row in rows], dtype=bool)
    made = np.array([row.generation > 0 for row in rows], dtype=bool)
    split = np.array([row.split for row in rows], dtype=object)
    train = (split == "train") & (whole.weights > 0)
    return Parts(
        real=whole.where(train & real),
        written=whole.where(train & ~real & ~made),
        generated=whole.where(train & made & ~real),
        validation=whole.where((split == "validation") & real),
        test=whole.where((split == "test") & real),
    )


@dataclass(frozen=True)
class Answer:
    """What the gate goes by.

    Attributes:
        verdict: On the generated rows beside the others.
        tested: Real rows that were looked at.
        all_held_out: Test rows are among them.
        found: Figures; None when there was too little to measure anything.
    """

    verdict: Verdict
    tested: int
    all_held_out: bool
    found: Usefulness | None

    @property
    def reason(self) -> str:
        """One sentence: what was found, with its figures."""
        on = f"on {self.tested} real row{'s' * (self.tested != 1)}"
        if self.found is None:
            return f"{self.verdict.phrase}: {self.verdict.reasons[-1]}"
        gains = "; ".join(_gain(one) for one in self.found.classifiers)
        if self.verdict.code == "use":
            return f"they help {on} ({gains})"
        if self.verdict.code == "not_enough_real_data":
            return f"not enough real data to say: {self.verdict.reasons[-1]} ({gains})"
        if any(one.gain.decision_high_pp < 0 for one in self.found.classifiers):
            less = ", a smaller dose might help" if self.verdict.code == "use_up_to" else ""
            return f"they make a classifier worse {on} ({gains}){less}"
        return f"no gain {on} beyond what repeating the other rows gives ({gains})"

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            **self.verdict.to_json(),
            "tested_rows": self.tested,
            "test_rows_looked_at": self.all_held_out,
            "usefulness": None if self.found is None else self.found.to_json(),
        }


def _gain(one: OneClassifier) -> str:
    gain = one.gain
    return (
        f"{one.name} {gain.mean_pp:+.1f} points, 95 % interval {gain.low_pp:+.1f} to "
        f"{gain.high_pp:+.1f}"
    )


def answer(parts: Parts, encoder: Encoder, options: Options, progress: Progress) -> Answer:
    """Measure the generated rows beside the real and written ones.

    Decided on real validation rows where there are enough; else on all held-out real rows, so
    that test rows are looked at for one yes or no.

    Args:
        parts: The corpus.
        encoder: For the second classifier.
        options: Seed, draws, most rows.
        progress: For bars.
    """
    enough = len(parts.validation) >= MIN_VALIDATION_ROWS
    tested = parts.validation if enough else parts.held_out
    looked = not enough and len(parts.test) > 0
    problem, needed = _problem(parts, tested)
    if problem:
        verdict = Verdict(
            "not_enough_real_data", "not enough real data to say", (problem,), None, needed
        )
        return Answer(verdict, len(tested), looked, None)
    draws = rng(options.seed, "assess.expansion")
    tested = stratified(tested, MAX_TEST_ROWS, draws)
    known = set(parts.real.intents) | set(tested.intents)
    real = stratified(parts.real, MAX_REAL_ROWS, draws)
    written = stratified(_of(parts.written, known), options.max_rows, draws)
    generated = _of(parts.generated, known)
    # Without real train rows the written ones are what the generated ones are held against.
    beside = written if len(real) and len(written) else None
    found, verdict = compare(
        real if len(real) else written, generated, tested, encoder, options, progress,
        beside=beside,
    )  # fmt: skip
    return Answer(verdict, len(tested), looked, found)


def _of(rows: Rows, intents: set[str]) -> Rows:
    return rows.where([intent in intents for intent in rows.intents])


def _problem(parts: Parts, tested: Rows) -> tuple[str, int | None]:
    """Why nothing can be measured, "" when it can, and how many test rows it would take."""
    intents = set(tested.intents)
    least = max(MIN_TEST_ROWS, MIN_PER_INTENT * len(intents))
    if len(tested) < least:
        held = "1 real row is" if len(tested) == 1 else f"{len(tested)} real rows are"
        return f"{held} held out, at least {least} are needed", least
    base = parts.real.plus(parts.written)
    if len(intents & set(base.intents)) < 2:
        return "train rows and held-out real rows share fewer than two intents", None
    if not intents & set(parts.generated.intents):
        return "no held-out real row has an intent of the generated rows", None
    return "", None
