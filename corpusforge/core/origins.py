"""Where rows come from: people, the grammar, or a generator, by the name of its plug-in."""

from __future__ import annotations

from functools import cache

from corpusforge.core import plugins

__all__ = ["is_generator", "is_synthetic"]

_OTHERS = frozenset({"grammar", "counterfactual", "control"})


@cache
def _generators() -> frozenset[str]:
    return frozenset(plugins.names("generator"))


def is_generator(origin: str) -> bool:
    """Whether rows of this origin come from a generator plug-in that is installed."""
    return origin in _generators()


def is_synthetic(origin: str) -> bool:
    """Whether corpusforge itself writes this origin for rows that nobody said."""
    return origin in _OTHERS or is_generator(origin)
