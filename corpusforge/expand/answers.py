"""Utterances out of what a language model answers: lists, numbers, quotes, fences, thoughts."""

from __future__ import annotations

import json
import re

__all__ = ["utterances"]

_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_FENCE = re.compile(r"^\s*```.*$", re.MULTILINE)
_BULLET = re.compile(r"^\s*(?:[-*\u2022]+\s+|\(?\d{1,3}[.):]\s+)")
_QUOTES = {'"': '"', "'": "'", "\u201c": "\u201d", "\u201e": "\u201c", "\u00ab": "\u00bb"}


def utterances(answer: str, *, complete: bool = True) -> list[str]:
    """The utterances in what a model said.

    Numbers, bullets, quotation marks, code fences, thoughts in <think> and lines that announce
    ("Here are ten:") are taken off; a JSON list of strings is read as well. Of an answer that
    was cut the last line is left out.

    Args:
        answer: What the model said.
        complete: Whether it came to its own end.
    """
    plain = _FENCE.sub("", _THOUGHT.sub("", answer)).strip()
    if plain.startswith("["):
        try:
            listed = json.loads(plain)
        except (ValueError, RecursionError):
            listed = None
        if isinstance(listed, list):
            return [" ".join(item.split()) for item in listed if isinstance(item, str)]
    lines = plain.split("\n")
    if not complete:
        lines = lines[:-1]
    found = [_bare(line) for line in lines]
    return [line for line in found if line and not line.endswith(":")]


def _bare(line: str) -> str:
    text = _BULLET.sub("", line.strip().removesuffix(",")).strip()
    if len(text) > 1 and _QUOTES.get(text[0]) == text[-1]:
        text = text[1:-1].strip()
    return text
