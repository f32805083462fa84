"""The chain for those who augment while they train: batches of tensors, the same parameters.

Rooms, noises, microphones, gain, clipping and mu-law as the NumPy path does them, through
torch.fft. Equal lengths go in; what comes out is as long as the longest clip rings. Room, noise,
microphone, gain and clipping agree with the NumPy path within 1e-4 of the peak (a test);
mu-law follows torchaudio's formula where libsndfile follows the tables of G.711: the errors that
they make are equally loud (within 3 dB), not equal.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from corpusforge.core.errors import InputError, require
from corpusforge.speech import convolve, levels, noises
from corpusforge.speech.acoustics import response, shoebox
from corpusforge.speech.effects.mic import PLUGIN as MIC

if TYPE_CHECKING:
    import torch

    from corpusforge.speech.effect import Scalar

    Tensor = torch.Tensor
    Steps = Mapping[str, Mapping[str, Scalar]]

__all__ = ["EFFECTS", "augment", "resampled"]

EFFECTS = ("room", "noise", "mic", "gain", "clip", "codec")
"""Effects that there are here."""

# torchaudio's "kaiser_best"; its default lets 8.2 kHz through at -8 dB from 22.05 to 16 kHz.
_KAISER = {
    "lowpass_filter_width": 64,
    "rolloff": 0.9475937167399596,
    "resampling_method": "sinc_interp_kaiser",
    "beta": 14.769656459379492,
}
_CODEC_HZ = 8000


def augment(clips: Tensor, rate_hz: int, steps: Sequence[Steps]) -> tuple[Tensor, list[int]]:
    """Each clip through its own chain.

    Args:
        clips: Dry speech, float32, shape [clips, samples].
        rate_hz: Sampling rate.
        steps: For each clip: op -> parameters, as `speech.chain.draw_chain` gives them.

    Returns:
        Shape [clips, samples of the longest], zeros after the end of the shorter ones; and the
        length of each.

    Raises:
        InputError: For an effect that there is not here, or without torch.
        UnfitError: When a noise cannot be had or is silent.
    """
    torch = require("torch", extra="text", purpose="augmenting tensors")
    for some in steps:
        for op in some:
            if op not in EFFECTS:
                raise InputError(
                    f"there is no effect {op!r} for tensors", given=op, allowed=EFFECTS
                )
    count = clips.shape[1]
    lengths = [count + round(_ring_s(some) * rate_hz) for some in steps]
    longest = max(lengths)
    wet = _wet(torch, clips, rate_hz, steps, longest)
    for row, (some, length) in enumerate(zip(steps, lengths, strict=True)):
        wet[row, length:] = 0.0
        if "noise" in some:
            wet[row, :length] += _noise(torch, wet[row, :length], rate_hz, some["noise"])
    wet = _through_mics(torch, wet, rate_hz, steps)
    for row, (some, length) in enumerate(zip(steps, lengths, strict=True)):
        wet[row, length:] = 0.0
        wet[row, :length] = _shaped(torch, wet[row, :length], rate_hz, some)
    return wet, lengths


def resampled(clips: Tensor, from_hz: int, to_hz: int) -> Tensor:
    """Samples at another rate, by torchaudio with a Kaiser window.

    Raises:
        InputError: When torchaudio is missing or cannot be loaded.
    """
    functional = _functional()
    changed: Tensor = functional.resample(clips, from_hz, to_hz, **_KAISER)
    return changed


def _functional() -> Any:
    """torchaudio.functional; beside a torch of another kind it fails in several ways."""
    try:
        return require("torchaudio.functional", extra="torchaudio", purpose="resampling tensors")
    except RuntimeError as error:
        raise InputError(
            f"torchaudio is needed for resampling tensors, and cannot be loaded ({error})",
            hint="pip install 'corpusforge[torchaudio]'",
        ) from error


def _ring_s(some: Steps) -> float:
    return float(some["room"]["ring_s"]) if "room" in some else 0.0


def _fast(count: int) -> int:
    """A length that transforms are quick at."""
    fft = require("scipy.fft", extra="speech", purpose="filtering")
    return int(fft.next_fast_len(count, real=True))


def _wet(torch: Any, clips: Tensor, rate_hz: int, steps: Sequence[Steps], longest: int) -> Tensor:
    """Clips in their rooms, shape [clips, longest]."""
    rooms = [response(shoebox(s["room"]), rate_hz) if "room" in s else None for s in steps]
    taps = max((room.size for room in rooms if room is not None), default=1)
    size = _fast(max(longest, clips.shape[1]) + taps)
    filters = torch.zeros(len(steps), taps, device=clips.device)
    for row, room in enumerate(rooms):
        if room is None:
            filters[row, 0] = 1.0
        else:
            filters[row, : room.size] = torch.from_numpy(room.copy())
    spectra = torch.fft.rfft(clips, size) * torch.fft.rfft(filters, size)
    wet: Tensor = torch.fft.irfft(spectra, size)[:, :longest]
    return wet


def _noise(torch: Any, wet: Tensor, rate_hz: int, params: Mapping[str, Scalar]) -> Tensor:
    """The noise of one clip at its level."""
    count, lead = wet.shape[0], 0
    speech_power = levels.active_power(wet.detach().cpu().numpy(), rate_hz)
    if "rt60_s" in params:
        taps = response(shoebox(params), rate_hz)
        lead = noises.lead(taps.size)
    source = torch.from_numpy(noises.dry(params, rate_hz, -lead, lead + count).copy())
    if lead:
        size = _fast(source.shape[0] + taps.size)
        spectra = torch.fft.rfft(source, size) * torch.fft.rfft(torch.from_numpy(taps.copy()), size)
        source = torch.fft.irfft(spectra, size)[lead : lead + count]
    found = levels.power(source.numpy())
    wanted = speech_power / 10.0 ** (float(params["snr_db"]) / 10.0)
    scaled: Tensor = (source * math.sqrt(wanted / found)).to(wet.device)
    return scaled


def _through_mics(torch: Any, clips: Tensor, rate_hz: int, steps: Sequence[Steps]) -> Tensor:
    """Clips through their microphones, all in one transform."""
    if not any("mic" in some for some in steps):
        return clips
    filters = torch.zeros(len(steps), convolve.MAX_TAPS, device=clips.device)
    for row, some in enumerate(steps):
        if "mic" in some:
            taps = torch.from_numpy(MIC.response(rate_hz, some["mic"]).copy())
            filters[row, : taps.shape[0]] = taps
        else:
            filters[row, 0] = 1.0
    size = _fast(clips.shape[1] + convolve.MAX_TAPS)
    spectra = torch.fft.rfft(clips, size) * torch.fft.rfft(filters, size)
    heard: Tensor = torch.fft.irfft(spectra, size)[:, : clips.shape[1]]
    return heard


def _shaped(torch: Any, clip: Tensor, rate_hz: int, some: Steps) -> Tensor:
    """Gain, clipping and codec of one clip."""
    if "gain" in some and float(clip.abs().max()) > 0.0:
        clip = clip * (10.0 ** (float(some["gain"]["peak_dbfs"]) / 20.0) / float(clip.abs().max()))
    if "clip" in some:
        params = some["clip"]
        limit = float(clip.abs().max()) * 10.0 ** (-float(params["below_peak_db"]) / 20.0)
        hard = params["kind"] == "hard" or limit == 0.0
        clip = clip.clamp(-limit, limit) if hard else limit * torch.tanh(clip / limit)
    if "codec" in some:
        clip = _mu_law(clip, rate_hz, str(some["codec"]["codec"]))
    return clip


def _mu_law(clip: Tensor, rate_hz: int, codec: str) -> Tensor:
    if codec != "mulaw":
        raise InputError(f"there is no codec {codec!r} for tensors", given=codec, allowed=["mulaw"])
    functional = _functional()
    narrow = resampled(clip, rate_hz, _CODEC_HZ).clamp(-1.0, 1.0)
    coded = functional.mu_law_decoding(functional.mu_law_encoding(narrow, 256), 256)
    wide = resampled(coded, _CODEC_HZ, rate_hz)
    out: Tensor = wide[: clip.shape[0]]
    return out
