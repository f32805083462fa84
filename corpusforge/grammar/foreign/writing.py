"""Write a draft as template files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from corpusforge.grammar.expression import (
    Alternative,
    Expression,
    ListReference,
    Permutation,
    RuleReference,
    Text,
)
from corpusforge.grammar.foreign.draft import Draft, DraftList, DraftSentence, join

__all__ = ["quoted", "template_text", "write_draft"]

_ESCAPED = re.compile(r"[()\[\]{}<>|;\\]|:(?=:)|(?<=:):")
_PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9 _,.'<>()\[\]|-]*[A-Za-z0-9_.'>)\]])?")
_WORDS_OF_YAML = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n"))
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")


def template_text(expression: Expression) -> str:
    r"""An expression as our parser reads it; literal brackets get a backslash."""
    if isinstance(expression, Text):
        return _ESCAPED.sub(lambda found: "\\" + found[0], expression.text)
    if isinstance(expression, RuleReference):
        return f"<{expression.rule}>"
    if isinstance(expression, ListReference):
        if expression.list == expression.slot:
            return f"{{{expression.list}}}"
        return f"{{{expression.list}:{expression.slot or '@x'}}}"
    if isinstance(expression, Permutation):
        return "(" + ";".join(template_text(item) for item in expression.items) + ")"
    if isinstance(expression, Alternative):
        return _alternative(expression)
    whole = join(list(expression.items))
    parts = whole.items if not isinstance(whole, Text | ListReference | RuleReference) else (whole,)
    if isinstance(whole, Alternative | Permutation):
        return template_text(whole)
    return "".join(template_text(part) for part in parts)


def _alternative(expression: Alternative) -> str:
    items, weights = expression.items, expression.weights
    if weights is None:
        given = [item for item in items if item != Text("")]
        brackets = "[]" if given and len(given) < len(items) else "()"
        return brackets[0] + "|".join(map(template_text, given or items)) + brackets[1]
    pieces = []
    for item, weight in zip(items, weights, strict=True):
        text = template_text(item)
        if text.endswith(("\\", ":")):
            text = f"({text})"
        pieces.append(text if weight == 1 else f"{text}::{number(weight)}")
    return "(" + "|".join(pieces) + ")"


def number(value: float) -> str:
    """A weight without a needless point."""
    return str(int(value)) if float(value).is_integer() else f"{value:.6f}".rstrip("0")


def quoted(text: str) -> str:
    """A text as a YAML scalar that every YAML reader takes for text."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS_OF_YAML:
        return text
    if all(char.isprintable() for char in text):
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(map(_escape, text)) + '"'


def _escape(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    return char if char.isprintable() else f"\\U{ord(char):08X}"


def write_draft(draft: Draft, folder: Path, lang: str) -> list[str]:
    """Write the files of a draft into a folder that exists.

    Returns:
        Names of the files: lists and rules, and one per intent.
    """
    files: list[str] = []
    if draft.lists or draft.rules:
        lines = [f"language: {quoted(lang)}", *_common(draft)]
        files.append("_common.yaml")
        (folder / files[-1]).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    for intent, sentences in draft.intents.items():
        name = _file_name(intent, files)
        lines = [f"language: {quoted(lang)}", "intents:", f"  {quoted(intent)}:", "    data:"]
        lines += _blocks(sentences)
        files.append(name)
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    return files


def _file_name(intent: str, taken: list[str]) -> str:
    plain = _NOT_IN_A_NAME.sub("_", intent).strip("._-")[:80] or "intent"
    name, count = f"{plain}.yaml", 1
    while name.lower() in (other.lower() for other in taken):
        count += 1
        name = f"{plain}_{count}.yaml"
    return name


def _common(draft: Draft) -> Iterator[str]:
    if draft.rules:
        yield "expansion_rules:"
        for name, body in draft.rules.items():
            text = template_text(body)
            yield f"  {quoted(name)}: {quoted(text if text.strip() else '( )')}"
    if draft.lists:
        yield "lists:"
        for name, values in draft.lists.items():
            yield f"  {quoted(name)}:"
            yield from _list(values)


def _list(values: DraftList) -> Iterator[str]:
    if values.range is not None:
        first, last, step = values.range
        yield f"    range: {{from: {first}, to: {last}, step: {step}}}"
    elif not values.values:
        yield "    wildcard: true"
    else:
        yield "    values:"
        for value in values.values:
            words = template_text(value.expression)
            if value.out is None and value.weight == 1:
                yield f"      - {quoted(words)}"
                continue
            yield f"      - in: {quoted(words)}"
            if value.out is not None:
                yield f"        out: {quoted(value.out)}"
            if value.weight != 1:
                yield f"        weight: {number(value.weight)}"


def _blocks(sentences: list[DraftSentence]) -> Iterator[str]:
    """Sentences in their order; a block ends where the fixed slots change."""
    fixed: tuple[tuple[str, str], ...] | None = None
    for sentence in sentences:
        if sentence.fixed != fixed:
            fixed = sentence.fixed
            yield "      - slots:" if fixed else "      - sentences:"
            if fixed:
                yield from (f"          {quoted(key)}: {quoted(value)}" for key, value in fixed)
                yield "        sentences:"
        text = quoted(template_text(sentence.expression))
        if sentence.weight == 1 and not sentence.split:
            yield f"          - {text}"
            continue
        yield f"          - text: {text}"
        if sentence.weight != 1:
            yield f"            weight: {number(sentence.weight)}"
        if sentence.split:
            yield f"            split: {sentence.split}"
