"""Write what was read as files of our template language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from corpusforge.grammar.foreign.losses import CONTROL, EMPTY
from corpusforge.grammar.foreign.model import ForeignPack
from corpusforge.grammar.foreign.nodes import (
    NOTHING,
    Choice,
    Entry,
    Join,
    ListRef,
    Node,
    RuleRef,
    Sentence,
    ValueRange,
    Words,
)
from corpusforge.grammar.foreign.yaml_text import flow, quoted, scalar, yaml_lines
from corpusforge.grammar.parser import MAX_WEIGHT

__all__ = ["SHARED", "escaped", "pack_files", "template_text"]

SHARED = "_shared.yaml"
_LEAST = 0.01
_SYNTAX = re.compile(r"[()\[\]{}<>|;\\]")
_COLONS = re.compile(r":{2,}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SLUG = re.compile(r"[^a-z0-9]+")


def escaped(text: str) -> str:
    """Literal text in our syntax; two colons could be the weight of an alternative."""
    text = _SYNTAX.sub(lambda found: f"\\{found[0]}", text)
    return _COLONS.sub(lambda found: "\\:" * len(found[0]), text)


def template_text(node: Node, pack: ForeignPack) -> str:
    """A node as a template of our syntax."""
    if isinstance(node, Words):
        return escaped(node.text)
    if isinstance(node, Join):
        return "".join(template_text(item, pack) for item in node.items)
    if isinstance(node, RuleRef):
        # A rule without words cannot be written; what refers to it says nothing there.
        return "" if pack.says_nothing(node) else f"<{pack.rule_name(node.rule)}>"
    if isinstance(node, ListRef):
        name = pack.list_name(node.list)
        if not node.slot:
            return f"{{{name}:@{pack.slot(node.list)}}}"
        return f"{{{name}}}" if name == node.slot else f"{{{name}:{node.slot}}}"
    return _choice_text(node, pack)


def _choice_text(node: Choice, pack: ForeignPack) -> str:
    weights = node.weights
    if weights is not None and len(set(weights)) == 1 and not any(map(_is_choice, node.items)):
        weights = tuple(1.0 for _ in weights)
    if weights is not None:
        scale = _scale(weights)
        shares = zip(node.items, weights, strict=True)
        kept = [f"{template_text(item, pack)}::{_number(w * scale)}" for item, w in shares]
        return f"({'|'.join(kept)})"
    others = [item for item in node.items if item != NOTHING]
    inner = others[0] if len(others) == 1 < len(node.items) else None
    if isinstance(inner, Choice) and inner.weights is None:
        # An optional choice needs one pair of brackets.
        node = Choice((*inner.items, NOTHING))
    texts = list(dict.fromkeys(template_text(item, pack) for item in node.items))
    filled = [text for text in texts if text]
    if not filled:
        return ""
    if len(filled) == len(texts):
        return f"({'|'.join(filled)})" if len(filled) > 1 else filled[0]
    return f"[{'|'.join(filled)}]"


def _is_choice(node: Node) -> bool:
    return isinstance(node, Choice)


def _scale(weights: Sequence[float]) -> float:
    """What brings weights into the limits of our files without another proportion."""
    least, most = min(weights), max(weights)
    if most > MAX_WEIGHT:
        return MAX_WEIGHT / most
    return 1.0 if least >= _LEAST else min(_LEAST / least, MAX_WEIGHT / most)


def _number(weight: float) -> int | float:
    """A weight with six digits; as text it has no exponent."""
    limited = float(f"{max(weight, 1e-4):.6g}")
    return int(limited) if limited.is_integer() else limited


def pack_files(pack: ForeignPack) -> dict[str, str]:
    """File name -> text: one file per intent, and one for what they share."""
    files: dict[str, str] = {}
    scale = _scale([s.weight for sentences in pack.intents.values() for s in sentences] or [1.0])
    lines_of = {
        intent: list(_intent_lines(intent, sentences, pack, scale))
        for intent, sentences in pack.intents.items()
    }
    # The references are written first: what nothing refers to is written all the same.
    shared = list(_shared_lines(pack))
    if shared:
        files[SHARED] = _file(shared, pack)
    taken = {name.lower() for name in (*files, *pack.files)}
    for intent, lines in lines_of.items():
        if lines:
            files[_file_name(intent, taken)] = _file(lines, pack)
    return files | pack.files


def _file(lines: list[str], pack: ForeignPack) -> str:
    head = [f"language: {scalar(pack.lang)}"] if pack.lang else []
    return "\n".join([*head, *lines]) + "\n"


def _file_name(intent: str, taken: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", intent).encode("ascii", "ignore").decode()
    slug = _SLUG.sub("_", plain.lower()).strip("_")[:60] or "intent"
    name, count = f"{slug}.yaml", 1
    while name in taken:
        count += 1
        name = f"{slug}_{count}.yaml"
    taken.add(name)
    return name


@dataclass
class _Block:
    """Sentences that fill the same slots without words."""

    sentences: list[dict[str, Any]] = field(default_factory=list)
    slots: set[str] = field(default_factory=set)

    def lines(self, fixed: tuple[tuple[str, str], ...], pack: ForeignPack) -> Iterator[str]:
        """The block without its dash."""
        weights = {sentence.get("weight", 1) for sentence in self.sentences}
        common = weights.pop() if len(weights) == 1 else 1
        if common != 1:
            yield f"weight: {common}"
        if fixed:
            yield "slots:"
            yield from yaml_lines(dict(fixed), 2)
        roles = {
            slot: {
                key: value
                for key, value in zip(("slot", "role", "group"), pack.roles[slot], strict=True)
                if value
            }
            for slot in sorted(self.slots & pack.roles.keys())
        }
        if roles:
            yield "roles:"
            yield from (f"  {scalar(slot)}: {flow(label)}" for slot, label in roles.items())
        yield "sentences:"
        for sentence in self.sentences:
            kept = {k: v for k, v in sentence.items() if k != "weight" or common == 1}
            text = quoted(kept.pop("text"))
            more = "".join(f", {key}: {value}" for key, value in kept.items())
            yield f"  - {{text: {text}{more}}}" if more else f"  - {text}"


def _intent_lines(
    intent: str, sentences: list[Sentence], pack: ForeignPack, scale: float
) -> Iterator[str]:
    blocks: dict[tuple[tuple[str, str], ...], _Block] = {}
    for sentence in sentences:
        text = _clean(template_text(sentence.words, pack), sentence, pack)
        if not text.strip():
            pack.lose(EMPTY, sentence.position, f"an empty sentence of {intent!r}")
            continue
        if pack.may_be_empty(sentence.words):
            pack.lose(EMPTY, sentence.position, f"nothing at all, as a sentence of {intent!r}")
        written: dict[str, Any] = {"text": text}
        weight = _number(sentence.weight * scale)
        if weight != 1:
            written["weight"] = weight
        if sentence.split is not None:
            written["split"] = sentence.split
        block = blocks.setdefault(sentence.fixed, _Block())
        block.sentences.append(written)
        if pack.roles:
            block.slots |= pack.slots_of(sentence.words)
    if not blocks:
        return
    yield "intents:"
    yield f"  {scalar(intent)}:"
    yield "    data:"
    for fixed, block in blocks.items():
        for number, line in enumerate(block.lines(fixed, pack)):
            yield f"      {'  ' if number else '- '}{line}"


def _clean(text: str, sentence: Sentence, pack: ForeignPack) -> str:
    """White space as single spaces; control characters, which no row may hold, as spaces."""
    if _CONTROL.search(text):
        pack.lose(CONTROL, sentence.position, "a control character in a sentence")
        text = _CONTROL.sub(" ", text)
    return " ".join(text.split())


def _shared_lines(pack: ForeignPack) -> Iterator[str]:
    rules = {pack.rule_name(key): template_text(body, pack) for key, body in pack.rules.items()}
    for name, text in rules.items():
        if _CONTROL.search(text):
            pack.lose(CONTROL, None, f"a control character in the rule {name!r}")
            rules[name] = _CONTROL.sub(" ", text)
    rules = {name: text for name, text in rules.items() if text.strip()}
    lists = {
        pack.list_name(key): _list_body(key, values, pack) for key, values in pack.lists.items()
    }
    if lists:
        yield "lists:"
        for name, body in lists.items():
            yield from yaml_lines({name: body}, 2)
    if rules:
        yield "expansion_rules:"
        for name, text in rules.items():
            yield f"  {scalar(name)}: {quoted(text)}"


def _list_body(key: str, values: list[Entry] | ValueRange, pack: ForeignPack) -> dict[str, Any]:
    if isinstance(values, ValueRange):
        form = {} if values.form == "digits" else {"forms": [values.form]}
        return {"range": {"from": values.first, "to": values.last, **form}}
    at = pack.places.get(key)
    written: list[Any] = []
    scale = _scale([entry.weight for entry in values] or [1.0])
    for entry in values:
        text = template_text(entry.words, pack)
        body = _value(entry, text, scale)
        if body is not None:
            written.append(body)
        if body is None or pack.may_be_empty(entry.words):
            what = f"a value of the list {pack.list_name(key)!r} without words"
            pack.lose(EMPTY, at, what)
        if _CONTROL.search(text) or (entry.value is not None and _CONTROL.search(entry.value)):
            what = f"a control character in a value of the list {pack.list_name(key)!r}"
            pack.lose(CONTROL, at, what)
    if not written and values:
        pack.lose(EMPTY, at, f"all values of the list {pack.list_name(key)!r}", "any words at all")
    return {"values": written} if written else {"wildcard": True}


def _value(entry: Entry, text: str, scale: float) -> Any:
    """A value as YAML holds it; None for one that never says anything."""
    text = " ".join(_CONTROL.sub(" ", text).split())
    if not text:
        return None
    body: dict[str, Any] = {"in": text}
    if entry.value is not None:
        body["out"] = " ".join(_CONTROL.sub(" ", entry.value).split())
    weight = _number(entry.weight * scale)
    if weight != 1:
        body["weight"] = weight
    return body if len(body) > 1 else text
