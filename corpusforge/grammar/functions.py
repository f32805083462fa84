"""What the verbs of templates do, as typed functions; `corpusforge.api` offers them.

Nothing heavy is imported before it is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpusforge.core.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

    from corpusforge.grammar.bulk import By
    from corpusforge.grammar.counting import PackCounts
    from corpusforge.grammar.import_pack import ImportResult
    from corpusforge.grammar.lint import LintResult
    from corpusforge.grammar.value_splits import HoldOut

__all__ = ["count", "import_pack", "lint", "match", "sample"]


def sample(
    path: str | Path,
    n: int,
    *,
    seed: int = 1,
    lang: str | None = None,
    lists: str | Path | None = None,
    by: By = "weights",
    coverage: bool = False,
    hold_out: HoldOut | None = None,
    quotas: Mapping[str, float] | None = None,
) -> tuple[pa.Table, tuple[str, ...]]:
    """Distinct labelled sentences of a template file or folder, balanced over templates.

    Args:
        path: Template file or folder.
        n: How many; fewer distinct ones than that = all of them, and a note.
        seed: Same seed, same rows; a larger n only appends rows.
        lang: Language, when the files hold several.
        lists: File with lists that the host supplies at run time.
        by: Share of a template: "weights" (its own, and those inside it), "templates" (all
            alike), "sentences" (as many as it has) or a power of that from 0 to 1.
        coverage: Show every alternative, template and list value in the first rows.
        hold_out: What validation and test rows do not share with train: carrier phrases
            ("templates"), slot "values", or "both". None: all rows are train, but those of
            templates whose author gave them a split.
        quotas: Intent -> rows (a whole number) or share of the rows (0.0 to 1.0); the others
            share what is left, and take over what an intent cannot give.

    Returns:
        A table with the columns of `core.schema.UTTERANCES`, and notes.
    """
    from corpusforge.grammar.drawing import draw, utterances

    if n < 1:
        raise InputError(f"-n {n}: at least 1 row is needed")
    drawn = draw(
        Path(path),
        n,
        seed=seed,
        lang=lang,
        lists=Path(lists) if lists is not None else None,
        by=by,
        coverage=coverage,
        hold_out=hold_out,
        quotas=quotas,
    )
    return utterances(drawn), tuple(drawn.notes())


def count(
    path: str | Path, *, lang: str | None = None, lists: str | Path | None = None
) -> PackCounts:
    """Exact numbers of derivations and of different sentences, by intent and template.

    Args:
        path: Template file or folder.
        lang: Language, when the files hold several.
        lists: File with lists that the host supplies at run time.
    """
    from corpusforge.grammar.counting import counts
    from corpusforge.grammar.loader import load_pack

    further = [Path(lists)] if lists is not None else []
    return counts(load_pack(Path(path), lang=lang, lists=further))


def lint(
    path: str | Path, *, lang: str | None = None, lists: str | Path | None = None
) -> LintResult:
    """What is wrong or doubtful in templates, without `lang` in all their languages.

    Args:
        path: Template file or folder.
        lang: Only this language.
        lists: File with lists that the host supplies at run time.
    """
    from corpusforge.grammar.lint import lint_path

    return lint_path(Path(path), lang=lang, lists=[Path(lists)] if lists is not None else [])


def match(
    path: str | Path,
    sentences: Iterable[str],
    *,
    lang: str | None = None,
    lists: str | Path | None = None,
) -> Iterator[dict[str, Any]]:
    """All readings of sentences; blank ones are left out.

    Args:
        path: Template file or folder.
        sentences: One sentence each.
        lang: Language, when the files hold several.
        lists: File with lists that the host supplies at run time.

    Returns:
        What `grammar.matching.Matcher.match` yields.
    """
    from corpusforge.grammar.loader import load_pack
    from corpusforge.grammar.matching import Matcher

    further = [Path(lists)] if lists is not None else []
    return Matcher(load_pack(Path(path), lang=lang, lists=further)).match(sentences)


def import_pack(
    format: str,
    path: str | Path,
    out: str | Path,
    *,
    lang: str | None = None,
    names: Sequence[str | Path] = (),
) -> ImportResult:
    """Write the templates of a foreign file or folder as a folder of our template files.

    Args:
        format: chatette, chatito, csv, home_assistant, jsgf, jsonl, padatious, rasa, rhino,
            snips, or that of another package (`corpusforge plugins format`).
        path: File or folder.
        out: Folder to make; it may exist, if it is empty.
        lang: BCP-47 tag, where the format names none, or to choose one of several.
        names: Files with the devices, areas and floors of a home (home_assistant only).

    Returns:
        What was written, and all that could not be kept, each with its place. It is also in
        IMPORT.md in the folder.

    Raises:
        InputError: For anything wrong with the input; then nothing was written.
    """
    from corpusforge.grammar.import_pack import import_pack as write_pack

    return write_pack(format, Path(path), Path(out), lang=lang, names=list(map(Path, names)))
