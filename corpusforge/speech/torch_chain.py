"""The chain for those who augment while they train: batches of tensors, the same parameters.

Here are the effects from the room on, `EFFECTS`. What is of the speech itself is not: `formant`
and `place` belong to the dry speech that goes in (`speech.render.dry` has applied them).

Equal lengths go in; what comes out is as long as the longest clip rings. Filters are torch.fft on
the device of the clips. Noise, and what follows a level (gain control, codecs, dither), is made as
the NumPy path makes it, on the CPU. Up to the codec, and with dither, clips agree with the NumPy
path within 1e-4 of the peak (a test). A codec gives the same samples for the same samples; its
steps make differences of what goes in as large as they are (mu-law: up to 3 % of a sample).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from corpusforge.core.errors import InputError, require
from corpusforge.speech import convolve, levels, noises
from corpusforge.speech.acoustics import response, shoebox
from corpusforge.speech.effect import UnfitError
from corpusforge.speech.effects.agc import PLUGIN as AGC
from corpusforge.speech.effects.codec import PLUGIN as CODEC
from corpusforge.speech.effects.dither import PLUGIN as DITHER
from corpusforge.speech.effects.mic import PLUGIN as MIC
from corpusforge.speech.noise_sources import at_places, gain, sources_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

    from corpusforge.speech.effect import Scalar

    Tensor = torch.Tensor
    Steps = Mapping[str, Mapping[str, Scalar]]

__all__ = ["EFFECTS", "augment", "resampled"]

EFFECTS = ("room", "noise", "mic", "agc", "gain", "clip", "codec", "dither")
"""Effects that there are here."""

# Measured: tones of full scale from 1/800 above the new Nyquist frequency on come out at -110 dB.
# torchaudio's "kaiser_best" lets them through at -64 dB, its default 8.2 kHz at -8 dB.
_KAISER = {
    "lowpass_filter_width": 96,
    "rolloff": 0.96,
    "resampling_method": "sinc_interp_kaiser",
    "beta": 11.0,
}
_OF_THE_SPEECH = "it belongs to the dry speech that goes in, see corpusforge.speech.render.dry"


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
        EngineError: When a talker of babble says nothing usable, or its voice is not known here
            (`speech.talkers.know`).
    """
    torch = require("torch", extra="text", purpose="augmenting tensors")
    for some in steps:
        for op in some:
            if op not in EFFECTS:
                raise InputError(
                    f"there is no effect {op!r} for tensors",
                    given=op,
                    allowed=EFFECTS,
                    hint=_OF_THE_SPEECH if op in ("formant", "place") else "",
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

    Up to 0.92 of the lower Nyquist frequency it is within 1e-5 of the exact tone (a test). soxr,
    which the NumPy path resamples with, is as near up to 0.91 where the rates are in a small
    ratio (24 or 48 to 16 kHz); from 22.05 and 44.1 kHz it is up to 1.5e-3 off, and the two differ
    by that.

    Args:
        clips: Shape [..., samples].
        from_hz: Their rate.
        to_hz: Rate wanted.

    Raises:
        InputError: When torchaudio is missing or cannot be loaded.
    """
    transforms = _transforms()
    torch = require("torch", extra="text", purpose="augmenting tensors")
    # In float64 and rounded then: a filter that is computed in float32 puts aliases at -96 dB.
    filters = transforms.Resample(from_hz, to_hz, **_KAISER, dtype=torch.float64)
    changed: Tensor = filters.to(device=clips.device, dtype=clips.dtype)(clips)
    return changed


def _transforms() -> Any:
    """torchaudio.transforms; beside a torch of another kind it fails in several ways."""
    try:
        return require("torchaudio.transforms", extra="torchaudio", purpose="resampling tensors")
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
    if not any("room" in some for some in steps):
        return clips.clone()
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
    """All noise of one clip at its level."""
    speech_power = levels.active_power(_numpy(wet), rate_hz)
    first, *others = sources_of(params)
    mixed, loud = _source(torch, wet.shape[0], rate_hz, first)
    for other in others:
        source, found = _source(torch, wet.shape[0], rate_hz, other)
        mixed = mixed + source * gain(other, loud, found)
    wanted = speech_power / 10.0 ** (float(params["snr_db"]) / 10.0)
    scaled: Tensor = (mixed * math.sqrt(wanted / levels.power(mixed.numpy()))).to(wet.device)
    return scaled


def _source(
    torch: Any, count: int, rate_hz: int, source: Mapping[str, Scalar]
) -> tuple[Tensor, float]:
    """One source of noise at the microphone, and its power."""
    parts = []
    for part in at_places(source):
        taps = response(shoebox(part), rate_hz) if "rt60_s" in part else None
        lead = 0 if taps is None else noises.lead(taps.size)
        heard = torch.from_numpy(noises.dry(part, rate_hz, -lead, lead + count).copy())
        if taps is not None:
            size = _fast(heard.shape[0] + taps.size)
            spectra = torch.fft.rfft(heard, size)
            spectra = spectra * torch.fft.rfft(torch.from_numpy(taps.copy()), size)
            heard = torch.fft.irfft(spectra, size)[lead : lead + count]
        parts.append(heard)
    mixed: Tensor = sum(parts[1:], parts[0])
    found = levels.power(mixed.numpy())
    if found <= 0.0:
        raise UnfitError("a piece of noise that is silent", noises.named(source))
    return mixed, found


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
    """Gain control, gain, clipping, codec and dither of one clip."""
    import numpy as np

    if "agc" in some:
        curve = AGC.curve(_numpy(clip), rate_hz, some["agc"])
        clip = clip * torch.from_numpy(curve).to(clip.device)
    if "gain" in some and float(clip.abs().max()) > 0.0:
        clip = clip * (10.0 ** (float(some["gain"]["peak_dbfs"]) / 20.0) / float(clip.abs().max()))
    if "clip" in some:
        params = some["clip"]
        limit = float(clip.abs().max()) * 10.0 ** (-float(params["below_peak_db"]) / 20.0)
        hard = params["kind"] == "hard" or limit == 0.0
        clip = clip.clamp(-limit, limit) if hard else limit * torch.tanh(clip / limit)
    if "codec" in some:
        coded = CODEC.apply(_numpy(clip), rate_hz, some["codec"])
        clip = torch.from_numpy(coded).to(clip.device)
    if "dither" in some:
        noise = DITHER.apply(np.zeros(clip.shape[0], np.float32), rate_hz, some["dither"])
        clip = clip + torch.from_numpy(noise).to(clip.device)
    return clip


def _numpy(clip: Tensor) -> npt.NDArray[np.float32]:
    """Its samples on the CPU, without gradients."""
    samples: npt.NDArray[np.float32] = clip.detach().cpu().numpy()
    return samples
