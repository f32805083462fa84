"""Padatious and OVOS: every construct, and an expansion by hand."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.core.errors import InputError
from corpusforge.grammar.import_pack import import_pack
from corpusforge.grammar.loader import load_pack
from tests.grammar.foreign.imports import imported, lost, said, texts, write
from tests.grammar.packs import everything

INTENT = """\
// a comment of Padatious
# a comment of OVOS
(Play|put on) [some] {Genre} (music|songs|)

  set a light[s] {{ level }} <polite>
(just)  stop
#: to
at 10:05 play {Genre}
"""
FILES = {
    "play.intent": INTENT,
    "genre.entity": "jazz\n(hard |)rock\n\n# not me\n",
    "level.entity": "#0\n# percent\n",
    "polite.voc": "please\n(would|could) you <kindly>\n",
    "kindly.voc": "[kindly]\n",
    "unused.voc": "words\n",
    "play.blacklist": "stop it\n",
    "date.rx": "(?P<x>a)\n",
    "play.dialog": "playing {Genre}\n",
}


def test_every_construct(tmp_path):
    result, pack, _ = imported(tmp_path, "padatious", FILES, lang="en-us")
    wanted = set()
    for verb, some, genre, what in product(
        ("Play", "put on"), ("", "some "), ("jazz", "hard rock", "rock"), (" music", " songs", "")
    ):
        wanted.add(("play", f"{verb} {some}{genre}{what}", (("Genre", genre, genre),)))
    polite = ("please", *(f"{v} you{k}" for v, k in product(("would", "could"), ("", " kindly"))))
    for light, number, end in product(("light", "lights"), range(10), polite):
        slots = (("level", f"{number}0", f"{number}0"),)
        wanted.add(("play", f"set a {light} {number}0 {end}", slots))
    wanted.add(("play", "just stop", ()))
    wanted |= {("play", f"{number}: to", ()) for number in range(10)}
    wanted |= {
        ("play", f"at 10:05 play {genre}", (("Genre", genre, genre),))
        for genre in ("jazz", "hard rock", "rock")
    }
    assert said(pack) == wanted
    assert pack.lang == "en-us"
    assert sorted(lost(result)) == [
        (1, "the file date.rx"),
        (1, "the file play.blacklist"),
        (1, "the file unused.voc"),
        (2, "the line '# a comment of OVOS'"),
        (2, "the line '# percent'"),
        (4, "the line '# not me'"),
        (6, "(just)"),
    ]


def test_slots_without_values_types_and_any_word(tmp_path):
    files = {"a.intent": "play {song}\nremind me {date:when}\nsay :0 twice\nstop\n"}
    result, pack, _ = imported(tmp_path, "padatious", files)
    assert result.open_templates == 3
    assert texts(pack) == {("a", "stop")}
    assert lost(result) == [(2, "the type 'date' of the slot 'when'"), (3, "':0'")]
    assert any("is any words at all" in note for note in result.notes)


def test_locales(tmp_path):
    files = {
        "locale/en-us/on.intent": "on\n",
        "locale/en-us/deep/off.intent": "off {room}\n",
        "locale/en-us/vocab/room.entity": "hall\n",
        "locale/de-de/on.intent": "an\n",
        "locale/de/off.intent": "aus\n",
        "locale/fr-fr/only.voc": "oui\n",
    }
    source = write(tmp_path / "source", files)
    with pytest.raises(InputError, match="holds several languages; name one") as caught:
        import_pack("padatious", source, tmp_path / "out")
    assert caught.value.allowed == ("de", "de-de", "en-us")
    with pytest.raises(InputError, match="several languages 'en'; name one"):
        files_of_both = files | {"locale/en-gb/on.intent": "on\n"}
        both = write(tmp_path / "both", files_of_both)
        import_pack("padatious", both, tmp_path / "out", lang="en")
    # A tag that is there is the one that is meant.
    import_pack("padatious", source, tmp_path / "german", lang="de")
    assert texts(load_pack(tmp_path / "german")) == {("off", "aus")}
    with pytest.raises(InputError, match="nothing in the language 'fr'"):
        import_pack("padatious", source, tmp_path / "out", lang="fr")
    _, pack, _ = imported(tmp_path, "padatious", files, path=".", lang="en")
    assert pack.lang == "en-US"
    assert texts(pack) == {("on", "on"), ("off", "off hall")}
    _, pack, _ = imported(tmp_path / "locale", "padatious", files, path="locale", lang="de-DE")
    assert texts(pack) == {("on", "an")}
    _, pack, _ = imported(tmp_path / "one", "padatious", files, path="locale/en-us")
    assert pack.lang == "en-US"


def test_skills_keep_their_entities_and_intents_apart(tmp_path):
    files = {
        "lamps/locale/en-us/on.intent": "light the {what}\n",
        "lamps/locale/en-us/what.entity": "lamp\n",
        "tv/locale/en-us/on.intent": "show me {what}\n",
        "tv/locale/en-us/mute.intent": "mute\n",
        "tv/locale/en-us/what.entity": "news\n",
    }
    _, pack, _ = imported(tmp_path, "padatious", files, path=".")
    assert texts(pack) == {
        ("lamps.on", "light the lamp"),
        ("tv.on", "show me news"),
        ("mute", "mute"),
    }
    assert {s.name for _, _, slots in everything(pack) for s in slots} == {"what"}


def test_two_files_of_one_name(tmp_path):
    files = {"a/on.intent": "on {x}\n", "a/x.entity": "p\n", "b/x.entity": "q\n"}
    result, pack, _ = imported(tmp_path, "padatious", files)
    assert texts(pack) == {("on", "on p")}
    assert lost(result) == [(1, "the file x.entity, which is also in a")]


BROKEN = {
    "(a": ("2:1", "'(' is never closed"),
    "go a)": ("2:5", "')' closes nothing"),
    "go (a]": ("2:6", "expected ')', found ']'"),
    "go {x": ("2:4", "'{' is never closed"),
    "go <x>": ("2:4", "there is no file x.voc for <x>"),
}


@pytest.mark.parametrize("line", BROKEN)
def test_a_line_that_cannot_be_read_is_left_out(tmp_path, line):
    place, message = BROKEN[line]
    result, pack, _ = imported(tmp_path, "padatious", {"a.intent": f"stop\n  {line}\n"})
    assert texts(pack) == {("a", "stop")}
    (loss,) = result.losses
    assert message in loss.what
    line_number, column = map(int, place.split(":"))
    assert (loss.position.line, loss.position.column) == (line_number, column + 2)
    # Where nothing else is left, it is an error.
    write(tmp_path, {"b.intent": f"\n{line}\n"})
    with pytest.raises(InputError, match=re.escape(f"b.intent:{place}: {message}")):
        import_pack("padatious", tmp_path / "b.intent", tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_vocabularies_in_a_circle_and_slots_in_values(tmp_path):
    files = {
        "a.intent": "go <x>\nstop\n",
        "x.voc": "p <y>\n",
        "y.voc": "<x>\n",
        "e.entity": "in {f}\nout\n",
    }
    result, pack, _ = imported(tmp_path, "padatious", files)
    assert ("a", "stop") in texts(pack)
    assert [(loss.position.file.rpartition("/")[2], loss.what) for loss in result.losses] == [
        ("e.entity", "the line 'in {f}' (only sentences of an .intent file hold slots)"),
        ("y.voc", "the line '<x>' (<x> refers to itself (x -> y -> x))"),
    ]


def expanded(line):
    """All that a line says, by replacing the innermost brackets until there are none."""
    found = re.search(r"\(([^()\[\]]*)\)|\[([^()\[\]]*)\]", line)
    if found is None:
        return {" ".join(line.split())}
    choices = found[1].split("|") if found[1] is not None else [*found[2].split("|"), ""]
    before, after = line[: found.start()], line[found.end() :]
    return {made for choice in choices for made in expanded(f"{before}{choice}{after}")}


def _grow(inner):
    two = st.tuples(inner, inner)
    return st.one_of(
        two.map(" ".join),
        two.map("".join),
        two.map(lambda p: f"({p[0]}|{p[1]})"),
        two.map(lambda p: f"({p[0]}| {p[1]}|)"),
        inner.map(lambda e: f"[{e}]"),
        two.map(lambda p: f"[{p[0]}|{p[1]}]"),
    )


LINES = st.recursive(st.sampled_from(["go", "a", "don't", "é", "x:y"]), _grow, max_leaves=6)


@settings(max_examples=80, deadline=None)
@given(LINES)
def test_the_language_is_that_of_an_expansion_by_hand(tmp_path_factory, line):
    files = {"a.intent": f"{line}\nfixed\n"}
    _, pack, _ = imported(tmp_path_factory.mktemp("padatious"), "padatious", files)
    assert texts(pack) == {("a", text) for text in expanded(line) if text} | {("a", "fixed")}
