"""What the gate hears: the detector of speech, spectrograms, transcripts."""

import numpy as np
import pytest
from faster_whisper.feature_extractor import FeatureExtractor
from hypothesis import given
from hypothesis import strategies as st

from corpusforge.speech.recognise import Recogniser, bundled_model, comparable
from corpusforge.speech.render import RATE_HZ
from corpusforge.speech.scores.mel import HOP, log_mel
from corpusforge.speech.scores.vad import Vad
from corpusforge.speech.scores.whisper import Listener, frames_of, without_echo
from tests.speech.sounds import TEXTS, listen, noise, said


def test_speech_is_heard_and_noise_is_not():
    speech, *others = Vad().listen(
        [
            said(TEXTS[1]),
            np.zeros(16000, np.float32),
            noise(2),
            noise(2, slope=1),
            noise(2, slope=2),
        ]
    )
    assert 0.5 < speech.speech_s / (said(TEXTS[1]).size / RATE_HZ) <= 1.0
    assert [other.speech_s for other in others] == [0.0] * 4


def test_a_hole_is_heard():
    clip = said(TEXTS[1])
    middle = clip.size // 2
    holed = np.concatenate([clip[:middle], np.zeros(RATE_HZ, np.float32), clip[middle:]])
    whole, broken = Vad().listen([clip, holed])
    assert whole.gap_s < 0.3
    assert broken.gap_s == pytest.approx(1.0, abs=0.35)


def test_clips_beside_a_clip_do_not_change_what_is_heard_in_it():
    clips = [said(text) for text in TEXTS]
    model = Vad()
    together = model.probabilities(clips)
    for clip, found in zip(clips, together, strict=True):
        (alone,) = model.probabilities([clip])
        np.testing.assert_array_equal(alone, found)


@pytest.mark.parametrize("bands", [80, 128])
def test_spectrograms_are_those_of_faster_whisper(bands):
    clip = said(TEXTS[0])
    clip = clip[: clip.size // HOP * HOP]
    expected = FeatureExtractor(feature_size=bands)(clip, padding=0)[:, : clip.size // HOP]
    np.testing.assert_allclose(log_mel(clip[None], bands)[0], expected, atol=1e-4)


def test_the_short_window_hears_what_the_full_window_hears():
    clips = [said(text) for text in TEXTS]
    short = listen(Listener(bundled_model(), "en", full=False), clips)
    slow = Recogniser(bundled_model())
    for clip, heard, text in zip(clips, short, TEXTS, strict=True):
        words = without_echo(comparable(heard, "en"))
        assert words == comparable(slow.transcribe(clip), "en")
        assert words == comparable(text, "en")


def test_transcripts_do_not_depend_on_the_batch():
    model = Listener(bundled_model(), "en", full=False)
    clips = [noise(1.9, 0.05) + said(TEXTS[2], speed)[:RATE_HZ].mean() for speed in (0.9, 1.0)]
    clips += [np.resize(said(text), 30400) for text in TEXTS]
    assert len({frames_of(clip.size, False) for clip in clips}) == 1
    assert [heard.text for heard in model.hear(clips)] == listen(model, clips)
    assert [heard.text for heard in model.hear(clips[::-1])] == listen(model, clips)[::-1]


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=6), st.integers(1, 4))
def test_an_echo_is_taken_off(words, times):
    heard = without_echo(words * times + words[: len(words) // 2] * (times > 1))
    once = without_echo(words)
    if times > 1:
        assert len(heard) <= len(words)
    assert heard[: len(once)] == once[: len(heard)]
    assert (words * 20)[: len(heard)] == heard


@pytest.mark.parametrize("words", [[], ["a"], ["a", "b", "a"], ["a", "b", "a", "c"]])
def test_what_is_no_echo_stays(words):
    assert without_echo(words) == words
