"""Accepted and rejected candidates as rows: values, parents, licences, weights, scores."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pyarrow as pa

from corpusforge.core.ids import assign_ids
from corpusforge.core.recipe import Recipe
from corpusforge.core.schema import (
    DROPPED,
    Utterance,
    drop_rows,
    utterances_to_table,
    with_scores,
)
from corpusforge.core.seeding import rng
from corpusforge.core.spans import Slot
from corpusforge.core.text import fold, fold_delexicalised
from corpusforge.expand.clear_values import ClearValues
from corpusforge.expand.contract import Candidate
from corpusforge.expand.judge import Limits
from corpusforge.expand.selection import ACCEPTED, OUT_OF_SCOPE, Judged
from corpusforge.expand.slots import SlotTable
from corpusforge.expand.value_weights import FREE, limited, limits_note

__all__ = ["SCORES", "RowBuilder", "add_rows", "joined_licenses", "rejected_table"]

SCORES = ("discriminator", "intent")
# Weight of a generated row at most, and of all of an intent relative to its other train rows:
# unassessed rows must not outweigh those that are right by construction. With few exemplars and
# a discriminator that was trained beforehand, twice as much as the exemplars was best on intents
# that nothing else was measured on (eval/LOG.md).
_MOST_WEIGHT, _MOST_SHARE, _FEW_SHOT_SHARE = 0.5, 0.5, 2.0
# Draws of slot values before a text counts as taken.
_TRIES = 8
_KEPT = (ACCEPTED, OUT_OF_SCOPE)

_REASONS = {
    "in_language": "the recipe's templates can say it",
    "near_row": "within one word or one character of a train row",
    "improbable": "the generator itself finds it less likely than real rows",
    "intent_disagreement": "a judge does not find its intent in it",
    "low_realness": "the discriminator takes it for generated",
    "duplicate": "another row reads the same",
    "value_in_clear": "a slot value stands in it as plain words: its slots would be wrong",
    "no_value": "a slot has no value that may be used",
    "not_chosen": "its intent had enough better ones",
}


class RowBuilder:
    """Gives candidates their slot values, and refuses texts that are taken.

    Attributes:
        notes: What `accepted` has to say about its rows.

    Args:
        table: Slot kinds and values.
        train: Train rows; frames name their parents by number in it.
        texts: Texts of all rows of all splits.
        recipe: Seed, language and generator.
        worth_rows: See `corpusforge.expand.judge.Judging`.
        clear: Finds values in plain words; None = nothing is looked for.
    """

    def __init__(
        self,
        table: SlotTable,
        train: Sequence[Utterance],
        texts: Sequence[str],
        recipe: Recipe,
        worth_rows: float = 0.0,
        clear: ClearValues | None = None,
    ) -> None:
        self._clear = clear
        self._worth_rows = worth_rows
        self._table = table
        self._train = train
        self._taken = {fold(text) for text in texts}
        self._carriers: set[str] = set()
        self._recipe = recipe
        # Where one row of an intent is not annotated, the generator has seen values of that
        # intent in clear: nobody can say of its texts that they hold no slots.
        self._unannotated = {row.intent for row in train if row.slots is None}
        # The generator learns words from all train rows, whoever owns them.
        self._licenses = tuple(sorted({row.license for row in train}))
        self._rows: dict[tuple[str, str], Utterance] = {}
        self.notes: tuple[str, ...] = ()

    def accept(self, candidate: Candidate, intent: str | None = None) -> str:
        """Fills a passed candidate so that its folded text is new.

        Args:
            candidate: With slot symbols.
            intent: Label of a row out of scope; None = that of the frame. Slots belong to an
                intent: whether the values are slots in a sentence of none nobody can say, so
                such a row has no slots where none was filled, and else is not annotated.

        Returns:
            "" when it could be filled, else why not: "value_in_clear", "no_value", "duplicate".
        """
        if self._says_value(candidate):
            return "value_in_clear"
        # Agreement classes have symbols of their own: one sentence may come with several.
        carrier = fold_delexicalised(self._table.plain(candidate.text))
        if carrier in self._carriers:
            return "duplicate"
        for attempt in range(_TRIES):
            row = self._fill(candidate, attempt)
            if row is None:
                return "no_value"
            folded = fold(row.text)
            if intent is not None:
                row = replace(row, intent=intent, slots=None if row.slots else row.slots)
            if folded and folded not in self._taken:
                self._taken.add(folded)
                self._carriers.add(carrier)
                self._rows[candidate.frame.intent, candidate.text] = row
                return ""
        return "duplicate"

    def _says_value(self, candidate: Candidate) -> bool:
        """Whether a row of annotated slots would leave one out."""
        intent = candidate.frame.intent
        if self._clear is None or intent in self._unannotated:
            return False
        return self._clear.first(intent, candidate.text) is not None

    def _fill(self, candidate: Candidate, attempt: int) -> Utterance | None:
        frame = candidate.frame
        draws = rng(self._recipe.seed, "expand.refill", frame.intent, candidate.text, attempt)
        filled = self._table.refill(candidate.text, draws)
        if filled is None:
            return None
        text, slots, licenses = filled
        annotated = frame.intent not in self._unannotated
        return self._row(candidate, text, slots if annotated else None, licenses)

    def _row(
        self,
        candidate: Candidate,
        text: str,
        slots: tuple[Slot, ...] | None,
        licenses: tuple[str, ...],
    ) -> Utterance:
        frame = candidate.frame
        parent = self._train[frame.parent]
        return Utterance(
            text=text,
            lang=parent.lang,
            intent=frame.intent,
            slots=slots,
            origin=self._recipe.expand.generator,
            template=parent.template,
            parents=(parent.id,),
            generation=1 + parent.generation,
            split="train",
            license=joined_licenses(parent.license, (*self._licenses, *licenses)),
        )

    def accepted(self, judged: Sequence[Judged]) -> pa.Table:
        """Accepted candidates as weighted rows with scores, in the order of drawing."""
        kept = [item for item in judged if item.verdict in _KEPT]
        rows = [self._rows[i.candidate.frame.intent, i.candidate.text] for i in kept]
        # Rows that are not published cannot be outweighed by, nor make up for, those that are.
        real = self._recipe.real
        published = [
            row
            for row in self._train
            if row.origin != "real" or (real is not None and real.publish)
        ]
        label = self._recipe.expand.out_of_scope.intent
        near_misses = any(item.verdict == OUT_OF_SCOPE for item in kept)
        weighted, self.notes = _weighted(
            rows, published or self._train, self._worth_rows, label if near_misses else None
        )
        return _with_scores(assign_ids(utterances_to_table(weighted)), kept)

    def rejected(self, judged: Sequence[Judged]) -> tuple[pa.Table, list[Judged]]:
        """Other candidates as rows of weight 0, filled where their slots have values."""
        kept = [item for item in judged if item.verdict not in _KEPT]
        rows = [self._fill(item.candidate, 0) or self._unfilled(item.candidate) for item in kept]
        weightless = [replace(row, weight=0.0) for row in rows]
        return _with_scores(assign_ids(utterances_to_table(weightless)), kept), kept

    def _unfilled(self, candidate: Candidate) -> Utterance:
        """A candidate that cannot be filled, with its slot names standing in the text."""
        text = self._table.plain(candidate.text)
        return self._row(candidate, text, None, ())


def _weighted(
    rows: Sequence[Utterance],
    train: Sequence[Utterance],
    worth_rows: float,
    out_of_scope: str | None,
) -> tuple[list[Utterance], tuple[str, ...]]:
    """Generated rows with their weights, and notes on these.

    Args:
        rows: Generated rows.
        train: The train rows that they must not outweigh.
        worth_rows: See `corpusforge.expand.judge.Judging`; 0 = values may repeat.
        out_of_scope: Label of near misses among the rows; None = there are none.
    """
    weights = _weights(train, Counter(row.intent for row in rows), worth_rows)
    limits = limited(rows, train, weights) if worth_rows else [FREE] * len(rows)
    weighted = [
        replace(row, weight=weight if limit is FREE else _rounded(weight * limit.factor))
        for row, limit in zip(rows, limits, strict=True)
        for weight in (weights[row.intent],)
    ]
    if out_of_scope is not None:
        own = _out_of_scope_weight(train, weighted, weights[out_of_scope], out_of_scope)
        # Rows of the label that weigh less for their values keep that.
        weighted = [
            replace(row, weight=own) if row.intent == out_of_scope and limit is FREE else row
            for row, limit in zip(weighted, limits, strict=True)
        ]
    return weighted, limits_note(limits)


def _weights(
    train: Sequence[Utterance], accepted: Counter[str], worth_rows: float
) -> dict[str, float]:
    sums: defaultdict[str, float] = defaultdict(float)
    for row in train:
        sums[row.intent] += row.weight
    weights = {}
    for intent, count in accepted.items():
        few = min(_FEW_SHOT_SHARE * sums[intent], worth_rows)
        weight = min(_MOST_WEIGHT, max(_MOST_SHARE * sums[intent], few) / count)
        weights[intent] = _rounded(weight)
    return weights


def _out_of_scope_weight(
    train: Sequence[Utterance],
    generated: Sequence[Utterance],
    least: float,
    name: str,
) -> float:
    """Weight of a generated row out of scope.

    With the train rows of its label, all of them weigh at most as much as the mean intent with
    its generated rows; where the label has train rows enough, as the rows of any intent (`least`).
    """
    sums: defaultdict[str, float] = defaultdict(float)
    for row in (*train, *(row for row in generated if row.intent != name)):
        sums[row.intent] += row.weight
    others = [whole for intent, whole in sums.items() if intent != name]
    room = sum(others) / max(len(others), 1) - sums[name]
    count = sum(row.intent == name for row in generated)
    return _rounded(min(_MOST_WEIGHT, max(room / count, least)))


def _rounded(weight: float) -> float:
    """Six digits, rounded down: float32 must not push a sum over its limit."""
    return math.floor(weight * 1e6) / 1e6


def joined_licenses(license: str, others: Iterable[str]) -> str:
    """An SPDX expression of all, the first one first."""
    more = sorted(set(others) - {license})
    # AND binds more tightly than OR.
    parts = [f"({name})" if " OR " in name.upper() else name for name in (license, *more)]
    return " AND ".join(parts) if more else license


def _with_scores(table: pa.Table, judged: Sequence[Judged]) -> pa.Table:
    """Adds the probability of being real, and the lower of the two intent probabilities.

    With an adapter nobody judges realness: then both are the probability of the intent, and of
    none of the intents for rows out of scope.
    """
    columns = [
        [1 / (1 + math.exp(-max(-80.0, min(80.0, item.realness)))) for item in judged],
        [min(item.match, item.intent) for item in judged],
    ]
    for name, values in zip(SCORES, columns, strict=True):
        table = table.append_column(f"score_{name}", pa.array(values, pa.float32()))
    return table


def add_rows(table: pa.Table, accepted: pa.Table) -> pa.Table:
    """All rows as they came, then the accepted ones; score columns null where unknown."""
    schema = with_scores(table.schema, SCORES)
    for name in schema.names[len(table.schema.names) :]:
        table = table.append_column(schema.field(name), pa.nulls(table.num_rows, pa.float32()))
    for name in [n for n in schema.names if n not in accepted.schema.names]:
        nulls = pa.nulls(accepted.num_rows, schema.field(name).type)
        accepted = accepted.append_column(schema.field(name), nulls)
    return pa.concat_tables([table.cast(schema), accepted.select(schema.names).cast(schema)])


def rejected_table(
    builder: RowBuilder, judged: Sequence[Judged], limits: Limits, least_log_probability: float
) -> pa.Table:
    """Rejected candidates, each distinct one once, with who rejected it, score and limit."""
    rows, kept = builder.rejected(judged)
    parts = [with_scores(DROPPED, ()).empty_table()]
    for name, reason in _REASONS.items():
        places = [place for place, item in enumerate(kept) if item.verdict == name]
        scores, threshold = _evidence(name, [kept[place] for place in places], limits)
        if name == "improbable":
            threshold = least_log_probability
        parts.append(
            drop_rows(
                rows,
                places,
                stage="expand",
                filter=name,
                reasons=[reason] * len(places),
                scores=scores,
                threshold=threshold,
            )
        )
    return pa.concat_tables(parts, promote_options="default")


def _evidence(
    name: str, items: Sequence[Judged], limits: Limits
) -> tuple[list[float | None], float | None]:
    if name == "low_realness":
        return [item.realness for item in items], limits.realness
    if name == "intent_disagreement":
        # How far below its own limit the worse judge is; 0 would just pass.
        lacks = [min(item.match - limits.match, item.intent - limits.intent) for item in items]
        return list(lacks), 0.0
    if name == "improbable":
        return [item.candidate.log_probability for item in items], None
    return [None] * len(items), None
