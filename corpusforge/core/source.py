"""YAML files whose every value knows its place, so that errors can point at it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from corpusforge.core.errors import InputError, Position
from corpusforge.core.scalar_places import scalar_places

__all__ = ["Document", "parse_value", "read_text", "read_yaml", "read_yaml_documents"]

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    """YAML 1.2 core schema (section 10.3.2): an intent may be called On, a value be 7:30.

    YAML 1.1, PyYAML's default, reads on, off, yes and no as booleans, 7:30 as the number 450,
    2026-11-23 as a date and 010 as 8.
    """


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        # Without .inf and .nan: they would slip through every limit, and stay text instead.
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?",
        list("-+0123456789."),
    ),
    ("merge", r"<<", ["<"]),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first
    )


# Two escapes, behind an even number of backslashes.
_PAIR = re.compile(
    r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"
)


def _construct_int(loader: Any, node: yaml.ScalarNode) -> int:
    text = str(loader.construct_scalar(node))
    return int(text, 0) if text[:2] in ("0o", "0x") else int(text)


_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)


@dataclass(frozen=True)
class Document:
    """A YAML file: its plain value, and where each part of it stands.

    Attributes:
        path: The file.
        value: str, int, float, bool, None, list and dict, as `yaml.safe_load` gives.
    """

    path: Path
    value: Any
    _root: yaml.Node | None = field(repr=False)
    _lines: tuple[str, ...] = field(repr=False)
    _places: dict[int, list[tuple[int, int]]] = field(
        default_factory=dict, repr=False, compare=False
    )

    @property
    def in_file(self) -> bool:
        """Whether it stands in a file; else its values come from options."""
        return self._root is not None

    def position(self, path: Sequence[str | int] = (), offset: int = 0) -> Position:
        """Where the value at `path` stands.

        Args:
            path: Keys and indices from the root. As far as it exists it is followed.
            offset: Character offset inside that value, when it is a string.
        """
        node = self._follow(path)
        if node is None:
            return self._at(0, 0)
        line, column = node.start_mark.line, node.start_mark.column
        if isinstance(node, yaml.ScalarNode):
            begins = self._lines[line][column : column + 1] if line < len(self._lines) else ""
            if offset or begins in ("&", "!") or node.end_mark.line > line:
                return self._inside(node, offset)
            column += node.style in ("'", '"')
        return self._at(line, column)

    def key_position(self, path: Sequence[str | int]) -> Position:
        """Where the last key of `path` stands; the value's place when it is not a key."""
        parent = self._follow(path[:-1])
        if path and isinstance(parent, yaml.MappingNode):
            for key, _ in parent.value:
                if key.value == str(path[-1]):
                    return self._at(key.start_mark.line, key.start_mark.column)
        return self.position(path)

    def text(self, path: Sequence[str | int]) -> str:
        """A scalar as it is written, also where YAML takes it for a number: "007", "true".

        Returns:
            "" for null, and where there is no scalar.
        """
        node = self._follow(path)
        if not isinstance(node, yaml.ScalarNode) or node.tag == "tag:yaml.org,2002:null":
            return ""
        return str(node.value)

    def _follow(self, path: Sequence[str | int]) -> yaml.Node | None:
        node = self._root
        for step in path:
            found: yaml.Node | None = None
            if isinstance(node, yaml.MappingNode):
                found = next((v for k, v in node.value if k.value == str(step)), None)
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
                found = node.value[step] if step < len(node.value) else None
            if found is None:
                return node
            node = found
        return node

    def _at(self, line: int, column: int) -> Position:
        source = self._lines[line] if line < len(self._lines) else ""
        return Position(str(self.path), line + 1, column + 1, source)

    def _inside(self, node: yaml.ScalarNode, offset: int) -> Position:
        """The place of character `offset` of a scalar's value, in the file."""
        if id(node) not in self._places:
            start = (node.start_mark.line, node.start_mark.column)
            self._places[id(node)] = scalar_places(node, self._lines) or [start]
        places = self._places[id(node)]
        return self._at(*places[min(offset, len(places) - 1)])


def read_text(path: Path) -> str:
    """A UTF-8 file as text.

    Raises:
        InputError: When it is missing, a folder, or not UTF-8 (with line and column).
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"there is no file {path}", hint="check the path") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder, a file was expected") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        guess = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin1"
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        raise InputError(
            f"not UTF-8: byte 0x{data[error.start]:02x}",
            position=Position(str(path), line, column),
            hint=f"save the file as UTF-8 (for example: iconv -f {guess} -t utf-8 FILE)",
        ) from None


def parse_value(text: str) -> Any:
    """A YAML value by itself, read by the same rules as a file.

    Raises:
        ValueError: When it is not valid YAML.
    """
    try:
        return yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError("not valid YAML") from error


def read_yaml(path: Path) -> Document:
    """Read one YAML document.

    Raises:
        InputError: With file:line:column, for anything that is not one well-formed document
            of plain values: bad syntax, two equal keys, unknown tags, not UTF-8.
    """
    return _read(path, several=False)[0]


def read_yaml_documents(path: Path) -> list[Document]:
    """Read all YAML documents of a file, parted by `---`; those without a value are left out.

    Raises:
        InputError: As `read_yaml`.
    """
    return [document for document in _read(path, several=True) if document.value is not None]


def _read(path: Path, *, several: bool) -> list[Document]:
    text = read_text(path)
    if path.suffix == ".json":
        text = _PAIR.sub(_as_one, text)
    lines = tuple(text.splitlines())
    documents: list[Document] = []
    try:
        roots = (
            list(yaml.compose_all(text, Loader=_Loader))
            if several
            else [yaml.compose(text, Loader=_Loader)]
        )
        for root in roots:
            loader = _Loader("")
            try:
                value = loader.construct_document(root) if root is not None else None
            finally:
                loader.dispose()
            documents.append(Document(path, value, root, lines))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark is not None else (0, 0)
        source = lines[line] if line < len(lines) else ""
        raise InputError(
            f"not valid YAML: {error.problem or error.context}",
            position=Position(str(path), line + 1, column + 1, source),
            hint="quote values that hold ': ', '{', '[' or '#'",
        ) from None
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(f"not valid YAML: {error}", position=Position(str(path), 1, 1)) from None
    except RecursionError:
        raise _too_deep(path) from None
    try:
        for document in documents:
            if document._root is not None:
                _refuse_equal_keys(document._root, document)
    except RecursionError:
        raise _too_deep(path) from None
    return documents


def _as_one(match: re.Match[str]) -> str:
    """JSON writes characters beyond 16 bits as two escapes, YAML as one."""
    high, low = int(match[2], 16), int(match[3], 16)
    return f"{match[1]}\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08X}"


def _too_deep(path: Path) -> InputError:
    text = "nested too deeply, or an alias (*name) stands inside of what it names"
    return InputError(text, position=Position(str(path), 1, 1))


def _refuse_equal_keys(node: yaml.Node, document: Document) -> None:
    if isinstance(node, yaml.SequenceNode):
        for child in node.value:
            _refuse_equal_keys(child, document)
    elif isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, child in node.value:
            name = str(key.value)
            mark = key.start_mark
            if name in seen:
                source = document._lines[mark.line]
                raise InputError(
                    f"the key {name!r} stands here for the second time "
                    f"(first on line {seen[name] + 1})",
                    position=Position(str(document.path), mark.line + 1, mark.column + 1, source),
                    hint="remove one of them",
                )
            seen[name] = mark.line
            _refuse_equal_keys(child, document)
