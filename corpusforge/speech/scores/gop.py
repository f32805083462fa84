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

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["VERSION", "Fit", "Wording", "best_fit", "fit_of", "wordings_of"]

VERSION = 2
_MOST_TOKENS = 220
_LEAST = 1e-12  # probabilities below are not told apart
_ENOUGH = -0.5  # nats per token: a wording that fits so well needs no other one
_WORD = re.compile(r"\w+(?:['’]\w+)*")
_ENDS = tuple(".?。？।؟")

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
    Slots that are not followed into what is said are in neither.
    """
    said = tuple((span["start"], span["end"]) for span in clip["spoken_slots"] or ())
    written = tuple((slot["start"], slot["end"]) for slot in clip["slots"] or ())
    spoken, text = clip["spoken"] or "", clip["text"] or ""
    if spoken == text:
        found = [Wording(spoken, said or written)]
    else:
        found = [Wording(spoken, said), Wording(text, written if said else ())]
    return tuple(one for one in found if one.text.strip())


def best_fit(
    wordings: Sequence[Wording], heard: str, fitted: Callable[[Wording], Fit | None]
) -> Fit | None:
    """The best fit of some wordings, and of these in the case of letters that may be meant.

    A recogniser writes names with capitals, and a text without is unlikely to it for that alone.

    Args:
        wordings: What should be heard.
        heard: What was heard.
        fitted: Says how well one of them fits; it is asked until one fits well.
    """
    best: Fit | None = None
    for wording in _ways(wordings, heard):
        fit = fitted(wording)
        if fit is None:
            continue
        best = fit if best is None else _better(best, fit)
        if best.gop >= _ENOUGH and (best.slot_gop is None or best.slot_gop >= _ENOUGH):
            break
    return best


def _better(one: Fit, other: Fit) -> Fit:
    slots = [fit.slot_gop for fit in (one, other) if fit.slot_gop is not None]
    return Fit(max(one.gop, other.gop), max(slots) if slots else None)


def _ways(wordings: Sequence[Wording], heard: str) -> Iterator[Wording]:
    """The wordings, these with the letters of what was heard, and with names for slots."""
    seen: set[Wording] = set()
    recased = (replace(one, text=_recased(one.text, heard)) for one in wordings)
    named = (replace(one, text=_named(one.text, one.spans)) for one in wordings)
    for wording in (*wordings, *recased, *named):
        if wording not in seen:
            seen.add(wording)
            yield wording


def _recased(text: str, heard: str) -> str:
    """The text, with words that were heard in the capitals in which they were written down."""
    words, others = list(_WORD.finditer(text)), _WORD.findall(heard)
    keys = [word[0].casefold() for word in words], [word.casefold() for word in others]
    out = text
    for block in SequenceMatcher(None, *keys, autojunk=False).get_matching_blocks():
        for at in range(block.size):
            word, other = words[block.a + at], others[block.b + at]
            if len(word[0]) == len(other):  # spans stay where they are
                out = out[: word.start()] + other + out[word.end() :]
    return out


def _named(text: str, spans: Spans) -> str:
    """The text, with a capital for every word of a slot value."""
    out = text
    for start, end in spans:
        for word in _WORD.finditer(text, start, end):
            capital = word[0][0].upper()
            if len(capital) == 1:
                out = out[: word.start()] + capital + out[word.start() + 1 :]
    return out


def fit_of(
    model: Any, tokenizer: Any, state: Any, start: Sequence[int], wording: Wording, heard: float
) -> Fit | None:
    """How well one clip fits one wording.

    One clip at a time: the probabilities of a text change a little with how far it is padded to
    the length of others.

    Args:
        model: A `ctranslate2.models.Whisper`.
        tokenizer: Its tokenizer.
        state: Of its encoder, a `StorageView` of shape [1, states, width].
        start: Tokens before the text, up to and without the one for no timestamps.
        wording: What should be heard.
        heard: Log probability of what was heard, nats per token.

    Returns:
        None for a text of no tokens or of more than 220.
    """
    read = tokenizer.encode(_as_written(wording.text), add_special_tokens=False)
    if not 0 < len(read.ids) <= _MOST_TOKENS:
        return None
    # Frames and width shape the alignment in time, which is not looked at: the least there is.
    (found,) = model.align(state, list(start), [read.ids], [2], median_filter_width=1)
    likely = np.log(np.maximum(found.text_token_probs, _LEAST))[: len(read.ids)]
    return _fit(likely, read.offsets, wording.spans, heard)


def _as_written(text: str) -> str:
    """The text as Whisper writes one: behind a space, with a capital and a full stop."""
    kept = text.rstrip().rstrip(",;:!！…–—- ")
    first = kept[:1].upper()
    capital = first + kept[1:] if len(first) == 1 else kept
    return f" {capital}" if capital.endswith(_ENDS) else f" {capital}."


def _fit(
    likely: npt.NDArray[np.float64],
    offsets: Sequence[tuple[int, int]],
    spans: Spans,
    heard: float,
) -> Fit:
    slots = []
    for start, end in spans:
        # The space in front of the text moves everything by one.
        inside = [left < end + 1 and right > start + 1 for left, right in offsets]
        if any(inside):
            slots.append(float(likely[np.array(inside)].mean()))
    gop = float(likely.mean()) - heard
    return Fit(gop, min(slots) - heard if slots else None)
