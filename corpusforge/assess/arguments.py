"""The verbs assess, mix and log on the command line: their options, and what these mean."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpusforge.core.errors import InputError, require_at_least

if TYPE_CHECKING:
    from corpusforge.assess.columns import ColumnNames
    from corpusforge.assess.history import Entry
    from corpusforge.assess.mix import MixOptions
    from corpusforge.assess.run import Options

__all__ = ["add_verbs", "columns_of", "entry_of", "mix_options_of", "options_of", "written"]


def add_verbs(verbs: Any) -> None:
    """Add assess, mix and log to the parser's verbs."""
    corpus_help = "run folder, release folder, or file of text + intent (CSV, JSONL, Parquet)"
    real_help = "real rows: file, HF folder or hub name (the corpus' own)"
    sub = verbs.add_parser("assess", help="does this corpus help on real sentences?")
    sub.add_argument("corpus", metavar="DIR_OR_TABLE", help=corpus_help)
    sub.add_argument("--real", metavar="FILE_OR_HF", help=real_help)
    _add_common_options(sub)
    sub.add_argument("--json", action="store_true", help="print the figures alone, as JSON")
    sub.add_argument("--curve", action="store_true", help="how much of it: 0 to 100 %% synthetic")
    sub.add_argument("--generations", type=int, default=0, metavar="N",
                     help="retrain the generator N times on its own rows (0)")  # fmt: skip
    sub.add_argument("--generator", default="trigram", choices=("trigram", "gan"))
    sub.add_argument("--draws", type=int, default=3, metavar="N", help="repeats (3)")
    sub.add_argument("--max-rows", type=int, default=3000, metavar="N",
                     help="synthetic rows to train on at most (3000)")  # fmt: skip
    sub.add_argument("--audio", metavar="FOLDER", help="real recordings to assess the clips on")
    sub.add_argument("-o", "--out", metavar="DIR", help="folder for assess.json and assess.html")

    sub = verbs.add_parser("mix", help="one training file of real and synthetic rows")
    sub.add_argument("--real", metavar="FILE_OR_HF", help=real_help)
    sub.add_argument("--synthetic", required=True, metavar="DIR_OR_TABLE", help=corpus_help)
    sub.add_argument("--share", required=True, metavar="auto|X",
                     help="share of synthetic rows (0.4), or as assess recommends")  # fmt: skip
    sub.add_argument("-o", "--out", required=True, metavar="FILE", help=".jsonl, .csv, .parquet")
    sub.add_argument("--assess", metavar="FILE", help="assess.json for --share auto")
    _add_common_options(sub)

    sub = verbs.add_parser("log", help="note the accuracy of your own model in the history")
    sub.add_argument("corpus", metavar="DIR_OR_TABLE", help=corpus_help)
    sub.add_argument("--accuracy", type=float, required=True, help="on real rows, 0..1")
    sub.add_argument("--synthetic-share", type=float, metavar="X", help="of its training rows")
    sub.add_argument("--test-rows", type=int, metavar="N", help="real rows it was tested on")
    sub.add_argument("--classifier", default="own model", metavar="NAME",
                     help="figures are compared under one name only (own model)")  # fmt: skip
    sub.add_argument("--note", default="", help="a word for yourself")
    sub.add_argument("--time", default="", metavar="ISO", help="ISO 8601 (now)")


def _add_common_options(sub: Any) -> None:
    sub.add_argument("--test", metavar="FILE", help="real rows to test on, in no training")
    sub.add_argument("--text", metavar="C", help="column of the sentences")
    sub.add_argument("--label", metavar="C", help="column of the intents")
    sub.add_argument("--slots", metavar="C", help="column of the slots")
    sub.add_argument("--encoder", metavar="NAME",
                     help="folder or hub name of a sentence encoder, or tfidf-svd")  # fmt: skip
    sub.add_argument("--seed", type=int, default=1, help="of all draws (1)")
    sub.add_argument("--drop-test-rows", action="store_true",
                     help="leave rows of the test set out instead of refusing")  # fmt: skip


def columns_of(options: argparse.Namespace) -> ColumnNames:
    """The columns that were named."""
    from corpusforge.assess.columns import ColumnNames

    return ColumnNames(options.text, options.label, options.slots)


def options_of(options: argparse.Namespace) -> Options:
    """How to assess.

    Raises:
        InputError: For a count that makes no sense.
    """
    from corpusforge.assess.run import Options

    require_at_least(options, {"draws": 1, "max_rows": 1, "generations": 0})
    return Options(
        seed=options.seed,
        draws=options.draws,
        max_rows=options.max_rows,
        encoder=options.encoder,
        curve=options.curve,
        generations=options.generations,
        generator=options.generator,
    )


def written(options: argparse.Namespace) -> tuple[Path, Path]:
    """The files that `assess` wrote for the user to look at."""
    from corpusforge.assess.results import files_for

    files = files_for(Path(options.corpus), Path(options.out) if options.out else None)
    return files.figures, files.page


def mix_options_of(options: argparse.Namespace) -> MixOptions:
    """What to mix.

    Raises:
        InputError: When the share is neither a number nor auto.
    """
    from corpusforge.assess.mix import MixOptions

    try:
        share = None if options.share == "auto" else float(options.share)
    except ValueError:
        raise InputError(
            f"--share {options.share} is no number", given=options.share, allowed=("auto",)
        ) from None
    return MixOptions(
        share=share,
        test=Path(options.test) if options.test else None,
        seed=options.seed,
        assessment=Path(options.assess) if options.assess else None,
        encoder=options.encoder,
        columns=columns_of(options),
        drop_test_rows=options.drop_test_rows,
    )


def entry_of(options: argparse.Namespace) -> Entry:
    """What to note in the history."""
    from corpusforge.assess.history import Entry

    return Entry(
        kind="log",
        time=options.time,
        synthetic_share=options.synthetic_share,
        test_rows=options.test_rows,
        classifier=options.classifier,
        accuracy=options.accuracy,
        note=options.note,
    )
