"""Corpora whose worth is known: real rows under damage that is stated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from corpusforge.assess import controls
from corpusforge.assess.bench import stratified
from corpusforge.assess.overlap import compare
from corpusforge.assess.rows import Rows
from corpusforge.assess.trigram import TrigramModel
from corpusforge.core.seeding import rng
from eval.data import RealData, shots

__all__ = [
    "CONDITIONS",
    "GENERATIONS",
    "HALF",
    "HALF_FEW",
    "LEAKS",
    "NOISE",
    "Repeat",
    "Setting",
]

NOISE = (5, 10, 20, 40)
LEAKS = (1, 5)
GENERATIONS = (1, 2, 3, 4, 5, 6)
HALF = "half-split"
HALF_FEW = "half-split, 10 per intent"
# Every condition, in the order of the table.
CONDITIONS = (
    "oracle",
    "other domain",
    "intents permuted",
    "random labels",
    "duplicated",
    *(f"noise {share} %" for share in NOISE),
    *(f"leak {share} %" for share in LEAKS),
    *(f"duplicated, leak {share} %" for share in LEAKS),
    *(f"generation {number}" for number in GENERATIONS),
    HALF,
    HALF_FEW,
)

_MOST_PER_HALF = 50


@dataclass(frozen=True, eq=False)
class Setting:
    """What a repeat draws from.

    Attributes:
        data: The data set.
        other: Rows of another domain.
        shots: Real rows per intent.
        planted: Rows of the corpus per intent.
        seed: Of the table.
    """

    data: RealData
    other: Rows
    shots: int = 5
    planted: int = 20
    seed: int = 1

    def clean(self, rows: Rows) -> Rows:
        """Without rows that equal or nearly equal a test row.

        What `gather` would leave out anyway: so a corpus keeps its size, and the controls of
        its size are the same for all conditions.
        """
        _, equal, near = compare(rows, rows, self.data.test)
        return rows.where(~equal & ~near)

    @cached_property
    def train(self) -> Rows:
        """Rows to draw from."""
        return self.clean(self.data.train)


class Repeat:
    """The rows of one repeat.

    Args:
        setting: What to draw from.
        number: Of the repeat.
    """

    def __init__(self, setting: Setting, number: int) -> None:
        self.setting, self.number = setting, number
        self.real, self.rest = shots(setting.train, setting.shots, self.rng("shots"))
        self.oracle, _ = shots(self.rest, setting.planted, self.rng("oracle"))

    def rng(self, *key: str | int) -> np.random.Generator:
        """A generator of this repeat's own."""
        return rng(self.setting.seed, "eval.planted", self.setting.data.name, self.number, *key)

    def sides(self, condition: str) -> tuple[Rows, Rows]:
        """(real rows, corpus) of a condition."""
        if condition in (HALF, HALF_FEW):
            most = _MOST_PER_HALF if condition == HALF else 10
            return self._halves(most)
        kind, _, level = condition.removesuffix(" %").rpartition(" ")
        if kind == "noise":
            return self.real, self._noisy(int(level))
        if kind == "leak":
            return self.real, self._leaked(self.oracle, int(level))
        if kind == "duplicated, leak":
            return self.real, self._leaked(self._duplicated, int(level))
        if kind == "generation":
            return self.real, self._generation(int(level))
        makers: Mapping[str, Callable[[], Rows]] = {
            "oracle": lambda: self.oracle,
            "other domain": self._other_domain,
            "intents permuted": self._permuted,
            "random labels": lambda: controls.random_labels(self.oracle, self.rng(condition)),
            "duplicated": lambda: self._duplicated,
        }
        return self.real, makers[condition]()

    @cached_property
    def _duplicated(self) -> Rows:
        return controls.duplicated(self.real, len(self.oracle), self.rng("duplicated"))

    def _halves(self, most: int) -> tuple[Rows, Rows]:
        train = self.setting.train
        sizes = [len(places) for places in train.by_intent().values()]
        half = min(most, min(sizes) // 2)
        first, rest = shots(train, half, self.rng("half", most))
        second, _ = shots(rest, half, self.rng("other half", most))
        return first, second

    def _other_domain(self) -> Rows:
        """Another domain's intents, each under one of these labels."""
        ours, theirs = (sorted(set(r.intents)) for r in (self.oracle, self.setting.other))
        label = dict(zip(theirs, ours, strict=False))
        other = self.setting.clean(self.setting.other)
        known = other.where([name in label for name in other.intents])
        chosen, _ = shots(known, self.setting.planted, self.rng("other domain"))
        return chosen.with_intents([label[name] for name in chosen.intents])

    def _permuted(self) -> Rows:
        """The right sentences, each intent under the label of another one."""
        ours = sorted(set(self.oracle.intents))
        order = self.rng("permuted").permutation(len(ours))
        # A cycle through all of them: no intent keeps its label.
        label = {ours[order[i]]: ours[order[(i + 1) % len(ours)]] for i in range(len(ours))}
        return self.oracle.with_intents([label[name] for name in self.oracle.intents])

    def _noisy(self, percent: int) -> Rows:
        """So many labels replaced by another one; more noise keeps the wrong labels of less."""
        generator = self.rng("noise")
        ours = sorted(set(self.oracle.intents))
        order = generator.permutation(len(self.oracle))
        wrong = [
            str(generator.choice([name for name in ours if name != intent]))
            for intent in self.oracle.intents
        ]
        labels = list(self.oracle.intents)
        for place in order[: round(percent / 100 * len(labels))]:
            labels[place] = wrong[place]
        return self.oracle.with_intents(labels)

    def _leaked(self, corpus: Rows, percent: int) -> Rows:
        """So many test rows with their labels on top, in percent of the corpus."""
        test = self.setting.data.test
        count = max(1, round(percent / 100 * len(corpus)))
        return corpus.plus(test.take(self.rng("leak").permutation(len(test))[:count]))

    def _generation(self, number: int) -> Rows:
        """A trigram model of all other real rows, retrained on its own output."""
        made = self.setting.clean(self._generations[number])
        return stratified(made, len(self.oracle), self.rng("generation sample", number))

    @cached_property
    def _generations(self) -> list[Rows]:
        found = [self.rest]
        counts = {intent: len(places) for intent, places in self.rest.by_intent().items()}
        for number in GENERATIONS:
            model = TrigramModel.fit(found[-1])
            found.append(model.sample(counts, self.rng("generation", number)))
        return found
