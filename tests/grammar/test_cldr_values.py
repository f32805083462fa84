"""Times, dates, money, durations and numbers: texts, canonical values, spoken forms."""

import subprocess
import sys
import tempfile
from collections import Counter
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.core.cldr import Numerals
from corpusforge.core.errors import InputError
from corpusforge.core.source import read_yaml
from corpusforge.core.text import fold
from corpusforge.grammar.bulk import Corpus
from corpusforge.grammar.bulk_rows import BulkRows
from corpusforge.grammar.catalogue import pack_entries
from corpusforge.grammar.compile import compile_language
from corpusforge.grammar.counting import counts
from corpusforge.grammar.coverage import cover
from corpusforge.grammar.loader import load_pack
from corpusforge.grammar.matching import Matcher
from corpusforge.grammar.series import Series
from corpusforge.grammar.splits import split_templates

GOLDEN = sorted((Path(__file__).parent / "said").glob("*.yaml"))


def series_of(lang, body):
    (values, _), *_ = pack_of(lang, body).lists
    assert isinstance(values.range, Series)
    return values.range


def pack_of(lang, body, *sentences):
    said = sentences or ("x {l}",)
    text = yaml.safe_dump(
        {
            "language": lang,
            "intents": {"a": {"data": [{"sentences": list(said)}]}},
            "lists": {"l": body},
        },
        allow_unicode=True,
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pack.yaml"
        path.write_text(text, encoding="utf-8")
        return load_pack(path)


def golden_cases():
    for path in GOLDEN:
        # our own reader: in YAML 1.1 an unquoted 7:30 is a number
        for index, entry in enumerate(read_yaml(path).value):
            yield pytest.param(path.stem, entry, id=f"{path.stem}-{index}")


@pytest.mark.parametrize(("lang", "entry"), list(golden_cases()))
def test_golden(lang, entry):
    expected = []
    for line in entry["texts"]:
        text, value, spoken = (part.strip() for part in line.split("|"))
        expected.append((text, value, {"-": "", "=": text}.get(spoken, spoken)))
    assert [tuple(said) for said in series_of(lang, entry["list"]).said()] == expected


LANGS = ("en", "en-GB", "de", "de-CH", "fr", "fr-CA", "es", "es-MX")
MORE_LANGS = (*LANGS, "ja", "ar", "hi", "pt-BR", "ru", "sv", "hu", "tr")


def forms(*names):
    return st.lists(st.sampled_from(names), min_size=1, max_size=len(names), unique=True)


@st.composite
def bodies(draw):
    """A body of a list that is right in the languages with readings of their own."""
    kind = draw(st.sampled_from(["time", "date", "money", "duration", "range"]))
    if kind == "time":
        first = draw(st.integers(0, 1439))
        step = draw(st.integers(1, 200))
        last = draw(st.integers(first, 1439))
        iso = ["{:02}:{:02}".format(*divmod(m, 60)) for m in (first, last)]
        style = draw(st.sampled_from(["12h", "24h", "both"]))
        body = {"from": iso[0], "to": iso[1], "step_min": step, "style": style}
        return {kind: {**body, "forms": draw(forms("digits", "words"))}}
    if kind == "date":
        first = draw(st.dates(date(1900, 1, 1), date(2099, 1, 1)))
        last = first + timedelta(draw(st.integers(0, 360)))
        names = ("day_month", "weekday_day_month", "day_month_year", "numeric", "weekday", "words")
        body = {"from": first.isoformat(), "to": last.isoformat()}
        return {kind: {**body, "step_days": draw(st.integers(1, 40)), "forms": draw(forms(*names))}}
    low = draw(st.integers(1, 300))
    high, step = draw(st.integers(low, 320)), draw(st.integers(1, 50))
    body = {"from": low, "to": high, "step": step}
    if kind == "money":
        currency = draw(st.sampled_from(["EUR", "USD", "GBP", "CHF", "SEK", "MXN"]))
        cents = draw(st.lists(st.integers(0, 99), min_size=1, max_size=3, unique=True))
        chosen = draw(forms("digits", "name", "words"))
        return {kind: {**body, "currency": currency, "cents": cents, "forms": chosen}}
    if kind == "duration":
        unit = draw(st.sampled_from(["second", "minute", "hour", "day", "week", "month", "year"]))
        return {kind: {**body, "unit": unit, "forms": draw(forms("digits", "short", "words"))}}
    chosen = draw(forms("digits", "words", "ordinal").filter(lambda f: f != ["digits"]))
    return {kind: {**body, "forms": chosen}}


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(LANGS), bodies())
def test_every_value_is_read_back(lang, body):
    pack = pack_of(lang, body, "zq {l} qz")
    series = pack.lists[0][0].range
    matcher = Matcher(pack)
    said = list(series.said())
    for text, value, spoken in said[:: max(1, len(said) // 25)]:
        for words in filter(None, (text, spoken, text.upper() if "ß" not in text else "")):
            sentence = f"zq {words} qz"
            readings = matcher.readings(sentence)
            assert value in {reading.slots[0].value for reading in readings}, sentence
            for reading in readings:
                (slot,) = reading.slots
                # the match leaves out punctuation at the edge: "5 Std." is read as "5 Std"
                assert words.startswith(slot.text) and slot.start == 3
                assert sentence[slot.start : slot.end] == slot.text


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(LANGS), bodies())
def test_spoken_forms_are_words(lang, body):
    for text, _, spoken in series_of(lang, body).said():
        if any(char.isdecimal() for char in text) and "range" not in body:
            assert spoken
        assert not any(char.isdecimal() for char in spoken), (text, spoken)
        assert spoken == " ".join(spoken.split())


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(LANGS), bodies())
def test_one_text_has_one_value(lang, body):
    said = list(series_of(lang, body).said())
    assert len({text for text, _, _ in said}) == len(said)
    assert all(text == " ".join(text.split()) for text, _, _ in said)


@pytest.mark.parametrize("lang", MORE_LANGS)
def test_dates_are_those_of_babel(lang):
    from babel import Locale, dates

    locale = Locale.parse(lang.replace("-", "_"))
    body = {"date": {"from": "2027-01-02", "to": "2027-12-31", "step_days": 13,
                     "forms": ["day_month_year", "weekday"]}}  # fmt: skip
    series = series_of(lang, body)
    for text, value, _ in series.forms[0]:
        day = date.fromisoformat(value)
        wanted = dates.format_skeleton("yMMMMd", day, locale=locale)
        if locale.datetime_skeletons.get("yMMMMd"):
            assert text == plain(wanted)
        assert str(day.year) in text
    names = [text for text, _, _ in series.forms[1]]
    assert names == [plain(locale.days["format"]["wide"][n]) for n in range(7)]


@pytest.mark.parametrize("lang", MORE_LANGS)
@pytest.mark.parametrize("style", ["12h", "24h"])
def test_times_are_those_of_babel(lang, style):
    from babel import dates

    body = {"time": {"from": "00:00", "to": "23:59", "step_min": 37, "style": style}}
    for text, value, _ in series_of(lang, body).said():
        skeleton = "hm" if style == "12h" else "Hm"
        wanted = dates.format_skeleton(
            skeleton, time.fromisoformat(value), locale=lang.replace("-", "_")
        )
        assert text == plain(wanted)


@pytest.mark.parametrize("lang", MORE_LANGS)
def test_money_and_durations_are_those_of_babel(lang):
    from babel import numbers, units

    locale = lang.replace("-", "_")
    body = {
        "from": 1,
        "to": 999,
        "step": 41,
        "currency": "EUR",
        "cents": [25],
        "forms": ["digits", "name"],
    }
    digits, names = series_of(lang, {"money": body}).forms
    for said, kind in ((digits, "standard"), (names, "name")):
        for text, value, _ in said:
            amount = Decimal(value.split()[0])
            wanted = numbers.format_currency(amount, "EUR", locale=locale, format_type=kind)
            assert text.replace(" ", "") == plain(wanted).replace(" ", "")
    body = {"from": 1, "to": 200, "step": 1, "unit": "hour"}
    for text, value, _ in series_of(lang, {"duration": body}).said():
        assert text == plain(units.format_unit(int(value[2:-1]), "duration-hour", locale=locale))


def plain(text):
    for char in "\u00a0\u202f":
        text = text.replace(char, " ")
    return "".join(char for char in text if char not in "\u200e\u200f\u061c").strip()


@pytest.mark.parametrize("lang", ["en", "de", "fr", "es", "ja", "ar", "hi", "ru"])
def test_number_words_are_those_of_the_library(lang):
    from unicode_rbnf import FormatPurpose, RbnfEngine

    engine = RbnfEngine.for_language(lang)
    numerals = Numerals(lang)
    for number in (*range(1, 40), 71, 80, 99, 100, 101, 365, 999, 1000, 1234):
        words = engine.format_number(number).text_by_ruleset
        clean = {" ".join(text.split()) for text in words.values()}
        assert {numerals.cardinal(number), numerals.alone(number)} <= clean
        ordinal = engine.format_number(number, FormatPurpose.ORDINAL).text_by_ruleset
        clean = {" ".join(text.split()) for text in ordinal.values()}
        assert numerals.ordinal(number) in clean
        assert set(numerals.ordinals(number)) == clean


TIMES = {"time": {"from": "06:00", "to": "22:45", "forms": ["digits", "words"]}}


def test_all_parts_of_the_grammar_know_them():
    pack = pack_of("en", TIMES, "wake me at {l}", "alarm {l:at} [please]")
    size = 2 * 68
    assert counts(pack).total.with_values == 3 * size
    corpus = Corpus(pack.templates, seed=1)
    assert corpus.size == 3 * size
    rows = BulkRows(corpus)
    batches = [rows.batch(owners, numbers) for _, owners, numbers in corpus.windows(corpus.size)]
    made = [row for batch in batches for row in batch.to_pylist()]
    assert len({row["text"] for row in made}) == len(made) == 3 * size
    language = compile_language(pack)
    matcher = Matcher(pack)
    values = {f"{h:02}:{m:02}" for h in range(6, 23) for m in (0, 15, 30, 45)}
    assert {slot["value"] for row in made for slot in row["slots"]} == values
    for row in made:
        (slot,) = row["slots"]
        assert row["text"][slot["start"] : slot["end"]] == slot["text"]
        assert language.contains(fold(row["text"]), "a")
    for row in made[::20]:
        readings = matcher.readings(row["text"])
        assert [(r.slots[0].value, r.slots[0].start, r.slots[0].end) for r in readings] == [
            (s["value"], s["start"], s["end"]) for s in row["slots"]
        ]
    assert not language.contains("wake me at 5 45 am", "a")
    entries = list(pack_entries(pack, "CC0-1.0"))
    assert {(e.text, e.value) for e in entries} == {
        (s["text"], s["value"]) for row in made for s in row["slots"]
    }


def test_a_cover_shows_first_and_last_of_every_form():
    made = cover(pack_of("en", TIMES, "wake me at {l}"))
    assert [row.text for row in made.rows] == [
        "wake me at 6:00 AM",
        "wake me at 10:45 PM",
        "wake me at six a m",
        "wake me at ten forty-five p m",
    ]
    assert made.certificate.values == 4


def test_values_are_held_out_in_all_forms():
    pack = pack_of("en", TIMES, "wake me at {l}")
    splits, _ = split_templates(pack.templates, seed=3)
    corpus = Corpus(pack.templates, seed=3, splits=splits, hold_out="values")
    rows = BulkRows(corpus)
    sides = {}
    for _, owners, numbers in corpus.windows(corpus.size):
        for row in rows.batch(owners, numbers).to_pylist():
            sides.setdefault(row["slots"][0]["value"], set()).add(row["split"])
    assert all(len(found) == 1 for found in sides.values())
    assert Counter(split for (split,) in sides.values()).keys() == {"train", "validation", "test"}
    assert not corpus.proof().shared_words


def test_equal_lists_in_two_files_are_one(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(
            f"language: en\nintents: {{{name}: {{data: [{{sentences: ['{name} {{t}}']}}]}}}}\n"
            "lists: {t: {time: {from: '06:00', to: '07:00'}}}\n"
        )
    assert len(load_pack(tmp_path).lists) == 1
    text = (tmp_path / "b.yaml").read_text().replace("07:00", "08:00")
    (tmp_path / "b.yaml").write_text(text)
    with pytest.raises(InputError, match="was defined otherwise before"):
        load_pack(tmp_path)


def test_the_language_of_the_file_counts(tmp_path):
    for tag, name in (("en", "american"), ("en-GB", "british")):
        (tmp_path / f"{tag}.yaml").write_text(
            f"language: {tag}\nintents: {{{name}: {{data: [{{sentences: ['go {{{name}}}']}}]}}}}\n"
            f"lists: {{{name}: {{date: {{from: 2027-03-05, to: 2027-03-05}}}}}}\n"
        )
    pack = load_pack(tmp_path, lang="en")
    texts = {values.range.number(0)[0] for values, _ in pack.lists}
    assert texts == {"March 5", "5 March"}


def test_a_list_may_also_say_that_it_is_a_wildcard():
    # hassil does not know "time" and needs one of its own kinds
    from hassil.intents import Intents, WildcardSlotList

    body = {**TIMES, "wildcard": True}
    assert series_of("en", body) == series_of("en", TIMES)
    intents = Intents.from_dict(
        {
            "language": "en",
            "intents": {"a": {"data": [{"sentences": ["wake me at {l}"]}]}},
            "lists": {"l": body, "m": {"range": {"from": 1, "to": 5, "forms": ["words"]}}},
        }
    )
    assert isinstance(intents.slot_lists["l"], WildcardSlotList)


def test_ranges_in_digits_alone_are_as_before():
    plain, listed = (
        pack_of("en", {"range": {"from": 1, "to": 5, **more}})
        for more in ({}, {"forms": ["digits"]})
    )
    assert plain.lists[0][0].range == listed.lists[0][0].range
    assert not isinstance(plain.lists[0][0].range, Series)


def test_words_and_ordinals_of_every_gender_are_read():
    matcher = Matcher(pack_of("es", {"range": {"from": 1, "to": 30, "forms": ["ordinal"]}}))
    for words in ("primera", "primer", "primero"):
        assert [r.slots[0].value for r in matcher.readings(f"x {words}")] == ["1"]
    assert [r.slots[0].value for r in matcher.readings("x veintiún")] == ["21"]


def test_other_spellings_are_read():
    matcher = Matcher(pack_of("en", {"time": {"from": "06:00", "to": "23:00"}}, "x {l}"))
    for words in ("7:30AM", "07:30 am", "7:30 a.m", "seven thirty AM", "seven thirty a m"):
        assert [r.slots[0].value for r in matcher.readings(f"x {words}")] == ["07:30"], words
    assert matcher.readings("x 7:35 AM") == ()
    french = Matcher(
        pack_of("fr", {"time": {"from": "15:00", "to": "15:00", "forms": ["colloquial"]}})
    )
    assert french.readings("x trois heures de l'après-midi")[0].slots[0].value == "15:00"


def test_values_are_read_as_they_are_said_too():
    values = {"values": [{"in": "AC", "out": "ac", "spoken": "A C"}, "TV"]}
    matcher = Matcher(pack_of("en", values, "the {l} now"))
    for words in ("AC", "a c", "A C"):
        (reading,) = matcher.readings(f"the {words} now")
        assert reading.slots[0][1:6] == ("l", "ac", words, 4, 4 + len(words))


@pytest.mark.parametrize(
    "lang", ["es-419", "en-001", "en-Dsrt", "sr-Latn", "zh-Hant", "fa", "pt-BR"]
)
def test_regions_and_scripts(lang):
    bodies = [
        {"time": {"from": "06:00", "to": "07:00"}},
        {"date": {"from": "2027-03-05", "to": "2027-03-08", "forms": ["weekday_day_month"]}},
        {"money": {"from": 3, "to": 4, "currency": "EUR", "cents": [50]}},
        {"duration": {"from": 1, "to": 3, "unit": "hour"}},
        {"range": {"from": 1, "to": 3, "forms": ["digits", "words"]}},
    ]
    for body in bodies:
        pack = pack_of(lang, body, "zq {l} qz")
        matcher = Matcher(pack)
        for text, value, spoken in pack.lists[0][0].range.said():
            readings = matcher.readings(f"zq {text} qz")
            assert [reading.slots[0].value for reading in readings] == [value]
            assert not (spoken and lang == "en-Dsrt" and "range" not in body)


def test_only_such_lists_import_babel(tmp_path):
    code = (
        "import sys; from pathlib import Path; from corpusforge.grammar.loader import load_pack\n"
        "load_pack(Path(sys.argv[1])); print('babel' in sys.modules, 'unicode_rbnf' in sys.modules)"
    )
    for body, said in (("{range: {from: 1, to: 5}}", "False False"), ("{time: {}}", "True True")):
        path = tmp_path / "pack.yaml"
        head = "language: en\nintents: {a: {data: [{sentences: ['x {l}']}]}}\n"
        path.write_text(f"{head}lists: {{l: {body}}}\n", encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == said
