"""Padatious, Mycroft, OVOS: folders of .intent and .entity files, also in locale/LANG."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from corpusforge.core.errors import InputError, InputErrors, Position
from corpusforge.grammar.foreign.format import Format, ends
from corpusforge.grammar.foreign.losses import EMPTY, Kind
from corpusforge.grammar.foreign.model import PART, ForeignPack, Options
from corpusforge.grammar.foreign.nodes import (
    NOTHING,
    Entry,
    ListRef,
    Node,
    RuleRef,
    Sentence,
    choice,
)
from corpusforge.grammar.foreign.padatious_line import Line
from corpusforge.grammar.foreign.text import SourceText, files_of

__all__ = ["PLUGIN", "read"]

_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z]{2,4})?")
_FOLDERS = frozenset(("locale", "vocab", "dialog", "intents", "intent", "entities", "res", "text"))
ANY_WORD = "any_words"

_OTHERS = Kind("files of other kinds (.rx, .blacklist, .required, unused .voc)", "left out")
_BROKEN = Kind("lines whose brackets do not fit, or that name unknown vocabularies", "left out")
_COMMENTS = Kind("lines that begin with '# '", "comments, as in OVOS")
_ANY_WORD = Kind("':0', exactly one word", f"the list {ANY_WORD!r} of any words, which is no slot")
_SINGLE = Kind("brackets around a single choice", "their words")
_TYPES = Kind("types of slots, as in {date:when}", "the slot without its type")
_TWICE = Kind("a second file of the same name in a skill", "left out; the first one stays")


def read(path: Path, options: Options) -> ForeignPack:
    """One `.intent` file with the entities beside it, or all of a folder.

    Raises:
        InputError: When there is no such file, or a line cannot be read.
    """
    files = files_of(
        path, (".intent", ".entity", ".voc", ".rx", ".blacklist", ".required"), "intent"
    )
    lang = options.lang
    if path.is_dir():
        lang, files = _one_language(path, files, lang)
    intents = [file for file in files if file.suffix == ".intent"]
    if not intents:
        raise InputError(f"{path} is no .intent file, and holds none")
    if not path.is_dir():
        files = [*sorted(path.parent.glob("*.entity")), *sorted(path.parent.glob("*.voc")), path]
    pack = ForeignPack(lang=lang)
    skills: dict[Path, _Skill] = {}
    for file in files:
        root = _root(file, path)
        skills.setdefault(root, _Skill(pack, root)).files.append(file)
    names = Counter(file.stem for file in intents)
    for skill in skills.values():
        skill.read(several=len(skills) > 1, names=names)
    if not pack.intents:
        broken = [error for skill in skills.values() for error in skill.broken]
        raise InputErrors(broken) if broken else InputError(f"there are no sentences in {path}")
    return pack


def _tag(file: Path, path: Path) -> str:
    """The language of a file, from the folders that it is in; "" where they name none."""
    folders = file.relative_to(path).parts[:-1]
    for before, folder in zip((path.resolve().name, *folders), folders, strict=False):
        # A folder "tv" is a language only where languages are kept; "en-us" is one anywhere.
        if _TAG.fullmatch(folder) and (before in _FOLDERS or len(folder) > 3):
            return folder
    return ""


def _one_language(path: Path, files: list[Path], lang: str | None) -> tuple[str | None, list[Path]]:
    """The files of one language, where the folders are named after languages."""
    tag_of = {file: _tag(file, path) for file in files}
    tags = sorted({tag for file, tag in tag_of.items() if tag and file.suffix == ".intent"})
    if lang is None and len(tags) > 1:
        raise InputError(
            f"{path} holds several languages; name one", allowed=tags, hint=f"--lang {tags[0]}"
        )
    if not tags:
        return lang or (_canonical(path.name) if _is_locale(path) else None), files
    wanted = lang or tags[0]
    folded = f"{wanted}-".lower().replace("_", "-")
    said = {tag: f"{tag}-".lower().replace("_", "-") for tag in tags}
    fitting = [tag for tag in tags if said[tag].startswith(folded)]
    fitting = [tag for tag in fitting if said[tag] == folded] or fitting
    if not fitting:
        message = f"{path} holds nothing in the language {wanted!r}"
        raise InputError(message, given=wanted, allowed=tags)
    if len(fitting) > 1:
        raise InputError(
            f"{path} holds several languages {wanted!r}; name one",
            allowed=fitting,
            hint=f"--lang {fitting[0]}",
        )
    return _canonical(fitting[0]), [file for file in files if tag_of[file] in ("", fitting[0])]


def _is_locale(path: Path) -> bool:
    """Whether the folder itself is that of a language, as in locale/en-us."""
    path = path.resolve()
    return path.parent.name in _FOLDERS and bool(_TAG.fullmatch(path.name))


def _canonical(tag: str) -> str:
    """en-us, en_US -> en-US."""
    first, *rest = tag.replace("_", "-").split("-")
    return "-".join([first.lower(), *(p.upper() if len(p) == 2 else p.title() for p in rest)])


def _root(file: Path, path: Path) -> Path:
    """The folder of the skill that a file belongs to."""
    if not path.is_dir():
        return path.parent
    parts = file.relative_to(path).parts[:-1]
    for index, part in enumerate(parts):
        if part in _FOLDERS or part == _tag(file, path):
            return path.joinpath(*parts[:index])
    return path


@dataclass
class _Skill:
    """The files of one skill; what they call the same is the same."""

    pack: ForeignPack
    root: Path
    files: list[Path] = field(default_factory=list)
    broken: list[InputError] = field(default_factory=list)
    _prefix: str = ""
    _entities: dict[str, str] = field(default_factory=dict)
    _vocabularies: dict[str, Path] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)
    _used: set[str] = field(default_factory=set)

    def read(self, *, several: bool, names: Counter[str]) -> None:
        """Read all files.

        Args:
            several: Whether there are other skills; entities of the same name are kept apart.
            names: How many files each intent has; of several, the skill goes into the name.
        """
        self._prefix = f"{self.root}{PART}" if several else ""
        first: dict[str, Path] = {}
        for file in list(self.files):
            known = first.setdefault(file.name.lower(), file)
            if known is not file and file.suffix in (".intent", ".entity", ".voc"):
                what = f"the file {file.name}, which is also in {known.parent.name}"
                self.pack.lose(_TWICE, Position(str(file), 1, 1), what)
                self.files.remove(file)
        self._vocabularies = {f.stem.lower(): f for f in self.files if f.suffix == ".voc"}
        for file in self.files:
            if file.suffix == ".entity":
                self._entity(file)
        for file in self.files:
            if file.suffix == ".intent":
                own = several and names[file.stem] > 1
                self._intent(file, f"{self.root.name}.{file.stem}" if own else file.stem)
        for file in self.files:
            used = file.suffix in (".intent", ".entity") or file.stem.lower() in self._used
            if not used:
                self.pack.lose(_OTHERS, Position(str(file), 1, 1), f"the file {file.name}")

    def _entity(self, file: Path) -> None:
        key = f"{self._prefix}{file.stem}"
        self._entities[file.stem.lower()] = key
        self.pack.places[key] = Position(str(file), 1, 1)
        entries = [Entry(node) for _, node in self._lines(file, slots=False) if node != NOTHING]
        self.pack.lists[key] = list(dict.fromkeys(entries))

    def _intent(self, file: Path, name: str) -> None:
        for at, node in self._lines(file, slots=True):
            self.pack.add(name, Sentence(node, at))
        if name not in self.pack.intents:
            self.pack.lose(EMPTY, Position(str(file), 1, 1), f"the intent {name!r}")

    def _lines(self, file: Path, *, slots: bool) -> list[tuple[Position, Node]]:
        """Lines that say something, with their places."""
        source = SourceText(file)
        found: list[tuple[Position, Node]] = []
        for number, line in enumerate(source.lines):
            text = line.strip()
            if not text or text.startswith("//"):
                continue
            at = source.place(number, line.index(text))
            if text.startswith("# "):
                self.pack.lose(_COMMENTS, at, f"the line {text[:60]!r}")
                continue
            try:
                found.append((at, Line(text, source, number, self, slots=slots).whole()))
            except InputError as error:
                # OVOS refuses the line, not the skill (its INTENT-1, section 3.6).
                self.broken.append(error)
                self.pack.lose(_BROKEN, error.position, f"the line {text[:60]!r} ({error.message})")
        return found

    def slot(self, name: str, kind: str | None, at: Position) -> Node:
        """A reference to an entity; without values it is any words at all."""
        if kind is not None:
            self.pack.lose(_TYPES, at, f"the type {kind!r} of the slot {name!r}")
        key = self._entities.setdefault(name.lower(), f"{self._prefix}{name}")
        if key not in self.pack.lists:
            self.pack.lists[key] = []
            self.pack.places[key] = at
            self.pack.fact("A slot without an .entity file is any words at all.")
        return ListRef(key, self.pack.slot(name, at))

    def vocabulary(self, name: str, at: Position) -> Node:
        """The words of a .voc file."""
        file = self._vocabularies.get(name.lower())
        if file is None:
            known = [f"<{other}>" for other in self._vocabularies]
            raise InputError(
                f"there is no file {name}.voc for <{name}>",
                position=at,
                given=f"<{name}>",
                allowed=known,
            )
        if name.lower() in self._open:
            circle = " -> ".join((*self._open, name))
            raise InputError(f"<{name}> refers to itself ({circle})", position=at)
        key = f"{self._prefix}{name}"
        self._used.add(name.lower())
        if key not in self.pack.rules:
            self._open.append(name.lower())
            nodes = dict.fromkeys(node for _, node in self._lines(file, slots=False))
            self._open.pop()
            self.pack.rules[key] = choice(list(nodes)) if nodes else NOTHING
        return RuleRef(key)

    def any_word(self, at: Position) -> Node:
        """`:0`, any single word."""
        self.pack.lists.setdefault(ANY_WORD, [])
        self.pack.lose(_ANY_WORD, at, "':0'")
        return ListRef(ANY_WORD, "")

    def single(self, words: str, at: Position) -> None:
        """Brackets without a choice: signs to Padatious, nothing to OVOS."""
        self.pack.lose(_SINGLE, at, words)


PLUGIN = Format(
    name="padatious",
    read=read,
    accepts=ends(".intent", ".entity"),
    losses=(_BROKEN, _OTHERS, _COMMENTS, _ANY_WORD, _SINGLE, _TYPES, _TWICE),
    example={
        "order.intent": "(bring|get) [me] {drink}\n",
        "drink.entity": "tea\ncoffee\n",
    },
)
