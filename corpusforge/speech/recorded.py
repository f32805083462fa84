"""A row of `CLIPS` as it stands in a file that anybody may have edited: read, and checked."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from corpusforge.core import plugins
from corpusforge.core.errors import InputError
from corpusforge.speech.acoustics import PLACE, WALLS
from corpusforge.speech.effect import Effect, Scalar
from corpusforge.speech.engine import Voice

__all__ = ["EDITED", "chain_of", "name_of", "prosody_of", "refused", "spoken_of"]

EDITED = "the row is damaged, or was edited after its clip was made"

_SHOWN = 80
_TALKER = ("engine", "version", "voice", "spoken", "speed", "seed")


def refused(
    row: Mapping[str, Any], field: str, given: object, wanted: str, allowed: Sequence[str] = ()
) -> InputError:
    """The error for a field of a row.

    Args:
        row: For the id of its clip.
        field: Which, as it stands in the table.
        given: What is in it.
        wanted: What should be.
        allowed: All that it could be, where that is a list.
    """
    shown = repr(given)
    if len(shown) > _SHOWN:
        shown = shown[:_SHOWN] + "..."
    return InputError(
        f"clip {row.get('clip_id')}: {field} is {shown}, not {wanted}",
        given=given if isinstance(given, str) else None,
        allowed=allowed,
        hint=EDITED,
    )


def name_of(row: Mapping[str, Any], field: str) -> str:
    """A field that names something.

    Raises:
        InputError: It is empty or no text.
    """
    found = row.get(field)
    if not isinstance(found, str) or not found:
        raise refused(row, field, found, "a name")
    return found


def spoken_of(row: Mapping[str, Any]) -> str:
    """What is said: `spoken`, or `text` where nothing else was.

    Raises:
        InputError: There is neither.
    """
    field = "text" if row.get("spoken") is None else "spoken"
    found = row.get(field)
    if not isinstance(found, str):
        raise refused(row, field, found, "a text")
    return found


def prosody_of(row: Mapping[str, Any]) -> dict[str, Scalar]:
    """See `speech.render.ClipPlan.prosody`.

    Raises:
        InputError: It is no JSON object, or lacks what the engine is told.
    """
    found = _object(row, "prosody", row.get("prosody"))
    if not _whole(found.get("seed")):
        raise refused(row, "prosody.seed", found.get("seed"), "a whole number of 0 or more")
    for name in ("speed", "engine_speed"):
        speed = found.get(name)
        if not isinstance(speed, int | float) or not _number(speed) or speed <= 0:
            raise refused(row, f"prosody.{name}", speed, "a number above 0")
    return found


def chain_of(row: Mapping[str, Any]) -> tuple[tuple[str, str, Mapping[str, Scalar]], ...]:
    """(op, version, params) of each effect.

    Raises:
        InputError: An effect that there is not, or parameters that it does not have or that are
            of another type. What is missing among them shows when it is applied.
    """
    steps = row.get("chain")
    if not isinstance(steps, list):
        raise refused(row, "chain", steps, "a list of effects")
    return tuple(_step(row, f"chain[{place}]", step) for place, step in enumerate(steps))


def _step(
    row: Mapping[str, Any], field: str, step: Mapping[str, Any] | None
) -> tuple[str, str, Mapping[str, Scalar]]:
    op, version = (step or {}).get("op"), (step or {}).get("version")
    if not isinstance(op, str) or not plugins.exists("effect", op):
        raise refused(row, f"{field}.op", op, "an effect", plugins.names("effect"))
    if not isinstance(version, str):
        raise refused(row, f"{field}.version", version, "a version")
    effect: Effect = plugins.load("effect", op)
    params = _object(row, f"{field}.params", (step or {}).get("params"))
    _check_params(row, f"{field}.params", effect, version, params)
    return op, version, params


def _check_params(
    row: Mapping[str, Any], field: str, effect: Effect, version: str, params: Mapping[str, Scalar]
) -> None:
    """Raise for a parameter that the effect has not, or that is of another type."""
    for name, value in params.items():
        where = f"{field}.{name} (effect {effect.op})"
        if name not in effect.units:
            # Another version of it may have had it.
            if version == effect.version:
                raise refused(row, where, value, "a parameter of it", sorted(effect.units))
        elif effect.units[name] and not _number(value):
            raise refused(row, where, value, f"a number ({effect.units[name]})")
        elif isinstance(effect.example.get(name), int) and not _whole(value):
            raise refused(row, where, value, "a whole number of 0 or more")
    if "talkers" in params:
        _check_talkers(row, f"{field}.talkers", params["talkers"])
    # Further sources of noise, and places of talkers: parameters of the same effect.
    of_all = {"others", "snr_db", *WALLS}
    for name, needed, allowed in (
        ("others", ("kind", "level_db", "seed"), effect.units.keys() - of_all),
        ("places", PLACE, {*PLACE}),
    ):
        for place, one in enumerate(_objects(row, f"{field}.{name}", params.get(name))):
            where = f"{field}.{name}[{place}]"
            if lacking := [key for key in needed if key not in one]:
                raise refused(row, where, one, f"one with {lacking[0]}")
            if other := [key for key in one if key not in allowed]:
                raise refused(row, f"{where}.{other[0]}", one[other[0]], "known", sorted(allowed))
            _check_params(row, where, effect, version, _object(row, where, json.dumps(one)))


def _objects(row: Mapping[str, Any], field: str, value: object) -> list[dict[str, Any]]:
    """A JSON list of objects, at least one; [] for what is not there."""
    found = [] if value is None else _json(value)
    whole = isinstance(found, list) and all(isinstance(one, dict) for one in found)
    if not whole or (value is not None and not found):
        raise refused(row, field, value, "a list of objects in JSON")
    objects: list[dict[str, Any]] = found
    return objects


def _check_talkers(row: Mapping[str, Any], field: str, value: Scalar) -> None:
    """Raise for what is not the JSON of `speech.talkers`."""
    found = _json(value)
    if not isinstance(found, list) or not found:
        raise refused(row, field, value, "a list of talkers in JSON")
    known = {field.name: field.type for field in fields(Voice)}
    for one in found:
        if not isinstance(one, dict) or not all(name in one for name in _TALKER):
            raise refused(row, field, one, f"a talker ({', '.join(_TALKER)})")
        if not _whole(one["seed"]) or not _number(one["speed"]):
            raise refused(row, field, one, "a talker whose speed and seed are numbers")
        if not isinstance(one["spoken"], str) or not isinstance(one["version"], str):
            raise refused(row, field, one, "a talker whose text and version are texts")
        if not plugins.exists("engine", str(one["engine"])):
            raise refused(row, field, one["engine"], "an engine", plugins.names("engine"))
        voice = one["voice"]
        if not isinstance(voice, dict) or not {"name", "lang"} <= {*voice} <= {*known}:
            raise refused(row, field, voice, "a voice", list(known))
        for name, value in voice.items():
            if not (_whole(value) if known[name] == "int" else isinstance(value, str)):
                raise refused(row, f"{field}.voice.{name}", value, f"of the type {known[name]}")


def _object(row: Mapping[str, Any], field: str, value: object) -> dict[str, Scalar]:
    """A JSON object of scalars."""
    found = _json(value)
    if not isinstance(found, dict):
        raise refused(row, field, value, "a JSON object")
    for name, inner in found.items():
        if not isinstance(inner, Scalar):
            raise refused(row, f"{field}.{name}", inner, "a text, a number, true or false")
    return found


def _json(value: object) -> Any:
    """What a JSON text says, None when it is none."""
    if not isinstance(value, str):
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < 1e30 and math.isfinite(value)
