"""Negatives for wake words: near in sound, never the wake word itself."""

import pytest

from corpusforge.core import plugins
from corpusforge.core.errors import InputError
from corpusforge.core.text import fold
from corpusforge.speech.confusables import BANDS, SAME, confusables, lexicon
from corpusforge.speech.phonemes import distances, phonemise

pytest.importorskip("panphon")
missing = plugins.load("engine", "espeak").missing()
pytestmark = pytest.mark.skipif(bool(missing), reason=missing)

WORDS = (
    *("hay", "hey", "he", "how", "they", "day", "house", "service", "harvest", "nervous"),
    *("jarvis", "jervis", "davis", "chavez", "computer", "tree", "nine", "elephant"),
)


def test_near_misses_parts_and_swaps():
    found = confusables(["Hey Jarvis"], "en", WORDS, 20, seed=1)
    texts = {one.text: one for one in found}
    assert texts["jarvis"].kind == texts["hey"].kind == "part"
    assert texts["jarvis hey"].kind == "swap"
    assert texts["hey service"].kind == "near_miss"
    assert "hey elephant" not in texts
    assert [one.distance for one in found] == sorted(one.distance for one in found)
    assert len(texts) == len(found)


def test_what_sounds_like_the_wake_word_is_no_negative():
    texts = {one.text for one in confusables(["hey jarvis"], "en", WORDS, 50, seed=1)}
    assert not texts & {"hey jarvis", "hay jarvis"}


def test_the_distance_is_that_of_the_whole_phrase():
    (wake,) = phonemise(["hey jarvis"], "en")
    for one in confusables(["hey jarvis"], "en", WORDS, 20, seed=1):
        (said,) = phonemise([one.text], "en")
        assert one.distance == pytest.approx(distances(wake.phones, [said.phones])[0], abs=1e-3)
        assert one.distance >= SAME
        assert one.kind != "near_miss" or one.distance <= BANDS[-1]


def test_no_negative_of_a_command_is_another_command():
    phrases = ["day", "they", "davis"]
    found = confusables(phrases, "en", WORDS, 50, seed=1)
    assert not {one.text for one in found} & set(phrases)
    assert {one.phrase for one in found} <= set(phrases)


def test_fewer_are_wanted_than_there_are_and_the_seed_chooses():
    words = lexicon_or_skip("en")
    few = confusables(["okay computer"], "en", words, 12, seed=1)
    near = [one for one in few if one.kind == "near_miss"]
    assert len(near) == 12
    assert len({sum(one.distance > limit for limit in BANDS) for one in near}) == len(BANDS)
    assert few == confusables(["okay computer"], "en", words, 12, seed=1)
    assert few != confusables(["okay computer"], "en", words, 12, seed=2)


def lexicon_or_skip(lang):
    pytest.importorskip("wordfreq")
    return lexicon(lang, 5000)


def test_any_language_that_is_read():
    found = confusables(["hallo kleiner"], "de", lexicon_or_skip("de"), 10, seed=1)
    assert sum(one.kind == "near_miss" for one in found) == 10
    assert all(one.text == fold(one.text) for one in found)


def test_a_language_without_a_list_of_words_names_those_with_one():
    pytest.importorskip("wordfreq")
    with pytest.raises(InputError, match="--lexicon"):
        lexicon("tlh")


def test_mandarin_has_its_words_under_both_names():
    assert lexicon_or_skip("cmn") == lexicon_or_skip("zh")


def test_a_phrase_without_words_is_refused():
    with pytest.raises(InputError, match="no words"):
        confusables(["?!"], "en", WORDS, 5, seed=1)
