"""The run folder: finished stages, content-addressed caches, crash-safe writes.

    corpus/
      manifest.json              written last: which stage folders make up this corpus
      stages/<stage>-<key>/      stage.json is written last: its presence means complete
      cache/<kind>/<ab>/<key>.*  clips, models: addressed by what shaped them
      release/  report.html      what the user takes away
      .lock                      held while a run goes on

Everything is written under a temporary name and renamed. A stage's key hashes the stage, the
package versions that shape bytes, its resolved config, its input keys and the seed; so the
same command resumes, and an edited recipe recomputes only what depends on the edit, beside
the finished stages of the previous run.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from corpusforge.core.digests import digest
from corpusforge.core.errors import InputError, RunError
from corpusforge.core.executors import Executor
from corpusforge.core.progress import Progress
from corpusforge.core.recipe import Recipe

__all__ = [
    "Cache",
    "RunFolder",
    "StageContext",
    "StageResult",
    "canonical_json",
    "package_versions",
    "read_json",
    "read_record",
    "stage_key",
    "write_json",
]


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def write_json(value: Any, path: Path) -> None:
    """Readable JSON with sorted keys, under a temporary name, then renamed."""
    write_bytes(
        (json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1) + "\n").encode(), path
    )


def write_bytes(data: bytes, path: Path) -> None:
    """Write a file under a temporary name, flushed to disk, then rename it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_json(path: Path) -> Any:
    """A JSON file.

    Raises:
        RunError: When it is missing or not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"{path} cannot be read: {error}") from error


def read_record(path: Path, *keys: str) -> dict[str, Any]:
    """A JSON object of the run folder with the given keys.

    Raises:
        RunError: When the file is damaged, with what to do.
    """
    value = read_json(path)
    if not isinstance(value, dict) or any(key not in value for key in keys):
        raise RunError(f"{path} is damaged; delete it and run the same build command again")
    return value


@dataclass(frozen=True)
class StageResult:
    """What a stage says about its work; it goes into stage.json.

    Attributes:
        rows_in: Rows (or clips) that came in.
        rows_out: Rows (or clips) that go on.
        dropped: Filter or reason -> number of rows dropped.
        facts: Figures for the card, the report and the summary. JSON values only; nothing
            that depends on time or machine, for a release must come out byte-identical.
        notes: Sentences that the user should read.
    """

    rows_in: int
    rows_out: int
    dropped: Mapping[str, int] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class StageContext:
    """What a stage works with.

    Attributes:
        recipe: The resolved recipe.
        folder: Where the stage writes; renamed to its final place when it is done.
        inputs: Stage name -> finished folder of every earlier stage.
        cache: Content-addressed store of dear things.
        executor: Runs map tasks.
        progress: For bars and notes.
        labels: Intent names in the order of their label ids. Names keep their id when
            intents are added; set for the stages after clean, empty before.
        slot_names: Slot names in the order of their BIO labels, likewise.
    """

    recipe: Recipe
    folder: Path
    inputs: Mapping[str, Path]
    cache: Cache
    executor: Executor
    progress: Progress
    labels: tuple[str, ...] = ()
    slot_names: tuple[str, ...] = ()


class Cache:
    """Content-addressed files and folders: the key says what is inside.

    Args:
        root: Folder, made when the first thing is put.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def _path(self, kind: str, key: str, suffix: str = "") -> Path:
        return self.root / kind / key[:2] / f"{key}{suffix}"

    def get(self, kind: str, key: str, suffix: str) -> Path | None:
        """The file for `key`, or None."""
        path = self._path(kind, key, suffix)
        return path if path.is_file() else None

    def put(self, kind: str, key: str, suffix: str, data: bytes) -> Path:
        """Store a file; complete or not there at all, also when the process is killed."""
        path = self._path(kind, key, suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(data, path)
        return path

    def relative(self, path: Path) -> str:
        """A cached file's path as stored in tables ("clips/ab/abcd.flac")."""
        return path.relative_to(self.root).as_posix()

    def folder(self, kind: str, key: str) -> Path | None:
        """The complete folder for `key`, or None."""
        path = self._path(kind, key)
        return path if path.is_dir() else None

    def unfinished(self, kind: str, key: str) -> Path:
        """Where the building of the folder for `key` may keep what it goes on from.

        It outlives a killed run; whoever uses it removes it when the folder is there.
        """
        path = self._path(kind, key)
        return path.with_name(f".{path.name}.unfinished")

    def put_folder(self, kind: str, key: str, build: Callable[[Path], None]) -> Path:
        """The folder for `key`; `build` fills it when it is not there yet.

        The folder appears only when `build` has returned.
        """
        path = self._path(kind, key)
        if path.is_dir():
            return path
        temporary = path.with_name(f".{path.name}.tmp")
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        build(temporary)
        temporary.replace(path)
        return path

    def put_shared_folder(self, kind: str, key: str, build: Callable[[Path], None]) -> Path:
        """`put_folder` for a cache that several runs may fill at the same time.

        Each builds in a folder of its own, and the first to finish wins: the key says what is
        inside, so the others' are the same.
        """
        path = self._path(kind, key)
        if path.is_dir():
            return path
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name[:12]}.") as name:
            build(Path(name) / "built")
            with contextlib.suppress(OSError):
                (Path(name) / "built").replace(path)
            if not path.is_dir():
                raise RunError(f"{path} cannot be written; make room, or see who may write there")
        return path


def package_versions(names: tuple[str, ...]) -> dict[str, str]:
    """Installed version of each distribution, "" for those that are not installed."""
    versions: dict[str, str] = {}
    for name in names:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
        versions.setdefault(name, "")
    return versions


def stage_key(
    name: str,
    version: int,
    packages: Mapping[str, str],
    config: Mapping[str, Any],
    inputs: Mapping[str, str],
) -> str:
    """Key of a stage's output: 24 hex digits over everything that shapes its bytes."""
    parts = {"version": version, "packages": packages, "config": config, "inputs": inputs}
    return digest("stage", name, canonical_json(parts))[:24]


class RunFolder:
    """One corpus on disk.

    Args:
        path: The folder given with `-o`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cache = Cache(path / "cache")
        self.release = path / "release"
        self.report = path / "report.html"

    @property
    def manifest(self) -> dict[str, Any] | None:
        """The manifest of the last complete run, or None."""
        path = self.path / "manifest.json"
        return read_record(path, "recipe", "stages") if path.is_file() else None

    @property
    def state(self) -> dict[str, Any] | None:
        """The run in progress, or the last one when none goes on; None before the first."""
        path = self.path / "state.json"
        return read_record(path, "recipe", "complete", "stages") if path.is_file() else None

    def stage_folder(self, name: str, key: str) -> Path:
        """Where the finished stage stands, or would stand."""
        return self.path / "stages" / f"{name}-{key}"

    def finished(self, name: str, key: str) -> dict[str, Any] | None:
        """The entry of a finished stage, or None."""
        path = self.stage_folder(name, key) / "stage.json"
        if not path.is_file():
            return None
        try:
            entry: dict[str, Any] = read_json(path)
        except RunError:
            return None
        return entry

    @contextmanager
    def claim(self, recipe_name: str) -> Iterator[None]:
        """Hold the folder for one run.

        Raises:
            InputError: When the folder belongs to another recipe, holds other things, cannot
                be written, or another run holds it.
        """
        self._check_owner(recipe_name)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            stream = (self.path / ".lock").open("w")
        except OSError as error:
            raise InputError(f"{self.path} cannot be written: {error.strerror}") from error
        with stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise InputError(
                    f"another run is working in {self.path}", hint="wait for it, or use another -o"
                ) from None
            owner = self.path / "recipe.json"
            if not owner.is_file():
                write_json({"name": recipe_name}, owner)
            yield

    def _check_owner(self, recipe_name: str) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"{self.path} is a file, a folder is needed", hint="use another -o")
        owner = self.path / "recipe.json"
        if owner.is_file():
            name = read_record(owner, "name")["name"]
            if name != recipe_name:
                raise InputError(
                    f"{self.path} holds the corpus of recipe {name!r}, not of {recipe_name!r}",
                    hint="use another -o, or delete the folder",
                )
        elif self.path.is_dir() and any(not _is_ours(p) for p in self.path.iterdir()):
            raise InputError(
                f"{self.path} is not empty and is not a corpusforge run",
                hint="use another -o",
            )

    @contextmanager
    def working_folder(self, name: str, key: str) -> Iterator[Path]:
        """A temporary folder for a stage, emptied first, removed when the stage fails."""
        folder = self.path / "stages" / f".{name}-{key}.tmp"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            yield folder
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def finish(self, name: str, key: str, working: Path, entry: Mapping[str, Any]) -> Path:
        """Rename the working folder to its final place; stage.json goes in last."""
        write_json(entry, working / "stage.json")
        final = self.stage_folder(name, key)
        shutil.rmtree(final, ignore_errors=True)
        working.replace(final)
        return final

    def forget(self, name: str) -> None:
        """Make the finished folders of a stage count as unfinished."""
        for entry in (self.path / "stages").glob(f"{name}-*/stage.json"):
            entry.unlink()

    def publish(self, source: Path, target: Path) -> None:
        """Put a finished file or folder in the user's view; the old one stays until then."""
        old = target.with_name(f".{target.name}.old")
        _remove(old)
        if target.exists():
            target.replace(old)
        source.replace(target)
        _remove(old)

    def recover(self) -> None:
        """Undo a swap that was killed in its middle, and remove what a kill left behind."""
        for target in (self.release, self.report, self.path / "exports"):
            old = target.with_name(f".{target.name}.old")
            if old.exists():
                if target.exists():
                    _remove(old)
                else:
                    old.replace(target)
        for left in (self.path / "stages").glob(".*.tmp"):
            _remove(left)
        for pattern in ("cache/*/*/.*.tmp", ".*.tmp"):
            for left in self.path.glob(pattern):
                _remove(left)

    def collect_garbage(self, keep: set[str]) -> None:
        """Remove stage folders that the finished run does not name."""
        stages = self.path / "stages"
        for folder in stages.iterdir() if stages.is_dir() else ():
            if folder.name not in keep:
                _remove(folder)


def _is_ours(path: Path) -> bool:
    """What a run that was killed in its first moment leaves in an otherwise empty folder."""
    return path.name == ".lock" or (path.name.startswith(".") and path.name.endswith(".tmp"))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
