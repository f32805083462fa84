"""What a render can be asked for, and the small recipe in memory that stands for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from corpusforge.core import plugins
from corpusforge.core.errors import InputError, require_at_least
from corpusforge.core.licenses import UNKNOWN
from corpusforge.core.recipe import AUTO, Recipe
from corpusforge.core.recipe_file import recipe_of

__all__ = ["COLUMNS", "METADATA", "NAME", "RenderOptions", "recipe_for"]

NAME = "render"
"""Name of the recipe; the hidden run folder knows its owner by it."""

COLUMNS = ("text", "id", "lang", "intent", "slots", "split", "spoken", "license")
"""What a table may have a column for."""

METADATA = ("csv", "jsonl")
"""Formats of the metadata file."""

_SETTABLE = ("speech.", "audio_gate.", "export.allow_licenses")


@dataclass(frozen=True)
class RenderOptions:
    """What a render is asked for.

    Attributes:
        lang: BCP-47, of rows without a language of their own.
        engines: Engine plug-ins; () = those that a recipe has without a word.
        clips: Clips in all; None = all rows, `variants` times.
        variants: Clips per row, each with another voice, room and noise.
        seed: Of everything that is drawn.
        license: SPDX, of the texts, where rows state none.
        columns: One of `COLUMNS` -> the table's column; others are looked for by usual names.
        metadata: One of `METADATA`.
        overrides: "key=value" below speech, audio_gate, and export.allow_licenses.
        allow_command: The user's word that commands among the voices may run.
    """

    lang: str = "en"
    engines: Sequence[str] = ()
    clips: int | None = None
    variants: int = 1
    seed: int = 1
    license: str = UNKNOWN
    columns: Mapping[str, str] = field(default_factory=dict)
    metadata: str = "csv"
    overrides: Sequence[str] = ()
    allow_command: bool = False

    def check(self) -> None:
        """Refuse what no render can do.

        Raises:
            InputError: Counts that are too small, unknown engines, columns, formats and keys.
        """
        require_at_least(self, {"variants": 1, "seed": 0})
        if self.clips is not None:
            require_at_least(self, {"clips": 1})
        engines = [*plugins.names("engine"), AUTO]
        for name in self.engines:
            if name != AUTO and not plugins.exists("engine", name):
                raise InputError(
                    f"--engines {name}: there is no engine {name!r}", given=name, allowed=engines
                )
        for name in self.columns:
            if name not in COLUMNS:
                raise InputError(
                    f"--column {name}=...: there is no such kind of column",
                    given=name,
                    allowed=COLUMNS,
                )
        if self.metadata not in METADATA:
            raise InputError(
                f"--metadata {self.metadata}: there is no such format",
                given=self.metadata,
                allowed=METADATA,
            )
        for text in self.overrides:
            if not text.strip().startswith(_SETTABLE):
                raise InputError(
                    f"--set {text}: only keys of speech and audio_gate, and "
                    "export.allow_licenses, mean something here",
                    hint="for example --set speech.noise_probability=0",
                )


def recipe_for(options: RenderOptions, table: Path, rows: int, *, splits: bool) -> Recipe:
    """The recipe that says the same as the options.

    Args:
        options: Checked.
        table: The file of sentences.
        rows: How many there are.
        splits: Whether they have splits, which then share no voice; else every voice may speak
            every row.

    Raises:
        InputErrors: For values that a recipe may not have.
    """
    values: dict[str, Any] = {
        "name": NAME,
        "license": options.license,
        "seed": options.seed,
        "real": {"path": str(table.resolve()), "license": options.license, "publish": True},
        "grammar": {} if splits else {"splits": {"train": 1, "validation": 0, "test": 0}},
        "speech": {
            "clips": rows * options.variants if options.clips is None else options.clips,
            "variants": options.variants,
        },
    }
    overrides = [f"lang={options.lang}"]
    if options.engines:
        overrides.append(f"speech.engines=[{', '.join(options.engines)}]")
    recipe = recipe_of(values, [*overrides, *options.overrides], Path.cwd())
    return replace(recipe, allow_command=options.allow_command)
