"""The table of scripts against the phonemes of the library that speaks."""

import pytest

from corpusforge.core import plugins
from corpusforge.speech.espeak_scripts import _READ_BY, spelled
from corpusforge.speech.phonemes import phonemise

WORDS = {
    "ARABIC": "مرحبا",
    "ARMENIAN": "բարև",
    "CJK": "北京",
    "CYRILLIC": "привет",
    "ETHIOPIC": "ሰላም",
    "HEBREW": "שלום",
    "HIRAGANA": "ください",
    "KATAKANA": "カフェ",
    "KHMER": "សួស្តី",
    "LAO": "ສະບາຍດີ",
    "MYANMAR": "မင်္ဂလာပါ",
    "THAI": "สวัสดี",
    "TIBETAN": "བོད",
}
# Phonemes per letter of words; names of letters have more.
MOST = 1.75
MOST_OF = {"CJK": 3.0, "HIRAGANA": 1.9}
# They read their own script, but not this word: Belarusian has no "и", Uyghur no such spelling.
OTHER_SPELLING = {("ARABIC", "ug"), ("CYRILLIC", "be")}


def test_letters_are_named_where_the_table_says_so():
    espeak = plugins.load("engine", "espeak")
    if missing := espeak.missing():
        pytest.skip(missing)
    assert WORDS.keys() == _READ_BY.keys() - {"SYRIAC", "THAANA"}
    wrong, read = set(), set()
    for lang in sorted({voice.lang for voice, why_not in espeak.offered() if not why_not}):
        said = phonemise(list(WORDS.values()), lang)
        for (script, word), found in zip(WORDS.items(), said, strict=True):
            if not found.phones:  # the library says nothing at all
                continue
            is_read = len(found.phones) / len(word) <= MOST_OF.get(script, MOST)
            read |= {script} if is_read else set()
            if is_read is spelled(word, lang):
                wrong.add((script, lang))
    assert wrong == OTHER_SPELLING
    assert read == WORDS.keys() - {"KHMER", "LAO", "TIBETAN"}
