"""The verbs of wake words on the command line: confusables, detector, `init --wake-word`.

Light at start: every verb imports what it needs.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from corpusforge import wake
from corpusforge.core.errors import InputError, require_at_least

__all__ = ["add_init_arguments", "add_verbs", "confusables", "detector", "init"]


def add_verbs(verbs: Any) -> None:
    """Add the verbs to the parser's."""
    sub = verbs.add_parser("confusables", help="phrases that a wake word could be taken for")
    sub.add_argument("phrases", nargs="+", metavar="PHRASE", help="wake word or commands")
    sub.add_argument("--lang", default="en", help="language, BCP-47 (en)")
    sub.add_argument(
        "-n", type=int, default=wake.NEAR_MISSES, help=f"near misses ({wake.NEAR_MISSES})"
    )
    sub.add_argument("--lexicon", metavar="FILE", help="words to choose from, one per line")
    sub.add_argument("--seed", type=int, default=1)
    sub = verbs.add_parser("detector", help="train a small wake word detector and measure it")
    sub.add_argument("corpus", help="run or release folder, split by voice")
    sub.add_argument("-o", "--out", required=True, help="new folder of the detector")
    sub.add_argument(
        "--target", type=float, default=0.5, help="false accepts per hour on validation (0.5)"
    )
    sub.add_argument("--steps", type=int, default=None, help="training steps per round")
    sub.add_argument("--seed", type=int, default=1)


def add_init_arguments(sub: argparse.ArgumentParser) -> None:
    """Add what the verb init takes for a wake word."""
    sub.add_argument("--wake-word", metavar="PHRASE", help="a recipe for a wake word detector")
    sub.add_argument("--lang", default="en", help="language of the wake word (en)")
    sub.add_argument(
        "--lexicon",
        metavar="FILE",
        help="with --wake-word: words that near misses are made of, one per line; needed in "
        "languages without a list of words",
    )
    sub.add_argument(
        "--ordinary",
        metavar="FILE",
        help="with --wake-word: sentences that people say otherwise, one per line",
    )


def init(options: argparse.Namespace) -> tuple[Path, tuple[str, ...]] | None:
    """The recipe of a wake word and notes; None where no wake word is asked for.

    Raises:
        InputError: Options that do not go together; see `wake.init_wake_word`.
    """
    if options.wake_word is None:
        for name in ("lexicon", "ordinary"):
            if getattr(options, name) is not None:
                raise InputError(
                    f"--{name} {getattr(options, name)} belongs to --wake-word, which is not given",
                    hint=f"corpusforge init DIR --wake-word PHRASE --{name} FILE",
                )
        return None
    if options.from_file is not None:
        raise InputError("init takes --from or --wake-word, not both")
    return wake.init_wake_word(
        options.wake_word,
        options.folder,
        options.lang,
        lexicon_file=options.lexicon,
        ordinary_file=options.ordinary,
    )


def confusables(options: argparse.Namespace) -> int:
    """Print distance, kind, text and phrase, parted by tabs."""
    require_at_least(options, {"n": 1})
    found = wake.find_confusables(
        options.phrases,
        options.lang,
        count=options.n,
        seed=options.seed,
        lexicon_file=options.lexicon,
    )
    for one in found:
        print(f"{one.distance:.2f}\t{one.kind}\t{one.text}\t{one.phrase}")
    return 0


def detector(options: argparse.Namespace) -> int:
    """Train, measure, and print what was measured."""
    from corpusforge.assess.wake_lines import detector_lines
    from corpusforge.core.progress import Progress

    if options.steps is not None:
        require_at_least(options, {"steps": 1})
    if not options.target > 0:
        raise InputError("--target must be above 0", given=str(options.target))
    account = wake.detector(
        options.corpus,
        options.out,
        seed=options.seed,
        target_per_hour=options.target,
        steps=options.steps,
        progress=Progress(),
    )
    for line in [*detector_lines(account), f"wrote {options.out}"]:
        print(line)
    return 0
