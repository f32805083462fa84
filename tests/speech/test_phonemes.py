"""Phonemes of texts and how far apart they sound; held against a plain edit distance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.core import plugins
from corpusforge.core.errors import InputError
from corpusforge.speech import phonemes
from corpusforge.speech.phonemes import distances, phonemise

pytest.importorskip("panphon")
missing = plugins.load("engine", "espeak").missing()
pytestmark = pytest.mark.skipif(bool(missing), reason=missing)

PHONES = ("h", "eɪ", "dʒ", "ɑː", "v", "ɪ", "s", "ʃ", "ɛ", "z")


def slow(first, second):
    """Wagner and Fischer, one cell after the other."""
    costs = phonemes._costs(first, second) if first and second else None
    table = np.zeros((len(first) + 1, len(second) + 1))
    table[:, 0], table[0, :] = range(len(first) + 1), range(len(second) + 1)
    for i in range(len(first)):
        for j in range(len(second)):
            table[i + 1, j + 1] = min(
                table[i, j] + costs[i, j], table[i, j + 1] + 1, table[i + 1, j] + 1
            )
    return table[-1, -1]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(PHONES), min_size=1, max_size=6),
    st.lists(st.lists(st.sampled_from(PHONES), max_size=7), min_size=1, max_size=5),
)
def test_distances_are_those_of_the_plain_algorithm(phones, others):
    found = distances(phones, others)
    assert found == pytest.approx([slow(phones, other) for other in others])


@settings(max_examples=40, deadline=None)
@given(*[st.lists(st.sampled_from(PHONES), min_size=1, max_size=6)] * 2)
def test_it_is_symmetric_and_zero_only_for_the_same(first, second):
    there, back = distances(first, [second])[0], distances(second, [first])[0]
    assert there == pytest.approx(back)
    assert (there == 0.0) == (first == second)


def test_like_sounds_are_near():
    hey, hay, they, computer = phonemise(["hey", "hay", "they", "computer"], "en")
    near = distances(hey.phones, [hay.phones, they.phones, computer.phones])
    assert near[0] == 0.0
    assert 0.0 < near[1] <= 1.0 < near[2]


@pytest.mark.parametrize(
    ("lang", "text", "phones"),
    [
        ("en-US", "jarvis", ("dʒ", "ɑːɹ", "v", "ɪ", "s")),
        ("de", "Größe", ("ɡ", "ɾ", "øː", "s", "ə")),
        ("hi", "नमस्ते", ("n", "ə", "m", "ʌ", "s", "t", "eː")),
    ],
)
def test_phonemes_of_several_languages(lang, text, phones):
    (found,) = phonemise([text], lang)
    assert found.phones == phones
    assert not found.foreign


def test_words_of_another_language_are_marked():
    plain, foreign = phonemise(["Licht", "नमस्ते"], "de")
    assert not plain.foreign
    assert foreign.foreign


def test_texts_of_several_clauses_and_odd_ones_keep_their_places():
    texts = ["hey, jarvis! Stop.", "", "a\0b", "…", "x" * 3000]
    found = phonemise(texts, "en")
    assert len(found) == len(texts)
    assert found[0].phones == tuple(
        phone for part in phonemise(["hey", "jarvis", "stop"], "en") for phone in part.phones
    )
    assert found[1].phones == ()


def test_an_unknown_language_is_an_error_that_names_it():
    with pytest.raises(InputError, match="tlh"):
        phonemise(["nuqneH"], "tlh")
