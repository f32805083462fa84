"""HTML by construction: text is escaped where it enters, so nothing a row says becomes markup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

__all__ = ["Markup", "element", "join", "text"]

_VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})


class Markup(str):
    """A piece of HTML that is safe as it is. Every other string counts as plain text."""

    __slots__ = ()


def text(value: object) -> Markup:
    """Plain text as markup.

    Control characters that HTML forbids are shown as U+FFFD, so that a hostile row can break
    neither the page nor a parser that reads it.
    """
    cleaned = "".join(
        char if char in "\n\t" or not (ord(char) < 32 or 0x7F <= ord(char) < 0xA0) else "\ufffd"
        for char in str(value)
    )
    return Markup(escape(cleaned, quote=True))


def join(parts: Iterable[Markup | str | int]) -> Markup:
    """Children one after the other; what is not `Markup` is escaped."""
    return Markup("".join(part if isinstance(part, Markup) else text(part) for part in parts))


def element(
    name: str,
    attributes: Mapping[str, str | int | float | bool | None] | None = None,
    *children: Markup | str | int,
) -> Markup:
    """One element.

    Args:
        name: Tag name, written in the source and never taken from data.
        attributes: Values are escaped; None and False leave an attribute out, True writes it
            without a value.
        children: Markup as it is, anything else as plain text.
    """
    written = ""
    for key, value in (attributes or {}).items():
        if value is None or value is False:
            continue
        written += f" {key}" if value is True else f' {key}="{text(value)}"'
    if name in _VOID:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{join(children)}</{name}>")
