"""JSGF grammars on disk: which one a name means, and which rule of it a reference means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from corpusforge.core.errors import InputError, Position
from corpusforge.grammar.foreign.jsgf_syntax import Grammar, Name, Rule, parse_grammar

__all__ = ["ENDINGS", "Grammars"]

ENDINGS = (".jsgf", ".gram", ".jsg")
_DECLARED = re.compile(r"^\s*grammar\s+([^\s;]+)\s*;", re.MULTILINE)


class Grammars:
    """Grammars by file, and what each imports under which name.

    Attributes:
        imports: File of a grammar -> name -> the grammar that it imports under it.

    Args:
        files: Where names of grammars are looked for; empty = in the folders of those that name
            them.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = list(files)
        self._parsed: dict[Path, Grammar] = {}
        self.imports: dict[Path, dict[str, Grammar]] = {}

    def parsed(self, file: Path) -> Grammar:
        """The grammar of a file."""
        if file not in self._parsed:
            self._parsed[file] = parse_grammar(file)
        return self._parsed[file]

    def link(self, grammar: Grammar) -> None:
        """Find the grammars that one imports, and what they import.

        Raises:
            InputError: One of them is not there, or has no such public rule.
        """
        if grammar.path in self.imports:
            return
        found: dict[str, Grammar] = {}
        self.imports[grammar.path] = found
        for imported, position in grammar.imports:
            name, _, rule = imported.rpartition(".")
            target = self._by_name(name, grammar.path, position)
            if rule != "*" and not (rule in target.rules and target.rules[rule].public):
                raise InputError(
                    f"the grammar {name!r} has no public rule <{rule}>",
                    position=position,
                    given=rule,
                    allowed=[r.name for r in target.rules.values() if r.public],
                )
            found[name] = target
            self.link(target)

    def _by_name(self, name: str, beside: Path, position: Position) -> Grammar:
        """The grammar that declares a name; of several, or of none, the file called like it."""
        *package, last = name.split(".")
        candidates = list(self._files) or [
            file
            for folder in dict.fromkeys((beside.parent, beside.parent.joinpath(*package)))
            if folder.is_dir()
            for file in sorted(folder.iterdir())
            if file.suffix in ENDINGS
        ]
        declared = {
            file: found[1] for file in candidates if (found := _DECLARED.search(_text(file)))
        }
        called = [file for file in candidates if file.stem == last]
        fitting = [file for file in candidates if declared.get(file) == name]
        both = [file for file in fitting if file in called]
        if fitting or called:
            return self.parsed((both or fitting or called)[0])
        names = list(dict.fromkeys(declared.values()))
        message = f"there is no grammar {name!r}"
        raise InputError(message, position=position, given=name, allowed=names)

    def find(self, name: Name, grammar: Grammar) -> tuple[Grammar, Rule]:
        """The rule that a reference means: the grammar's own, or an imported one.

        Raises:
            InputError: It is defined nowhere.
        """
        place, _, simple = name.name.rpartition(".")
        if place in ("", grammar.name) and simple in grammar.rules:
            return grammar, grammar.rules[simple]
        imports = self.imports[grammar.path]
        for imported, _ in grammar.imports:
            where, _, what = imported.rpartition(".")
            rule = imports[where].rules.get(simple)
            if what in ("*", simple) and place in ("", where) and rule is not None and rule.public:
                return imports[where], rule
        if place not in ("", grammar.name, *imports):
            # A rule that is always called by its full name needs no import (JSGF 1.0, 2.4.2).
            target = self._by_name(place, grammar.path, name.position)
            self.link(target)
            if simple in target.rules and target.rules[simple].public:
                return target, target.rules[simple]
        allowed = [f"<{known}>" for known in grammar.rules]
        for where, target in imports.items():
            allowed += [f"<{where}.{r.name}>" for r in target.rules.values() if r.public]
        raise InputError(
            f"the rule <{name.name}> is defined nowhere",
            position=name.position,
            given=f"<{name.name}>",
            allowed=allowed,
            hint="define it, import it, or mend its name",
        )


def _text(file: Path) -> str:
    return file.read_bytes().decode("utf-8", errors="replace")
