"""Folders as openWakeWord's training script expects them."""

from __future__ import annotations

from corpusforge.export.wake_folders import FolderWriter, Layout

__all__ = ["PLUGIN"]

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


PLUGIN = FolderWriter("openwakeword", _LAYOUT, _ABOUT)
"""wake_word/{positive,negative}_{train,test}/*.wav, streams of negatives, a held-out set."""
