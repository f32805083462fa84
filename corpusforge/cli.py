"""The command line: one function per verb, no logic of its own.

Light at start: every verb imports what it needs. Exit codes: 0 done, 1 the run failed and can
be resumed, 2 the input is wrong and nothing was started.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from corpusforge import __version__, meta_train, speech_verbs, template_verbs, wake, wake_verbs
from corpusforge.assess.arguments import add_verbs
from corpusforge.core.errors import CorpusforgeError, nearest

if TYPE_CHECKING:
    from corpusforge.pipeline import BuildSummary

__all__ = ["main"]


class _Parser(argparse.ArgumentParser):
    """Usage errors name the nearest verb and leave with exit code 2."""

    def error(self, message: str) -> Any:
        verbs = [action for action in self._actions if isinstance(action.choices, dict)]
        for action in verbs:
            given = message.split("invalid choice: '")[-1].split("'")[0]
            close = nearest(given, action.choices or ())
            if close is not None and close != given:
                message += f"; did you mean {close!r}?"
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: error: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="corpusforge",
        description="Synthetic text and speech corpora: one recipe in, a publishable corpus out.",
    )
    parser.add_argument("--version", action="version", version=f"corpusforge {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    _add_recipe_verbs(verbs)
    template_verbs.add_verbs(verbs)
    _add_folder_verbs(verbs)
    speech_verbs.add_verbs(verbs)
    add_verbs(verbs)
    meta_train.add_verb(verbs)
    wake_verbs.add_verbs(verbs)
    return parser


def _add_recipe_verbs(verbs: Any) -> None:
    recipe_help = "shipped name (smart_home), recipe file, or folder with recipe.yaml"
    sub = verbs.add_parser(
        "init", help="write a starter recipe, or one from real rows or templates"
    )
    sub.add_argument("folder", help="new folder")
    sub.add_argument(
        "--from",
        dest="from_file",
        metavar="FILE",
        help="real rows (CSV, JSONL, Parquet, HF folder), or templates (YAML, a folder of it)",
    )
    wake_verbs.add_init_arguments(sub)

    for name, text in (
        ("validate", "check a recipe and its templates; nothing is run"),
        ("preview", "show first rows; no training, nothing is written"),
        ("build", "build the corpus; the same command resumes"),
    ):
        sub = verbs.add_parser(name, help=text)
        sub.add_argument("recipe", help=recipe_help)
        sub.add_argument(
            "--set", dest="overrides", action="append", default=[], metavar="KEY=VALUE",
            help="override a key, e.g. --set expand.rows=0",
        )  # fmt: skip
        if name in ("validate", "build"):
            sub.add_argument(
                "--allow-command", action="store_true", help="commands among the voices may run"
            )
        if name == "preview":
            sub.add_argument("-n", type=int, default=20, help="rows (20)")
        if name == "build":
            sub.add_argument("-o", "--out", required=True, help="run folder")
            sub.add_argument("--until", metavar="STAGE", help="stop after this stage")
            sub.add_argument("--executor", default="process", help="inline or process (process)")
            sub.add_argument("--workers", type=int, default=None, help="processes (all CPUs)")
            sub.add_argument("-q", "--quiet", action="store_true", help="only the summary, as TSV")


def _add_folder_verbs(verbs: Any) -> None:
    sub = verbs.add_parser("status", help="how far a run is")
    sub.add_argument("folder", help="run folder or release folder")
    sub.add_argument("--json", action="store_true")
    sub = verbs.add_parser("explain", help="the story of a row, clip or dropped row")
    sub.add_argument("folder", help="run folder or release folder")
    sub.add_argument("id", help="its id, or the beginning of it")
    sub = verbs.add_parser("report", help="write the report page anew")
    sub.add_argument("folder", help="run folder or release folder")
    speech_verbs.add_voices(verbs)
    sub = verbs.add_parser("plugins", help="all plug-ins")
    sub.add_argument("family", nargs="?", help="only this family")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; return the exit code."""
    parser = _parser()
    options, further = parser.parse_known_args(arguments)
    if len(further) == 1 and options.verb == "match" and options.file is None:
        # argparse takes optional positionals only right behind the first one
        options.file = further.pop() if not further[0].startswith("-") else None
    if len(further) == 1 and options.verb == "voices" and options.recipe is None:
        options.recipe = further.pop() if not further[0].startswith("-") else None
    if further:
        parser.error(f"unrecognized arguments: {' '.join(further)}")
    try:
        code: int = globals()["_" + options.verb.replace("-", "_")](options)
        sys.stdout.flush()
        return code
    except CorpusforgeError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # The reader (head, less) has had enough; that is no failure. Python would complain
        # once more when it flushes standard output at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = f" {error.filename}:" if error.filename else ""
        print(f"error: cannot read or write{where} {error.strerror or error}", file=sys.stderr)
        return 1 if options.verb in _MAY_FAIL else 2
    except KeyboardInterrupt:
        goes_on = options.verb in ("build", "render", "assess")
        then = "; the same command goes on from here" if goes_on else ""
        print(f"interrupted{then}", file=sys.stderr)
        return 1


_MAY_FAIL = ("build", "detector", "render", "assess", "mix", "log")

_sample, _match = template_verbs.sample, template_verbs.match
_count, _lint = template_verbs.count, template_verbs.lint
_import = template_verbs.import_templates
_render, _replay = speech_verbs.render, speech_verbs.replay
_voices = speech_verbs.voices
_confusables, _detector = wake_verbs.confusables, wake_verbs.detector


def _init(options: argparse.Namespace) -> int:
    from corpusforge import api

    made = wake_verbs.init(options)
    path, notes = made or (api.init(options.folder, options.from_file), ())
    print(f"wrote {path}")
    for note in notes:
        print(f"warning: {note}")
    print(f"next: corpusforge preview {path}")
    return 0


def _validate(options: argparse.Namespace) -> int:
    from corpusforge import api

    result = api.validate(options.recipe, options.overrides, allow_command=options.allow_command)
    for note in result.notes:
        print(note if note.startswith("warning: ") else f"note: {note}")
    print(f"{result.recipe.name}: valid")
    return 0


def _preview(options: argparse.Namespace) -> int:
    from corpusforge import api
    from corpusforge.core.spans import Slot
    from corpusforge.core.text import delexicalise

    table, notes = api.preview(options.recipe, options.n, options.overrides)
    rows = table.select(["split", "intent", "text", "slots"]).to_pylist()
    width = max((len(row["intent"]) for row in rows), default=0)
    for row in rows:
        slots = [Slot(**slot) for slot in row["slots"] or ()]
        marks = "  ".join(f"{slot.name}={slot.text}" for slot in slots)
        carrier = delexicalise(row["text"], slots) if slots else row["text"]
        print(
            f"{row['split']:<10} {row['intent']:<{width}}  {carrier}"
            + (f"   [{marks}]" if marks else "")
        )
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    return 0


def _build(options: argparse.Namespace) -> int:
    from corpusforge import api
    from corpusforge.core.progress import Progress

    progress = Progress(quiet=options.quiet)
    try:
        summary = api.build(
            options.recipe,
            options.out,
            until=options.until,
            overrides=options.overrides,
            executor=options.executor,
            workers=options.workers,
            progress=progress,
            allow_command=options.allow_command,
        )
    finally:
        progress.close()
    _print_summary(summary, parseable=options.quiet or not sys.stdout.isatty())
    return 0


def _print_summary(summary: BuildSummary, parseable: bool) -> None:
    """Where things lie and how many; TSV "key value" lines when nobody looks."""
    folder = summary.folder
    lines: list[tuple[str, str]] = []
    for entry in summary.stages:
        name = entry["stage"]
        dropped = sum(entry["dropped"].values())
        state = "reused" if name in summary.reused else f"{entry['seconds']:.1f} s"
        # The report makes a page, no rows.
        counts = "" if name == "report" else f"{entry['rows_out']} out, {dropped} dropped "
        text = f"{counts}({state})"
        lines.append((name, text))
    if (folder / "release").is_dir() and any(e["stage"] == "export" for e in summary.stages):
        lines.append(("release", str(folder / "release")))
    if (folder / "report.html").is_file() and summary.complete:
        lines.append(("report", str(folder / "report.html")))
    lines += [("note", note) for note in summary.notes]
    if not summary.complete:
        lines.append(("next", "run without --until to finish"))
    if (hint := wake.detector_hint(summary)) is not None:
        lines.append(("next", hint))
    for key, text in lines:
        print(f"{key}\t{text}" if parseable else f"{key:<12} {text}")


def _status(options: argparse.Namespace) -> int:
    from corpusforge import api

    state = api.status(options.folder)
    if options.json:
        print(json.dumps(state, indent=1, ensure_ascii=False))
        return 0
    is_render = state["kind"] == "render"
    verb, name = ("render", "") if is_render else ("build", f" {state.get('recipe', '')}")
    done = "complete" if state["complete"] else f"not finished: run the same {verb} command again"
    print(f"{state['folder']}: {state['kind']}{name}, {done}")
    for entry in state.get("stages", ()):
        dropped = sum(entry["dropped"].values())
        print(
            f"  {entry['stage']:<12} {entry['rows_in']:>7} in {entry['rows_out']:>7} out "
            f"{dropped:>7} dropped {entry['seconds']:>8.1f} s {entry['cpu_seconds']:>8.1f} CPU s"
        )
    if state.get("usefulness"):
        found = state["usefulness"]
        print(f"  does it help {found['verdict']}")
        if found["reason"]:
            print(f"  expansion    {found['expansion'].replace('_', ' ')}: {found['reason']}")
    whose = " (of the complete run before)" if state.get("previous") else ""
    for name in ("release", "report"):
        if state.get(name):
            print(f"  {name:<12} {state[name]}{whose}")
    return 0


def _explain(options: argparse.Namespace) -> int:
    from corpusforge import api

    print(api.explain(options.folder, options.id))
    return 0


def _report(options: argparse.Namespace) -> int:
    from corpusforge import api

    print(f"wrote {api.report(options.folder)}")
    return 0


def _assess(options: argparse.Namespace) -> int:
    from corpusforge import api
    from corpusforge.assess import arguments
    from corpusforge.assess.summary import summary
    from corpusforge.core.progress import Progress

    progress = Progress()
    try:
        document = api.assess(
            options.corpus,
            options.real,
            test=options.test,
            options=arguments.options_of(options),
            columns=arguments.columns_of(options),
            drop_test_rows=options.drop_test_rows,
            audio=options.audio,
            out=options.out,
            progress=progress,
        )
    finally:
        progress.close()
    for note in document["notes"]:
        print(f"note: {note}", file=sys.stderr)
    if options.json:
        print(json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True))
        return 0
    print(summary(document))
    for path in arguments.written(options):
        print(f"wrote {path}")
    return 0


def _mix(options: argparse.Namespace) -> int:
    from corpusforge import api
    from corpusforge.assess import arguments
    from corpusforge.core.progress import Progress

    wanted = arguments.mix_options_of(options)
    progress = Progress()
    try:
        made = api.mix(options.real, options.synthetic, options.out, wanted, progress)
    finally:
        progress.close()
    for note in made.notes:
        print(f"note: {note}", file=sys.stderr)
    counts = f"{made.real_rows} real and {made.synthetic_rows} synthetic rows"
    print(f"wrote {made.path}: {counts} ({made.share:.1%} synthetic)")
    return 0


def _log(options: argparse.Namespace) -> int:
    from corpusforge import api
    from corpusforge.assess import arguments

    alerts = api.log(options.corpus, arguments.entry_of(options))
    print(f"noted: {options.classifier}, accuracy {options.accuracy:.1%}")
    for alert in alerts:
        print(f"alert: {alert}")
    return 0


def _meta_train(options: argparse.Namespace) -> int:
    from corpusforge.core.progress import Progress

    progress = Progress(quiet=options.quiet)
    try:
        made = meta_train.run(meta_train.options_of(options), progress)
    finally:
        progress.close()
    for line in meta_train.summary(made, options.out):
        print(line)
    return 0


def _plugins(options: argparse.Namespace) -> int:
    from corpusforge import api

    for plugin in api.plugins(options.family):
        print(f"{plugin.family:<10} {plugin.name:<18} {plugin.description}  [{plugin.origin}]")
    return 0
