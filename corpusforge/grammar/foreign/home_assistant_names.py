"""Names of a home: fixtures and exports of Home Assistant, and its own registries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpusforge.core.errors import InputError, Position
from corpusforge.core.source import Document, read_yaml
from corpusforge.grammar.foreign.json_text import JsonText
from corpusforge.grammar.foreign.losses import Kind
from corpusforge.grammar.foreign.model import ForeignPack
from corpusforge.grammar.foreign.write import escaped
from corpusforge.grammar.host_lists import is_fixture
from corpusforge.grammar.parser import TemplateSyntaxError, has_syntax, parse

__all__ = ["NAMES", "read_names"]

NAMES = Kind("entities without a name, names without a list to fill", "left out or made of the id")
_FIXTURE = {"areas": "area", "floors": "floor", "entities": "name"}
_REGISTRIES = {
    "core.area_registry": "areas",
    "core.floor_registry": "floors",
    "core.device_registry": "devices",
    "core.entity_registry": "entities",
}
_EXPOSED = "homeassistant.exposed_entities"
# What the lists of Home Assistant's own interface (config/*_registry/list) have, and no other.
_LISTED = {"area_id": "areas", "floor_id": "floors", "identifiers": "devices"}
# What Assist hears of by itself: components/homeassistant/exposed_entities.py of Home Assistant.
_DOMAINS = frozenset(
    (
        *("climate", "cover", "fan", "humidifier", "light", "media_player"),
        *("scene", "switch", "todo", "vacuum", "water_heater"),
    )
)
_CLASSES = {
    "binary_sensor": frozenset(
        ("door", "garage_door", "lock", "motion", "opening", "presence", "window")
    ),
    "sensor": frozenset(
        (
            *("aqi", "carbon_dioxide", "carbon_monoxide", "humidity", "pm10", "pm25"),
            *("temperature", "volatile_organic_compounds"),
        )
    ),
}
_EXPECTED = (
    "expected a fixture file (areas:, floors:, entities:), the JSON of /api/states, a folder "
    ".storage, or of its files " + ", ".join((*_REGISTRIES, _EXPOSED))
)


@dataclass
class _Name:
    """Some words: their canonical value, and the domains of what is called so."""

    value: str | None
    domains: set[str] = field(default_factory=set)

    def body(self, words: str) -> Any:
        """The value of a list as YAML has it."""
        made: dict[str, Any] = {"in": words}
        if self.value is not None:
            made["out"] = self.value
        if len(self.domains) == 1:
            made["context"] = {"domain": next(iter(self.domains))}
        return made if len(made) > 1 else words


@dataclass
class _Names:
    """Words of each list."""

    lists: dict[str, dict[str, _Name]] = field(
        default_factory=lambda: {name: {} for name in _FIXTURE.values()}
    )

    def add(self, name: str, words: str, value: str | None = None, domain: str = "") -> None:
        if words.strip():
            known = self.lists[name].setdefault(" ".join(words.split()), _Name(value))
            if domain:
                known.domains.add(domain)

    def literal(self, name: str, words: Any, aliases: Iterable[Any] = (), domain: str = "") -> None:
        """A name that is no template, and other words for the same thing."""
        if not isinstance(words, str) or not words.strip():
            return
        self.add(name, escaped(words), None, domain)
        for alias in aliases:
            if isinstance(alias, str) and alias.strip() and alias != words:
                self.add(name, escaped(alias), " ".join(words.split()), domain)


@dataclass
class _Home:
    """What the files say of a home.

    Attributes:
        entries: Section (areas, floors, devices, entities) -> (entry, its place).
        expose_new: Whether Assist hears of what nobody has decided about.
        exposed: Entity -> whether Assist hears of it, where the registry does not say.
    """

    names: _Names
    pack: ForeignPack
    entries: dict[str, list[tuple[Mapping[str, Any], Position]]] = field(default_factory=dict)
    expose_new: bool = True
    exposed: dict[str, bool] = field(default_factory=dict)

    def take(self, section: str, found: Any, source: JsonText, path: tuple[str | int, ...]) -> None:
        """Keep the entries of a section."""
        if not isinstance(found, list):
            message = f"the registry holds no {section!r}"
            raise InputError(message, position=source.position())
        kept = self.entries.setdefault(section, [])
        for index, entry in enumerate(found):
            if isinstance(entry, dict):
                kept.append((entry, source.position((*path, index))))

    def finish(self) -> None:
        """Put everything into the lists."""
        for section, name in (("areas", "area"), ("floors", "floor")):
            for entry, _ in self.entries.get(section, []):
                self.names.literal(name, entry.get("name"), entry.get("aliases") or [])
        devices = {
            entry.get("id"): entry.get("name_by_user") or entry.get("name")
            for entry, _ in self.entries.get("devices", [])
        }
        if "entities" not in self.entries:
            for device in devices.values():
                self.names.literal("name", device)
            return
        hidden = 0
        for entity, at in self.entries["entities"]:
            if self._is_exposed(entity):
                self._entity(entity, devices, at)
            else:
                hidden += 1
        if hidden:
            self.pack.fact(
                f"Assist hears nothing of {hidden} entities of the registry (disabled, hidden, "
                "not exposed, or of a kind that is not exposed by itself); their names are left "
                "out."
            )

    def _entity(self, entity: Mapping[str, Any], devices: Mapping[Any, Any], at: Position) -> None:
        """The name as Home Assistant says it: the entity's, or of device and entity."""
        identifier = str(entity.get("entity_id", ""))
        own = entity.get("original_name")
        device = devices.get(entity.get("device_id"))
        if entity.get("has_entity_name") and device:
            own = " ".join(filter(None, (device, own)))
        name = entity.get("name") or own
        if not name:
            name = identifier.partition(".")[2].replace("_", " ")
            what = f"the entity {identifier!r} without a name"
            self.pack.lose(NAMES, at, what, f"{name!r}")
        domain = identifier.partition(".")[0]
        self.names.literal("name", name, entity.get("aliases") or [], domain)

    def _is_exposed(self, entity: Mapping[str, Any]) -> bool:
        """Whether Assist hears of an entity, as Home Assistant decides it."""
        if entity.get("disabled_by"):
            return False
        options = entity.get("options")
        assist = options.get("conversation") if isinstance(options, dict) else None
        decided = assist.get("should_expose") if isinstance(assist, dict) else None
        identifier = str(entity.get("entity_id", ""))
        if decided is None:
            decided = self.exposed.get(identifier)
        if decided is not None:
            return bool(decided)
        if not self.expose_new or entity.get("entity_category") or entity.get("hidden_by"):
            return False
        domain = identifier.partition(".")[0]
        kind = entity.get("device_class") or entity.get("original_device_class")
        return domain in _DOMAINS or kind in _CLASSES.get(domain, ())


def read_names(files: Sequence[Path], pack: ForeignPack) -> dict[str, list[Any]]:
    """The lists `name`, `area` and `floor` as YAML values; those without names are left out.

    Args:
        files: Fixtures, exports, registries, or folders that hold registries.
        pack: Takes notes of what is lost.

    Raises:
        InputError: When a file is none of those that are known.
    """
    names = _Names()
    home = _Home(names, pack)
    for file in _all_files(files):
        if file.suffix in (".yaml", ".yml"):
            document = read_yaml(file)
            if not is_fixture(document):
                at = document.position(())
                raise InputError("there are no names of a home", position=at, hint=_EXPECTED)
            _fixture(document, names)
        else:
            _json(file, home)
    home.finish()
    return {
        name: [known.body(words) for words, known in found.items()]
        for name, found in names.lists.items()
        if found
    }


def _all_files(paths: Sequence[Path]) -> list[Path]:
    """The files themselves; of a folder those of Home Assistant's storage."""
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise InputError(f"there is no file or folder {path}", hint="check the path")
        if not path.is_dir():
            found.append(path)
            continue
        folder = path / ".storage" if (path / ".storage").is_dir() else path
        here = [folder / name for name in (*_REGISTRIES, _EXPOSED) if (folder / name).is_file()]
        if not here:
            raise InputError(f"there are no names of a home in {path}", hint=_EXPECTED)
        found += here
    return found


def _json(file: Path, home: _Home) -> None:
    source = JsonText(file, depth=3)
    value = source.value
    if isinstance(value, list) and value and isinstance(value[0], dict):
        section = next((s for key, s in _LISTED.items() if key in value[0]), None)
        if "original_name" in value[0] or "platform" in value[0]:
            section = "entities"
        if section is None:
            _states(value, source, home)
        else:
            home.take(section, value, source, ())
        return
    key = value.get("key") if isinstance(value, dict) else None
    data = value.get("data") if isinstance(value, dict) else None
    if key in _REGISTRIES and isinstance(data, dict):
        section = _REGISTRIES[key]
        home.take(section, data.get(section), source, ("data", section))
    elif key == _EXPOSED and isinstance(data, dict):
        assist = (data.get("assistants") or {}).get("conversation") or {}
        home.expose_new = bool(assist.get("expose_new", True))
        for identifier, body in (data.get("exposed_entities") or {}).items():
            decided = ((body.get("assistants") or {}).get("conversation") or {}).get(
                "should_expose"
            )
            if decided is not None:
                home.exposed[identifier] = bool(decided)
    else:
        message = "there are no names of a home in this file"
        raise InputError(message, position=source.position(), hint=_EXPECTED)


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
            identifier = str(entry.get("id", "")) if section == "entities" else ""
            domain = identifier.partition(".")[0] if "." in identifier else ""
            names.add(name, words if _is_template(words) else escaped(words), None, domain)


def _is_template(words: str) -> bool:
    if not has_syntax(words):
        return False
    try:
        parse(words)
    except TemplateSyntaxError:
        return False
    return True


def _states(states: list[Any], source: JsonText, home: _Home) -> None:
    """The answer of /api/states: entities with their friendly names."""
    for index, state in enumerate(states):
        at = source.position((index,))
        attributes = state.get("attributes") if isinstance(state, dict) else None
        if not isinstance(attributes, dict):
            raise InputError("a state has no 'attributes'", position=at, hint=_EXPECTED)
        identifier = str(state.get("entity_id", ""))
        if attributes.get("friendly_name"):
            domain = identifier.partition(".")[0]
            home.names.literal("name", attributes["friendly_name"], (), domain)
        else:
            what = f"the entity {identifier!r} without a name"
            home.pack.lose(NAMES, at, what, "left out")
