"""How many phones a text has: the measure of its length that pace is held against.

English is read by hibari's own reader (in the extra `speech`), other languages, and English where
hibari is not installed, by espeak-ng (extra `espeak`). On 300 rows of the packs hibari's reader
finds 0 to 20 % more phones than espeak's, 4 % in the middle ("r" after vowels); limits have more
room than that.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from corpusforge.core.errors import InputError, RunError, require
from corpusforge.speech.engine import package_folder
from corpusforge.speech.espeak_scripts import spelled
from corpusforge.speech.phonemes import phonemise
from corpusforge.speech.scores.texts import primary

__all__ = ["PACKAGES", "VERSION", "phone_counts", "phonemiser"]

VERSION = 1
PACKAGES = ("hibari-tts", "espeakng-loader")

# Stress, length and pauses of hibari's alphabet, in which a diphthong or affricate is one sign.
_NO_PHONE = frozenset(" ˈˌː;:,.!?—…\"“”()'-")


def phonemiser(lang: str) -> str:
    """The distribution that reads a language here, "" when none is installed."""
    if primary(lang) == "en" and package_folder("hibari") is not None:
        return "hibari-tts"
    return "espeakng-loader" if package_folder("espeakng_loader") is not None else ""


@cache
def _reader() -> Any:
    require("hibari", extra="speech", purpose="phones of English")
    from hibari.g2p import G2P

    return G2P()


def phone_counts(texts: Sequence[str], lang: str) -> tuple[list[int], str]:
    """Phones of each text, 0 for one that cannot be read, and why none was read.

    Args:
        texts: What is said, numbers in words.
        lang: BCP-47 tag.

    Returns:
        The counts in the order of the texts and "", or zeros and a reason. Never raises for a
        language or a text that cannot be read: pace is one measure of several.
    """
    by = phonemiser(lang)
    if not by:
        return [0] * len(texts), "no phonemiser is installed: pip install 'corpusforge[espeak]'"
    if by == "hibari-tts":
        return [_by_hibari(text) for text in texts], ""
    # What espeak names letter by letter has no phones of a voice that reads it.
    readable = [text for text in dict.fromkeys(texts) if not spelled(text, lang)]
    try:
        counts = _by_espeak(readable, lang)
    except InputError:
        return [0] * len(texts), f"espeak does not read {lang}"
    except RunError as error:
        return [0] * len(texts), f"{error} ({error.__cause__})"
    return [counts.get(text, 0) for text in texts], ""


def _by_hibari(text: str) -> int:
    try:
        said = _reader()(text)
    except (ArithmeticError, LookupError, TypeError, ValueError):  # long rows of digits
        return 0
    return sum(sign not in _NO_PHONE for sign in said or "")


def _by_espeak(texts: Sequence[str], lang: str) -> Mapping[str, int]:
    """Counts of the texts that it can read.

    Raises:
        RunError: When it is not a text that stops it.
    """
    try:
        said = phonemise(texts, lang)
    except RunError as error:
        if not isinstance(error.__cause__, subprocess.CalledProcessError):
            raise
        phonemise(["a"], lang)  # does it work at all?
        half = len(texts) // 2
        if not half:
            return {}
        return {**_by_espeak(texts[:half], lang), **_by_espeak(texts[half:], lang)}
    return {text: len(one.phones) for text, one in zip(texts, said, strict=True)}
