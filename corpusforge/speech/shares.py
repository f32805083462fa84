"""Shares of engines, sexes and accents, and the draw that holds them: weighted rendezvous hashing.

Each candidate draws an exponential number of its own for each row, with its weight as the rate;
the smallest wins, so a candidate wins a share of the rows in proportion to its weight (Efraimidis
and Spirakis 2006, Information Processing Letters 97). What a candidate draws depends on the row
and on its own name only: one that is added wins its share of rows from the others, and no other
row changes hands; one that leaves gives up its rows only. This holds for the candidates of one
choice. Which voices stand in the pool of a split is decided before, by rank among the speakers of
an engine: one more speaker there can move up to three others to the pool of another split, and
their rows with them (`speech.dealing` says why).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["accent_weights", "engine_shares", "gender_weights", "pick", "shares_asked_for"]

Words: TypeAlias = "npt.NDArray[np.uint64]"


def engine_shares(
    families: Mapping[str, Collection[str]], wanted: Mapping[str, float] | None
) -> dict[tuple[str, str], float]:
    """(family, engine) -> share of the clips, summing to 1.

    Args:
        families: Engine -> the families of its voices, for the engines in use.
        wanted: Engine or family -> share that the recipe asks for. That of an engine is shared
            equally by its families. That of a family is what its engines have together; those that
            have no share of their own share equally what the others leave of it. What is left of
            the whole is shared equally over the families of the other engines, and within a family
            over these. When there are no others, or nothing is left, the shares are scaled to sum
            to 1.
    """
    given = _given(families, wanted or {})
    free = {
        name: [kind for kind in own if (kind, name) not in given] for name, own in families.items()
    }
    rest = max(0.0, 1.0 - sum(given.values()))
    engines = Counter(kind for own in free.values() for kind in own)
    shares = {
        (kind, name): given[kind, name]
        if (kind, name) in given
        else rest / len(engines) / engines[kind]
        for name, own in families.items()
        for kind in own
    }
    total = sum(shares.values())
    # Only engines that were given nothing are left, in a language that the others do not speak.
    if total <= 0:
        return {place: 1 / len(shares) for place in shares}
    return {place: share / total for place, share in shares.items()}


def shares_asked_for(
    families: Mapping[str, Collection[str]], wanted: Mapping[str, float] | None
) -> float:
    """Sum of what a recipe asks for engines and families, see `engine_shares`; not above 1."""
    return sum(_given(families, wanted or {}).values())


def _given(
    families: Mapping[str, Collection[str]], wanted: Mapping[str, float]
) -> dict[tuple[str, str], float]:
    """(family, engine) -> share, for those that the recipe asks for."""
    given = {
        (kind, name): wanted[name] / len(own)
        for name, own in families.items()
        if name in wanted
        for kind in own
    }
    for kind in sorted({*wanted} - {*families}):
        taken = sum(share for (family, _), share in given.items() if family == kind)
        others = [n for n, own in families.items() if kind in own and n not in wanted]
        left = max(0.0, wanted[kind] - taken)
        given |= {(kind, name): left / len(others) for name in others}
    return given


def accent_weights(
    accents: Sequence[str], wanted: Mapping[str, float] | None
) -> list[float] | None:
    """Weights of the accents that an engine has of a sex; None = all are equal.

    Args:
        accents: As the engine names them, "" where it names none.
        wanted: Accent -> share that the recipe asks for. What is left is shared equally by the
            others.
    """
    given = {name: (wanted or {})[name] for name in accents if name in (wanted or {})}
    if not given:
        return None
    rest = max(0.0, 1.0 - sum(given.values()))
    return [given[a] if a in given else rest / (len(accents) - len(given)) for a in accents]


def gender_weights(wanted: Mapping[str, float] | None) -> dict[str, float]:
    """Weight of "female", "male" and "" (not declared).

    Args:
        wanted: Shares that the recipe asks for; what one of them leaves is the other's, and voices
            of undeclared sex speak only where there are no others. None = all three are equal.
    """
    given = dict(wanted or {})
    for gender, other in (("female", "male"), ("male", "female")):
        given.setdefault(gender, 1.0 - given[other] if other in given else 0.5)
    return {**given, "": 0.5 if wanted is None else 0.0}


def pick(
    words: Words, place: str, names: Sequence[str], weights: Sequence[float] | None = None
) -> npt.NDArray[np.int64]:
    """Which of the candidates each row draws.

    Args:
        words: 53 random bits per row, shape [rows].
        place: What is chosen between, so that two choices of a row are independent.
        names: The candidates.
        weights: Of the candidates, not negative; None = equal. A weight of 0 never wins, unless
            all are 0: then all are equal.

    Returns:
        Places in `names`, shape [rows].
    """
    import numpy as np

    rates = np.ones(len(names)) if weights is None else np.asarray(weights, dtype=np.float64)
    if not rates.any():
        rates = np.ones(len(names))
    best = np.full(words.shape, np.inf)
    won = np.zeros(words.shape, dtype=np.int64)
    for index, (name, rate) in enumerate(zip(names, rates, strict=True)):
        if rate <= 0:
            continue
        key = hashlib.blake2b(f"{place}\x1f{name}".encode(), digest_size=8, person=b"cf-pick-1")
        mixed = _mix(words ^ np.uint64(int.from_bytes(key.digest(), "little")))
        # In (0, 1): the logarithm is finite.
        uniform = ((mixed >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
        arrival = -np.log(uniform) / rate
        sooner = arrival < best
        best[sooner], won[sooner] = arrival[sooner], index
    return won


def _mix(words: Words) -> Words:
    """The finaliser of splitmix64 (Steele, Lea and Flood, OOPSLA 2014): every bit from all."""
    import numpy as np

    mixed = words + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    found: Words = mixed ^ (mixed >> np.uint64(31))
    return found
