"""What is read, what is refused, what is kept apart."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.assess.inputs import ColumnNames, by_origin, content_sha256, gather
from corpusforge.assess.overlap import compare, near_rows
from corpusforge.assess.rows import Rows
from corpusforge.core.errors import InputError
from corpusforge.core.seeding import rng
from corpusforge.core.text import fold

INTENTS = ("lamp_on", "lamp_off", "play")


def sentence(number, kind):
    return f"the {kind} sentence number {number} says what is wanted"


def rows(count, kind, intents=INTENTS, **columns):
    """`count` rows, no two of them near each other."""
    found = []
    for number in range(count):
        row = {"text": f"{number * 7919} {sentence(number * 104729, kind)}"}
        row["intent"] = intents[number % len(intents)]
        found.append(row | {name: value for name, value in columns.items()})
    return found


def write(path, found):
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in found))
    elif path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(found), path)
    else:
        import csv

        with path.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, list(found[0]))
            writer.writeheader()
            writer.writerows(found)
    return path


def read(corpus, real=None, test=None, columns=None, **options):
    return gather(corpus, real, test, columns or ColumnNames(), **options)


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_files_of_all_kinds_read_alike(tmp_path, suffix):
    corpus = write(tmp_path / f"corpus{suffix}", rows(40, "made", weight=0.5))
    real = write(tmp_path / f"real{suffix}", rows(30, "real"))
    test = write(tmp_path / f"test{suffix}", rows(20, "test"))
    evidence = read(corpus, real, test)
    assert (len(evidence.synthetic), len(evidence.real), len(evidence.test)) == (40, 30, 20)
    assert set(evidence.synthetic.weights) == {0.5}
    assert set(evidence.real.weights) == {1.0}
    assert set(evidence.synthetic.origins) == {"external"}
    facts = evidence.facts
    assert facts["corpus"] == f"corpus{suffix}"
    assert facts["overlap"]["rows"] == 0
    assert json.loads(json.dumps(facts)) == facts
    assert str(tmp_path) not in json.dumps(facts)


def test_a_run_and_its_release_hold_the_same_rows(tiny_run, tmp_path):
    from_run = read_side(tiny_run)
    release = tmp_path / "moved"
    shutil.copytree(tiny_run / "release", release)
    from_release = read_side(release)
    kept = sorted(zip(from_run.texts, from_run.intents, from_run.weights, strict=True))
    released = sorted(
        zip(from_release.texts, from_release.intents, from_release.weights, strict=True)
    )
    assert kept == released
    assert set(from_run.origins) <= {"grammar", "gan"}
    assert any(slots for slots in from_run.slots)


def read_side(folder):
    from corpusforge.assess.sources import open_source, rows_of

    source = rows_of(open_source(folder), ColumnNames(), origin="external")
    return source.where(source.in_split("train") & ~source.is_real()).rows


def test_a_run_with_real_rows_brings_its_own(tmp_path):
    from corpusforge import api

    write(tmp_path / "rows.csv", rows(120, "real"))
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        "name: t\nlang: en\nlicense: CC0-1.0\ngrammar: {path: t.yaml, rows: 60}\n"
        "real: {path: rows.csv, license: CC0-1.0}\nexpand: {rows: 0}\nspeech: {clips: 0}\n"
    )
    (tmp_path / "t.yaml").write_text(
        "language: en\nintents:\n"
        + "".join(
            f"  {name}:\n    data:\n      - sentences:\n"
            + "".join(f'          - "{name} {a} (one|two|three|four) (x|y|z)"\n' for a in "abcd")
            for name in INTENTS
        )
    )
    api.build(recipe, tmp_path / "out", until="clean")
    evidence = read(tmp_path / "out")
    assert set(evidence.synthetic.origins) == {"grammar"}
    assert set(evidence.real.origins) == {"real"}
    assert 15 <= len(evidence.test) <= 40
    assert not set(evidence.real.folded) & set(evidence.test.folded)
    assert evidence.facts["kind"] == "run"


def test_splits_of_the_real_file(tmp_path):
    corpus = write(tmp_path / "c.jsonl", rows(40, "made"))
    parts = (("train", 30), ("validation", 12), ("test", 14))
    found = [row for split, n in parts for row in rows(n, split, split=split)]
    evidence = read(corpus, write(tmp_path / "real.jsonl", found))
    assert (len(evidence.real), len(evidence.test)) == (30, 14)
    assert any("12 rows of split validation" in note for note in evidence.notes)
    no_test = [row for row in found if row["split"] != "test"]
    evidence = read(corpus, write(tmp_path / "real2.jsonl", no_test))
    assert (len(evidence.real), len(evidence.test)) == (30, 12)
    only_test = [row for row in found if row["split"] == "test"]
    evidence = read(corpus, write(tmp_path / "real3.jsonl", only_test))
    assert (len(evidence.real), evidence.test) == (14, None)


def test_what_is_left_out_is_counted(tmp_path):
    found = rows(40, "made", weight=1.0)
    found[0]["text"], found[1]["text"], found[2]["intent"] = "", None, " "
    found[3]["weight"] = 0
    path = write(tmp_path / "c.jsonl", found)
    path.write_text(path.read_text() + "not json\n")
    evidence = read(path, write(tmp_path / "r.jsonl", rows(30, "real")))
    assert len(evidence.synthetic) == 36
    note = next(note for note in evidence.notes if "left out" in note)
    for part in ("2 without text", "1 without label", "1 of weight 0", "1 unreadable"):
        assert part in note


def test_other_column_names_are_guessed_and_said(tmp_path):
    renamed = [{"utterance": r["text"], "category": r["intent"]} for r in rows(40, "made")]
    corpus = write(tmp_path / "c.csv", renamed)
    real = write(tmp_path / "r.csv", rows(30, "real"))
    evidence = read(corpus, real)
    assert any("'utterance'" in note and "'category'" in note for note in evidence.notes)
    named = read(corpus, real, columns=ColumnNames(text="utterance", label="category"))
    assert named.synthetic.texts == evidence.synthetic.texts
    assert not any("guessed" in note for note in named.notes)
    with pytest.raises(InputError, match="did you mean 'utterance'"):
        read(corpus, real, columns=ColumnNames(text="utterence"))


def test_slots_that_do_not_fit_are_not_annotations(tmp_path):
    found = rows(30, "made")
    for row in found:
        row["slots"] = [{"name": "x", "start": 0, "end": 1}]
    found[0]["slots"], found[1]["slots"] = [{"name": "x", "start": 0, "end": 999}], None
    evidence = read(write(tmp_path / "c.jsonl", found), write(tmp_path / "r.jsonl", rows(20, "r")))
    assert evidence.synthetic.slots[0] is None
    assert evidence.synthetic.slots[1] is None
    assert evidence.synthetic.slots[2][0].name == "x"
    assert any("slots of 1 rows" in note for note in evidence.notes)


def test_synthetic_rows_are_no_real_data(tmp_path):
    corpus = write(tmp_path / "c.jsonl", rows(40, "made"))
    mixed = rows(20, "real", origin="real") + rows(20, "gen", origin="gan")
    evidence = read(corpus, write(tmp_path / "mixed.jsonl", mixed))
    assert len(evidence.real) == 20
    fake = write(tmp_path / "fake.jsonl", rows(20, "gen", origin="grammar"))
    with pytest.raises(InputError, match=r"all 20 rows of fake\.jsonl are marked as synthetic"):
        read(corpus, fake)


def refused(tmp_path, corpus, real, test=None):
    paths = [write(tmp_path / "corpus.jsonl", corpus), write(tmp_path / "real.jsonl", real)]
    paths.append(None if test is None else write(tmp_path / "test.jsonl", test))
    with pytest.raises(InputError) as caught:
        read(*paths)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_no_labels_in_common(tmp_path):
    text = refused(tmp_path, rows(40, "made", ("LampOn", "LampOff")), rows(30, "real"))
    assert "corpus.jsonl and real.jsonl share no label" in text
    assert "lamp_off, lamp_on, play" in text
    assert "LampOn ~ lamp_on" in text
    one = refused(tmp_path, rows(40, "made", ("play", "stop")), rows(30, "real"))
    assert "share one label only, 'play'" in one


def test_too_little_real_data(tmp_path):
    corpus = rows(40, "made")
    assert "fewer than 10" in refused(tmp_path, corpus, rows(9, "real"))
    assert "9 test rows" in refused(tmp_path, corpus, rows(30, "real"), rows(9, "test"))
    assert "1 real rows" in refused(tmp_path, corpus, rows(1, "real"), rows(30, "test"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "is empty"),
        ("words,number\n1.5,2.5\n", "no column of bad.csv looks like sentences"),
        ("text,intent\n,\n", "no usable row"),
        ("text,intent,weight\nhello there,a,-1\n", "line 2: the weight '-1'"),
        ("text,intent,weight\nhello there,a,much\n", "line 2: the weight 'much'"),
    ],
)
def test_unreadable_files(tmp_path, content, expected):
    bad = tmp_path / "bad.csv"
    bad.write_text(content)
    real = write(tmp_path / "r.jsonl", rows(30, "real"))
    with pytest.raises(InputError) as caught:
        read(bad, real)
    assert expected in str(caught.value)


def test_a_name_that_is_no_path(tmp_path):
    corpus = write(tmp_path / "c.jsonl", rows(40, "made"))
    with pytest.raises(InputError, match="no file or folder 'nobody/nothing', and the HF hub"):
        read(corpus, Path("nobody/nothing"))
    with pytest.raises(InputError, match="there is no file or folder"):
        read(corpus, Path("nothing.csv"))
    with pytest.raises(InputError, match="no real rows of its own"):
        read(corpus)


def test_leaked_rows_are_refused_or_dropped(tmp_path):
    test = rows(300, "test")
    corpus = write(tmp_path / "c.jsonl", rows(990, "made") + test[:10])
    real = write(tmp_path / "r.jsonl", rows(60, "real") + test[10:11])
    held = write(tmp_path / "t.jsonl", test)
    with pytest.raises(InputError) as caught:
        read(corpus, real, held)
    text = str(caught.value)
    assert "10 of 1000 synthetic rows of c.jsonl" in text
    assert "line 991" in text
    assert "--drop-test-rows" in text
    evidence = read(corpus, real, held, drop_test_rows=True)
    assert len(evidence.synthetic) == 990
    assert len(evidence.real) == 60
    assert evidence.facts["overlap"]["rows"] == 10
    assert evidence.facts["overlap"]["real_rows"] == 1
    # Cross-validation finds its own pairs.
    evidence = read(corpus, held)
    assert len(evidence.synthetic) == 1000


def test_a_few_equal_rows_are_chance(tmp_path):
    test = rows(300, "test")
    corpus = write(tmp_path / "c.jsonl", rows(999, "made") + test[:1])
    evidence = read(
        corpus, write(tmp_path / "r.jsonl", rows(60, "r")), write(tmp_path / "t.jsonl", test)
    )
    assert len(evidence.synthetic) == 999
    assert not set(evidence.synthetic.folded) & set(evidence.test.folded)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.02, 0.2))
def test_a_planted_leak_is_found(seed, share):
    generator = rng(seed, "test")
    test = Rows.labelled(*zip(*((r["text"], r["intent"]) for r in rows(400, "t")), strict=True))
    made = Rows.labelled(*zip(*((r["text"], r["intent"]) for r in rows(600, "m")), strict=True))
    places = generator.choice(len(test), round(share * len(made)), replace=False)
    real = made.take([0, 1])
    overlap, equal, _ = compare(made.plus(test.take(places)), real, test)
    assert overlap.is_leak
    assert equal.sum() == overlap.rows == overlap.test_rows == len(places)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.text("abc d", min_size=1, max_size=12), max_size=12),
    st.lists(st.text("abc d", min_size=1, max_size=12), max_size=12),
)
def test_near_rows_are_those_of_the_definition(texts, held):
    texts, held = [fold(t) for t in texts], [fold(t) for t in held]

    def grams(text):
        padded = f" {text} "
        return {padded[i : i + 3] for i in range(len(padded) - 2)} if text else set()

    def near(a, b):
        both = grams(a) | grams(b)
        return a != b and bool(both) and len(grams(a) & grams(b)) >= 0.9 * len(both) - 1e-12

    expected = [t not in held and any(near(t, h) for h in held) for t in texts]
    assert near_rows(texts, held).tolist() == expected


def test_order_and_names_do_not_change_the_hash():
    made = Rows.labelled(["a", "b", "c"], ["x", "y", "x"])
    assert content_sha256(made) == content_sha256(made.take([2, 0, 1]))
    assert content_sha256(made) != content_sha256(made.with_weights(np.array([1, 1, 0.5])))


def test_by_origin():
    both = Rows.labelled(["a"], ["x"], origin="gan").plus(Rows.labelled(["b"], ["x"], origin="gpt"))
    assert {name: part.texts for name, part in by_origin(both).items()} == {
        "gan": ("a",),
        "gpt": ("b",),
    }


def snips(folder, split):
    texts = (folder / "snips" / split / "seq.in").read_text().splitlines()
    return Rows.labelled(texts, (folder / "snips" / split / "label").read_text().splitlines())


def clinc(folder, split):
    found = json.loads((folder / "clinc150" / "data_full.json").read_text())[split]
    return Rows.labelled([text for text, _ in found], [intent for _, intent in found])


@pytest.mark.parametrize("corpus", [snips, clinc])
def test_natural_overlap_of_real_data_is_no_leak(real_data, corpus):
    """Real train rows as if they were synthetic: what `overlap` says of its own rates holds."""
    train, test = corpus(real_data, "train"), corpus(real_data, "test")
    whole, _, _ = compare(train, train.take([]), test)
    assert not whole.is_leak
    assert 0.001 < whole.share < 0.005
    flagged = missed = 0
    for seed in range(20):
        generator = rng(seed, "test.overlap")
        order = generator.permutation(len(train))
        few, oracle = train.take(order[:50]), train.take(order[50:1050])
        flagged += compare(oracle, few, test)[0].is_leak
        planted = test.take(generator.choice(len(test), 20, replace=False))
        missed += not compare(oracle.plus(planted), few, test)[0].is_leak
    assert flagged == 0
    assert missed == 0
