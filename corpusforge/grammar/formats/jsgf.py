"""JSGF 1.0: public rules are intents, tags that are names are slots, + and * have an end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from corpusforge.core.errors import InputError
from corpusforge.grammar.foreign.format import Format, begins
from corpusforge.grammar.foreign.jsgf_files import ENDINGS, Grammars
from corpusforge.grammar.foreign.jsgf_syntax import (
    Alternatives,
    Expansion,
    Grammar,
    Name,
    Optionally,
    Repeated,
    Rule,
    Series,
    Tagged,
    Token,
    names_in,
)
from corpusforge.grammar.foreign.losses import Kind
from corpusforge.grammar.foreign.model import PART, ForeignPack, Options
from corpusforge.grammar.foreign.nodes import (
    NOTHING,
    Choice,
    Entry,
    Join,
    ListRef,
    Node,
    RuleRef,
    Sentence,
    Words,
    choice,
    join,
    optional,
)
from corpusforge.grammar.foreign.text import files_of

__all__ = ["MAX_REPEATS", "PLUGIN", "read"]

# What may be said any number of times is said at most so often.
MAX_REPEATS = 3
_ENDLESS = Kind("+ and *, any number of times", f"at most {MAX_REPEATS} times")
_CIRCLES = Kind("rules that say themselves again", f"followed {MAX_REPEATS - 1} times")
_NEVER = Kind("alternatives that are never said (VOID, weight 0)", "left out")
_TAGS = Kind("tags that are no names, are around other tags, or of what can be nothing", "left out")
_SLOT = re.compile(r"[^\W\d][\w-]*")
_ASSIGNED = re.compile(
    r"(?:\$\.|out\.)?([^\W\d][\w-]*)\s*[:=]\s*(?:\"([^\"]*)\"|'([^']*)'|([^'\"{}();$=]+?))\s*;?"
)


def read(path: Path, options: Options) -> ForeignPack:
    """A grammar with what it imports, or the grammars of a folder that no other one imports.

    Raises:
        InputError: For what is no JSGF, and for rules and grammars without definition.
    """
    files = files_of(path, ENDINGS, "JSGF")
    loaded = Grammars(files if path.is_dir() else [])
    mains = [loaded.parsed(file) for file in files]
    for grammar in mains:
        loaded.link(grammar)
    if len(mains) > 1:
        imported = {id(g) for main in mains for g in loaded.imports[main.path].values()}
        mains = [main for main in mains if id(main) not in imported] or mains
    pack = ForeignPack(lang=options.lang or next((m.locale for m in mains if m.locale), None))
    compiler = _Compiler(pack, loaded)
    public = [(main, rule) for main in mains for rule in main.rules.values() if rule.public]
    names = [rule.name for _, rule in public]
    for grammar, rule in public:
        once = names.count(rule.name) == 1
        compiler.intent(rule.name if once else f"{grammar.name}.{rule.name}", grammar, rule)
    pack.prune()
    if not pack.intents:
        hint = "expected 'public <name> = words;'"
        raise InputError(f"no public rule in {path} says anything", hint=hint)
    pack.fact("Public rules became intents; a tag that is a name became a slot of that name.")
    return pack


Key = tuple[Path, str]


@dataclass
class _Compiler:
    """Makes nodes of expansions; None stands for what can never be said (<VOID>)."""

    pack: ForeignPack
    grammars: Grammars
    _made: dict[Key, str | None] = field(default_factory=dict)
    _open: list[Key] = field(default_factory=list)
    _circular: dict[Key, bool] = field(default_factory=dict)
    _lists: dict[tuple[str, tuple[Entry, ...]], str] = field(default_factory=dict)
    _tagged_rules: dict[str, bool] = field(default_factory=dict)

    def intent(self, name: str, grammar: Grammar, rule: Rule) -> None:
        """A public rule as an intent; its alternatives are its sentences."""
        body = rule.body
        items = body.items if isinstance(body, Alternatives) else (body,)
        weights = body.weights if isinstance(body, Alternatives) else None
        self._open.append((grammar.path, rule.name))
        nodes = [self._node(item, grammar) for item in items]
        self._open.pop()
        if not weights and None not in nodes:
            nodes = [*self._joined_lists([node for node in nodes if node is not None])]
        shares = weights or [1.0] * len(nodes)
        said = [(n, w) for n, w in zip(nodes, shares, strict=True) if n is not None and w > 0]
        if len(said) < len(nodes):
            what = f"{len(nodes) - len(said)} alternatives of <{rule.name}>"
            self.pack.lose(_NEVER, rule.position, what)
        mean = sum(weight for _, weight in said) / max(len(said), 1)
        for node, weight in said:
            self.pack.add(name, Sentence(node, rule.position, weight / mean if weights else 1.0))

    def _node(self, expansion: Expansion, grammar: Grammar) -> Node | None:
        if isinstance(expansion, Token):
            return Words(expansion.text)
        if isinstance(expansion, Name):
            return self._name(expansion, grammar)
        if isinstance(expansion, Series):
            parts = [self._node(item, grammar) for item in expansion.items]
            known = [part for part in parts if part is not None]
            return _spaced(known) if len(known) == len(parts) else None
        if isinstance(expansion, Alternatives):
            return self._alternatives(expansion, grammar)
        if isinstance(expansion, Optionally):
            item = self._node(expansion.item, grammar)
            return NOTHING if item is None else optional(item)
        if isinstance(expansion, Repeated):
            return self._repeated(expansion, grammar)
        return self._tagged(expansion, grammar)

    def _alternatives(self, expansion: Alternatives, grammar: Grammar) -> Node | None:
        nodes = [self._node(item, grammar) for item in expansion.items]
        shares = expansion.weights or (1.0,) * len(nodes)
        said = [(n, w) for n, w in zip(nodes, shares, strict=True) if n is not None and w > 0]
        if not said:
            return None
        if not expansion.weights:
            return choice(self._joined_lists(list(dict.fromkeys(node for node, _ in said))))
        return choice([node for node, _ in said], [weight for _, weight in said])

    def _joined_lists(self, nodes: list[Node]) -> list[Node]:
        """`red {color} | green {color}` is one list of two colors."""
        found: dict[str, list[ListRef]] = {}
        for node in nodes:
            if isinstance(node, ListRef):
                found.setdefault(node.slot, []).append(node)
        out: list[Node] = []
        for node in nodes:
            same = found[node.slot] if isinstance(node, ListRef) else []
            if len(same) < 2:
                out.append(node)
            elif node is same[0]:
                shown = same[0].list.rpartition(PART)[2]
                entries = [entry for one in same for entry in self._entries(one.list)]
                out.append(ListRef(self._stored(shown, tuple(entries)), same[0].slot))
        return out

    def _entries(self, key: str) -> list[Entry]:
        entries = self.pack.lists[key]
        assert isinstance(entries, list), "tagged words are never ranges"
        return entries

    def _repeated(self, expansion: Repeated, grammar: Grammar) -> Node | None:
        item = self._node(expansion.item, grammar)
        if item is None:
            return None if expansion.least else NOTHING
        sign = "+" if expansion.least else "*"
        self.pack.lose(_ENDLESS, expansion.position, f"'{sign}', any number of times")
        node = item
        for _ in range(MAX_REPEATS - 1):
            node = _spaced([item, optional(node)])
        return node if expansion.least else optional(node)

    def _name(self, name: Name, grammar: Grammar) -> Node | None:
        if name.name in ("NULL", "VOID"):
            return NOTHING if name.name == "NULL" else None
        target, rule = self.grammars.find(name, grammar)
        key = (target.path, rule.name)
        again = len(self._open) - len(set(self._open))
        if key not in self._circular:
            self._circular[key] = self._says(key, rule, target)
        if key in self._open:
            circle = [shown for _, shown in self._open[self._open.index(key) :]]
            what = f"the circle {' -> '.join(f'<{shown}>' for shown in (*circle, rule.name))}"
            if not again:
                self.pack.lose(_CIRCLES, name.position, what)
            if again == MAX_REPEATS - 1:
                return None
        if self._circular[key]:
            # Within a circle a rule is not what it is elsewhere: it ends sooner.
            return self._body(key, rule, target)
        if key not in self._made:
            node = self._body(key, rule, target)
            stored = f"{target.path}{PART}{rule.name}"
            if node is not None:
                self.pack.rules[stored] = node
            self._made[key] = stored if node is not None else None
        made = self._made[key]
        return None if made is None else RuleRef(made)

    def _says(self, key: Key, rule: Rule, grammar: Grammar) -> bool:
        """Whether a rule can come to say itself."""
        waiting, seen = [(rule, grammar)], set[Key]()
        while waiting:
            one, where = waiting.pop()
            for name in names_in(one.body):
                if name.name not in ("NULL", "VOID"):
                    target, found = self.grammars.find(name, where)
                    there = (target.path, found.name)
                    if there == key:
                        return True
                    if there not in seen:
                        seen.add(there)
                        waiting.append((found, target))
        return False

    def _body(self, key: Key, rule: Rule, grammar: Grammar) -> Node | None:
        self._open.append(key)
        node = self._node(rule.body, grammar)
        self._open.pop()
        return node

    def _tagged(self, expansion: Tagged, grammar: Grammar) -> Node | None:
        node = self._node(expansion.item, grammar)
        if node is None:
            return None
        tag, at = expansion.tag, expansion.position
        assigned = _ASSIGNED.fullmatch(tag)
        if not _SLOT.fullmatch(tag) and assigned is None:
            self.pack.lose(_TAGS, at, f"the tag {{{tag}}}, which is no name")
            return node
        slot, value = (tag, None) if assigned is None else (assigned[1], _value(assigned))
        if self._holds_slot(node):
            self.pack.lose(_TAGS, at, f"the tag {{{tag}}} around words that are tagged")
            return node
        filled, percent = _filled(node)
        if filled is None or self.pack.may_be_empty(filled):
            self.pack.lose(_TAGS, at, f"the tag {{{tag}}} of what can be nothing")
            return node
        reference = ListRef(self._list(slot, filled, value), self.pack.slot(slot, at))
        return optional(reference, percent)

    def _list(self, slot: str, node: Node, value: str | None) -> str:
        """A list of the tagged words; the same words with the same tag are the same list."""
        body = self.pack.rules[node.rule] if isinstance(node, RuleRef) else node
        if isinstance(body, Choice) and not self.pack.may_be_empty(body):
            mean = sum(body.weights) / len(body.weights) if body.weights else 1.0
            weights = body.weights or (1.0,) * len(body.items)
            entries = tuple(
                Entry(item, value, weight / mean)
                for item, weight in zip(body.items, weights, strict=True)
            )
        else:
            entries = (Entry(node, value),)
        return self._stored(slot, entries)

    def _stored(self, slot: str, entries: tuple[Entry, ...]) -> str:
        if (slot, entries) not in self._lists:
            number = len(self._lists)
            self._lists[slot, entries] = f"{number}{PART}{slot}"
            self.pack.lists[f"{number}{PART}{slot}"] = list(entries)
        return self._lists[slot, entries]

    def _holds_slot(self, node: Node) -> bool:
        if isinstance(node, ListRef):
            return True
        if isinstance(node, RuleRef):
            if node.rule not in self._tagged_rules:
                self._tagged_rules[node.rule] = self._holds_slot(self.pack.rules[node.rule])
            return self._tagged_rules[node.rule]
        return isinstance(node, Join | Choice) and any(map(self._holds_slot, node.items))


def _spaced(items: Sequence[Node]) -> Node:
    """Items with a space between them."""
    parts: list[Node] = []
    for item in items:
        parts += [Words(" "), item] if parts else [item]
    return join(parts)


def _filled(node: Node) -> tuple[Node | None, float | None]:
    """A node without the choice of nothing, and how often it is chosen; None without odds."""
    if not isinstance(node, Choice) or NOTHING not in node.items:
        return (None if node == NOTHING else node), 100
    kept = [number for number, item in enumerate(node.items) if item != NOTHING]
    items = [node.items[number] for number in kept]
    if node.weights is None:
        return (choice(items) if items else None), None
    weights = [node.weights[number] for number in kept]
    return (choice(items, weights) if items else None), 100 * sum(weights) / sum(node.weights)


def _value(assigned: re.Match[str]) -> str:
    return next(group for group in assigned.groups()[1:] if group is not None).strip()


PLUGIN = Format(
    name="jsgf",
    read=read,
    accepts=begins(r"\A\ufeff?\s*#JSGF", *ENDINGS),
    losses=(_ENDLESS, _CIRCLES, _NEVER, _TAGS),
    example={
        "cafe.jsgf": "#JSGF V1.0;\ngrammar cafe;\npublic <order> = bring [me] <drink> {drink};\n"
        "<drink> = tea | coffee;\n"
    },
)
