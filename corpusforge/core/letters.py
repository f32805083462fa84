"""Words and numbers letter by letter: the lowest layer of `core.language`'s automaton."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["Letters"]


class Letters:
    """Letter states, numbered in the order of their making.

    Attributes:
        edges: State -> character -> the state after it.
        final: State -> whether a word may end there.
    """

    def __init__(self) -> None:
        self.edges: list[dict[str, int]] = []
        self.final: list[bool] = []

    def state(self) -> int:
        """A new state without edges."""
        self.edges.append({})
        self.final.append(False)
        return len(self.edges) - 1

    def words(self, words: Iterable[str]) -> int:
        """A trie; returns its root."""
        root = self.state()
        for word in words:
            at = root
            for char in word:
                after = self.edges[at].get(char)
                if after is None:
                    after = self.edges[at][char] = self.state()
                at = after
            self.final[at] = True
        return root

    def digits(self, first: int, last: int, step: int) -> list[int]:
        """The numbers first, first + step, ... <= last; one root per number of digits."""
        known: dict[tuple[int, int, bool], int] = {}

        def build(prefix: int, left: int) -> int:
            """State after `prefix` when `left` more digits follow; -1 when no number is there."""
            low, high = prefix * 10**left, (prefix + 1) * 10**left - 1
            if high < first or low > last:
                return -1
            inside = first <= low and high <= last
            # Inside the range only the remainder matters, so long ranges share their states.
            key = (left, (low - first) % step if inside else prefix, inside)
            if key not in known:
                known[key] = leaf(prefix) if left == 0 else branch(prefix, left)
            return known[key]

        def leaf(number: int) -> int:
            if (number - first) % step:
                return -1
            at = self.state()
            self.final[at] = True
            return at

        def branch(prefix: int, left: int) -> int:
            targets = {str(d): build(prefix * 10 + d, left - 1) for d in range(10)}
            targets = {digit: target for digit, target in targets.items() if target >= 0}
            if not targets:
                return -1
            at = self.state()
            self.edges[at].update(targets)
            return at

        roots: list[int] = []
        for length in range(len(str(first)), len(str(last)) + 1):
            root = self.state()
            for digit in range(1 if length > 1 else 0, 10):
                target = build(digit, length - 1)
                if target >= 0:
                    self.edges[root][str(digit)] = target
            roots.append(root)
        return roots
