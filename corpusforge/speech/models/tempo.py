"""Another tempo at the same pitch, for models that have no tempo of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpusforge.speech.stretching import stretched

if TYPE_CHECKING:
    import torch

__all__ = ["at_tempo"]


def at_tempo(waveform: torch.Tensor, rate_hz: int, speed: float) -> torch.Tensor:
    """Samples at another tempo, see `speech.stretching`; what is not finite stays as it is.

    Args:
        waveform: Shape [samples].
        rate_hz: Of the samples.
        speed: Factor of the tempo; 1 gives the samples back as they are.

    Returns:
        Single precision, shape [samples / speed].
    """
    import torch

    if speed == 1.0 or waveform.numel() == 0 or not bool(torch.isfinite(waveform).all()):
        return waveform
    return torch.from_numpy(stretched(waveform.float().numpy(), rate_hz, speed))
