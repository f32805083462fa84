"""What is wrong with files that `imports` name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from corpusforge.core.errors import InputError
from corpusforge.core.source import Document
from corpusforge.grammar.pack import Source
from corpusforge.grammar.pack_language import fits

__all__ = ["import_errors"]


def import_errors(
    imported: Sequence[tuple[Source, Document]],
    rules: Iterable[str],
    lists: Iterable[str],
    lang: str,
) -> Iterator[InputError]:
    """Files in another language, and names that two files define differently.

    Args:
        imported: Where each file is named, and the file.
        rules: Names of the pack's own rules, which go before imported ones.
        lists: Names of its own lists.
        lang: BCP-47 tag of the pack.
    """
    own = frozenset((*map("<{}>".format, rules), *map("{{{}}}".format, lists)))
    known: dict[str, tuple[Any, Source]] = {}
    for source, document in imported:
        for name, body in _definitions(document):
            other, first = known.setdefault(name, (body, source))
            if name not in own and other != body:
                yield InputError(
                    f"two imported files define {name} differently",
                    position=source.position(),
                    hint=f"the first is imported in line {first.position().line}; rename one, or "
                    "define it in this pack",
                )
        theirs = document.value.get("language", lang)
        if lang != "und" and not fits(theirs, lang):
            yield InputError(
                f"the imported file is in the language {theirs!r}, this pack in {lang!r}",
                position=source.position(),
            )


def _definitions(document: Document) -> Iterator[tuple[str, Any]]:
    """Rules and lists of a file as written, by the names that references have."""
    for name, body in (document.value.get("expansion_rules") or {}).items():
        yield f"<{name}>", body
    for name, body in (document.value.get("lists") or {}).items():
        yield f"{{{name}}}", body
