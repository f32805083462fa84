import json

import pytest

from corpusforge.cli import main
from corpusforge.grammar.lint import lint_path
from tests.grammar.lint.packs import HEAD, found, intents, place


def test_shared_sentences_have_places_and_witnesses():
    body = intents(On=["(turn|switch) on {room}", "Stop"], Off=["off", "switch (on|off) {room}"])
    (finding,) = found(body, "shared_sentence")
    assert (finding.severity, *place(finding)) == ("error", 15, 14)
    assert finding.witnesses == ("switch on kitchen",)
    assert "share 1 sentence (lists" in finding.message
    assert [at.line for at in finding.also] == [9]
    assert not found(intents(On=["on {room}"], Off=["off {room}"]), "shared_sentence")


def test_shared_sentences_in_another_case_and_of_open_lists():
    (finding,) = found(intents(On=["Play {song}"], Off=["play {song:title}"]), "shared_sentence")
    assert finding.witnesses == ("play {song}",)


def test_sentences_that_are_shared_once_lists_are_filled_in():
    body = intents(On=["clean the {room:place}"], Off=["clean the hall"])
    (finding,) = found(body, "shared_sentence")
    assert (finding.severity, *place(finding)) == ("error", 13, 14)
    assert finding.witnesses == ("On: clean the [hall](place)", "Off: clean the hall")
    assert not found(intents(On=["clean the {room}"], Off=["clean the den"]), "shared_sentence")


CONTEXTS = """\
intents:
  On:
    data:
      - sentences: ['start {room}', 'on']
        requires_context: {domain: light}
  Off:
    data:
      - sentences: ['start {room}']
        CONDITION
"""


@pytest.mark.parametrize(
    ("condition", "severity"),
    [
        ("requires_context: {domain: fan}", "note"),
        ("requires_context: {domain: [fan, lock]}", "note"),
        ("excludes_context: {domain: [light, fan]}", "note"),
        ("requires_context: {domain: {value: fan, slot: true}}", "note"),
        ("requires_context: {domain: [fan, light]}", "error"),
        ("requires_context: {area: {slot: true}}", "error"),
        ("excludes_context: {domain: fan}", "error"),
        ("weight: 1", "error"),
    ],
)
def test_contexts_tell_sentences_apart(condition, severity):
    (finding,) = found(CONTEXTS.replace("CONDITION", condition), "shared_sentence")
    assert (finding.severity, place(finding)) == (severity, (12, 22))
    assert ("context tells them apart" in finding.message) == (severity == "note")


def test_phrases_that_differ_by_a_free_word():
    more = ["a [the] b", "c [the] d", "e [the] f"]
    body = intents(On=["lamp in the {room}", *more], Off=["lamp in {room}"], Go=["lamp on {room}"])
    (finding,) = found(body, "similar_phrases")
    assert (finding.severity, *place(finding)) == ("warning", 16, 14)
    assert finding.witnesses == ("lamp in the {room} | lamp in {room}",)
    assert [at.line for at in finding.also] == [9]
    assert not found(body.replace("e [the] f", "e the f"), "similar_phrases")


def test_templates_that_add_nothing():
    body = intents(Go=["b {room}", "(a|b) {room}", "other", "c {room:x}", "Other", "(c|d) {room}"])
    first, second = found(body, "adds_nothing")
    assert [place(finding) for finding in (second, first)] == [(9, 14), (13, 14)]
    assert second.witnesses == ("b kitchen",) and [at.line for at in second.also] == [10]
    assert first.witnesses == ("other",) and first.severity == "warning"
    assert not found(intents(Go=["a {room}", "b {room}"]), "adds_nothing")


def test_several_templates_together_say_one():
    findings = found(intents(Go=["a c", "(a|b) c", "b c"]), "adds_nothing")
    assert sorted(map(place, findings)) == [(9, 14), (11, 14)]  # the wide one stays
    (finding,) = found(intents(Go=["(a|x) c", "(a|b) c", "(b|y) c"]), "adds_nothing")
    assert place(finding) == (10, 14)
    assert "2 others together" in finding.message and len(finding.also) == 2


def test_fixed_slots_make_it_a_note():
    body = """\
intents:
  On:
    data:
      - sentences: ['on {room}']
      - sentences: ['on {room}']
        slots: {domain: light}
      - sentences: ['now']
      - sentences: ['now']
        requires_context: {domain: light}
"""
    findings = found(body, "adds_nothing")
    assert [finding.severity for finding in findings] == ["note", "note"]
    assert "fixed slots" in findings[1].message and "contexts" in findings[0].message


def test_templates_that_are_nearly_alike():
    body = intents(Go=["(a|b|c|d|e|f|g|h|i|j|k) {room}", "(b|c|d|e|f|g|h|i|j|k|new) {room}"])
    (finding,) = found(body, "near_identical")
    assert (finding.severity, *place(finding)) == ("note", 9, 14)
    assert finding.witnesses == ("a kitchen",)
    body = intents(
        Go=["put on the {room} lamp", "put out the {room} lamp", "put on the {room} fan"]
    )
    (finding,) = found(body, "near_identical")
    assert place(finding) == (10, 14)
    assert finding.message.endswith("2 templates of Go differ only in one word: on, out")
    assert not found(intents(Go=["on {room}", "off {room}", "go (a|b)"]), "near_identical")


def test_what_can_be_empty():
    (finding,) = found(intents(Go=["[please] [now]", "go [now]"]), "can_be_empty")
    assert (finding.severity, *place(finding)) == ("warning", 9, 14)
    assert finding.witnesses == ("[please] [now]",)


@pytest.mark.parametrize(
    ("sentence", "severity", "column"),
    [
        ("play {song} {singer}", "warning", 26),
        ("play {song}{singer}", "warning", 25),
        ("play {song} [by] {singer}", "warning", 31),
        ("play {song} {area}", "note", 26),
        ("play {song} by {singer}", None, None),
        ("play {area} {floor}", None, None),
        ("play {song} {room}", None, None),
        ("play {song} [in {room}]", None, None),
    ],
)
def test_wildcards_side_by_side(sentence, severity, column):
    head = HEAD + "  singer: {wildcard: true}\n"
    findings = found(intents(Go=[sentence]), "wildcard_neighbours", head)
    expected = [(severity, (10, column))] if severity else []
    assert [(f.severity, place(f)) for f in findings] == expected


@pytest.mark.parametrize(
    ("sentence", "column"),
    [
        ("go [to {room}] now", 21),
        ("go (to|in {room})", 24),
        ("go <somewhere>", 17),
        ("to [the] {room}", None),
        ("go (to;{room})", None),
        ("go [to {@room}]", None),
        ("go (to|in the) {room}", None),
        ("go (to {room}|in {room})", None),
        ("go (to {room}|in {room:x})", 21),
        ("go [very (to {room}|in {room:x})]", 27),
    ],
)
def test_lists_inside_a_choice(sentence, column):
    more = "expansion_rules:\n  somewhere: '[to {room}]'\n"
    findings = found(intents(Go=["x {room}", sentence]) + more, "list_in_choice")
    assert [place(finding) for finding in findings] == ([(10, column)] if column else [])
    assert all("in 1 of 2 templates" in finding.message for finding in findings)


def test_home_assistants_rule_is_told_to_its_packs_only():
    said = ["go [to {room}] now", "x"]
    (other,) = found(intents(Go=said), "list_in_choice")
    (theirs,) = found(intents(HassGo=said), "list_in_choice")
    assert "Home Assistant" not in other.message + other.hint
    assert "Home Assistant's layout" in theirs.message


@pytest.mark.parametrize(
    ("sentence", "severity", "column"),
    [
        (" a b", "note", 14),
        ("a b ", "note", 17),
        ("a  b", "note", 15),
        ("a\u00a0b", "note", 15),
        ("a b\u200bc", "warning", 17),
        ("a [b] (c | d) e", None, None),
        ("می\u200cروم", None, None),
    ],
)
def test_white_space(sentence, severity, column):
    findings = found(intents(Go=[sentence]), "white_space")
    assert [(f.severity, place(f)) for f in findings] == (
        [(severity, (9, column))] if severity else []
    )


def test_dead_rules_and_lists():
    body = intents(Go=["<used> there"]) + (
        "expansion_rules:\n  used: 'go <inner>'\n  inner: '[now]'\n  unused: 'x {room}'\n"
    )
    findings = found(body, "dead", HEAD.replace("  song: {wildcard: true}\n", ""))
    assert [(f.position.line, f.message) for f in findings] == [
        (3, "no sentence uses the list {room}"),
        (12, "no sentence uses the rule <unused>"),
    ] or [(f.position.line, f.message) for f in findings] == [
        (12, "no sentence uses the rule <unused>"),
        (3, "no sentence uses the list {room}"),
    ]


def test_a_rule_that_one_block_alone_reaches_is_alive():
    body = """\
intents:
  Go:
    data:
      - sentences: ['<frame>']
        expansion_rules: {inner: 'plain'}
      - sentences: ['<frame>']
        expansion_rules: {inner: '<rare> {room}'}
expansion_rules:
  frame: 'go <inner>'
  rare: 'slowly'
"""
    assert [f.message for f in found(body, "dead")] == ["no sentence uses the list {song}"]


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


def test_drowning():
    body = intents(Go=["{0..99:x} {0..99:y}", "now", "later"], Do=["a {room}", "b"])
    (finding,) = found(body, "drowning")
    assert (finding.severity, *place(finding)) == ("warning", 9, 14)
    assert "2 of 3 templates" in finding.message and "10,000" in finding.message
    assert finding.witnesses == ("now", "later") and [at.line for at in finding.also] == [10, 11]


def test_explosions():
    (finding,) = found(intents(Do=["(a;b;c;d;e)", "(a;b;c;d) [x]"]), "explosion")
    assert (finding.severity, *place(finding)) == ("warning", 9, 14)
    assert "120 orders" in finding.message
    deep = "[a] [a] [a] [a] [a] [a] [a] [a] [a] [a] [a] b"
    (finding,) = found(intents(Go=[deep, "[a] [b] [c]"]), "explosion")
    assert finding.severity == "note" and "2,048 ways say 12 different" in finding.message


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


def test_a_folder_for_each_language(tmp_path):
    for lang in ("en", "de", "fr"):
        (tmp_path / lang).mkdir()
        (tmp_path / lang / "_common.yaml").write_text(
            f"language: {lang}\nexpansion_rules:\n  x: '{lang}'\n"
        )
        if lang != "fr":
            (tmp_path / lang / "own.yaml").write_text(intents(Go=["<x>"]))  # without language
    result = lint_path(tmp_path)
    assert set(result.languages) == {"de", "en"}
    assert [f.message for f in result.findings] == ["fr has no sentences"]


def test_the_verb(tmp_path, capsys):
    path = tmp_path / "t.yaml"
    path.write_text(HEAD + intents(On=["on {room}"], Off=["on {room}"]))
    assert main(["lint", str(path)]) == 2
    said = capsys.readouterr().out
    assert f"{path}:13:14: error [shared_sentence]" in said and "1 errors" in said
    assert f"    see {path}:9:14" in said
    assert main(["lint", str(path), "--json"]) == 2
    result = json.loads(capsys.readouterr().out)
    assert result["counts"]["error"] == 1
    assert result["findings"][0]["witnesses"] == ["on kitchen"]
    assert result["findings"][0]["also"] == [{"file": str(path), "line": 9, "column": 14}]
    path.write_text(HEAD + intents(On=["on {room} {song}"]))
    assert main(["lint", str(path)]) == 0


def test_many_notes_are_cut_for_people_only(tmp_path):
    path = tmp_path / "t.yaml"
    path.write_text(HEAD + intents(Go=[f"w{number} " for number in range(15)]))
    result = lint_path(path)
    assert len([f for f in result.to_json()["findings"] if f["rule"] == "white_space"]) == 15
    assert "5 more notes [white_space]: --json has all" in result.render()
