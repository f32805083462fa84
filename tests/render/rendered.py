"""Four sentences as a table, and what a folder of their clips says."""

from __future__ import annotations

import csv

from corpusforge.api import RenderOptions
from tests.build_outputs import digests

HIBARI = RenderOptions(engines=("hibari",))
TEXTS = ("turn on the light in the kitchen", "set it to 20 %", "good night", "good night")


def write_csv(path, rows, header=("text",)):
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    return path


def shown(folder):
    """What the user sees of a folder."""
    return {name: d for name, d in digests(folder).items() if not name.startswith(".corpusforge")}


def metadata(folder):
    with (folder / "metadata.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))
