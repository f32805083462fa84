"""Whatever hassil reads in a sentence, `match` reads too: the same intent and slots."""

import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.grammar.compile import Planner
from corpusforge.grammar.derivations import plain
from corpusforge.grammar.matching import Matcher
from tests.grammar.packs import pack_of, quoted

pytest.importorskip("hassil")
from hassil import recognize_all
from hassil.intents import Intents

HEAD = """\
language: {lang}
settings: {{ignore_whitespace: {free}}}
skip_words: [please, "can you", 请]
lists:
  color: {{values: [red, {{in: "(light|pale)[ ]blue", out: blue}}, "dark-green", 灯光, a]}}
  name: {{values: [pizza, "Trader Joe's", {{in: "[my] lamp[s]", out: lamp}}, x]}}
  level: {{range: {{from: 0, to: 30}}}}
  half: {{range: {{from: -2, to: 22, fractions: halves}}}}
  per: {{range: {{from: 0, to: 100, step: 5}}}}
  any: {{wildcard: true}}
expansion_rules:
  the: "[the|{{color}}] "
intents:
"""
PLAIN = ["turn", "on", "the light", "l'", "one", "set to", "a", "list", "s", "by", "x-y", "It's"]
CHINESE = ["打开", "灯", "的", "到 五", "ok", "light on", "把", "a"]
SAID = ["red", "pale blue", "dark green", "dark_green", "pizza", "trader joe’s", "my lamps", "-2"]
SAID += ["5", "20,5", "2.0", "five", "Twenty-One", "twenty one", "minus two", "foo", "foo bar"]
SAID += ["please", "Can you", "30", "45", "A.C.", "灯光", "请"]
BETWEEN = st.sampled_from(["", " ", " ", " ", "-", "  ", ", ", "… "])
LISTS = ["{color}", "{level}", "{half}", "{per}", "{any}", "{any:other}", "{name}", "<the>"]


def sentences(words):
    leaves = st.sampled_from([*words, *LISTS])

    def grow(inner):
        two = st.tuples(inner, inner)
        return st.one_of(
            two.map(" ".join),
            two.map(" ".join),
            two.map("".join),
            two.map(lambda p: f"({p[0]}|{p[1]})"),
            two.map(lambda p: f"({p[0]};{p[1]})"),
            inner.map(lambda e: f"[{e}]"),
        )

    return st.recursive(leaves, grow, max_leaves=6)


def number(value):
    try:
        return f"{float(value):g}"
    except ValueError:
        return value


def bare(text):
    return " ".join(re.sub(r"[-_.,…]", " ", text).split()).lower().replace("’", "'")


def same(ours, theirs):
    """Values that hassil lacks (no `out`) are the words; it reads hyphens as spaces at times."""
    left = list(theirs)
    for slot in ours:
        said = (slot.value, number(slot.value))
        found = [
            pair
            for pair in left
            if pair[0] == slot.name and (pair[1] in said or bare(pair[1]) == bare(slot.value))
        ]
        if not found:
            return False
        left.remove(found[0])
    return not left


def squeezed(text):
    return " ".join(text.split())


def check(lang, templates, texts):
    text = HEAD.format(lang=lang, free=str(lang != "en").lower())
    text += "".join(
        f"  act{index}: {{data: [{{sentences: [{quoted(template)}]}}]}}\n"
        for index, template in enumerate(templates)
    )
    pack = pack_of(text)
    intents, matcher = Intents.from_yaml(io.StringIO(text)), Matcher(pack)
    planner = Planner()
    nodes = [planner.template(template) for template in pack.templates]
    for cut, said in texts:
        if nodes and cut is not None:  # a row, spoilt
            pieces = []
            nodes[cut % len(nodes)].emit(cut % nodes[cut % len(nodes)].derivations, pieces)
            row = squeezed(plain(pieces))
            at = cut % (len(row) + 1)
            said = row[:at] + said + row[at + cut % 2 :]
        if not any(map(str.isalnum, said)):
            continue  # hassil reads nothing where a template may be empty
        ours = matcher.readings(said)
        for reading in ours:
            ends = 0
            for slot in reading.slots:
                assert ends <= slot.start < slot.end
                assert said[slot.start : slot.end] == slot.text
                ends = slot.end
        for found in recognize_all(said, intents, language=lang):
            values = [(e.name, number(str(e.value))) for e in found.entities_list]
            assert any(r.intent == found.intent.name and same(r.slots, values) for r in ours), (
                templates,
                said,
                values,
                ours,
            )


def said(words):
    parts = st.lists(st.tuples(st.sampled_from([*words, *SAID]), BETWEEN), min_size=1, max_size=5)
    free = st.tuples(st.none(), parts.map(lambda ps: "".join(a + b for a, b in ps)))
    spoilt = st.tuples(st.integers(0, 10**6), st.sampled_from(["", " ", "-", "x", "please "]))
    return st.lists(st.one_of(free, spoilt), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(sentences(PLAIN), min_size=1, max_size=3), said(PLAIN))
def test_what_hassil_reads_is_read(templates, texts):
    check("en", templates, texts)


@settings(max_examples=40, deadline=None)
@given(st.lists(sentences(CHINESE), min_size=1, max_size=3), said(CHINESE))
def test_what_hassil_reads_without_white_space_is_read(templates, texts):
    check("zh-cn", templates, texts)


@pytest.mark.parametrize("said", ["灯-1", "灯 -1", "灯1", "灯- 1"])
def test_a_hyphen_is_the_white_space_that_hassil_asks_for(said):
    texts = [(None, said), (None, "灯-"), (None, "灯-光")]
    check("zh-cn", ["灯 {level}", "灯 [光]", "灯 光"], texts)


@pytest.mark.parametrize(
    ("template", "said", "values"),
    [
        # A word may begin right behind a value that itself began a word.
        ("status {name} lamp", "status pizzalamp", ["pizza"]),
        ("{level} percent", "20percent", ["20"]),
        # A wildcard ends where the next word stands, be it inside a word ...
        ("add {any}[ to] list", "add milk shoplist", ["milk shop"]),
        # ... but at the edge of a word first, where the template has a space behind it.
        ("add {any} a list", "add milk a list", ["milk"]),
        ("add {any} list", "add shoplist", []),
        ("add {any} list", "add pan list shoplist", ["pan list shop"]),
        # Hyphens are spaces where it helps.
        ("the light {color}", "the-light red", ["red"]),
        ("the light {color}", "the-light dark-green", []),
        ("the light {color}", "the -light red", []),
        ("the light {color}", "the light -red", []),
        # A run of digits is two numbers only where nothing must stand between them.
        ("{half}{per}", "1575", ["15", "75"]),
        ("{half} {per}", "1575", []),
        ("{half} {per}", "15 75", ["15", "75"]),
        # Words that may be skipped, inside a wildcard or not.
        ("turn {any} on", "turn foo please bar on", ["foo please bar", "foo bar"]),
        ("play {any}", "please play foo please", ["foo please"]),
        ("{any} on", "please foo on please", ["please foo"]),
    ],
)
def test_where_words_begin_and_wildcards_end(template, said, values):
    text = HEAD.format(lang="en", free="false")
    text += f"  act: {{data: [{{sentences: [{quoted(template)}]}}]}}\n"
    ours = Matcher(pack_of(text)).readings(said)
    found = [slot.value for reading in ours for slot in reading.slots]
    theirs = recognize_all(said, Intents.from_yaml(io.StringIO(text)), language="en")
    assert {bare(number(str(e.value))) for r in theirs for e in r.entities_list} <= set(
        map(bare, values)
    )
    assert sorted(found) == sorted(values)
