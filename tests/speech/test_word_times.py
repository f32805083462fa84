"""When each word is heard: from the engines' own borders to seconds in the clip."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from corpusforge.core import plugins
from corpusforge.core.run import Cache
from corpusforge.core.schema import read_table
from corpusforge.speech.effect import TimeMap
from corpusforge.speech.effects.room import PLUGIN as ROOM
from corpusforge.speech.engine import Prosody, Word
from corpusforge.speech.engines.hibari import PLUGIN as HIBARI
from corpusforge.speech.phoneme_times import duration_node, with_output
from corpusforge.speech.render import ClipPlan, render
from corpusforge.speech.shards import Shard, render_shard
from corpusforge.speech.word_times import moved, slot_times, words_from
from tests.speech import rows

RATE_HZ = 16000


def tones(*lengths_s):
    """Sound of the given lengths, and silence of the negative ones, one after another."""
    parts = []
    for length_s in lengths_s:
        time = np.arange(round(abs(length_s) * RATE_HZ))
        parts.append(0.3 * np.sin(time / 3) if length_s > 0 else np.zeros(time.size))
    return np.concatenate(parts).astype(np.float32)


def times(words):
    return [(round(word.start_s, 3), round(word.end_s, 3)) for word in words]


def test_words_follow_each_other_and_keep_no_pause():
    samples = tones(-0.3, 0.5, -0.2, 0.4, -0.25)
    starts = [0, round(0.7 * RATE_HZ), round(1.2 * RATE_HZ)]
    words = words_from(["a", "b", "c"], starts, samples, RATE_HZ)
    assert times(words) == [(0.3, 0.8), (1.0, 1.2), (1.2, 1.4)]


@pytest.mark.parametrize("border_s", [0.7, 0.8, 0.9, 1.0, 1.1])
def test_a_border_near_a_pause_stands_in_it(border_s):
    samples = tones(-0.3, 0.5, -0.2, 0.4, -0.25)
    words = words_from(["a", "b"], [0, round(border_s * RATE_HZ)], samples, RATE_HZ)
    assert times(words) == [(0.3, 0.8), (1.0, 1.4)]


def test_a_pause_has_one_border_and_a_short_word_after_it_keeps_its_own():
    samples = tones(0.5, -0.2, 0.5)
    starts = [round(at * RATE_HZ) for at in (0, 0.66, 0.78)]
    words = words_from(["light", "a", "lamp"], starts, samples, RATE_HZ)
    assert times(words) == [(0.0, 0.5), (0.7, 0.78), (0.78, 1.2)]


def test_a_closed_consonant_is_no_pause():
    words = words_from(["at", "two"], [0, 7200], tones(0.4, -0.07, 0.4), RATE_HZ)
    assert times(words) == [(0.0, 0.45), (0.45, 0.87)]


@pytest.mark.parametrize(
    ("pieces", "starts", "samples"),
    [
        (["a", "b"], [0], tones(1)),
        (["a"], None, tones(1)),
        ([], [], tones(1)),
        (["a"], [0], np.zeros(100, np.float32)),
        (["a"], [0], np.zeros(0, np.float32)),
        (["a", "b"], [0, 0], tones(1)),
        (["a", "b", "c"], [0, 9000, 8000], tones(1)),
        (["a", "b"], [0, 20000], tones(1)),
    ],
)
def test_what_does_not_fit_is_not_guessed(pieces, starts, samples):
    assert words_from(pieces, starts, samples, RATE_HZ) is None


@given(
    lengths=st.lists(st.floats(0.01, 0.5) | st.floats(-0.3, -0.01), min_size=1, max_size=8),
    borders=st.lists(st.floats(-0.1, 3), max_size=6),
)
def test_words_are_ascending_and_inside_or_unknown(lengths, borders):
    samples = tones(*lengths)
    starts = [0, *(round(border * RATE_HZ) for border in sorted(borders))]
    pieces = [f"w{n}" for n in range(len(starts))]
    words = words_from(pieces, starts, samples, RATE_HZ)
    if words is not None:
        edges = [edge for word in words for edge in (word.start_s, word.end_s)]
        assert edges == sorted(edges)
        assert all(word.start_s < word.end_s for word in words)
        assert 0 <= edges[0] <= edges[-1] <= samples.size / RATE_HZ + 1e-9
        assert [word.word for word in words] == pieces


# From the engine to the clip


@st.composite
def ascending(draw):
    """Words one after another, in seconds."""
    count = draw(st.integers(1, 8))
    edges = sorted(draw(st.lists(st.floats(0, 10), min_size=2 * count, max_size=2 * count)))
    return [Word(f"w{n}", edges[2 * n], edges[2 * n + 1]) for n in range(count)]


@given(ascending(), st.floats(0.5, 2), st.floats(-3, 3), st.floats(0.1, 20))
def test_moved_words_stay_in_order_and_inside_the_clip(words, scale, shift_s, duration_s):
    found = moved(words, TimeMap(scale, shift_s), duration_s)
    edges = [edge for word in found for edge in (word.start_s, word.end_s)]
    assert edges == sorted(edges)
    assert 0 <= edges[0] <= edges[-1] <= duration_s
    assert [word.word for word in found] == [word.word for word in words]
    for word, new in zip(words, found, strict=True):
        if 0 <= scale * word.start_s + shift_s <= duration_s - 0.001:
            assert new.start_s == pytest.approx(scale * word.start_s + shift_s, abs=0.0006)


@given(ascending(), st.floats(0.5, 2), st.floats(0, 3))
def test_placing_and_shifting_formants_can_be_undone(words, factor, shift_s):
    there = TimeMap(1 / factor, 0.0).then(TimeMap(1.0, shift_s))
    back = TimeMap(1.0, -shift_s).then(TimeMap(factor, 0.0))
    for word in words:
        assert back.at(there.at(word.start_s)) == pytest.approx(word.start_s, abs=1e-9)


def test_words_that_are_not_known_stay_unknown():
    assert moved(None, TimeMap(1.0, 0.0), 1.0) is None


def test_slots_have_the_times_of_the_words_they_touch():
    spoken = "set the living  room's lights, please"
    words = [Word(piece, n / 10, n / 10 + 0.05) for n, piece in enumerate(spoken.split())]
    spans = {"room": (8, 20), "lights": (23, 29), "none": (3, 3)}
    slots = [{"name": name, "start": a, "end": b} for name, (a, b) in spans.items()]
    timed = slot_times(spoken, slots, words)
    assert [(slot["start_s"], slot["end_s"]) for slot in timed] == [
        (0.2, 0.35),
        (0.4, 0.45),
        (None, None),
    ]
    assert [slot["name"] for slot in timed] == [*spans]
    unknown = slot_times(spoken, slots, None)
    assert all(slot["start_s"] is None and slot["end_s"] is None for slot in unknown)
    assert slot_times(spoken, None, words) is None


CHAIN = (
    ("formant", "1", {"factor": 1.15}),
    ("place", "1", {"lead_s": 0.1, "tail_s": 0.1}),
    ("room", "3", ROOM.example),
    ("gain", "2", {"peak_dbfs": -2.0}),
)


def plan(chain, engine_speed=1.0):
    prosody = {"speed": 1.0, "engine_speed": engine_speed, "seed": 11}
    text = "turn on the lights, in the kitchen"
    return ClipPlan("clip-1", text, "hibari", HIBARI.voices("en")[0], prosody, chain)


def test_words_of_a_clip_stand_on_its_sound():
    facts = render(plan(CHAIN[1:2])).facts
    # 0.1 s of silence stand before and after the speech.
    assert facts.words[0].start_s == pytest.approx(0.1, abs=0.03)
    assert facts.words[-1].end_s == pytest.approx(facts.duration_s - 0.1, abs=0.1)
    assert [word.word for word in facts.words] == plan(()).spoken.split()


def test_words_follow_a_formant_shift_and_stay_in_a_room():
    plain = render(plan(CHAIN[1:2])).facts
    shifted = render(plan(CHAIN[:2])).facts
    for before, after in zip(plain.words, shifted.words, strict=True):
        expected = 0.1 + (before.start_s - 0.1) / 1.15
        assert after.start_s == pytest.approx(expected, abs=0.003)
    assert render(plan(CHAIN)).facts.words == shifted.words


def step(op, **params):
    effect = plugins.load("effect", op)
    return (op, effect.version, params or effect.example)


@pytest.mark.parametrize(
    "steps",
    [
        [step("place", lead_s=0.7, tail_s=0.2)],
        [step("place", length_s=4.0, position=0.5)],
        [step("formant", factor=1.1), step("place", lead_s=0.4, tail_s=0.2)],
        [step("place"), step("mic"), step("agc"), step("codec")],
    ],
    ids=["lead", "length", "formant and lead", "microphone and codec"],
)
def test_the_first_word_starts_where_the_clip_is_first_heard(steps):
    done = render(plan(tuple(steps)))
    samples, rate_hz = soundfile.read(io.BytesIO(done.flac))
    loud = np.flatnonzero(np.abs(samples) > np.abs(samples).max() * 0.02)
    assert done.facts.words[0].start_s == pytest.approx(loud[0] / rate_hz, abs=0.03)
    assert done.facts.words[-1].end_s == pytest.approx(loud[-1] / rate_hz, abs=0.1)


def test_the_cache_keeps_the_words(tmp_path):
    shard = Shard(Cache(tmp_path), (plan(CHAIN),))
    (first,) = render_shard(shard)
    (again,) = render_shard(shard)
    assert first.facts.words
    assert again.cached
    assert again.facts == first.facts


def test_the_table_of_clips_holds_words(tmp_path):
    rows.speak(tmp_path, rows.corpus(6), rows.recipe(clips=6))
    clips = read_table(tmp_path / "speech" / "clips.parquet").to_pylist()
    assert len(clips) == 6
    for clip in clips:
        assert [word["word"] for word in clip["words"]] == clip["spoken"].split()
        edges = [word[edge] for word in clip["words"] for edge in ("start_s", "end_s")]
        assert edges == sorted(edges)
        assert 0 <= edges[0] <= edges[-1] <= clip["duration_s"]


# hibari


def say(text, speed=1.0, seed=3):
    generator = np.random.Generator(np.random.Philox(seed))
    return HIBARI.speak(text, HIBARI.voices("en")[0], Prosody(speed), generator)


SENTENCES = (
    "turn on the lights in the kitchen",
    "What's the weather, please, in Berlin — tomorrow at seven thirty? Thanks a lot.",
    "it's twenty-one degrees in Mr. Smith's 2nd e-mail of March 3rd at 5km",
    'he said "go" and (maybe) "stop"!',
    "play Beyoncé's café song on AC/DC radio",
)


def test_listening_does_not_change_a_bit():
    import hibari

    plain = hibari.Hibari(threads=1)
    for text in SENTENCES:
        for speed in (0.8, 1.0, 1.3):
            generator = np.random.Generator(np.random.Philox(3))
            expected = np.concatenate(
                [plain.from_ids(plain.ids(p), speed, generator) for p in plain.phonemize(text)]
            )
            assert say(text, speed).samples.tobytes() == expected.tobytes()


@pytest.mark.parametrize("text", SENTENCES)
def test_hibari_times_every_word(text):
    said = say(text)
    assert [word.word for word in said.words] == text.split()
    edges = [edge for word in said.words for edge in (word.start_s, word.end_s)]
    assert edges == sorted(edges)
    assert edges[-1] <= said.samples.size / said.rate_hz


@pytest.mark.parametrize(
    "text", ["meet me at 7:30 pm", "meet me on 3 March", "yes - no", "lamp , please"]
)
def test_hibari_does_not_guess_where_normalising_moves_word_borders(text):
    assert say(text).words is None


def test_hibari_hears_a_planted_pause_where_it_is():
    said = say("turn on the lamp, open the window")
    loud = np.abs(said.samples) > np.abs(said.samples).max() * 0.02
    heard = np.flatnonzero(loud)
    gap = int(np.argmax(np.diff(heard)))
    silence_s = heard[gap] / said.rate_hz, heard[gap + 1] / said.rate_hz
    assert silence_s[1] - silence_s[0] > 0.1
    before, after = said.words[3], said.words[4]
    assert (before.word, after.word) == ("lamp,", "open")
    assert before.end_s == pytest.approx(silence_s[0], abs=0.03)
    assert after.start_s == pytest.approx(silence_s[1], abs=0.03)


def test_a_new_output_is_the_inner_node_and_comes_last():
    import onnxruntime
    from hibari.voices import voice_path

    graph = Path(voice_path("heart")).read_bytes()
    node = duration_node(graph)
    before = onnxruntime.InferenceSession(graph).get_outputs()
    after = onnxruntime.InferenceSession(with_output(graph, node)).get_outputs()
    assert [o.name for o in after] == [*(o.name for o in before), node]


def test_a_graph_without_a_cumulative_sum_has_no_durations():
    assert duration_node(with_output(b"", "x")) == ""
