"""Check a template file against its JSON Schema and say what is wrong, and where.

jsonschema is imported only for files that are not plainly right (see `surely_valid`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pkgutil import get_data
from typing import TYPE_CHECKING, Any

from corpusforge.core.errors import InputError, Position
from corpusforge.core.source import Document
from corpusforge.core.surely_valid import surely_valid

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

# Save tab and the ends of lines, which are white space.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TYPES = {
    "object": "a mapping (key: value)",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}
_BOUNDS = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "greater than"}


@cache
def template_schema() -> dict[str, Any]:
    """The JSON Schema of template files."""
    said = get_data("corpusforge", "schemas/template.schema.json")  # lighter than importlib's
    schema: dict[str, Any] = json.loads(said or b"")
    return schema


@cache
def _validator() -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(template_schema())


def check_structure(document: Document) -> list[InputError]:
    """All violations of the template schema in one file, in file order."""
    if document.value is None:
        return [
            InputError(
                "the file is empty",
                position=document.position(()),
                hint="expected 'language:' and 'intents:'",
            )
        ]
    strange = list(_control_characters(document, document.value, ()))
    if strange or surely_valid(document.value, template_schema(), template_schema()):
        return strange
    errors = [
        found
        for error in _validator().iter_errors(document.value)
        for found in _explain(document, error)
    ]
    return sorted(errors, key=_place)


def _control_characters(
    document: Document, value: Any, path: tuple[str | int, ...]
) -> Iterator[InputError]:
    """Control characters, which only an escape can write; ids are hashes of fields they part."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(key, str) and _CONTROL.search(key):
                yield _control(key, document.key_position((*path, key)))
            yield from _control_characters(document, inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _control_characters(document, inner, (*path, index))
    elif isinstance(value, str):
        found = _CONTROL.search(value)
        if found:
            yield _control(value, document.position(path, found.start()))


def _control(text: str, position: Position) -> InputError:
    code = ord(_CONTROL.findall(text)[0])
    return InputError(f"the control character U+{code:04X} cannot be used", position=position)


def _place(error: InputError) -> tuple[int, int]:
    return (error.position.line, error.position.column) if error.position else (0, 0)


def _explain(document: Document, error: ValidationError) -> list[InputError]:
    path: list[str | int] = list(error.absolute_path)
    instance: Any = error.instance
    schema: Any = error.schema
    wanted: Any = error.validator_value
    kind = str(error.validator)
    name = f"{path[-1]!r}" if path and isinstance(path[-1], str) else "this entry"
    at = document.position(path)
    if path[-2:-1] == ["sentences"] and isinstance(instance, dict) and "text" not in instance:
        if kind != "required":
            return []  # what its keys are meant for is not known
        text = "expected text in a list, or a mapping with the key 'text'"
        hint = "quote sentences that hold ': ' or begin with '{' or '['"
        return [InputError(text, position=at, hint=hint)]
    if kind == "additionalProperties":
        allowed = sorted(schema["properties"])
        return [
            InputError(
                f"unknown key {key!r}",
                position=document.key_position([*path, key]),
                given=str(key),
                allowed=allowed,
            )
            for key in instance
            if key not in allowed
        ]
    if kind == "type":
        return [_wrong_type(error, name, document, path)]
    if kind == "required":
        missing = next(key for key in wanted if key not in instance)
        if missing == "to":
            return [InputError("the range has no end: the key 'to' is missing", position=at)]
        return [InputError(f"the key {missing!r} is missing in {name}", position=at)]
    if kind == "minItems" and "constraints" in path:
        what = f"{name} compares one slot with nothing"
        return [InputError(what, position=at, hint="name at least two slots")]
    if kind == "uniqueItems":
        return [_named_twice(instance, path, document)]
    if kind == "minItems" and path[-1] in ("sentences", "values"):
        what = "no sentences" if path[-1] == "sentences" else "no values"
        where = document.key_position(path)
        return [InputError(f"{_owner(path)} has {what}", position=where, hint="write at least one")]
    if kind == "oneOf":
        kinds = "'values', 'range', 'time', 'date', 'money', 'duration' and 'wildcard'"
        text = f"{_owner(path)} needs exactly one of {kinds}"
        return [InputError(text, position=document.key_position(path))]
    return [_wrong_value(error, name, path, at)]


def _named_twice(names: list[Any], path: list[str | int], document: Document) -> InputError:
    """A slot that a constraint names again."""
    place = next(i for i, name in enumerate(names) if name in names[:i])
    return InputError(
        f"{path[-1]!r} names the slot {names[place]!r} twice",
        position=document.position([*path, place]),
        hint="name each slot once, at least two of them",
    )


def _wrong_value(
    error: ValidationError, name: str, path: list[str | int], at: Position
) -> InputError:
    """A value of the right type that is not allowed."""
    instance: Any = error.instance
    wanted: Any = error.validator_value
    kind = str(error.validator)
    if kind == "enum":
        given = str(instance)
        allowed = [str(value) for value in wanted]
        message = f"{given!r} is not possible for {name}"
        return InputError(message, position=at, given=given, allowed=allowed)
    if kind in ("exclusiveMinimum", "maximum") and "wording" in path:
        hint = "expected a share above 0, at most 1, as in 0.3"
        return InputError(f"{instance} is no share for {name}", position=at, hint=hint)
    if kind == "minLength":
        hint = "remove it, or write something"
        return InputError(f"expected text for {name}, got none", position=at, hint=hint)
    if kind in _BOUNDS or kind == "minItems":
        return _out_of_bounds(kind, name, wanted, instance, at)
    if kind == "pattern" and "roles" in path:
        hint = "expected letters, digits and '_'; roles may have spaces inside"
        return InputError(f"{instance!r} cannot be a {path[-1]}", position=at, hint=hint)
    if kind == "pattern":
        hint = "expected letters, digits, '.', '_' and '-', starting with a letter or digit"
        return InputError(f"{instance!r} cannot be an id", position=at, hint=hint)
    return InputError(f"{name}: {error.message}", position=at)


def _out_of_bounds(kind: str, name: str, wanted: Any, given: Any, at: Position) -> InputError:
    if kind == "minItems":
        return InputError(f"{name} is empty", position=at, hint="remove the key, or list some")
    return InputError(f"{name} must be {_BOUNDS[kind]} {wanted}, got {given}", position=at)


def _owner(path: list[str | int]) -> str:
    names = [step for step in path if isinstance(step, str)]
    if "lists" in names and names[-1] != "lists":
        return f"the list {{{names[names.index('lists') + 1]}}}"
    return f"the block of {names[1]!r}" if names[:1] == ["intents"] else "this"


def _wrong_type(
    error: ValidationError, name: str, document: Document, path: list[str | int]
) -> InputError:
    wanted: Any = error.validator_value
    types = [wanted] if isinstance(wanted, str) else list(wanted)
    if path[-2:-1] == ["sentences"]:
        types = ["string"]  # what nearly everybody means
    expected = " or ".join(_TYPES[kind] for kind in types)
    given = error.instance
    at = document.position(path)
    hint = ""
    if given is None:
        at, shown = document.key_position(path), "nothing"
        if "object" in types or "array" in types:
            hint = "remove the key, or write something below it"
    elif isinstance(given, bool):
        shown = f"the truth value {str(given).lower()}"
        hint = f'put quotes around: "{str(given).lower()}"' if "string" in types else ""
    elif isinstance(given, int | float):
        shown = f"the number {given}"
        hint = f'put quotes around: "{given}"' if "string" in types else ""
    elif isinstance(given, str):
        shown = f"the text {given!r}"
    elif not isinstance(given, list | dict):
        shown, hint = f"the date {given}", f'put quotes around: "{given}"'
    else:
        shown = _TYPES["array" if isinstance(given, list) else "object"]
        if isinstance(given, dict) and types == ["string"]:
            hint = "quote sentences that hold ': ' or begin with '{' or '['"
    what = "in a list" if isinstance(path[-1] if path else None, int) else f"for {name}"
    if not path:
        what = "in the file"
    return InputError(f"expected {expected} {what}, got {shown}", position=at, hint=hint)
