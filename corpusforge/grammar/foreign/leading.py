"""Change how a node begins: the case of its first letter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from corpusforge.grammar.foreign.losses import Kind
from corpusforge.grammar.foreign.model import ForeignPack
from corpusforge.grammar.foreign.nodes import (
    NOTHING,
    Choice,
    Entry,
    Join,
    ListRef,
    Node,
    RuleRef,
    Words,
    choice,
    join,
)

__all__ = ["CASED_VALUES", "Leading", "lower", "upper"]

CASED_VALUES = Kind(
    "values of choices whose first letter changes (&)", "the words as they are said"
)
# A value that can be said in so many ways is written out, so that each keeps its value.
MAX_SAID = 500
Change = Callable[[str], str]


def lower(text: str) -> str:
    """The first letter in lower case."""
    start = len(text) - len(text.lstrip())
    return text[:start] + text[start : start + 1].lower() + text[start + 1 :]


def upper(text: str) -> str:
    """The first letter in upper case."""
    start = len(text) - len(text.lstrip())
    return text[:start] + text[start : start + 1].upper() + text[start + 1 :]


class Leading:
    """Changes beginnings; what it makes of rules and lists is added to the pack."""

    def __init__(self, pack: ForeignPack) -> None:
        self._pack = pack

    def cased(self, node: Node) -> Node:
        """The node with its first letter in lower and in upper case."""
        low, high = (self._case(node, change) for change in (lower, upper))
        if not isinstance(low, Join) or not isinstance(high, Join):
            return choice(list(dict.fromkeys((low, high))))
        # What both end with is written once.
        same = 0
        while same < min(len(low.items), len(high.items)) - 1 and (
            low.items[-1 - same] == high.items[-1 - same]
        ):
            same += 1
        ends = low.items[len(low.items) - same :]
        firsts = [join(both.items[: len(both.items) - same]) for both in (low, high)]
        return join([choice(list(dict.fromkeys(firsts))), *ends])

    def entries(self, entry: Entry, changes: Sequence[Change]) -> Iterator[Entry]:
        """A value with its beginning changed; the canonical value stays."""
        value = entry.value
        if value is None and isinstance(entry.words, Words):
            value = " ".join(entry.words.text.split())
        if value is None:
            said = self._pack.said(entry.words, MAX_SAID)
            if said is not None:
                for text in said:
                    yield from self.entries(Entry(Words(text), None, entry.weight), changes)
                return
        seen: set[Node] = set()
        for change in changes:
            words = self._case(entry.words, change)
            if words not in seen:
                seen.add(words)
                same = isinstance(words, Words) and words.text == value
                yield Entry(words, None if same else value, entry.weight)

    def _case(self, node: Node, change: Change) -> Node:
        def begin(part: Node) -> Node:
            if isinstance(part, Words):
                return Words(change(part.text))
            if isinstance(part, ListRef):
                return ListRef(self._cased_list(part.list, change), part.slot)
            return part

        return self._at_start(node, begin)

    def _cased_list(self, key: str, change: Change) -> str:
        values = self._pack.lists[key]
        if not isinstance(values, list):
            return key  # numbers have no case
        cased = [made for entry in values for made in self.entries(entry, (change,))]
        if cased == values:
            return key
        made = f"{key}.{change.__name__}"
        if made not in self._pack.lists:
            self._pack.lists[made] = cased
            self._pack.fact(
                "A slot whose first letter changes (&) takes its values from a list of its own, "
                f"for example {self._pack.list_name(made)!r}."
            )
            if any(e.value is None and not isinstance(e.words, Words) for e in cased):
                self._pack.lose(
                    CASED_VALUES,
                    self._pack.places.get(key),
                    f"the values of {self._pack.list_name(key)!r} before their case changes",
                )
        return made

    def _at_start(self, node: Node, begin: Callable[[Node], Node]) -> Node:
        """The node with its first part that says something changed, in every way to say it."""
        if isinstance(node, Choice):
            return choice([self._at_start(item, begin) for item in node.items], node.weights)
        if isinstance(node, RuleRef):
            return self._at_start(self._pack.rules[node.rule], begin)
        if not isinstance(node, Join):
            return node if node == NOTHING else begin(node)
        first, rest = node.items[0], join(node.items[1:])
        if isinstance(first, Words) and not first.text.strip():
            return join([first, self._at_start(rest, begin)])
        if not self._pack.may_be_empty(first):
            return join([self._at_start(first, begin), rest])
        if isinstance(first, RuleRef):
            first = self._pack.rules[first.rule]
        if isinstance(first, Choice):
            made = [self._at_start(join([item, rest]), begin) for item in first.items]
            return choice(made, first.weights)
        assert isinstance(first, Join), "only choices and what holds them can be empty"
        return self._at_start(join([*first.items, rest]), begin)
