"""Folders as openWakeWord's training script expects them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from corpusforge.export.release import ReleaseTables
from corpusforge.export.wake_folders import Layout, read_folders, write_folders

__all__ = ["PLUGIN", "OpenWakeWordWriter"]

_LAYOUT: Layout = {
    "train": ("wake_word/positive_train", "wake_word/negative_train", ""),
    # The script stops early by these two.
    "validation": (
        "wake_word/positive_test",
        "wake_word/negative_test",
        "false_positive_validation",
    ),
    "test": ("held_out/positive", "held_out/negative", "held_out/streams"),
}
_ABOUT = (
    "openWakeWord's `train.py` looks for `positive_train`, `positive_test`, `negative_train` and "
    "`negative_test` in a folder named after its model: set `output_dir` to this folder and "
    "`model_name` to `wake_word`, and go on with `--augment_clips` and `--train_model`. Its own "
    "generator gives train and test the same speakers; here they are different ones. Features of "
    "`false_positive_validation` serve as `false_positive_validation_data_path`. What lies in "
    "`held_out` is for a last test: neither training nor early stopping should see it."
)


@dataclass(frozen=True)
class OpenWakeWordWriter:
    """wake_word/{positive,negative}_{train,test}/*.wav, streams of negatives, a held-out set."""

    name: str = "openwakeword"
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


PLUGIN = OpenWakeWordWriter()
