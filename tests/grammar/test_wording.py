"""Variants of wording: what they say, how often, and that nothing else changes."""

from __future__ import annotations

from collections import Counter

import pytest

from corpusforge.core.errors import InputError
from corpusforge.grammar.bulk import Corpus
from corpusforge.grammar.bulk_rows import BulkRows
from corpusforge.grammar.matching import Matcher
from tests.grammar.packs import pack_of


def pack_with(sentence, wording, lang="en", top=""):
    return pack_of(
        f"language: {lang}\n{top}intents:\n  go:\n    data:\n      - sentences: ['{sentence}']\n"
        f"        wording: {wording}\nlists:\n  song: {{values: [a, b]}}\n"
        "expansion_rules:\n  am: I am really\n"
    )


def texts_of(pack, n=10**6, by="sentences"):
    corpus = Corpus(pack.templates, seed=1, by=by)
    made = BulkRows(corpus)
    found = []
    for _, owners, numbers in corpus.windows(n):
        found += made.batch(owners, numbers)["text"].to_pylist()
    return found


@pytest.mark.parametrize(
    ("lang", "written", "contracted"),
    [
        ("en", "I am sure you do not know what is on", "I'm sure you don't know what's on"),
        ("en", "What is on", "What's on"),
        ("en", "could you let us in", None),
        ("de", "das Haus in dem er wohnt", None),
        ("en", "<am> off", "I'm really off"),
        ("en", "tell me what it is", None),
        ("en", "as loud as I am", None),
        ("en", "what is {song}", "what's {song}"),
        ("en", "this is not misdo nothing", "this isn't misdo nothing"),
        ("de", "stell es auf das Regal", "stell es aufs Regal"),
        ("fr", "il y a du bruit", "y a du bruit"),
    ],
)
def test_contractions(lang, written, contracted):
    long = written.replace("<am>", "I am really")
    want = {long} if contracted is None else {long, contracted}
    said = texts_of(pack_with(written, "{contractions: 0.5}", lang))
    assert set(said) == {w.replace("{song}", s) for w in want for s in ("a", "b")}


def test_one_in_five_is_polite_and_labels_stay_exact():
    pack = pack_with("play {song} [on {1..50:n}] at {1..50:m}", "{politeness: 0.4}")
    texts = texts_of(pack, 1000, by="weights")
    ends = Counter(text.rsplit(" ", 1)[1].isdigit() for text in texts)
    starts = Counter(text.startswith("play ") for text in texts)
    assert 150 <= ends[False] <= 250
    assert 150 <= starts[False] <= 250
    matcher = Matcher(pack)
    for text in texts[:40]:
        (reading,) = matcher.readings(text)
        assert {slot.name for slot in reading.slots} >= {"song", "m"}
        assert all(text[slot.start : slot.end] == slot.text for slot in reading.slots)


def test_nobody_says_please_twice():
    assert texts_of(pack_with("play it [please]", "{politeness: 0.5}")) in (
        ["play it", "play it please"],
        ["play it please", "play it"],
    )


def test_hesitation_at_the_start_and_before_the_slot():
    said = set(texts_of(pack_with("play {song}", "{disfluency: 0.5}")))
    assert {"play a", "um play a", "play uh b", "well play um b"} <= said
    assert not any(text.endswith(" um") for text in said)


def test_the_innermost_wording_counts():
    pack = pack_with("I am off", "{politeness: 1}", top="wording: {contractions: 1}\n")
    assert "I am off please" in texts_of(pack)
    quiet = pack_of(
        "language: en\nwording: {contractions: 1}\nintents:\n  go:\n    data:\n"
        "      - sentences: [I am off]\n      - {sentences: [do not go], wording: {}}\n"
    )
    assert set(texts_of(quiet)) == {"I'm off", "do not go"}


def test_a_language_without_phrases_is_refused():
    with pytest.raises(InputError, match="no phrases for the language fi"):
        pack_with("a", "{politeness: 0.5}", lang="fi")
