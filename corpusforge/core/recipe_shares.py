"""Shares of clips that a recipe asks for: of engines, families of engines, sexes, accents."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from corpusforge.core import plugins
from corpusforge.core.errors import InputError
from corpusforge.core.recipe_speech import AUTO, SpeechConfig

__all__ = ["share_errors", "unknown_shares"]


def share_errors(speech: SpeechConfig) -> Iterator[tuple[str, str]]:
    """Keys below `speech` whose shares cannot be, and why."""
    shares = speech.shares or {}
    named = {*speech.engines, *(voice.engine for voice in speech.voices)}
    engines = {name for name in shares if plugins.exists("engine", name)}
    # What shares of engines and of their families come to together, `speech.check` knows.
    kinds = {*shares} - engines
    if any(sum(shares[name] for name in some) > 1 + 1e-6 for some in (engines, kinds)):
        yield "shares", "speech.shares sum to more than 1"
    absent = sorted(engines - named)
    # Engines are looked at only when a family is named; one that nobody has is said with its
    # place, see `unknown_shares`.
    absent += sorted(kinds & _families(None, speech) - _families(named, speech)) if kinds else []
    if absent and AUTO not in named:
        yield "shares", f"speech.shares: {', '.join(absent)} not among speech.engines"
    genders = speech.gender_shares or {}
    if not {*genders} <= {"female", "male"}:
        yield "gender_shares", "speech.gender_shares: only female and male have shares"
    elif len(genders) == 2 and abs(sum(genders.values()) - 1) > 1e-6:
        yield "gender_shares", "speech.gender_shares: female and male must sum to 1"


def unknown_shares(speech: SpeechConfig) -> list[tuple[str, list[str]]]:
    """Keys of `speech.shares` that are no engine and no family of engines, with all that are."""
    unknown = [name for name in speech.shares or {} if not plugins.exists("engine", name)]
    known = _families(None, speech) if unknown else set()
    engines = plugins.names("engine")
    allowed = [*engines, *sorted(known - {*engines})]
    return [(name, allowed) for name in unknown if name not in known]


def _families(engines: Collection[str] | None, speech: SpeechConfig) -> set[str]:
    """Families that engines (None = all that there are) and the voices of a recipe can be of."""
    found = {voice.family for voice in speech.voices if voice.family}
    for name in plugins.names("engine") if engines is None else engines:
        if not plugins.exists("engine", name):
            continue  # auto, and names that are refused elsewhere
        try:
            engine = plugins.load("engine", name)
        except InputError:
            continue  # of another package, and broken: said by whoever needs it
        found |= {engine.family, *getattr(engine, "families", ())}
    return found
