"""Folders as microWakeWord's `Clips` read them."""

from __future__ import annotations

from corpusforge.export.wake_folders import FolderWriter, Layout

__all__ = ["PLUGIN"]

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


PLUGIN = FolderWriter("microwakeword", _LAYOUT, _ABOUT)
"""{positive,negative}/{training,validation,testing}/*.wav and streams of negatives."""
