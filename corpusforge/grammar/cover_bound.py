"""How few rows can show all alternatives and all list values, proven by linear programming.

A template needs a row for each of its frames, and a row of it shows so many values of a list as
it has places for them. The fewest rows are an integer program; any feasible point of the dual of
its relaxation bounds them from below, so the solver need not be trusted: its point is rounded to
fractions, made feasible and valued exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil
from typing import NamedTuple

__all__ = ["Need", "least_rows"]

# Larger denominators only come of rounding.
_DENOMINATOR = 10_000


class Need(NamedTuple):
    """What one template needs and can show.

    Attributes:
        frames: Rows that its alternatives need.
        places: List -> values of it that one row can show, at most.
    """

    frames: int
    places: Mapping[str, int]


def least_rows(needs: Sequence[Need], values: Mapping[str, int]) -> int:
    """No fewer rows show everything.

    Args:
        needs: Of each template.
        values: List -> how many of its values are to be shown.
    """
    frames = sum(need.frames for need in needs)
    lists = [name for name, count in values.items() if count]
    kinds: dict[tuple[int, ...], int] = {}  # places of a template -> frames of all of the kind
    for need in needs:
        places = tuple(need.places.get(name, 0) for name in lists)
        kinds[places] = kinds.get(places, 0) + need.frames
    kinds.pop((0,) * len(lists), None)
    if not kinds:
        return frames
    prices = _prices(kinds, [values[name] for name in lists])
    dearest = max(_row(places, prices) for places in kinds)
    if dearest > 1:
        prices = [price / dearest for price in prices]
    more = sum(price * values[name] for price, name in zip(prices, lists, strict=True))
    less = sum(count * _row(places, prices) for places, count in kinds.items())
    return max(frames, ceil(frames + more - less))


def _row(places: Sequence[int], prices: Sequence[Fraction]) -> Fraction:
    """What the values of a row are worth."""
    return sum((n * price for n, price in zip(places, prices, strict=True) if n), Fraction(0))


def _prices(kinds: Mapping[tuple[int, ...], int], counts: Sequence[int]) -> list[Fraction]:
    """What a value of each list is worth, in rows: the dual, as good as the solver finds it."""
    import numpy as np
    from scipy.optimize import linprog

    places = np.array(list(kinds), float)
    frames = np.array(list(kinds.values()), float)
    worth = np.array(counts, float) - frames @ places
    found = linprog(-worth, A_ub=places, b_ub=np.ones(len(places)), bounds=(0, None))
    if found.x is None:
        return [Fraction(0)] * len(counts)
    return [Fraction(max(0.0, x)).limit_denominator(_DENOMINATOR) for x in found.x.tolist()]
