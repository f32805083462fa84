"""manifest.json of a finished run: what it was made of, by which packages, and how it went."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Any

import corpusforge
from corpusforge.core.recipe import Recipe
from corpusforge.core.run import RunFolder, read_record, write_json

__all__ = ["MANIFEST_VERSION", "write_manifest"]

MANIFEST_VERSION = 1

Entries = Sequence[Mapping[str, Any]]


def write_manifest(run: RunFolder, recipe: Recipe, entries: Entries) -> None:
    """Write it into the run folder.

    Args:
        run: With labels.json in place.
        recipe: What was made.
        entries: Of all stages, in order.
    """
    manifest = {
        "manifest_version": MANIFEST_VERSION,
        "corpusforge": corpusforge.__version__,
        "recipe": recipe.resolved(),
        "platform": {
            "python": platform.python_version(),
            "machine": platform.machine(),
            "system": sys.platform,
            "cpus": os.cpu_count(),
        },
        "packages": _all_packages(entries),
        "labels": read_record(run.path / "labels.json", "intents", "slots"),
        "stages": entries,
    }
    write_json(manifest, run.path / "manifest.json")


def _all_packages(entries: Entries) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in entries:
        found |= entry["packages"]
    if not found.get("corpusforge"):
        found["corpusforge"] = metadata.version("corpusforge")
    return dict(sorted(found.items()))
