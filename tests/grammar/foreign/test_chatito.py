"""Chatito: every construct, against what is written here and against an expansion by hand."""

from __future__ import annotations

import os
import re
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.core.errors import InputError
from corpusforge.grammar.import_pack import import_pack
from corpusforge.grammar.loader import load_pack
from tests.grammar.foreign.imports import imported, lost, said, texts, write
from tests.grammar.packs import everything

EVERYTHING = """\
// a comment
# another one
import ./more/parts.chatito

%[order tea]('training': '30', "testing": "10", 'kind': 'food')
    *[2] ~[please?] bring~[s] me @[drink] now~[!?].
    @[drink#hot?] ~[nobody defines this]

%[bye]('distribution': 'even', 'training': '10')
    bye
    so long ~[friend]

@[drink]('entity': 'beverage')
    ~[tea]
    black ~[coffee]
    @[drink]

@[drink#hot]('entity': 'snips/temperature')
    hot milk

~[please]
    please
    would you

~[!]
    !
~[friend]
    @[who]
    my friend
"""
PARTS = """\
import ../deep.chatito
%[ignored]
    intents of imports do not count
~[s]
    s
~[tea]('synonym': 'true')
    tea
    a cup of tea
"""
DEEP = "~[coffee]\n    coffee\n@[who]\n    Ann\n    Bo (the cook)\n"


def test_every_construct(tmp_path):
    result, pack, _ = imported(
        tmp_path,
        "chatito",
        {"main.chatito": EVERYTHING, "more/parts.chatito": PARTS, "deep.chatito": DEEP},
        path="main.chatito",
        lang="en",
    )
    drinks = [("tea", "tea"), ("tea", "a cup of tea"), ("black coffee",) * 2, ("@[drink]",) * 2]
    wanted = set()
    for start, (value, words), end in product(
        ("", "please ", "would you "), drinks, ("now.", "now!.")
    ):
        text = f"{start}brings me {words} {end}"
        wanted.add(("order tea", text, (("drink", value, words),)))
    wanted |= {
        ("order tea", "hot milk nobody defines this", (("drink", "hot milk", "hot milk"),)),
        ("order tea", "nobody defines this", ()),
        ("bye", "bye", ()),
        ("bye", "so long my friend", ()),
        ("bye", "so long Ann", (("who", "Ann", "Ann"),)),
        ("bye", "so long Bo (the cook)", (("who", "Bo (the cook)", "Bo (the cook)"),)),
    }
    assert said(pack) == wanted
    assert result.lists == ("beverage", "snips/temperature.hot", "who")
    assert lost(result) == [
        (5, "the argument 'kind': 'food' of %[order tea]"),
        (5, "40 rows of the intent 'order tea'"),
        (9, "10 rows of the intent 'bye'"),
    ]
    assert any("~[nobody defines this] is defined nowhere" in note for note in result.notes)


def test_odds_and_rows_are_weights(tmp_path):
    text = (
        "%[a]('training': '30')\n    *[20%] x\n    y\n    z\n\n"
        "%[b]('training': '10', 'distribution': 'regular')\n    *[2] one\n    @[s]\n\n"
        "@[s]\n    *[3] p\n    q\n    r\n"
    )
    _, pack, _ = imported(tmp_path, "chatito", {"a.chatito": text})
    weights = {t.sentence: t.weight for t in pack.templates}
    of_a = weights["x"] + weights["y"] + weights["z"]
    assert weights["x"] / of_a == pytest.approx(0.2, abs=1e-3)
    assert weights["y"] == weights["z"]
    # 'regular': odds 2 for 1 way to say it beside 3 ways.
    assert weights["one"] / weights["{s}"] == pytest.approx(2 / 3, abs=1e-3)
    assert of_a / (weights["one"] + weights["{s}"]) == pytest.approx(3, abs=1e-2)
    values = {v.expression.text: v.weight for v in pack.lists[0][0].values}
    assert values["p"] / values["q"] == pytest.approx(3, abs=1e-3)


def test_slots_of_two_files_that_mean_other_things_stay_apart(tmp_path):
    files = {
        "a.chatito": "%[a]\n    go @[where]\n@[where]\n    home\n",
        "b.chatito": "%[b]\n    go @[where]\n@[where]\n    away\n",
    }
    _, pack, _ = imported(tmp_path, "chatito", files)
    assert texts(pack) == {("a", "go home"), ("b", "go away")}
    assert {s.name for _, _, slots in everything(pack) for s in slots} == {"where"}


BROKEN = {
    "slot without definition": (
        "%[a]\n    go @[were]\n@[where]\n    x\n",
        ["b.chatito:2:8:", "@[were]", "did you mean 'where'"],
    ),
    "variation without definition": (
        "%[a]\n    go @[where#far]\n@[where#near]\n    x\n",
        ["b.chatito:2:8:", "where#near"],
    ),
    "no sentences": ("%[a]\n%[b]\n    x\n", ["b.chatito:1:1:", "%[a] has no sentences"]),
    "a circle": (
        "%[a]\n    ~[x]\n~[x]\n    ~[y]\n~[y]\n    ~[x]\n",
        ["b.chatito:6:5:", "x -> y -> x"],
    ),
    "a slot in a slot": (
        "%[a]\n    @[x]\n@[x]\n    ~[y]\n~[y]\n    @[z]\n@[z]\n    z\n",
        ["b.chatito:6:5:", "@[z] stands inside of @[x]"],
    ),
    "twice": ("%[a]\n    x\n%[a]\n    y\n", ["b.chatito:3:1:", "defined twice (first on line 1)"]),
    "stray words": ("%[a]\n    x\nhello\n", ["b.chatito:3:1:", "this line is no Chatito"]),
    "a sentence first": ("    x\n", ["b.chatito:1:5:", "belongs to no intent"]),
    "brackets": ("%[a]\n    go @[where\n", ["b.chatito:2:8:", "'@[' is never closed"]),
    "an argument": ("%[a]('training' '3')\n    x\n", ["b.chatito:1:6:", "cannot be read"]),
    "a number of rows": ("%[a]('training': 'x')\n    x\n", ["b.chatito:1:1:", "no number above 0"]),
    "mixed odds": ("%[a]\n    *[1] x\n    *[5%] y\n", ["b.chatito:3:5:", "mixes weights"]),
    "too many percent": ("%[a]\n    *[60%] x\n    *[50%] y\n", ["b.chatito:3:5:", "sum to 110"]),
    "odds of nothing": ("%[a]\n    *[0] x\n    y\n", ["b.chatito:2:5:", "the odds 0"]),
    "a distribution": (
        "%[a]('distribution': 'evn')\n    x\n",
        ["b.chatito:1:1:", "'evn'", "did you mean 'even'"],
    ),
    "an import": (
        "import ./non.chatito\n%[a]\n    x\n",
        ["b.chatito:1:1:", "no file ./non.chatito"],
    ),
    "no intents": ("~[a]\n    x\n", ["there are no intents"]),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_files(case, tmp_path):
    text, parts = BROKEN[case]
    write(tmp_path, {"b.chatito": text})
    with pytest.raises(InputError) as caught:
        import_pack("chatito", tmp_path / "b.chatito", tmp_path / "out")
    for part in parts:
        assert part in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["b.chatito"]


def expanded(text):
    """(intent, text) of a file, by replacing references until there are none."""
    definitions: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith(" "):
            definitions[name].append(line.strip())
        elif line:
            name = line
            definitions[name] = []

    def ways(sentence):
        found = re.search(r"([~@])\[(\w+)(\?)?\]", sentence)
        if found is None:
            return {" ".join(sentence.split())}
        key = f"{found[1]}[{found[2]}]"
        choices = [*definitions.get(key, [found[2]]), *([""] if found[3] else [])]
        before, after = sentence[: found.start()], sentence[found.end() :]
        return {
            made
            for choice in choices
            for inner in ways(choice)
            for made in ways(f"{before}{inner}{after}")
        }

    return {
        (name[2:-1], made)
        for name, sentences in definitions.items()
        if name.startswith("%")
        for sentence in sentences
        for made in ways(sentence)
        if made
    }


PIECES = st.sampled_from(
    ["go", "now", "a-b", "(x|y)", "{z}", "<q>", "::2", "~[a]", "~[b?]", "~[c]", "~[free?]", "@[s]"]
)
SENTENCES = st.lists(PIECES, min_size=1, max_size=4).flatmap(
    lambda parts: st.lists(
        st.sampled_from([" ", "", "  "]), min_size=len(parts), max_size=len(parts)
    ).map(lambda gaps: "".join(g + p for g, p in zip(gaps, parts, strict=True)).strip())
)
INNER = st.lists(
    st.sampled_from(
        ["one", "two words", "3;", "x~[c]", "~[c?] y", "z ~[c?]", "~[c?] ~[d?] w", "~[c?]~[d?]!"]
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(SENTENCES, min_size=1, max_size=3),
    INNER,
    INNER,
    st.lists(st.sampled_from(["p", "p q", "ö"]), min_size=1, max_size=2),
)
def test_the_language_is_that_of_an_expansion_by_hand(tmp_path_factory, main, a, b, c):
    def block(head, lines):
        return "\n".join([head, *(f"    {line}" for line in lines)]) + "\n"

    text = block("%[i]", [*main, "fixed"]) + block("~[a]", a) + block("~[b]", b)
    text += block("~[c]", c) + block("@[s]", ["red", "dark ~[c]", "~[c?] x ~[c?]"])
    _, pack, _ = imported(tmp_path_factory.mktemp("chatito"), "chatito", {"a.chatito": text})
    assert texts(pack) == expanded(text)


@pytest.mark.skipif("CORPUSFORGE_DATA" not in os.environ, reason="no CORPUSFORGE_DATA")
def test_real_files(tmp_path):
    folder = Path(os.environ["CORPUSFORGE_DATA"], "chatito/examples")
    medium = import_pack("chatito", folder / "citySearch_medium.chatito", tmp_path / "medium")
    assert medium.intents == ("findByCityAndCategory",)
    assert {loss.kind.name for loss in medium.losses} == {"numbers of rows of intents"}
    pack = load_pack(tmp_path / "medium")
    assert {s.name for _, _, slots in everything(pack) for s in slots} == {"city"}
    made = import_pack("chatito", folder / "importing", tmp_path / "importing")
    assert made.templates >= 1
    assert made.losses == ()
