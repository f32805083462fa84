"""Reading recipe files: shipped names, overrides, and errors that point at the key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from corpusforge.core import plugins
from corpusforge.core.errors import InputError, InputErrors
from corpusforge.core.recipe import AUTO, GrammarConfig, Recipe, SpeechConfig
from corpusforge.core.recipe_schema import build
from corpusforge.core.recipe_shares import share_errors, unknown_shares
from corpusforge.core.source import Document, parse_value, read_yaml
from corpusforge.core.surely_valid import surely_valid

__all__ = ["find_recipe", "load_recipe", "recipe_of", "shipped_recipes", "shipped_templates"]

_PACKAGE = Path(__file__).parents[1]


def shipped_templates() -> Path:
    """The folder of template packs: in the wheel, or beside a checkout's package."""
    inside = _PACKAGE / "_templates"
    return inside if inside.is_dir() else _PACKAGE.parent / "templates"


@cache
def shipped_recipes() -> dict[str, Path]:
    """Name -> recipe file of every shipped recipe.

    `smart_home/recipe.yaml` is called smart_home, `smart_home/recipe_de.yaml` smart_home_de.
    """
    found: dict[str, Path] = {}
    for path in sorted(shipped_templates().glob("*/recipe*.yaml")):
        found[path.parent.name + path.stem.removeprefix("recipe")] = path
    return found


def find_recipe(name_or_path: str) -> Path:
    """The recipe file for a shipped name, a file, or a folder with a recipe.yaml.

    Raises:
        InputError: When there is none, with the nearest shipped name.
    """
    path = Path(name_or_path)
    if path.is_file():
        return path
    if (path / "recipe.yaml").is_file():
        return path / "recipe.yaml"
    recipes = shipped_recipes()
    if name_or_path in recipes:
        return recipes[name_or_path]
    raise InputError(
        f"there is no recipe {name_or_path!r}: no shipped recipe and no file has this name",
        given=name_or_path,
        allowed=sorted(recipes),
        hint="give a shipped name, a recipe file, or a folder that holds recipe.yaml",
    )


def load_recipe(name_or_path: str | Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read and check a recipe.

    Args:
        name_or_path: As for `find_recipe`.
        overrides: "key=value" with dotted keys, e.g. "expand.rows=0"; values are YAML.

    Raises:
        InputErrors: All that is wrong, each with its place.
    """
    document = read_yaml(find_recipe(str(name_or_path)))
    if not isinstance(document.value, dict):
        raise InputError("a recipe is a mapping of keys", position=document.position())
    return _checked(document, overrides)


def recipe_of(values: dict[str, Any], overrides: Sequence[str], folder: Path) -> Recipe:
    """A recipe that stands in no file.

    Args:
        values: As the file would hold them.
        overrides: As for `load_recipe`.
        folder: Where its paths start.

    Raises:
        InputErrors: All that is wrong.
    """
    return _checked(Document(folder / "options", values, None, ()), overrides)


def _checked(document: Document, overrides: Sequence[str]) -> Recipe:
    values = document.value
    overridden: dict[tuple[str, ...], str] = {}
    for text in overrides:
        overridden[_override(values, text)] = text
    errors = _schema_errors(document, values, overridden)
    if errors:
        raise InputErrors(errors)
    recipe = build(values, document.path.parent)
    errors = _further_errors(recipe, document, overridden)
    if errors:
        raise InputErrors(errors)
    return recipe


def _override(values: dict[str, Any], text: str) -> tuple[str, ...]:
    key, equals, given = text.partition("=")
    path = tuple(key.strip().split("."))
    if not equals or not all(path):
        raise InputError(f"--set {text!r}: expected key=value, for example expand.rows=0")
    try:
        value = parse_value(given)
    except ValueError:
        raise InputError(f"--set {text!r}: the value is not valid YAML") from None
    node = values
    for step in path[:-1]:
        if not isinstance(node.get(step), dict):
            node[step] = {}
        node = node[step]
    node[path[-1]] = value
    return path


def _schema_errors(
    document: Document, values: dict[str, Any], overridden: dict[tuple[str, ...], str]
) -> list[InputError]:
    schema = json.loads((_PACKAGE / "schemas" / "recipe.schema.json").read_text(encoding="utf-8"))
    if surely_valid(values, schema, schema):
        return []
    from jsonschema import Draft202012Validator

    found: list[InputError] = []
    for error in Draft202012Validator(schema).iter_errors(values):
        found += _translate(error, document, overridden)
    return sorted(
        found,
        key=lambda e: (e.position.line, e.position.column) if e.position is not None else (0, 0),
    )


def _translate(
    error: Any, document: Document, overridden: dict[tuple[str, ...], str]
) -> list[InputError]:
    path = tuple(error.absolute_path)
    section = ".".join(str(step) for step in path) or "the recipe"
    if error.validator == "additionalProperties":
        allowed = sorted(error.schema["properties"])
        return [
            _at(
                document,
                overridden,
                (*path, key),
                f"unknown key {key!r} in {section}",
                key,
                allowed,
            )
            for key in error.instance
            if key not in allowed
        ]
    if error.validator == "required":
        missing = re.findall(r"'(.+?)' is a required", error.message)
        known = [key for key in error.instance if key not in error.schema["properties"]]
        text = f"the key {missing[0]!r} is missing in {section}"
        hint = f"add: {missing[0]}: ..." + (f" (is {known[0]!r} a typo of it?)" if known else "")
        return [_at(document, overridden, path, text, None, (), hint=hint)]
    text = f"{section}: {_complaint(error)}"
    words = _words(error) if isinstance(error.instance, str) else ()
    return [_at(document, overridden, path, text, None, words, near=error.instance)]


def _words(error: Any) -> tuple[str, ...]:
    """The words that a key may have, where only some are allowed."""
    if error.validator == "enum":
        return tuple(error.validator_value)
    listed = re.fullmatch(r"\^\(([a-z|]+)\)\$", str(error.validator_value))
    return tuple(listed[1].split("|")) if error.validator == "pattern" and listed else ()


def _complaint(error: Any) -> str:
    given = f"{error.instance!r} ({_kind(error.instance)})"
    if error.validator == "type":
        kinds = error.validator_value
        kinds = [kinds] if isinstance(kinds, str) else kinds
        return f"expected {' or '.join(_KINDS[kind] for kind in kinds)}, got {given}"
    if error.validator in ("minItems", "maxItems"):
        least = "at least" if "maxItems" not in error.schema else "exactly"
        return f"expected {least} {error.validator_value} values, got {len(error.instance)}"
    if error.validator == "uniqueItems":
        return f"a name stands twice in {error.instance!r}"
    if _words(error):
        return f"{error.instance!r} is none of the words that it can be"
    if error.validator == "minLength":
        return "must not be empty"
    if error.validator == "multipleOf":
        return f"{error.instance!r} is not a multiple of {error.validator_value}"
    if error.validator == "exclusiveMinimum":
        return f"{error.instance!r} is not above {error.validator_value}"
    if error.validator == "minimum":
        return f"{error.instance!r} is below the minimum of {error.validator_value}"
    if error.validator == "maximum":
        return f"{error.instance!r} is above the maximum of {error.validator_value}"
    return str(error.message)


_KINDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping of keys",
    "null": "null",
}


def _kind(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true/false"
    kinds = {str: "text", int: "whole number", float: "number", list: "list", dict: "mapping"}
    return kinds.get(type(value), type(value).__name__)


def _at(
    document: Document,
    overridden: dict[tuple[str, ...], str],
    path: tuple[str | int, ...],
    text: str,
    given: str | None,
    allowed: Sequence[str],
    near: Any = None,
    hint: str = "",
) -> InputError:
    """An error at a key of the file, or at its value, or naming the --set that brought it.

    Args:
        document: The file.
        overridden: Keys that --set brought.
        path: Of the key.
        text: What is wrong.
        given: The wrong key; None when its value is wrong.
        allowed: Keys or values that could have stood there.
        near: The wrong value, to find the nearest allowed one.
        hint: What to do.
    """
    word = near if given is None and isinstance(near, str) else given
    for steps, source in overridden.items():
        if path and (path[: len(steps)] == steps or steps[: len(path)] == path):
            return InputError(f"--set {source}: {text}", given=word, allowed=allowed, hint=hint)
    position = document.key_position(path) if given is not None else document.position(path)
    where = position if document.in_file else None
    return InputError(text, position=where, given=word, allowed=allowed, hint=hint)


def _range_errors(speech: SpeechConfig) -> Iterator[tuple[str, str]]:
    """(key, text) of ranges that go down, and of more noises at once than there are."""
    for name, value in vars(speech).items():
        match value:
            case (int() | float() as low, int() | float() as high) if low > high:
                yield name, f"speech.{name}: {low} is above {high}; give [low, high]"
    kinds, most = speech.noise_kinds, speech.noises[1]
    if most > len(kinds) and "file" not in kinds:
        given = f"speech.noises: {most} at once, but speech.noise_kinds names {len(kinds)}"
        yield "noises", f"{given}: lower it or name more; only recordings (file) come twice"


def _further_errors(
    recipe: Recipe, document: Document, overridden: dict[tuple[str, ...], str]
) -> list[InputError]:
    """What a schema cannot say: sums, orders, names of plug-ins, files that must exist."""
    found: list[InputError] = []

    def refuse(path: tuple[str | int, ...], text: str) -> None:
        found.append(_at(document, overridden, path, text, None, ()))

    below = [(("grammar", *key), text) for key, text in _grammar_errors(recipe.grammar)]
    below += [(("speech", name), text) for name, text in share_errors(recipe.speech)]
    below += [(("speech", name), text) for name, text in _range_errors(recipe.speech)]
    for path, text in below:
        refuse(path, text)
    if recipe.audio_gate.min_duration_s >= recipe.audio_gate.max_duration_s:
        refuse(("audio_gate",), "audio_gate: min_duration_s must be below max_duration_s")
    if recipe.grammar.path is None and recipe.real is None:
        refuse((), "there is nothing to start from: give grammar.path, or real")
    for place, relative in (
        (("grammar", "path"), recipe.grammar.path),
        (("grammar", "lists"), recipe.grammar.lists),
        (("real", "path"), recipe.real.path if recipe.real else None),
        (("expand", "model"), recipe.expand.model),
        (("expand", "external", "path"), e.path if (e := recipe.expand.external) else None),
    ):
        if relative is not None and not recipe.path(relative).exists():
            refuse(place, f"there is no file or folder {recipe.path(relative)}")
    encoder = recipe.assess.encoder
    # Anything else may be a name of the hub.
    named = encoder is not None and encoder.startswith((".", "/", "~"))
    if encoder is not None and named and not recipe.path(encoder).is_dir():
        refuse(("assess", "encoder"), f"there is no folder {recipe.path(encoder)}")
    generator = recipe.expand.generator
    # A section of the generator's own name has keys that it cannot do without.
    if getattr(recipe.expand, generator, "") is None:
        text = f"the generator {generator!r} needs the section expand.{generator}"
        refuse(("expand", "generator"), text)
    if text := _out_of_scope_error(recipe):
        refuse(("expand", "out_of_scope"), text)
    found += _plugin_errors(recipe, document, overridden)
    return found


def _out_of_scope_error(recipe: Recipe) -> str:
    """Why the recipe's judge cannot find rows out of scope, "" when it can or need not."""
    expand = recipe.expand
    if not expand.rows or not expand.out_of_scope.rows:
        return ""
    if expand.model is None:
        judged = expand.adapter is not None
    else:
        judged = (recipe.path(expand.model) / "adapter").is_dir()
    if judged:
        return ""
    return (
        "expand.out_of_scope: only the discriminator of an adapter knows texts of no intent; "
        + (
            "make one with `corpusforge meta-train` and name it in expand.adapter"
            if expand.model is None
            else "the model in expand.model was made without one"
        )
        + ", or leave expand.out_of_scope out"
    )


def _grammar_errors(grammar: GrammarConfig) -> Iterator[tuple[tuple[str, ...], str]]:
    """Keys below `grammar` that do not go together, and why."""
    shares = grammar.splits
    if abs(shares.train + shares.validation + shares.test - 1) > 1e-6 or shares.train <= 0:
        yield ("splits",), "split shares must sum to 1, with train above 0"
    if grammar.coverage and grammar.hold_out != "templates":
        yield (
            ("coverage",),
            "grammar.coverage: rows that show every value cannot hold values out; take "
            "grammar.hold_out: templates, or leave coverage out",
        )
    for intent, quota in (grammar.quotas or {}).items():
        if isinstance(quota, float) and quota > 1.0:
            yield (
                ("quotas", intent),
                f"grammar.quotas: {quota} is neither a whole number of rows nor a share (0.0 to "
                "1.0)",
            )


def _plugin_errors(
    recipe: Recipe, document: Document, overridden: dict[tuple[str, ...], str]
) -> list[InputError]:
    wanted: list[tuple[str, str, tuple[str | int, ...]]] = [
        ("generator", recipe.expand.generator, ("expand", "generator")),
        ("mode", recipe.expand.mode, ("expand", "mode")),
    ]
    engines = enumerate(recipe.speech.engines)
    wanted += [("engine", n, ("speech", "engines", i)) for i, n in engines if n != AUTO]
    voices = enumerate(recipe.speech.voices)
    wanted += [("engine", v.engine, ("speech", "voices", i, "engine")) for i, v in voices]
    # Also "espeak/de", and "*" for all.
    limits = [key for key in recipe.audio_gate.limits or {} if key != "*"]
    wanted += [("engine", k.partition("/")[0], ("audio_gate", "limits", k)) for k in limits]
    wanted += [("filter", n, ("clean", "filters", i)) for i, n in enumerate(recipe.clean.filters)]
    wanted += [("writer", n, ("export", "writers", i)) for i, n in enumerate(recipe.export.writers)]
    unknown = [
        (f"there is no {family} {name!r}", name, path, plugins.names(family))
        for family, name, path in wanted
        if not plugins.exists(family, name)
    ]
    unknown += [
        (
            f"there is no engine and no family of engines {name!r}",
            name,
            ("speech", "shares", name),
            known,
        )
        for name, known in unknown_shares(recipe.speech)
    ]
    return [
        _at(document, overridden, path, text, None, allowed, near=name)
        for text, name, path, allowed in unknown
    ]
