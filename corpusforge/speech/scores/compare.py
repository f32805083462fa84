"""What was heard against what should be heard: words, characters, slot values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corpusforge.speech.recognise import comparable, word_errors
from corpusforge.speech.scores.texts import primary
from corpusforge.speech.scores.whisper import without_echo

__all__ = ["Comparison", "compare"]

# "730" is what a recogniser of English may write for "seven thirty".
_BARE_TIME = re.compile(
    r"(?i)\b(?P<cue>(?:at|by|until|for)\s)(?P<hour>0?[1-9]|1\d|2[0-3])(?P<minute>[0-5]\d)"
    r"(?=\s?[ap]\.?m\b|\stomorrow\b|\W*$)"
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Errors of one transcript; each is None where there is nothing to get wrong.

    Attributes:
        wer: Substitutions, insertions and deletions of words per word of the text. Above 1 when
            much more is heard than is said.
        cer: The same over characters without spaces. Names that sound alike cost less, and
            another sentence as much.
        slot_error_rate: Share of the slots whose words are not heard in a row.
    """

    wer: float | None
    cer: float | None
    slot_error_rate: float | None


def compare(clip: Mapping[str, Any], heard: str) -> Comparison:
    """Hold a transcript against a clip.

    Args:
        clip: A row of `CLIPS`: spoken, lang, slots, spoken_slots.
        heard: The transcript.
    """
    lang = clip["lang"]
    spoken = comparable(clip["spoken"], lang)
    words = _likelier(spoken, heard, lang)
    values = [comparable(value, lang) for value in _slot_values(clip)]
    missed = [not _holds(words, value) for value in values if value]
    said, words = without_echo(spoken), without_echo(words)
    letters_said, letters_heard = "".join(said), "".join(words)
    return Comparison(
        wer=word_errors(said, words) / len(said) if said else None,
        cer=word_errors(letters_said, letters_heard) / len(letters_said) if said else None,
        slot_error_rate=sum(missed) / len(missed) if missed else None,
    )


def _likelier(spoken: Sequence[str], heard: str, lang: str) -> list[str]:
    """Words of a transcript; where a number in it can be a time, the reading that was said."""
    words = comparable(heard, lang)
    times = _BARE_TIME.sub(r"\g<cue>\g<hour>:\g<minute>", heard)
    if times == heard or primary(lang) != "en":
        return words
    other = comparable(times, lang)
    return other if word_errors(spoken, other) < word_errors(spoken, words) else words


def _slot_values(clip: Mapping[str, Any]) -> list[str]:
    """What is said for each slot; the written form where the spoken one is not known."""
    spans = clip["spoken_slots"]
    if spans is not None:
        return [clip["spoken"][span["start"] : span["end"]] for span in spans]
    return [slot["text"] for slot in clip["slots"] or ()]


def _holds(words: Sequence[str], value: Sequence[str]) -> bool:
    """Whether the words of the value stand in a row, however they are joined or parted."""
    # "bed room" for "bedroom" is no slot that went wrong; borders of words still count.
    wanted = "".join(value)
    for start in range(len(words)):
        joined = ""
        for word in words[start:]:
            joined += word
            if len(joined) >= len(wanted):
                break
        if joined == wanted:
            return True
    return False
