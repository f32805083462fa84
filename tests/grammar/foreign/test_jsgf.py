"""JSGF: every construct, and an expansion by hand."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.core.errors import InputError
from corpusforge.grammar.foreign.model import Options
from corpusforge.grammar.foreign.write import pack_files
from corpusforge.grammar.formats.jsgf import MAX_REPEATS, read
from corpusforge.grammar.import_pack import import_pack
from tests.grammar.foreign.imports import imported, lost, said, texts, write

MAIN = """\
#JSGF V1.0 UTF-8 en_US;
/** The main grammar. */
grammar home.main;
import <home.parts.room>;   // one rule
import <home.more.*>;

public <light> = /3/ [<polite>] turn (on {state} | off {state}) the <room> {place} lamp
               | /1/ lights "out (now)!" <NULL>;
public <wait> = wait <count>
              | never <VOID>;
<polite> = please | <home.more.kindly>;
<count> = (one | two) {n=1} ; /* a
comment */
public <very> = (very)* good | so+ bad;
public <say> = a\\;b <full.name.hello>;
<unused> = nothing;
"""
FILES = {
    "main.jsgf": MAIN,
    "parts.jsgf": "#JSGF V1.0;\ngrammar home.parts;\npublic <room> = hall | <kind> room;\n"
    "<kind> = living | bath;\n",
    "more.gram": "#JSGF v1.0;\ngrammar home.more;\npublic <kindly> = would you kindly;\n",
    "full.jsgf": "#JSGF V1.0;\ngrammar full.name;\npublic <hello> = hello;\n",
}


def test_every_construct(tmp_path):
    result, pack, _ = imported(tmp_path, "jsgf", FILES, path="main.jsgf")
    wanted = {("light", "lights out (now)!", ())}
    for polite, state, room in product(
        ("", "please ", "would you kindly "), ("on", "off"), ("hall", "living room", "bath room")
    ):
        slots = (("state", state, state), ("place", room, room))
        wanted.add(("light", f"{polite}turn {state} the {room} lamp", slots))
    wanted |= {("wait", f"wait {n}", (("n", "1", n),)) for n in ("one", "two")}
    wanted |= {("very", f"{'very ' * n}good", ()) for n in range(MAX_REPEATS + 1)}
    wanted |= {("very", f"{'so ' * n}bad", ()) for n in range(1, MAX_REPEATS + 1)}
    wanted.add(("say", "a;b hello", ()))
    assert said(pack) == wanted
    assert pack.lang == "en-US"
    weights = {t.sentence.split()[0]: t.weight for t in pack.templates if t.intent == "light"}
    assert weights["[<polite>]"] / weights["lights"] == 3
    assert lost(result) == [
        (9, "1 alternatives of <wait>"),
        (14, "'*', any number of times"),
        (14, "'+', any number of times"),
    ]


def test_tags(tmp_path):
    text = (
        "#JSGF V1.0;\ngrammar g;\n"
        'public <a> = set {color: "dark red"} it | [warm] {warm} x | <NULL> {n} y\n'
        "  | (p | q) {two words} | r {this.$value = s} | (t {in} u) {out} | <v> {w} | z {A-b};\n"
        "<v> = one | (two);\n"
    )
    result, pack, _ = imported(tmp_path, "jsgf", {"g.jsgf": text})
    assert said(pack) == {
        ("a", "set it", (("color", "dark red", "set"),)),
        ("a", "warm x", (("warm", "warm", "warm"),)),
        ("a", "x", ()),
        ("a", "y", ()),
        ("a", "p", ()),
        ("a", "q", ()),
        ("a", "r", ()),
        ("a", "t u", (("in", "t", "t"),)),
        ("a", "one", (("w", "one", "one"),)),
        ("a", "two", (("w", "two", "two"),)),
        ("a", "z", (("A_b", "z", "z"),)),
    }
    assert [what for _, what in lost(result)] == [
        "the tag {n} of what can be nothing",
        "the tag {two words}, which is no name",
        "the tag {this.$value = s}, which is no name",
        "the tag {out} around words that are tagged",
        "the slot name 'A-b'",
    ]


def test_imports_of_packages_and_by_the_name_of_the_file(tmp_path):
    files = {
        "m.gram": "#JSGFv1.0;\ngrammar m;\nimport <p.NAMES .*>;\nimport <p.OTHER.x>;\n"
        "public <a> = go <who> | stop <x>;\n",
        "p/NAMES.gram": "#JSGF V1.0;\ngrammar p.NAMES;\npublic <who> = Ann;\n",
        "p/OTHER.gram": "#JSGF V1.0;\ngrammar p.NAMES;\npublic <x> = it;\n",
    }
    _, pack, _ = imported(tmp_path, "jsgf", files, path="m.gram")
    assert texts(pack) == {("a", "go Ann"), ("a", "stop it")}


def test_tagged_alternatives_of_a_public_rule_are_one_list(tmp_path):
    text = "#JSGF V1.0;\ngrammar g;\npublic <a> = (p | q) {x} | r {x};\n"
    result, pack, _ = imported(tmp_path, "jsgf", {"g.jsgf": text})
    assert said(pack) == {("a", word, (("x", word, word),)) for word in "pqr"}
    assert (result.lists, result.losses) == (("x",), ())


def test_rules_that_call_rules_twice_take_no_time(tmp_path):
    """60 levels of two references each: all the ways to walk them are too many."""
    rules = "".join(f"<r{n}> = [<r{n + 1}>] [<r{n + 1}>];\n" for n in range(60))
    text = f"#JSGF V1.0;\ngrammar g;\npublic <a> = (x <r0>) {{t}} | y;\n{rules}<r60> = z;\n"
    write(tmp_path, {"g.jsgf": text})
    files = pack_files(read(tmp_path / "g.jsgf", Options()))
    assert '  r59: "[<r60>] [<r60>]"\n' in files["_shared.yaml"]


@pytest.mark.parametrize(("small", "large"), [("0.0001", "0.0003"), ("1", "3"), ("2000", "6000")])
def test_weights_keep_their_proportions(tmp_path, small, large):
    text = f"{HEAD}public <a> = go (/{small}/ x | /{large}/ y);\n"
    text += f"public <b> = (/{small}/ x | /{large}/ y) {{t}};\n"
    text += f"public <c> = /{small}/ x | /{large}/ y;\n"
    _, pack, _ = imported(tmp_path, "jsgf", {"g.jsgf": text})
    inside, *outside = sorted(pack.templates, key=lambda t: t.intent)
    x, y = inside.expression.items[-1].weights
    assert y / x == pytest.approx(3, rel=1e-4)
    x, y = (value.weight for value in pack.lists[0][0].values)
    assert y / x == pytest.approx(3, rel=1e-4)
    x, y = (template.weight for template in outside if template.intent == "c")
    assert y / x == pytest.approx(3, rel=1e-4)


def test_odds_of_tagged_words_that_may_be_missing(tmp_path):
    text = f"{HEAD}public <a> = go (/3/ x | /5/ y | /2/ <NULL>) {{t}} now;\n"
    _, pack, _ = imported(tmp_path, "jsgf", {"g.jsgf": text})
    (template,) = pack.templates
    assert template.sentence == "go ({t}::80|::20) now"
    assert [value.weight for value in pack.lists[0][0].values] == [0.75, 1.25]


def test_a_folder_and_rules_of_one_name(tmp_path):
    files = {
        "a.jsgf": "#JSGF V1.0;\ngrammar a;\npublic <x> = one;\n",
        "b.jsgf": "#JSGF V1.0;\ngrammar b;\npublic <x> = two;\n",
    }
    _, pack, _ = imported(tmp_path, "jsgf", files)
    assert texts(pack) == {("a.x", "one"), ("b.x", "two")}


HEAD = "#JSGF V1.0;\ngrammar g;\n"


@pytest.mark.parametrize(
    ("rules", "said", "lines"),
    [
        ("public <a> = x [<a>];\n", ["x", "x x", "x x x"], [3]),
        ("public <a> = x <b>;\n<b> = y | z <b>;\n", ["x y", "x z y", "x z z y"], [4]),
        ("public <a> = <b>;\n<b> = y | <b> z;\n", ["y", "y z", "y z z"], [4]),
        (
            "public <a> = <b> | <c>;\n<b> = y | y <c>;\n<c> = z <b>;\n",
            ["y", "y z y", "z y", "z y z y"],
            [4, 5],
        ),
    ],
)
def test_recursion_is_followed_twice(rules, said, lines, tmp_path):
    result, pack, _ = imported(tmp_path, "jsgf", {"g.jsgf": HEAD + rules})
    assert sorted(text for _, text in texts(pack)) == said
    found = [at for at, what in lost(result) if what.startswith("the circle <")]
    assert sorted(found) == lines


def test_the_header_names_the_encoding(tmp_path):
    text = "#JSGF V1.0 ISO8859-1 fr;\ngrammar g;\npublic <a> = caf\xe9;\n"
    files = {"g.jsgf": text.encode("latin1")}
    _, pack, _ = imported(tmp_path, "jsgf", files)
    assert (texts(pack), pack.lang) == ({("a", "café")}, "fr")
    with pytest.raises(InputError, match="is not shift_jis"):
        wrong = write(
            tmp_path / "wrong",
            {
                "g.jsgf": text.replace("8859-1", "").replace("ISO", "SHIFT_JIS").encode("latin1")
                + b"\x80"
            },
        )
        import_pack("jsgf", wrong / "g.jsgf", tmp_path / "no")


BROKEN = {
    "no header": ("grammar g;\n", ["g.jsgf:1:1:", "#JSGF V1.0;"]),
    "no name": ("#JSGF V1.0;\npublic <a> = b;\n", ["g.jsgf:2:1:", "no name"]),
    "recursion without an end": (f"{HEAD}public <a> = x <b>;\n<b> = y <b>;\n", ["no public rule"]),
    "an unknown rule": (
        f"{HEAD}public <a> = <colour>;\n<color> = red;\n",
        ["g.jsgf:3:14:", "did you mean '<color>'"],
    ),
    "an unknown import": (
        "#JSGF V1.0;\ngrammar g;\nimport <h.x>;\npublic <a> = <x>;\n",
        ["g.jsgf:3:9:", "there is no grammar 'h'"],
    ),
    "a bracket": (f"{HEAD}public <a> = (x | y;\n", ["g.jsgf:3:14:", "'(' is never closed"]),
    "no end": (f"{HEAD}public <a> = x\n", ["g.jsgf:3:", "expected ';'"]),
    "an empty choice": (f"{HEAD}public <a> = x | ;\n", ["g.jsgf:3:18:", "<NULL>"]),
    "a weight for some": (f"{HEAD}public <a> = /1/ x | y;\n", ["g.jsgf:3:22:", "without a weight"]),
    "a tag": (f"{HEAD}public <a> = x {{y;\n", ["g.jsgf:3:16:", "'{' is never closed"]),
    "a comment": (f"{HEAD}/* x\n", ["g.jsgf:3:1:", "never closed"]),
    "a quote": (f'{HEAD}public <a> = "x;\n', ["g.jsgf:3:14:", "quote"]),
    "twice": (f"{HEAD}public <a> = x;\n<a> = y;\n", ["g.jsgf:4:1:", "defined twice"]),
    "no public rule": (f"{HEAD}<a> = x;\n", ["no public rule", "public <name>"]),
    "deep brackets": (f"{HEAD}public <a> = {'(' * 99}x{')' * 99};\n", ["nest deeper than 60"]),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_files(case, tmp_path):
    text, parts = BROKEN[case]
    write(tmp_path, {"g.jsgf": text})
    with pytest.raises(InputError) as caught:
        import_pack("jsgf", tmp_path / "g.jsgf", tmp_path / "out")
    for part in parts:
        assert part in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["g.jsgf"]


def expanded(expansion):
    """All that an expansion says, by replacing the innermost brackets until there are none."""
    found = re.search(r"\(([^()\[\]]*)\)([*+]?)|\[([^()\[\]]*)\]", expansion)
    if found is None:
        return {" ".join(choice.split()) for choice in expansion.split("|")}
    choices = [part for group in (found[1], found[3]) if group for part in group.split("|")]
    if found[2]:
        counts = range(1, MAX_REPEATS + 1)
        choices = [" ".join(made) for n in counts for made in product(choices, repeat=n)]
    choices += [""] if found[1] is None or found[2] == "*" else []
    before, after = expansion[: found.start()], expansion[found.end() :]
    return {made for choice in choices for made in expanded(f"{before} {choice} {after}")}


def _grow(inner):
    two = st.tuples(inner, inner)
    return st.one_of(
        two.map(" ".join),
        two.map(lambda p: f"({p[0]} | {p[1]})"),
        two.map(lambda p: f"[{p[0]}|{p[1]}]"),
        inner.map(lambda e: f"[{e}]"),
        inner.map(lambda e: f"({e})"),
        WORD.map(lambda e: f"({e} | b)+"),
        WORD.map(lambda e: f"({e})*"),
    )


WORD = st.sampled_from(["go", "a", "don't", "stop", "x-y"])
EXPANSIONS = st.recursive(WORD, _grow, max_leaves=4)


@settings(max_examples=80, deadline=None)
@given(EXPANSIONS, EXPANSIONS)
def test_the_language_is_that_of_an_expansion_by_hand(tmp_path_factory, first, second):
    text = f"{HEAD}public <a> = {first} <r> | fixed;\n<r> = {second} end;\n"
    _, pack, _ = imported(tmp_path_factory.mktemp("jsgf"), "jsgf", {"g.jsgf": text})
    wanted = {" ".join(made.split()) for made in expanded(f"{first} ({second} end)")}
    assert texts(pack) == {("a", made) for made in wanted} | {("a", "fixed")}
