"""What the stage `grammar` tells of its rows: facts for card and report, and notes."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

from corpusforge.core.errors import InputError
from corpusforge.core.recipe import Recipe
from corpusforge.core.schema import Utterance
from corpusforge.core.wake import WAKE_INTENT, is_wake_word, positive_intents
from corpusforge.grammar.compile import Planner
from corpusforge.grammar.coverage import certificate_facts
from corpusforge.grammar.distinct_rows import DistinctRows
from corpusforge.grammar.drawing import Draw
from corpusforge.grammar.pack import Pack
from corpusforge.grammar.quotas import quota_shares
from corpusforge.grammar.real_rows import RealRows
from corpusforge.grammar.real_splits import frame_of
from corpusforge.grammar.value_splits import MIN_VALUES

__all__ = [
    "pack_facts",
    "quota_notes",
    "real_facts",
    "real_notes",
    "shown_facts",
    "silent_notes",
    "split_facts",
    "split_notes",
]

_FIRST = 5


def pack_facts(pack: Pack, rows: DistinctRows) -> dict[str, Any]:
    """Of the templates."""
    planner = Planner()
    return {
        "templates": len(pack.templates),
        # As text: JSON readers elsewhere cut numbers beyond 2^53.
        "derivations": str(sum(planner.template(t).derivations for t in pack.templates)),
        "templates_without_rows": sum(not rows.by_template[t.id] for t in pack.templates),
        "wildcard_templates": len(pack.open_templates),
        "out_of_scope_intents": sorted({t.intent for t in pack.templates if t.out_of_scope}),
        "intents": dict(sorted(rows.by_intent.items())),
    }


def shown_facts(drawn: Draw, rows: DistinctRows) -> dict[str, Any]:
    """What the rows show; of alternatives only where the rows of a cover come first.

    Which alternatives other rows show is not known: a sentence can be read in several ways.
    """
    templates = drawn.pack.templates
    silent = [t for t in templates if not rows.by_template[t.id]]
    values = drawn.corpus.slot_values()
    missing = [
        f"{entity}: {words}"
        for entity, pairs in sorted(values.items())
        for words, _ in sorted(pairs - rows.values.get(entity, set()))
    ]
    total = sum(map(len, values.values()))
    return {
        "shown": {
            "templates": len(templates) - len(silent),
            "of_templates": len(templates),
            "templates_not_shown": [f"{t.file}:{t.line}: {t.sentence}" for t in silent[:_FIRST]],
            "values": total - len(missing),
            "of_values": total,
            "values_not_shown": missing[:_FIRST],
            "lists": {entity: len(pairs) for entity, pairs in sorted(values.items())},
        },
        "coverage": None if drawn.cover is None else certificate_facts(drawn.cover.certificate),
    }


def split_facts(recipe: Recipe, drawn: Draw) -> dict[str, Any]:
    """What train and the held-out splits share, by intersection of automata."""
    proof = drawn.corpus.proof()
    train, others = proof.sentences
    facts: dict[str, Any] = {
        "held_out": recipe.grammar.hold_out,
        "train_sentences": str(train),
        "held_out_sentences": str(others),
        "shared_sentences": str(proof.shared_sentences),
        "shared_carriers": str(proof.shared_carriers),
    }
    if recipe.grammar.hold_out != "templates":
        facts["lists_not_held_out"] = list(proof.shared_lists)
        facts["words_in_two_splits"] = {k: list(v) for k, v in proof.shared_words.items()}
        facts["values_as_plain_words"] = {k: list(v) for k, v in proof.plain_words.items()}
    return {"split_proof": facts}


def split_notes(recipe: Recipe, drawn: Draw) -> list[str]:
    """What cannot be held out, where values are to be."""
    if recipe.grammar.hold_out == "templates":
        return []
    values = drawn.corpus.values
    if not values.held_out:
        return [f"no slot values are held out: no list has {MIN_VALUES} different values or more"]
    splits: dict[str, set[str]] = {}
    for owner in drawn.corpus.owners:
        splits.setdefault(owner.template.intent, set()).add(owner.split)
    alone = [intent for intent, held in splits.items() if held == {"train"}]
    if not alone or recipe.grammar.hold_out == "both":
        return []
    names = ", ".join(alone[:_FIRST]) + (", ..." if len(alone) > _FIRST else "")
    return [f"{len(alone)} intent(s) have no values that are held out, in train only: {names}"]


def quota_notes(recipe: Recipe, rows: DistinctRows) -> list[str]:
    """Intents that have fewer rows than their quota."""
    quotas = recipe.grammar.quotas or {}
    wanted = recipe.grammar.rows
    found: list[str] = []
    for intent, share in quota_shares(quotas, quotas, wanted).items():
        got = rows.by_intent[intent]
        if got < int(share * wanted):
            found.append(
                f"{intent} has {got:,} rows, not the {round(share * wanted):,} of its quota: its "
                "templates hold no more different sentences; other intents give the rest"
            )
    return found


def silent_notes(
    recipe: Recipe, drawn: Draw, rows: DistinctRows, real: Container[str]
) -> list[str]:
    """Intents of the templates that got no row though nobody asked for none, by cause.

    Args:
        recipe: Its rows and quotas.
        drawn: What was drawn from.
        rows: All of them, asked for.
        real: Intents of real rows, which need none of the templates.

    Raises:
        InputError: When these are what a wake word corpus listens for.
    """
    quotas = recipe.grammar.quotas or {}
    sizes: dict[str, int] = {}
    for template, size in drawn.sizes():
        sizes[template.intent] = sizes.get(template.intent, 0) + size
    if not recipe.grammar.rows:
        return []
    silent = [
        intent
        for intent in sizes
        if not rows.by_intent[intent] and intent not in real and quotas.get(intent, 1) > 0
    ]
    mute = [intent for intent in silent if rows.exhausted or not sizes[intent]]
    few = [intent for intent in silent if intent not in mute]
    found = [f"intents without a row: {_named(few)}; {_for_few(recipe, few, drawn)}"] if few else []
    if mute:
        found.append(
            f"intents without a row: {_named(mute)}; their templates leave no sentence that is "
            "theirs alone: see the templates that gave no rows, and change them"
        )
    heard = positive_intents(sizes)
    if is_wake_word(sizes) and (WAKE_INTENT in silent or (heard and {*heard} <= {*silent})):
        raise InputError(f"a wake word corpus without its wake word: {'; '.join(found)}")
    return found


def _named(intents: Sequence[str]) -> str:
    more = f" and {len(intents) - _FIRST} more" if len(intents) > _FIRST else ""
    return ", ".join(intents[:_FIRST]) + more


def _for_few(recipe: Recipe, intents: Sequence[str], drawn: Draw) -> str:
    """Why there are none, though there are sentences, and what to do."""
    quotas, wanted = recipe.grammar.quotas or {}, recipe.grammar.rows
    own = f"a quota of their own (grammar.quotas: {{{intents[0]}: 1}}, a number of rows)"
    left = 1.0 - sum(quota_shares(quotas, quotas, wanted).values())
    if left < 1e-9 and not {*intents} & {*quotas}:
        return f"the quotas of others take all {wanted:,} rows: lower these, or give {own}"
    return (
        f"their share of {wanted:,} rows gives none: raise grammar.rows (the templates hold "
        f"{drawn.corpus.size:,} sentences), or give {own}"
    )


def real_facts(recipe: Recipe, real: RealRows, rows: Sequence[Utterance]) -> dict[str, Any]:
    """Of the real rows."""
    facts: dict[str, Any] = {
        "real_rows": real.table.num_rows,
        "real_rows_dropped": real.dropped.num_rows,
    }
    if recipe.grammar.hold_out != "values":
        frames = [((row.intent, frame_of(row)), row.split) for row in rows]
        facts["frames_in_two_splits"] = _in_two_splits(frames)
    if recipe.grammar.hold_out != "templates":
        values = [((s.entity, s.value), row.split) for row in rows for s in row.slots or ()]
        facts["values_in_two_splits"] = _in_two_splits(values)
    return facts


def _in_two_splits(pairs: Sequence[tuple[tuple[str, str], str]]) -> int:
    """How many stand in train and in another split."""
    splits: dict[tuple[str, str], set[str]] = {}
    for key, split in pairs:
        splits.setdefault(key, set()).add(split)
    return sum("train" in held and len(held) > 1 for held in splits.values())


def real_notes(facts: Mapping[str, Any]) -> list[str]:
    """What real rows say in train and in another split.

    Templates give way to them, so the peace can be broken by real rows alone.
    """
    found: list[str] = []
    frames, values = facts.get("frames_in_two_splits"), facts.get("values_in_two_splits")
    if frames:
        stands = "1 carrier phrase stands" if frames == 1 else f"{frames} carrier phrases stand"
        found.append(
            f"{stands} in train and in another split: the real rows came with these splits, so "
            "scores on the held-out rows look better than they are"
        )
    if values:
        stand = "1 slot value of real rows stands" if values == 1 else f"{values} slot values stand"
        found.append(
            f"{stand} in train and in another split: values of real rows are not held out from "
            "each other"
        )
    return found
