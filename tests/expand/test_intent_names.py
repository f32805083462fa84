"""Names of intents as rows."""

import pytest

from corpusforge.core.language import Language
from corpusforge.core.schema import Utterance
from corpusforge.core.spans import Slot
from corpusforge.core.text import fold
from corpusforge.expand.clear_values import ClearValues
from corpusforge.expand.intent_names import name_rows
from corpusforge.expand.novelty import NoveltyTest
from corpusforge.expand.slots import SlotTable


def row(text, intent, **more):
    facts = {"slots": (), "lang": "en", "origin": "real", "split": "train", "license": "CC0-1.0"}
    return Utterance(text=text, intent=intent, **(facts | more))


def named(train, taken=(), intents=None):
    novelty = NoveltyTest(Language([], {}), [r.text for r in train])
    wanted = {r.intent for r in train} if intents is None else intents
    known = {fold(r.text) for r in train} | set(taken)
    clear = ClearValues(SlotTable({}, {}, {}), [], train)
    return name_rows(train, known, novelty, "gan", wanted, clear)


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
        ([row("somebody stole my card", "intent17")], ()),
        ([row("somebody stole my card", "class A")], ()),
        ([row("tell me a joke about cows", "oos")], ()),
        ([row("Report fraud", "report_fraud")], ()),
        ([row("report a fraud", "report_fraud")], ()),
        ([row("my card is gone", "report_fraud")], ("report fraud",)),
        ([row("my card is gone", "report_fraud"), row("x", "ReportFraud")], ()),
        ([row("meine karte ist weg", "report_fraud", lang="de")], ()),
    ],
    ids=[
        "numbered",
        "numbered, glued",
        "lettered",
        "no intent",
        "is a row",
        "near a row",
        "is a test row",
        "two labels",
        "language",
    ],
)
def test_no_row_where_the_label_tells_nothing_new(rows, taken):
    assert named(rows, taken) == []


def test_in_another_language_a_name_of_known_words_counts():
    rows = [
        row("mach das licht an", "licht_an", lang="de"),
        row("aus damit", "light_off", lang="de"),
    ]
    assert [(r.text, r.lang) for r in named(rows)] == [("licht an", "de")]


def test_a_name_that_says_a_slot_value_is_not_annotated():
    """Nobody can say whether "restaurant" is a slot in "book restaurant"."""
    value = Slot(name="kind", entity="kind", value="", text="restaurant", start=7, end=17)
    train = [
        row("find a restaurant", "book_restaurant", slots=(value,)),
        row("i am hungry", "other_food", license="MIT"),
        row("feed me", "other_food", license="CC0-1.0"),
    ]
    book, food = named(train)
    assert (book.text, book.slots) == ("book restaurant", None)
    assert (food.text, food.slots, food.license) == ("other food", (), "MIT AND CC0-1.0")


def test_names_keep_the_marks_of_their_letters():
    label = "\u0932\u093e\u0907\u091f_\u091a\u093e\u0932\u0942"
    said = label.replace("_", " ")
    text = f"{said} \u0915\u0930\u094b \u0905\u092d\u0940 \u092f\u0939"
    assert [r.text for r in named([row(text, label, lang="hi")])] == [said]
    # Another vowel sign is another word.
    other = label.replace("\u0942", "\u0941")
    assert named([row(text, other, lang="hi")]) == []
