"""Hugging Face folders: Parquet with a README, or what `save_to_disk` wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from corpusforge.core.errors import InputError, require
from corpusforge.grammar.importers.parquet import read_parquet
from corpusforge.grammar.raw import RawTable, class_names, read_utf8, split_name

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["PLUGIN", "HfFolder"]

_FRONT_MATTER = re.compile(r"---\s*\n(.*?)\n---\s*(?:\n|$)", re.DOTALL)
_PART = re.compile(r"[^a-z]+")


@dataclass(frozen=True)
class HfFolder:
    """A data set folder; its splits are kept.

    Of several configs the one called default is read, or the first one. Parquet needs no extra;
    `save_to_disk` folders are read by the `datasets` package.
    """

    name: str = "hf_folder"
    losses: str = "one config is read, others are left out"

    def write_example(self, folder: Path) -> Path:
        """A train and a test file of one row each."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        for split, text in (("train", "dim the lamp"), ("test", "stop")):
            table = pa.table({"text": [text], "intent": [split]})
            pq.write_table(table, folder / f"{split}.parquet")
        return folder

    def accepts(self, path: Path) -> bool:
        """Folders with Parquet files, or written by `save_to_disk`."""
        return path.is_dir() and (_saved_to_disk(path) or any(path.rglob("*.parquet")))

    def peek(self, path: Path) -> RawTable | None:
        """Parquet only: to import `datasets` takes seconds."""
        return None if _saved_to_disk(path) else self.read(path)

    def read(self, path: Path) -> RawTable:
        """Read all splits, one after the other."""
        if _saved_to_disk(path):
            return _joined(path, list(_read_saved(path)))
        card = _card(path)
        names = _card_class_names(card)
        parts = [
            (split, class_names(read_parquet(file), names)) for split, file in _files(path, card)
        ]
        if not parts:
            raise InputError(f"the README.md of {path} names no file that is there")
        return _joined(path, parts)


def _joined(path: Path, parts: Sequence[tuple[str | None, pa.Table]]) -> RawTable:
    import pyarrow as pa

    try:
        table = pa.concat_tables([part for _, part in parts], promote_options="permissive")
    except pa.ArrowException as error:
        raise InputError(
            f"the columns of the files of {path} do not fit together: {error}"
        ) from None
    if any(split is None for split, _ in parts):
        return RawTable(table)
    splits = [str(split) for split, part in parts for _ in range(part.num_rows)]
    return RawTable(table, splits=splits)


def _saved_to_disk(path: Path) -> bool:
    return (path / "dataset_dict.json").is_file() or (path / "state.json").is_file()


def _read_saved(path: Path) -> Iterator[tuple[str | None, pa.Table]]:
    datasets = require("datasets", extra="hub", purpose=f"reading {path} (save_to_disk)")
    try:
        loaded = datasets.load_from_disk(str(path))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read by datasets: {error}") from error
    parts = loaded.items() if isinstance(loaded, datasets.DatasetDict) else [(None, loaded)]
    for split, part in parts:
        plain = [n for n, f in part.features.items() if type(f).__name__ not in _MEDIA]
        labels = {
            n: f.names for n, f in part.features.items() if isinstance(f, datasets.ClassLabel)
        }
        table = part.select_columns(plain).with_format("arrow")[:]
        yield None if split is None else _known_split(str(split), path), class_names(table, labels)


_MEDIA = ("Audio", "Image", "Video", "Pdf")


def _known_split(name: str, path: Path) -> str:
    split = split_name(name)
    if split is None:
        raise InputError(
            f"the split {name!r} of {path} is not one of train, validation and test",
            hint="rename it, or give one file and let corpusforge deal the splits",
        )
    return split


def _card(path: Path) -> dict[str, Any]:
    readme = path / "README.md"
    match = _FRONT_MATTER.match(read_utf8(readme)) if readme.is_file() else None
    if match is None:
        return {}
    try:
        card = yaml.safe_load(match.group(1))
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(f"the front matter of {readme} is not valid YAML: {error}") from None
    return card if isinstance(card, dict) else {}


def _config(card: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The default entry of a list of configs in the card."""
    entries = card.get(key) or []
    # Cards are written by hand: what is no mapping says nothing.
    listed = [
        e for e in (entries if isinstance(entries, list) else [entries]) if isinstance(e, dict)
    ]
    for entry in listed:
        if entry.get("default") or entry.get("config_name") == "default":
            return dict(entry)
    return dict(listed[0]) if listed else {}


def _files(path: Path, card: Mapping[str, Any]) -> Iterator[tuple[str | None, Path]]:
    """(split, file) of every Parquet file to read."""
    data_files = _config(card, "configs").get("data_files")
    if not data_files:
        for file in sorted(path.rglob("*.parquet")):
            words = [*file.relative_to(path).parts[:-1], *_PART.split(file.stem.lower())]
            yield next((s for s in map(split_name, reversed(words)) if s), None), file
        return
    for split, pattern in _patterns(data_files, path):
        try:
            found = sorted(path.glob(pattern))
        except (ValueError, NotImplementedError, OSError) as error:
            message = f"the README.md of {path} names data_files that cannot be read"
            raise InputError(f"{message}: {pattern!r} ({error})") from None
        for file in found:
            if file.suffix == ".parquet":
                yield split, file


def _patterns(data_files: Any, path: Path) -> Iterator[tuple[str | None, str]]:
    """(split, pattern) of the data_files of a card: a pattern, a list, or split -> patterns."""
    if isinstance(data_files, dict) and "path" not in data_files:
        data_files = [{"split": split, "path": found} for split, found in data_files.items()]
    for entry in data_files if isinstance(data_files, list) else [data_files]:
        whole = entry if isinstance(entry, dict) else {"path": entry}
        patterns = whole.get("path")
        split = _known_split(str(whole["split"]), path) if "split" in whole else None
        for pattern in patterns if isinstance(patterns, list) else [patterns]:
            if pattern is not None:
                yield split, str(pattern)


def _card_class_names(card: Mapping[str, Any]) -> dict[str, list[str]]:
    """Class names from the card's dataset_info."""
    names: dict[str, list[str]] = {}
    features = _config(card, "dataset_info").get("features")
    for feature in features if isinstance(features, list) else []:
        dtype = feature.get("dtype") if isinstance(feature, dict) else None
        labels = dtype.get("class_label") if isinstance(dtype, dict) else None
        listed = labels.get("names") if isinstance(labels, dict) else None
        if isinstance(listed, dict):
            if not all(str(number).isdecimal() for number in listed):
                continue
            listed = [listed[number] for number in sorted(listed, key=int)]
        if isinstance(listed, list) and feature.get("name"):
            names[str(feature["name"])] = [str(name) for name in listed]
    return names


PLUGIN = HfFolder()
