"""The compiled grammar: is a text in the language of the recipe's templates?

A grammar is a small graph of nodes (words, sequences, choices, orders, slots, digits) over
folded text, shared by all templates. It is matched as a recursive automaton that is made
deterministic lazily: a state is the set of places the grammar can be in, and both states and
the steps between them are kept, so that a text costs one dictionary look-up per character once
its neighbourhood has been seen.

Where a slot stands, both its symbol `{name}` and each of its values are accepted, so the same
automaton answers for delexicalised and for plain texts. Where values must be equal or different, a
symbol may stand for any value. White space and punctuation of the templates are matched the way
`core.text.fold` writes them: any run of separators is one space, none at the ends.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpusforge.core.errors import RunError
from corpusforge.core.language_readings import LanguageReading, can_be_read, read
from corpusforge.core.letters import Letters
from corpusforge.core.text import SLOT_PATTERN

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Language", "LanguageNode", "LanguageReading"]

FORMAT = 1
# A state costs some 2 kB; beyond this many the tables start anew, so memory stays bounded.
MAX_STATES = 50_000

LanguageNode = tuple[Any, ...]
"""One node, children given by their index in the node table (children come first):

("words", (word, ...))          one of the words; " " inside a word is a separator
("sequence", (node, ...))       one after the other
("choice", (node, ...))         one of them
("order", (node, ...))          all of them in any order
("slot", name, node, edges)     a slot: its symbol, or node (-1: a wildcard, symbol only); `edges`
                                are the forms of the symbol: "{}", " {}", "{} " and " {} "
("digits", first, last, step)   the decimal digits of first, first + step, ... last; 0 <= first
("obeying", node, constraints)  at the root only: readings that obey ((kind, (label, ...)), ...),
                                kind "equal" or "different"; its slots of these labels have two
                                more items: label, and ((folded words, (value, ...)), ...)
"""


class Language:
    """The language of a grammar, over folded and folded delexicalised texts.

    Args:
        nodes: Node table, children before parents.
        intents: Intent -> the nodes of its templates.
    """

    def __init__(self, nodes: Sequence[LanguageNode], intents: Mapping[str, Sequence[int]]) -> None:
        self._nodes = tuple(nodes)
        self._intents = {name: tuple(roots) for name, roots in intents.items()}
        self._names = tuple(self._intents)
        slots = dict.fromkeys(node[1] for node in self._nodes if node[0] == "slot")
        # One private-use character per slot: not a word character, so no folded text holds one.
        self._symbols = {name: chr(0xF0000 + index) for index, name in enumerate(slots)}
        self._letters = Letters()
        self._compiled = [self._compile(node) for node in self._nodes]
        self._reset()

    @property
    def intents(self) -> tuple[str, ...]:
        """Names of all intents."""
        return self._names

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of all slots."""
        return tuple(self._symbols)

    def contains(self, text: str, intent: str | None = None) -> bool:
        """Say whether a text is in the language.

        Args:
            text: Folded text (`fold`), or folded delexicalised text (`fold_delexicalised`).
            intent: Ask for this intent only; None = for any.
        """
        accepted = self._accepted(text)
        if intent is None:
            return bool(accepted)
        return any(self._names[number] == intent for number in accepted)

    def contains_many(
        self, texts: Iterable[str], intent: str | None = None
    ) -> npt.NDArray[np.bool_]:
        """`contains` for each text, shape [texts]."""
        import numpy as np

        return np.array([self.contains(text, intent) for text in texts], dtype=np.bool_)

    def intents_of(self, text: str) -> tuple[str, ...]:
        """The intents whose templates can say the text, in the order of the grammar."""
        return tuple(self._names[number] for number in self._accepted(text))

    def readings(self, text: str) -> tuple[LanguageReading, ...]:
        """All ways to read a text, with the spans of their slots; () where it is not a member.

        Args:
            text: NFC text as written, not folded.
        """
        return read(self._nodes, self._intents, text)

    def save(self, path: Path) -> None:
        """Write as JSON; the same grammar gives the same bytes."""
        content = {
            "format": FORMAT,
            "intents": {name: list(roots) for name, roots in self._intents.items()},
            "nodes": self._nodes,
        }
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        temporary = path.with_name(f".{path.name}.tmp")
        temporary.write_text(text + "\n", encoding="utf-8")
        temporary.replace(path)

    @classmethod
    def load(cls, path: Path) -> Language:
        """Read what `save` wrote.

        Raises:
            RunError: When the file is missing, broken or of another format.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RunError(
                f"{path} cannot be read ({error}); delete {path.parent} and run again"
            ) from error
        if content.get("format") != FORMAT:
            raise RunError(f"{path} is of another version; delete {path.parent} and run again")
        return cls([_tuples(node) for node in content["nodes"]], content["intents"])

    # -- matching ---------------------------------------------------------------------------
    # A place in the grammar is (letter state, frame): where in a word, and what follows it.
    # A frame is (node, mask, next frame): node still to be matched, then the next frame; for
    # an order, mask holds the parts already used. Frame -1 - i accepts for intent i.
    # A state of the deterministic automaton is the set of places after a character.

    def _reset(self) -> None:
        self._frames: list[tuple[int, int, int]] = []
        self._frame_ids: dict[tuple[int, int, int], int] = {}
        self._steps: list[dict[str, int]] = []
        self._moves: list[dict[str, list[tuple[int, int]]]] = []
        self._accepts: list[tuple[int, ...]] = []
        self._ids: dict[frozenset[tuple[int, int]], int] = {}
        self._after_space: dict[frozenset[tuple[int, int]], int] = {}
        # Intents come first; behind them, by root, what has to be read to know.
        self._to_read: list[tuple[int, int]] = []
        roots = [
            self._frame(root, 0, -1 - self._accept(number, root))
            for number, name in enumerate(self._names)
            for root in self._intents[name]
        ]
        # State 0 is the dead end, state 1 the start: folded text is stripped, so separators at
        # the start are free, as they are after a space.
        self._new_state({}, ())
        moves, accepts = self._expand([], roots)
        self._start = self._new_state(self._past_separators(moves), accepts)

    def _accepted(self, text: str) -> tuple[int, ...]:
        if "{" in text:
            text = SLOT_PATTERN.sub(self._symbol, text)
        if not text or text[-1] == " ":
            return ()  # not a folded text of a row
        if len(self._steps) > MAX_STATES:
            self._reset()
        state = self._start
        for char in text:
            following = self._steps[state].get(char)
            if following is None:
                following = self._step(state, char)
            if not following:
                return ()
            state = following
        accepts = self._accepts[state]
        if accepts and accepts[-1] >= len(self._names):
            return tuple(sorted(self._obeying(accepts, text)))
        return accepts

    def _accept(self, intent: int, root: int) -> int:
        """The number that a root accepts with."""
        if self._nodes[root][0] != "obeying":
            return intent
        self._to_read.append((intent, root))
        return len(self._names) + len(self._to_read) - 1

    def _obeying(self, accepts: Sequence[int], text: str) -> set[int]:
        """The intents that accept a text, constraints looked at."""
        size = len(self._names)
        found = {number for number in accepts if number < size}
        for number in accepts[len(found) :]:
            intent, root = self._to_read[number - size]
            if intent not in found and can_be_read(self._nodes, root, text, self._symbols):
                found.add(intent)
        return found

    def _symbol(self, match: Any) -> str:
        # An unknown slot becomes a character that nothing matches.
        return self._symbols.get(match.group(1), "\ufffe")

    def _step(self, state: int, char: str) -> int:
        places = self._moves[state].get(char)
        following = 0
        if places:
            key = frozenset(places)
            table = self._after_space if char == " " else self._ids
            following = table.get(key, 0)
            if not following:
                moves, accepts = self._expand(key, ())
                if char == " ":
                    moves = self._past_separators(moves)
                following = table[key] = self._new_state(moves, accepts)
        self._steps[state][char] = following
        return following

    def _new_state(self, moves: dict[str, list[tuple[int, int]]], accepts: tuple[int, ...]) -> int:
        self._steps.append({})
        self._moves.append(moves)
        self._accepts.append(accepts)
        return len(self._steps) - 1

    def _expand(
        self, places: Iterable[tuple[int, int]], frames: Iterable[int]
    ) -> tuple[dict[str, list[tuple[int, int]]], tuple[int, ...]]:
        """Characters that may follow, and intents accepted, also behind trailing separators."""
        moves: dict[str, list[tuple[int, int]]] = {}
        accepted = self._reach(places, frames, moves)
        tail: Any = moves.get(" ")
        seen: set[tuple[int, int]] = set()
        while tail:
            seen.update(tail)
            behind: dict[str, list[tuple[int, int]]] = {}
            accepted |= self._reach(tail, (), behind)
            tail = [place for place in behind.get(" ", ()) if place not in seen]
        return moves, tuple(sorted(accepted))

    def _past_separators(
        self, moves: dict[str, list[tuple[int, int]]]
    ) -> dict[str, list[tuple[int, int]]]:
        """Moves when any number of further separators is free."""
        merged = {char: list(places) for char, places in moves.items() if char != " "}
        tail = moves.get(" ")
        seen: set[tuple[int, int]] = set()
        while tail:
            seen.update(tail)
            behind: dict[str, list[tuple[int, int]]] = {}
            self._reach(tail, (), behind)
            tail = [place for place in behind.pop(" ", ()) if place not in seen]
            for char, places in behind.items():
                merged.setdefault(char, []).extend(places)
        return merged

    def _reach(
        self,
        places: Iterable[tuple[int, int]],
        frames: Iterable[int],
        moves: dict[str, list[tuple[int, int]]],
    ) -> set[int]:
        """Follow everything that takes no character; adds to `moves`, returns accepted intents."""
        accepted: set[int] = set()
        edges, final = self._letters.edges, self._letters.final
        waiting = list(frames)
        seen = set(waiting)

        def arrive(letter: int, frame: int) -> None:
            for char, target in edges[letter].items():
                moves.setdefault(char, []).append((target, frame))
            if final[letter] and frame not in seen:
                seen.add(frame)
                waiting.append(frame)

        for letter, frame in places:
            arrive(letter, frame)
        while waiting:
            frame = waiting.pop()
            if frame < 0:
                accepted.add(-1 - frame)
                continue
            node, mask, following = self._frames[frame]
            kind, content = self._compiled[node]
            if kind == "words":
                for root in content:
                    arrive(root, following)
                continue
            if kind == "slot":
                arrive(content[0], following)
                content = content[1:] if content[1] >= 0 else ()
                kind = "choice"
            for after in self._enter(kind, content, node, mask, following):
                if after not in seen:
                    seen.add(after)
                    waiting.append(after)
        return accepted

    def _enter(self, kind: str, content: Any, node: int, mask: int, following: int) -> list[int]:
        """Frames that a frame opens into."""
        if kind == "choice":
            return [self._frame(child, 0, following) for child in content]
        if kind == "sequence":
            for child in reversed(content):
                following = self._frame(child, 0, following)
            return [following]
        opened: list[int] = []
        for index, child in enumerate(content):  # order
            if not mask >> index & 1:
                used = mask | 1 << index
                rest = (
                    following
                    if used + 1 == 1 << len(content)
                    else self._frame(node, used, following)
                )
                opened.append(self._frame(child, 0, rest))
        return opened

    def _frame(self, node: int, mask: int, following: int) -> int:
        key = (node, mask, following)
        found = self._frame_ids.get(key)
        if found is None:
            found = self._frame_ids[key] = len(self._frames)
            self._frames.append(key)
        return found

    def _compile(self, node: LanguageNode) -> tuple[str, Any]:
        kind = node[0]
        if kind == "words":
            return "words", (self._letters.words(node[1]),)
        if kind == "digits":
            return "words", tuple(self._letters.digits(*node[1:]))
        if kind == "obeying":
            return "choice", node[1:2]
        if kind == "slot":
            _, name, child, edges = node[:4]
            symbol = self._symbols[name]
            return "slot", (self._letters.words(e.replace("{}", symbol) for e in edges), child)
        return kind, node[1]


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
