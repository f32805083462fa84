"""Errors that tell the user where, what was given, what is allowed and what to do.

`CorpusforgeError` (exit code 1) has two kinds: `InputError` (exit code 2: the user's input is
wrong, nothing was started; `InputErrors` holds several, found in one go) and `RunError` (exit
code 1: the run failed and can be resumed).
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

__all__ = [
    "CorpusforgeError",
    "InputError",
    "InputErrors",
    "Position",
    "RunError",
    "StaleInputError",
    "nearest",
    "require",
    "require_at_least",
]


@dataclass(frozen=True)
class Position:
    """A place in a text file.

    Attributes:
        file: Path as the user would type it.
        line: Line number, counted from 1.
        column: Column in characters, counted from 1.
        source: The text of that line, "" when unknown.
    """

    file: str
    line: int
    column: int
    source: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def excerpt(self) -> str:
        """The source line with a caret under the column; "" when the line is unknown."""
        if not self.source:
            return ""
        # A very long line is cut to a window around the caret.
        start = max(0, self.column - 60)
        line = self.source[start : start + 100].replace("\t", " ")
        return f"    {line}\n    {' ' * (self.column - 1 - start)}^"


class CorpusforgeError(Exception):
    """Anything that corpusforge reports to its user by itself."""

    exit_code = 1


class RunError(CorpusforgeError):
    """The run failed. What was finished is kept, the same command resumes it."""


class StaleInputError(RunError):
    """What an earlier stage left behind is damaged or gone; that stage must run again.

    Args:
        message: What was found, naming the file.
        stage: The stage to run again.
    """

    def __init__(self, message: str, *, stage: str) -> None:
        self.stage = stage
        super().__init__(message)


class InputError(CorpusforgeError):
    """The input is wrong; nothing was started.

    Args:
        message: What is wrong, in one sentence, naming what was given.
        position: Where, when it is a place in a file.
        given: The wrong word, used to find the nearest allowed one.
        allowed: What could have stood there.
        hint: What to do about it.
    """

    exit_code = 2

    def __init__(
        self,
        message: str,
        *,
        position: Position | None = None,
        given: str | None = None,
        allowed: Sequence[str] = (),
        hint: str = "",
    ) -> None:
        self.message = message
        self.position = position
        self.given = given
        self.allowed = tuple(allowed)
        self.hint = hint
        super().__init__(self.render())

    def render(self) -> str:
        """The whole text shown to the user, several lines."""
        lines = [f"{self.position}: {self.message}" if self.position else self.message]
        if self.position and self.position.source:
            lines.append(self.position.excerpt())
        suggestion = nearest(self.given, self.allowed) if self.given is not None else None
        if suggestion is not None:
            lines.append(f"    did you mean {suggestion!r}?")
        if self.allowed:
            shown = ", ".join(self.allowed[:30])
            more = f", and {len(self.allowed) - 30} more" if len(self.allowed) > 30 else ""
            lines.append(f"    allowed: {shown}{more}")
        if self.hint:
            lines.append(f"    {self.hint}")
        return "\n".join(lines)


class InputErrors(InputError):  # noqa: N818
    """Several input errors, reported together.

    Args:
        errors: At least one error, in the order of the file.
    """

    def __init__(self, errors: Sequence[InputError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(error.render() for error in self.errors))


def nearest(given: str, allowed: Iterable[str]) -> str | None:
    """The allowed name that looks most like the given one.

    Returns:
        The nearest name (difflib ratio of at least 0.6, ignoring case), or None.
    """
    import difflib

    names = {name.casefold(): name for name in allowed}
    found = difflib.get_close_matches(given.casefold(), names, n=1, cutoff=0.6)
    return names[found[0]] if found else None


def require_at_least(given: object, least: Mapping[str, int]) -> None:
    """Checks counts of the command line.

    Args:
        given: Parsed options.
        least: Option (with underscores) -> lowest value that makes sense.

    Raises:
        InputError: For the first one that is below.
    """
    for name, value in least.items():
        if getattr(given, name) < value:
            flag = "--" + name.replace("_", "-")
            raise InputError(f"{flag} {getattr(given, name)} is not at least {value}")


def require(module: str, *, extra: str, purpose: str) -> ModuleType:
    """Import an optional dependency.

    Args:
        module: Name to import.
        extra: The extra of corpusforge that installs it.
        purpose: What it is needed for, as the end of "... is needed for".

    Raises:
        InputError: When it is missing or broken, with the pip line that mends it.
    """
    try:
        return importlib.import_module(module)
    # A package linked to libraries that are not there raises OSError (torchaudio beside a
    # CPU-only torch does), which is as good as missing.
    except (ImportError, OSError) as error:
        raise InputError(
            f"{module} is needed for {purpose}, and cannot be imported ({error})",
            hint=f"pip install 'corpusforge[{extra}]'",
        ) from error
