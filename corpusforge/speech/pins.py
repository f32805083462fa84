"""Pins of voices that a recipe brings: the hash of their files, recorded on first use.

A hub name or a file name says nothing about what is inside. The hash of the files is a part of
every clip's key, stands in the clips, and is held against `voices.lock.json` of the run folder.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from corpusforge.core.errors import InputError, RunError
from corpusforge.core.run import read_json, write_json
from corpusforge.speech.engine import Voice

__all__ = ["LOCK_FILE", "contents_of", "hold_pin", "lock", "sha256_of"]

LOCK_FILE = "voices.lock.json"


def sha256_of(files: Sequence[Path], root: Path | None = None) -> str:
    """Hash of a voice's files.

    Args:
        files: One file: its SHA-256, as sha256sum gives it. Several: over name and SHA-256 of each,
            sorted by name; files of one name are numbered in their order.
        root: The names are relative to this folder; None = the names alone.
    """
    if not files:
        return ""
    digests: dict[str, str] = {}
    for path in files:
        name = str(path.relative_to(root)) if root is not None else path.name
        again = sum(1 for known in digests if known.partition("\0")[0] == name)
        digests[f"{name}\0{again}" if again else name] = _digest(*_state(path))
    if len(digests) == 1:
        return next(iter(digests.values()))
    lines = [f"{name}\0{digest}\n" for name, digest in sorted(digests.items())]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def contents_of(files: Sequence[Path]) -> tuple[str, ...]:
    """SHA-256 of each file, sorted: what is in them, whatever they are called."""
    return tuple(sorted(_digest(*_state(path)) for path in files))


def _state(path: Path) -> tuple[Path, int, int]:
    """What tells a changed file from the same one, without reading it."""
    found = os.stat(path)  # noqa: PTH116
    return path, found.st_size, found.st_mtime_ns


@lru_cache(maxsize=4096)
def _digest(path: Path, _size: int, _mtime_ns: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def hold_pin(voice: Voice, files: Sequence[Path]) -> None:
    """Make sure that the files about to be loaded are those that the voice was planned with.

    Raises:
        InputError: When they are others.
    """
    if voice.sha256 and (found := sha256_of(files)) != voice.sha256:
        raise _changed(f"the voice {voice.name} ({voice.source})", voice.sha256, found, "")


def _changed(what: str, recorded: str, found: str, more: str) -> InputError:
    return InputError(
        f"{what}: its files are not those that it was used with: sha256 was {recorded}, "
        f"is {found or 'none (no file is left)'}",
        hint="put the files back that it was used with" + more,
    )


def lock(folder: Path, voices: Sequence[tuple[str, Voice]]) -> None:
    """Hold voices against the lock file of a run folder, and record those that are new.

    Args:
        folder: The run folder.
        voices: (engine, voice with its hash) of every voice that the recipe brings.

    Raises:
        InputError: When the files of a voice have changed since they were recorded.
        RunError: When the lock file is damaged.
    """
    path = folder / LOCK_FILE
    recorded: Any = read_json(path) if path.is_file() else {}
    if not isinstance(recorded, dict) or not all(isinstance(v, dict) for v in recorded.values()):
        raise RunError(f"{path} is damaged; delete it to record the voices as they are now")
    noted = dict(recorded)
    for engine, voice in voices:
        key = f"{engine}/{voice.name}"
        before = recorded.get(key, {})
        same_source = before.get("source") == voice.source
        known = before.get("sha256", "")
        # With none, nothing was pinned: a file that the source names has come since.
        if same_source and known and known != voice.sha256:
            more = f", or delete the entry {key!r} of {path} to take these from now on"
            raise _changed(f"the voice {key}", known, voice.sha256, more)
        noted[key] = {"source": voice.source, "sha256": voice.sha256, "license": voice.license}
    if voices and noted != recorded:
        write_json(noted, path)
