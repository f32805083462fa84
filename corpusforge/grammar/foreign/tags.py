"""BIO tags of tokens, and those with ends (BIOES, BILOU), as spans."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["TagError", "spans_of_tags"]


class TagError(ValueError):
    """A tag that is none; `index` counts tokens from 0."""

    def __init__(self, index: int) -> None:
        super().__init__(f"tag {index} is none")
        self.index = index


def spans_of_tags(tags: Sequence[str]) -> list[tuple[str, int, int]]:
    """(slot, first token, one past the last) of tags.

    A tag I-x after anything but B-x or I-x begins a span, as conlleval has it; so do E-x and L-x.

    Raises:
        TagError: For a tag that is none of O, B-slot and I-slot, S-slot and U-slot for a span of
            one token, E-slot and L-slot for the last of several.
    """
    spans: list[tuple[str, int, int]] = []
    open_slot = ""
    for index, tag in enumerate(tags):
        part, dash, slot = tag[:1], tag[1:2], tag[2:]
        if tag != "O" and (part not in "BISUEL" or dash != "-" or not slot):
            raise TagError(index)
        if part in "IEL" and open_slot == slot:
            spans[-1] = (slot, spans[-1][1], index + 1)
        elif tag != "O":
            spans.append((slot, index, index + 1))
        open_slot = slot if part in "BI" else ""
    return spans
