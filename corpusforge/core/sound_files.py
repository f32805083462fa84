"""Sound files with the mark that says "synthetic": written and read, WAV and FLAC.

Only writing FLAC needs soundfile; the rest is standard library.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

from corpusforge.core.errors import require

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = [
    "MARK",
    "flac_bytes",
    "flac_comments",
    "is_marked",
    "synthetic_mark",
    "wav_bytes",
    "wav_info",
]

MARK = "SYNTHETIC=true"
"""How every mark begins."""

_SOFTWARE = "corpusforge"
_VORBIS_COMMENT = 4  # block type, RFC 9639 section 8


def synthetic_mark(engine: str, voice: str) -> str:
    """What a sound file says of itself: that no person was recorded, and who spoke."""
    return f"{MARK} engine={engine} voice={voice}"


def flac_bytes(samples: npt.NDArray[np.int16 | np.float32], rate_hz: int, comment: str) -> bytes:
    """A mono FLAC file of 16-bit samples with a comment; equal input, equal bytes (by test).

    Args:
        samples: Shape [samples]; floating point ones are in [-1, 1].
        rate_hz: Sampling rate.
        comment: The mark of `synthetic_mark`.

    Raises:
        InputError: soundfile is not installed.
    """
    soundfile = require("soundfile", extra="speech", purpose="writing FLAC")
    stream = io.BytesIO()
    with soundfile.SoundFile(
        stream, "w", samplerate=rate_hz, channels=1, format="FLAC", subtype="PCM_16"
    ) as file:
        file.comment = comment
        file.write(samples)
    return stream.getvalue()


def wav_bytes(pcm: bytes, rate_hz: int, comment: str, *, channels: int = 1) -> bytes:
    """A WAV file of 16-bit samples with an INFO list (ISFT, ICMT); equal input, equal bytes.

    Args:
        pcm: Little-endian samples, channels interleaved.
        rate_hz: Sampling rate.
        comment: For ICMT, in UTF-8.
        channels: Number of channels.
    """
    width = 2 * channels
    form = struct.pack("<HHIIHH", 1, channels, rate_hz, rate_hz * width, width, 16)
    info = b"INFO" + b"".join(
        _chunk(name, text.encode() + b"\0")
        for name, text in ((b"ISFT", _SOFTWARE), (b"ICMT", comment))
    )
    # The list comes last: many a reader takes for granted that samples begin at byte 44.
    body = b"WAVE" + _chunk(b"fmt ", form) + _chunk(b"data", pcm) + _chunk(b"LIST", info)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _chunk(name: bytes, content: bytes) -> bytes:
    padding = b"\0" * (len(content) % 2)
    return name + struct.pack("<I", len(content)) + content + padding


def wav_info(data: bytes) -> dict[str, str]:
    """The INFO list of a WAV file by chunk name, {} without one.

    Raises:
        ValueError: When it is no WAV file.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise ValueError("not a WAV file")
    for name, content in _chunks(data[12:]):
        if name == b"LIST" and content[:4] == b"INFO":
            items = _chunks(content[4:])
            return {key.decode("latin-1"): _text(value.split(b"\0")[0]) for key, value in items}
    return {}


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found = []
    place = 0
    while place + 8 <= len(data):
        size = int.from_bytes(data[place + 4 : place + 8], "little")
        found.append((data[place : place + 4], data[place + 8 : place + 8 + size]))
        place += 8 + size + size % 2
    return found


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def flac_comments(data: bytes) -> list[str]:
    """The comments of a FLAC file as "NAME=text", [] without any (RFC 9639 section 8.6).

    Raises:
        ValueError: When it is no FLAC file or its comments are cut off.
    """
    if data[:4] != b"fLaC":
        raise ValueError("not a FLAC file")
    place, last = 4, False
    while not last and place + 4 <= len(data):
        last, kind = bool(data[place] & 0x80), data[place] & 0x7F
        size = int.from_bytes(data[place + 1 : place + 4], "big")
        block = data[place + 4 : place + 4 + size]
        if kind == _VORBIS_COMMENT:
            return _vorbis_comments(block)
        place += 4 + size
    return []


def _vorbis_comments(block: bytes) -> list[str]:
    try:
        place = 4 + struct.unpack_from("<I", block)[0]
        (count,) = struct.unpack_from("<I", block, place)
        place += 4
        found = []
        for _ in range(count):
            (size,) = struct.unpack_from("<I", block, place)
            found.append(_text(struct.unpack_from(f"{size}s", block, place + 4)[0]))
            place += 4 + size
    except struct.error as error:
        raise ValueError("the comments of the FLAC file are cut off") from error
    return found


def is_marked(data: bytes) -> bool:
    """Whether a FLAC or WAV file says that it is synthetic.

    Raises:
        ValueError: When it is neither.
    """
    if data[:4] == b"RIFF":
        return wav_info(data).get("ICMT", "").startswith(MARK)
    said = (comment.partition("=") for comment in flac_comments(data))
    return any(name.upper() == "COMMENT" and text.startswith(MARK) for name, _, text in said)
