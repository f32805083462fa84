"""From candidates to accepted rows: judge each distinct one, keep the best of each intent."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from corpusforge.core.seeding import uniforms
from corpusforge.core.text import fold_delexicalised
from corpusforge.expand.contract import Candidate
from corpusforge.expand.judge import Judging, Scores
from corpusforge.expand.novelty import CLASSES, NoveltyTest
from corpusforge.expand.slots import Frame, SlotTable

__all__ = [
    "ACCEPTED",
    "OUT_OF_SCOPE",
    "Budget",
    "Judged",
    "Selection",
    "shares",
    "water_fill",
]

ACCEPTED = "accepted"
OUT_OF_SCOPE = "out_of_scope"
_PASSED = "passed"
# On smart home candidates (2026-11), the share of sentences among the best 200 whose word pairs
# all occur somewhere in the grammar: .42 by realness, .60 by likelihood, .63 by their sum,
# .65 with this weight; with intent match in the sum as well .55.
_LIKELIHOOD_WEIGHT = 2.0


@dataclass(frozen=True, slots=True)
class Judged:
    """A distinct candidate with its verdict.

    Attributes:
        candidate: What was judged.
        verdict: `accepted`, `in_language`, `near_row`, `improbable`, `intent_disagreement`,
            `low_realness`, `duplicate` or `not_chosen`; `out_of_scope` = accepted as a row of
            no intent.
        realness: Logit of the discriminator.
        match: Probability of its intent head.
        intent: Probability of the intent classifier.
        none: Probability of none of the intents, where the text is far from all of them.
    """

    candidate: Candidate
    verdict: str
    realness: float
    match: float
    intent: float
    none: float | None = None


def shares(rows: int, counts: Mapping[str, int]) -> dict[str, int]:
    """Whole numbers that sum to `rows`, in proportion to the counts (largest remainder)."""
    total = sum(counts.values())
    if not total:
        return dict.fromkeys(counts, 0)
    exact = {name: rows * count / total for name, count in counts.items()}
    parts = {name: int(value) for name, value in exact.items()}
    by_rest = sorted(exact, key=lambda name: (parts[name] - exact[name], name))
    for name in by_rest[: rows - sum(parts.values())]:
        parts[name] += 1
    return parts


def water_fill(rows: int, counts: Mapping[str, int], limits: Mapping[str, int]) -> dict[str, int]:
    """`shares`, but no part above its limit; what one cannot take, the others share."""
    parts = dict.fromkeys(counts, 0)
    left = min(rows, sum(limits[name] for name in counts))
    while left:
        able = {name: counts[name] for name in counts if parts[name] < limits[name]}
        # Without any count all that are left share alike.
        able = able if sum(able.values()) else dict.fromkeys(able, 1)
        for name, part in shares(left, able).items():
            taken = min(part, limits[name] - parts[name])
            parts[name] += taken
            left -= taken
    return parts


class Budget:
    """How many candidates to draw next for which intent.

    Args:
        rows: Wanted rows.
        counts: Train rows per intent: quotas are in proportion, so that expansion does not
            shift the balance of intents.
        max_candidates: Candidates per wanted row, at most.
        pool: Passing candidates wanted per row.
    """

    def __init__(
        self, rows: int, counts: Mapping[str, int], max_candidates: int, pool: float = 4.0
    ) -> None:
        self._pool = pool
        self.rows = rows
        self.counts = dict(counts)
        self.quota = shares(rows, counts)
        self.spent: Counter[str] = Counter()
        self._max = max_candidates

    def plan(
        self, passed: Mapping[str, int], wave: int, ended: Callable[[str], bool]
    ) -> dict[str, int]:
        """Candidates per intent, `wave` in all or less; empty when all is drawn.

        An intent is drawn for until `pool` candidates per wanted row have passed, it has
        cost its share of the candidates, or its generator has no more.

        Args:
            passed: Candidates that passed so far, per intent.
            wave: Candidates of one step.
            ended: Whether the generator has given all it has for an intent.
        """
        left = {name: quota * self._max - self.spent[name] for name, quota in self.quota.items()}
        lack = {
            name: max(0, math.ceil(quota * self._pool) - passed.get(name, 0))
            for name, quota in self.quota.items()
            if left[name] > 0 and not ended(name)
        }
        open_intents = {name: count for name, count in lack.items() if count}
        planned = shares(wave, open_intents)
        # Half of them pass where it goes well; more at once would be paid for and not used.
        plan = {
            name: min(count, left[name], 2 * open_intents[name])
            for name, count in planned.items()
            if count
        }
        self.spent.update(plan)
        return plan


@dataclass
class Selection:
    """Judges candidates wave by wave, then chooses.

    Attributes:
        judge: Realness and agreement.
        novelty: The three classes.
        table: Plain slot names.
        least_log_probability: The generator's own limit, in nats per piece.
        seed: Draws among the odds, where the judge wants that.
        far: Gives the probability of none of the intents for texts that are far from all, else
            None; shape [texts]. Asked only where rows out of scope are wanted.
        judged: Every distinct candidate, in the order of drawing.
        drawn: Candidates drawn, repeats included, per novelty class.
        passed: Candidates that passed all tests, per intent.
    """

    judge: Judging
    novelty: NoveltyTest
    table: SlotTable
    least_log_probability: float
    seed: int = 0
    far: Callable[[Sequence[Frame], Scores], list[float | None]] | None = None
    judged: list[Judged] = field(default_factory=list)
    drawn: Counter[str] = field(default_factory=Counter)
    passed: Counter[str] = field(default_factory=Counter)
    _classes: dict[tuple[str, str], str] = field(default_factory=dict)

    def class_counts(self) -> dict[str, int]:
        """Distinct candidates per novelty class."""
        counts = Counter(self._classes.values())
        return {name: counts[name] for name in CLASSES}

    def take(self, candidates: Sequence[Candidate]) -> int:
        """Judges a wave; returns how many passed."""
        fresh: dict[tuple[str, str], Candidate] = {}
        keys = [(c.frame.intent, fold_delexicalised(c.text)) for c in candidates]
        for key, candidate in zip(keys, candidates, strict=True):
            if key not in self._classes:
                fresh.setdefault(key, candidate)
        found = list(fresh.values())
        classes = self.novelty.classify([self.table.plain(c.text) for c in found])
        self._classes.update(zip(fresh, classes, strict=True))
        self.drawn.update(self._classes[key] for key in keys)
        return self._judge(found, classes)

    def _judge(self, found: Sequence[Candidate], classes: Sequence[str]) -> int:
        frames = [c.frame for c in found]
        scores = self.judge.scores(frames, [c.text for c in found])
        none = [None] * len(found) if self.far is None else self.far(frames, scores)
        limits = self.judge.limits
        agrees = scores.agrees(limits)
        passed = 0
        for place, (candidate, novelty) in enumerate(zip(found, classes, strict=True)):
            likely = candidate.log_probability
            if novelty != CLASSES[2]:
                verdict = novelty
            elif likely is not None and likely < self.least_log_probability:
                verdict = "improbable"
            elif not agrees[place]:
                verdict = "intent_disagreement"
            elif scores.realness[place] < limits.realness:
                verdict = "low_realness"
            else:
                verdict = _PASSED
                passed += 1
                self.passed[candidate.frame.intent] += 1
            self.judged.append(
                Judged(
                    candidate,
                    verdict,
                    float(scores.realness[place]),
                    float(scores.match[place]),
                    float(scores.intent[place]),
                    none[place],
                )
            )
        return passed

    def choose(self, budget: Budget, fill: Callable[[Candidate], str]) -> dict[str, int]:
        """Accepts the best passed candidates of each intent.

        Best by realness plus twice the generator's likelihood, each in standard deviations
        over all that passed (see `_LIKELIHOOD_WEIGHT`); or drawn by their odds.

        Args:
            budget: Wanted rows and their shares per intent.
            fill: Called for a chosen candidate; "" when it could be filled with values that
                make it a new text, else the verdict.

        Returns:
            Accepted rows per intent.
        """
        places = [p for p, item in enumerate(self.judged) if item.verdict == _PASSED]
        passed = [self.judged[place] for place in places]
        rank = self._rank(passed)
        pools: defaultdict[str, list[int]] = defaultdict(list)
        texts: set[str] = set()
        for index in np.argsort(-rank, kind="stable"):
            item = self.judged[places[index]]
            folded = fold_delexicalised(item.candidate.text)
            # The same sentence under two intents would be a label conflict.
            verdict = "duplicate" if folded in texts else fill(item.candidate)
            if not verdict:
                verdict = "not_chosen"
                texts.add(folded)
                pools[item.candidate.frame.intent].append(places[index])
            self.judged[places[index]] = replace(item, verdict=verdict)
        limits = {name: len(pools[name]) for name in budget.counts}
        accepted = water_fill(budget.rows, budget.counts, limits)
        for name, count in accepted.items():
            for place in pools[name][:count]:
                self.judged[place] = replace(self.judged[place], verdict=ACCEPTED)
        return accepted

    def _rank(self, passed: Sequence[Judged]) -> npt.NDArray[np.float64]:
        """The order of preference, highest first, shape [passed].

        Gumbel noise on the logit draws without replacement in proportion to the odds
        (Kool et al. 2019, arXiv 1903.06059), as the rejection sampling of Chen et al. 2020
        (arXiv 2004.02135) accepts: the top alone would be copies of the exemplars.
        """
        logits = np.array([item.realness for item in passed], dtype=np.float64)
        if self.judge.by_odds:
            keys = [f"{i.candidate.frame.intent}\x1f{i.candidate.text}" for i in passed]
            draws = np.array(uniforms(self.seed, "expand.accept", keys), dtype=np.float64)
            noise: npt.NDArray[np.float64] = -np.log(-np.log(np.clip(draws, 1e-12, 1 - 1e-12)))
            return logits + noise
        likelihood = [item.candidate.log_probability or 0.0 for item in passed]
        return _standard(logits.tolist()) + _LIKELIHOOD_WEIGHT * _standard(likelihood)


def _standard(values: Sequence[float]) -> npt.NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    spread = array.std() if len(array) else 0.0
    result: npt.NDArray[np.float64] = (
        (array - array.mean()) / spread if spread else np.zeros(len(array))
    )
    return result
