"""Every kind of model of the engine transformers in one corpus: it is heard and replayed."""

from collections import defaultdict

import pytest

from corpusforge.core.recipe import VoiceConfig
from corpusforge.core.schema import read_table
from corpusforge.speech.models.known import KINDS
from corpusforge.speech.render import render
from corpusforge.speech.replay import Sources, plan_of
from tests.speech import (
    tiny_bark,
    tiny_csm,
    tiny_dia,
    tiny_higgs,
    tiny_phonon,
    tiny_pocket,
    tiny_seamless,
    tiny_spectrograms,
    tiny_vibevoice,
    tiny_vits,
)
from tests.speech.hub_voices import ENGINE
from tests.speech.rows import corpus, recipe, speak, utterance

for package in ("soundfile", "torchaudio", "diffusers"):
    pytest.importorskip(package)
pytestmark = [
    pytest.mark.skipif(bool(ENGINE.missing()), reason=ENGINE.missing()),
    # diffusers makes arrays of tensors as NumPy 2 does not like it.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
# By family: who makes a model in a folder, and what a recipe says of it.
EXAMPLES = {
    "VITS": (tiny_vits.make, ""),
    "SpeechT5": (tiny_spectrograms.speecht5, "/model + {}/vocoder#{}/a.npy"),
    "FastSpeech2": (tiny_spectrograms.fastspeech2, "/model#1"),
    "Bark": (tiny_bark.make, "/model#own"),
    "SeamlessM4T": (tiny_seamless.make, "#1"),
    "Csm": (tiny_csm.make, "/model#{}/anna.wav"),
    "Dia": (tiny_dia.make, "/model + {}/codec#{}/anna.wav"),
    "Pocket TTS": (tiny_pocket.make, "/model + {}/codec#{}/anna.wav"),
    "Higgs": (tiny_higgs.make, "/model + {}/codec#{}/anna.wav"),
    "VibeVoice": (tiny_vibevoice.make, "/model#{}/anna.wav"),
    "Phonon": (tiny_phonon.make, "/model + {}/codec#anna"),
}

VERBS, NOUNS = "open close find stop play dim lock", "door lamp song fan gate blind radio oven"


def test_every_kind_has_an_example():
    assert [*EXAMPLES] == [kind.family for kind in KINDS]


@pytest.mark.slow
def test_every_kind_is_heard_and_replayed_from_its_row(tmp_path, monkeypatch):
    tiny_spectrograms.letters_for_phonemes(tmp_path / "site", monkeypatch)
    voices = []
    for family, (make, source) in EXAMPLES.items():
        name = family.lower().replace(" ", "-")
        make(tmp_path / name)
        voices.append(
            VoiceConfig(
                engine="transformers",
                source=name + source.format(name, name),
                license="CC0-1.0",
                name=name,
            )
        )
    texts = [f"{verb} the {noun}" for verb in VERBS.split() for noun in NOUNS.split()]
    table = corpus(0, *(utterance(number, text) for number, text in enumerate(texts)))
    # Random models do not come to an end with every text.
    config = recipe(clips=len(texts), engines=(), voices=tuple(voices), max_dropped=0.9)
    monkeypatch.chdir(tmp_path)
    speak(tmp_path, table, config)
    rows = read_table(tmp_path / "speech" / "clips.parquet").to_pylist()
    heard = defaultdict(list)
    for row in rows:
        heard[row["voice"]].append(row)
    assert set(heard) == {voice.name for voice in voices}
    for found in heard.values():
        row = found[-1]
        again = render(plan_of(row, Sources(folder=tmp_path)))
        assert again.facts.pcm_sha256 == row["pcm_sha256"]
