"""What a corpus lacks to train and try a wake word detector, said by its cause."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from corpusforge.assess.clips import ClipFile
from corpusforge.core.errors import InputError
from corpusforge.core.run import read_json
from corpusforge.core.wake import NEGATIVE_INTENTS, positive_intents

__all__ = ["lacking"]

_MAKES_ONE = "`corpusforge init DIR --wake-word PHRASE` writes a recipe of one"
_CLIPS = "raise speech.clips in the recipe and build it again"
_SHOWN = 8


def lacking(
    corpus: Path, files: Sequence[ClipFile], positives: Collection[str], what: str, split: str
) -> InputError:
    """The error about a split without positives, or without negatives.

    Args:
        corpus: Run or release folder, or a folder of audio.
        files: All its clips.
        positives: Intents of clips that are listened for.
        what: "positives" or "negatives".
        split: Which one lacks them.
    """
    found = [file for file in files if (file.label in positives) == (what == "positives")]
    facts = _facts(corpus)
    if not found:
        return _nowhere(corpus, files, what, facts)
    message = f"{corpus} has no {what} in {split}, and {len(found)} in all its {len(files)} clips"
    split_by = facts.get("recipe", {}).get("speech", {}).get("split_by")
    if split_by == "voice":
        return InputError(
            f"{message}, dealt to the splits by their voice (speech.split_by)",
            hint=f"{_CLIPS}, with more voices (speech.engines) where there are few; "
            f"grammar.splits must give {split} a share",
        )
    if split_by is not None:
        return InputError(
            message,
            given=split_by,
            hint="a detector is tried on voices that it was not trained on: set "
            "speech.split_by: voice (as `corpusforge init --wake-word` does)",
        )
    return InputError(
        message,
        hint="give the clips splits (train, validation, test) that share no voice; in a recipe "
        "speech.split_by: voice does so",
    )


def _nowhere(
    corpus: Path, files: Sequence[ClipFile], what: str, facts: dict[str, Any]
) -> InputError:
    """The error about a corpus without any positive, or any negative, clip."""
    said = sorted({file.label for file in files})
    shown = ", ".join(said[:_SHOWN]) + (", ..." if len(said) > _SHOWN else "")
    known = _intents(facts)
    if what == "negatives":
        wanted = {*known} & {*NEGATIVE_INTENTS}
        lack = f"none of what must not be taken for a wake word ({', '.join(NEGATIVE_INTENTS)})"
    else:
        wanted = {*positive_intents(known)}
        lack = "nothing to listen for"
    if wanted:
        return InputError(
            f"{corpus} has rows of {', '.join(sorted(wanted))}, and no clip of its {len(files)} "
            f"says one; their intents: {shown}",
            hint=f"{_CLIPS}, or set speech.spread: intents there",
        )
    return InputError(
        f"{corpus} is no wake word corpus: its clips say {lack}; their intents: {shown}",
        hint=_MAKES_ONE,
    )


def _facts(corpus: Path) -> dict[str, Any]:
    """What a run or a release tells of itself; nothing for a folder of audio."""
    for name in ("manifest.json", "release.json"):
        if (corpus / name).is_file():
            facts: dict[str, Any] = read_json(corpus / name)
            return facts
    return {}


def _intents(facts: dict[str, Any]) -> list[str]:
    """Intents of the rows, as a manifest or a release names them."""
    labels = facts.get("labels", {})
    return list(labels.get("intents") or labels.get("intent") or ())
