"""The Free Spoken Digit Dataset as a folder of audio."""

from __future__ import annotations

from pathlib import Path

from eval.speech.digit_clips import DIGITS, missing, real_folder

__all__ = ["DIGITS", "missing", "real_digits"]


def real_digits(work: Path, per_class: int) -> Path:
    """The real clips as a folder: links to them, and metadata.csv with speakers.

    Args:
        work: Where the folder is made.
        per_class: Most clips of a speaker per digit.
    """
    return real_folder(work, per_class, 1, False)
