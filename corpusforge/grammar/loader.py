"""Read template files into a pack: the layout of Home Assistant's intents, and our own keys.

Only the standard library, PyYAML and jsonschema, so that `corpusforge validate` starts fast.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpusforge.core.errors import InputError, InputErrors, nearest
from corpusforge.core.source import Document, read_yaml
from corpusforge.grammar.expression import Expression
from corpusforge.grammar.files import companion_files, imported_files, template_files
from corpusforge.grammar.host_lists import fixture_lists, is_fixture
from corpusforge.grammar.imported import import_errors
from corpusforge.grammar.link import Linker, can_be_blank, must_be_blank
from corpusforge.grammar.pack import Pack, Rule, Scope, Source, Template, ValueList
from corpusforge.grammar.pack_language import choose_language
from corpusforge.grammar.parser import TemplateSyntaxError, literal, parse
from corpusforge.grammar.structure import check_structure
from corpusforge.grammar.template_ids import TemplateIds
from corpusforge.grammar.template_keys import Keys, check_keys, read_keys, with_keys
from corpusforge.grammar.values import merge_lists, read_list, text_of

__all__ = ["load_pack"]


def load_pack(path: Path, *, lang: str | None = None, lists: Sequence[Path] = ()) -> Pack:
    """Load, check and link the templates of one language.

    Args:
        path: A file, or a folder that is searched with its sub-folders.
        lang: BCP-47 tag; needed only where the folder holds several languages. A tag without
            region takes its regions too ("en" takes "en-GB").
        lists: Further files with lists; their values are added to lists of the same name, and
            they replace wildcards.

    Raises:
        InputErrors: Everything that is wrong, each with file, line and column.
    """
    files = template_files(path)
    builder = _Builder(path if path.is_dir() else path.parent)
    documents = builder.read(files)
    companions = builder.read(companion_files(path))
    further = builder.read(lists, fixtures=True)
    builder.stop()
    chosen, documents = choose_language(documents, lang, path)
    imported = builder.read_imports([document.path for document in documents])
    builder.stop()
    builder.lang = chosen
    for document in documents:
        builder.collect(document)
    for document in companions:
        builder.fill_from(document)
    builder.import_from(imported, chosen)
    for document in further:
        if not (document.value.get("lists") or document.value.get("expansion_rules")):
            builder.errors.append(
                InputError(
                    "there are no lists in this file",
                    position=document.position(()),
                    hint="expected 'lists:'",
                )
            )
        builder.collect(document, further=True)
    builder.fill_hosted()
    for document in documents:
        builder.templates_of(document)
    return builder.finish(chosen, path)


@dataclass
class _Builder:
    """Collects rules, lists and templates of the files; keeps errors until all are found."""

    root: Path
    errors: list[InputError] = field(default_factory=list)
    rules: dict[str, Rule] = field(default_factory=dict)
    lists: dict[str, ValueList] = field(default_factory=dict)
    given: dict[str, Path] = field(default_factory=dict)
    templates: list[Template] = field(default_factory=list)
    skip_words: list[str] = field(default_factory=list)
    ignore_whitespace: bool = False
    _definitions: dict[str, list[str]] = field(default_factory=dict)
    _hosted: list[ValueList] = field(default_factory=list)
    _keys: list[tuple[Keys, list[int]]] = field(default_factory=list)
    lang: str = "und"

    def __post_init__(self) -> None:
        # One scope object for all blocks without rules and lists of their own: what is
        # compiled for it is shared.
        self.scope = Scope(self.rules, self.lists)
        self._ids = TemplateIds(self.errors)

    def stop(self) -> None:
        """Raise what was found so far."""
        if len(self.errors) == 1:
            raise self.errors[0]
        if self.errors:
            raise InputErrors(self.errors)

    def read(self, files: Sequence[Path], *, fixtures: bool = False) -> list[Document]:
        """Read files and check their structure; errors are kept.

        Args:
            files: Template files.
            fixtures: Files of Home Assistant's test fixtures may be among them; their lists are
                kept.
        """
        documents: list[Document] = []
        for file in files:
            try:
                document = read_yaml(file)
            except InputError as error:
                self.errors.append(error)
                continue
            if fixtures and is_fixture(document):
                made, wrong = fixture_lists(document)
                self.errors += wrong
                self._hosted += made
                continue
            found = check_structure(document)
            self.errors += found
            if not found:
                documents.append(document)
        return documents

    def collect(self, document: Document, *, further: bool = False) -> None:
        """Take the global rules and lists of a file.

        Those of a further file fill what the templates leave open: lists that are not there or
        are wildcards, rules that are not there.
        """
        for name, rule in self._read_rules(document, ()).items():
            old = self.rules.get(name)
            if old is not None and further:
                continue
            if old is not None and old.expression != rule.expression:
                where = old.source.position()
                self.errors.append(
                    InputError(
                        f"the rule <{name}> has another body in {where.file}:{where.line}",
                        position=document.key_position(rule.source.path),
                        hint="rename one of the two",
                    )
                )
            self.rules[name] = rule
        for name, new in self._read_lists(document, ()).items():
            known = self.lists.get(name)
            if further:
                self.given[name] = document.path
            if known is None or (further and known.wildcard):
                self.lists[name] = new
                continue
            try:
                self.lists[name] = merge_lists(known, new)
            except InputError as error:
                self.errors.append(error)

    def fill_from(self, document: Document) -> None:
        """Take the rules and lists of a file where no file of the folder has them."""
        rules, lists = self._read_rules(document, ()), self._read_lists(document, ())
        self.rules.update({k: rule for k, rule in rules.items() if k not in self.rules})
        self.lists.update({k: values for k, values in lists.items() if k not in self.lists})

    def read_imports(self, files: Sequence[Path]) -> list[tuple[Source, Document]]:
        """Read the files that `imports` name; errors are kept."""
        found: list[tuple[Source, Document]] = []
        try:
            for source, file in imported_files(files):
                found += ((source, document) for document in self.read([file]))
        except InputError as error:
            self.errors.append(error)
        return found

    def import_from(self, imported: Sequence[tuple[Source, Document]], lang: str) -> None:
        """Take the rules and lists of imported files where the pack has none of its own."""
        self.errors += import_errors(imported, self.rules, self.lists, lang)
        for _, document in imported:
            self.fill_from(document)

    def fill_hosted(self) -> None:
        """Take the lists of fixture files, where the templates leave them open."""
        for values in self._hosted:
            known = self.lists.get(values.name)
            self._definitions.setdefault(values.name, [""])
            if known is None or known.wildcard:
                self.lists[values.name] = values

    def templates_of(self, document: Document) -> None:
        """Take the templates, skip words and settings of a file."""
        self.skip_words += document.value.get("skip_words") or []
        settings = document.value.get("settings") or {}
        self.ignore_whitespace = settings.get("ignore_whitespace", self.ignore_whitespace)
        for intent, body in (document.value.get("intents") or {}).items():
            for index, block in enumerate(body["data"]):
                self._block(document, str(intent), block, ("intents", intent, "data", index), body)
        for index, block in enumerate(document.value.get("data") or []):
            self._block(document, document.path.parent.name, block, ("data", index), {})

    def finish(self, lang: str, path: Path) -> Pack:
        """Link everything; raises all errors."""
        linker = Linker()
        wildcard = linker.check(self.templates)
        for name in self.rules:
            linker.check_rule(name, self.scope)
        self.errors += linker.errors
        self.errors.sort(key=_place)
        self.stop()
        self._apply_keys(lang)
        self.errors += [
            InputError(
                "the sentence can only be empty",
                position=template.source.position(),
                hint="write at least one word",
            )
            for template in self.templates
            if must_be_blank(template.expression, template.scope)
        ]
        self.stop()
        if not self.templates:
            raise InputError(
                f"there are no sentences in {path}",
                hint="expected 'intents:' with 'data:' and 'sentences:'",
            )
        notes: list[str] = []
        if wildcard:
            first = next(t for t in self.templates if t.id in wildcard)
            notes.append(
                f"{len(wildcard)} template(s) are not sampled, a list in them is a wildcard (give "
                f"values with --lists); first {first.file}:{first.line}: {first.sentence}"
            )
        reached = tuple(linker.reached.values())
        used = {values.name for values, _ in reached}
        for name, file in self.given.items():
            if name not in used:
                close = nearest(name, used)
                meant = f"; did you mean {close}?" if close else ""
                notes.append(f"no template uses the list {name} of {file}{meant}")
        notes += [
            f"a value of the list {{{values.name}}} can be empty; sentences with it are left out"
            for values, scope in reached
            if any(can_be_blank(value.expression, scope) for value in values.values)
        ]
        return Pack(
            lang=lang,
            templates=tuple(t for t in self.templates if t.id not in wildcard),
            open_templates=tuple(t for t in self.templates if t.id in wildcard),
            lists=reached,
            notes=tuple(notes),
            skip_words=tuple(dict.fromkeys(self.skip_words)),
            ignore_whitespace=self.ignore_whitespace,
        )

    def _apply_keys(self, lang: str) -> None:
        """Give templates what their blocks ask of them; raises all errors."""
        for keys, numbers in self._keys:
            self.errors += check_keys(keys, [self.templates[number] for number in numbers], lang)
        self.stop()
        for keys, numbers in self._keys:
            for number in numbers:
                self.templates[number] = with_keys(self.templates[number], keys, lang)

    def _parse(self, text: str, source: Source, *, what: str) -> Expression:
        try:
            return parse(text)
        except TemplateSyntaxError as error:
            message = f"{what}: {error.message}" if what else error.message
            self.errors.append(
                InputError(message, position=source.position(error.offset), hint=error.hint)
            )
            return literal("")

    def _read_rules(self, document: Document, path: tuple[str | int, ...]) -> dict[str, Rule]:
        found: dict[str, Rule] = {}
        for name, body in (_at(document.value, path).get("expansion_rules") or {}).items():
            source = Source(document, (*path, "expansion_rules", name))
            expression = self._parse(body, source, what=f"rule <{name}>")
            found[str(name)] = Rule(str(name), expression, source)
        return found

    def _read_lists(self, document: Document, path: tuple[str | int, ...]) -> dict[str, ValueList]:
        found: dict[str, ValueList] = {}
        for name, body in (_at(document.value, path).get("lists") or {}).items():
            source = Source(document, (*path, "lists", name))
            entity = self._entity(str(name), body, own=bool(path))
            lang = document.value.get("language", self.lang)
            try:
                values = read_list(str(name), entity, body, source, self._parse, lang)
            except InputError as error:
                self.errors.append(error)
                # Known, though wrong: references to it are not one more error.
                values = ValueList(str(name), entity, source=source)
            found[str(name)] = values
        return found

    def _entity(self, name: str, body: Any, *, own: bool) -> str:
        """Name for the values of a list: a block's own list must not mix with its namesakes."""
        known = self._definitions.setdefault(name, [])
        if not own:
            if not known:
                known.append("")
            return name
        signature = json.dumps(body, sort_keys=True, default=str)
        if signature not in known:
            known.append(signature)
        number = known.index(signature)
        return name if number == 0 else f"{name}#{number + 1}"

    def _block(
        self,
        document: Document,
        intent: str,
        block: Mapping[str, Any],
        path: tuple[str | int, ...],
        body: Mapping[str, Any],
    ) -> None:
        rules, lists = self._read_rules(document, path), self._read_lists(document, path)
        scope = self.scope
        if rules or lists:
            scope = Scope({**self.rules, **rules}, {**self.lists, **lists})
        fixed = tuple((str(k), text_of(v)) for k, v in (block.get("slots") or {}).items())
        file = document.path.relative_to(self.root).as_posix()
        keys = read_keys(document, path, (block, body, document.value))
        if keys:
            first = len(self.templates)
            self._keys.append((keys, list(range(first, first + len(block["sentences"])))))
        for index, entry in enumerate(block["sentences"]):
            source = Source(document, (*path, "sentences", index))
            own: Mapping[str, Any] = {"text": entry}
            if not isinstance(entry, str):
                own, source = entry, Source(document, (*source.path, "text"))
            sentence = own["text"]
            name = self._ids.choose(block, own, index, (file, intent, sentence), source)
            expression = self._parse(sentence, source, what="")
            self.templates.append(
                Template(
                    id=name,
                    intent=intent,
                    sentence=sentence,
                    expression=expression,
                    written=expression,
                    scope=scope,
                    weight=float(own.get("weight", block.get("weight", 1))),
                    fixed=fixed,
                    out_of_scope=bool(body.get("out_of_scope", False)),
                    file=file,
                    line=source.position().line,
                    source=source,
                    split=own.get("split", block.get("split", "")),
                )
            )


def _at(value: Any, path: tuple[str | int, ...]) -> Mapping[str, Any]:
    for step in path:
        value = value[step]
    found: Mapping[str, Any] = value
    return found


def _place(error: InputError) -> tuple[str, int, int]:
    if error.position is None:
        return ("", 0, 0)
    return (error.position.file, error.position.line, error.position.column)
