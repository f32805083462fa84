"""Where an assessment goes: assess.json, assess.html, and entries of history.parquet."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpusforge.assess import history
from corpusforge.assess.bench import REAL, REAL_SYNTHETIC, SYNTHETIC
from corpusforge.assess.history import Entry, beside
from corpusforge.core.errors import InputError
from corpusforge.core.run import write_bytes, write_json

__all__ = ["Files", "entries", "files_for", "speech_only", "write"]


@dataclass(frozen=True)
class Files:
    """What an assess writes: the figures, the page, and the history it adds to."""

    figures: Path
    page: Path
    history: Path


def files_for(corpus: Path, out: Path | None) -> Files:
    """Where the files of an assess go; checked before any work.

    Args:
        corpus: What is assessed.
        out: Folder for figures and page, made when it is written; None = a run folder itself,
            else beside the corpus under its name. The history stands by the corpus in any
            case, unless nothing can be written there.

    Raises:
        InputError: When the folder cannot be written or is a release, whose checksums cover
            everything inside.
        RunError: When the history is damaged.
    """
    if out is None:
        figures, page = beside(corpus, "assess.json"), beside(corpus, "assess.html")
    else:
        if (out / "SHA256SUMS").is_file():
            raise InputError(
                f"-o {out} is a release, its checksums cover all files in it",
                hint="name another folder",
            )
        figures, page = out / "assess.json", out / "assess.html"
    if not _can_be_written(figures.parent):
        raise InputError(
            f"{figures.parent} cannot be written, and {figures.name} goes there",
            hint="name a folder with -o" if out is None else "name another folder",
        )
    past = history.path_for(corpus) if corpus.exists() else figures.with_name("history.parquet")
    if not _can_be_written(past.parent):
        past = figures.with_name("history.parquet")
    history.read(past)
    return Files(figures, page, past)


def _can_be_written(folder: Path) -> bool:
    """Whether files can be put there; of a new folder, whether it can be made."""
    there = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    return there.is_dir() and os.access(there, os.W_OK)


def entries(document: Mapping[str, Any]) -> list[Entry]:
    """What the history keeps of an assessment: real, synthetic and both, of each classifier."""
    usefulness, corpus = document.get("usefulness"), document.get("corpus") or {}
    if not usefulness:
        return []
    found: list[Entry] = []
    for classifier, one in usefulness["classifiers"].items():
        arms = one["arms"]
        for arm in (REAL, SYNTHETIC, REAL_SYNTHETIC):
            if arm not in arms:
                continue
            rows = arms[arm]["rows"]
            real = {REAL: rows, SYNTHETIC: 0}.get(arm, arms[REAL]["rows"] if REAL in arms else 0)
            found.append(
                Entry(
                    kind="assess",
                    corpus_sha256=corpus.get("content_sha256"),
                    synthetic_rows=corpus.get("synthetic_rows"),
                    real_rows=corpus.get("real_rows"),
                    test_rows=usefulness["test_rows"],
                    synthetic_share=round(1 - real / rows, 6) if rows else None,
                    classifier=classifier,
                    arm=arm,
                    accuracy=arms[arm]["accuracy"],
                    low=arms[arm]["low"],
                    high=arms[arm]["high"],
                    verdict_code=document.get("verdict_code"),
                )
            )
    return found


def write(document: Mapping[str, Any], files: Files) -> None:
    """Write figures, history and page, each whole or not at all."""
    from corpusforge.assess.page import render

    files.figures.parent.mkdir(parents=True, exist_ok=True)
    write_json(document, files.figures)
    history.append(files.history, *entries(document))
    write_bytes(render(document, history.read(files.history)).encode(), files.page)


def speech_only(corpus: Path, speech: Mapping[str, Any]) -> dict[str, Any]:
    """The document of an assess of clips alone: every figure about text is null."""
    return {
        "schema": 1,
        "verdict": None,
        "verdict_code": None,
        "reasons": [],
        "corpus": {"corpus": corpus.resolve().name},
        "protocol": {},
        "usefulness": None,
        "slots": None,
        "mixing": None,
        "collapse": None,
        "fidelity": None,
        "bias": None,
        "privacy": None,
        "intents": [],
        "what_next": [],
        "speech": dict(speech),
        "notes": [],
    }
