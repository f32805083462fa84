"""Rows to read: a fair sample, each text with its slots marked where they stand."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from corpusforge.report.markup import Markup, element, join

__all__ = ["highlight", "row_list", "sample_rows", "slot_colors", "spread"]

Row = Mapping[str, Any]

_SLOT_COLORS = 6


def slot_colors(rows: Sequence[Row]) -> dict[str, int]:
    """A colour class for each slot name; names that stand in one row differ where they can.

    Greedy: frequent names first, each takes the colour that its neighbours use least.
    """
    counts: Counter[str] = Counter()
    together: Counter[tuple[str, str]] = Counter()
    for row in rows:
        names = sorted({slot["name"] for slot in row["slots"] or ()})
        counts.update(names)
        together.update((a, b) for a in names for b in names if a != b)
    colors: dict[str, int] = {}
    used: Counter[int] = Counter()
    for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        clashes: Counter[int] = Counter()
        for other, color in colors.items():
            clashes[color] += together[name, other]
        colors[name] = min(range(_SLOT_COLORS), key=lambda c: (clashes[c], used[c], c))
        used[colors[name]] += 1
    return colors


def highlight(text: str, slots: Sequence[Row] | None, colors: Mapping[str, int]) -> Markup:
    """A text with its slots marked.

    Args:
        text: NFC text.
        slots: Sorted, disjoint spans in code points; None = not annotated.
        colors: Slot name -> colour class, see `slot_colors`.
    """
    parts: list[Markup | str] = []
    position = 0
    for slot in slots or ():
        start, end = slot["start"], slot["end"]
        if not position <= start < end <= len(text):
            continue
        parts.append(text[position:start])
        parts.append(_mark(slot, text[start:end], colors))
        position = end
    parts.append(text[position:])
    return join(parts)


def _mark(slot: Row, surface: str, colors: Mapping[str, int]) -> Markup:
    color = colors.get(slot["name"], 0)
    said = f"slot {slot['name']}"
    if slot.get("entity") and slot["entity"] != slot["name"]:
        said += f", list {slot['entity']}"
    if slot.get("value") and slot["value"] != surface:
        said += f", value {slot['value']}"
    label = element("small", {}, slot["name"])
    return element("mark", {"class": f"s{color}", "title": said}, surface, label)


def spread(rows: Sequence[Row], keys: Sequence[str], count: int) -> list[Row]:
    """At most `count` rows that show as much of the corpus as possible.

    Greedy: the next row is the one with the most values (of `keys`) that were shown least so
    far; ties go to the lower id, and an id is a hash, so this is no hand-picked best of.

    Args:
        rows: Candidates with "id" (or "clip_id") and the columns of `keys`.
        keys: Columns to cover, e.g. intent, split, origin.
        count: Most rows to take.
    """
    shown: defaultdict[tuple[str, Any], int] = defaultdict(int)
    left = sorted(rows, key=lambda row: str(row.get("clip_id") or row["id"]))
    taken: list[Row] = []
    while left and len(taken) < count:
        best = max(
            range(len(left)),
            key=lambda place: (
                sum(1 / (1 + shown[key, left[place][key]]) ** 2 for key in keys),
                -place,
            ),
        )
        row = left.pop(best)
        for key in keys:
            shown[key, row[key]] += 1
        taken.append(row)
    return taken


def sample_rows(rows: Sequence[Row], count: int) -> list[Row]:
    """A sample over intents, splits and origins, in the order intent, origin, split."""
    # Candidates are thinned first: the greedy choice looks at every candidate for every row.
    groups: defaultdict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: str(row["id"])):
        group = groups[row["intent"], row["origin"], row["split"]]
        if len(group) < max(2, count // 8):
            group.append(row)
    candidates = [row for group in groups.values() for row in group]
    chosen = spread(candidates, ("intent", "split", "origin", "template"), count)
    return sorted(chosen, key=lambda r: (r["intent"], r["origin"], r["split"], r["id"]))


def row_list(rows: Sequence[Row], texts: Mapping[str, str], colors: Mapping[str, int]) -> Markup:
    """The rows as a list; each item says its intent, split and origin for the filter.

    Args:
        rows: Rows to show.
        texts: Id -> text, to tell what a generated row was made from.
        colors: Slot name -> colour class.
    """
    items = [_item(row, texts, colors) for row in rows]
    return element("ol", {"class": "rows", "id": "row-list"}, *items)


def _item(row: Row, texts: Mapping[str, str], colors: Mapping[str, int]) -> Markup:
    facts = [row["intent"], row["split"], row["origin"]]
    badges = [
        element("span", {"class": f"badge {kind}"}, value)
        for kind, value in zip(("intent", "split", "origin"), facts, strict=True)
    ]
    said = highlight(row["text"], row["slots"], colors)
    parts = [element("p", {"class": "say", "dir": "auto"}, said)]
    if row.get("spoken") and row["spoken"] != row["text"]:
        parts.append(element("p", {"class": "more"}, f"spoken: {row['spoken']}"))
    parents = [texts[name] for name in row.get("parents") or () if name in texts]
    if parents:
        parts.append(element("p", {"class": "more"}, f"made after: {parents[0]}"))
    if row["slots"] is None:
        parts.append(element("p", {"class": "more"}, "slots not annotated"))
    data = {"data-intent": row["intent"], "data-split": row["split"], "data-origin": row["origin"]}
    meta = element("p", {"class": "meta"}, *_spaced(badges), element("code", {}, row["id"][:12]))
    return element("li", data, element("div", {}, *parts), meta)


def _spaced(parts: Sequence[Markup]) -> list[Markup]:
    return [join((part, " ")) for part in parts]
