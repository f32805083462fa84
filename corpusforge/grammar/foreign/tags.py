"""BIO tags of tokens as spans."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["TagError", "spans_of_tags"]


class TagError(ValueError):
    """A tag that is none; `index` counts tokens from 0."""

    def __init__(self, index: int) -> None:
        super().__init__(f"tag {index} is none")
        self.index = index


def spans_of_tags(tags: Sequence[str]) -> list[tuple[str, int, int]]:
    """(slot, first token, one past the last) of BIO tags.

    A tag I-x after anything but B-x or I-x begins a span, as conlleval has it.

    Raises:
        TagError: For a tag that is none of O, B-slot and I-slot.
    """
    spans: list[tuple[str, int, int]] = []
    before = "O"
    for index, tag in enumerate(tags):
        if tag != "O" and (tag[:2] not in ("B-", "I-") or not tag[2:]):
            raise TagError(index)
        if tag[:2] == "I-" and before[2:] == tag[2:]:
            spans[-1] = (spans[-1][0], spans[-1][1], index + 1)
        elif tag != "O":
            spans.append((tag[2:], index, index + 1))
        before = tag
    return spans
