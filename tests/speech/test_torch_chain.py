"""Tensors through the chain: as the NumPy path within a stated tolerance."""

import hashlib
import importlib

import numpy as np
import pytest
import soundfile
import soxr

from corpusforge.core import plugins
from corpusforge.core.errors import InputError
from corpusforge.core.recipe import SpeechConfig
from corpusforge.speech import noise_files, torch_chain
from corpusforge.speech.chain import draw_chain, effects
from corpusforge.speech.effect import Context, UnfitError
from corpusforge.speech.effects.room import PLUGIN as ROOM
from corpusforge.speech.engines.hibari import PLUGIN as HIBARI
from corpusforge.speech.mixing import FUSED, Source, mix
from corpusforge.speech.talkers import talker
from tests.speech.rows import voiced

torch = pytest.importorskip("torch")
RATE_HZ = 16000
CONFIG = SpeechConfig(
    room_probability=0.7,
    noise_probability=0.8,
    noises=(1, 3),
    noise_kinds=("white", "pink", "hum", "babble"),
    mic_probability=0.6,
    agc_probability=0.5,
    clip_probability=0.5,
    dither_probability=0.5,
    rooms=3,
    rt60_s=(0.1, 0.6),
)


def torchaudio_or_skip():
    try:
        import torchaudio.transforms  # noqa: F401
    except (ImportError, OSError, RuntimeError) as error:
        pytest.skip(f"torchaudio cannot be loaded: {error}")


def chains(count):
    voice = HIBARI.voices("en")[0]
    said = ("turn on the lights", "what time is it", "play some music")
    talkers = [talker("hibari", HIBARI.version, voice, text, 1.0, 3) for text in said]
    drawn = [draw_chain(Context(CONFIG, talkers=talkers), f"row{n}", 0) for n in range(count)]
    used = [op for op in torch_chain.EFFECTS if op != "codec"]
    return [{op: params for op, _, params in chain if op in used} for chain in drawn]


def numpy_path(samples, steps):
    mixed = mix(Source(samples, RATE_HZ), {op: steps[op] for op in FUSED if op in steps}).samples
    for op in ("agc", "gain", "clip", "dither"):
        if op in steps:
            mixed = plugins.load("effect", op).apply(mixed, RATE_HZ, steps[op])
    return mixed


def test_a_batch_is_each_clip_by_numpy():
    steps = chains(12)
    speech = [voiced(1.0) * np.float32(1 + n % 3) for n in range(12)]
    out, lengths = torch_chain.augment(torch.from_numpy(np.stack(speech)), RATE_HZ, steps)
    assert {op for some in steps for op in some} == {*torch_chain.EFFECTS} - {"codec"}
    noises = [some["noise"] for some in steps if "noise" in some]
    assert any("others" in one for one in noises) and any("places" in str(one) for one in noises)
    for row, length, samples, some in zip(out, lengths, speech, steps, strict=True):
        expected = numpy_path(samples, some)
        assert length == expected.size
        assert not row[length:].any()
        error = np.abs(row[:length].numpy() - expected).max()
        assert error <= 1e-4 * np.abs(expected).max()


def test_what_there_is_not_is_named():
    clips = torch.zeros(1, 1000)
    with pytest.raises(InputError, match="warp"):
        torch_chain.augment(clips, RATE_HZ, [{"warp": {}}])
    for op in ("formant", "place"):
        with pytest.raises(InputError, match=r"dry speech that goes in.*render\.dry"):
            torch_chain.augment(clips, RATE_HZ, [{op: {}}])


def test_all_effects_from_the_room_on_are_here():
    later = {effect.op for effect in effects() if effect.order >= ROOM.order}
    assert set(torch_chain.EFFECTS) == later


@pytest.mark.parametrize("codec", ["mulaw", "gsm"])
def test_a_codec_gives_the_same_samples_for_the_same(codec):
    samples, params = voiced(1.0), {"codec": codec}
    found, _ = torch_chain.augment(torch.from_numpy(samples[None]), RATE_HZ, [{"codec": params}])
    expected = plugins.load("effect", "codec").apply(samples, RATE_HZ, params)
    assert np.array_equal(found[0].numpy(), expected)


def test_noise_that_is_silent_is_an_error(tmp_path):
    path = tmp_path / "hall.wav"
    samples = np.zeros(4 * RATE_HZ)
    samples[-1] = 0.5
    soundfile.write(path, samples, RATE_HZ, subtype="PCM_16")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    noise_files.know({sha256: path})
    params = {"kind": "file", "sha256": sha256, "offset_s": 0.0, "snr_db": 9.0, "seed": 1}
    with pytest.raises(UnfitError, match="silent"):
        torch_chain.augment(torch.from_numpy(voiced()[None]), RATE_HZ, [{"noise": params}])


RATES = [(22050, 16000), (24000, 16000), (44100, 16000), (48000, 16000), (16000, 8000)]


def tone(frequency_hz, rate_hz):
    return np.sin(2 * np.pi * frequency_hz * np.arange(rate_hz) / rate_hz).astype(np.float32)


def largest_db(samples):
    middle = samples[samples.size // 4 : -samples.size // 4]
    return 20 * np.log10(np.abs(middle).max() + 1e-12)


@pytest.mark.parametrize(("from_hz", "to_hz"), RATES)
def test_resampling_lets_nothing_fold_back(from_hz, to_hz):
    torchaudio_or_skip()
    # From 8.01 kHz on for clips of 16 kHz.
    near = to_hz / 2 * np.array([1.00125, 1.0025, 1.005, 1.0125, 1.05])
    tones = [tone(f, from_hz) for f in (*near, *np.linspace(1.1 * to_hz / 2, from_hz / 2 - 20, 8))]
    low = torch_chain.resampled(torch.from_numpy(np.stack(tones)), from_hz, to_hz).numpy()
    assert max(largest_db(one) for one in low) < -105


@pytest.mark.parametrize(("from_hz", "to_hz"), RATES)
def test_resampling_is_that_of_the_numpy_path_in_the_band(from_hz, to_hz):
    torchaudio_or_skip()
    interpolated = from_hz in (22050, 44100)
    for share in (0.01, 0.3, 0.6, 0.8, 0.9, 0.91, 0.92):
        high, exact = (tone(share * to_hz / 2, rate_hz) for rate_hz in (from_hz, to_hz))
        found = torch_chain.resampled(torch.from_numpy(high), from_hz, to_hz).numpy()
        assert largest_db(found - exact) < -100
        if share <= 0.91:
            other = soxr.resample(high, from_hz, to_hz, quality="HQ")
            assert largest_db(found - other) < (-56 if interpolated else -100)


def test_without_torchaudio_the_extra_is_named(monkeypatch):
    for error in (OSError("libcudart"), RuntimeError("other torch"), ImportError("none")):

        def fail(name, error=error):
            raise error

        with monkeypatch.context() as patched:
            patched.setattr(importlib, "import_module", fail)
            with pytest.raises(InputError, match=r"corpusforge\[torchaudio\]"):
                torch_chain.resampled(torch.zeros(10), 22050, RATE_HZ)
