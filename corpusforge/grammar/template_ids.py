"""Ids of templates: the author's, or a hash that stays the same when other templates change."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from corpusforge.core.errors import InputError
from corpusforge.grammar.pack import Source

__all__ = ["TemplateIds"]


class TemplateIds:
    """Gives each template of a pack an id of its own.

    Args:
        errors: Where ids that are given twice are told.
    """

    def __init__(self, errors: list[InputError]) -> None:
        self._errors = errors
        self._taken: dict[str, Source] = {}

    def choose(
        self,
        block: Mapping[str, Any],
        own: Mapping[str, Any],
        index: int,
        key: tuple[str, ...],
        source: Source,
    ) -> str:
        """The id of the next template.

        Args:
            block: Its block of a file, which may have an `id`.
            own: Its entry of the block, which may have one too.
            index: Its place in the block.
            key: What it is without an id: file, intent, sentence.
            source: Where it stands.
        """
        given = own.get("id", block.get("id"))
        if given is not None:
            alone = "id" in own or len(block["sentences"]) == 1
            name = given if alone else f"{given}/{index + 1}"
            if name in self._taken:
                first = self._taken[name].position()
                above = 1 if "id" in own else 3 if source.path[-1] == "text" else 2
                self._errors.append(
                    InputError(
                        f"the id {given!r} is used twice (first in {first.file}:{first.line})",
                        position=source.document.position((*source.path[:-above], "id")),
                    )
                )
        else:
            # The same sentence may stand in several blocks, with other rules or fixed slots.
            count, name = 1, _hash(*key)
            while name in self._taken:
                count += 1
                name = _hash(*key, str(count))
        self._taken[name] = source
        return name


def _hash(*parts: str) -> str:
    """Id of a template without one of its own: hash of file, intent and sentence."""
    data = "\x1f".join(parts).encode()
    return hashlib.blake2b(data, digest_size=8, person=b"cf-template").hexdigest()
