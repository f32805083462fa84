"""Where the slots of a row stand in what is said.

Two hops, both exact. The templates may give words for values of their own (`spoken` of a row):
only values differ there, so the slots are what stands between the unchanged words around them.
`speech.verbalise` then reads what is left, and tells where each of its words comes from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from corpusforge.core.schema import Utterance
from corpusforge.core.spans import Slot
from corpusforge.core.text import nfc
from corpusforge.speech.reading.trace import follow
from corpusforge.speech.verbalise import trace, verbalise

__all__ = ["Spans", "spoken_form", "words_of_span"]

Spans = tuple[tuple[str, int, int], ...]
"""Name, first code point, one past the last; of every slot, in the order of the row's slots."""

_MOST_READINGS = 1000


def spoken_form(row: Utterance) -> tuple[str, Spans | None]:
    """What is said for a row, and where its slots are in it.

    Words that the row comes with are kept, and numbers left in them are read too.

    Returns:
        The spoken text, in NFC, and half-open spans of its code points without white space at
        their edges. None instead of spans: the row is not annotated, or one of its slots cannot
        be followed. That is so when it ends inside of words for more than it ("5" of "$5.50" is
        "five dollars fifty"), is not said at all, or when the row's own words can be cut in more
        than one way (slots side by side), and no way has more values as written or read.
    """
    given = row.spoken or row.text
    pieces = trace(given, row.lang)
    spoken = "".join(piece.text for piece in pieces)
    if nfc(spoken) != spoken:
        return nfc(spoken), None
    if row.slots is None:
        return spoken, None
    spans = _given(row.text, row.slots, given, row.lang)
    if spans is None:
        return spoken, None
    found: list[tuple[str, int, int]] = []
    for slot, (start, end) in zip(row.slots, spans, strict=True):
        place = follow(pieces, start, end)
        if place is None:
            return spoken, None
        found.append((slot.name, *place))
    return spoken, tuple(found)


def words_of_span(spoken: str, start: int, end: int) -> range:
    """The words a span is in: indices into `spoken.split()`.

    A word that the span only begins or ends in counts: "ninety-minute" for the span of "ninety".

    Args:
        spoken: What is said.
        start: First code point of the span.
        end: One past the last.
    """
    first = len(spoken[: start + 1].split()) - 1
    return range(first, len(spoken[:end].split()))


def _given(
    text: str, slots: Sequence[Slot], spoken: str, lang: str
) -> Sequence[tuple[int, int]] | None:
    """Spans of the slots in words that differ from the text in the slots only."""
    if spoken == text:
        return [(slot.start, slot.end) for slot in slots]
    borders = [0, *(place for slot in slots for place in (slot.start, slot.end)), len(text)]
    between = [text[a:b] for a, b in zip(borders[::2], borders[1::2], strict=True)]
    found = list(_cuts(spoken, between))
    if len(found) > 1:
        # The way in which most values are said as they are written or read, if it is the only one.
        known = [{slot.text, verbalise(slot.text, lang) or slot.text} for slot in slots]
        counts = [
            sum(spoken[a:b] in words for (a, b), words in zip(cuts, known, strict=True))
            for cuts in found
        ]
        found = [cuts for cuts, count in zip(found, counts, strict=True) if count == max(counts)]
    return found[0] if len(found) == 1 else None


def _cuts(spoken: str, between: Sequence[str]) -> Iterator[Sequence[tuple[int, int]]]:
    """All ways to have the pieces in order, with something between each two; at most some."""
    if len(between) == 1:
        return  # without slots it would be the text
    first, last = between[0], between[-1]
    if not (spoken.startswith(first) and spoken.endswith(last)):
        return
    stop = len(spoken) - len(last)
    open_ways: list[tuple[int, list[tuple[int, int]]]] = [(len(first), [])]
    for piece in between[1:-1]:
        longer: list[tuple[int, list[tuple[int, int]]]] = []
        for place, cuts in open_ways:
            at = spoken.find(piece, place + 1, stop)
            while at >= 0 and len(longer) <= _MOST_READINGS:
                if spoken[place:at] == spoken[place:at].strip():
                    longer.append((at + len(piece), [*cuts, (place, at)]))
                at = spoken.find(piece, at + 1, stop)
        open_ways = longer
    for place, cuts in open_ways if len(open_ways) <= _MOST_READINGS else ():
        if place < stop and spoken[place:stop] == spoken[place:stop].strip():
            yield [*cuts, (place, stop)]
