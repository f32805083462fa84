"""Noise from folders of recordings: found, checked, dealt to splits, read by content.

A chain names a recording by its sha256, never by a path of some machine. Who renders says once
where the files of a hash are (`know`).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpusforge.core.errors import InputError, require
from corpusforge.core.recipe import Recipe
from corpusforge.core.schema import SPLITS
from corpusforge.core.seeding import uniforms
from corpusforge.speech.dealing import cut
from corpusforge.speech.effect import NoiseFile, UnfitError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["MIN_DURATION_S", "dealt", "find", "know", "look_for", "places", "read_piece"]

MIN_DURATION_S = 1.0
"""Recordings that are shorter are refused: repeated so often, they are a tone."""

_SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff", ".aif", ".au"})
_BLOCK = 1 << 16

# sha256 -> where that file is on this machine. By content, so that it cannot change a sound.
_PLACES: dict[str, Path] = {}


def know(places: Mapping[str, str | Path]) -> None:
    """Say where recordings are: sha256 -> path."""
    _PLACES.update({sha256: Path(path) for sha256, path in places.items()})


def look_for(wanted: Iterable[str], folders: Iterable[Path]) -> None:
    """Find recordings by their hash in some folders, and `know` them.

    Args:
        wanted: sha256 of each.
        folders: Where to look, subfolders too.

    Raises:
        InputError: For a folder that there is not, and for the first one that is in none of them.
    """
    folders = tuple(folders)
    for folder in folders:
        if not folder.is_dir():
            raise InputError(
                f"there is no folder {folder} with recordings of noise",
                hint="name the folders that the recipe had in speech.noise_folders (--noise)",
            )
    missing = set(wanted) - _PLACES.keys()
    for folder in folders:
        for path in sorted(folder.rglob("*")) if missing else ():
            if path.suffix.lower() in _SUFFIXES and path.is_file():
                sha256 = _sha256(path)
                if sha256 in missing:
                    know({sha256: path})
                    missing.discard(sha256)
    if missing:
        raise InputError(
            f"the clip has recorded noise, a file of sha256 {min(missing)}, which is not here",
            hint="name the folder that it is in: --noise DIR",
        )


def find(recipe: Recipe) -> dict[NoiseFile, Path]:
    """All recordings of the recipe's folders, in stable order, and where they are.

    Raises:
        InputError: For a folder that is missing or holds none, and for the first file that is
            broken, too short or silent.
    """
    found: dict[NoiseFile, Path] = {}
    for number, folder in enumerate(recipe.speech.noise_folders):
        where = f"speech.noise_folders[{number}].path"
        root = recipe.path(folder.path)
        if not root.is_dir():
            raise InputError(f"{where}: there is no folder {str(root)!r}", given=folder.path)
        paths = sorted(p for p in root.rglob("*") if p.suffix.lower() in _SUFFIXES)
        if not paths:
            raise InputError(f"{where}: no recordings in {str(root)!r}", allowed=sorted(_SUFFIXES))
        for path in paths:
            name = path.relative_to(root).as_posix()
            stat = path.stat()
            sha256, duration_s = _checked(path, stat.st_size, stat.st_mtime_ns)
            found[NoiseFile(name, folder.license, sha256, duration_s)] = path
    return found


@lru_cache(maxsize=100_000)
def _checked(path: Path, size: int, changed_ns: int) -> tuple[str, float]:
    """sha256 and seconds of a recording; size and time of change tell it from a later one."""
    import numpy as np

    soundfile = require("soundfile", extra="speech", purpose="reading noise")
    hint = "remove the file, or give another recording"
    try:
        with soundfile.SoundFile(path) as file:
            rate_hz, count, peak = file.samplerate, 0, 0.0
            for block in file.blocks(_BLOCK, dtype="float32", always_2d=True):
                count += len(block)
                peak = max(peak, float(np.abs(block).max(initial=0.0)))
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise InputError(f"{path}: cannot be read as audio ({error})", hint=hint) from error
    if count < MIN_DURATION_S * rate_hz:
        raise InputError(
            f"{path}: a noise of {count / rate_hz:.2f} s is too short",
            allowed=[f"at least {MIN_DURATION_S:g} s"],
            hint=hint,
        )
    if not 0.0 < peak < math.inf:
        raise InputError(f"{path}: holds silence or no numbers, not noise", hint=hint)
    return _sha256(path), round(count / rate_hz, 3)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def dealt(recipe: Recipe, files: Iterable[NoiseFile]) -> dict[str, tuple[NoiseFile, ...]]:
    """Split -> recordings, by keyed hash of the content; fewer than three are heard everywhere.

    None are held out for a split without a share; what is in it all the same (real rows that came
    with it) hears all of them.
    """
    by_hash = {file.sha256: file for file in reversed(list(files))}
    hashes = sorted(by_hash)
    if len(hashes) < len(SPLITS):
        return {split: tuple(by_hash[sha256] for sha256 in hashes) for split in SPLITS}
    drawn = dict(zip(hashes, uniforms(recipe.seed, "speech.noise_file", hashes), strict=True))
    order = sorted(hashes, key=lambda sha256: drawn[sha256])
    splits = cut(order, recipe.grammar.splits)
    parts = {split: [one for one in hashes if splits[one] == split] or hashes for split in SPLITS}
    return {split: tuple(by_hash[one] for one in part) for split, part in parts.items()}


@lru_cache(maxsize=4096)
def _unchanged(sha256: str, path: Path, size: int, changed_ns: int) -> bool:
    return _sha256(path) == sha256


def read_piece(sha256: str, offset_s: float, rate_hz: int, count: int) -> npt.NDArray[np.float32]:
    """`count` samples of a recording at `rate_hz`, mono.

    Args:
        sha256: Of the file, which `know` was told of.
        offset_s: Where the piece starts; the recording is repeated without end either way.
        rate_hz: Rate wanted.
        count: Samples wanted.

    Raises:
        UnfitError: When the file is not known here, has changed or cannot be read.
    """
    soundfile = require("soundfile", extra="speech", purpose="reading noise")
    path = _PLACES.get(sha256)
    problem = "a noise file that is missing, has changed or cannot be read"
    if path is None:
        raise UnfitError(problem, f"no file of the noise folders has sha256 {sha256[:12]}")
    try:
        stat = path.stat()
        if not _unchanged(sha256, path, stat.st_size, stat.st_mtime_ns):
            raise UnfitError(problem, f"{path} has changed since the chain was drawn")
        with soundfile.SoundFile(path) as file:
            found_hz = file.samplerate
            wanted = math.ceil(count / rate_hz * found_hz) + 1
            mono = _mono(file, math.floor(offset_s * found_hz) % file.frames, wanted)
    except (OSError, soundfile.LibsndfileError, RuntimeError) as error:
        raise UnfitError(problem, f"{path}: {error}") from error
    if found_hz != rate_hz:
        soxr = require("soxr", extra="speech", purpose="resampling")
        mono = soxr.resample(mono, found_hz, rate_hz, quality="HQ")
    return mono[:count]


def _mono(file: Any, first: int, wanted: int) -> npt.NDArray[np.float32]:
    """Samples from place `first` on of an open recording that is repeated, and no more of it.

    Raises:
        RuntimeError: When it ends before its header says.
    """
    import numpy as np

    mono = np.empty(wanted, np.float32)
    done = 0
    while done < wanted:
        file.seek(first)
        read = file.read(min(wanted - done, file.frames - first), dtype="float32", always_2d=True)
        if not len(read):
            raise RuntimeError("it ends before its header says")
        mono[done : done + len(read)] = read.mean(axis=1, dtype=np.float32)
        done, first = done + len(read), 0
    return mono


def places(found: Mapping[NoiseFile, Path]) -> dict[str, str]:
    """sha256 -> path, for `know` in another process."""
    return {file.sha256: str(path) for file, path in found.items()}
