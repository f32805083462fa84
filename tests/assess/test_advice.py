"""Advice: it names the rows, the words and the intents that are really at fault."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusforge.assess.advice import MOST_SHOWN, MOST_STEPS, advise
from corpusforge.assess.bench import Bench
from corpusforge.assess.classifiers import classifiers
from corpusforge.assess.encoder import SvdEncoder
from corpusforge.assess.next_steps import _exponent
from corpusforge.assess.rows import Rows
from corpusforge.assess.wording import missing_cues, missing_words, vocabularies
from corpusforge.core.seeding import rng
from corpusforge.core.spans import Slot
from corpusforge.core.text import fold

WAYS = {
    "light": [["turn", "switch"], ["on", "off"], ["the"], ["lamp", "light"], ["please", "now"]],
    "timer": [["set", "start"], ["a"], ["timer", "countdown"], ["for"], ["five", "ten", "two"]],
    "weather": [["what", "how"], ["is"], ["the"], ["weather", "forecast"], ["today", "tomorrow"]],
}
# Said with words that the corpus has for "timer" only.
ODD = [["dim"], ["everything"], ["for"], ["a"], ["ten", "two"], ["minutes", "hours", "days"]]


def sentences(ways, count, seed):
    draw = rng(seed, "sentences")
    return [" ".join(str(draw.choice(part)) for part in ways) for _ in range(count)]


def rows(count, seed, *, origin="real", without=(), odd=0, ways=WAYS):
    """`count` rows of each intent; the last `odd` rows of "light" are said in another way."""
    texts, intents = [], []
    for intent, parts in ways.items():
        if intent in without:
            continue
        texts += sentences(parts, count - odd * (intent == "light"), seed)
        texts += sentences(ODD, odd, seed) if intent == "light" else []
        intents += [intent] * count
    return Rows.labelled(texts, intents, origin=origin)


NOTHING = Rows.labelled([], [])


def bench(real, synthetic, test, draws=2):
    encoder = SvdEncoder()
    encoder.prepare([*real.texts, *synthetic.texts])
    return Bench(real, synthetic, test, classifiers(encoder), seed=1, draws=draws)


@pytest.fixture(scope="module")
def odd_light():
    """The corpus does not know how people dim things; it has no "weather" either."""
    real, made = rows(16, 1, odd=6), rows(20, 2, origin="grammar", without=("weather",))
    return advise(bench(real, made, rows(20, 3, odd=8)))


def of(advice, intent):
    return next(one for one in advice.intents if one.intent == intent)


def test_every_intent_has_its_recalls_and_counts(odd_light):
    assert [one.intent for one in odd_light.intents] == ["light", "timer", "weather"]
    for one in odd_light.intents:
        assert list(one.recall) == ["real", "synthetic", "real + synthetic"]
        assert all(0 <= value <= 1 for value in one.recall.values())
        assert (one.test_rows, one.real_rows) == (20, 16)
    assert of(odd_light, "weather").synthetic_rows == 0
    assert of(odd_light, "weather").recall["synthetic"] == 0
    assert sum(one.worst_tenth for one in odd_light.intents) == 1


def test_failing_rows_are_shown_with_what_they_lack(odd_light):
    light, weather = of(odd_light, "light"), of(odd_light, "weather")
    assert weather.failing_rows == 20
    assert weather.confused_with in ("light", "timer")
    assert 0 < len(weather.failing) <= MOST_SHOWN
    assert weather.cues == (), "without rows in the corpus every word would be a cue"
    assert 0 < light.failing_rows <= 8
    assert {"dim", "everything"} & {cue.words for cue in light.cues}
    shown = next(row for row in light.failing if "dim" in row.text)
    assert shown.missing_words[:2] == ("dim", "everything")
    assert shown.taken_for == "timer" and 0.5 < shown.wrong_share <= 1
    assert len({fold(row.text) for row in light.failing}) == len(light.failing)


def test_the_first_step_is_where_the_most_errors_are(odd_light):
    steps = [step for step in odd_light.what_next if step.action == "template"]
    assert all(
        step.basis.startswith(("a guess from ", "a weak guess from "))
        for step in odd_light.what_next
    )
    assert len(odd_light.what_next) <= MOST_STEPS
    gains = [step.expected_gain_pp for step in odd_light.what_next]
    assert gains == sorted(gains, reverse=True) and all(0 < gain < 100 for gain in gains)
    assert {step.intent for step in steps} <= {"light", "weather"}
    assert json.loads(json.dumps(odd_light.to_json(), allow_nan=False))["notes"]


def test_reading_test_rows_is_warned_of_unless_others_are_shown():
    real, made, test = rows(12, 1, odd=3), rows(12, 2, origin="grammar"), rows(12, 3, odd=6)
    warned = advise(bench(real, made, test))
    assert any("fresh rows" in note for note in warned.notes)
    other = rows(12, 4, odd=6)
    spared = advise(bench(real, made, test), shown=other)
    assert not any("fresh rows" in note for note in spared.notes)
    assert {row.text for one in spared.intents for row in one.failing} <= set(other.texts)
    assert of(spared, "light").failing and of(spared, "light").recall == of(warned, "light").recall


def test_real_rows_only():
    advice = advise(bench(rows(6, 1, odd=3), NOTHING, rows(20, 3, odd=10)))
    assert all(list(one.recall) == ["real"] and not one.failing for one in advice.intents)
    assert {step.action for step in advice.what_next} <= {"real_rows"}
    assert any("No corpus yet" in note for note in advice.notes)


def test_a_corpus_only():
    made = rows(10, 2, origin="grammar", without=("weather",))
    advice = advise(bench(NOTHING, made, rows(20, 3, odd=8)))
    assert all(list(one.recall) == ["synthetic"] for one in advice.intents)
    first = advice.what_next[0]
    assert (first.action, first.intent, first.text) == (
        "template",
        "weather",
        "a first template for weather",
    )
    second = advice.what_next[1]
    assert second.intent == "light" and "“dim”" in second.text and "dim" in second.cues
    # At most the share of the rows that fail can be gained.
    assert first.expected_gain_pp <= 100 / 3
    assert second.expected_gain_pp <= 100 * of(advice, "light").failing_rows / 60


def test_cross_validation_shows_real_rows_and_says_so():
    advice = advise(bench(rows(9, 1, odd=3), rows(12, 2, origin="grammar"), None))
    assert [one.test_rows for one in advice.intents] == [9, 9, 9]
    assert any("training rows" in note for note in advice.notes)


def test_ten_more_rows_pay_where_more_rows_have_paid():
    """Two intents are said in many ways and grow with rows, the others are known from few."""
    first, second = ([chr(97 + n + start) * 3 for n in range(13)] for start in (0, 13))
    ways = {**WAYS, "wide": [["ask"], first], "broad": [["ask"], second]}
    advice = advise(bench(rows(10, 1, ways=ways), NOTHING, rows(30, 3, ways=ways), draws=3))
    # "ask" with an unknown word is taken for one of the two, so the other one has the errors.
    worst = min(advice.intents, key=lambda one: one.recall["real"])
    assert worst.intent in ("wide", "broad") and worst.worst_tenth
    everyone, first = advice.what_next[:2]
    assert everyone.text == "10 more real rows for every intent (50 in all)"
    assert (first.action, first.intent) == ("real_rows", worst.intent)
    assert first.text == f"10 more real rows for {worst.intent}"
    assert 0.2 < first.expected_gain_pp < 20 * (1 - worst.recall["real"])
    assert first.expected_gain_pp < everyone.expected_gain_pp


def test_no_intent_is_singled_out_when_that_would_upset_the_balance():
    ways = {"wide": [["ask"], ["one", "two", "three"]], "broad": [["ask"], ["red", "blue"]]}
    few = advise(bench(rows(2, 1, ways=ways), NOTHING, rows(20, 3, ways=ways)))
    assert [step.intent for step in few.what_next] in ([""], [])


def test_an_intent_without_real_rows_is_asked_for_first():
    advice = advise(bench(rows(12, 1, without=("timer",)), NOTHING, rows(12, 3)))
    assert advice.what_next[0].intent == "timer"
    assert "no real row of it" in advice.what_next[0].basis


@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 500))
def test_the_exponent_is_read_off_a_power_law(now, before, count):
    assert 0 <= _exponent(now, before, count) <= 1
    if count >= 2 and count % 2 == 0:
        known = 0.37
        assert _exponent(count**-known, (count / 2) ** -known, count) == pytest.approx(known)


def test_words_in_slots_are_not_missed():
    corpus = Rows.labelled(["call Anna now", "ring Ben"], ["call", "call"])
    known = vocabularies(corpus)["call"]
    slot = Slot("who", "who", "", "Zoë Müller", 12, 22)
    assert missing_words("please ring Zoë Müller", None, known) == ("please", "zoë", "müller")
    assert missing_words("please ring Zoë Müller", (slot,), known) == ("please",)
    assert missing_words("call ben", None, None) == ("call", "ben")


def test_a_cue_is_more_frequent_among_failing_rows():
    corpus = Rows.labelled(["turn it on", "turn off the lamp"], ["light"] * 2)
    texts = ["dim it now", "dim now", "turn the lamp on", "turn it off now", "off it turn"]
    found = Rows.labelled(texts, ["light"] * 5)
    cues = missing_cues(found, [0, 1], [2, 3, 4], vocabularies(corpus)["light"])
    assert [(cue.words, cue.failing, cue.right) for cue in cues] == [("dim", 2, 0), ("now", 2, 1)]
    pairs = missing_cues(found, [2, 4], [], vocabularies(corpus)["light"])
    assert pairs == (), "a pair in one row is no pattern"
    again = found.take([2, 2])
    cues = missing_cues(again, [0, 1], [], vocabularies(corpus)["light"])
    assert [cue.words for cue in cues] == ["lamp on", "turn the"]
    assert missing_cues(found, [0, 1], [], None) == ()


def test_the_same_seed_gives_the_same_advice():
    def once():
        real, made = rows(8, 1, odd=2), rows(8, 2, origin="grammar")
        return advise(bench(real, made, rows(8, 3, odd=4))).to_json()

    assert once() == once()
    assert np.isfinite([step["expected_gain_pp"] for step in once()["what_next"]]).all()
