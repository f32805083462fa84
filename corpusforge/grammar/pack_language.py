"""Which language of a folder is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from corpusforge.core.errors import InputError
from corpusforge.core.source import Document

__all__ = ["choose_language", "fits"]


def choose_language(
    documents: Sequence[Document], lang: str | None, path: Path
) -> tuple[str, list[Document]]:
    """The language of a pack, and its documents; those that name no language belong to each.

    Args:
        documents: Of the folder.
        lang: What the user asks for; None where there is one language only.
        path: The folder, for messages.

    Raises:
        InputError: When there are several languages and none was asked for, or none that fits.
    """
    tags = sorted({doc.value["language"] for doc in documents if "language" in doc.value})
    if lang is None:
        if len(tags) > 1:
            raise InputError(
                f"{path} holds several languages; name one",
                allowed=tags,
                hint="for example: --lang " + tags[0],
            )
        return (tags[0] if tags else "und"), list(documents)
    fitting = [tag for tag in tags if fits(tag, lang)]
    if tags and not fitting:
        raise InputError(
            f"{path} holds no templates in the language {lang!r}", given=lang, allowed=tags
        )
    kept = [doc for doc in documents if doc.value.get("language", lang) in (lang, *fitting)]
    return lang, kept


def fits(tag: str, lang: str) -> bool:
    """Say whether one tag is the other, or the other with a region."""
    tag, lang = tag.lower().replace("_", "-"), lang.lower().replace("_", "-")
    return tag == lang or tag.startswith(lang + "-") or lang.startswith(tag + "-")
