"""How well a clip fits its text: goodness of pronunciation, and that of its slot values.

A small recogniser hears a good but noisy clip wrong and says so: it is unsure of what it heard,
and the true text is nearly as likely to it. Of a clip that says something else it is not, and the
text is out of the question. So the text is held against what was heard by their probabilities,
not by their words: goodness of pronunciation (Witt and Young 2000, "Phone-level pronunciation
scoring and assessment for interactive language learning", Speech Communication 30, section 2.1:
the log probability of what should be said less that of the likeliest, by length), here over the
tokens of a Whisper decoder in place of the phones of an HMM, as greedy decoding finds the latter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Fit", "Wording", "fits", "wordings_of"]

_MOST_TOKENS = 220
_LEAST = 1e-12  # probabilities below are not told apart

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """One way to write what should be heard.

    Attributes:
        text: The whole.
        spans: Where slot values are in it, half open, in code points.
    """

    text: str
    spans: Spans


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a clip fits its text.

    Attributes:
        gop: Log probability of the text less that of what was heard, both in nats per token.
            Near 0 for what was heard, -6 in the middle for another sentence.
        slot_gop: The same for the slot value that fits worst; None where there is none.
    """

    gop: float
    slot_gop: float | None


def wordings_of(clip: Mapping[str, Any]) -> tuple[Wording, ...]:
    """What should be heard in a row of `CLIPS`: as it is said, and as it is written.

    Recognisers write some numbers in words and others in digits; the likelier wording counts.
    """
    said = tuple((span["start"], span["end"]) for span in clip["spoken_slots"] or ())
    written = tuple((slot["start"], slot["end"]) for slot in clip["slots"] or ())
    found = [Wording(clip["spoken"], said), Wording(clip["text"] or "", written)]
    if not found[1].text or found[1].text == found[0].text:
        del found[1]
    return tuple(one for one in found if one.text.strip())


def fits(
    model: Any,
    tokenizer: Any,
    states: Any,
    start: Sequence[int],
    wordings: Sequence[Wording],
    heard: Sequence[float],
) -> list[Fit | None]:
    """How well clips fit one wording each.

    Args:
        model: A `ctranslate2.models.Whisper`.
        tokenizer: Its tokenizer.
        states: Of its encoder, a `StorageView` of shape [clips, states, width].
        start: Tokens before the text, up to and without the one for no timestamps.
        wordings: One per clip.
        heard: Log probability of what was heard in each clip, nats per token.

    Returns:
        None for a text of no tokens or of too many.
    """
    read = [tokenizer.encode(_as_written(one.text), add_special_tokens=False) for one in wordings]
    ids = [one.ids if 0 < len(one.ids) <= _MOST_TOKENS else [] for one in read]
    width = states.shape[1]
    # The number of frames only shapes the alignment in time, which is not looked at.
    found = model.align(states, list(start), [one or [0] for one in ids], [2 * width] * len(ids))
    fitted: list[Fit | None] = []
    for wording, one, known, result, best in zip(wordings, read, ids, found, heard, strict=True):
        likely = np.log(np.maximum(result.text_token_probs, _LEAST))[: len(known)]
        fitted.append(_fit(likely, one.offsets, wording.spans, best) if known else None)
    return fitted


def _as_written(text: str) -> str:
    """The text as Whisper writes one: behind a space, with a capital and a full stop."""
    first = text[:1].upper()
    capital = first + text[1:] if len(first) == 1 else text
    return f" {capital}" if text.rstrip()[-1:] in tuple(".?!") else f" {capital.rstrip()}."


def _fit(
    likely: npt.NDArray[np.float64],
    offsets: Sequence[tuple[int, int]],
    spans: Spans,
    best: float,
) -> Fit:
    slots = []
    for start, end in spans:
        # The space in front of the text moves everything by one.
        inside = [left < end + 1 and right > start + 1 for left, right in offsets]
        if any(inside):
            slots.append(float(likely[np.array(inside)].mean()))
    gop = float(likely.mean()) - best
    return Fit(gop, min(slots) - best if slots else None)
