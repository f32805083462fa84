"""Speakers and recordings dealt to the splits: whoever is heard in one is not heard in another."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TypeAlias

from corpusforge.core.recipe import Recipe, SplitShares
from corpusforge.core.schema import SPLITS
from corpusforge.core.seeding import uniforms

__all__ = ["Like", "cut", "deal_speakers"]

Like: TypeAlias = "tuple[str, str]"
"""Family and gender of a speaker."""


def deal_speakers(
    speakers: Mapping[str, Like],
    engine: str,
    recipe: Recipe,
    trains: Collection[str] = frozenset(),
) -> dict[str, str]:
    """Speaker -> split, by the recipe's shares, at least one speaker per split.

    Those who are alike are dealt by themselves when there is one for every split, so that every
    pool holds both genders, and all families; the others are dealt together. Within one group,
    speakers stand in the order of a keyed hash, and the recipe's shares of their number, rounded,
    are the borders between the splits. So a new speaker moves others of its group across the
    borders: three at most, of any number, and nobody of another group or engine.

    No rule that looks at the speakers alone could move none and fill all pools: two of any four
    speakers share one of three splits, and with these two and one other only, some split would
    be empty. A hash per speaker would move some only where it leaves a split empty, but its
    pools come out uneven: of 35 speakers, 10 % are 3.5 with a standard deviation of 1.8, and one
    seed in eight would hold out one speaker or none.

    Args:
        speakers: Speaker -> whom it is like, at least one speaker per split.
        engine: Key of the engine, for the draw.
        recipe: For the seed and the shares.
        trains: Speakers that go to a held-out split only where there is nobody else.
    """
    names = sorted(speakers)
    drawn = uniforms(recipe.seed, "speech.pool", [f"{engine}/{name}" for name in names])
    places = sorted(range(len(names)), key=lambda i: (names[i] in trains, drawn[i]))
    order = [names[place] for place in places]
    groups: dict[Like, list[str]] = {}
    for name in order:
        groups.setdefault(speakers[name], []).append(name)
    large = [group for group in groups.values() if len(group) >= len(SPLITS)]
    rest = [name for name in order if all(name not in group for group in large)]
    dealt = dict.fromkeys(order, "train")
    for group in [*large, rest]:
        # Fewer left over than there are splits: they train, the others fill the pools.
        if len(group) >= len(SPLITS):
            dealt |= cut(group, recipe.grammar.splits)
    return dealt


def cut(order: Sequence[str], shares: SplitShares) -> dict[str, str]:
    """Name -> split for names in drawn order: held-out splits first, the rest trains.

    Args:
        order: At least one name per split.
        shares: Of their number, rounded; a held-out split with a share gets one at least, unless
            training would have none.
    """
    held_out = [
        max(1, round(len(order) * share)) if share else 0
        for share in (shares.validation, shares.test)
    ]
    # Training keeps at least one speaker, whatever the shares.
    while sum(held_out) >= len(order):
        held_out[held_out.index(max(held_out))] -= 1
    first, second = held_out
    splits = ["validation"] * first + ["test"] * second + ["train"] * (len(order) - first - second)
    return dict(zip(order, splits, strict=True))
