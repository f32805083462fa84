"""From candidates to accepted rows: quotas per intent, judging, one verdict each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from corpusforge.core.text import fold_delexicalised
from corpusforge.expand.contract import Candidate
from corpusforge.expand.judge import Judge
from corpusforge.expand.novelty import CLASSES, NoveltyTest
from corpusforge.expand.slots import Frame, SlotTable

__all__ = ["ACCEPTED", "Judged", "Quotas", "Selection", "shares"]

ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Judged:
    """A distinct candidate with its verdict.

    Attributes:
        candidate: What was judged.
        verdict: `accepted`, `in_language`, `near_row`, `improbable`, `intent_disagreement`,
            `low_realness`, `duplicate` or `quota_full`.
        realness: Logit of the discriminator.
        match: Probability of its intent head.
        intent: Probability of the intent classifier.
    """

    candidate: Candidate
    verdict: str
    realness: float
    match: float
    intent: float


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


class Quotas:
    """How many rows each intent may still give, and how many candidates it may still cost.

    An intent that used up its candidates without filling its quota is dry; what it lacks is
    shared among the others (water filling), as long as candidates are left.

    Args:
        rows: Wanted rows.
        counts: Train rows per intent: quotas are in proportion, so that expansion does not
            shift the balance of intents.
        max_candidates: Candidates per wanted row, at most.
    """

    def __init__(self, rows: int, counts: Mapping[str, int], max_candidates: int) -> None:
        self.first = shares(rows, counts)
        self.target = dict(self.first)
        self.accepted: Counter[str] = Counter()
        self.spent: Counter[str] = Counter()
        self._max = max_candidates
        self._left = rows * max_candidates
        self._counts = dict(counts)
        self._dry: set[str] = set()

    def missing(self, intent: str) -> int:
        """Rows that the intent may still give."""
        return max(0, self.target[intent] - self.accepted[intent])

    def spend(self, intent: str, count: int) -> None:
        """Counts candidates as drawn."""
        self.spent[intent] += count
        self._left -= count

    def plan(self, wave: int) -> dict[str, int]:
        """Candidates to draw next per intent, `wave` in all or less; empty at the end."""
        self._share_out()
        open_intents = {name: self.missing(name) for name in self.target if self._open(name)}
        total = min(wave, self._left)
        if not open_intents or total <= 0:
            return {}
        planned = shares(total, open_intents)
        limits = {name: self._budget(name) - self.spent[name] for name in planned}
        return {name: min(n, limits[name]) for name, n in planned.items() if n and limits[name]}

    def _budget(self, intent: str) -> int:
        return self.target[intent] * self._max

    def _open(self, intent: str) -> bool:
        return self.missing(intent) > 0 and self.spent[intent] < self._budget(intent)

    def _share_out(self) -> None:
        """Gives the lack of newly dry intents to those that can still give."""
        lack = 0
        for name in self.target:
            if self.missing(name) and not self._open(name) and name not in self._dry:
                self._dry.add(name)
                lack += self.missing(name)
                self.target[name] = self.accepted[name]
        able = {name: self._counts[name] for name in self.target if name not in self._dry}
        if lack and able:
            for name, extra in shares(lack, able).items():
                self.target[name] += extra


@dataclass
class Selection:
    """Judges candidates wave by wave.

    Attributes:
        judge: Realness and agreement.
        novelty: The three classes.
        table: Plain slot names.
        quotas: Changed as rows are accepted.
        unique: Called for a candidate that passes; False when its final text is taken.
        least_log_probability: The generator's own limit, in nats per piece.
        judged: Every distinct candidate, in the order of drawing.
        drawn: Candidates drawn, repeats included, per novelty class.
    """

    judge: Judge
    novelty: NoveltyTest
    table: SlotTable
    quotas: Quotas
    unique: Callable[[Candidate], bool]
    least_log_probability: float
    judged: list[Judged] = field(default_factory=list)
    drawn: Counter[str] = field(default_factory=Counter)
    _classes: dict[tuple[str, str], str] = field(default_factory=dict)
    _texts: set[str] = field(default_factory=set)

    def class_counts(self) -> dict[str, int]:
        """Distinct candidates per novelty class."""
        counts = Counter(self._classes.values())
        return {name: counts[name] for name in CLASSES}

    def take(self, candidates: Sequence[Candidate]) -> int:
        """Judges a wave; returns how many were accepted."""
        fresh: dict[tuple[str, str], Candidate] = {}
        keys = [self._key(candidate) for candidate in candidates]
        for key, candidate in zip(keys, candidates, strict=True):
            if key not in self._classes:
                fresh.setdefault(key, candidate)
        found = list(fresh.values())
        classes = self.novelty.classify([self.table.plain(c.text) for c in found])
        self._classes.update(zip(fresh, classes, strict=True))
        self.drawn.update(self._classes[key] for key in keys)
        return self._judge(list(zip(fresh, found, classes, strict=True)))

    def _key(self, candidate: Candidate) -> tuple[str, str]:
        return candidate.frame.intent, fold_delexicalised(candidate.text)

    def _judge(self, found: Sequence[tuple[tuple[str, str], Candidate, str]]) -> int:
        frames: list[Frame] = [candidate.frame for _, candidate, _ in found]
        scores = self.judge.scores(frames, [candidate.text for _, candidate, _ in found])
        agrees = scores.agrees(self.judge.limits)
        verdicts = [novelty for _, _, novelty in found]
        accepted = 0
        # The most real ones first, so that they fill the quota.
        for place in np.argsort(-scores.realness, kind="stable"):
            (intent, folded), candidate, novelty = found[place]
            if novelty != CLASSES[2]:
                continue
            likely = candidate.log_probability
            if likely is not None and likely < self.least_log_probability:
                verdicts[place] = "improbable"
            elif not agrees[place]:
                verdicts[place] = "intent_disagreement"
            elif scores.realness[place] < self.judge.limits.realness:
                verdicts[place] = "low_realness"
            elif not self.quotas.missing(intent):
                verdicts[place] = "quota_full"
            elif folded in self._texts or not self.unique(candidate):
                verdicts[place] = "duplicate"
            else:
                verdicts[place] = ACCEPTED
                self._texts.add(folded)
                self.quotas.accepted[intent] += 1
                accepted += 1
        for place, (_, candidate, _) in enumerate(found):
            self.judged.append(
                Judged(
                    candidate,
                    verdicts[place],
                    float(scores.realness[place]),
                    float(scores.match[place]),
                    float(scores.intent[place]),
                )
            )
        return accepted
