"""How long a text is, and of what kind a clip is: what its limits depend on."""

from __future__ import annotations

import re

from corpusforge.core.text import fold

__all__ = [
    "FEW_LETTERS",
    "KINDS",
    "LEAST_DB",
    "LEAST_LETTERS",
    "NOISY_DB",
    "TEXTS",
    "kind_of",
    "letters",
    "primary",
    "spelled_out",
    "text_kind",
]

# Letters of ordinary words that the name of a letter is about as long as ("bee", "double u").
_OF_A_NAME = 3

LEAST_LETTERS = 16
"""Texts with fewer letters or digits are short."""

FEW_LETTERS = 6
"""Texts with fewer are as a single word is ("oh oh")."""

TEXTS = ("plain", "word", "short", "paused")
"""Kinds of text that have limits of their own. What is short is said slower per phone, is over
before the detector of speech has made up its mind, and recognisers guess it without a sentence
around it; a single word all the more (its edges and the room's tail are as long as it is). Voices
pause at signs inside a text: hibari is silent for 0.7 s between two sentences."""

NOISY_DB = 10.0
"""Signal-to-noise ratio under which clips have limits of their own: the less is heard of a clip,
the worse its text fits what is heard."""

LEAST_DB = -0.5
"""Ratio under which nothing was calibrated: 0 dB and some room for what is measured."""

KINDS = (*TEXTS, *(f"{text}, noisy" for text in TEXTS))
"""Kinds of clips that have limits of their own."""

# Signs at which voices pause, where something comes after them.
_PAUSE = re.compile(r"[.?!…;:,–—][\"'’”)]*\s+\S|[。！？，、；：]\S")


def primary(lang: str) -> str:
    """The language of a tag without region and script, in small letters: "pt" of "pt-BR"."""
    return lang.replace("_", "-").split("-")[0].lower()


def text_kind(spoken: str) -> str:
    """Of what kind (see `TEXTS`) a text is."""
    count = letters(spoken)
    if count < LEAST_LETTERS:
        return "short" if len(spoken.split()) > 1 and count >= FEW_LETTERS else "word"
    return "plain" if _PAUSE.search(spoken) is None else "paused"


def kind_of(spoken: str, snr_db: float | None) -> str:
    """Of what kind (see `KINDS`) a clip is, "" where nothing was calibrated.

    Args:
        spoken: What is said.
        snr_db: Ratio of speech to noise, None without noise.
    """
    if snr_db is None or snr_db >= NOISY_DB:
        return text_kind(spoken)
    return f"{text_kind(spoken)}, noisy" if snr_db >= LEAST_DB else ""


def letters(spoken: str) -> int:
    """Letters and digits of what is said: a measure of its length in any alphabet.

    A stand-in for phones where there is no phonemiser. Letters per phone differ between languages
    and scripts, so limits in seconds per letter hold for one language.
    """
    return sum(map(str.isalnum, fold(spoken)))


def spelled_out(spoken: str) -> int:
    """The same, with words in capitals as long as the names of their letters ("VPN").

    Some are said as words ("NASA"): it is what a text can be at most. A text without small letters
    is no abbreviation.
    """
    count = letters(spoken)
    if not any(map(str.islower, spoken)):
        return count
    cores = ("".join(filter(str.isalnum, word)) for word in spoken.split())
    names = sum(len(core) for core in cores if core.isupper() and core not in ("A", "I"))
    return count + (_OF_A_NAME - 1) * names
