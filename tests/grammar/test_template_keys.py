"""Roles, constraints between slots, agreement: what blocks ask of their sentences."""

from __future__ import annotations

from dataclasses import astuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpusforge.cli import main
from corpusforge.core.errors import InputError
from corpusforge.grammar.bulk import Corpus
from corpusforge.grammar.bulk_rows import BulkRows
from corpusforge.grammar.counting import counts
from corpusforge.grammar.coverage import cover
from corpusforge.grammar.lint import lint_path
from corpusforge.grammar.matching import Matcher
from corpusforge.grammar.slot_labels import slot_label, split_label
from tests.grammar.packs import everything, pack_of

QUIET = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

LISTS = """\
lists:
  city:
    values: [Rome, Oslo, {in: "[greater] London", out: London}, {in: Lutetia, out: Paris}, Paris]
  town: {values: [Paris, Bergen, Rome]}
  level: {range: {from: 1, to: 4}}
  article: {values: [{in: der, agreement: m}, {in: die, agreement: f}, my]}
  thing:
    values: [{in: Herd, agreement: m}, {in: Ofen, agreement: m}, {in: Lampe, agreement: f}, TV]
expansion_rules:
  from_to: "from {city:a} to {city:b}"
"""


def pack_with(*blocks):
    """Each block: sentences and its keys as YAML flow text."""
    text = "language: en\nintents:\n  go:\n    data:\n"
    for sentences, keys in blocks:
        quoted = ", ".join(f'"{sentence}"' for sentence in sentences)
        text += f"      - sentences: [{quoted}]\n"
        text += "".join(f"        {key}\n" for key in keys)
    return pack_of(text + LISTS)


def rows_of(pack, n=10**6, **options):
    corpus = Corpus(pack.templates, seed=options.pop("seed", 1), **options)
    made = BulkRows(corpus)
    rows = []
    for _, owners, numbers in corpus.windows(n):
        rows += made.batch(owners, numbers).to_pylist()
    return corpus, [
        (row["text"], tuple(tuple(slot.values()) for slot in row["slots"])) for row in rows
    ]


def expected(pack):
    """All rows by brute force, constraints looked at afterwards."""
    found = set()
    for template, text, slots in everything(pack):
        values = [(slot_label(s.name, s.role, s.group), s.value) for s in slots]
        if all(constraint.holds(values) for constraint in template.constraints):
            found.add((text, tuple(astuple(slot) for slot in slots)))
    return found


# -- constraints ----------------------------------------------------------------------------------

SENTENCES = st.lists(
    st.sampled_from(
        [
            "fly from {city:a} to {city:b}",
            "<from_to> now",
            "[via {town:c}] from {city:a} [to {town:b}]",
            "({city:a};and {town:b};[{level:c}])",
            "from {city:a} to {town:b}",
            "{level:a} not {level:b}",
            "{city:a} {city:a} {town:b}",
            "see {town:c}",
        ]
    ),
    min_size=1,
    max_size=3,
    unique=True,
)
KEYS = st.lists(
    st.tuples(
        st.sampled_from(["different", "equal"]),
        st.sampled_from(["a, b", "b, c", "a, c", "a, b, c"]),
    ),
    max_size=2,
)


def block(sentences, keys):
    """A block with the constraints whose slots it has."""
    text = " ".join(sentences).replace("<from_to>", "{city:a} {city:b}")
    fitting = [
        f"{{{kind}: [{names}]}}"
        for kind, names in keys
        if all(f":{name}}}" in text for name in names.split(", "))
    ]
    return sentences, [f"constraints: [{', '.join(fitting)}]"] if fitting else []


@QUIET
@given(SENTENCES, KEYS, SENTENCES, KEYS)
def test_rows_obey_constraints_and_all_that_do_are_there_once(first, keys, second, other_keys):
    pack = pack_with(block(first, keys), block(second, other_keys))
    corpus, rows = rows_of(pack)
    assert len(rows) == len(set(rows)) == corpus.size
    assert set(rows) == expected(pack)
    assert counts(pack).total.with_values == corpus.size


@QUIET
@given(SENTENCES, KEYS, SENTENCES, KEYS, st.sampled_from(["templates", "values", "both"]))
def test_splits_of_constrained_rows_are_disjoint(first, keys, second, other_keys, hold_out):
    pack = pack_with(block(first, keys), block(second, other_keys))
    splits = {t.id: "test" if n % 2 else "train" for n, t in enumerate(pack.templates)}
    corpus, rows = rows_of(pack, splits=splits, hold_out=hold_out)
    assert len(rows) == len(set(rows)) == corpus.size
    assert set(rows) <= expected(pack)
    assert corpus.proof().shared_sentences == 0
    assert sum(corpus.proof().sentences) == corpus.size


@QUIET
@given(SENTENCES, KEYS)
def test_match_reads_what_obeys_and_nothing_else(sentences, keys):
    pack = pack_with(block(sentences, keys))
    matcher = Matcher(pack)
    right = {text for text, _ in expected(pack)}
    for template, text, _ in list(everything(pack))[:60]:
        mine = [r for r in matcher.readings(text) if r.template == template.id]
        assert bool(matcher.readings(text)) == (text in right), (text, mine)


@QUIET
@given(SENTENCES, KEYS)
def test_covers_obey_constraints(sentences, keys):
    pack = pack_with(block(sentences, keys))
    found = cover(pack)
    rows = {(row.text, tuple(astuple(slot) for slot in row.slots)) for row in found.rows}
    assert rows <= expected(pack)
    assert len(rows) == found.certificate.rows
    if len(sentences) == 1:  # with more, one template may say what another has shown
        assert bool(rows) == bool(expected(pack))
    shown = {(s.entity, s.value, s.text) for row in found.rows for s in row.slots}
    if not keys:
        assert found.certificate.values_not_shown == 0
    assert len(shown) >= found.certificate.values - sum(
        name in str(pack.templates) for name in ("level",)
    )


def test_a_value_that_equals_itself_only_leaves_no_other_row():
    pack = pack_with((["{city:a} is {town:b}"], ["constraints: [{equal: [a, b]}]"]))
    _, rows = rows_of(pack)
    assert {text for text, _ in rows} == {"Lutetia is Paris", "Paris is Paris", "Rome is Rome"}


def test_long_lists_are_cut_into_slices_not_spelled_out():
    values = ", ".join(f"c{number}" for number in range(1500))
    pack = pack_of(
        "language: en\nintents:\n  go:\n    data:\n      - sentences: ['{x:a} to {x:b}']\n"
        "        constraints: [{different: [a, b]}]\n"
        f"lists:\n  x: {{values: [{values}]}}\n"
    )
    corpus = Corpus(pack.templates, seed=1)
    assert corpus.size == 1500 * 1499
    made = BulkRows(corpus)
    ((_, owners, numbers),) = corpus.windows(2000)
    rows = made.batch(owners, numbers).to_pylist()
    assert all(row["slots"][0]["value"] != row["slots"][1]["value"] for row in rows)


# -- agreement ------------------------------------------------------------------------------------


def test_articles_agree_with_what_they_stand_before():
    pack = pack_with((["[{article:@a}] {thing} [!]"], ["constraints: [{agree: [article, thing]}]"]))
    _, rows = rows_of(pack)
    said = {text.removesuffix(" !") for text, _ in rows}
    assert said == {
        *("Herd", "Ofen", "Lampe", "TV"),
        *("der Herd", "der Ofen", "der TV", "die Lampe", "die TV"),
        *("my Herd", "my Ofen", "my Lampe", "my TV"),
    }
    assert len(rows) == len(set(rows)) == 2 * len(said) == counts(pack).total.with_values
    matcher = Matcher(pack)
    assert not matcher.readings("der Lampe")
    assert matcher.readings("die Lampe")
    shown = cover(pack).certificate
    assert shown.values_not_shown == 0


# -- roles ----------------------------------------------------------------------------------------

ROLES = [
    "roles:",
    "  a: {slot: city, role: departure}",
    "  b: {slot: city, role: arrival at, group: '1'}",
    "constraints: [{different: [a, b]}]",
]


def test_roles_and_groups_are_in_rows_and_readings():
    pack = pack_with((["<from_to>", "leave {city:a} {level}"], ROLES))
    corpus, rows = rows_of(pack)
    assert set(rows) == expected(pack)
    slots = dict(rows)["from Rome to greater London"]
    assert slots == (
        ("city", "city", "Rome", "Rome", 5, 9, "departure", ""),
        ("city", "city", "London", "greater London", 13, 27, "arrival at", "1"),
    )
    (reading,) = Matcher(pack).readings("from Rome to greater London")
    assert tuple(tuple(slot) for slot in reading.slots) == slots
    assert corpus.size == counts(pack).total.with_values


@given(st.text(max_size=5), st.text(max_size=5))
def test_labels_are_taken_apart_again(role, group):
    role, group = role.replace("@", "").replace("#", ""), group.replace("#", "").replace("@", "")
    assert split_label(slot_label("city", role, group)) == ("city", role, group)


# -- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "message", "line"),
    [
        ("constraints: [{different: [a, c]}]", "no sentence of this block has a slot 'c'", 6),
        ("constraints: [{different: [a]}]", "compares one slot with nothing", 6),
        ("constraints: [{equal: [a, b, a]}]", "'equal' names the slot 'a' twice", 6),
        ("constraints: [{equal: [b, b]}]", "name each slot once, at least two of them", 6),
        ("constraints: [{differ: [a, b]}]", "unknown key 'differ'", 6),
        ("constraints: [{agree: [a, b]}]", "no value of these lists has an agreement class", 6),
        ("roles: {x: {role: departure}}", "no sentence of this block has a slot 'x'", 6),
        ("roles: {a: {role: 'a@b'}}", "cannot be a role", 6),
        ("roles: {a: {slot: 'a b'}}", "cannot be a slot", 6),
        ("wording: {politeness: 1.5}", "1.5 is no share for 'politeness'", 6),
        ("wording: {polite: 0.5}", "unknown key 'polite'", 6),
    ],
)
def test_wrong_keys_say_where_and_what(key, message, line):
    with pytest.raises(InputError) as error:
        pack_with((["from {city:a} to {city:b}"], [key]))
    assert message in str(error.value)
    assert error.value.position.line == line


def test_a_slot_named_by_its_role_is_refused_with_the_right_name():
    with pytest.raises(InputError) as error:
        pack_with((["<from_to>"], [*ROLES[:-1], "constraints: [{different: [departure, b]}]"]))
    assert "write them; 'departure' is of a" in str(error.value)
    with pytest.raises(InputError, match="did you mean 'from_city'"):
        pack_with(
            (["from {city:from_city} to {city:b}"], ["constraints: [{equal: [from_cty, b]}]"])
        )


def test_what_roles_give_one_name_is_one_slot_to_constraints():
    roles = "roles: {a: {slot: city, role: x}, b: {slot: city, role: x}}"
    keys = [roles, "constraints: [{different: [a, c]}]"]
    pack = pack_with((["{city:a} {city:b} {town:c}"], keys))
    _, rows = rows_of(pack)
    assert set(rows) == expected(pack)
    values = [[slot[2] for slot in slots] for _, slots in rows]
    assert values and all(len(set(three)) == 3 for three in values)


def test_a_class_that_no_two_lists_share_is_refused():
    with pytest.raises(InputError, match="no agreement class stands in all of these lists"):
        pack_of(
            "language: en\nintents:\n  go:\n    data:\n      - sentences: ['{a} {b}']\n"
            "        constraints: [{agree: [a, b]}]\n"
            "lists: {a: {values: [{in: x, agreement: m}]}, b: {values: [{in: y, agreement: f}]}}"
        )


def test_a_cover_looks_further_than_the_first_value():
    """The first value of a leaves none for b."""
    pack = pack_of(
        "language: en\nintents:\n  go:\n    data:\n      - sentences: ['{a} {b}']\n"
        "        constraints: [{different: [a, b]}]\n"
        "lists: {a: {values: [one, two]}, b: {values: [one]}}"
    )
    assert [row.text for row in cover(pack).rows] == ["two one"]


def test_many_slots_of_long_lists_are_refused_in_time():
    text = (
        "language: en\nintents:\n  go:\n    data:\n"
        "      - sentences: ['{1..2000:a} {1..2000:b} {1..2000:c}']\n"
        "        constraints: [{different: [a, b, c]}]\n"
    )
    with pytest.raises(InputError, match="the slots a, b, c need more than"):
        Corpus(pack_of(text).templates, seed=1)


def test_constraints_that_leave_nothing_are_an_error_of_lint(tmp_path):
    path = tmp_path / "pack.yaml"
    path.write_text(
        "language: en\nintents:\n  go:\n    data:\n      - sentences: ['{a} {b}']\n"
        "        constraints: [{equal: [a, b]}]\n"
        "lists: {a: {values: [one, two]}, b: {values: [three]}}"
    )
    found = [f for f in lint_path(path).findings if f.severity == "error"]
    assert [f.rule for f in found] == ["never"]
    assert main(["sample", str(path), "-n", "3", "-o", str(tmp_path / "out")]) == 2
    assert not (tmp_path / "out").exists()


def test_lists_that_are_too_long_to_compare_are_refused():
    text = (
        "language: en\nintents:\n  go:\n    data:\n      - sentences: ['{1..9000:a} {1..9:b}']\n"
        "        constraints: [{equal: [a, b]}]\n"
    )
    with pytest.raises(InputError, match="9,000 values, too many to compare"):
        pack_of(text)


@pytest.mark.parametrize(
    ("sentence", "weighted"),
    [
        ("(now::3|soon) {article:@} {thing}", False),
        ("(now::3|soon) {article} {thing}", False),
        ("{article} {thing}", True),
    ],
)
def test_agreement_leaves_values_their_shares(sentence, weighted):
    """Sentences that agree have among each other the shares that they have without `agree`."""
    text = (
        "language: en\nintents:\n  go:\n    data:\n"
        f"      - sentences: ['{sentence} [{{0..99:n}}] at {{1..99:m}}']\n        KEYS\n"
        "lists:\n  article: {values: [{in: der, agreement: m}, {in: die, agreement: f}]}\n"
        "  thing:\n    values: [{in: Herd, agreement: m}, {in: Ofen, agreement: m, WEIGHT}, "
        "{in: Topf, agreement: m}, {in: Lampe, agreement: f}]\n"
    ).replace("WEIGHT", "weight: 3" if weighted else "weight: 1")

    def shares(keys):
        pack = pack_of(text.replace("KEYS", keys))
        _, rows = rows_of(pack, by="weights", n=1000)
        said = [text for text, _ in rows]
        pairs = ("der Herd", "der Ofen", "der Topf", "die Lampe")
        found = [sum(pair in text for text in said) for pair in pairs]
        return [number / sum(found) for number in found]

    want = [1 / 6, 1 / 2, 1 / 6, 1 / 6] if weighted else [1 / 4] * 4
    assert shares("constraints: [{agree: [article, thing]}]") == pytest.approx(want, abs=0.04)
