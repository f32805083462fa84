"""Which phrases do sentences say outside of their slots?"""

from __future__ import annotations

from collections.abc import Iterable

from corpusforge.grammar.automata import States

__all__ = ["said_plainly"]

# Ends a phrase in the tree of its letters.
_END = ""

_Tree = dict[str, "_Tree | str"]


def said_plainly(phrases: Iterable[str], states: States, roots: Iterable[int]) -> set[str]:
    """The phrases, in lower case, that stand as whole words in sentences of some states.

    Words that are partly in a slot do not count, nor do values of other slots.

    Args:
        phrases: To look for.
        states: Of a builder with labels "values".
        roots: The sentences.
    """
    tree: _Tree = {}
    for phrase in phrases:
        node = tree
        for char in phrase.lower():
            child = node.setdefault(char, {})
            assert isinstance(child, dict)
            node = child
        node[_END] = phrase.lower()
    return _Search(states, tree).of(states.unite(roots)) if tree else set()


class _Search:
    def __init__(self, states: States, tree: _Tree) -> None:
        self._states, self._tree = states, tree
        self._seen: set[tuple[int, int]] = set()
        self._found: set[str] = set()

    def of(self, root: int) -> set[str]:
        """Follow the letters from every place at which a word can begin."""
        begins = {root}
        for state in self._states.reachable(root):
            begins.update(
                target for symbol, target in self._states.arcs[state] if not _in_word(symbol)
            )
        for state in begins:
            self._follow(state, self._tree)
        return self._found

    def _follow(self, state: int, tree: _Tree) -> None:
        waiting = [(state, tree)]
        while waiting:
            state, node = waiting.pop()
            if (state, id(node)) in self._seen:
                continue
            self._seen.add((state, id(node)))
            arcs = self._states.arcs[state]
            phrase = node.get(_END)
            if isinstance(phrase, str) and (
                self._states.final[state] or not all(_in_word(symbol) for symbol, _ in arcs)
            ):
                self._found.add(phrase)
            for symbol, target in arcs:
                after: _Tree | str | None = node if len(symbol) == 1 else None
                for char in symbol.lower() if after else "":
                    after = after.get(char) if isinstance(after, dict) else None
                if isinstance(after, dict):
                    waiting.append((target, after))


def _in_word(symbol: str) -> bool:
    return len(symbol) == 1 and symbol.isalnum()
