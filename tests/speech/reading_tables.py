"""Tables of readings as cases of a test, and what holds for each of them."""

from corpusforge.speech.verbalise import verbalise


def cases(*tables):
    """(language, written, spoken) of tables by language."""
    return [(lang, *pair) for table in tables for lang in table for pair in table[lang].items()]


def check_read(lang, written, spoken):
    """It is read so, None = as it stands; and what is said needs no reading any more."""
    assert verbalise(written, lang) == spoken
    if spoken is not None:
        assert verbalise(spoken, lang) is None
