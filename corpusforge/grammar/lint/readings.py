"""Texts with two readings: a search in pairs of automaton states, list values spelled out.

A reading is a labelled sentence: which characters belong to which slot, with which value. Two
readings of one text part at some place (`births`); from there both are followed character by
character until they meet again or both end. Case does not count. Lists without values (wildcards)
and lists longer than MAX_SPELLED are one symbol each, which is only read as itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from corpusforge.grammar.automata import States
from corpusforge.grammar.automaton_builder import Filler
from corpusforge.grammar.lint.obeying import sliced
from corpusforge.grammar.list_tables import ListTable

__all__ = ["MAX_SPELLED", "Birth", "Move", "Pair", "Readings", "Step", "TooManyError"]

# Longer lists stay one symbol: a table of letters for each would be larger than the automata.
MAX_SPELLED = 5_000
# Constraints cut lists into slices, each with letters of its own: so many take some seconds.
MAX_SLICED_LETTERS = 300_000

Place = tuple[int, int]
"""State of the automaton, and 0; or, inside a value, the state behind it and the letter node."""

Pair = tuple[Place, Place, bool]
"""Where two readings of one text are, and whether they differ."""


class TooManyError(Exception):
    """The search was given up at its limit."""


class Move(NamedTuple):
    """One step of a reading.

    Attributes:
        place: Where it leads.
        begun: Slot that begins with this character; None where none does.
        ended: Canonical value, in lower case, of the slot that ends with it; None where none does.
        symbol: What was left of the automaton; "" inside a value.
    """

    place: Place
    begun: str | None
    ended: str | None
    symbol: str


class Step(NamedTuple):
    """One character, and how each of the two readings reads it."""

    text: str
    first: Move
    second: Move


class Birth(NamedTuple):
    """Where two readings part.

    Attributes:
        state: Up to this state of the automaton they agree.
        symbol: Then both read a value of this symbol as far as `word`; "" where there is none.
        word: See above; one of the two ends its value behind it.
        step: Without a symbol: what they do next.
        pair: Where they then are.
    """

    state: int
    symbol: str
    word: str
    step: Step | None
    pair: Pair


class Readings:
    """Searches for texts with two readings.

    Args:
        states: Labelled with "values", folded.
        fillers: Of the builder of these states.
        limit: Pairs of places that one search may look at.
    """

    def __init__(self, states: States, fillers: Mapping[str, Filler], limit: int) -> None:
        self._states, self._fillers = states, fillers
        self.limit = limit
        self._letters: list[dict[str, int]] = [{}]
        self._ends: list[str | None] = [None]
        self._words: list[str] = [""]
        self._tries: dict[str, int] = {}
        self._sliced = 0
        self._tables: dict[tuple[int, int, int], int] = {}
        self._moves: dict[Place, dict[str, list[Move]]] = {}
        self._forked: dict[int, list[int]] = {}
        self._dead: set[Pair] = set()

    def births(self, root: int) -> Iterator[Birth]:
        """All places at which two readings part, each once.

        Raises:
            TooManyError: Where lists are cut into too many slices to spell them out.
        """
        seen: set[Place] = set()
        for state in self._states.reachable(root):
            slots = [arc for arc in self._states.arcs[state] if len(arc[0]) > 1]
            if not slots:
                continue
            for char, moves in self._from((state, 0)).items():
                for index, one in enumerate(moves):
                    for two in moves[index + 1 :]:
                        pair = self._pair(one, two, False)
                        if pair is not None:
                            yield Birth(state, "", "", Step(char, one, two), pair)
            for symbol, target in slots:
                for node in self._forks(symbol):
                    if (target, node) not in seen:
                        seen.add((target, node))
                        pair = ((target, node), (target, 0), True)
                        yield Birth(state, symbol, self._words[node], None, pair)

    def search(self, start: Pair) -> list[Step] | None:
        """Steps from a pair to one where both readings have ended or met; None without any.

        Raises:
            TooManyError: At the limit, or as `births`.
        """
        parents: dict[Pair, tuple[Pair, Step] | None] = {start: None}
        dead = start in self._dead or not (start[0][0] and start[1][0])  # state 0 says nothing
        stack = [] if dead else [start]
        while stack:
            pair = stack.pop()
            if self._met(pair):
                return self._trail(parents, pair)
            if len(parents) > self.limit:
                raise TooManyError
            for step, following in self._steps(pair):
                if following not in parents and following not in self._dead:
                    parents[following] = (pair, step)
                    stack.append(following)
        self._dead.update(parents)
        return None

    def rest(self, place: Place) -> tuple[str, int]:
        """A rest of the value at a place, and the state behind it."""
        state, node = place
        text = ""
        while node and self._ends[node] is None:
            char, node = next(iter(self._letters[node].items()))
            text += char
        return text, state

    def value(self, symbol: str, words: str) -> str:
        """The canonical value of words of a slot."""
        node = self._trie(symbol)
        for char in words if node else "":
            node = self._letters[node].get(char, 0)
        return self._ends[node] or words

    def _met(self, pair: Pair) -> bool:
        first, second, differ = pair
        if not differ:
            return False
        final = self._states.final
        ended = not first[1] and not second[1] and final[first[0]] and final[second[0]]
        return first == second or ended

    @staticmethod
    def _trail(parents: Mapping[Pair, tuple[Pair, Step] | None], pair: Pair) -> list[Step]:
        steps: list[Step] = []
        while (parent := parents[pair]) is not None:
            pair, step = parent
            steps.append(step)
        return steps[::-1]

    def _steps(self, pair: Pair) -> Iterator[tuple[Step, Pair]]:
        first, second, differ = pair
        ones, twos = self._from(first), self._from(second)
        chars = ones.keys() & twos.keys() if len(ones) > 1 < len(twos) else ones
        for char in sorted(chars):  # the order of a set changes from run to run
            if char in twos:
                for one in ones[char]:
                    for two in twos[char]:
                        following = self._pair(one, two, differ)
                        if following is not None:
                            yield Step(char, one, two), following

    @staticmethod
    def _pair(one: Move, two: Move, differ: bool) -> Pair | None:
        differ = differ or one.begun != two.begun or one.ended != two.ended
        if one.place == two.place and not differ:
            return None  # one reading, which is followed elsewhere
        return one.place, two.place, differ

    def _from(self, place: Place) -> dict[str, list[Move]]:
        known = self._moves.get(place)
        if known is None:
            known = self._moves[place] = {}
            state, node = place
            if node:
                for char, child in self._letters[node].items():
                    known[char] = self._inside(child, state, None, "")
            else:
                for symbol, target in self._states.arcs[state]:
                    self._leave(symbol, target, known)
        return known

    def _leave(self, symbol: str, target: int, known: dict[str, list[Move]]) -> None:
        """Add what can be read when a state is left by one of its arcs."""
        if len(symbol) == 1:
            known.setdefault(symbol, []).append(Move((target, 0), None, None, symbol))
            return
        slot = self._fillers[symbol].slot
        root = self._trie(symbol)
        if root:
            for char, child in self._letters[root].items():
                known.setdefault(char, []).extend(self._inside(child, target, slot, symbol))
        else:
            name = "{" + symbol.strip("{}@").partition(":")[0] + "}"
            value = name if slot else None
            known.setdefault(name, []).append(Move((target, 0), slot or None, value, symbol))

    def _inside(self, node: int, state: int, begun: str | None, symbol: str) -> list[Move]:
        """After a letter of a value: it goes on, or it ends here."""
        moves: list[Move] = []
        if self._letters[node]:
            moves.append(Move((state, node), begun, None, symbol))
        value = self._ends[node]
        if value is not None:
            moves.append(Move((state, 0), begun, value.lower(), symbol))
        return moves

    def _forks(self, symbol: str) -> list[int]:
        """Nodes behind which a value may end or go on, at a depth of two letters or more.

        Those of one letter part at the first step already.
        """
        root = self._trie(symbol)
        known = self._forked.get(root)
        if known is None:
            known = self._forked[root] = []
            stack = [child for node in self._letters[root].values() for child in self._below(node)]
            while stack:
                node = stack.pop()
                stack += self._below(node)
                if self._ends[node] is not None and self._letters[node]:
                    known.append(node)
        return known

    def _below(self, node: int) -> list[int]:
        return list(self._letters[node].values())

    def _trie(self, symbol: str) -> int:
        """The letters of the values of a symbol; 0 where they are not spelled out."""
        node = self._tries.get(symbol)
        if node is None:
            filler = self._fillers[symbol]
            table = filler.table
            if table is None or not filler.slot or table.size > MAX_SPELLED:
                node = 0
            else:
                key = (table.texts_id, table.offset, table.size)
                node = self._tables.get(key) or self._letters_of(table, sliced(symbol))
                self._tables[key] = node
            self._tries[symbol] = node
        return node

    def _letters_of(self, table: ListTable, is_slice: bool) -> int:
        if is_slice and self._sliced > MAX_SLICED_LETTERS:
            raise TooManyError
        node = before = self._node("")
        for index in range(table.size):
            words, value = table.value(index)
            self._spell(node, words.lower(), value)
        self._sliced += (len(self._letters) - before) * is_slice
        return node

    def _spell(self, node: int, words: str, value: str) -> None:
        for place, char in enumerate(words, 1):
            child = self._letters[node].get(char)
            if child is None:
                child = self._letters[node][char] = self._node(words[:place])
            node = child
        if self._ends[node] is None:  # two values of one list: the rule on duplicates tells it
            self._ends[node] = value

    def _node(self, word: str) -> int:
        self._letters.append({})
        self._ends.append(None)
        self._words.append(word)
        return len(self._letters) - 1
