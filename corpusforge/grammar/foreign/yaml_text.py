"""Write plain values as YAML that every YAML reader reads back as the same values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

__all__ = ["flow", "quoted", "scalar", "yaml_lines"]

# Words that no reader of YAML 1.1 or 1.2 takes for anything else.
_BARE = re.compile(r"[A-Za-z_À-ÖØ-öø-ɏͰ-ӿ][\w'’.+/-]*(?: [\w'’.+/-]+)*")
_RESERVED = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n"))
# What JSON leaves as it is and YAML does not: ends of lines, marks, what is not printable.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_ESCAPED = re.compile(r"[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def quoted(text: str) -> str:
    """Text in double quotes, or in single ones where a backslash or a quote reads better so."""
    if ("\\" in text or '"' in text) and not _UNPRINTABLE.search(text):
        return "'" + text.replace("'", "''") + "'"
    return _ESCAPED.sub(lambda m: f"\\u{ord(m[0]):04x}", json.dumps(text, ensure_ascii=False))


def scalar(value: Any) -> str:
    """A text, number or truth value on one line."""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False, default=str)
    if _BARE.fullmatch(value) and value.lower() not in _RESERVED and _ESCAPED.search(value) is None:
        return value
    return quoted(value)


def yaml_lines(value: Any, indent: int = 0) -> Iterator[str]:
    """A mapping or sequence in block style, small mappings of a sequence on one line."""
    pad = " " * indent
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, dict | list) and inner:
                yield f"{pad}{scalar(str(key))}:"
                yield from yaml_lines(inner, indent + 2)
            else:
                yield f"{pad}{scalar(str(key))}: {flow(inner)}"
        return
    for inner in value:
        if isinstance(inner, dict) and any(isinstance(v, dict | list) for v in inner.values()):
            first, *rest = yaml_lines(inner, indent + 2)
            yield f"{pad}- {first.lstrip()}"
            yield from rest
        else:
            yield f"{pad}- {flow(inner)}"


def flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        inner = ", ".join(f"{scalar(str(k))}: {flow(v)}" for k, v in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{', '.join(flow(v) for v in value)}]"
    return scalar(value)
