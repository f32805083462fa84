import json
import tempfile
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpusforge.cli import main
from corpusforge.grammar.counting import counts
from corpusforge.grammar.cover_bound import Need, least_rows
from corpusforge.grammar.coverage import cover
from corpusforge.grammar.drawing import draw, utterances
from tests.grammar.packs import SENTENCES, everything, pack_of, yaml_of

QUIET = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])


@QUIET
@given(st.lists(SENTENCES, min_size=1, max_size=3, unique=True))
def test_rows_are_sentences_and_each_is_there_once(written):
    pack = pack_of(yaml_of(*written))
    rows = [(row.template.intent, row.text, row.slots) for row in cover(pack).rows]
    assert len(rows) == len(set(rows)) == cover(pack).certificate.rows
    assert set(rows) <= {(t.intent, text, slots) for t, text, slots in everything(pack)}


@QUIET
@given(st.lists(SENTENCES, min_size=1, max_size=3, unique=True))
def test_every_value_is_shown(written):
    pack = pack_of(yaml_of(*written))
    held = {(s.entity, s.value) for _, _, slots in everything(pack) for s in slots}
    shown = {(s.entity, s.value) for row in cover(pack).rows for s in row.slots}
    ranges = {("level", "9"), ("level", "10"), ("1..3", "2")}
    assert held - shown <= ranges


@pytest.mark.parametrize(
    ("sentence", "rows"),
    [
        ("a", 1),
        ("(a|b|c)", 3),
        ("(a|b|c) (d|e)", 3),
        ("(a|b) [c] (d|e|f|g)", 4),
        ("(a|(b|c) (d|e|f))", 4),
        ("((a|b);(c|d|e|f))", 4),
        ("((a|b);[c];d) (e|f|g)", 3),
        ("((a|b);(c|d|e))", 3),
        ("[[[a] b] c] d", 4),
    ],
)
def test_alternatives_at_the_minimum(sentence, rows):
    found = cover(pack_of(yaml_of(sentence)))
    assert found.certificate.alternative_rows == found.certificate.rows == rows


def test_values_fill_the_rows_that_are_there_and_then_some():
    lists = "lists:\n  x: {values: [a, b, c, d, e]}\n  y: {values: [p, q]}\n"
    found = cover(pack_of(yaml_of("go {x} {y}", "(see|hear) {x}", more=lists)))
    assert found.certificate.alternative_rows == 3
    assert found.certificate.rows == found.certificate.least_rows == 5
    assert {s.value for row in found.rows for s in row.slots} == set("abcdepq")


def test_rows_of_the_cover_come_first_and_only_once(tmp_path):
    path = tmp_path / "t.yaml"
    path.write_text(yaml_of("(a|b|c) [d] {level}", "(c|e) {color} {1..3:x}"))
    drawn = draw(path, 10**6, coverage=True)
    first = [row.text for row in drawn.cover.rows]
    texts = [row["text"] for batch in drawn.batches() for row in batch.to_pylist()]
    assert texts[: len(first)] == first
    assert len(texts) == len(set(texts)) == drawn.corpus.size
    again = [row["text"] for batch in drawn.batches(3, 20) for row in batch.to_pylist()]
    assert again == texts[3:20]
    assert sum(drawn.shares().values()) == drawn.corpus.size


@QUIET
@given(st.lists(SENTENCES, min_size=2, max_size=5, unique=True), st.integers(1, 3))
def test_rows_of_the_cover_are_rows_of_the_corpus(written, seed):
    """Same template and split as when they are drawn; everything is there once."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.yaml"
        path.write_text(yaml_of(*written), encoding="utf-8")
        plain, covered = draw(path, 10**6, seed=seed), draw(path, 10**6, seed=seed, coverage=True)
    found = [utterances(drawn, ids=False).to_pylist() for drawn in (plain, covered)]
    first, second = ([str(sorted(row.items())) for row in rows] for rows in found)
    assert sorted(first) == sorted(second)
    rows = covered.cover.rows
    assert [row["text"] for row in found[1][: len(rows)]] == [row.text for row in rows]
    assert {row.template.id for row in rows} == {row["template"] for row in found[0]}


def test_what_train_says_is_shown_there_and_held_out_phrases_where_they_are_free(tmp_path):
    path = tmp_path / "t.yaml"
    path.write_text("""\
language: en
intents:
  act:
    data:
      - {sentences: ["Turn on the {x}!"], split: test}
      - {sentences: ["(turn|switch) on (the|my) {x}"], split: train}
      - {sentences: ["(turn|flip) on the {x}"], split: test}
lists: {x: {values: [lamp, fan]}}
""")
    drawn = draw(path, 100, coverage=True)
    splits = {row.text: row.split for row in drawn.cover.rows}
    assert {text.split()[0] for text, split in splits.items() if split == "test"} == {"flip"}
    assert not any("!" in text for text in splits)
    # the third template's "turn" has no row of its own, as "Turn on the {x}!", where nothing is
    # chosen
    assert drawn.cover.certificate.not_shown == 1
    assert drawn.cover.certificate.templates == 2


def test_templates_that_give_no_row_are_not_counted_as_shown(tmp_path, capsys):
    path = tmp_path / "t.yaml"
    path.write_text(yaml_of("hello", "Hello!", "bye", "HELLO", "see you"))
    out = ["-o", str(tmp_path / "rows.jsonl")]
    for seed in range(12):
        drawn = draw(path, 5, seed=seed, coverage=True, hold_out="templates")
        more = ["--coverage", "--hold-out", "templates", "--seed", str(seed), *out]
        assert main(["sample", str(path), "-n", "5", *more]) == 0
        said = capsys.readouterr().err
        report = next(line for line in said.splitlines() if "the first" in line)
        assert "hold values out" not in said
        there = drawn.corpus.size  # every template says one sentence
        which = "all" if there == 5 else f"{there} of"
        assert f"{there} rows show {which} 5 templates, 0 of 0 alternatives" in report


def test_the_verbs(tmp_path, capsys):
    path = tmp_path / "t.yaml"
    path.write_text(yaml_of("(a|b|c|[c]) {color}", "{0..9:x}{color}"))
    out = tmp_path / "rows.jsonl"
    arguments = ["sample", str(path), "-n", "50", "--coverage", "--ids", "-o", str(out)]
    assert main([*arguments, "--by", "0.5"]) == 0
    said = capsys.readouterr().err
    assert "the first 7 rows show all 2 templates" in said
    assert "act" in said
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(rows) == 50 and all(len(row["id"]) == 32 for row in rows)
    assert main(["count", str(path)]) == 0
    assert "all intents" in capsys.readouterr().out
    assert main(["count", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    expected = counts(pack_of(path.read_text())).total
    assert found["total"]["with_values"] == str(expected.with_values)
    assert found["total"]["derivations"] == "6" and len(found["templates"]) == 2
    for wrong, hint in (("weigths", "did you mean 'weights'"), ("1.5", "from 0")):
        assert main(["sample", str(path), "-n", "5", "--by", wrong]) == 2
        assert hint in capsys.readouterr().err


def test_lists_that_never_stand_together_need_rows_of_their_own():
    lists = "lists:\n  x: {values: [a, b, c, d, e]}\n  y: {values: [p, q, r]}\n"
    found = cover(pack_of(yaml_of("go {x}", "(see|hear) {y}", "(now|then)", more=lists)))
    assert found.certificate.alternative_rows == 5
    assert found.certificate.rows == found.certificate.least_rows == 5 + 3 + 2


def test_a_row_may_have_places_that_no_row_of_the_alternatives_has():
    lists = "lists:\n  x: {values: [a, b, c, d, e, f, g, h]}\n"
    # The rows of the alternatives have one value each; "{x} {x:other}" has two.
    found = cover(pack_of(yaml_of("(go|{x}) ({x:other}|home)", more=lists)))
    assert found.certificate.least_rows <= 5 <= found.certificate.rows


@QUIET
@given(st.lists(SENTENCES, min_size=1, max_size=3, unique=True))
def test_no_cover_has_fewer_rows_than_are_proven(written):
    certificate = cover(pack_of(yaml_of(*written))).certificate
    assert certificate.alternative_rows <= certificate.least_rows <= certificate.rows


NEEDS = st.lists(
    st.builds(
        Need,
        st.integers(0, 2),
        st.dictionaries(st.sampled_from("xyz"), st.integers(1, 2), max_size=3),
    ),
    min_size=1,
    max_size=3,
)


@QUIET
@given(NEEDS, st.dictionaries(st.sampled_from("xyz"), st.integers(1, 4)))
def test_the_proof_holds_against_all_ways_to_choose_rows(needs, values):
    held = {name for need in needs for name in need.places}
    values = {name: count for name, count in values.items() if name in held}
    enough = [
        sum(rows)
        for rows in product(*(range(need.frames, need.frames + 13) for need in needs))
        if all(
            sum(n * need.places.get(name, 0) for n, need in zip(rows, needs, strict=True)) >= count
            for name, count in values.items()
        )
    ]
    least = min(enough)
    assert least - len(needs) < least_rows(needs, values) <= least
