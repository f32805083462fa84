"""Home Assistant's sentences as they are, with rules, lists and the names of a home beside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from corpusforge.core.errors import InputError
from corpusforge.core.source import Document, read_text, read_yaml
from corpusforge.grammar.files import companion_files, template_files
from corpusforge.grammar.foreign.format import Format, begins
from corpusforge.grammar.foreign.home_assistant_names import NAMES, read_names
from corpusforge.grammar.foreign.losses import Kind
from corpusforge.grammar.foreign.model import ForeignPack, Options
from corpusforge.grammar.foreign.yaml_text import yaml_lines
from corpusforge.grammar.loader import load_pack

__all__ = ["PLUGIN", "read"]

_BESIDE = "_rules_and_lists.yaml"
_NAMES = "_names.yaml"
_HOSTED = ("name", "area", "floor")
# Keys of a block that tell a recogniser when a sentence counts.
_CONDITIONS = (
    "requires_context",
    "excludes_context",
    "required_keywords",
    "name_domains",
    "inferred_domain",
)
_UNUSED = ("response", "slot_combination", "metadata", "settings")
_LANGUAGES = Kind("files in other languages", "left out")
_ONLY_RECOGNISERS = Kind(
    "conditions, contexts, responses, metadata: what only a recogniser uses",
    "kept in the file; the sentences are said without them",
)
_FILLED = Kind(
    "wildcards {name}, {area}, {floor}, where --names fills them", "the names of the home"
)
_COMMENTS = Kind("comments of files whose wildcards are filled", "left out")
_TWICE = Kind("second definitions of rules and lists beside the sentences", "the first one stays")

_YAML = begins(r"^\ufeff?language:\s*\S", ".yml", ".yaml")
# The wheel home-assistant-intents has one JSON file per language.
_JSON = begins(r'"(responses|expansion_rules|skip_words)"\s*:|"sentences"\s*:\s*\[', ".json")

Path_ = tuple[str | int, ...]


def read(path: Path, options: Options) -> ForeignPack:
    """A folder `sentences/LANG`, or a repository with several and a language.

    Raises:
        InputError: When the folder holds no sentences, or they cannot be read.
    """
    folder = _folder(path, options.lang)
    # Everything that is wrong is said here, with its place in the user's own files.
    loaded = load_pack(folder, lang=options.lang)
    pack = ForeignPack(lang=loaded.lang)
    root = folder if folder.is_dir() else folder.parent
    known: set[tuple[str, str]] = set()
    filled: dict[str, str] = {}
    for file in template_files(folder):
        document = read_yaml(file)
        tag = str(document.value.get("language", loaded.lang))
        if options.lang is not None and not _same_language(tag, options.lang):
            pack.lose(_LANGUAGES, document.position(()), f"a file in the language {tag!r}")
            continue
        # JSON is YAML; only files with the endings of YAML are template files.
        name = file.relative_to(root).with_suffix(".yaml") if file.suffix == ".json" else None
        shown = (name or file.relative_to(root)).as_posix()
        pack.files[shown] = _text(document, pack, options)
        known |= {(kind, name) for kind, name, _ in _definitions(document)}
        for name, body in (document.value.get("lists") or {}).items():
            if "values" in body or "range" in body:
                filled[name] = file.name
        for what, position in _losses(document):
            pack.lose(_ONLY_RECOGNISERS, position, what)
    _companions(folder, known, pack)
    _names(options, filled, pack)
    pack.fact("The files are copies; template ids are those of the folder that was imported.")
    return pack


def _folder(path: Path, lang: str | None) -> Path:
    if not path.exists():
        raise InputError(f"there is no file or folder {path}", hint="check the path")
    for name in ("sentences", "custom_sentences"):
        folder = path / name
        if not folder.is_dir():
            continue
        tags = sorted(p.name for p in folder.iterdir() if p.is_dir())
        if not tags:
            return folder
        if lang is None and len(tags) > 1:
            raise InputError(
                f"{folder} holds several languages; name one",
                allowed=tags,
                hint="for example: --lang en",
            )
        wanted = tags[0] if lang is None else lang
        fitting = [tag for tag in tags if _folded(tag) == _folded(wanted)]
        if not fitting:
            raise InputError(f"{folder} holds no language {wanted!r}", given=wanted, allowed=tags)
        return folder / fitting[0]
    return path


def _folded(tag: str) -> str:
    return tag.lower().replace("_", "-")


def _same_language(tag: str, lang: str) -> bool:
    """As the loader has it: a tag without region takes its regions too."""
    first, second = _folded(tag), _folded(lang)
    return first == second or first.startswith(f"{second}-") or second.startswith(f"{first}-")


def _definitions(document: Document) -> Iterator[tuple[str, str, Any]]:
    for kind in ("expansion_rules", "lists"):
        for name, body in (document.value.get(kind) or {}).items():
            yield kind, str(name), body


def _text(document: Document, pack: ForeignPack, options: Options) -> str:
    """The file as it is; lists that names of a home fill are taken out."""
    open_lists = [
        name
        for name, body in (document.value.get("lists") or {}).items()
        if name in _HOSTED and "wildcard" in body
    ]
    if not options.names or not open_lists:
        return read_text(document.path)
    value = dict(document.value)
    value["lists"] = {k: body for k, body in value["lists"].items() if k not in open_lists}
    for name in open_lists:
        at = document.key_position(("lists", name))
        pack.lose(_FILLED, at, f"the wildcard {{{name}}}")
    pack.lose(_COMMENTS, document.position(()), "the comments of a file")
    return "\n".join(yaml_lines({k: v for k, v in value.items() if v})) + "\n"


def _losses(document: Document) -> Iterator[tuple[str, Any]]:
    """What only a recogniser uses."""
    for key in ("responses", "settings"):
        if key in document.value:
            yield f"the section {key!r}", document.key_position((key,))
    blocks: list[tuple[Path_, Any]] = [
        (("intents", intent, "data", index), block)
        for intent, body in (document.value.get("intents") or {}).items()
        for index, block in enumerate(body["data"])
    ]
    blocks += [
        (("data", index), block) for index, block in enumerate(document.value.get("data") or [])
    ]
    for path, block in blocks:
        for key in (*_CONDITIONS, *_UNUSED):
            if key in block:
                what = f"{key!r}" + (", a condition" if key in _CONDITIONS else "")
                yield what, document.key_position((*path, key))
    for name, body in (document.value.get("lists") or {}).items():
        for index, value in enumerate(body.get("values") or []):
            for key in ("context", "metadata"):
                if isinstance(value, dict) and key in value:
                    path = ("lists", name, "values", index, key)
                    yield f"{key!r} of a value of {{{name}}}", document.key_position(path)


def _companions(folder: Path, known: set[tuple[str, str]], pack: ForeignPack) -> None:
    """Rules and lists of the repository that the folder itself does not define."""
    found: dict[str, dict[str, Any]] = {"lists": {}, "expansion_rules": {}}
    for file in companion_files(folder):
        document = read_yaml(file)
        for kind, name, body in _definitions(document):
            if (kind, name) in known or name in found[kind]:
                what = f"a second definition of {name!r} in {kind}"
                pack.lose(_TWICE, document.key_position((kind, name)), what)
                continue
            found[kind][name] = body
    written = {kind: bodies for kind, bodies in found.items() if bodies}
    if written:
        pack.files[_BESIDE] = "\n".join(yaml_lines(written)) + "\n"


def _names(options: Options, filled: dict[str, str], pack: ForeignPack) -> None:
    if not options.names:
        return
    lists = read_names(options.names, pack)
    for name in [name for name in lists if name in filled]:
        what = f"the names of the list {{{name}}}, which has values in {filled[name]}"
        pack.lose(NAMES, None, what)
        del lists[name]
    if not lists:
        shown = ", ".join(map(str, options.names))
        raise InputError(f"{shown}: there are no names in it")
    written = {"lists": {name: {"values": values} for name, values in lists.items()}}
    pack.files[_NAMES] = "\n".join(yaml_lines(written)) + "\n"


PLUGIN = Format(
    name="home_assistant",
    read=read,
    accepts=lambda path: _YAML(path) or _JSON(path),
    losses=(_ONLY_RECOGNISERS, _LANGUAGES, _FILLED, _COMMENTS, _TWICE, NAMES),
    example={
        "light.yaml": "language: en\nintents:\n  TurnOn:\n    data:\n"
        '      - sentences: ["turn on [the] {room}"]\n'
        "lists:\n  room: {values: [kitchen, hall]}\n"
    },
)
