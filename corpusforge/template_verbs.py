"""The verbs of templates on the command line: sample, count, lint, match, import.

Light at start: every verb imports what it needs.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpusforge.core.errors import InputError, Position

if TYPE_CHECKING:
    from corpusforge.grammar.bulk import By
    from corpusforge.grammar.drawing import Draw
    from corpusforge.grammar.import_pack import ImportResult

__all__ = [
    "add_verbs",
    "count",
    "import_templates",
    "lint",
    "match",
    "quota_of",
    "sample",
    "share_of",
]

# So many losses are shown one by one; more are summed up, and all are in IMPORT.md.
_SHOWN = 12


def add_verbs(verbs: Any) -> None:
    """Add the verbs to the parser's."""
    sub = verbs.add_parser("sample", help="distinct labelled sentences of templates")
    _add_path(sub)
    sub.add_argument("-n", type=int, required=True, help="rows")
    sub.add_argument("--seed", type=int, default=1, help="same seed, same rows (1)")
    sub.add_argument(
        "--by",
        metavar="SHARE",
        default="weights",
        help="share of a template: weights (its own and those inside it; the default), templates "
        "(all alike), sentences (as many as it has), or a power of that from 0 to 1",
    )
    sub.add_argument(
        "--hold-out",
        choices=("templates", "values", "both"),
        help="what validation and test do not share with train, with proof (templates)",
    )
    sub.add_argument(
        "--quota", dest="quotas", action="append", default=[], metavar="INTENT=N",
        help="rows of an intent, or its share (0.2); others share the rest; repeatable",
    )  # fmt: skip
    sub.add_argument("--coverage", action="store_true", help="show everything in the first rows")
    sub.add_argument("--ids", action="store_true", help="with the id of each row")
    sub.add_argument("--format", default="jsonl", choices=("jsonl", "parquet"))
    sub.add_argument("-o", "--out", metavar="FILE", help="write here, not to standard output")

    sub = verbs.add_parser("count", help="how many sentences templates hold, exactly")
    _add_path(sub)
    sub.add_argument("--json", action="store_true", help="also by template")

    sub = verbs.add_parser("lint", help="what is wrong or doubtful in templates")
    _add_path(sub)
    sub.add_argument("--json", action="store_true")

    sub = verbs.add_parser("match", help="all readings of sentences, one per line, as JSONL")
    _add_path(sub)
    sub.add_argument("file", nargs="?", help="file of sentences (standard input)")

    sub = verbs.add_parser("import", help="templates of other tools as ours, and what was lost")
    sub.add_argument(
        "format",
        metavar="FORMAT",
        help="chatette, chatito, csv, home_assistant, jsgf, jsonl, padatious, rasa, rhino, snips",
    )
    sub.add_argument("path", metavar="PATH", help="file or folder")
    sub.add_argument("-o", "--out", metavar="DIR", required=True, help="new folder")
    sub.add_argument("--lang", help="language, where the files name none, or several")
    sub.add_argument(
        "--names",
        metavar="FILE",
        nargs="+",
        default=[],
        help="names of devices, areas, floors: files of Home Assistant's .storage, fixtures",
    )


def _add_path(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("path", help="template file or folder")
    sub.add_argument("--lang", help="language, when the files hold several")
    sub.add_argument("--lists", metavar="FILE", help="lists that the host supplies at run time")


def share_of(text: str) -> By:
    """What `--by` says.

    Raises:
        InputError: When it is none of the words and no number from 0 to 1.
    """
    if text in ("sentences", "templates", "weights"):
        return text  # type: ignore[return-value]
    try:
        power = float(text)
    except ValueError:
        power = -1.0
    if 0.0 <= power <= 1.0:
        return power
    raise InputError(
        f"--by {text}",
        given=text,
        allowed=["sentences", "templates", "weights"],
        hint="or a number from 0 (all templates alike) to 1 (as many rows as sentences)",
    )


def quota_of(text: str) -> tuple[str, float]:
    """What `--quota` says: an intent, and rows (a whole number) or a share.

    Raises:
        InputError: When it is not INTENT=N.
    """
    intent, equals, number = text.rpartition("=")
    try:
        if equals and intent:
            quota = int(number) if number.isdecimal() else float(number)
            if math.isfinite(quota):
                return intent, quota
    except ValueError:
        pass
    raise InputError(
        f"--quota {text}: expected INTENT=N", hint="for example play_music=500, or play_music=0.2"
    )


def _quotas(texts: Sequence[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for intent, quota in map(quota_of, texts):
        if intent in found:
            raise InputError(f"--quota {intent}=... is given twice", given=intent)
        found[intent] = quota
    return found


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Look for garbage in cycles seldom: that is a twentieth of a short run."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@_collecting_seldom()
def sample(options: argparse.Namespace) -> int:
    """Write rows as JSON lines or Parquet."""
    from corpusforge.grammar.drawing import draw
    from corpusforge.grammar.drawn_files import json_lines, write_parquet

    if options.n < 1:
        raise InputError(f"-n {options.n}: at least 1 row is needed")
    if options.format == "parquet" and options.out is None:
        raise InputError("--format parquet needs -o FILE")
    drawn = draw(
        Path(options.path),
        options.n,
        seed=options.seed,
        lang=options.lang,
        lists=_path(options.lists),
        by=share_of(options.by),
        coverage=options.coverage,
        hold_out=options.hold_out,
        quotas=_quotas(options.quotas),
    )
    for note in drawn.notes():
        print(f"warning: {note}", file=sys.stderr)
    if not drawn.size:
        raise InputError(
            f"no sentence of {options.path} can be sampled",
            hint="wildcard lists need values (--lists), and constraints must leave some",
        )
    # Rows of held-out splits are of no use without their split.
    splits = options.hold_out is not None
    if options.format == "parquet":
        write_parquet(drawn, Path(options.out), ids=options.ids)
    elif options.out is not None:
        _write(json_lines(drawn, ids=options.ids, splits=splits), Path(options.out))
    else:
        for lines in json_lines(drawn, ids=options.ids, splits=splits):
            sys.stdout.write(str(lines, "utf-8"))
    if options.out is not None or options.quotas:
        _report(drawn)
    if options.hold_out is not None:
        _report_proof(drawn, values=options.hold_out != "templates")
    return 0


def count(options: argparse.Namespace) -> int:
    """Print exact numbers."""
    from corpusforge.grammar.counting import counts, counts_json
    from corpusforge.grammar.loader import load_pack

    lists = _path(options.lists)
    pack = load_pack(Path(options.path), lang=options.lang, lists=[lists] if lists else [])
    for note in pack.notes:
        print(f"warning: {note}", file=sys.stderr)
    found = counts(pack)
    if options.json:
        print(json.dumps(counts_json(pack, found), ensure_ascii=False, indent=1))
        return 0
    rows = [("intent", "derivations", "sentences", "with values")]
    named = [*found.intents.items(), ("all intents", found.total)]
    for name, number in named:
        values = f"{number.with_values:,}{'+' if number.open else ''}"
        rows.append((name, f"{number.derivations:,}", f"{number.distinct:,}", values))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for name, *numbers in rows:
        cells = "  ".join(f"{n:>{w}}" for n, w in zip(numbers, widths[1:], strict=True))
        print(f"{name:<{widths[0]}}  {cells}")
    if found.total.open:
        print("+ a wildcard counts as one value", file=sys.stderr)
    return 0


def lint(options: argparse.Namespace) -> int:
    """Print findings; 2 when rows with wrong labels would come of one."""
    from corpusforge.grammar.lint import lint_path

    lists = _path(options.lists)
    found = lint_path(
        Path(options.path), lang=options.lang, lists=[lists] if lists is not None else []
    )
    if options.json:
        print(json.dumps(found.to_json(), ensure_ascii=False, indent=1))
    else:
        for line in found.lines():
            print(line)
    return 2 if found.counts()["error"] else 0


def _input_lines() -> Iterator[str]:
    """Lines of standard input, whatever the locale: UTF-8, with or without a byte order mark."""
    number = 0
    if not hasattr(sys.stdin, "buffer"):
        yield from sys.stdin
        return
    for number, line in enumerate(sys.stdin.buffer, 1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise InputError(
                f"not UTF-8: byte 0x{line[error.start]:02x}",
                position=Position("standard input", number, error.start + 1),
                hint="say it in UTF-8 (for example: iconv -f latin1 -t utf-8)",
            ) from None


def match(options: argparse.Namespace) -> int:
    """Print the readings of sentences."""
    from corpusforge.core.source import read_text
    from corpusforge.grammar.loader import load_pack
    from corpusforge.grammar.matching import Matcher

    lines: Iterable[str] = _input_lines()
    if options.file is not None:
        lines = read_text(Path(options.file)).splitlines()
    lists = _path(options.lists)
    pack = load_pack(Path(options.path), lang=options.lang, lists=[lists] if lists else [])
    for found in Matcher(pack).match(lines):
        print(json.dumps(found, ensure_ascii=False))
    return 0


def import_templates(options: argparse.Namespace) -> int:
    """Write a folder of templates, and say what it holds and what could not be kept."""
    from corpusforge.grammar.functions import import_pack

    made = import_pack(
        options.format, options.path, options.out, lang=options.lang, names=options.names
    )
    total = made.templates + made.open_templates
    print(
        f"wrote {options.out}: {_number(len(made.intents), 'intent')}, "
        f"{_number(total, 'sentence template')}, {_number(len(made.lists), 'list')}"
    )
    for line in _losses(made, Path(options.path)):
        print(line)
    for note in made.notes:
        print(f"note: {note}")
    if made.templates:
        print(f"next: corpusforge sample {options.out} -n 20, or")
        print(f"      corpusforge init NEW --from {options.out} (a recipe, for build)")
    return 0


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _losses(made: ImportResult, path: Path) -> Iterator[str]:
    """One line each, or one for each kind when there are many."""
    from corpusforge.grammar.foreign.notes import by_kind, place_of

    if not made.losses:
        yield "nothing was lost"
    elif len(made.losses) <= _SHOWN:
        yield f"lost, {_number(len(made.losses), 'thing')}:"
        lines: dict[str, int] = {}
        for loss in made.losses:
            place = place_of(loss, path)
            line = f"{place + ': ' if place else ''}{loss.what} -> {loss.instead}"
            lines[line] = lines.get(line, 0) + 1
        yield from (f"  {line}{f' ({n} x)' if n > 1 else ''}" for line, n in lines.items())
    else:
        yield f"lost, {_number(len(made.losses), 'thing')}, all of them in {made.files[-1]}:"
        for kind, losses in by_kind(made.losses).items():
            yield f"  {len(losses):,} x {kind.name} -> {kind.instead}"
            places = [place for loss in losses if (place := place_of(loss, path))]
            shown = ", ".join(dict.fromkeys(places[:3]))
            yield f"      {shown}{', ...' if len(places) > 3 else ''}"


def _path(text: str | None) -> Path | None:
    return Path(text) if text is not None else None


def _write(pieces: Iterable[memoryview], path: Path) -> None:
    """Write under a temporary name, then rename: never half a file."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with temporary.open("wb") as stream:
            stream.writelines(pieces)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _report(drawn: Draw) -> None:
    """What was reached, on standard error."""
    shares = drawn.shares()
    rows = sum(shares.values())
    width = max(len(intent) for intent in shares)
    for intent, number in shares.items():
        print(f"{intent:<{width}}  {number:>9,}  {number / rows:6.1%}", file=sys.stderr)
    if drawn.cover is not None:
        shown = drawn.cover.certificate
        there = len(drawn.pack.templates)
        which = "all" if shown.templates == there else f"{shown.templates:,} of"
        print(
            f"the first {shown.rows:,} rows show {which} {there:,} templates, "
            f"{shown.alternatives - shown.not_shown:,} of {shown.alternatives:,} alternatives "
            f"(which needs {shown.alternative_rows:,} rows, proven) and {shown.values:,} list "
            f"values (no fewer than {shown.least_rows:,} rows could)",
            file=sys.stderr,
        )


def _report_proof(drawn: Draw, *, values: bool) -> None:
    """What both sides of the splits can say; `values`: values are held out."""
    proof = drawn.corpus.proof()
    train, others = proof.sentences
    lines = [
        f"train can say {train:,} sentences, validation and test {others:,}; both can say "
        f"{proof.shared_sentences:,} of them and {proof.shared_carriers:,} carrier phrases "
        "(intersection of automata)"
    ]
    if values and proof.shared_lists:
        names = ", ".join(proof.shared_lists)
        lines.append(f"lists too short, or too long, to hold values out: {names}")
    for entity, words in proof.shared_words.items():
        lines.append(f"words of {entity} on both sides: {', '.join(words[:5])}")
    for entity, words in proof.plain_words.items():
        lines.append(
            f"train says {len(words)} held-out values of {entity} outside of slots: "
            + ", ".join(words[:5])
        )
    for line in lines:
        print(line, file=sys.stderr)
