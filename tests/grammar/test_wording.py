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
    said = texts_of(pack_with("play it [please]", "{politeness: 0.5}"))
    assert {"play it", "play it please", "hello play it", "play it thanks"} <= set(said)
    assert not any(word in text for text in said for word in ("please please", "please thanks"))
    assert not any("please" in text and not text.endswith("it please") for text in said)
    assert "hello play it please" in said  # of "play it", which greets and asks
    assert set(texts_of(pack_with("please play it", "{politeness: 0.5}"))) == {"please play it"}


def test_one_polite_alternative_leaves_the_others_their_variants():
    said = set(texts_of(pack_with("(start|please stop) it", "{politeness: 0.5}")))
    assert "start it thanks" in said and "hi start it" in said
    assert [text for text in said if "stop" in text] == ["please stop it"]


@pytest.mark.parametrize(
    ("written", "contracted"),
    [
        ("what is( on|nt)", set()),
        ("what is(| it)", set()),
        ("what is [the] end", {"what's end", "what's the end"}),
        ("what is (a|the) song", {"what's a song", "what's the song"}),
        ("what is[ now] on", {"what's on", "what's now on"}),
        ("I know it is [now]", set()),
        ("I know (it is|they go) now", {"I know it's now"}),
        ("tell me (what|that) it is now", set()),
        ("tell me that it is now", {"tell me that it's now"}),
        ("(what is;now)", set()),
        ("what is<rest>", {"what's really on"}),
        ("do not( go| stay)", {"don't go", "don't stay"}),
        ("do not(hing|e)", set()),
        ("<be> on or I ask what it <be>", set()),
    ],
)
def test_what_may_follow_decides(written, contracted):
    top = "expansion_rules: {rest: ' really on', be: 'is'}\n"
    plain = set(texts_of(pack_top(written, top)))
    said = set(texts_of(pack_top(written, top, "        wording: {contractions: 0.5}\n")))
    assert said - plain == contracted and plain <= said


def pack_top(sentence, top, more=""):
    return pack_of(
        f"language: en\nintents:\n  go:\n    data:\n      - sentences: ['{sentence}']\n{more}{top}"
    )


SHARED = [
    ("(I am|we are|they) here at {1..99:n} in {1..99:m}", "contractions", "they", 1 / 3),
    ("(start|please stop) it at {1..99:n} in {1..99:m}", "politeness", "stop", 1 / 2),
    ("(<go>|I am sure|we are) it at {1..99:n} in {1..99:m}", "contractions", "go", 1 / 3),
    ("(I am|we are|they::2) here at {1..99:n} in {1..99:m}", "contractions", "they", 1 / 2),
    ("([so] I am|they) here at {1..99:n} in {1..99:m}", "contractions", "they", 1 / 3),
]


@pytest.mark.parametrize(("sentence", "kind", "word", "share"), SHARED)
def test_a_sentence_and_its_variants_have_the_share_of_the_sentence(sentence, kind, word, share):
    top = "expansion_rules: {go: 'go'}\n"
    pack = pack_top(sentence, top, f"        wording: {{{kind}: 0.3}}\n")
    texts = texts_of(pack, 1000, by="weights")
    assert sum(word in text for text in texts) / 1000 == pytest.approx(share, abs=0.03)
    others = [text for text in texts if word not in text]
    plain = texts_of(pack_top(sentence, top), by="sentences")
    changed = len(set(others) - set(plain)) / len(others)
    assert changed == pytest.approx(0.3 if kind == "contractions" else 0.2775, abs=0.05)


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
