"""Near misses: rejected candidates that are far from every intent, as rows out of scope.

The generator wrote them from the exemplars of an intent, in its words and manner; the
discriminator finds no intent in them. What says another intent is no near miss but that intent,
and stays rejected.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from corpusforge.core.recipe import OutOfScopeConfig
from corpusforge.core.seeding import uniforms
from corpusforge.core.text import fold_delexicalised
from corpusforge.expand.contract import Candidate
from corpusforge.expand.judge import Scores
from corpusforge.expand.selection import OUT_OF_SCOPE, Judged, Selection, water_fill
from corpusforge.expand.slots import Frame

__all__ = ["FarTest", "Taken", "take"]

_REJECTED = "intent_disagreement"
_EPSILON = 1e-6


@dataclass(frozen=True)
class FarTest:
    """Is a text far from every intent?

    Attributes:
        config: The recipe's limits, and the label of rows out of scope: where it is an intent
            of the train rows, its probability counts as that of none.
    """

    config: OutOfScopeConfig

    def __call__(self, frames: Sequence[Frame], scores: Scores) -> list[float | None]:
        """Probability of none of the intents where it is the largest and the limits hold.

        None for other texts, for texts written for the label itself (those are rows of it or
        wrong), and from judges that know no texts of no intent; shape [texts].
        """
        posterior = scores.posterior
        if posterior is None or not len(frames):
            return [None] * len(frames)
        own = np.array([intent == self.config.intent for intent in posterior.intents] + [True])
        none = posterior.table[:, own].sum(1)
        nearest = posterior.table[:, ~own].max(1, initial=0.0)
        far = (
            (none >= self.config.least_none)
            & (nearest < self.config.most_intent)
            & (none > nearest)
        )
        return [
            float(value) if is_far and frame.intent != self.config.intent else None
            for frame, value, is_far in zip(frames, none, far, strict=True)
        ]


@dataclass(frozen=True)
class Taken:
    """What became of the near misses.

    Attributes:
        config: The recipe's part.
        rejected: Distinct novel candidates in which the judge did not find their intent.
        far: Those of them that are far from every intent.
        by_intent: Rows taken, by the intent they were written for.
    """

    config: OutOfScopeConfig
    rejected: int
    far: int
    by_intent: dict[str, int]

    @property
    def count(self) -> int:
        """Rows taken."""
        return sum(self.by_intent.values())

    def facts(self) -> dict[str, Any]:
        """For the manifest."""
        return {
            "intent": self.config.intent,
            "wanted": self.config.rows,
            "accepted": self.count,
            "rejected": self.rejected,
            "far": self.far,
            "limits": {
                "least_none": self.config.least_none,
                "most_intent": self.config.most_intent,
            },
            "written_for": self.by_intent,
        }

    def notes(self) -> tuple[str, ...]:
        """When there are fewer rows than wanted: how many, and why."""
        if self.count >= self.config.rows:
            return ()
        if self.far > self.count:
            why = f"{self.far - self.count} of those read like another row or cannot be filled"
        else:
            why = "more expand.rows give more candidates"
        return (
            f"expansion: {self.count} of {self.config.rows} wanted rows out of scope: of "
            f"{self.rejected} candidates in which the judge did not find their intent, {self.far} "
            f"are far from every intent; {why}",
        )


def take(
    selection: Selection,
    config: OutOfScopeConfig,
    fill: Callable[[Candidate, str], str],
    seed: int,
) -> Taken:
    """Accepts near misses in equal shares over the intents that they were written for.

    Those without slots come first, as the values of slots are the words of an intent; among
    equals a keyed draw decides. Call it after `Selection.choose`: what passed has precedence.

    Args:
        selection: Candidates, judged with a `FarTest`; verdicts and scores of those that are
            taken are changed.
        config: How many, and under which label.
        fill: Called for a candidate and the label; "" when it could be filled with values that
            make it a new text, else why not.
        seed: The recipe's seed.
    """
    judged = selection.judged
    places = [p for p, item in enumerate(judged) if item.verdict == _REJECTED]
    far = [place for place in places if judged[place].none is not None]
    keys = [f"{_intent(judged[p])}\x1f{judged[p].candidate.text}" for p in far]
    draws = dict(zip(far, uniforms(seed, "expand.out_of_scope", keys), strict=True))
    order = sorted(far, key=lambda place: (_has_slots(judged[place]), draws[place], place))
    pools: defaultdict[str, list[int]] = defaultdict(list)
    texts: set[str] = set()
    for place in order:
        candidate = judged[place].candidate
        folded = fold_delexicalised(candidate.text)
        if folded not in texts and not fill(candidate, config.intent):
            texts.add(folded)
            pools[candidate.frame.intent].append(place)
    equal = dict.fromkeys(sorted(pools), 1)
    limits = {name: len(pools[name]) for name in equal}
    by_intent = water_fill(config.rows, equal, limits)
    for name, count in by_intent.items():
        for place in pools[name][:count]:
            judged[place] = _accepted(judged[place])
    return Taken(config, len(places), len(far), by_intent)


def _intent(item: Judged) -> str:
    return item.candidate.frame.intent


def _has_slots(item: Judged) -> bool:
    return bool(item.candidate.frame.symbols)


def _accepted(item: Judged) -> Judged:
    """With the scores of its new label: how likely it says none of the intents."""
    none = item.none or 0.0
    bounded = min(max(none, _EPSILON), 1 - _EPSILON)
    logit = math.log(bounded / (1 - bounded))
    return replace(item, verdict=OUT_OF_SCOPE, realness=logit, match=none, intent=none)
