import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.core.schema import Utterance, read_table
from corpusforge.core.spans import Slot
from corpusforge.core.text import nfc
from corpusforge.speech.reading.trace import follow
from corpusforge.speech.spoken_spans import spoken_form, words_of_span
from corpusforge.speech.verbalise import trace, verbalise
from tests.speech.rows import corpus, recipe, speak, utterance

LANGUAGES = ("en", "de", "fr", "es", "it")


def row(marked, lang="en", spoken=None):
    """A row from a text with its slots in brackets."""
    text, slots = "", []
    for index, part in enumerate(marked.replace("[", "]").split("]")):
        if index % 2:
            slots.append(Slot(f"s{index // 2}", "e", part, part, len(text), len(text + part)))
        text += part
    return Utterance(
        text=text, lang=lang, intent="i", slots=tuple(slots), origin="grammar", split="train",
        license="CC0-1.0", spoken=spoken,
    )  # fmt: skip


def marked(row):
    """The spoken text with its slots in brackets."""
    spoken, spans = spoken_form(row)
    if spans is None:
        return None
    assert [name for name, _, _ in spans] == [slot.name for slot in row.slots]
    for _, start, end in sorted(spans, key=lambda span: -span[1]):
        spoken = f"{spoken[:start]}[{spoken[start:end]}]{spoken[end:]}"
    return spoken


FOLLOWED = {
    "en": {
        "set [lamp] to [50] %": "set [lamp] to [fifty] percent",
        "set [lamp] to [50 %] now": "set [lamp] to [fifty percent] now",
        "wake me at [7:30] am": "wake me at [seven thirty] AM",
        "wake me at [7:30 am]": "wake me at [seven thirty AM]",
        "from [9am]-[5pm]": "from [nine AM] to [five PM]",
        "[5]-[10] minutes": "[five] to [ten] minutes",
        "pay $[5] to [Bob]": "pay [five] dollars to [Bob]",
        "pay [$5.50] to [Bob]": "pay [five dollars fifty] to [Bob]",
        "pay $[5.50]": "pay [five dollars fifty]",
        "add [2 1/2] [cups] of flour": "add [two and a half] [cups] of flour",
        "[-5] °C outside": "[minus five] degrees Celsius outside",
        "[20] °C-[22] °C": "[twenty] to [twenty-two] degrees Celsius",
        "the [3rd] [song]": "the [third] [song]",
        "a [90]-minute film": "a [ninety]-minute film",
        "play [mp3] [2 ]": None,
        "  [5]  [x]  ": "[five] [x]",
        "call [555-0123] [now]": "call [five five five zero one two three] [now]",
        "[AC] & [DC]": "[AC] and [DC]",
        "[rock & roll]": "[rock and roll]",
        "add [½] cup": "add [half a] cup",
        "nothing [to read]": "nothing [to read]",
    },
    "de": {
        "um [7:30] Uhr": "um [sieben Uhr dreißig]",
        "um [7 Uhr 30] [heute]": "um [sieben Uhr dreißig] [heute]",
        "zahl [5,50 €]": "zahl [fünf Euro fünfzig]",
        "am [3.] März": "am [dritten] März",
        "dimme auf [50]%": "dimme auf [fünfzig] Prozent",
    },
}


@pytest.mark.parametrize(
    ("lang", "given", "wanted"),
    [(lang, *pair) for lang, pairs in FOLLOWED.items() for pair in pairs.items()
     if pair[1] is not None],
)  # fmt: skip
def test_slots_are_followed(lang, given, wanted):
    assert marked(row(given, lang)) == wanted


@pytest.mark.parametrize(
    "given",
    ["$[5].50", "[$]5.50", "call [555]-0123", "at [7]:30", "at 7:[30]", "the 2[1]st", "[#]"],
)
def test_a_slot_that_ends_inside_of_words_for_more_is_not_followed(given):
    assert marked(row(given)) in (None, "[hashtag]")


def test_one_slot_that_is_lost_loses_the_row():
    assert spoken_form(row("play [jazz] on channel 5[5]")) == (
        "play jazz on channel fifty-five",
        None,
    )
    bare = utterance(0, "5", slots=None)
    assert spoken_form(bare) == ("five", None)
    assert spoken_form(row("five")) == ("five", ())


@pytest.mark.parametrize(
    ("given", "spoken", "wanted"),
    [
        ("run [ACs] on [3]", "run A C s on 3", "run [A C s] on [three]"),
        ("[7:30] [ides]", "seven thirty the Ides of March", "[seven thirty] [the Ides of March]"),
        ("[7:30 pm] [lamp]", "seven thirty PM lamp", "[seven thirty PM] [lamp]"),
        ("[AC] and [TV] and [x]", "A C and T V and x", "[A C] and [T V] and [x]"),
        ("[a] [b]", "one two three", None),
        ("[a] and [b]", "one and two and three", None),
        ("play [a] now", "play something else", None),
    ],
)  # fmt: skip
def test_words_of_the_templates_are_followed_where_they_can_be(given, spoken, wanted):
    assert marked(row(given, spoken=spoken)) == wanted


WORDS = [
    "lamp",
    "to",
    "é漢😀",
    "e\u0301",
    "at",
    "Uhr",
    "von",
    "St.",
    "  ",
    ",",
    "-",
    "%",
    "€",
    "$",
    "&",
]
NUMBERS = [
    "5",
    "21",
    "7:30",
    "1/2",
    "2.50",
    "1,200",
    "3rd",
    "3.",
    "½",
    "-4",
    "555-0123",
    "2024",
    "0",
]
texts = st.lists(st.sampled_from([*WORDS, *NUMBERS, "°C", "am", "km", " ", "."]), max_size=9).map(
    lambda parts: nfc(" ".join(parts))
)
closer = st.text(alphabet="0123456789:/.,-$€%½ amkgUhr°C#é", max_size=14).map(nfc)
either = st.one_of(texts, closer)


@settings(max_examples=300, deadline=None)
@given(either, st.sampled_from(LANGUAGES))
def test_the_parts_are_the_spoken_text_and_account_for_all_of_the_written_one(text, lang):
    pieces = trace(text, lang)
    assert "".join(piece.text for piece in pieces) == (verbalise(text, lang) or text)
    covered = set()
    for piece in pieces:
        assert 0 <= piece.start <= piece.end <= len(text)
        covered.update(range(piece.start, piece.end))
        if piece.kept:
            assert piece.text == text[piece.start : piece.end]
    assert not "".join(text[n] for n in range(len(text)) if n not in covered).strip()
    kept = [n for piece in pieces if piece.kept for n in range(piece.start, piece.end)]
    assert kept == sorted(set(kept))


@settings(max_examples=300, deadline=None)
@given(either, st.sampled_from(LANGUAGES), st.data())
def test_spans_are_disjoint_within_the_words_and_unchanged_where_nothing_is_read(text, lang, data):
    size = len(text)
    cuts = sorted(data.draw(st.sets(st.integers(0, size), max_size=6)))
    pieces = trace(text, lang)
    spoken = "".join(piece.text for piece in pieces)
    taken = set()
    for start, end in zip(cuts[::2], cuts[1::2], strict=False):
        place = follow(pieces, start, end)
        if place is None:
            continue
        said = spoken[slice(*place)]
        assert said and said == said.strip()
        assert taken.isdisjoint(range(*place))
        taken.update(range(*place))
        words = spoken.split()[slice(*(lambda r: (r.start, r.stop))(words_of_span(spoken, *place)))]
        assert said in " ".join(words) if "  " not in said else True
        if spoken == text:
            assert said == text[start:end].strip()


VALUES = {
    "en": ["5 min", "7:30 am", "21.5 °C", "$12.50", "3rd", "1/2 cup", "kitchen", "555-0199"],
    "de": ["5 Minuten", "7:30 Uhr", "21,5 °C", "12,50 €", "½ Liter", "Küche", "1.200 Schritte"],
    "it": ["5", "cucina", "21"],
}  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(VALUES)), st.data())
def test_a_value_among_words_is_said_as_it_is_alone(lang, data):
    values = data.draw(st.lists(st.sampled_from(VALUES[lang]), min_size=1, max_size=4))
    carriers = data.draw(
        st.lists(st.sampled_from([" play ", ", then ", " and ", "; "]), min_size=len(values))
    )
    written = row("".join(f"{carriers[n]}[{value}]" for n, value in enumerate(values)), lang)
    spoken, spans = spoken_form(written)
    assert [spoken[start:end] for _, start, end in spans] == [
        verbalise(value, lang) or value for value in values
    ]


@pytest.mark.parametrize(
    ("spoken", "part", "words"),
    [
        ("a ninety-minute film", "ninety", ["ninety-minute"]),
        ("wake me at seven thirty AM", "seven thirty AM", ["seven", "thirty", "AM"]),
        ("play jazz, please", "jazz", ["jazz,"]),
        ("one", "one", ["one"]),
    ],
)
def test_words_of_a_span(spoken, part, words):
    start = spoken.index(part)
    found = words_of_span(spoken, start, start + len(part))
    assert spoken.split()[found.start : found.stop] == words


def test_clips_have_the_spans_of_what_is_said(tmp_path):
    lost = utterance(3, "pay $5.50 now", slots=(Slot("n", "n", "5", "5", 5, 6),))
    bare = utterance(4, "stop 5", slots=None)
    speak(tmp_path, corpus(3, lost, bare), recipe(clips=5, engines=("hibari",)))
    clips = read_table(tmp_path / "speech" / "clips.parquet").to_pylist()
    assert len(clips) == 5
    for clip in clips:
        if clip["text"] in (lost.text, bare.text):
            assert clip["spoken_slots"] is None
            continue
        (slot,), (written,) = clip["spoken_slots"], clip["slots"]
        assert clip["spoken"] != clip["text"]
        assert clip["spoken"][slot["start"] : slot["end"]] == written["text"]
        assert slot["name"] == "room"
