"""hassil over one language of Home Assistant's templates: what it reads, what its sampler says.

Sentences come from a folder of templates (`home-assistant/intents`) or from the wheel
`home-assistant-intents`. What the house must look like (contexts, keywords) is left out: it is
not in the words.
"""

from __future__ import annotations

import re
import signal
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from corpusforge.grammar.pack import Template

if TYPE_CHECKING:
    from hassil.expression import Expression
    from hassil.intents import IntentData, Intents, SlotList

__all__ = [
    "Hassil",
    "Reading",
    "SamplerLanguage",
    "SlowError",
    "folder_languages",
    "folder_templates",
    "host_names",
]

_HOUSE = ("requires_context", "excludes_context", "required_keywords")
_MISSING = {
    "name": ["bedroom lamp", "kitchen switch"],
    "area": ["garage"],
    "floor": ["first floor"],
}
"""For languages whose fixtures lack one of them."""
Reading = tuple[str, tuple[tuple[str, str], ...]]


class SlowError(Exception):
    """hassil took too long."""


def _alarm(*_: object) -> None:
    raise SlowError


def read_yaml(file: Path) -> dict[str, Any]:
    """The content of a YAML file; an empty one is {}."""
    return yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader) or {}


def folder_templates(folder: Path, lang: str) -> dict[str, Any]:
    """All templates of a language in one mapping, as hassil's own loader merges files.

    Args:
        folder: ha_intents.
        lang: Name of its folder.
    """
    from hassil.util import merge_dict

    merged: dict[str, Any] = {}
    for kind in (f"rules/{lang}", f"lists/{lang}", "lists"):
        for file in sorted((folder / kind).glob("*.yaml")):
            merge_dict(merged, read_yaml(file))
    for file in sorted((folder / "sentences" / lang).rglob("*.yaml")):
        content = read_yaml(file)
        if "data" in content:  # the newer layout: the folder is the intent
            content = {
                **{key: value for key, value in content.items() if key != "data"},
                "intents": {file.parent.name: {"data": content["data"]}},
            }
        merge_dict(merged, content)
    merged.setdefault("language", lang)
    return merged


def folder_languages(folder: Path) -> list[str]:
    """Languages of the folder; four more are placeholders without any sentence."""

    def speaks(merged: Mapping[str, Any]) -> bool:
        blocks = [block for body in merged.get("intents", {}).values() for block in body["data"]]
        return any(block.get("sentences") for block in blocks)

    names = sorted(path.name for path in (folder / "sentences").iterdir() if path.is_dir())
    return [name for name in names if speaks(folder_templates(folder, name))]


def host_names(fixtures: Path) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Names of devices, areas and floors: all, and those that the fixtures of tests lack."""
    content = read_yaml(fixtures) if fixtures.exists() else {}
    names = {"name": "entities", "area": "areas", "floor": "floors"}
    found: dict[str, list[str]] = {}
    for name, key in names.items():
        found[name] = [str(entry["name"]) for entry in content.get(key) or [] if "name" in entry]
    lacking = {name: _MISSING[name] for name, said in found.items() if not said}
    return {**found, **lacking}, lacking


class Hassil:
    """hassil over one language.

    Args:
        merged: Its templates.
        lang: Language.
        said: List that the host fills -> its values, which may be templates.
        limit_s: For one sentence.
    """

    def __init__(
        self,
        merged: Mapping[str, Any],
        lang: str,
        said: Mapping[str, Sequence[str]],
        limit_s: float,
    ) -> None:
        from hassil.intents import Intents, TextSlotList

        self._limit_s, self._lang = limit_s, lang
        for intent in merged.get("intents", {}).values():
            for block in intent["data"]:
                for key in _HOUSE:
                    block.pop(key, None)
        self._all = Intents.from_dict({"intents": {}, **merged})
        self.names = frozenset(
            text for texts in said.values() for text in texts if re.search(r"[\[(<|]", text)
        )
        self._mended: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
        self._hosted: dict[str, SlotList] = {
            name: TextSlotList.from_strings(texts, allow_template=True)
            for name, texts in said.items()
        }

    def readings(self, text: str, intent: str = "") -> set[Reading]:
        """All readings; with `intent` only those of that intent.

        Raises:
            SlowError: After the limit.
        """
        chosen = self._all
        if intent:
            chosen = self._with({intent: self._all.intents[intent]})
        return self._read(text, chosen)

    def template_readings(self, text: str, template: Template) -> set[Reading]:
        """All readings by one template."""
        from hassil.intents import Intent

        intent = Intent(template.intent, [self.block(template)])
        return self._read(text, self._with({template.intent: intent}))

    def mended_readings(self, text: str, template: Template, fault: str) -> set[Reading]:
        """Readings by one template after a fault of the recogniser is gone round.

        Args:
            text: A sentence.
            template: Its template.
            fault: With "empty" in it: the recogniser passes no empty alternative, as in "(a|b|)";
                they become empty texts. With "spaces": it asks for white space of the template
                that it has taken out of the sentence; all of it becomes optional.
        """
        from hassil.expression import Sentence
        from hassil.intents import Intent

        if fault not in self._mended:
            lists = {**self._all.slot_lists, **self._hosted}
            rules = {
                name: Sentence(_mended(rule.expression, fault))
                for name, rule in self._all.expansion_rules.items()
            }
            self._mended[fault] = (_mended_lists(lists, fault), rules)
        lists, rules = self._mended[fault]
        block = self.block(template)
        for sentence in block.sentences:
            sentence.expression = _mended(sentence.expression, fault)
        for name, rule in block.expansion_rules.items():
            block.expansion_rules[name] = Sentence(_mended(rule.expression, fault))
        block.slot_lists.update(_mended_lists(block.slot_lists, fault))
        whole = self._with({template.intent: Intent(template.intent, [block])})
        whole.slot_lists, whole.expansion_rules = lists, rules
        return self._read(text, whole, hosted=False)

    def block(self, template: Template) -> IntentData:
        """A block with this one sentence."""
        from hassil.intents import Intents

        path = template.source.path
        block: Any = template.source.document.value
        for step in path[: path.index("sentences")]:
            block = block[step]
        kept = {key: value for key, value in block.items() if key not in _HOUSE}
        kept["sentences"] = [template.sentence]
        whole = {"language": self._lang, "intents": {"one": {"data": [kept]}}}
        return Intents.from_dict(whole).intents["one"].data[0]

    def sampler(self, template: Template) -> SamplerLanguage:
        """What its sampler can say with a template."""
        block = self.block(template)
        return SamplerLanguage(
            block.sentences[0].expression,
            {**self._all.slot_lists, **self._hosted, **block.slot_lists},
            {**self._all.expansion_rules, **block.expansion_rules},
        )

    def _with(self, intents: Mapping[str, Any]) -> Intents:
        from dataclasses import replace

        return replace(self._all, intents=dict(intents))

    def _read(self, text: str, intents: Intents, *, hosted: bool = True) -> set[Reading]:
        from hassil import recognize_all

        signal.signal(signal.SIGALRM, _alarm)
        signal.setitimer(signal.ITIMER_REAL, self._limit_s)
        try:
            return {
                (
                    found.intent.name,
                    tuple(
                        sorted((e.name, plain_number(str(e.value))) for e in found.entities_list)
                    ),
                )
                for found in recognize_all(
                    text,
                    intents,
                    slot_lists=self._hosted if hosted else None,
                    language=self._lang,
                )
            }
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


def plain_number(text: str) -> str:
    """A number in one way of writing; other text as it is."""
    try:
        return f"{float(text):g}"
    except ValueError:
        return text


def _mended(node: Any, fault: str) -> Any:
    """A copy of an expression of hassil's without what a fault of its recogniser needs."""
    from copy import copy

    from hassil.expression import Alternative, Sequence, TextChunk

    if isinstance(node, TextChunk):
        if "spaces" not in fault or node.text == node.text.strip():
            return node
        free = Alternative([TextChunk(" "), TextChunk("")])
        words = [TextChunk(word) for word in node.text.split()]
        return Sequence([free, *(part for word in words for part in (word, free))])
    if not hasattr(node, "items"):
        return node
    mended = copy(node)
    mended.items = [_mended(item, fault) for item in node.items]
    if "empty" in fault and not mended.items:
        mended.items = [TextChunk("")]
    return mended


def _mended_lists(lists: Mapping[str, SlotList], fault: str) -> dict[str, Any]:
    from dataclasses import replace

    from hassil.intents import TextSlotList

    return {
        name: (
            replace(
                values,
                values=[replace(v, text_in=_mended(v.text_in, fault)) for v in values.values],
            )
            if isinstance(values, TextSlotList)
            else values
        )
        for name, values in lists.items()
    }


class SamplerLanguage:
    """The texts that `hassil.sample` writes for a template, without writing them all.

    Args:
        expression: A template as hassil parsed it.
        lists: Lists that it may name.
        rules: Rules that it may name.
    """

    def __init__(
        self, expression: Expression, lists: Mapping[str, SlotList], rules: Mapping[str, Any]
    ) -> None:
        self._expression, self._lists, self._rules = expression, lists, rules

    def __contains__(self, text: str) -> bool:
        self._text = " ".join(text.split())
        self._known: dict[tuple[int, int], frozenset[int]] = {}
        return len(self._text) in self._ends(self._expression, 0)

    def _ends(self, node: Any, at: int) -> frozenset[int]:
        key = (id(node), at)
        if key not in self._known:
            self._known[key] = frozenset(self._follow(node, at))
        return self._known[key]

    def _follow(self, node: Any, at: int) -> set[int]:
        kind = type(node).__name__
        if kind == "TextChunk":
            end = self._words(unicodedata.normalize("NFC", node.original_text), at)
            return set() if end is None else {end}
        if kind == "Sequence":
            ends = {at}
            for item in node.items:
                ends = {end for place in ends for end in self._ends(item, place)}
            return ends
        if kind == "Alternative":
            return {end for item in node.items for end in self._ends(item, at)}
        if kind == "Permutation":
            return self._order(tuple(node.items), at)
        if kind == "RuleReference":
            return set(self._ends(self._rules[node.rule_name].expression, at))
        return self._list(node, at)

    def _order(self, items: tuple[Any, ...], at: int) -> set[int]:
        if not items:
            return {at}
        return {
            end
            for index, item in enumerate(items)
            for middle in self._ends(item, at)
            for end in self._order((*items[:index], *items[index + 1 :]), middle)
        }

    def _list(self, node: Any, at: int) -> set[int]:
        from hassil.intents import RangeSlotList, TextSlotList

        values = self._lists.get(node.list_name)
        if values is None:
            first, last, step = node.get_inline_range()
            numbers = [str(number) for number in range(first, last + 1, step)]
        elif isinstance(values, TextSlotList):
            return {end for value in values.values for end in self._ends(value.text_in, at)}
        else:
            assert isinstance(values, RangeSlotList), "wildcards are not sampled"
            numbers = [str(number) for number in values.get_numbers()]
        return {at + len(number) for number in numbers if self._text.startswith(number, at)}

    def _words(self, words: str, at: int) -> int | None:
        """White space is squeezed: one space, none at the ends, none behind another."""
        text = self._text
        for char in words:
            if at < len(text) and (text[at] == char or (char.isspace() and text[at] == " ")):
                at += 1
            elif not char.isspace() or not (at in (0, len(text)) or text[at - 1] == " "):
                return None
        return at
