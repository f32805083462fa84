"""Match a sentence with templates: all readings, each with its intent and exact slot spans.

What does not count is told in `matching_text`, how templates are followed in `matching_walk`:
both as hassil does it, so that whatever hassil reads is read here, and besides all that the
templates can say. Conditions on the state of a home (`requires_context`) are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from corpusforge.core.text import nfc
from corpusforge.grammar.expression import Expression, ListReference
from corpusforge.grammar.expression import Sequence as Chain
from corpusforge.grammar.matching_filter import Clauses, can_hold, required
from corpusforge.grammar.matching_numbers import index_of
from corpusforge.grammar.matching_text import PUNCTUATION, Letters, SkipWords
from corpusforge.grammar.matching_walk import Filled, Walk
from corpusforge.grammar.pack import Pack, Scope, Template, find_list
from corpusforge.grammar.slot_labels import split_label

__all__ = ["PUNCTUATION", "Matcher", "Reading", "SlotReading", "index_of"]


class SlotReading(NamedTuple):
    """A slot of a reading; start and end are code points of the NFC sentence, half-open."""

    name: str
    entity: str
    value: str
    text: str
    start: int
    end: int
    role: str = ""
    group: str = ""


class Reading(NamedTuple):
    """One way to understand a sentence; `fixed` are slots that the template adds without words.

    As in hassil, a slot that the sentence fills is not fixed.
    """

    intent: str
    template: str
    slots: tuple[SlotReading, ...]
    fixed: tuple[tuple[str, str], ...]


class _Known(NamedTuple):
    """A template, the words that it needs, and where skip words may be taken out."""

    template: Template
    needs: Clauses
    where: str


class Matcher:
    """Matches sentences with all templates of a pack, those with wildcards included."""

    def __init__(self, pack: Pack) -> None:
        rules: dict[tuple[int, str], Clauses] = {}
        self._templates = [
            _Known(
                template,
                required(template.expression, template.scope, rules),
                _where(template.expression, template.scope),
            )
            for template in (*pack.templates, *pack.open_templates)
        ]
        self._free = pack.ignore_whitespace
        self._skip = SkipWords(pack.skip_words, ignore_whitespace=self._free)
        self._lang = pack.lang

    def match(self, sentences: Iterable[str]) -> Iterator[dict[str, Any]]:
        """All readings of each sentence as plain data; blank sentences are left out.

        Yields:
            {text, readings: [{intent, template, slots: [{name, entity, value, text, start, end,
            role, group}], fixed}]}; offsets are code points of the NFC text, half-open.
        """
        for sentence in sentences:
            text = nfc(sentence.strip())
            if text:
                readings = [
                    {
                        "intent": reading.intent,
                        "template": reading.template,
                        "slots": [slot._asdict() for slot in reading.slots],
                        "fixed": dict(reading.fixed),
                    }
                    for reading in self.readings(text)
                ]
                yield {"text": text, "readings": readings}

    def readings(self, sentence: str) -> tuple[Reading, ...]:
        """All different readings of one sentence, in the order of the templates.

        A sentence with skip words is read with them and without. Where a template begins with a
        wildcard they are taken from the end only, where it ends with one from the start: they
        may belong to what the wildcard takes.
        """
        letters = Letters(nfc(sentence))
        if not letters.size:
            return ()
        ways = {
            "": (letters, self._skip.everywhere(letters)),
            "start": (letters, self._skip.at_start(letters)),
            "end": (letters, self._skip.at_end(letters)),
            "none": (letters,),
        }
        walks: dict[int, tuple[Letters, str, Walk]] = {}
        for way in ways.values():
            for said in way:
                if id(said) not in walks:
                    plain = said.chars.replace(" ", "") if self._free else said.chars
                    walk = Walk(said, self._lang, free=self._free)
                    walks[id(said)] = (said, plain, walk)
        found: dict[Reading, None] = {}
        for known in self._templates:
            template = known.template
            for said in dict.fromkeys(ways[known.where]):
                _, plain, walk = walks[id(said)]
                if can_hold(known.needs, plain):
                    for slots in walk.readings(template.expression, template.scope):
                        reading = self._reading(known, said, slots)
                        if reading is not None:
                            found[reading] = None
        return tuple(found)

    def _reading(self, known: _Known, letters: Letters, slots: Iterable[Filled]) -> Reading | None:
        """The reading; None where its values break a constraint."""
        template = known.template
        # As hassil: a wildcard that is the whole sentence stays as it was said.
        free = self._free and known.where != "none"
        spans: list[SlotReading] = []
        values: list[tuple[str, str]] = []
        for label, entity, value, start, end in slots:
            first, last = letters.span(start, end)
            said = letters.words(start, end, free=free) if value is None else value
            name, role, group = split_label(label)
            text = letters.text[first:last]
            spans.append(SlotReading(name, entity, said, text, first, last, role, group))
            values.append((label, said))
        if not all(constraint.holds(values) for constraint in template.constraints):
            return None
        filled = {slot.name for slot in spans}
        fixed = tuple(pair for pair in template.fixed if pair[0] not in filled)
        return Reading(template.intent, template.id, tuple(spans), fixed)


def _where(expression: Expression, scope: Scope) -> str:
    """Where skip words may be taken out: "" everywhere, or at the "start", "end", or "none"."""
    items = expression.items if isinstance(expression, Chain) else (expression,)
    first, last = (_is_wildcard(items[index], scope) for index in (0, -1))
    if len(items) == 1:
        return "none" if first else ""
    return "end" if first else "start" if last else ""


def _is_wildcard(expression: Expression, scope: Scope) -> bool:
    if not isinstance(expression, ListReference):
        return False
    values = find_list(expression, scope)
    return values is not None and values.wildcard
