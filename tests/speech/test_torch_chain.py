"""Tensors through the chain: as the NumPy path within a stated tolerance."""

import importlib

import numpy as np
import pytest

from corpusforge.core import plugins
from corpusforge.core.errors import InputError
from corpusforge.core.recipe import SpeechConfig
from corpusforge.speech import torch_chain
from corpusforge.speech.chain import draw_chain
from corpusforge.speech.effect import Context
from corpusforge.speech.mixing import FUSED, Source, mix
from tests.speech.rows import voiced

torch = pytest.importorskip("torch")
RATE_HZ = 16000
CONFIG = SpeechConfig(
    room_probability=0.7,
    noise_probability=0.8,
    mic_probability=0.6,
    clip_probability=0.5,
    rooms=3,
    rt60_s=(0.1, 0.6),
)


def torchaudio_or_skip():
    try:
        import torchaudio.functional  # noqa: F401
    except (ImportError, OSError, RuntimeError) as error:
        pytest.skip(f"torchaudio cannot be loaded: {error}")


def chains(count):
    drawn = [draw_chain(Context(CONFIG), f"row{n}", 0) for n in range(count)]
    used = torch_chain.EFFECTS
    return [{op: params for op, _, params in chain if op in used} for chain in drawn]


def numpy_path(samples, steps):
    mixed = mix(Source(samples, RATE_HZ), {op: steps[op] for op in FUSED if op in steps}).samples
    for op in ("gain", "clip", "codec"):
        if op in steps:
            mixed = plugins.load("effect", op).apply(mixed, RATE_HZ, steps[op])
    return mixed


def test_a_batch_is_each_clip_by_numpy():
    steps = chains(12)
    speech = [voiced(1.0) * np.float32(1 + n % 3) for n in range(12)]
    out, lengths = torch_chain.augment(torch.from_numpy(np.stack(speech)), RATE_HZ, steps)
    assert {op for some in steps for op in some} == {"room", "noise", "mic", "gain", "clip"}
    for row, length, samples, some in zip(out, lengths, speech, steps, strict=True):
        expected = numpy_path(samples, some)
        assert length == expected.size
        assert not row[length:].any()
        error = np.abs(row[:length].numpy() - expected).max()
        assert error <= 1e-4 * np.abs(expected).max()


def test_what_there_is_not_is_named():
    clips = torch.zeros(1, 1000)
    with pytest.raises(InputError, match="agc"):
        torch_chain.augment(clips, RATE_HZ, [{"agc": {}}])
    torchaudio_or_skip()
    with pytest.raises(InputError, match="gsm"):
        torch_chain.augment(clips, RATE_HZ, [{"codec": {"codec": "gsm"}}])


def test_resampling_lets_nothing_fold_back():
    torchaudio_or_skip()
    time = np.arange(22050) / 22050
    for frequency_hz in (8400.0, 9000.0, 10500.0):
        tone = torch.from_numpy(np.sin(2 * np.pi * frequency_hz * time).astype(np.float32))
        low = torch_chain.resampled(tone, 22050, RATE_HZ)[1000:-1000]
        assert 20 * np.log10(float(low.abs().max())) < -70


def test_mu_law_errs_as_loudly_as_libsndfile():
    torchaudio_or_skip()
    time = np.arange(RATE_HZ) / RATE_HZ
    samples = sum(0.13 * np.sin(2 * np.pi * f * time) for f in (317, 771.3, 1403.7))
    samples = samples.astype(np.float32)
    steps = {"codec": {"codec": "mulaw"}}
    out, _ = torch_chain.augment(torch.from_numpy(samples[None]), RATE_HZ, [steps])
    ours, theirs = (
        np.mean((found[2000:-2000] - samples[2000:-2000]).astype(float) ** 2)
        for found in (out[0].numpy(), numpy_path(samples, steps))
    )
    assert 10 * np.log10(ours / theirs) == pytest.approx(0, abs=3)


def test_without_torchaudio_the_extra_is_named(monkeypatch):
    for error in (OSError("libcudart"), RuntimeError("other torch"), ImportError("none")):

        def fail(name, error=error):
            raise error

        with monkeypatch.context() as patched:
            patched.setattr(importlib, "import_module", fail)
            with pytest.raises(InputError, match=r"corpusforge\[torchaudio\]"):
                torch_chain.resampled(torch.zeros(10), 22050, RATE_HZ)
