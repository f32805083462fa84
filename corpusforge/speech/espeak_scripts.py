"""Scripts whose letters espeak names one by one ("Japanese letter, Japanese letter")."""

from __future__ import annotations

import unicodedata

__all__ = ["spelled"]

# Script, as names of characters start -> languages of espeak-ng that read words in it; all others
# name its letters (a test tells both apart by the phonemes of one word, in every language). ug is
# here for its own script. Scripts that are not here are read by nearly all.
_READ_BY = {
    "ARABIC": ("ar", "fa", "sd", "ug", "ur"),
    "ARMENIAN": ("hy", "hyw"),
    "CJK": ("cmn", "yue", "zh"),
    "CYRILLIC": (
        *("ba", "be", "bg", "bs", "cv", "hr", "ka", "kk", "ky", "lfn", "ltg", "lv", "mk"),
        *("nog", "ru", "sl", "sr", "tt", "uk", "uz"),
    ),
    "ETHIOPIC": ("am", "ti"),
    "HEBREW": ("he",),
    "HIRAGANA": ("ja",),
    "KATAKANA": ("ja",),
    "KHMER": (),
    "LAO": (),
    "MYANMAR": ("my",),
    "SYRIAC": (),
    "THAANA": (),
    "THAI": ("th",),
    "TIBETAN": (),
}


def spelled(spoken: str, lang: str) -> bool:
    """Whether a voice of a language would name letters of a text one by one.

    Args:
        spoken: The text.
        lang: BCP-47, of the voice.
    """
    if spoken.isascii():
        return False
    primary = lang.split("-")[0].lower()
    letters = filter(str.isalpha, unicodedata.normalize("NFKC", spoken))
    scripts = {unicodedata.name(one, "").split(" ")[0] for one in letters}
    return any(primary not in _READ_BY[script] for script in scripts & _READ_BY.keys())
