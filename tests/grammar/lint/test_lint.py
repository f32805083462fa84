import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpusforge.cli import main
from corpusforge.grammar.lint import lint, lint_path
from tests.grammar.packs import SENTENCES, everything, pack_of, yaml_of

HEAD = """\
language: en
lists:
  room: {values: [kitchen, hall]}
  song: {wildcard: true}
"""


def found(body, rule, head=HEAD):
    return [f for f in lint(pack_of(head + body)) if f.rule == rule]


def intents(**sentences):
    lines = ["intents:"]
    for intent, said in sentences.items():
        lines += [f"  {intent}:", "    data:", "      - sentences:"]
        lines += [f"          - '{sentence}'" for sentence in said]
    return "\n".join(lines) + "\n"


def test_shared_sentences_have_places_and_witnesses():
    body = intents(On=["(turn|switch) on {room}", "Stop"], Off=["off", "switch (on|off) {room}"])
    (finding,) = found(body, "shared_sentence")
    assert (finding.severity, finding.position.line, finding.position.column) == ("error", 15, 14)
    assert finding.witnesses == ("switch on {room}",)
    assert "share 1 sentence," in finding.message and ":9" in finding.message
    assert not found(intents(On=["on {room}"], Off=["off {room}"]), "shared_sentence")


def test_templates_that_add_nothing_or_little():
    wide = "(a|b|c|d|e|f|g|h|i|j|k) {room}"
    body = intents(Go=[wide, "b {room}", "(b|c|d|e|f|g|h|i|j|k|new) {room}", "other"])
    (finding,) = found(body, "adds_nothing")
    assert (finding.position.line, finding.witnesses) == (10, ("b {room}",))
    (finding,) = found(body, "near_identical")
    assert (finding.position.line, finding.witnesses) == (11, ("new {room}",))


@pytest.mark.parametrize(
    ("sentence", "witness"),
    [
        ("(turn|switch|turn) on", "turn"),
        ("go ([very] fast|very fast)", "very fast"),
        ("([a|b] c|b c|d)", "b c"),
        ("(turn|switch) on", None),
        ("[a] b", None),
        ("(a b|ab)", None),
    ],
)
def test_unreachable_alternatives(sentence, witness):
    findings = found(intents(Go=[sentence]), "unreachable_alternative")
    assert [f.witnesses for f in findings] == ([(witness,)] if witness else [])


def test_dead_rules_and_lists():
    body = intents(Go=["<used> there"]) + (
        "expansion_rules:\n  used: 'go <inner>'\n  inner: '[now]'\n  unused: 'x {room}'\n"
    )
    findings = found(body, "dead", HEAD.replace("  song: {wildcard: true}\n", ""))
    assert sorted((f.position.line, f.message) for f in findings) == [
        (3, "no sentence uses the list {room}"),
        (12, "no sentence uses the rule <unused>"),
    ]


def test_duplicate_values():
    head = """\
language: en
lists:
  room:
    values:
      - kitchen
      - "[the] Kitchen"
      - {in: "hall", out: entrance}
      - {in: "(lobby|hall)", out: lobby}
      - den
"""
    first, second = found(intents(Go=["{room}"]), "duplicate_value", head)
    assert (first.severity, first.position.line, second.severity) == ("note", 6, "warning")
    assert "'hall' for 'lobby' and for 'entrance'" in second.message
    assert second.position.line == 8


def test_drowning_and_explosion():
    body = intents(
        Go=["{0..99:x} {0..99:y}", "now", "later"], Do=["(a;b;c;d;e)", "[[[a] [a]] [a]] b"]
    )
    (finding,) = found(body, "drowning")
    assert finding.position.line == 9 and "10,000" in finding.message
    (finding,) = found(body, "explosion")
    assert finding.position.line == 15 and "120 orders" in finding.message
    deep = "[a] [a] [a] [a] [a] [a] [a] [a] [a] [a] [a] b"
    (finding,) = found(intents(Go=[deep]), "explosion")
    assert finding.severity == "note" and "2,048 ways say 12 different" in finding.message


def test_ambiguous_slots():
    body = intents(Go=["from {room:start} to {room}", "from {room:begin} to {room}", "in {room}"])
    (finding,) = found(body, "ambiguous_slots")
    assert finding.severity == "error"
    assert set(finding.witnesses) == {
        "from {room:start} to {room}",
        "from {room:begin} to {room}",
    }
    assert finding.position.line in (9, 10)
    assert not found(intents(Go=["from {room:start} to {room}"]), "ambiguous_slots")


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(SENTENCES, min_size=2, max_size=3, unique=True))
def test_what_adds_nothing_says_nothing_new(written):
    pack = pack_of(yaml_of(*written))
    said = {}
    for template, text, slots in everything(pack):
        said.setdefault(template.id, set()).add((text, slots))
    told = {f.position.line for f in lint(pack) if f.rule == "adds_nothing"}
    before = set()
    for template in pack.templates:
        own = said.get(template.id, set())
        assert (template.line in told) == bool(own and own <= before)
        before |= own


def test_languages_that_lag_behind(tmp_path):
    for lang, sentences in (("en", ["a", "b", "c", "d"]), ("de", ["x"])):
        (tmp_path / lang).mkdir()
        said = intents(Go=sentences, **({"Stop": ["stop"]} if lang == "en" else {}))
        (tmp_path / lang / "t.yaml").write_text(f"language: {lang}\n{said}")
    result = lint_path(tmp_path)
    assert set(result.languages) == {"de", "en"}
    lacks, poor = (f for f in result.findings if f.rule == "lagging")
    assert lacks.witnesses == ("Stop",) and poor.witnesses == ("Go: 1 of 4",)
    assert lint_path(tmp_path, lang="de").findings == ()


def test_the_verb(tmp_path, capsys):
    path = tmp_path / "t.yaml"
    path.write_text(HEAD + intents(On=["on {room}"], Off=["on {room}"]))
    assert main(["lint", str(path)]) == 2
    said = capsys.readouterr().out
    assert f"{path}:13:14: error [shared_sentence]" in said and "1 errors" in said
    assert main(["lint", str(path), "--json"]) == 2
    result = json.loads(capsys.readouterr().out)
    assert result["counts"]["error"] == 1
    assert result["findings"][0]["witnesses"] == ["on {room}"]
    path.write_text(HEAD + intents(On=["on {room} {song}"]))
    assert main(["lint", str(path)]) == 0
