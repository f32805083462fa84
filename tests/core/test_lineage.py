import pyarrow as pa
import pytest

from corpusforge.core.lineage import find_leaks
from corpusforge.core.schema import (
    CATALOGUE,
    TEMPLATES,
    UTTERANCES,
    Utterance,
    utterances_to_table,
)
from corpusforge.core.spans import Slot


def row(name, split="train", template="", parents=(), generation=None, **fields):
    if generation is None:
        generation = 1 if parents else 0
    fields.setdefault("origin", "gan" if generation else "grammar")
    fields.setdefault("slots", ())
    return Utterance(
        id=name,
        text=name,
        lang="en",
        intent="i",
        license="MIT",
        split=split,
        template=template,
        parents=parents,
        generation=generation,
        **fields,
    )


def templates(**splits):
    rows = [
        dict.fromkeys(TEMPLATES.names) | {"template": template, "split": split}
        for template, split in splits.items()
    ]
    return pa.Table.from_pylist(rows, schema=TEMPLATES)


def kinds(*rows, **more):
    return [(leak.kind, leak.row_id) for leak in find_leaks(utterances_to_table(rows), **more)]


CLEAN = (
    row("a", template="t1"),
    row("b", "test", template="t2"),
    row("r", "validation", origin="real"),
    row("g", parents=("a",)),
    row("h", parents=("g", "a"), generation=2),
)


def test_clean_corpus_has_no_leaks():
    assert kinds(*CLEAN, templates=templates(t1="train", t2="test", t3="validation")) == []
    assert find_leaks(UTTERANCES.empty_table()) == []


@pytest.mark.parametrize(
    ("planted", "expected"),
    [
        (row("x", parents=("b",)), ("reaches another split", "x")),
        (row("x", parents=("r",)), ("reaches another split", "x")),
        (row("x", parents=("a", "b")), ("reaches another split", "x")),
        (row("x", parents=("gone",)), ("missing parent", "x")),
        (row("x", generation=1), ("missing parent", "x")),
        (row("x", "test", parents=("b",)), ("generated outside train", "x")),
        (row("x", "test", template="t1"), ("template in two splits", "")),
        (row("x", parents=("x",)), ("circle of parents", "x")),
        (row("x", template="t2", parents=("a",)), ("template in two splits", "")),
        # A counterfactual row that was not generated, but comes from a held-out one.
        (row("x", parents=("b",), generation=0), ("reaches another split", "x")),
        (row("x", "test", parents=("a",), generation=0), ("reaches another split", "x")),
    ],
)
def test_planted_leak_is_found(planted, expected):
    assert expected in kinds(*CLEAN, planted)


def test_leak_through_a_dropped_parent_is_found_and_told():
    middle = row("m", parents=("b",))
    dropped = utterances_to_table([middle])
    leaks = find_leaks(utterances_to_table([*CLEAN, row("x", parents=("m",))]), None, dropped)
    assert [str(leak) for leak in leaks] == [
        "reaches another split: x <- m <- b in test of template t2"
    ]
    honest = utterances_to_table([row("m", parents=("a",))])
    assert find_leaks(utterances_to_table([*CLEAN, row("x", parents=("m",))]), None, honest) == []


def test_template_of_another_split_is_found_without_a_row_of_it():
    # All held-out rows of t3 are gone; only the template table knows where it belongs.
    leak = ("reaches another split", "x")
    assert leak in kinds(*CLEAN, row("x", template="t3"), templates=templates(t3="validation"))
    parent = row("p", template="t3")
    found = kinds(*CLEAN, parent, row("y", parents=("p",)), templates=templates(t3="test"))
    assert ("reaches another split", "y") in found


def test_a_row_of_the_table_goes_before_a_dropped_row_of_the_same_id():
    dropped = utterances_to_table([row("b", "train")])
    table = utterances_to_table([row("b", "test"), row("x", parents=("b",))])
    assert [leak.row_id for leak in find_leaks(table, None, dropped)] == ["x"]
    assert find_leaks(utterances_to_table([row("x", parents=("b",))]), None, dropped) == []


def valued(name, split, *values, **fields):
    slots = tuple(Slot("s", entity, value, value, 0, 1) for entity, value in values)
    return row(name, split, slots=slots, **fields)


def test_templates_may_stand_in_all_splits_and_values_may_not():
    rows = [valued("a", "train", ("song", "x"), ("day", "y"), template="t1"),
            valued("b", "test", ("song", "z"), ("day", "y"), template="t1"),
            valued("c", "test", ("song", "new"), template="t1"),
            valued("r", "train", ("song", "z"), origin="real"),
            row("n", slots=None)]  # fmt: skip
    listed = [("song", "x", "train"), ("song", "z", "test"), ("day", "y", ""), ("day", "z", None)]
    catalogue = pa.Table.from_pylist(
        [dict(zip(("entity", "value", "split"), entry, strict=True)) for entry in listed], CATALOGUE
    )
    more = {"templates": templates(t1=""), "catalogue": catalogue}
    assert kinds(*rows, **more) == []
    assert kinds(*rows) == [("template in two splits", "")]
    wrong = [*rows, valued("w", "validation", ("day", "y"), ("song", "z"))]
    assert kinds(*wrong, **more) == [("value of another split", "w")]
    made = [*rows, valued("g", "train", ("song", "z"), parents=("a",))]
    assert kinds(*made, **more) == [("value of another split", "g")]
