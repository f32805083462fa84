"""Whether clips of a corpus help a keyword model on real speech, in plain words.

In this order:

1. Trained on the corpus alone, the model is not above guessing: do not use it.
2. Real clips and the corpus together are worse than the real clips alone, by its whole interval
   and by a point or more: do not use it.
3. Together they are better, by the whole interval: use it.
4. The interval of that gain is wider than 10 points on both sides together: not enough real
   data to say.
5. Otherwise: no gain.
"""

from __future__ import annotations

from dataclasses import dataclass

from corpusforge.assess.speech_scores import Figure

__all__ = ["PHRASES", "SpeechVerdict", "decide"]

PHRASES = {
    "use": "use it",
    "no_gain": "no gain shown over real data alone",
    "do_not_use": "do not use it",
    "not_enough_real_data": "not enough real data to say",
}

_LEAST_LOSS_PP = 1.0
_WIDEST_PP = 10.0
_FEW_SPEAKERS = 5


@dataclass(frozen=True, slots=True)
class SpeechVerdict:
    """What to do with the clips.

    Attributes:
        code: use, no_gain, do_not_use or not_enough_real_data.
        reasons: Sentences with the figures behind it.
    """

    code: str
    reasons: tuple[str, ...]


def decide(
    synthetic: Figure,
    real: Figure,
    gain_pp: Figure,
    *,
    chance: float,
    speakers: int,
    reference: str,
) -> SpeechVerdict:
    """The verdict.

    Args:
        synthetic: Accuracy after training on the corpus alone, share.
        real: Accuracy after training on real clips alone, share.
        gain_pp: Real and synthetic clips together over real ones, percentage points.
        chance: Accuracy of guessing, share.
        speakers: Real speakers that are known by name.
        reference: Which real clips the others are tested on, for the sentences.
    """
    alone = (
        f"trained on the corpus alone, {_percent(synthetic)} of the real clips are heard right; "
        f"trained on real clips, {_percent(real)} of {reference}"
    )
    gain = (
        f"real and synthetic clips together: {gain_pp.mean:+.1f} points over real ones alone "
        f"({gain_pp.low:+.1f} to {gain_pp.high:+.1f})"
    )
    reasons = [alone, gain]
    if synthetic.low <= chance:
        code = "do_not_use"
        reasons.insert(0, f"the corpus alone teaches no more than guessing ({100 * chance:.0f} %)")
    elif gain_pp.high < 0 and gain_pp.mean <= -_LEAST_LOSS_PP:
        code = "do_not_use"
    elif gain_pp.low > 0:
        code = "use"
    elif gain_pp.high - gain_pp.low > _WIDEST_PP:
        code = "not_enough_real_data"
    else:
        code = "no_gain"
    if speakers < _FEW_SPEAKERS:
        heard = f"only {speakers} real speakers" if speakers > 1 else "real speakers not told apart"
        reasons.append(f"{heard}: other people may well be heard better or worse than this")
    return SpeechVerdict(code, tuple(reasons))


def _percent(found: Figure) -> str:
    return f"{100 * found.mean:.1f} % ({100 * found.low:.1f} to {100 * found.high:.1f})"
