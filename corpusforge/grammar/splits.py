"""Deal templates into train, validation and test.

The split belongs to the template, not to the row: rows of one template differ only in their
values and small words, so a template in two splits would let a model see the test sentences
while it trains. It is decided here, before anything is fitted.

The rule: within an intent, templates stand in file order and are cut into blocks of
min(n, 10) positions, n being the number of templates of the intent. A keyed permutation of
the positions of a block (seed, intent, block number) says which of them are validation and
which test; the others are train. Why so:

- every intent with at least 3 templates has all three splits, which a hash per template or a
  draw over all templates would not give;
- the shares hold within each intent, to a tenth;
- a template's split depends on its position only. Editing a sentence moves no template, and in
  intents with 10 or more templates adding one at the end moves none.

A template whose author gave it a split keeps it and takes no place in a block.

Intents with one or two templates are train only: half an intent in test would say nothing
about generalisation, and a test split without train rows even less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from corpusforge.grammar.pack import Template
from corpusforge.grammar.permutation import KeyedPermutation

__all__ = ["DEFAULT_SHARES", "split_notes", "split_templates"]

BLOCK = 10
MIN_TEMPLATES = 3
DEFAULT_SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}


def split_templates(
    templates: Sequence[Template],
    *,
    seed: int,
    shares: Mapping[str, float] | None = None,
) -> tuple[dict[str, str], list[str]]:
    """Give each template a split.

    Args:
        templates: In file order.
        seed: The recipe's seed.
        shares: train, validation, test; a share of 0 leaves that split empty.

    Returns:
        Template id -> split, and notes about intents that are train only.
    """
    shares = shares or DEFAULT_SHARES
    splits: dict[str, str] = {}
    splits.update((template.id, template.split) for template in templates if template.split)
    for intent, group in _by_intent(templates).items():
        if len(group) < MIN_TEMPLATES:
            splits.update((template.id, "train") for template in group)
            continue
        block = min(len(group), BLOCK)
        dealt = _block_splits(block, shares)
        for start in range(0, len(group), block):
            order = KeyedPermutation(block, seed, "grammar.splits", intent, start // block)
            for position, template in enumerate(group[start : start + block]):
                splits[template.id] = dealt[order(position)]
    return splits, split_notes(templates, shares=shares)


def split_notes(
    templates: Sequence[Template], *, shares: Mapping[str, float] | None = None
) -> list[str]:
    """Which intents will be train only, as notes for the user."""
    shares = shares or DEFAULT_SHARES
    small = [name for name, group in _by_intent(templates).items() if len(group) < MIN_TEMPLATES]
    if not small or not (shares.get("validation") or shares.get("test")):
        return []
    names = ", ".join(small[:5]) + (", ..." if len(small) > 5 else "")
    return [
        f"{len(small)} intent(s) with fewer than {MIN_TEMPLATES} templates, in train only: {names}"
    ]


def _by_intent(templates: Sequence[Template]) -> dict[str, list[Template]]:
    members: dict[str, list[Template]] = {}
    for template in templates:
        if template.split:
            continue
        members.setdefault(template.intent, []).append(template)
    return members


def _block_splits(size: int, shares: Mapping[str, float]) -> list[str]:
    """The splits of one block: at least one position per split that has a share."""
    total = sum(shares.values())
    held: list[str] = []
    for name in ("validation", "test"):
        share = shares.get(name, 0) / total
        held += [name] * (max(1, round(share * size)) if share else 0)
    keep = 1 if shares.get("train", 0) else 0
    # Rounding up both may leave nothing to train on; train keeps one position.
    while len(held) > size - keep:
        # A fixed order of names decides between equals, as no hash seed may.
        held.remove(max(("validation", "test"), key=held.count))
    return held + ["train"] * (size - len(held))
