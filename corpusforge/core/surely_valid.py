"""A quick yes for values that plainly follow a JSON Schema.

jsonschema takes 0.1 s to import and as long again for a large template pack, and nearly every
file is right. This recogniser knows only the keywords that our schemas use, and answers True
only when it is sure; at anything it does not know it answers False, and jsonschema decides and
explains. A test holds that it never says True where jsonschema finds an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["surely_valid"]

_SILENT = frozenset({"$schema", "$id", "$defs", "title", "description", "default", "examples"})
_PLAIN = {"object": dict, "array": list, "string": str, "boolean": bool}


def surely_valid(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    """Say whether a value certainly follows a schema.

    Args:
        value: Plain Python values, as YAML gives them.
        schema: The schema, or a part of it.
        root: The whole schema, for its $defs.
    """
    for keyword, wanted in schema.items():
        if keyword in _SILENT or keyword == "additionalProperties":
            continue  # additionalProperties is looked at together with properties
        if keyword == "$ref":
            name = wanted.removeprefix("#/$defs/")
            right = name in root["$defs"] and surely_valid(value, root["$defs"][name], root)
        elif keyword in _CHECKS:
            right = _CHECKS[keyword](value, wanted)
        elif keyword == "oneOf":
            right = sum(surely_valid(value, option, root) for option in wanted) == 1
            right = right and all(set(option) <= {"required", "not"} for option in wanted)
        elif keyword == "items":
            right = not isinstance(value, list) or all(
                surely_valid(item, wanted, root) for item in _unlike(value, wanted, root)
            )
        else:
            right = keyword == "properties"
        if not right:
            return False
    return not isinstance(value, dict) or _keys(value, schema, root)


def _unlike(items: list[Any], schema: Mapping[str, Any], root: Mapping[str, Any]) -> list[Any]:
    """The items; one of all texts where the schema does not look into texts."""
    if "$ref" in schema:
        schema = root["$defs"].get(schema["$ref"].removeprefix("#/$defs/"), schema)
    if not schema.keys() <= _SILENT | {"type", "properties", "required", "additionalProperties"}:
        return items
    texts = [item for item in items if isinstance(item, str)]
    return [*texts[:1], *(item for item in items if not isinstance(item, str))]


def _keys(value: Mapping[Any, Any], schema: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    known = schema.get("properties", {})
    others = schema.get("additionalProperties", True)
    for key, item in value.items():
        if not isinstance(key, str):
            return False
        if key in known:
            right = surely_valid(item, known[key], root)
        else:
            right = others if isinstance(others, bool) else surely_valid(item, others, root)
        if not right:
            return False
    return True


def _type(value: Any, wanted: Any) -> bool:
    return any(_is(value, kind) for kind in ([wanted] if isinstance(wanted, str) else wanted))


def _is(value: Any, kind: str) -> bool:
    if kind in _PLAIN:
        return isinstance(value, _PLAIN[kind])
    if isinstance(value, bool) or value is None:
        return kind == "null" and value is None
    if kind == "integer":
        return isinstance(value, int)
    return kind == "number" and isinstance(value, int | float)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _not(value: Any, wanted: Any) -> bool:
    """Only of the form {"anyOf": [{"required": [key]}, ...]}; anything else is not known."""
    options = wanted.get("anyOf", [{}])
    known = set(wanted) == {"anyOf"} and all(set(option) == {"required"} for option in options)
    return known and not any(
        all(key in value for key in option["required"])
        for option in options
        if isinstance(value, dict)
    )


_CHECKS: dict[str, Any] = {
    "not": _not,
    "type": _type,
    "required": lambda v, wanted: not isinstance(v, dict) or all(key in v for key in wanted),
    "enum": lambda v, wanted: isinstance(v, str) and v in wanted,
    "minItems": lambda v, wanted: not isinstance(v, list) or len(v) >= wanted,
    "maxItems": lambda v, wanted: not isinstance(v, list) or len(v) <= wanted,
    "uniqueItems": lambda v, wanted: (
        not isinstance(v, list)
        or not wanted
        or (all(isinstance(item, str) for item in v) and len(set(v)) == len(v))
    ),
    "minLength": lambda v, wanted: not isinstance(v, str) or len(v) >= wanted,
    "pattern": lambda v, wanted: not isinstance(v, str) or re.search(wanted, v) is not None,
    "minimum": lambda v, wanted: not _number(v) or v >= wanted,
    "maximum": lambda v, wanted: not _number(v) or v <= wanted,
    "multipleOf": lambda v, wanted: not isinstance(v, int) or v % wanted == 0,
    "exclusiveMinimum": lambda v, wanted: not _number(v) or v > wanted,
}
