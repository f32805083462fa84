"""Rhino contexts: every construct, and an expansion by hand."""

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

CONTEXT = """\
version: 1
context:
  expressions:
    turnLight:
      - "@turn (the) $where:location [light, (ceiling) lights] $state:state (please, now)"
      - $state:state
      - >-
        make it
        $state:state
    count:
      - "$pv.SingleDigitInteger:n times"
      - "say [$pv.Alphabetic:a, $pv.SingleDigitOrdinal:o]"
    "on":
      - 007
      - true
  slots:
    where:
      - kitchen
      - living (dining) room
    state: [on, off, "null", 1.0]
  macros:
    turn:
      - turn
      - "switch @softly"
    softly:
      - "[softly, (very) quietly]"
"""


def test_every_construct(tmp_path):
    result, pack, _ = imported(tmp_path, "rhino", {"c.yaml": CONTEXT}, lang="en")
    states = ("on", "off", "null", "1.0")
    wanted = {("on", "007", ()), ("on", "true", ())}
    for state in states:
        slot = (("state", state, state),)
        wanted |= {("turnLight", state, slot), ("turnLight", f"make it {state}", slot)}
    for verb, the, where, light, state, end in product(
        ("turn", "switch softly", "switch very quietly", "switch quietly"),
        ("", "the "),
        ("kitchen", "living room", "living dining room"),
        ("light", "ceiling lights", "lights"),
        states,
        ("", " please", " now"),
    ):
        slots = (("location", where, where), ("state", state, state))
        wanted.add(("turnLight", f"{verb} {the}{where} {light} {state}{end}", slots))
    numbers = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    wanted |= {("count", f"{n} times", (("n", str(v), n),)) for v, n in enumerate(numbers)}
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    wanted |= {("count", f"say {a}", (("a", a, a),)) for a in letters}
    ordinals = ["first", "second", "third", "fourth", "fifth", "sixth"]
    ordinals += ["seventh", "eighth", "ninth"]
    wanted |= {("count", f"say {o}", (("o", str(n), o),)) for n, o in enumerate(ordinals, 1)}
    assert said(pack) == wanted
    assert lost(result) == [(1, "the section 'version'")]


def test_every_built_in_type(tmp_path):
    types = {
        "Alphabetic": 26,
        "Alphanumeric": 36,
        "Percent": 101,
        "SingleDigitInteger": 10,
        "SingleDigitOrdinal": 9,
        "TwoDigitInteger": 100,
        "TwoDigitOrdinal": 99,
    }
    lines = "".join(f"    {name}: [$pv.{name}:x]\n" for name in types)
    context = f"context:\n  expressions:\n{lines}"
    result, pack, _ = imported(tmp_path, "rhino", {"c.yaml": context})
    found = texts(pack)
    assert {name: sum(intent == name for intent, _ in found) for name in types} == types
    assert {("TwoDigitOrdinal", "22nd"), ("TwoDigitOrdinal", "11th")} <= found
    assert ("TwoDigitInteger", "22") in found
    assert [line for line, _ in lost(result)] == [4, 5, 6, 7, 8, 9]
    result, pack, _ = imported(tmp_path / "de", "rhino", {"c.yaml": context}, lang="de")
    assert ("SingleDigitOrdinal", "zweite") in texts(pack)
    assert [line for line, _ in lost(result)] == [4, 5]


HEAD = "context:\n  expressions:\n    a:\n"
BROKEN = {
    "no context": ("expressions:\n  a: [x]\n", ["c.yaml:1:1:", "no context of Rhino"]),
    "a slot type": (
        f"{HEAD}      - go $wher:x\n  slots:\n    where: [here]\n",
        ["c.yaml:4:12:", "$wher", "did you mean '$where'"],
    ),
    "a built-in type": (f"{HEAD}      - $pv.TwoDigitInt:x\n", ["'$pv.TwoDigitInteger'"]),
    "a macro": (
        f'{HEAD}      - "@tun on"\n  macros:\n    turn: [x]\n',
        ["c.yaml:4:10:", "@tun", "did you mean '@turn'"],
    ),
    "a macro in a circle": (
        f'{HEAD}      - "@m"\n  macros:\n    m: ["@n"]\n    n: ["@m"]\n',
        ["m -> n -> m"],
    ),
    "a bracket": (f'{HEAD}      - "go [a, b"\n', ["c.yaml:4:13:", "'[' is never closed"]),
    "a comma": (f'{HEAD}      - "a, b"\n', ["c.yaml:4:11:", "commas stand inside"]),
    "an empty choice": (f'{HEAD}      - "go [a,]"\n', ["c.yaml:4:", "a choice without words"]),
    "a slot without a name": (f"{HEAD}      - go $where\n", ["c.yaml:4:12:", "cannot be read"]),
    "a phrase that is a list": (f"{HEAD}      - [a, b]\n", ["c.yaml:4:9:", "a phrase is text"]),
    "an unknown key": ("context:\n  expressons: {}\n  expressions: {a: [x]}\n", ["did you mean"]),
    "a slot in a slot": (
        f"{HEAD}      - $w:x\n  slots:\n    w: [$w:y]\n",
        ["the phrases of a slot hold no slots"],
    ),
    "not YAML": ("context: {\n", ["not valid YAML"]),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_files(case, tmp_path):
    text, parts = BROKEN[case]
    write(tmp_path, {"c.yaml": text})
    with pytest.raises(InputError) as caught:
        import_pack("rhino", tmp_path / "c.yaml", tmp_path / "out")
    for part in parts:
        assert part in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["c.yaml"]


def expanded(expression):
    """All that an expression says, by replacing the innermost brackets until there are none."""
    found = re.search(r"\[([^()\[\]]*)\]|\(([^()\[\]]*)\)", expression)
    if found is None:
        return {" ".join(expression.split())}
    inside = found[1] if found[1] is not None else found[2]
    # A comma of an inner choice is gone by the time the outer one is split.
    choices = [part.strip() for part in inside.split(",")] + ([] if found[1] is not None else [""])
    before, after = expression[: found.start()], expression[found.end() :]
    return {made for choice in choices for made in expanded(f"{before}{choice}{after}")}


def _grow(inner):
    two = st.tuples(inner, inner)
    return st.one_of(
        two.map(" ".join),
        two.map(lambda p: f"[{p[0]}, {p[1]}]"),
        two.map(lambda p: f"[{p[0]},{p[1]} ]"),
        two.map(lambda p: f"({p[0]}, {p[1]})"),
        inner.map(lambda e: f"({e})"),
    )


EXPRESSIONS = st.recursive(st.sampled_from(["go", "a", "don't", "é", "x|y", "<z>"]), _grow)


@settings(max_examples=80, deadline=None)
@given(EXPRESSIONS)
def test_the_language_is_that_of_an_expansion_by_hand(tmp_path_factory, expression):
    context = f'context:\n  expressions:\n    a:\n      - "{expression}"\n      - fixed\n'
    _, pack, _ = imported(tmp_path_factory.mktemp("rhino"), "rhino", {"c.yaml": context})
    assert texts(pack) == {("a", t) for t in expanded(expression) if t} | {("a", "fixed")}


@pytest.mark.skipif("CORPUSFORGE_DATA" not in os.environ, reason="no CORPUSFORGE_DATA")
def test_a_real_file(tmp_path):
    path = Path(os.environ["CORPUSFORGE_DATA"], "barista/coffee_maker.rhino.yaml")
    made = import_pack("rhino", path, tmp_path / "out", lang="en")
    assert made.intents == ("orderDrink",)
    assert made.losses == ()
    expressions = re.findall(r'- "\[brew', path.read_text())
    assert made.templates == len(load_pack(tmp_path / "out").templates) == len(expressions)
