import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusforge.core.spans import Slot, check
from eval.speech.barista_decode import Decoder, greedy, sequences, spoken
from eval.speech.barista_net import Example, Training, train
from eval.speech.barista_orders import word_times, written
from eval.speech.barista_sound import BANDS, Variation, levels, powers, varied
from eval.speech.barista_text import Said, carried, keywords, plain, scored

LISTS = {
    "size": ["small", "medium"],
    "roast": ["medium roast"],
    "milk": [
        "milk",
        "a bit of milk",
        "some milk",
        "soy milk",
        "a bit of soy milk",
        "some soy milk",
    ],
}


def said(text, **slots):
    found = []
    for name, value in slots.items():
        start = text.index(value)
        found.append(Slot(name, name, value, value, start, start + len(value)))
    return Said(text, tuple(sorted(found, key=lambda slot: slot.start)))


def test_keywords_take_the_longest_and_use_a_word_once():
    assert keywords("a medium roast with soy milk", LISTS) == {
        "roast": "medium roast",
        "milk": "soy milk",
    }
    assert keywords("a medium medium roast", LISTS) == {"roast": "medium roast", "size": "medium"}
    assert keywords("mediums", LISTS) == {}


def test_labels_follow_the_words_into_what_was_heard():
    order = said("get me a dark roast americano with milk", roast="dark roast", drink="americano")
    heard = carried(order, "get me dark rose a maricano with milk")
    assert [(s.name, s.text) for s in heard.slots] == [
        ("roast", "dark rose"),
        ("drink", "a maricano"),
    ]


@given(st.text("ab cd", max_size=30).map(plain))
def test_carried_slots_are_sound(heard):
    check(heard, carried(said("a bad cab dab", first="bad", second="dab"), heard).slots)


def test_what_is_heard_rightly_keeps_its_slots():
    order = said("a small medium roast", size="small", roast="medium roast")
    assert carried(order, order.text) == order


def test_numbers_are_words_in_rows_as_in_transcripts():
    found = written("an 8 ounce latte", [{"name": "size", "value": "8 oz", "start": 3, "end": 10}])
    assert found.text == plain("an eight-ounce latte")
    assert [slot.text for slot in found.slots] == ["eight ounce"]


def test_a_slot_too_many_spoils_the_order_and_not_the_slots():
    figures = scored([{"size": "small"}], [{"size": "small", "milk": "milk"}])
    assert (figures["slots"], figures["orders"], figures["too_many"]) == (1.0, 0.0, 1)


GRAMMAR = sequences(["(get me|I want) (a|an) {size} {roast}", "I want a {roast} with {milk}"])
WORDS = ("", *sorted({word for values in LISTS.values() for v in values for word in spoken(v)}))
VOCABULARY = (*WORDS, "get", "i", "me", "want", "with")


def heard(text, steps=2, silence=1):
    """Log probabilities of a text: every word for some steps, then "no word"."""
    rows = []
    for word in text.split():
        rows += [VOCABULARY.index(word)] * steps + [0] * silence
    scores = np.full((len(rows), len(VOCABULARY)), -8.0, dtype=np.float32)
    scores[np.arange(len(rows)), rows] = -0.1
    return scores


def test_sentences_become_rows_of_words_and_slots():
    assert sequences(["(brew|get me) (a|an) {size}"]) == {
        ("brew", "a", "{size}"),
        ("get", "me", "a", "{size}"),
    }


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("i want a small medium roast", {"size": "small", "roast": "medium roast"}),
        ("get me a medium medium roast", {"size": "medium", "roast": "medium roast"}),
        (
            "i want a medium roast with a bit of soy milk",
            {"roast": "medium roast", "milk": "a bit of soy milk"},
        ),
    ],
)
@pytest.mark.parametrize("silence", [1, 2])
def test_the_best_path_names_the_order(text, order, silence):
    decoder = Decoder(GRAMMAR, LISTS, VOCABULARY)
    scores = heard(text, silence=silence)
    assert decoder.order(scores) == order
    assert greedy(scores, VOCABULARY) == text


def test_the_grammar_mends_what_was_misheard():
    decoder = Decoder(GRAMMAR, LISTS, VOCABULARY)
    scores = heard("i want a medium milk with some soy milk")
    # "roast" comes second where "milk" was heard.
    scores[11:13, VOCABULARY.index("roast")] = -1.0
    assert decoder.order(scores) == {"roast": "medium roast", "milk": "some soy milk"}


def test_a_word_is_not_said_twice_without_a_pause():
    decoder = Decoder(GRAMMAR, LISTS, VOCABULARY)
    found = decoder.order(heard("i want a medium roast with milk", silence=0))
    assert found == {"roast": "medium roast", "milk": "milk"}


def test_too_short_for_any_order():
    assert Decoder(GRAMMAR, LISTS, VOCABULARY).order(heard("i")) == {}


def test_times_of_words():
    words = [
        {"word": "I'd", "start_s": 0.0, "end_s": 1.0},
        {"word": "like", "start_s": 1.5, "end_s": 2.0},
    ]
    assert word_times("i d like", words) == ((0.0, 0.5), (0.5, 1.0), (1.5, 2.0))
    assert word_times("i d like a", words) == word_times("i d like", None) == ()


def tone(hertz, seconds=0.25):
    return np.sin(2 * np.pi * hertz * np.arange(round(16000 * seconds)) / 16000).astype(np.float32)


def test_level_does_not_count():
    sound = tone(500.0) + 0.01 * np.random.default_rng(1).normal(size=4000).astype(np.float32)
    assert levels(powers(sound)) == pytest.approx(levels(powers(0.1 * sound)), abs=1e-4)


def test_variation_is_drawn_from_its_argument_and_tells_the_times():
    clip = powers(tone(500.0, 1.0))
    first, again = (varied(clip, [clip], Variation(), np.random.default_rng(4)) for _ in range(2))
    assert np.array_equal(first.levels, again.levels)
    assert first.levels.shape[1] == BANDS
    assert first.levels.shape[0] >= round(clip.shape[0] * first.tempo) + round(100 * first.before_s)


@pytest.mark.parametrize("timed", [True, False])
def test_a_network_learns_two_tones(timed):
    sounds = {"low": tone(300.0), "high": tone(2500.0)}
    pause = np.zeros(3200, dtype=np.float32)
    examples = []
    for words in (("low", "high"), ("high", "low"), ("low",), ("high",)):
        clip = np.concatenate([part for word in words for part in (pause, sounds[word], pause)])
        times = tuple((0.2 + 0.65 * i, 0.45 + 0.65 * i) for i in range(len(words)))
        examples.append(Example(powers(clip), words, times if timed else ()))
    mild = Variation(tempo=1.1, tract=1.0, babble=0.0, noise=0.0, telephone=0.0)
    training = Training(steps=60, batch=4, width=16, dropout=0.0, short=0.0, variation=mild)
    net, again = (train(examples, training) for _ in range(2))
    scores = net.log_probabilities([example.powers for example in examples])
    same = again.log_probabilities([example.powers for example in examples])
    assert all(np.array_equal(a, b) for a, b in zip(scores, same, strict=True))
    said = [greedy(one, net.vocabulary).split() for one in scores]
    assert said == [list(example.words) for example in examples]
