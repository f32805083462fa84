"""Small template packs for tests, and everything they can say."""

from __future__ import annotations

import tempfile
from dataclasses import astuple, replace
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from hypothesis import strategies as st

from corpusforge.core.spans import Slot
from corpusforge.core.text import delexicalise, fold_delexicalised
from corpusforge.grammar.bulk_rows import BulkRows
from corpusforge.grammar.compile import Planner
from corpusforge.grammar.derivations import render
from corpusforge.grammar.distinct_rows import DistinctRows
from corpusforge.grammar.drawing import Plan, draw_pack
from corpusforge.grammar.loader import load_pack
from corpusforge.grammar.parser import parse

LISTS = """\
lists:
  color:
    values:
      - red
      - in: "(light|pale)[ ]blue"
        out: blue
      - in: "[very] Dark-Green"
        out: green
  level:
    range: {from: 8, to: 11}
expansion_rules:
  the: "[the|my]"
  both: "<the> lamp{color:tint}"
"""


def pack_of(text, **options):
    """Load a pack from YAML text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pack.yaml"
        path.write_text(text, encoding="utf-8")
        return load_pack(path, **options)


def yaml_of(*sentences, intent="act", more=LISTS):
    """A pack of one intent as YAML text."""
    lines = [f"          - {quoted(sentence)}" for sentence in sentences]
    head = f"language: en\nintents:\n  {intent}:\n    data:\n      - sentences:\n"
    return head + "\n".join(lines) + "\n" + more


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


class Drawn(NamedTuple):
    """Rows of a build as objects, rows of each template in file order, and the notes."""

    rows: list
    counts: dict
    notes: tuple


class DrawnRow(NamedTuple):
    """One row."""

    template: object
    text: str
    slots: tuple
    split: str


def drawn_rows(pack, n, *, splits=None, **plan):
    """The first n rows of a build; without splits all templates are train."""
    splits = splits or dict.fromkeys((t.id for t in pack.templates), "train")
    drawn = draw_pack(pack, splits, n, Plan(distinct=True, **plan))
    rows = DistinctRows(replace(drawn, n=drawn.corpus.size), n)
    by_id = {template.id: template for template in pack.templates}
    made = [
        DrawnRow(
            by_id[row["template"]],
            row["text"],
            tuple(Slot(**slot) for slot in row["slots"]),
            row["split"],
        )
        for batch in rows.batches()
        for row in batch.to_pylist()
    ]
    counts = {template.id: rows.by_template[template.id] for template in pack.templates}
    return Drawn(made, counts, tuple(rows.notes()))


def everything(pack):
    """(template, text, slots) of every derivation that makes a row."""
    planner = Planner()
    for template in pack.templates:
        node = planner.template(template)
        for rank in range(node.derivations):
            pieces = []
            node.emit(rank, pieces)
            made = render(pieces)
            if made is not None:
                yield template, *made


def rows_of(corpus, stop=10**6, start=0):
    """(intent, text, slots as tuples) of rows start ... stop - 1 of a corpus."""
    made = BulkRows(corpus)
    found = []
    for _, owners, numbers in corpus.windows(stop, start):
        found += [
            (row["intent"], row["text"], tuple(tuple(slot.values()) for slot in row["slots"]))
            for row in made.batch(owners, numbers).to_pylist()
        ]
    return found


def all_of(pack):
    """(intent, text, slots as tuples) of every derivation that makes a row."""
    return {
        (template.intent, text, tuple(astuple(slot) for slot in slots))
        for template, text, slots in everything(pack)
    }


def forms(text, slots):
    """A row with every choice of slots delexicalised, folded."""
    for count in range(len(slots) + 1):
        for chosen in combinations(slots, count):
            yield fold_delexicalised(delexicalise(text, chosen))


WORDS = st.sampled_from(
    ["turn", "on", "off", "Straße", "É", "ﬁx", "it's", "a-b", "3²", "x_y", "ok!", "Ⅷ", "日本"]
)


def _grow(inner, order="({};{})"):
    two = st.tuples(inner, inner)
    return st.one_of(
        two.map(" ".join),
        two.map("".join),
        two.map(lambda p: f"({p[0]}|{p[1]})"),
        two.map(lambda p: f"[{p[0]}| {p[1]}]"),
        two.map(lambda p: order.format(*p)),
        inner.map(lambda e: f"[{e}]"),
    )


# A test that writes out every derivation of one sentence more would take minutes.
MAX_WAYS = 5_000


def _few(sentence):
    return Planner().node(parse(sentence), _scope()).derivations <= MAX_WAYS


@cache
def _scope():
    return pack_of(yaml_of("a")).templates[0].scope


REFERENCES = st.sampled_from(
    ["{color}", "{color:tint}", "{level}", "{1..3:count}", "<the>", "<both>"]
)
LEAVES = st.one_of(WORDS, WORDS, REFERENCES)
SENTENCES = st.recursive(LEAVES, _grow, max_leaves=6).filter(_few)
SPACED_ORDERS = st.recursive(LEAVES, lambda inner: _grow(inner, " ({};{}) "), max_leaves=6)
