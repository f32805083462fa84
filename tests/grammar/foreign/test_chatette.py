"""Chatette: every construct, against what is written here and against Chatette itself."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from corpusforge.core.errors import InputError
from corpusforge.grammar.counting import counts
from corpusforge.grammar.import_pack import import_pack
from corpusforge.grammar.loader import load_pack
from tests.grammar.foreign.imports import imported, lost, said, texts, write

MASTER = """\
// a comment
|parts/aliases.chatette
|parts/slots.chatette ; an old comment

%[&order](train: 4, 'testing': '2')
    ~[please?/80] bring~[s] [me|us two] @[drink#cold] // here too
    ~[say$ARG] [really?very] [!?!very]

%[pay](7)
  I pay \\[now\\]; not this
  {a/b c}

%[bye]
\t[bye|see you [soon|later?]?gone] ~[&friend?gone]
"""
ALIASES = """\
~[please]
    please
    would you
~[s]
    s
~[say$NAME]
    say $NAME
    tell ~[inner]
~[inner]
    $NAME it
~[friend]
    my friend
    Dear
"""
SLOTS = """\
@[drink]
    tea = hot
    coffee ~[s] = /
@[drink#cold]
    ~[ice]
    [iced|cold] water = water
@[drink#warm]
    milk
~[ice]
    ice
@[&name-of]
    anna
    [bo|cy]
%[names]
    @[name-of] and @[drink#warm]
    @[drink]
"""
FILES = {"m.chatette": MASTER, "parts/aliases.chatette": ALIASES, "parts/slots.chatette": SLOTS}


def test_every_construct(tmp_path):
    result, pack, _ = imported(tmp_path, "chatette", FILES, path="m.chatette", lang="en")
    drinks = [("ice", "ice"), ("water", "iced water"), ("water", "cold water")]
    wanted = set()
    for first, whom, (value, words) in product(
        ("", "please ", "would you "), ("me", "us two"), drinks
    ):
        text = f"{first}brings {whom} {words}"
        slots = (("drink", value, words),)
        wanted |= {("order", t, slots) for t in (text, text[0].upper() + text[1:])}
    for tell, rest in product(("say ARG", "tell ARG it"), ("really", "!")):
        wanted |= {("order", f"{t} {rest}", ()) for t in (tell, tell.capitalize()[:1] + tell[1:])}
    wanted |= {("pay", "I pay [now]", ()), ("pay", "a", ()), ("pay", "b c", ())}
    wanted |= {
        ("bye", f"{bye} {friend}", ())
        for bye, friend in product(
            ("bye", "see you soon", "see you later", "see you"),
            ("my friend", "My friend", "dear", "Dear"),
        )
    }
    names = [("anna", "anna"), ("anna", "Anna"), ("bo", "bo"), ("bo", "Bo"), ("cy", "cy")]
    wanted |= {
        ("names", f"{words} and milk", (("name_of", value, words), ("drink", "milk", "milk")))
        for value, words in [*names, ("cy", "Cy")]
    }
    every = [("hot", "tea"), ("coffee", "coffee s"), *drinks, ("milk", "milk")]
    wanted |= {("names", words, (("drink", value, words),)) for value, words in every}
    found = {row for row in said(pack) if row[1]}
    assert found == wanted
    assert lost(result) == [
        (5, "6 rows of the intent 'order'"),
        (9, "7 rows of the intent 'pay'"),
        (11, "the slot name 'name-of'"),
        (14, "nothing at all, as a sentence of 'bye'"),
    ]


BROKEN = {
    "a unit without definition": (
        "%[a]\n  ~[frend]\n~[friend]\n  x\n",
        ["b.chatette:2:3:", "did you mean 'friend'"],
    ),
    "a variation": ("%[a]\n  @[x#b]\n@[x#a]\n  x\n", ["b.chatette:2:3:", "x#b", "x#a"]),
    "an argument too many": (
        "%[a]\n  ~[x$y]\n~[x]\n  x\n",
        ["b.chatette:2:3:", "takes 0 arguments, one is given"],
    ),
    "a circle": ("%[a]\n  ~[x]\n~[x]\n  ~[y]\n~[y]\n  ~[x]\n", ["b.chatette:6:3:", "x -> y -> x"]),
    "twice": ("%[a]\n  x\n%[a]\n  y\n", ["b.chatette:3:1:", "defined twice"]),
    "no rules": ("%[a]\n%[b]\n  x\n", ["b.chatette:1:1:", "%[a] has no rules"]),
    "a choice": ("%[a]\n  [x|y\n", ["b.chatette:2:3:", "'[' is never closed"]),
    "a bracket": ("%[a]\n  x] y\n", ["b.chatette:2:4:", "']' cannot stand here"]),
    "a percentage": ("%[a]\n  [x?/200]\n", ["b.chatette:2:7:", "cannot be read"]),
    "a rule first": ("  x\n", ["b.chatette:1:3:", "belongs to no unit"]),
    "stray words": ("%[a]\n  x\nhello\n", ["b.chatette:3:1:", "this is no Chatette"]),
    "after a definition": ("%[a] x\n  y\n", ["b.chatette:1:5:", "nothing may follow"]),
    "an include": ("|non.chatette\n%[a]\n  x\n", ["b.chatette:1:2:", "no file non.chatette"]),
    "no intents": ("~[a]\n  x\n", ["there are no intents"]),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_files(case, tmp_path):
    text, parts = BROKEN[case]
    write(tmp_path, {"b.chatette": text})
    with pytest.raises(InputError) as caught:
        import_pack("chatette", tmp_path / "b.chatette", tmp_path / "out")
    for part in parts:
        assert part in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["b.chatette"]


def test_what_is_lost(tmp_path):
    text = (
        "%[a](train: 3, colour: red)\n  @[x] @[w]\n"
        "@[x](9)\n  [p|q] r = /\n  in @[y]\n@[y]\n  z\n@[w]\n  v\n"
    )
    result, pack, _ = imported(tmp_path, "chatette", {"a.chatette": text})
    assert lost(result) == [
        (1, "3 rows of the intent 'a'"),
        (1, "the annotation (train: 3, colour: red) of %[a]"),
        (3, "the annotation (9) of @[x]"),
        (4, "'= /' of a rule that begins with a choice"),
        (5, "the slot 'y' inside of a slot"),
    ]
    assert texts(pack) == {("a", f"{x} v") for x in ("p r", "q r", "in z")}


def test_an_intent_of_no_rows_leaves_the_others_their_shares(tmp_path):
    text = "%[a](90)\n  x\n%[b](10)\n  y\n%[c](0)\n  z\n"
    result, pack, _ = imported(tmp_path, "chatette", {"a.chatette": text})
    weight = {template.intent: template.weight for template in pack.templates}
    assert weight["a"] == pytest.approx(9 * weight["b"])
    assert 0 < weight["c"] < weight["b"] / 100
    assert any("no rows of c" in note for note in result.notes)


def test_a_file_that_includes_itself_and_a_folder_of_two_masters(tmp_path):
    files = {
        "a.chatette": "|b.chatette\n%[a]\n  ~[x]\n",
        "b.chatette": "|a.chatette\n|b.chatette\n~[x]\n  one\n",
        "c.chatette": "%[c]\n  ~[x]\n~[x]\n  two\n",
    }
    _, pack, _ = imported(tmp_path, "chatette", files, path="a.chatette")
    assert texts(pack) == {("a", "one")}
    files["b.chatette"] = "~[x]\n  one\n"
    _, pack, _ = imported(tmp_path / "folder", "chatette", files)
    assert texts(pack) == {("a", "one"), ("c", "two")}


@pytest.fixture(scope="module")
def chatette():
    """Ask Chatette itself: path -> what it generates."""
    if importlib.util.find_spec("chatette") is None:
        pytest.skip("chatette is not installed (extra test)")
    script = Path(__file__).with_name("chatette_says.py")
    process = subprocess.Popen(
        [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def ask(path):
        process.stdin.write(f"{path}\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    yield ask
    process.stdin.close()
    process.wait(timeout=20)
    process.stdout.close()


def same_as(theirs, pack):
    """Compare every intent with what Chatette generates; returns how many could be."""
    compared = 0
    numbers = counts(pack)
    for intent, examples in theirs.items():
        if examples is None or numbers.intents[intent].derivations > 20_000:
            continue
        only = replace(pack, templates=tuple(t for t in pack.templates if t.intent == intent))
        ours = {(text, tuple((n, v) for n, v, _ in slots)) for _, text, slots in said(only)}
        wanted = {
            (_squeezed(text), tuple((name.replace("-", "_"), _squeezed(v)) for name, v in slots))
            for text, slots in examples
            if text.strip()
        }
        # Of one text with several readings Chatette keeps one.
        assert wanted <= ours
        assert {text for text, _ in wanted} == {text for text, _ in ours}
        compared += 1
    return compared


def _squeezed(text):
    return " ".join(text.split())


def test_every_construct_as_chatette_has_it(tmp_path, chatette):
    imported(tmp_path, "chatette", FILES, path="m.chatette")
    theirs = chatette(tmp_path / "source" / "m.chatette")
    assert same_as(theirs, load_pack(tmp_path / "out")) == 4


WORD = st.sampled_from(["go", "Now", "a-b", "x_y", "(p)", "\\[q\\]", "ö", "<r>", "::2", "1\\/2"])
USE = st.sampled_from(
    ["~[a]", "~[&a]", "~[a?]", "~[b]", "~[v#one]", "~[v]", "~[arg$Xx]", "@[s]", "@[s#k]", "@[&s]"]
)
PLAIN = st.one_of(WORD, WORD, USE)


def _choice(inner):
    many = st.lists(st.lists(inner, min_size=1, max_size=2).map(" ".join), min_size=1, max_size=3)
    return st.tuples(st.sampled_from(["", "&"]), many, st.sampled_from(["", "?", "?/30"])).map(
        lambda p: f"[{p[0]}{'|'.join(p[1])}{p[2]}]"
    )


NAMED = st.tuples(WORD, st.sampled_from(["?n", "?!n", "?m"])).map(lambda p: f"[{p[0]}{p[1]}]")
ITEMS = st.one_of(PLAIN, _choice(st.one_of(WORD, _choice(WORD))), NAMED)
RULES = st.lists(st.tuples(ITEMS, st.sampled_from([" ", " ", ""])), min_size=1, max_size=4).map(
    lambda parts: "".join(item + gap for item, gap in parts).strip()
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rules=st.lists(RULES, min_size=1, max_size=2),
    inner=st.lists(st.lists(WORD, min_size=1, max_size=2).map(" ".join), min_size=1, max_size=2),
)
@example(rules=["[x_y?n][x_y [go?]?] [go?!n]"], inner=["go"])
def test_any_file_as_chatette_has_it(tmp_path_factory, chatette, rules, inner):
    def block(head, lines):
        return "\n".join([head, *(f"    {line}" for line in lines)]) + "\n"

    text = block("%[i]", [*rules, "fixed"]) + block("~[a]", inner) + block("~[&b]", ["bee", "Cee"])
    text += block("~[v#one]", ["vone"]) + block("~[v#two]", ["vtwo [p|q]"])
    text += block("~[arg$N]", ["say $N", "$N [x?] ~[a]"])
    text += block("@[s]", ["red", "dark ~[a] = night"]) + block(
        "@[s#k]", ["[low|high] sky", "k = /"]
    )
    folder = tmp_path_factory.mktemp("chatette")
    _, pack, _ = imported(folder, "chatette", {"a.chatette": text})
    theirs = chatette(folder / "source" / "a.chatette")
    assert "error" not in theirs, theirs
    same_as(theirs, pack)


@pytest.mark.skipif("CORPUSFORGE_DATA" not in os.environ, reason="no CORPUSFORGE_DATA")
@pytest.mark.parametrize(
    "name", ["simple/airport", "simple/mood", "simple/restaurant", "simple/gif", "complex/airport"]
)
def test_real_files_as_chatette_has_them(tmp_path, chatette, name):
    folder = Path(os.environ["CORPUSFORGE_DATA"], "chatette/examples", name)
    path = folder / "master.chatette" if (folder / "master.chatette").exists() else folder
    path = path if path.is_file() else next(folder.glob("*.chatette"))
    made = import_pack("chatette", path, tmp_path / "out")
    kinds = {loss.kind.name for loss in made.losses}
    assert kinds <= {
        "numbers of rows of intents",
        "names of slots that are no identifiers, roles with { } @ # :",
    }
    assert same_as(chatette(path), load_pack(tmp_path / "out")) >= 2
    # The folder is the same grammar as its master.
    import_pack("chatette", folder, tmp_path / "again")
    assert {t.sentence for t in load_pack(tmp_path / "again").templates} == {
        t.sentence for t in load_pack(tmp_path / "out").templates
    }
