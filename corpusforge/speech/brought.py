"""What engines have in common that speak with voices which a recipe brings."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from corpusforge.core.errors import CorpusforgeError, InputError
from corpusforge.speech.engine import Voice

if TYPE_CHECKING:
    from corpusforge.core.recipe import VoiceConfig

__all__ = ["NoVoicesOfItsOwn", "brought", "check_safetensors", "loading"]


class NoVoicesOfItsOwn:
    """Answers of an engine that speaks with nothing but the voices of a recipe."""

    def languages(self) -> list[str]:
        """None of its own: those of the voices that a recipe brings."""
        return []

    def offered(self, lang: str | None = None) -> list[tuple[Voice, str]]:
        """None of its own."""
        return []

    def voices(self, lang: str) -> list[Voice]:
        """None of its own."""
        return []


def brought(entry: VoiceConfig, name: str, path: str = "", rate_hz: int = 0) -> Voice:
    """The voice of an entry of a recipe.

    Args:
        entry: From the recipe.
        name: For an entry without one.
        path: Where it is on this machine, "" when it is not known yet.
        rate_hz: Of its clips, 0 = that of the engine.
    """
    return Voice(
        entry.name or name,
        entry.lang or "",
        entry.license,
        entry.gender,
        entry.accent,
        speaker=entry.speaker,
        rate_hz=rate_hz,
        source=entry.source,
        path=path,
        family=entry.family,
    )


@contextmanager
def loading(engine: str, voice: Voice, place: Path) -> Iterator[None]:
    """Whatever stops the loading of a voice becomes an error that names it.

    Args:
        engine: That loads it.
        voice: Which.
        place: Its file or folder.

    Raises:
        InputError: In the place of any error that is not one of ours already.
    """
    try:
        yield
    except (CorpusforgeError, MemoryError):
        raise
    except Exception as error:
        # Every library has kinds of its own for a file that is cut off or damaged.
        first = str(error).strip().split("\n")[0]
        raise InputError(
            f"the voice {engine}/{voice.name} cannot be loaded from {place}: "
            f"{type(error).__name__}: {first}",
            hint="a file is damaged, or made for another version of the library: get the files "
            "of the voice anew, or leave it out of speech.voices",
        ) from error


def check_safetensors(path: Path) -> None:
    """Hold a file of weights against its own header; the weights are not read.

    Raises:
        InputError: It is no such file, or is cut off.
    """
    found = os.stat(path)  # noqa: PTH116
    size, wanted = found.st_size, _size_by_header(path, found.st_size, found.st_mtime_ns)
    if not wanted or wanted != size:
        told = f"it has {size} bytes, {wanted} by its header" if wanted else "no such file"
        raise InputError(
            f"{path} is no whole file of weights (safetensors): {told}",
            hint="it is damaged or was not fetched to its end: get it anew",
        )


@lru_cache(maxsize=1024)
def _size_by_header(path: Path, size: int, _mtime_ns: int) -> int:
    """Bytes of a safetensors file by what it says of its tensors, 0 for no such file."""
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if not 2 <= length <= size - 8:
            return 0
        try:
            header = json.loads(stream.read(length))
            ends = [int(one["data_offsets"][1]) for name, one in header.items() if name[:2] != "__"]
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            return 0
    return 8 + length + max(ends, default=0)
