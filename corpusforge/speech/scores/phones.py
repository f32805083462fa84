"""How many phones a text has: the measure of its length that pace is held against.

English is read by hibari's own reader (in the extra `speech`), other languages, and English where
hibari is not installed, by espeak-ng (extra `espeak`). On 300 rows of the packs hibari's reader
finds 2 to 9 % more phones than espeak's ("r" after vowels); limits have more room than that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from corpusforge.core.errors import InputError, RunError, require
from corpusforge.speech.engine import package_folder
from corpusforge.speech.phonemes import phonemise

__all__ = ["PACKAGES", "phone_counts", "phonemiser"]

PACKAGES = ("hibari-tts", "espeakng-loader")

_BATCH = 2000  # texts for one process of espeak: seconds of its two minutes
# Stress, length and pauses of hibari's alphabet, in which a diphthong or affricate is one sign.
_NO_PHONE = frozenset(" ˈˌː;:,.!?—…\"“”()'-")


def _is_english(lang: str) -> bool:
    return lang.replace("_", "-").split("-")[0].casefold() == "en"


def phonemiser(lang: str) -> str:
    """The distribution that reads a language here, "" when none is installed."""
    if _is_english(lang) and package_folder("hibari") is not None:
        return "hibari-tts"
    return "espeakng-loader" if package_folder("espeakng_loader") is not None else ""


@cache
def _reader() -> Any:
    require("hibari", extra="speech", purpose="phones of English")
    from hibari.g2p import G2P

    return G2P()


def phone_counts(texts: Sequence[str], lang: str) -> tuple[list[int], str]:
    """Phones of each text, and why there are none.

    Args:
        texts: What is said, numbers in words; the same text may come often.
        lang: BCP-47 tag.

    Returns:
        The counts in the order of the texts and "", or an empty list and a reason. Never raises
        for a language or a text that cannot be read: pace is one measure of several.
    """
    by, distinct = phonemiser(lang), list(dict.fromkeys(texts))
    if not by:
        return [], "no phonemiser is installed: pip install 'corpusforge[espeak]'"
    try:
        counts = _by_hibari(distinct) if by == "hibari-tts" else _by_espeak(distinct, lang)
    except InputError:
        return [], "espeak does not read it"
    except RunError:
        return [], "espeak could not read its texts"
    return [counts[text] for text in texts], ""


def _by_hibari(texts: Sequence[str]) -> Mapping[str, int]:
    read = _reader()
    return {text: sum(sign not in _NO_PHONE for sign in read(text) or "") for text in texts}


def _by_espeak(texts: Sequence[str], lang: str) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(texts), _BATCH):
        batch = texts[start : start + _BATCH]
        said = phonemise(batch, lang)
        found |= {text: len(one.phones) for text, one in zip(batch, said, strict=True)}
    return found
