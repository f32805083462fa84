import itertools
import json
import math
from collections import Counter
from dataclasses import astuple

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpusforge.core.schema import check_utterances
from corpusforge.grammar.bulk import Corpus
from corpusforge.grammar.bulk_rows import BulkRows
from corpusforge.grammar.derivations import render
from corpusforge.grammar.drawing import draw, utterances
from corpusforge.grammar.drawn_files import json_lines, write_parquet
from corpusforge.grammar.json_rows import JsonRows
from corpusforge.grammar.loader import load_pack
from corpusforge.grammar.matching import Matcher
from corpusforge.grammar.permutation import ColumnPermutations
from corpusforge.grammar.variants import parts
from tests.grammar.packs import LISTS, SENTENCES, all_of, pack_of, rows_of, yaml_of

QUIET = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])


# -- the rows are the language, each once ---------------------------------------------------------


@QUIET
@given(
    st.lists(SENTENCES, min_size=1, max_size=3, unique=True),
    st.sampled_from(["sentences", "templates", "weights", 0.5]),
    st.integers(1, 5),
)
def test_all_rows_are_all_sentences_once(written, by, seed):
    pack = pack_of(yaml_of(*written))
    corpus = Corpus(pack.templates, seed=seed, by=by)
    rows = rows_of(corpus)
    assert len(rows) == len(set(rows)) == corpus.size
    assert set(rows) == all_of(pack)


@QUIET
@given(SENTENCES, SENTENCES)
def test_columns_say_what_single_rows_say(first, second):
    pack = pack_of(yaml_of(first, second))
    corpus = Corpus(pack.templates, seed=3, by="templates")
    made = BulkRows(corpus)
    for _, owners, numbers in corpus.windows(200):
        batch = made.batch(owners, numbers).to_pylist()
        for row, owner, number in zip(batch, owners.tolist(), numbers.tolist(), strict=True):
            text, slots = render(corpus.pieces(owner, number))
            assert row["text"] == text
            assert [tuple(slot.values()) for slot in row["slots"]] == [astuple(s) for s in slots]
            assert row["template"] == corpus.owners[owner].template.id


@QUIET
@given(st.lists(SENTENCES, min_size=1, max_size=3, unique=True), st.integers(2, 60))
def test_beginnings_of_large_ranks(written, limit):
    """Rows whose first steps are taken one by one, as for ranks beyond 62 bits."""
    pack = pack_of(yaml_of(*written))
    whole = rows_of(Corpus(pack.templates, seed=1, by="templates"), 300)
    with pytest.MonkeyPatch.context() as patch:
        for module in ("bulk", "unranking", "guides"):
            patch.setattr(f"corpusforge.grammar.{module}.MAX_RANK", limit)
        patch.setattr("corpusforge.grammar.unranking.MAX_CLOSED", 1)
        begun = rows_of(Corpus(pack.templates, seed=1, by="templates"))
    # (large ones have another permutation)
    assert set(begun) == all_of(pack)
    assert len(begun) == len(set(begun))
    assert len(whole) == min(300, len(begun))


@QUIET
@given(SENTENCES, st.integers(0, 60), st.integers(0, 60))
def test_any_cut_gives_the_same_rows(written, start, more):
    corpus = Corpus(pack_of(yaml_of(written, "and {level}")).templates, seed=2, by="weights")
    rows = rows_of(corpus)
    assert rows_of(corpus, start + more, start) == rows[start : start + more]


def test_windows_do_not_matter(monkeypatch):
    pack = pack_of(yaml_of("(a|b|c) {level} {color}", "{color} it", "say [very] {level:x}"))
    whole = rows_of(Corpus(pack.templates, seed=1, by="weights"))
    monkeypatch.setattr("corpusforge.grammar.dealing.WINDOW", 7)
    corpus = Corpus(pack.templates, seed=1, by="weights")
    assert len(list(corpus.windows(10**6))) > 5
    assert rows_of(corpus) == whole


# -- shares ---------------------------------------------


def shares_of(written, by, n, more=LISTS):
    corpus = Corpus(pack_of(yaml_of(*written, more=more)).templates, seed=1, by=by)
    found = Counter()
    for _, owners, _ in corpus.windows(n):
        found.update(corpus.owners[owner].template.sentence for owner in owners.tolist())
    return [found[sentence] for sentence in written]


WIDE = "(a|b|c|d) {0..99:x} {0..24:y}"  # 10,000 sentences
MIDDLE = "at {0..99:x}"  # 100
SMALL = "now"  # 1


def test_shares_of_templates():
    written = [WIDE, MIDDLE, SMALL]
    assert shares_of(written, "sentences", 1011) == pytest.approx([1000, 10, 1], abs=1.5)
    # water-filling: what the small ones cannot give, the wide one does
    assert shares_of(written, "templates", 99) == [49, 49, 1]
    assert shares_of(written, "templates", 301) == [200, 100, 1]
    halves = shares_of(written, 0.5, 112)
    assert halves == pytest.approx([100, 10, 1], abs=1.5)


def test_weights_inside_templates():
    pack = pack_of(yaml_of("(go::3|run {0..99:x}) [now::9] {0..99:y}"))
    (template,) = pack.templates
    assert sum(share for _, share in parts(template)) == pytest.approx(1)
    rows = rows_of(Corpus(pack.templates, seed=1, by="weights"), 400)
    # wanted: go now 270 (it has 100), go 30, run now 90, run 10; what is left is shared
    said = Counter((text.split()[0], "now" in text) for _, text, _ in rows)
    assert said["go", True] == 100
    assert said["run", True] / said["run", False] == pytest.approx(9, rel=0.2)
    few = Counter(
        text.split()[0] for _, text, _ in rows_of(Corpus(pack.templates, seed=1, by="weights"), 100)
    )
    assert few["go"] == pytest.approx(75, abs=3)


def test_weights_of_values():
    lists = """\
lists:
  size:
    values:
      - {in: large, weight: 3}
      - small
"""
    pack = pack_of(yaml_of("{size} {0..999:x}", more=lists))
    rows = rows_of(Corpus(pack.templates, seed=1, by="weights"), 400)
    assert Counter(text.split()[0] for _, text, _ in rows) == {"large": 300, "small": 100}
    # by sentences, weights do not count
    rows = rows_of(Corpus(pack.templates, seed=1, by="sentences"), 400)
    assert Counter(text.split()[0] for _, text, _ in rows)["large"] == pytest.approx(200, abs=60)


# -- uniform ---------------------------------------------------------------------------------------


def test_uniform_over_sentences_of_an_ambiguous_grammar():
    """How often each of 160 sentences is among the first 40, over 300 seeds."""
    pack = pack_of(
        yaml_of("[please] ([do] a|[do] a|b|(c|c|c)) [please] {0..9:x}", "[do] a {0..9:x}")
    )
    size = Corpus(pack.templates, seed=0, by="sentences").size
    assert size == len(all_of(pack)) == 160
    counts = Counter()
    seeds, n = 300, 40
    for seed in range(seeds):
        counts.update(rows_of(Corpus(pack.templates, seed=seed, by="sentences"), n))
    expected = seeds * n / size
    spread = sum((counts[row] - expected) ** 2 for row in all_of(pack)) / expected
    # drawn without replacement: the variance of a count is expected * (1 - n / size)
    spread /= 1 - n / size
    assert spread < 159 + 4 * math.sqrt(2 * 159)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 256, 257, 1000, 65_537])
def test_permutations_are_bijections(size):
    order = ColumnPermutations([size, 7], ["a", "b"], 1)
    which = np.zeros(size, np.int32)
    found = order(which, np.arange(size))
    assert sorted(found.tolist()) == list(range(size))
    mixed = order(np.array([1, 0, 1], np.int32), np.array([3, size - 1, 4]))
    assert mixed[1] == found[size - 1]
    assert mixed[0] != mixed[2]


def test_permutations_of_small_sizes_are_all_alike():
    seeds = 24_000
    order = ColumnPermutations([4] * seeds, [str(key) for key in range(seeds)], 1)
    which = np.arange(seeds, dtype=np.int32)
    found = np.stack([order(which, np.full(seeds, index)) for index in range(4)], axis=1)
    counts = Counter(map(tuple, found.tolist()))
    assert set(counts) == set(itertools.permutations(range(4)))
    assert sum((count - 1000) ** 2 / 1000 for count in counts.values()) < 23 + 4 * math.sqrt(46)


def test_large_permutations_are_even():
    size = 6_169_884_571
    order = ColumnPermutations([size], ["x"], 1)
    found = order(np.zeros(100_000, np.int32), np.arange(100_000))
    assert len(np.unique(found)) == 100_000
    counts = np.bincount(found * 100 // size, minlength=100)
    assert ((counts - 1000) ** 2 / 1000).sum() < 99 + 4 * math.sqrt(198)


# -- large languages -------------------------------------------------------------------------------


def test_more_sentences_than_64_bits():
    slots = " ".join(f"{{0..999:s{index}}}" for index in range(10))
    pack = pack_of(yaml_of(slots, "short {0..9:x}"))
    corpus = Corpus(pack.templates, seed=1, by="templates")
    assert corpus.size == 1000**10 + 10
    rows = rows_of(corpus, 200)
    assert len(set(rows)) == 200
    assert Counter(len(slots) for _, _, slots in rows) == {10: 190, 1: 10}
    assert rows_of(corpus, 150, 50) == rows[50:150]
    for _, owners, numbers in corpus.windows(20):
        places = zip(owners.tolist(), numbers.tolist(), strict=True)
        assert [render(corpus.pieces(*one))[0] for one in places] == [r[1] for r in rows[:20]]
    for _, text, slots in rows:
        assert all(text[start:end] == words for _, _, _, words, start, end, *_ in slots)


def test_ranges_too_long_to_spell_out():
    pack = pack_of(yaml_of("{-5..3000000:x} and {0..3:y}"))
    corpus = Corpus(pack.templates, seed=1, by="sentences")
    assert corpus.size == 3_000_006 * 4
    rows = rows_of(corpus, 500)
    assert len(set(rows)) == 500
    assert max(int(slots[0][2]) for _, _, slots in rows) > 2_500_000
    for _, text, slots in rows:
        assert all(text[start:end] == words for _, _, _, words, start, end, *_ in slots)


def test_a_brace_that_is_no_slot_is_said(tmp_path):
    sentences = [r"use \{y\} {a}", r"use \{a\} now", "use {a} now"]
    path = tmp_path / "braces.yaml"
    more = "lists:\n  a: {values: ['b\\{r\\}', x]}\n"
    path.write_text(yaml_of(*sentences, more=more), encoding="utf-8")
    rows = {row["text"]: row["slots"] for row in utterances(draw(path, 99)).to_pylist()}
    found = {text: [slot["text"] for slot in slots or ()] for text, slots in rows.items()}
    assert found == {
        "use {y} b{r}": ["b{r}"], "use {y} x": ["x"], "use {a} now": [],
        "use b{r} now": ["b{r}"], "use x now": ["x"],
    }  # fmt: skip
    matched = Matcher(load_pack(path)).match(rows)
    assert all(len(one["readings"]) == 1 for one in matched)


# -- files -----------------------------------------------------------------------------------------

STRANGE = """\
language: en
intents:
  say "it":
    data:
      - sentences:
          - 'say "{what}" \\\\ now[ or {0..9:x}]'
          - 'é{what}'
  plain:
    data:
      - sentences: ["nothing at all"]
lists:
  what:
    values: ['ü"x"', 'back\\slash', '日本', 'a, b']
"""


@pytest.fixture
def strange(tmp_path):
    path = tmp_path / "t.yaml"
    path.write_text(STRANGE, encoding="utf-8")
    return path


@pytest.mark.parametrize("ids", [False, True])
def test_json_and_parquet_hold_the_same_rows(strange, tmp_path, ids):
    drawn = draw(strange, 1000)
    table = utterances(drawn)
    check_utterances(table)
    columns = ["id", "text", "intent", "slots"] if ids else ["text", "intent", "slots"]
    expected = table.select(columns).to_pylist()
    lines = b"".join(json_lines(drawn, ids=ids)).decode().splitlines()
    assert [json.loads(line) for line in lines] == expected
    assert lines == [json.dumps(row, ensure_ascii=False) for row in expected]
    write_parquet(drawn, tmp_path / "rows.parquet", ids=ids)
    read = pq.read_table(tmp_path / "rows.parquet")
    assert read.select(columns).to_pylist() == expected
    assert (
        read.select(["template", "split"]).to_pylist()
        == table.select(["template", "split"]).to_pylist()
    )
    assert len(expected) == 1 + 4 * 11 + 4


WIDER = st.sampled_from(['say "it"', "a\\\\b", "{0..300:n}{color}", "{color:tint} {color}"])


@QUIET
@given(
    st.lists(st.one_of(SENTENCES, WIDER), min_size=1, max_size=3, unique=True),
    st.integers(0, 30),
    st.integers(0, 60),
)
def test_json_lines_are_the_rows(written, start, size):
    pack = pack_of(yaml_of(*written))
    corpus = Corpus(pack.templates, seed=1, by="templates")
    made, rows = BulkRows(corpus), JsonRows()
    for _, owners, numbers in corpus.windows(200):
        batch = made.batch(owners, numbers).slice(start, size)
        expected = [{k: r[k] for k in ("text", "intent", "slots")} for r in batch.to_pylist()]
        lines = bytes(rows.lines(batch)).decode()
        assert lines == "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in expected)


@QUIET
@given(
    st.lists(st.one_of(SENTENCES, WIDER), min_size=1, max_size=3, unique=True),
    st.sampled_from([0, 3, 1000]),
    st.sampled_from([(0, 0), (4, 100), (4096, 9), (4096, 4096)]),
    st.sampled_from([(1, 10**6), (3, 10), (256, 10**6)]),
)
def test_rows_do_not_depend_on_what_is_spelled_out(written, room, closed, entries):
    """Literals, values and ends as pieces of their own say what they say together."""
    pack = pack_of(yaml_of(*written, "x {level} é {color:tint} {0..300000:n}", "{level} y"))
    whole = rows_of(Corpus(pack.templates, seed=1, by="templates"), 300)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("corpusforge.grammar.spelling.MAX_PIECES", room)
        patch.setattr("corpusforge.grammar.unranking.MAX_CLOSED", closed[0])
        patch.setattr("corpusforge.grammar.unranking.CLOSED_ROOM", closed[1])
        patch.setattr("corpusforge.grammar.unranking.MAX_ENTRIES", entries[0])
        patch.setattr("corpusforge.grammar.unranking.ENTRY_ROOM", entries[1])
        patch.setattr("corpusforge.grammar.unranking.FEW_ENTRIES", 1)
        assert rows_of(Corpus(pack.templates, seed=1, by="templates"), 300) == whole
    for _, text, slots in whole:
        assert all(text[start:end] == words for _, _, _, words, start, end, *_ in slots)


def test_nothing_half_written(strange, tmp_path, monkeypatch):
    drawn = draw(strange, 1000)
    out = tmp_path / "rows.parquet"
    out.write_bytes(b"before")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq.ParquetWriter, "write_batch", full)
    with pytest.raises(OSError, match="No space"):
        write_parquet(drawn, out)
    assert out.read_bytes() == b"before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.parquet", "t.yaml"]
