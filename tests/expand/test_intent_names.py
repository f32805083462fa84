"""Names of intents as rows."""

import pytest

from corpusforge.core.language import Language
from corpusforge.core.schema import Utterance
from corpusforge.core.text import fold
from corpusforge.expand.intent_names import name_rows
from corpusforge.expand.novelty import NoveltyTest


def row(text, intent, **more):
    facts = {"slots": (), "lang": "en", "origin": "real", "split": "train", "license": "CC0-1.0"}
    return Utterance(text=text, intent=intent, **(facts | more))


def named(train, taken=(), intents=None):
    novelty = NoveltyTest(Language([], {}), [r.text for r in train])
    wanted = {r.intent for r in train} if intents is None else intents
    return name_rows(train, {fold(r.text) for r in train} | set(taken), novelty, "gan", wanted)


def test_a_label_in_words_is_a_row_of_its_intent():
    train = [
        row("somebody stole my card", "report_fraud", id="a", weight=0.5),
        row("when is it due", "BillDue", slots=None, id="b"),
    ]
    due, fraud = named(train)
    assert (fraud.text, fraud.intent, fraud.slots, fraud.weight) == (
        "report fraud", "report_fraud", (), 0.5,
    )  # fmt: skip
    assert (due.text, due.slots, due.weight, due.parents) == ("bill due", None, 1.0, ("b",))
    assert {r.origin for r in (due, fraud)} == {"gan"} and due.generation == 1
    assert named(train, intents={"BillDue"}) == [due]


@pytest.mark.parametrize(
    ("rows", "taken"),
    [
        ([row("somebody stole my card", "intent_17")], ()),
        ([row("Report fraud", "report_fraud")], ()),
        ([row("report a fraud", "report_fraud")], ()),
        ([row("my card is gone", "report_fraud")], ("report fraud",)),
        ([row("my card is gone", "report_fraud"), row("x", "ReportFraud")], ()),
        ([row("meine karte ist weg", "report_fraud", lang="de")], ()),
    ],
    ids=["says nothing", "is a row", "near a row", "is a test row", "two labels", "language"],
)
def test_no_row_where_the_label_tells_nothing_new(rows, taken):
    assert named(rows, taken) == []


def test_in_another_language_a_name_of_known_words_counts():
    rows = [
        row("mach das licht an", "licht_an", lang="de"),
        row("aus damit", "light_off", lang="de"),
    ]
    assert [(r.text, r.lang) for r in named(rows)] == [("licht an", "de")]
