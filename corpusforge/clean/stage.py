"""The stage `clean`: filters in the recipe's order, bias figures, and the leak check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.clean.bias import bias_figures
from corpusforge.clean.filters.near_duplicate import FLOOR
from corpusforge.clean.verdicts import PAIRS, Filter
from corpusforge.core import plugins
from corpusforge.core.errors import RunError
from corpusforge.core.lineage import find_leaks
from corpusforge.core.recipe import Recipe
from corpusforge.core.run import StageContext, StageResult, write_json
from corpusforge.core.schema import (
    DROPPED,
    UTTERANCES,
    check_utterances,
    drop_rows,
    read_table,
    write_table,
)

__all__ = ["NAME", "PACKAGES", "VERSION", "config", "run"]

NAME = "clean"
VERSION = 4
PACKAGES = ("numpy", "pyarrow", "scipy")

_SHOWN_LEAKS = 5


def config(recipe: Recipe) -> dict[str, Any]:
    """Everything in the recipe that shapes this stage's files."""
    return {
        "filters": list(recipe.clean.filters),
        "near_duplicate_jaccard": recipe.clean.near_duplicate_jaccard,
        "pairs_floor": FLOOR,
        "bias_attributes": list(recipe.clean.bias_attributes),
        "publish_real": publishes_real(recipe),
        "seed": recipe.seed,
    }


def publishes_real(recipe: Recipe) -> bool:
    """Whether real rows go into the release."""
    return recipe.real is None or recipe.real.publish


def run(ctx: StageContext) -> StageResult:
    """Filter the rows of `expand`; write kept rows, dropped rows, pairs and bias figures.

    Raises:
        RunError: When a row that stays leaks (see `core.lineage`) or breaks the data contract.
    """
    table = read_table(ctx.inputs["expand"] / "utterances.parquet")
    grammar = ctx.inputs["grammar"]
    rows_in = table.num_rows
    kept, dropped, pairs = apply_filters(table, ctx)
    kept, orphans = _drop_children_of_held_out_rows(kept, table)
    dropped = pa.concat_tables([dropped, orphans], promote_options="permissive")
    earlier = [
        read_table(ctx.inputs[name] / "dropped.parquet").select(UTTERANCES.names)
        for name in ("grammar", "expand")
    ]
    catalogue = read_table(grammar / "catalogue.parquet")
    _hold(kept, read_table(grammar / "templates.parquet"), [dropped, *earlier], catalogue)
    publishes = publishes_real(ctx.recipe)
    public = kept if publishes else _without_real(kept)
    names = set((table if publishes else _without_real(table))["intent"].to_pylist())
    bias = bias_figures(
        public,
        catalogue,
        ctx.recipe.clean.bias_attributes,
        ctx.recipe.seed,
    )
    write_table(kept, ctx.folder / "utterances.parquet")
    write_table(dropped, ctx.folder / "dropped.parquet")
    write_table(pairs, ctx.folder / "duplicates.parquet")
    write_json(bias, ctx.folder / "bias.json")
    by_filter = Counter(dropped["filter"].to_pylist())
    return StageResult(
        rows_in=rows_in,
        rows_out=kept.num_rows,
        dropped={name: by_filter[name] for name in sorted(by_filter)},
        facts=_facts(kept, dropped, pairs, bias),
        notes=_notes(table, kept, bias, names),
    )


def apply_filters(table: pa.Table, ctx: StageContext) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Run the recipe's filters one after another, each on what the ones before it left.

    Returns:
        Kept rows in their order, dropped rows, and all pairs above the floor.
    """
    thresholds = {
        "near_duplicate_jaccard": ctx.recipe.clean.near_duplicate_jaccard,
        # Where values are held out, train and test have the same sentences.
        "carriers_across_splits": float(ctx.recipe.grammar.hold_out != "values"),
    }
    filters: list[Filter] = [plugins.load("filter", name) for name in ctx.recipe.clean.filters]
    gone = [_as_dropped(table.schema).empty_table()]
    pairs = [PAIRS.empty_table()]
    total = table.num_rows * len(filters)
    with ctx.progress.task(NAME, total=total, unit="rows") as task:
        share = table.num_rows
        for plugin in filters:
            verdicts = plugin.judge(table, {**plugin.example, **thresholds})
            losers = np.flatnonzero(~verdicts.keep).tolist()
            lost = drop_rows(
                table,
                losers,
                stage=NAME,
                filter=plugin.name,
                reasons=[verdicts.reasons[row] for row in losers],
                scores=[verdicts.scores[row] for row in losers],
                threshold=verdicts.threshold,
                twin_ids=[verdicts.twin_ids[row] for row in losers],
            )
            gone.append(lost)
            pairs.append(verdicts.pairs)
            table = table.filter(pa.array(verdicts.keep))
            task.advance(share)
    return table, pa.concat_tables(gone), pa.concat_tables(pairs)


def _without_real(table: pa.Table) -> pa.Table:
    return table.filter(pc.not_equal(table["origin"], "real"))


def _as_dropped(schema: pa.Schema) -> pa.Schema:
    """The schema of dropped rows for rows of `schema`, score columns kept."""
    return pa.schema([*schema, *list(DROPPED)[len(UTTERANCES) :]])


def _drop_children_of_held_out_rows(kept: pa.Table, before: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Drop generated rows that come from a row which stood in train and in a held-out split.

    The id of such a row is one for both copies. The train copy is gone, but the generator has
    seen a sentence that is held out, so what came of it cannot stay.
    """
    in_train = pc.equal(before["split"], "train")
    train = set(before.filter(in_train)["id"].to_pylist())
    held_out = set(before.filter(pc.invert(in_train))["id"].to_pylist())
    tainted = train & held_out
    parents = [ids or [] for ids in kept["parents"].to_pylist()]
    ids = kept["id"].to_pylist()
    losers: dict[int, str] = {}
    grown = bool(tainted)
    while grown:
        grown = False
        for row, names in enumerate(parents):
            twin = next((name for name in names if name in tainted), None)
            if row not in losers and twin is not None:
                losers[row] = twin
                tainted.add(ids[row])
                grown = True
    rows = sorted(losers)
    dropped = drop_rows(
        kept,
        rows,
        stage=NAME,
        filter="lineage",
        reasons=["comes from a row that is held out"] * len(rows),
        twin_ids=[losers[row] for row in rows],
    )
    keep = np.ones(kept.num_rows, dtype=bool)
    keep[rows] = False
    return kept.filter(pa.array(keep)), dropped


def _hold(
    kept: pa.Table, templates: pa.Table, gone: Sequence[pa.Table], catalogue: pa.Table
) -> None:
    """Fail the run when a kept row leaks or breaks the contract."""
    try:
        check_utterances(kept)
    except ValueError as error:
        raise RunError(f"clean: a row breaks the data contract: {error}") from error
    ancestors = pa.concat_tables(
        [table.select(UTTERANCES.names) for table in gone], promote_options="permissive"
    )
    leaks = find_leaks(kept, templates, ancestors, catalogue)
    if leaks:
        shown = "\n".join(f"    {leak}" for leak in leaks[:_SHOWN_LEAKS])
        more = f"\n    and {len(leaks) - _SHOWN_LEAKS} more" if len(leaks) > _SHOWN_LEAKS else ""
        raise RunError(f"clean: {len(leaks)} leaks between splits\n{shown}{more}")


def _facts(
    kept: pa.Table, dropped: pa.Table, pairs: pa.Table, bias: dict[str, Any]
) -> dict[str, Any]:
    reasons = Counter(
        zip(dropped["filter"].to_pylist(), dropped["reason"].to_pylist(), strict=True)
    )
    return {
        "rows_by_split": dict(sorted(Counter(kept["split"].to_pylist()).items())),
        "rows_by_origin": dict(sorted(Counter(kept["origin"].to_pylist()).items())),
        "dropped_reasons": [
            {"filter": name, "reason": reason, "rows": count}
            for (name, reason), count in sorted(reasons.items())
        ],
        "pairs_above_floor": pairs.num_rows,
        "pairs_floor": FLOOR,
        "leaks": 0,
        "bias": [
            {key: entry.get(key) for key in ("attribute", "status", "cramers_v", "representation")}
            for entry in bias.get("attributes", ())
        ],
    }


def _notes(
    before: pa.Table, kept: pa.Table, bias: dict[str, Any], public: set[str]
) -> tuple[str, ...]:
    """What the user should read: intents that lost a whole split, attributes that count more.

    Notes stand in the card, so intents that only private rows have are counted, not named.
    """
    notes: list[str] = []
    was = set(zip(before["intent"].to_pylist(), before["split"].to_pylist(), strict=True))
    now = set(zip(kept["intent"].to_pylist(), kept["split"].to_pylist(), strict=True))
    unnamed = 0
    for intent, split in sorted(was - now):
        if intent not in public:
            unnamed += 1
            continue
        notes.append(
            f"intent {intent} has no rows left in {split}: all of them stood elsewhere too "
            f"(see dropped.parquet); give it more different sentences"
        )
    if unnamed:
        notes.append(
            f"{unnamed} times an intent that is not in the release lost its last row of a split "
            f"(see dropped.parquet)"
        )
    for entry in bias.get("attributes", ()):
        if entry["status"] != "measured":
            notes.append(f"bias: attribute {entry['attribute']}: {entry['status']}")
        elif entry["p_value"] is not None and entry["p_value"] <= 0.05:
            notes.append(
                f"bias: {entry['attribute']} goes with the intent (Cramer's V "
                f"{entry['cramers_v']:.2f}; under independence {entry['independent_95']:.2f} is "
                f"reached by 5 % of draws)"
            )
    return tuple(notes)
