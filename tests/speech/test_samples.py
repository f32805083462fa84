import io

import pytest
import soundfile

from corpusforge.core import plugins
from corpusforge.speech.samples import sample_text, voice_samples


@pytest.mark.parametrize(
    ("lang", "word"),
    [("en-GB", "kitchen"), ("de", "Küche"), ("sv", "måndag"), ("ja", "月曜日"), ("pt-BR", "luz")],
)
def test_a_sentence_of_the_language(lang, word):
    assert word in sample_text(lang)


def test_a_language_that_cldr_does_not_know():
    assert sample_text("xx-YY") == ""


def test_every_speaker_and_accent_is_heard_once():
    if missing := plugins.load("engine", "espeak").missing():
        pytest.skip(missing)
    samples = [sample for sample in voice_samples("de") if sample.engine == "espeak"]
    voices = plugins.load("engine", "espeak").voices("de")
    speakers = {voice.name: voice.who for voice in voices}
    assert sorted(speakers[s.name] for s in samples) == sorted(set(speakers.values()))
    sound, rate_hz = soundfile.read(io.BytesIO(samples[0].flac))
    assert rate_hz == 22050
    assert abs(sound).max() == pytest.approx(0.9, abs=1e-3)


def test_a_voice_that_needs_a_download_says_so():
    if missing := plugins.load("engine", "hibari").missing():
        pytest.skip(missing)
    emma = next(sample for sample in voice_samples("en") if sample.name == "emma")
    assert (emma.flac, emma.why_not) == (b"", "not in the package, needs a download")
