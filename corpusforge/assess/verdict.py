"""The verdict in plain words, and the figures it stands on.

Rules, in this order (classifier-wise intervals at 97.5 %, see `usefulness.DECISION_LEVEL`):

1. *Helps*: real + synthetic beats real, and beats the best control (duplicated real rows, EDA,
   a per-intent trigram model, document frequencies alone): both lower bounds above 0.
2. *Harms*: the upper bound of the gain is below 0, the mean loss is at least half a point, and
   the upper bound against duplicated real rows of the same weight is below 0 too: what a heap
   of copies does as well is the work of weights, not of what the rows say.
3. A classifier that is harmed: smaller doses are tried; one that helps one classifier and on
   average costs none anything gives "use it up to x %", else "do not use it", also where the
   other classifier gains.
4. One helps, none is harmed: "use it".
5. None helps: with the corpus alone a classifier is below half of what real rows give: "do not
   use it", it does not carry these intents.
6. With both classifiers the 95 % interval of the gain is wider than 10 points: "not enough real
   data to say". Else "no gain shown", which is no proof that there is none.

Without test rows, a good verdict is taken back when the corpus looks made from the real rows (see
`derived`).

An intent that loses recall beyond chance is named in the reasons whatever the verdict.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from corpusforge.assess.bench import DUPLICATED, REAL, REAL_SYNTHETIC, Bench
from corpusforge.assess.usefulness import Difference, OneClassifier, Usefulness

if TYPE_CHECKING:
    from corpusforge.assess.curve import Mixing
    from corpusforge.assess.derived import Nearness

__all__ = ["CODES", "Verdict", "decide", "if_derived", "with_mixing"]

CODES = ("use", "use_up_to", "no_gain", "do_not_use", "not_enough_real_data")
"""What a verdict can be."""

MIN_TEST_ROWS = 30
MIN_PER_INTENT = 2
_LEAST_LOSS_PP = 0.5
_WIDEST_PP = 10.0
_LEAST_RATIO = 0.5
_CROSS_VALIDATED = (
    "there are no test rows, so real rows were held out in turn: if the corpus was made from "
    "these rows (by a generator, a paraphraser or by hand), its gain is not real; give --test"
)
_DOSES = (1.0, 0.33)
"""Synthetic rows per real row that are tried when the whole corpus harms."""


@dataclass(frozen=True)
class Verdict:
    """What to do with the corpus.

    Attributes:
        code: One of `CODES`.
        phrase: The same in words.
        reasons: Sentences with the figures behind it.
        share: Largest share of synthetic rows in a mix that is recommended, in [0, 1); None where
            nothing says that there is one.
        test_rows_needed: About so many test rows would tell; None where enough are there.
    """

    code: str
    phrase: str
    reasons: tuple[str, ...]
    share: float | None = None
    test_rows_needed: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The verdict's keys of the assessment."""
        return {
            "verdict": self.phrase,
            "verdict_code": self.code,
            "reasons": list(self.reasons),
            "share": None if self.share is None else round(self.share, 4),
            "test_rows_needed": self.test_rows_needed,
        }


def _helps(gain: Difference, edge: Difference | None = None) -> bool:
    return gain.decision_low_pp > 0 and (edge is None or edge.decision_low_pp > 0)


def _harms(gain: Difference, weight: Difference) -> bool:
    lost = gain.decision_high_pp < 0 and gain.mean_pp <= -_LEAST_LOSS_PP
    return lost and weight.decision_high_pp < 0


def decide(bench: Bench, found: Usefulness) -> Verdict:
    """The verdict over a bench that was measured; may try smaller doses on it."""
    ones = found.classifiers
    reasons = [_gain_reason(one) for one in ones]
    helped = [one for one in ones if _helps(one.gain, one.edge)]
    harmed = [one for one in ones if _harms(one.gain, one.weight)]
    reasons += _intent_reasons(ones)
    if found.cross_validated:
        reasons.append(_CROSS_VALIDATED)
    few = found.test_rows < MIN_TEST_ROWS or found.test_rows < MIN_PER_INTENT * found.intents
    if few:
        return _too_few(found, reasons)
    if harmed:
        return _harmed(bench, harmed, reasons)
    if helped:
        return Verdict("use", "use it", tuple(reasons + _notes_on_use(ones, helped)))
    weak = [one for one in ones if one.tstr_ratio < _LEAST_RATIO]
    if len(weak) == len(ones):
        shown = ", ".join(
            f"{one.name}: {100 * one.score('synthetic').accuracy:.1f} % against "
            f"{100 * one.score(REAL).accuracy:.1f} %"
            for one in ones
        )
        reasons.append(
            f"trained on the corpus alone, classifiers do not know these intents ({shown})"
        )
        return Verdict("do_not_use", "do not use it", tuple(reasons), 0.0)
    widest = min(one.gain.high_pp - one.gain.low_pp for one in ones)
    if widest > _WIDEST_PP:
        return _too_few(found, reasons)
    reasons.append(_why_no_gain(ones))
    return Verdict("no_gain", "no gain shown over real data alone", tuple(reasons), 0.0)


def _gain_reason(one: OneClassifier) -> str:
    gain = one.gain
    return (
        f"{one.name}: real {100 * one.score(REAL).accuracy:.1f} %, real + synthetic "
        f"{100 * one.score(REAL_SYNTHETIC).accuracy:.1f} % "
        f"({gain.mean_pp:+.1f} points, 95 % interval {gain.low_pp:+.1f} to {gain.high_pp:+.1f}); "
        f"against {one.edge.against!r} {one.edge.mean_pp:+.1f} "
        f"({one.edge.low_pp:+.1f} to {one.edge.high_pp:+.1f})"
    )


def _intent_reasons(ones: Sequence[OneClassifier]) -> list[str]:
    """One sentence for each intent that a classifier loses, the classifiers taken together."""
    found: dict[str, str] = {}
    for one in ones:
        for loss in one.harmed:
            found.setdefault(
                loss.intent,
                f"it harms the intent {loss.intent} (recall {loss.real:.0%} -> "
                f"{loss.synthetic:.0%} with {one.name}, mostly taken for {loss.taken_for}): "
                f"check the labels of {loss.intent} and {loss.taken_for} in the corpus",
            )
    return [found[intent] for intent in sorted(found)]


def _notes_on_use(ones: Sequence[OneClassifier], helped: Sequence[OneClassifier]) -> list[str]:
    others = [one.name for one in ones if one not in helped]
    names = ", ".join(one.name for one in helped)
    if others:
        rest = ", ".join(others)
        return [
            f"the gain is shown for {names} only; for {rest} neither gain beyond the controls nor "
            "harm is shown (at 97.5 % each)"
        ]
    return [f"the gain is shown for {names}, beyond what the controls gain"]


def _why_no_gain(ones: Sequence[OneClassifier]) -> str:
    better = [one for one in ones if one.gain.decision_low_pp > 0]
    if better:
        against = ", ".join(sorted({f"{one.edge.against!r}" for one in better}))
        return (
            f"better than real rows alone, but not shown to beat {against} (at 97.5 % each), which "
            "adds no information: it may be regularisation"
        )
    return "no classifier is shown to be better with the corpus than without"


def _too_few(found: Usefulness, reasons: list[str]) -> Verdict:
    half = min((one.gain.high_pp - one.gain.low_pp) / 2 for one in found.classifiers)
    # Half-widths shrink with the square root of the test rows.
    needed = math.ceil(found.test_rows * max(half / (_WIDEST_PP / 2), 1.0) ** 2)
    needed = max(needed, MIN_TEST_ROWS, MIN_PER_INTENT * found.intents, found.test_rows + 1)
    needed = math.ceil(needed / 10) * 10
    reasons.append(
        f"{found.test_rows} real test rows over {found.intents} intents leave an interval of "
        f"{half:.1f} points to either side; about {needed} would tell"
    )
    return Verdict(
        "not_enough_real_data", "not enough real data to say", tuple(reasons), None, needed
    )


def _harmed(bench: Bench, harmed: Sequence[OneClassifier], reasons: list[str]) -> Verdict:
    real = len(bench.real)
    used = min(len(bench.synthetic), bench.max_rows)
    for dose in _DOSES:
        if dose * real >= used:
            continue
        arm = f"{REAL_SYNTHETIC} x{dose:g}"
        gains = [Difference.of(bench, name, arm, REAL) for name in bench.classifiers]
        edges = [Difference.of(bench, name, arm, DUPLICATED) for name in bench.classifiers]
        helps = any(_helps(gain, edge) for gain, edge in zip(gains, edges, strict=True))
        if helps and min(gain.mean_pp for gain in gains) >= 0:
            share = dose / (1 + dose)
            shown = ", ".join(
                f"{name} {gain.mean_pp:+.1f} ({gain.low_pp:+.1f} to {gain.high_pp:+.1f})"
                for name, gain in zip(bench.classifiers, gains, strict=True)
            )
            reasons.append(
                f"all of it harms {', '.join(one.name for one in harmed)}; with {share:.0%} "
                f"synthetic rows in the mix: {shown} points"
            )
            return Verdict("use_up_to", f"use it up to {share:.0%}", tuple(reasons), share)
    names = ", ".join(one.name for one in harmed)
    reasons.append(f"it makes {names} worse, and no smaller dose that was tried helps")
    return Verdict("do_not_use", "do not use it", tuple(reasons), 0.0)


def if_derived(verdict: Verdict, near: Nearness) -> Verdict:
    """The verdict of a cross-validation, taken back when the corpus knows the held-out rows.

    Only a good verdict is taken back: that a corpus does not help even so, stands.
    """
    if verdict.code not in ("use", "use_up_to") or not near.derived:
        return verdict
    reason = (
        f"the corpus looks made from these real rows: it lies nearer to them than they lie to each "
        f"other (cosine of the nearest row of the intent {near.gap:+.2f}, {near.rows} rows), so "
        "rows held out in turn are no test; give --test with real rows that its maker has not seen"
    )
    said = (reason, *verdict.reasons)
    return Verdict("not_enough_real_data", "not enough real data to say", said)


def with_mixing(verdict: Verdict, mixing: Mixing) -> Verdict:
    """The verdict after the mixing curves: the recommended share caps "use it".

    A share below the whole corpus is only recommended when even the upper end of its interval
    is; and never against a verdict that found no gain, for then the best of many shares is a
    draw of luck.
    """
    if verdict.code != "use" or mixing.recommended_share is None:
        return verdict
    share, high = mixing.recommended_share, mixing.recommended_share_high
    if high is None or high >= mixing.largest_share - 0.02:
        if share >= mixing.largest_share - 0.02:
            return verdict
        enough = f"{share:.0%} synthetic rows in the mix are enough; more is not shown to be worse"
        return replace(verdict, reasons=(*verdict.reasons, enough))
    reason = (
        f"the mixing curves rise up to {share:.0%} synthetic rows in the mix, not beyond (95 % "
        f"interval up to {high:.0%})"
    )
    return replace(
        verdict,
        code="use_up_to",
        phrase=f"use it up to {share:.0%}",
        reasons=(*verdict.reasons, reason),
        share=share,
    )
