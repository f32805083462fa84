"""The JSON Schema of recipes, made from their dataclasses, and back: values to dataclasses."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields, is_dataclass
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from corpusforge.core.recipe import Recipe

__all__ = ["build", "recipe_schema"]

_SCALARS: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
}


def recipe_schema() -> dict[str, Any]:
    """JSON Schema (Draft 2020-12) of a recipe file."""
    schema = _object_schema(Recipe)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "corpusforge recipe",
    }
    # Through JSON, so that tuples among the defaults become lists as in the published file.
    plain: dict[str, Any] = json.loads(json.dumps(head | schema))
    return plain


def _object_schema(cls: type) -> dict[str, Any]:
    hints = get_type_hints(cls)
    properties: dict[str, Any] = {}
    required: list[str] = []
    for item in fields(cls):
        if item.metadata.get("internal"):
            continue
        properties[item.name] = _field_schema(hints[item.name], dict(item.metadata["limits"]))
        properties[item.name]["description"] = item.metadata["description"]
        if item.default is MISSING:
            required.append(item.name)
        else:
            plain: Any = item.default
            if is_dataclass(plain) and not isinstance(plain, type):
                plain = asdict(plain)
            properties[item.name]["default"] = list(plain) if isinstance(plain, tuple) else plain
    return {
        "type": "object",
        "description": (cls.__doc__ or "").strip().split("\n")[0],
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _field_schema(hint: Any, limits: dict[str, Any]) -> dict[str, Any]:
    if get_origin(hint) in (Union, types.UnionType):
        schemas = [_field_schema(arg, limits) for arg in get_args(hint) if arg is not type(None)]
        kinds = [schema["type"] for schema in schemas]
        kinds += ["null"] if type(None) in get_args(hint) else []
        return {**schemas[0], "type": kinds}
    if get_origin(hint) is Mapping:
        return {
            "type": "object",
            "additionalProperties": _field_schema(get_args(hint)[1], limits),
        }
    if is_dataclass(hint) and isinstance(hint, type):
        return _object_schema(hint)
    if get_origin(hint) is tuple:
        arguments = get_args(hint)
        whole: dict[str, Any] = {
            key: limits.pop(key) for key in ("minItems", "uniqueItems") if key in limits
        }
        items = _field_schema(arguments[0], limits)
        schema = {"type": "array", "items": items, **whole}
        if Ellipsis not in arguments:
            schema |= {"minItems": len(arguments), "maxItems": len(arguments)}
        return schema
    return {**_SCALARS[hint], **limits}


def build(values: dict[str, Any], folder: Path) -> Recipe:
    """A recipe from values that fit the schema."""
    recipe: Recipe = _build(Recipe, values | {"folder": folder})
    return recipe


def _build(cls: type, values: dict[str, Any]) -> Any:
    hints = get_type_hints(cls)
    arguments: dict[str, Any] = {}
    for name, value in values.items():
        hint = hints[name]
        if get_origin(hint) in (Union, types.UnionType):
            kinds = [arg for arg in get_args(hint) if arg is not type(None)]
            hint = kinds[0] if len(kinds) == 1 or isinstance(value, str) else kinds[-1]
        if value is None:
            arguments[name] = None
        elif is_dataclass(hint) and isinstance(hint, type):
            arguments[name] = _build(hint, value)
        elif get_origin(hint) is tuple:
            inner = get_args(hint)[0]
            parts = is_dataclass(inner)
            arguments[name] = tuple(_build(inner, i) if parts else inner(i) for i in value)
        elif get_origin(hint) is Mapping:
            # Whole numbers stay whole: 1 and 1.0 may mean different things.
            arguments[name] = dict(value)
        else:
            # JSON Schema calls 300.0 an integer; two spellings must not give two stage keys.
            arguments[name] = hint(value) if hint in (int, float) else value
    return cls(**arguments)
