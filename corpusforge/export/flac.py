"""FLAC files: the header (RFC 9639 section 8.2) read without decoding, and the samples' hash."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from importlib import util

from corpusforge.core.errors import require
from corpusforge.core.sound_files import wav_bytes

__all__ = ["FlacHeader", "pcm_sha256", "read_header", "wav_of"]

_STREAMINFO_BYTES = 34


@dataclass(frozen=True, slots=True)
class FlacHeader:
    """What STREAMINFO says.

    Attributes:
        rate_hz: Sampling rate.
        channels: Number of channels.
        bits: Bits per sample.
        samples: Samples per channel, 0 = unknown.
    """

    rate_hz: int
    channels: int
    bits: int
    samples: int


def read_header(data: bytes) -> FlacHeader:
    """The header of a FLAC file.

    Args:
        data: At least the first 42 bytes.

    Raises:
        ValueError: When it is no FLAC file or is cut off.
    """
    block = data[8 : 8 + _STREAMINFO_BYTES]
    if data[:4] != b"fLaC" or len(block) < _STREAMINFO_BYTES or data[4] & 0x7F != 0:
        raise ValueError("not a FLAC file")
    # Block and frame sizes fill 10 bytes; then 20 bits rate, 3 channels, 5 bits, 36 samples.
    packed = int.from_bytes(block[10:18], "big")
    return FlacHeader(
        rate_hz=packed >> 44,
        channels=(packed >> 41 & 0x7) + 1,
        bits=(packed >> 36 & 0x1F) + 1,
        samples=packed & (1 << 36) - 1,
    )


def pcm_sha256(data: bytes) -> str | None:
    """SHA-256 of a FLAC file's little-endian 16-bit samples.

    Returns:
        Hex; "" for a file that cannot be decoded, None where soundfile is not installed.
    """
    if util.find_spec("soundfile") is None:
        return None
    import soundfile

    try:
        samples, _ = soundfile.read(io.BytesIO(data), dtype="int16")
    except soundfile.LibsndfileError:
        return ""
    return hashlib.sha256(samples.astype("<i2").tobytes()).hexdigest()


def wav_of(flac: bytes, mark: str) -> bytes:
    """A FLAC file of 16 bits as a WAV file with the same samples, marked as synthetic."""
    soundfile = require("soundfile", extra="speech", purpose="reading FLAC files")
    samples, rate_hz = soundfile.read(io.BytesIO(flac), dtype="int16", always_2d=True)
    pcm = samples.astype("<i2").tobytes()
    return wav_bytes(pcm, rate_hz, mark, channels=samples.shape[1])
