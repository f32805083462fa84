"""The header of a FLAC file (RFC 9639 section 8.2), read without decoding the sound."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FlacHeader", "read_header"]

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
