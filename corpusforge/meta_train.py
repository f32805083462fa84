"""The verb meta-train: adapters for few-shot expansion from intents that are at hand.

It stands above the stages: background rows come from data sets and template packs, as `assess`
and `preview` read them, and the training is that of `expand`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpusforge.core.errors import InputError, require_at_least
from corpusforge.core.text import delexicalise, nfc

if TYPE_CHECKING:
    from corpusforge.assess.columns import ColumnNames
    from corpusforge.core.progress import Progress
    from corpusforge.expand.pretrained.background import Background, Text

__all__ = ["MetaTrainOptions", "add_verb", "options_of", "read_background", "run", "summary"]

_PACK_ROWS = 4_000
_UNKNOWN = "LicenseRef-unknown"


@dataclass(frozen=True)
class MetaTrainOptions:
    """What the verb is given.

    Attributes:
        background: Data sets (file, folder, run, release, hub name) and recipes (a shipped pack,
            a recipe file), from which templates are sampled.
        out: New folder of the adapter.
        held_out: Data whose texts the background must not hold: test and validation rows.
        drop_overlap: Leave such texts out instead of refusing.
        leave_out: Intents of the background that are not used.
        base: As `expand.base`.
        encoder: Of the discriminator: a folder, a hub name, or auto.
        steps: Steps of the generator's training, at most.
        match_steps: Steps of the discriminator's.
        adversarial: Whether the discriminator learns from the generator's own samples too.
        seed: Of everything that is drawn.
        columns: Names of columns in data files.
        licenses: SPDX licences of the data sets, each as LICENSE (of all of them) or DATA=LICENSE
            (of one, named as in `background`). Recipes state their own.
    """

    background: Sequence[str]
    out: str
    columns: ColumnNames
    held_out: Sequence[str] = ()
    drop_overlap: bool = False
    leave_out: Sequence[str] = ()
    base: str = "auto"
    encoder: str = "auto"
    steps: int = 45
    match_steps: int = 220
    adversarial: bool = True
    seed: int = 1
    licenses: Sequence[str] = ()


def add_verb(verbs: Any) -> None:
    """Adds the verb to the command line."""
    sub = verbs.add_parser(
        "meta-train",
        help="train adapters for expansion from a few rows, on intents of other data",
        description="Teaches a pretrained language model to continue lists of utterances of one "
        "intent, and a sentence encoder to judge them. Use the folder as expand.adapter.",
    )
    sub.add_argument(
        "background",
        nargs="+",
        help="data set (file, folder, run, release, hub name) or recipe (shipped name, file)",
    )
    sub.add_argument("-o", "--out", required=True, help="new folder")
    sub.add_argument(
        "--held-out",
        action="append",
        default=[],
        metavar="DATA",
        help="rows that the background must not hold; may be given again",
    )
    sub.add_argument("--drop-overlap", action="store_true", help="leave such rows out")
    sub.add_argument(
        "--leave-out", action="append", default=[], metavar="INTENT", help="not this intent"
    )
    sub.add_argument(
        "--license",
        action="append",
        default=[],
        metavar="[DATA=]SPDX",
        help="licence of the data sets, or of one of them, for the adapter's card; may be given "
        "again; recipes state their own",
    )
    sub.add_argument("--base", default="auto", help="hub name, folder, .gguf file; auto")
    sub.add_argument("--encoder", default="auto", help="of the discriminator; auto")
    sub.add_argument("--steps", type=int, default=45, help="of the generator, at most (45)")
    sub.add_argument("--match-steps", type=int, default=220, help="of the discriminator (220)")
    sub.add_argument(
        "--no-adversarial",
        action="store_true",
        help="the discriminator learns from real rows only, not from the generator's samples",
    )
    sub.add_argument("--seed", type=int, default=1)
    for name in ("text", "label", "slots"):
        sub.add_argument(f"--{name}", metavar="COLUMN", help=f"column with the {name}")
    sub.add_argument("-q", "--quiet", action="store_true")


def options_of(given: argparse.Namespace) -> MetaTrainOptions:
    """Options of the command line.

    Raises:
        InputError: When a number makes no sense.
    """
    from corpusforge.assess.columns import ColumnNames

    require_at_least(given, {"steps": 1, "match_steps": 1, "seed": 0})
    return MetaTrainOptions(
        background=given.background,
        out=given.out,
        columns=ColumnNames(given.text, given.label, given.slots),
        held_out=given.held_out,
        drop_overlap=given.drop_overlap,
        leave_out=given.leave_out,
        base=given.base,
        encoder=given.encoder,
        steps=given.steps,
        match_steps=given.match_steps,
        adversarial=not given.no_adversarial,
        seed=given.seed,
        licenses=given.license,
    )


def run(options: MetaTrainOptions, progress: Progress) -> dict[str, Any]:
    """Reads the background, trains, writes the folder; it appears only when it is complete.

    Returns:
        What the folder's meta.json says.

    Raises:
        InputError: When the folder exists, data cannot be read, held-out rows are in the
            background, too few intents are left, a licence is stated for no data set or twice,
            or no base model is found.
    """
    import shutil

    from corpusforge.core.run import Cache
    from corpusforge.expand.pretrained.adapter import Settings, meta_train
    from corpusforge.expand.pretrained.base_model import find_base
    from corpusforge.expand.pretrained.match_training import MatchTraining
    from corpusforge.expand.pretrained.meta_training import MetaTraining

    out = Path(options.out)
    if out.exists():
        raise InputError(f"{out} is there already", hint="name a new folder")
    _stated_licenses(options)
    base = find_base(options.base, Path())
    if base is None:
        raise InputError(
            f"--base {options.base}: no pretrained model was found on this machine",
            hint="name one: a hub name, a folder or a .gguf file",
        )
    background, licenses = read_background(options)
    settings = Settings(
        MetaTraining(steps=options.steps, seed=options.seed),
        MatchTraining(steps=options.match_steps, seed=options.seed),
        options.adversarial,
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Cache(out.parent / f".{out.name}.unfinished")
    made: dict[str, Any] = {}

    def build(folder: Path) -> None:
        made.update(
            meta_train(
                base,
                background,
                settings,
                folder,
                encoder=options.encoder,
                licenses=licenses,
                progress=progress,
            )
        )

    try:
        unfinished.put_folder("adapter", "adapter", build).replace(out)
    finally:
        shutil.rmtree(unfinished.root, ignore_errors=True)
    return made


def read_background(options: MetaTrainOptions) -> tuple[Background, list[str]]:
    """What is learnt from, and the licences of its sources.

    Raises:
        InputError: As `run` does for data and licences.
    """
    from corpusforge.core.seeding import rng
    from corpusforge.expand.pretrained.background import Background

    rows, licenses = _background(options, _stated_licenses(options))
    return Background.of(rows, rng(options.seed, "meta-train.background")), licenses


def _stated_licenses(options: MetaTrainOptions) -> dict[str, str]:
    """Licence of each data set of the background, `_UNKNOWN` where none is stated.

    Raises:
        InputError: When a licence is stated for what is no data set of the background, twice, or
            without saying it.
    """
    data_sets = [name for name in options.background if not _is_recipe(name)]
    found: dict[str, str] = {}
    for entry in options.licenses:
        name, sign, license_name = entry.rpartition("=")
        if not license_name.strip():
            raise InputError(f"--license {entry!r} names no licence", hint="for example CC-BY-4.0")
        if name in options.background and name not in data_sets:
            raise InputError(
                f"--license {entry!r}: {name} is a recipe, which states its licence itself",
                hint="leave it out; change the recipe's license if it is wrong",
            )
        if not sign and not data_sets:
            raise InputError(
                f"--license {entry!r}: the background has no data set, and recipes state theirs",
                hint="leave it out; change a recipe's license if it is wrong",
            )
        if sign and name not in data_sets:
            raise InputError(
                f"--license {entry!r}: the background has no data set {name!r}",
                given=name,
                allowed=data_sets,
            )
        if name in found:
            raise InputError(
                f"--license {entry!r}: {name or 'all data sets'} has {found[name]} already",
                hint="state it once; several licences are joined with AND (SPDX)",
            )
        found[name] = license_name.strip()
    for_all = found.get("", _UNKNOWN)
    return {name: found.get(name, for_all) for name in data_sets}


def _background(
    options: MetaTrainOptions, data_licenses: Mapping[str, str]
) -> tuple[list[tuple[str, Text]], list[str]]:
    """Label and text of each usable row, and the licences of their sources."""
    from corpusforge.expand.pretrained.background import text_digest

    held_out = {
        text_digest(form)
        for name in options.held_out
        for _, text in _rows_of(name, options.columns, train=False)[0]
        for form in (text.text, text.said)
        if form
    }
    rows: list[tuple[str, Text]] = []
    licenses: set[str] = set()
    overlap: list[str] = []
    known: set[str] = set()
    for name in options.background:
        found, stated = _rows_of(name, options.columns, train=True)
        licenses |= {data_licenses[name]} if name in data_licenses else stated
        for intent, text in found:
            known.add(intent)
            if intent in options.leave_out:
                continue
            if {text_digest(text.text), text_digest(text.said or text.text)} & held_out:
                overlap.append(text.said or text.text)
            else:
                rows.append((intent, text))
    for intent in options.leave_out:
        if intent not in known:
            raise InputError(
                f"--leave-out {intent!r}: the background has no such intent",
                given=intent,
                allowed=sorted(known),
            )
    if overlap and not options.drop_overlap:
        raise InputError(
            f"{len(overlap)} rows of the background are held-out rows, such as {overlap[0]!r}",
            hint="take the intents out (--leave-out), or the rows (--drop-overlap)",
        )
    return rows, sorted(licenses)


def _rows_of(
    name: str, columns: ColumnNames, *, train: bool
) -> tuple[list[tuple[str, Text]], set[str]]:
    """Label and text of each row, and the licences that a recipe states.

    Args:
        name: A data set or a recipe.
        columns: Names of columns in data files.
        train: Of data with splits, take train; else take the others.
    """
    from corpusforge.core.spans import Slot
    from corpusforge.expand.pretrained.background import Text

    licenses: set[str] = set()
    if _is_recipe(name):
        from corpusforge import api

        table, _ = api.preview(name, _PACK_ROWS, ["real=null"])
        rows = [row for row in table.to_pylist() if (row["split"] == "train") == train]
        read = [(r["text"], r["intent"], [Slot(**s) for s in r["slots"] or ()]) for r in rows]
        licenses = {row["license"] for row in rows}
    else:
        found = _open(name, columns, train=train)
        columns_of = zip(found.texts, found.intents, found.slots, strict=True)
        read = [(text, intent, list(slots or ())) for text, intent, slots in columns_of]
    texts = []
    for said, intent, slots in read:
        symbols = tuple(sorted("{" + slot.name + "}" for slot in slots))
        carrier = _squeezed(delexicalise(said, slots))
        texts.append((intent, Text(carrier, symbols, _squeezed(said) if slots else "")))
    return texts, {license for license in licenses if license}


def _squeezed(text: str) -> str:
    """As a tokenizer sees it: NFC, every run of white space one space."""
    return " ".join(nfc(text).split())


def _is_recipe(name: str) -> bool:
    from corpusforge.core.recipe_file import shipped_recipes

    path = Path(name)
    is_file = path.suffix in (".yaml", ".yml") or (path / "recipe.yaml").is_file()
    return name in shipped_recipes() or is_file


def _open(name: str, columns: ColumnNames, *, train: bool) -> Any:
    """The rows of a data set: of one with splits only train, or only the others."""
    from corpusforge.assess.sources import open_source, rows_of

    source = rows_of(open_source(Path(name)), columns, origin="real")
    if source.splits is None or len(set(source.splits)) < 2:
        return source.rows
    return source.where([(split == "train") == train for split in source.splits]).rows


def summary(meta: dict[str, Any], out: str) -> Iterable[str]:
    """Lines for the terminal."""
    looks, found = meta["generator"], meta["discriminator"]
    yield f"background    {meta['texts']} texts of {meta['intents']} intents"
    yield (
        f"generator     {looks['looks'][0]['held_out_nll']:.3f} -> {looks['held_out_nll']:.3f} "
        f"nats per piece on {len(meta['held_out_intents'])} held-out intents "
        f"(step {looks['step_kept']} of {looks['looks'][-1]['step']})"
    )
    yield (
        f"discriminator {found['held_out_accuracy']:.1%} right on held-out intents, "
        f"calibration error {found['ece']:.3f} ({found['ece_before']:.3f} before scaling)"
    )
    yield f"licences      {', '.join(meta['licenses'])}"
    if _UNKNOWN in meta["licenses"]:
        yield "note: say with --license what the data may be used for, before you share the folder"
    yield f"wrote {out}"
    yield f"next: corpusforge build RECIPE -o DIR --set expand.adapter={Path(out).resolve()}"
