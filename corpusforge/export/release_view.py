"""A release folder as it lies on disk, read lazily for the checks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import yaml

from corpusforge.export.features import label_names
from corpusforge.export.release import EXPANDED

__all__ = ["Problem", "ReleaseView"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken promise.

    Attributes:
        check: Which check found it.
        where: File, row or clip.
        detail: What is wrong.
    """

    check: str
    where: str
    detail: str

    def __str__(self) -> str:
        return f"{self.check}: {self.where}: {self.detail}"


class ReleaseView:
    """A release folder, read lazily."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def files(self, config: str) -> list[tuple[str, Path]]:
        """(split, file) of a config."""
        paths = sorted((self.folder / config).glob("*.parquet"))
        return [(path.name.partition("-")[0], path) for path in paths]

    @cached_property
    def card(self) -> dict[str, Any]:
        """Front matter of the card."""
        lines = (self.folder / "README.md").read_text(encoding="utf-8").split("\n")
        if lines[0] != "---":
            raise ValueError("README.md has no front matter")
        front = yaml.safe_load("\n".join(lines[1 : lines.index("---", 1)]))
        if not isinstance(front, dict):
            raise ValueError("the front matter of README.md is no mapping")
        return front

    @cached_property
    def intents(self) -> list[str]:
        """Intent names by label id."""
        return label_names(pq.read_schema(self.files("nlu")[0][1]), "intent")

    @cached_property
    def tags(self) -> list[str]:
        """Names of the BIO labels by id."""
        return label_names(pq.read_schema(self.files("nlu")[0][1]), "bio")

    def story(self, name: str) -> list[dict[str, Any]]:
        """A table of provenance/, [] when there is none."""
        path = self.folder / "provenance" / f"{name}.parquet"
        rows: list[dict[str, Any]] = []
        if path.is_file():
            rows = pq.read_table(path, partitioning=None).to_pylist()
        return rows

    @cached_property
    def facts(self) -> dict[str, Any]:
        """release.json."""
        facts: dict[str, Any] = json.loads((self.folder / "release.json").read_text("utf-8"))
        return facts

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """All rows of config nlu, with split, intents and tags by name."""
        return self._texts("nlu")

    @cached_property
    def expanded(self) -> list[dict[str, Any]]:
        """All rows of config nlu_expanded likewise; [] when there is none."""
        return self._texts(EXPANDED)

    @cached_property
    def all_rows(self) -> list[dict[str, Any]]:
        """Every published row once: those of nlu, then those of nlu_expanded only."""
        known = {row["id"] for row in self.rows}
        return self.rows + [row for row in self.expanded if row["id"] not in known]

    def _texts(self, config: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for split, path in self.files(config):
            table = pq.read_table(path, partitioning=None)
            intents = label_names(table.schema, "intent")
            tags = label_names(table.schema, "bio")
            for row in table.to_pylist():
                row["intent"] = intents[row["intent"]]
                if row["bio"] is not None:
                    row["bio"] = [tags[number] for number in row["bio"]]
                rows.append({**row, "split": split})
        return rows

    def clips(self) -> Iterator[dict[str, Any]]:
        """All rows of config speech, one row group of audio in memory at a time."""
        for split, path in self.files("speech"):
            with pq.ParquetFile(path) as file:
                intents = label_names(file.schema_arrow, "intent")
                for number in range(file.num_row_groups):
                    for clip in file.read_row_group(number).to_pylist():
                        yield {**clip, "intent": intents[clip["intent"]], "split": split}
