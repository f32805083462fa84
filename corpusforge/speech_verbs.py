"""The verbs of speech on the command line: render, replay, voices.

Light at start: every verb imports what it needs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from corpusforge.core.errors import InputError

if TYPE_CHECKING:
    from corpusforge.render.voices import VoiceInfo

__all__ = ["add_verbs", "add_voices", "render", "replay", "voices"]


def add_verbs(verbs: Any) -> None:
    """Add the verbs to the parser's."""
    sub = verbs.add_parser("render", help="speak the sentences of a table; nothing but speech")
    sub.add_argument("table", help="CSV, TSV, JSONL, Parquet, or text with a sentence a line")
    sub.add_argument("-o", "--out", required=True, help="folder; the same command resumes")
    sub.add_argument("--lang", default="en", help="BCP-47, where rows name none (en)")
    sub.add_argument(
        "--engines", action="append", default=[], metavar="NAMES",
        help="who speaks, e.g. hibari,espeak (as in a recipe without the key)",
    )  # fmt: skip
    sub.add_argument("--clips", type=int, help="clips in all (every row, --variants times)")
    sub.add_argument("--variants", type=int, default=1, help="clips per row (1)")
    sub.add_argument("--seed", type=int, default=1, help="same seed, same bytes (1)")
    sub.add_argument(
        "--column", dest="columns", action="append", default=[], metavar="KIND=COLUMN",
        help="where a column has no usual name: text, id, lang, intent, slots, split, spoken, "
        "license; repeatable",
    )  # fmt: skip
    sub.add_argument("--license", default="NOASSERTION", help="SPDX, of the texts")
    sub.add_argument(
        "--metadata", default="csv", choices=("csv", "jsonl"), help="format for AudioFolder (csv)"
    )
    sub.add_argument(
        "--set", dest="overrides", action="append", default=[], metavar="KEY=VALUE",
        help="keys of speech and audio_gate, e.g. --set speech.noise_probability=0",
    )  # fmt: skip
    _add_allow_command(sub)
    sub.add_argument("--executor", default="process", help="inline or process (process)")
    sub.add_argument("--workers", type=int, default=None, help="processes (all CPUs)")
    sub.add_argument("-q", "--quiet", action="store_true", help="only the summary, as TSV")

    sub = verbs.add_parser("replay", help="render one clip again and compare its samples")
    sub.add_argument("folder", help="run folder, release folder, or folder of a render")
    sub.add_argument("clip_id", help="its id, or the beginning of it; dropped clips too")
    sub.add_argument("-o", "--out", metavar="FILE", help="write the clip here (.wav or .flac)")
    sub.add_argument(
        "--sources", default=".", metavar="DIR",
        help="where paths of voices start: the folder of the recipe (this one)",
    )  # fmt: skip
    sub.add_argument(
        "--noise", action="append", default=[], metavar="DIR",
        help="folder of recordings, for clips with recorded noise; repeatable",
    )  # fmt: skip
    _add_allow_command(sub)


def add_voices(verbs: Any) -> None:
    """Add the verb voices to the parser's."""
    sub = verbs.add_parser("voices", help="voices of all engines, and of a recipe")
    sub.add_argument(
        "recipe", nargs="?", help="shipped name, file or folder: the voices that it brings, too"
    )
    sub.add_argument("--lang", help="only this language")
    sub.add_argument(
        "--page", metavar="FILE.html",
        help="write a page to hear them: with --lang every speaker and accent, without it one "
        "voice per engine and language, and all of the recipe; 20 MB of sound at most, then "
        "voices are only named",
    )  # fmt: skip
    _add_allow_command(sub)


def _add_allow_command(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--allow-command", action="store_true", help="commands among the voices may run"
    )


def replay(options: argparse.Namespace) -> int:
    """Exit code 0 when the samples, and stored ones at hand, are those recorded, 1 when not."""
    from corpusforge import api

    found = api.replay(
        options.folder,
        options.clip_id,
        options.out,
        sources=options.sources,
        allow_command=options.allow_command,
        noise=options.noise,
    )
    if options.out is not None:
        print(f"wrote {options.out}")
    if found.same:
        print(f"clip {found.clip_id}: same samples as recorded ({found.recorded})")
        if found.stored is None:
            print("  note         no stored audio is at hand to compare: only its row was replayed")
        for sentence in found.verdict:
            print(f"  but          {sentence}")
        return 1 if found.verdict else 0
    print(f"clip {found.clip_id}: not the samples that were recorded")
    print(f"  recorded     {found.recorded or 'none: the clip could not be made then'}")
    print(f"  now          {found.rendered.facts.pcm_sha256}")
    for change in found.changes:
        print(f"  changed      {change}")
    for sentence in found.verdict:
        print(f"  told         {sentence}")
    return 1


def render(options: argparse.Namespace) -> int:
    """Exit code 0 when all is spoken, 1 when it failed and can be resumed."""
    from corpusforge import api
    from corpusforge.core.progress import Progress
    from corpusforge.render.options import RenderOptions

    wanted = RenderOptions(
        lang=options.lang,
        engines=[name.strip() for text in options.engines for name in text.split(",")],
        clips=options.clips,
        variants=options.variants,
        seed=options.seed,
        license=options.license,
        columns=_columns(options.columns),
        metadata=options.metadata,
        overrides=options.overrides,
        allow_command=options.allow_command,
    )
    progress = Progress(quiet=options.quiet)
    try:
        made = api.render(
            options.table,
            options.out,
            wanted,
            executor=options.executor,
            workers=options.workers,
            progress=progress,
        )
    finally:
        progress.close()
    facts = made.facts
    lost = sum(facts["clips_dropped"].values())
    minutes = facts["duration_s"] / 60
    lines = [
        ("rows", f"{facts['rows']} spoken, {facts['rows_dropped']} cannot be"),
        ("clips", f"{facts['clips']} ({made.rendered} rendered now), {lost} dropped"),
        ("speech", f"{minutes:.1f} min, {len(facts['speech']['voices'])} voices"),
        ("licenses", ", ".join(facts["licenses"]["voices"]) or "no clip, no voice"),
        ("folder", str(made.folder)),
        *(("note", note) for note in made.notes),
    ]
    tab = options.quiet or not sys.stdout.isatty()
    for key, text in lines:
        print(f"{key}\t{text}" if tab else f"{key:<12} {text}")
    return 0


def voices(options: argparse.Namespace) -> int:
    """List the voices of all engines and of a recipe, or write a page to hear them."""
    from corpusforge import api
    from corpusforge.speech.roster import ways_to_add

    if options.page is not None:
        count = api.voices_page(
            options.page, options.lang, options.recipe, allow_command=options.allow_command
        )
        print(f"{options.page}: {count} voices to hear")
        return 0
    offered = api.voices(options.lang, options.recipe, allow_command=options.allow_command)
    if not offered:
        raise InputError(f"no engine speaks {options.lang!r}", hint="corpusforge voices lists all")
    # The voices of a language need not stand side by side.
    groups: dict[tuple[str, str], list[VoiceInfo]] = {}
    for voice in offered:
        groups.setdefault((voice.engine, voice.lang), []).append(voice)
    for (engine, lang), found in groups.items():
        # An engine with a hundred languages is listed by language, until one is asked for.
        own = [voice for voice in found if not voice.source]
        if options.lang is None and len(own) > 1 and len(offered) > 100:
            print(f"{engine:<8} {lang:<16} {len(own)} voices (voices --lang {lang})")
            found = [voice for voice in found if voice.source]
        for voice in found:
            state = "" if voice.available else f"   ({voice.why_not})"
            pseudo = f"pseudo-speaker of {voice.pseudo_of}" if voice.pseudo_of else ""
            brought = f"[{voice.source}]" if voice.source else ""
            said = (voice.gender, voice.accent, voice.license, pseudo, brought)
            facts = " ".join(x for x in said if x)
            print(f"{engine:<8} {lang:<16} {voice.name:<24} {facts}{state}")
    for way in ways_to_add(options.lang, {v.engine for v in offered if v.available}):
        print(f"more: {way}")
    return 0


def _columns(given: Sequence[str]) -> dict[str, str]:
    found = {}
    for text in given:
        name, equals, column = text.partition("=")
        if not equals or not name.strip() or not column.strip():
            raise InputError(f"--column {text}: expected KIND=COLUMN, for example text=utterance")
        found[name.strip()] = column.strip()
    return found
