"""Clips one after the other with pauses between them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.core.wake import NEGATIVE_INTENTS, positive_intents
from corpusforge.export.streams import PAUSE_DBFS, PAUSE_S, RATE_HZ, streams


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(100, 20_000), min_size=1, max_size=12), st.floats(0.5, 4.0))
def test_every_clip_is_heard_once_where_it_is_said_to_be(sizes, length_s):
    clips = [np.full(size, (i + 1) / 100, np.float32) for i, size in enumerate(sizes)]
    names = [f"clip-{i}" for i in range(len(sizes))]
    made = list(streams(names, clips, 7, length_s))
    assert [piece.clip_id for stream in made for piece in stream.pieces] == names
    for stream in made[:-1]:
        assert stream.duration_s >= length_s
    for stream in made:
        end = 0
        for piece in stream.pieces:
            clip = clips[names.index(piece.clip_id)]
            start = round(piece.start_s * RATE_HZ)
            assert np.array_equal(stream.samples[start : start + clip.size], clip)
            assert PAUSE_S[0] - 0.01 <= (start - end) / RATE_HZ <= PAUSE_S[1] + 0.01
            end = start + clip.size
            assert round(piece.end_s * RATE_HZ) == end
        assert end == stream.samples.size


def test_pauses_are_faint_noise_and_the_same_every_time():
    clips = [np.zeros(10, np.float32)] * 20
    names = [str(i) for i in range(20)]
    (first,), (again,) = streams(names, clips, 1), streams(names, clips, 1)
    assert np.array_equal(first.samples, again.samples)
    level = 10 * np.log10(np.mean(np.square(first.samples)))
    assert level == pytest.approx(PAUSE_DBFS, abs=1.0)
    (other,) = streams(names, clips, 2)
    assert other.samples.size != first.samples.size


def test_what_is_listened_for_is_every_other_intent():
    assert positive_intents([*NEGATIVE_INTENTS, "stop", "go", "go"]) == ("go", "stop")
