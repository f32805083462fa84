"""Spaces that nobody wants: at the ends, doubled, or characters that only look like nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpusforge.grammar.lint.findings import Finding
from corpusforge.grammar.lint.grammar import Grammar
from corpusforge.grammar.lint.places import text_of

__all__ = ["check"]

# Soft hyphen, zero width space, word joiner, byte order mark. Joiners (U+200C, U+200D) and marks
# of direction spell words in Persian, Hindi or Arabic.
_HIDDEN = re.compile("[\u00ad\u200b\u2060\ufeff]")
_STRAY = re.compile(r"^[ \t]+|[ \t]+$|(?<=[^\s|;(\[])[ \t]{2,}(?=[^\s|;)\]])|[^\S \n]")


def check(grammar: Grammar) -> Iterator[Finding]:
    """One finding for a text.

    Spaces are squeezed, so they are untidy only; a hidden character makes another word. Rules
    may begin or end with a space: `[ foo]` is a way to write it.
    """
    for place in grammar.written:
        text = text_of(place.source)
        hidden = _HIDDEN.search(text)
        if hidden:
            yield Finding(
                "white_space",
                "warning",
                place.position(hidden.start()),
                f"the character U+{ord(hidden[0]):04X} cannot be seen, and makes another word",
                (text,),
                "remove it",
            )
            continue
        for stray in _STRAY.finditer(text):
            end = stray.start() == 0 or stray.end() == len(text)
            if not (end and place.kind == "rule"):
                what = "white space at the end" if end else "more than one space"
                if stray.start() == 0:
                    what = "white space at the beginning"
                if stray[0].strip(" "):
                    what = f"the white space U+{ord(stray[0].strip(' ')[0]):04X}"
                at = place.position(stray.start())
                hint = "write one space, or none"
                yield Finding("white_space", "note", at, what, (text,), hint)
                break
