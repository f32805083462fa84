"""Names of a home: fixtures and exports of Home Assistant, and its own registries."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpusforge.core.errors import InputError, Position
from corpusforge.core.source import Document, read_yaml
from corpusforge.grammar.foreign.losses import Kind
from corpusforge.grammar.foreign.model import ForeignPack
from corpusforge.grammar.foreign.write import escaped
from corpusforge.grammar.host_lists import is_fixture
from corpusforge.grammar.parser import TemplateSyntaxError, has_syntax, parse
from corpusforge.grammar.raw import read_utf8

__all__ = ["NAMES", "read_names"]

NAMES = Kind(
    "names of a home that are missing or have no list to fill", "left out or made of the id"
)

_FIXTURE = {"areas": "area", "floors": "floor", "entities": "name"}
_REGISTRIES = {
    "core.area_registry": "areas",
    "core.floor_registry": "floors",
    "core.device_registry": "devices",
    "core.entity_registry": "entities",
}
_EXPECTED = (
    "expected a fixture file (areas:, floors:, entities:), the JSON of /api/states, or "
    + ", ".join(_REGISTRIES)
    + " of the folder .storage"
)


@dataclass
class _Names:
    """Words -> canonical value, per list."""

    lists: dict[str, dict[str, str | None]] = field(
        default_factory=lambda: {name: {} for name in _FIXTURE.values()}
    )

    def add(self, name: str, words: str, value: str | None = None) -> None:
        if words.strip():
            self.lists[name].setdefault(" ".join(words.split()), value)

    def literal(self, name: str, words: Any, aliases: Iterable[Any] = ()) -> None:
        """A name that is no template, and other words for the same thing."""
        if not isinstance(words, str) or not words.strip():
            return
        self.add(name, escaped(words))
        for alias in aliases:
            if isinstance(alias, str) and alias.strip() and alias != words:
                self.add(name, escaped(alias), " ".join(words.split()))


def read_names(files: Sequence[Path], pack: ForeignPack) -> dict[str, list[Any]]:
    """The lists `name`, `area` and `floor` as YAML values; those without names are left out.

    Raises:
        InputError: When a file is none of those that are known.
    """
    names = _Names()
    registries: dict[str, list[Mapping[str, Any]]] = {}
    for file in files:
        document = read_yaml(file) if file.suffix in (".yaml", ".yml") else None
        if document is not None and is_fixture(document):
            _fixture(document, names)
            continue
        value = _json(file) if document is None else document.value
        at = Position(str(file), 1, 1)
        if isinstance(value, list):
            _states(value, names, pack, at)
        elif isinstance(value, dict) and value.get("key") in _REGISTRIES:
            section = _REGISTRIES[value["key"]]
            data = value.get("data")
            entries = data.get(section) if isinstance(data, dict) else None
            if not isinstance(entries, list):
                raise InputError(f"the registry holds no {section!r}", position=at)
            registries.setdefault(section, []).extend(e for e in entries if isinstance(e, dict))
        else:
            raise InputError(
                "there are no names of a home in this file", position=at, hint=_EXPECTED
            )
    for section, name in (("areas", "area"), ("floors", "floor")):
        for entry in registries.get(section, []):
            names.literal(name, entry.get("name"), entry.get("aliases") or [])
    _entities(registries, names, pack)
    return {
        name: [
            words if value is None else {"in": words, "out": value}
            for words, value in found.items()
        ]
        for name, found in names.lists.items()
        if found
    }


def _json(file: Path) -> Any:
    text = read_utf8(file)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        lines = text.split("\n")
        at = Position(str(file), error.lineno, error.colno, lines[error.lineno - 1])
        raise InputError(f"not valid JSON: {error.msg}", position=at, hint=_EXPECTED) from None
    except RecursionError:
        raise InputError(f"{file} is nested too deeply") from None


def _fixture(document: Document, names: _Names) -> None:
    """A fixture of Home Assistant's tests; a name with brackets is a template where it is one."""
    for section, name in _FIXTURE.items():
        entries = document.value.get(section) or []
        if not isinstance(entries, list):
            at = document.key_position((section,))
            raise InputError(f"expected a list for {section!r}", position=at)
        for index, entry in enumerate(entries):
            words = entry.get("name") if isinstance(entry, dict) else None
            if not isinstance(words, str) or not words.strip():
                at = document.position((section, index))
                raise InputError(f"an entry of {section!r} has no name", position=at)
            names.add(name, words if _is_template(words) else escaped(words))


def _is_template(words: str) -> bool:
    if not has_syntax(words):
        return False
    try:
        parse(words)
    except TemplateSyntaxError:
        return False
    return True


def _states(states: list[Any], names: _Names, pack: ForeignPack, at: Position) -> None:
    """The answer of /api/states: entities with their friendly names."""
    for state in states:
        attributes = state.get("attributes") if isinstance(state, dict) else None
        if not isinstance(attributes, dict):
            raise InputError("a state has no 'attributes'", position=at, hint=_EXPECTED)
        if attributes.get("friendly_name"):
            names.literal("name", attributes["friendly_name"])
        else:
            what = f"the entity {state.get('entity_id')!r} without a name"
            pack.lose(NAMES, at, what, "left out")


def _entities(
    registries: Mapping[str, list[Mapping[str, Any]]], names: _Names, pack: ForeignPack
) -> None:
    """Names of entities as Home Assistant says them: of the entity, or of device and entity."""
    devices = {
        d.get("id"): d.get("name_by_user") or d.get("name") for d in registries.get("devices", [])
    }
    if "entities" not in registries:
        for name in devices.values():
            names.literal("name", name)
        return
    left_out = 0
    for entity in registries["entities"]:
        if not _exposed(entity):
            left_out += 1
            continue
        own = entity.get("original_name")
        if entity.get("has_entity_name") and devices.get(entity.get("device_id")):
            own = " ".join(filter(None, (devices[entity.get("device_id")], own)))
        name = entity.get("name") or own
        if not name:
            name = str(entity.get("entity_id", "")).partition(".")[2].replace("_", " ")
            what = f"the entity {entity.get('entity_id')!r} without a name"
            pack.lose(NAMES, None, what, f"{name!r}")
        names.literal("name", name, entity.get("aliases") or [])
    if left_out:
        pack.fact(
            f"{left_out} entities of the registry are disabled, hidden, not exposed to Assist, or "
            "only for configuration and diagnosis; their names are left out."
        )


def _exposed(entity: Mapping[str, Any]) -> bool:
    if entity.get("disabled_by") or entity.get("hidden_by"):
        return False
    options = entity.get("options")
    assist = options.get("conversation") if isinstance(options, dict) else None
    exposed = assist.get("should_expose") if isinstance(assist, dict) else None
    return bool(exposed) if exposed is not None else not entity.get("entity_category")
