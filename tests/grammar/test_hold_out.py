"""Rows whose carrier phrases or values the other side of the splits does not have."""

import re
from collections import Counter

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpusforge.cli import main
from corpusforge.grammar.bulk import Corpus
from corpusforge.grammar.bulk_rows import BulkRows
from corpusforge.grammar.counting import counts
from corpusforge.grammar.drawing import draw, utterances
from corpusforge.grammar.loader import load_pack
from tests.grammar.packs import SENTENCES, all_of, pack_of, rows_of, yaml_of

QUIET = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])


# -- splits ----------------------------------------------------------------------------------------


@QUIET
@given(
    st.lists(SENTENCES, min_size=1, max_size=4, unique=True),
    st.sampled_from(["templates", "values", "both"]),
    st.integers(1, 3),
)
def test_the_proof_says_what_all_rows_say(written, hold_out, seed):
    pack = pack_of(yaml_of(*written))
    dealt = dict(
        zip((t.id for t in pack.templates), ["train", "test", "validation"] * 2, strict=False)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("corpusforge.grammar.value_splits.MIN_VALUES", 2)
        corpus = Corpus(pack.templates, seed=seed, splits=dealt, hold_out=hold_out)
        proof = corpus.proof()
    made = BulkRows(corpus)
    rows = [r for _, o, n in corpus.windows(10**6) for r in made.batch(o, n).to_pylist()]
    keys = [(row["text"], str(row["slots"])) for row in rows]
    assert len(set(keys)) == len(keys) == sum(proof.sentences)
    assert proof.shared_sentences == 0
    if hold_out == "values":
        assert set(keys) <= {(t, str([_slot(*s) for s in slots])) for _, t, slots in all_of(pack)}
    held = {True: set(), False: set()}
    for row in rows:
        for slot in row["slots"]:
            held[row["split"] == "train"].add((slot["entity"], slot["value"]))
    if hold_out != "templates":
        assert {entity for entity, _ in held[True] & held[False]} <= set(proof.shared_lists)
    if hold_out != "values":
        assert proof.shared_carriers == 0


def _slot(name, entity, value, text, start, end, role, group):
    return {"name": name, "entity": entity, "value": value, "text": text, "start": start,
            "end": end, "role": role, "group": group}  # fmt: skip


def test_nothing_is_left_out_where_nothing_is_held_out(tmp_path):
    sentences = ["hey", "hey!", "hey...", "Hey", "wait, what", "wait what", "see {a}", "see {a}?"]
    path = tmp_path / "alike.yaml"
    more = "lists:\n  a: {values: [b, x]}\n"
    path.write_text(yaml_of(*sentences, more=more), encoding="utf-8")
    drawn = draw(path, 99)
    assert drawn.corpus.size == counts(load_pack(path)).total.with_values == 10
    assert "which is all of them" in drawn.notes()[0]
    assert set(utterances(drawn)["split"].to_pylist()) == {"train"}
    held = draw(path, 99, hold_out="templates")
    assert held.corpus.size < 10
    assert "all that keep the splits apart" in held.notes()[0]


def test_held_out_values_from_the_command_line(tmp_path, capsys):
    path = tmp_path / "t.yaml"
    songs = ", ".join(f"song{index}" for index in range(40))
    path.write_text(yaml_of("play {song} [now]", "stop [{song}]", "at {0..3:x} {song}",
                            more=f"lists: {{song: {{values: [{songs}]}}}}\n"))  # fmt: skip
    out = tmp_path / "rows.parquet"
    arguments = ["sample", str(path), "-n", "1000", "--hold-out", "values", "-o", str(out)]
    assert main([*arguments, "--format", "parquet"]) == 0
    said = capsys.readouterr().err
    assert "both can say 0 of them" in said and "0..3" in said
    rows = pq.read_table(out).to_pylist()
    values = {}
    for row in rows:
        for slot in row["slots"]:
            if slot["entity"] == "song":
                values.setdefault(row["split"], set()).add(slot["value"])
    assert {split: len(held) for split, held in values.items()} == {
        "train": 32, "validation": 4, "test": 4}  # fmt: skip
    assert len(set.union(*values.values())) == 40
    assert main([*arguments, "--coverage"]) == 2


def owners_of(corpus, n=10**6):
    found = Counter()
    for _, owners, _ in corpus.windows(n):
        found.update(corpus.owners[owner] for owner in owners.tolist())
    return found


SONGS = "lists: {song: {values: [" + ", ".join(f"song{i}" for i in range(60)) + "]}}\n"


@pytest.mark.parametrize("by", ["weights", "templates", 0.5])
def test_held_out_values_keep_the_shares_of_the_splits(by):
    pack = pack_of(yaml_of("play {song} {0..99:x}", "hear {song} {0..99:x}", more=SONGS))
    shares = {"train": 0.5, "validation": 0.0, "test": 0.5}
    corpus = Corpus(pack.templates, seed=1, by=by, hold_out="values", shares=shares)
    found = Counter()
    for owner, rows in owners_of(corpus, 400).items():
        found[owner.split] += rows
    assert found == {"train": 200, "test": 200}
    default = Corpus(pack.templates, seed=1, by=by, hold_out="values")
    rows = owners_of(default, 400)
    assert sorted(rows.values()) == [20, 20, 20, 20, 160, 160]


def test_templates_with_a_split_of_their_own_keep_it_where_values_are_held_out():
    text = f"""\
language: en
{SONGS}
intents:
  act:
    data:
      - sentences: ["play {{song}}", "stop"]
      - {{sentences: ["hear {{song}}", "end"], split: test}}
"""
    corpus = Corpus(pack_of(text).templates, seed=1, by="weights", hold_out="values")
    rows = owners_of(corpus)
    assert {(o.template.sentence, o.split): n for o, n in rows.items()} == {
        ("play {song}", "train"): 48, ("play {song}", "validation"): 6,
        ("play {song}", "test"): 6, ("stop", "train"): 1,
        ("hear {song}", "test"): 6, ("end", "test"): 1,
    }  # fmt: skip


def test_pinned_values_have_their_split_and_count_for_its_share():
    pack = pack_of(yaml_of("play {song:what}", more=SONGS))
    pinned = {"what": {"song7": "test", "song8": "train"}, "song": {"song8": "test"}}
    for seed in range(5):
        corpus = Corpus(pack.templates, seed=seed, hold_out="values", pinned=pinned)
        said = {split: set() for split in ("train", "validation", "test")}
        for _, text, slots in rows_of(corpus):
            ((_, entity, value, *_),) = slots
            said[corpus.values.split_of(entity, value)].add(text.split()[1])
        assert [len(held) for held in said.values()] == [48, 6, 6]
        assert "song7" in said["test"] and "song8" in said["train"]


def test_the_same_words_stand_on_one_side_whatever_their_lists():
    towns = [f"town{i}" for i in range(30)]
    homes = ", ".join([*towns[:15], "{in: Oslo, out: o1}", "{in: oslo, out: o2}"])
    text = f"""\
language: en
lists:
  town: {{values: [{", ".join(towns)}]}}
  home: {{values: [{homes}]}}
  few: {{values: [town3, town4]}}
intents:
  act: {{data: [{{sentences: ["from {{town}}", "to {{home}}", "at {{few}}"]}}]}}
"""
    for seed in range(6):
        corpus = Corpus(pack_of(text).templates, seed=seed, hold_out="values")
        split = corpus.values.split_of
        assert [split("home", t) for t in towns[:15]] == [split("town", t) for t in towns[:15]]
        assert split("home", "o1") == split("home", "o2") != ""
        # what a short list says is said in every split, so it is train
        assert {split("town", "town3"), split("town", "town4")} == {"train"}
        assert sum(split("town", town) == "test" for town in towns) == 3
        assert corpus.proof().shared_words == {}
        said = {True: set(), False: set()}
        for _, text_, slots in rows_of(corpus):
            if slots[0][1] != "few":
                owner = split(slots[0][1], slots[0][2])
                said[owner == "train"].add(text_.split()[1].lower())
        assert not said[True] & said[False]


PLAIN = st.lists(
    st.sampled_from(
        [
            "go to {town}",
            "(go|fly) home to {town} now",
            "[Town1|the town2|town3s|oldtown4] and {town}",
            "see town5, then {town}",
            "new [town6] {town}",
            "new [t]own7 {town}",
            "town8-{town}",
            "town1{town}",
        ]
    ),
    min_size=1,
    max_size=3,
    unique=True,
)


@settings(deadline=None, max_examples=30)
@given(PLAIN, st.integers(0, 3))
def test_held_out_values_that_train_says_in_plain_words_are_counted(sentences, seed):
    towns = [f"town{n}" for n in range(9)] + ["new town6", "Home"]
    pack = pack_of(yaml_of(*sentences, more=f"lists: {{town: {{values: [{', '.join(towns)}]}}}}\n"))
    corpus = Corpus(pack.templates, seed=seed, hold_out="values")
    held = [town for town in towns if corpus.values.split_of("town", town) != "train"]
    said = set()
    made = BulkRows(corpus)
    for _, owners, numbers in corpus.windows(10**6):
        for row in made.batch(owners, numbers).to_pylist():
            if row["split"] == "train":
                (slot,) = row["slots"]
                said.add(f"{row['text'][: slot['start']]}\n{row['text'][slot['end'] :]}")
    found = [
        town
        for town in held
        if any(re.search(rf"(?<![^\W_]){town}(?![^\W_])", text, re.IGNORECASE) for text in said)
    ]
    assert corpus.proof().plain_words == ({"town": sorted(found)} if found else {})
