"""Orders from the words' probabilities: the best path through the grammar.

The grammar's sentences (kinds of words and slots in a row) become an automaton with the fewest
nodes, its slots are replaced by the words of their values, and the likeliest path through it is
found (Viterbi; CTC's "no word" may stand between any two words). The path names the values.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eval.speech.barista_text import plain

__all__ = ["Decoder", "greedy", "sequences"]

Sequence_ = tuple[str, ...]
LogProbabilities = npt.NDArray[np.float32]


def spoken(text: str) -> list[str]:
    """Words of a text as the network names them: "an" is "a", nobody hears a difference."""
    return ["a" if word == "an" else word for word in plain(text).split()]


def greedy(scores: LogProbabilities, vocabulary: Sequence[str]) -> str:
    """The likeliest word of every step, repeats and "no word" left out."""
    best = scores.argmax(axis=1).tolist()
    return " ".join(vocabulary[one] for one, _ in itertools.groupby(best) if one != 0)


def sequences(sentences: Iterable[str]) -> set[Sequence_]:
    """Sentences with "(one|other)" and "{slot}" as rows of words and "{slot}"."""
    found: set[Sequence_] = set()
    for sentence in sentences:
        parts = [part for part in re.split(r"(\([^)]*\)|\{\w+\})", sentence) if part.strip()]
        choices = [
            [[part]]
            if part.startswith("{")
            else [spoken(one) for one in part.strip("()").split("|")]
            for part in parts
        ]
        found.update(tuple(itertools.chain(*one)) for one in itertools.product(*choices))
    return found


@dataclass(frozen=True)
class _Unit:
    """A word or value on an edge of the automaton: places of its states, and what it says."""

    first: int
    last: int
    slot: str
    value: str


class Decoder:
    """The likeliest order of a grammar.

    Args:
        sentences: From `sequences`.
        lists: Slot -> its values.
        vocabulary: Of the network; words that it does not know make a value unreachable.
    """

    def __init__(
        self,
        sentences: Iterable[Sequence_],
        lists: Mapping[str, Sequence[str]],
        vocabulary: Sequence[str],
    ) -> None:
        self._lists = lists
        self._number = {word: place for place, word in enumerate(vocabulary)}
        self._labels: list[int] = [0]  # State 0: silence before the first word.
        self._owner: list[tuple[str, str]] = [("", "")]
        self._edges: set[tuple[int, int]] = {(0, 0)}
        self._ends: set[int] = set()
        self._nodes: dict[frozenset[Sequence_], list[tuple[str, frozenset[Sequence_]]]] = {}
        self._units: dict[tuple[frozenset[Sequence_], str], list[_Unit]] = {}
        root = frozenset(sentences)
        self._add(root)
        for unit in (u for kind, _ in self._nodes[root] for u in self._units[root, kind]):
            self._edges.add((0, unit.first))
        self._join()
        order = sorted(self._edges, key=lambda edge: (edge[1], edge[0]))
        self._sources = np.array([source for source, _ in order])
        targets = np.array([target for _, target in order])
        self._firsts = np.searchsorted(targets, np.arange(len(self._labels)))
        self._counts = np.diff([*self._firsts.tolist(), len(order)])

    def _add(self, node: frozenset[Sequence_]) -> None:
        """A node is what may follow: equal rests are one node."""
        if node in self._nodes:
            return
        rests: dict[str, set[Sequence_]] = {}
        for rest in node:
            if rest:
                rests.setdefault(rest[0], set()).add(rest[1:])
        self._nodes[node] = [(kind, frozenset(after)) for kind, after in sorted(rests.items())]
        for kind, after in self._nodes[node]:
            slot = kind.strip("{}") if kind.startswith("{") else ""
            values = self._lists[slot] if slot else [kind]
            self._units[node, kind] = [self._unit(slot, value) for value in values]
            self._add(after)

    def _unit(self, slot: str, value: str) -> _Unit:
        """States of a value: for every word one, and one for "no word" behind it."""
        first = len(self._labels)
        for word in spoken(value):
            place = len(self._labels)
            self._labels += [self._number.get(word, -1), 0]
            self._owner += [(slot, value)] * 2
            self._edges |= {(place, place), (place, place + 1), (place + 1, place + 1)}
            if place > first:
                self._follow(place - 2, place)
        return _Unit(first, len(self._labels) - 2, slot, value)

    def _follow(self, word: int, after: int) -> None:
        self._edges.add((word + 1, after))
        if self._labels[word] != self._labels[after]:
            self._edges.add((word, after))

    def _join(self) -> None:
        """Edges from the units that lead to a node to those that leave it, and the ends."""
        for node, kinds in self._nodes.items():
            for kind, after in kinds:
                for unit in self._units[node, kind]:
                    if () in after:
                        self._ends |= {unit.last, unit.last + 1}
                    for following, _ in self._nodes[after]:
                        for other in self._units[after, following]:
                            self._follow(unit.last, other.first)

    def order(self, scores: LogProbabilities) -> dict[str, str]:
        """The likeliest order; {} when a clip is too short for any.

        Args:
            scores: Log probabilities, shape [steps, words].
        """
        count = len(self._labels)
        labels = np.array(self._labels)
        emitted = np.where(labels >= 0, scores[:, labels].astype(np.float64), -np.inf)
        best = np.full(count, -np.inf)
        best[0] = 0.0
        before = np.empty(emitted.shape, dtype=np.int64)
        numbers = np.arange(self._sources.size)
        for step in range(emitted.shape[0]):
            arriving = best[self._sources]
            best = np.maximum.reduceat(arriving, self._firsts)
            is_best = arriving == np.repeat(best, self._counts)
            chosen = np.minimum.reduceat(np.where(is_best, numbers, numbers.size), self._firsts)
            before[step] = self._sources[chosen]
            best = best + emitted[step]
        ends = np.array(sorted(self._ends))
        state = int(ends[best[ends].argmax()])
        if best[state] == -np.inf:
            return {}
        found: dict[str, str] = {}
        for step in range(emitted.shape[0] - 1, -1, -1):
            slot, value = self._owner[state]
            if slot:
                found[slot] = value
            state = int(before[step, state])
        return found
