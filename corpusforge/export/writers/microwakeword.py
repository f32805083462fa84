"""Folders as microWakeWord's `Clips` read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from corpusforge.export.release import ReleaseTables
from corpusforge.export.wake_folders import Layout, read_folders, write_folders

__all__ = ["PLUGIN", "MicroWakeWordWriter"]

_LAYOUT: Layout = {
    "train": ("positive/training", "negative/training", ""),
    "validation": ("positive/validation", "negative/validation", "negative/validation_ambient"),
    "test": ("positive/testing", "negative/testing", "negative/testing_ambient"),
}
_ABOUT = (
    "microWakeWord's `Clips` take one folder each (`input_directory`, `file_pattern='*.wav'`). "
    "Leave `random_split_seed` unset: it would deal clips of one speaker into several splits, and "
    "these are dealt already, by speaker. Generate the features of `training`, `validation` and "
    "`testing` under those names; the `*_ambient` folders hold long streams of negatives, for "
    "false accepts per hour."
)


@dataclass(frozen=True)
class MicroWakeWordWriter:
    """{positive,negative}/{training,validation,testing}/*.wav and streams of negatives."""

    name: str = "microwakeword"
    losses: tuple[str, ...] = (
        "no texts, intents and slots beside the clips: they stand in clips.csv",
    )
    extra: str = "speech"

    def write(self, release: ReleaseTables, folder: Path) -> list[Path]:
        """See `Writer.write`."""
        return write_folders(release, folder, _LAYOUT, _ABOUT)

    def read(self, folder: Path) -> Mapping[str, pa.Table]:
        """See `Writer.read`."""
        return read_folders(folder)


PLUGIN = MicroWakeWordWriter()
