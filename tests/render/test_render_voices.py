"""Who speaks the rows of a table, in which language, and under which license."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corpusforge import api
from corpusforge.api import RenderOptions
from corpusforge.cli import main
from corpusforge.core.errors import InputError, InputErrors
from corpusforge.render.options import recipe_for
from corpusforge.render.table import read_table_rows
from corpusforge.speech.engines.espeak import PLUGIN as ESPEAK
from corpusforge.speech.planning import plan_clips
from tests.render.rendered import HIBARI, metadata, write_csv

needs_espeak = pytest.mark.skipif(bool(ESPEAK.missing()), reason=ESPEAK.missing())


@needs_espeak
def test_all_voices_speak_where_the_table_has_no_splits(tmp_path):
    rows = [[f"say the number {n}", "train"] for n in range(2000)]
    engine = RenderOptions(engines=("espeak",))
    heard = []
    for name, header in (("all", ("text", "x")), ("train", ("text", "split"))):
        table = read_table_rows(write_csv(tmp_path / f"{name}.csv", rows, header), engine)
        recipe = recipe_for(engine, tmp_path / f"{name}.csv", len(rows), splits=table.splits)
        clips = plan_clips(recipe, table.table).clips
        heard.append({clip.plan.voice.who for clip in clips})
    assert heard[0] == {voice.who for voice in ESPEAK.voices("en")}
    assert heard[1] < heard[0]


@needs_espeak
def test_rows_of_several_languages(tmp_path):
    path = write_csv(
        tmp_path / "rows.csv",
        [["good night", "en"], ["gute Nacht um 20 Uhr", "de"]],
        ("text", "language"),
    )
    out = tmp_path / "out"
    arguments = ["--engines", "espeak", "--set", "speech.noise_probability=0", "-q"]
    assert main(["render", str(path), "-o", str(out), *arguments]) == 0
    rows = metadata(out)
    assert [row["lang"] for row in rows] == ["en", "de"]
    assert "zwanzig" in rows[1]["spoken"]
    assert [row["snr_db"] for row in rows] == ["", ""]
    with pytest.raises(InputErrors, match="hibari does not speak 'de'"):
        api.render(path, tmp_path / "other", RenderOptions(engines=("hibari",)))
    assert not (tmp_path / "other").exists()


def test_a_language_that_nobody_speaks_is_named_with_its_rows(tmp_path):
    rows = [["good night", "en"], ["nuqneH", "tlh-x"], ["good night", ""], ["Qapla'", "tlh-x"]]
    path = write_csv(tmp_path / "rows.csv", rows, ("text", "language"))
    with pytest.raises(InputErrors) as error:
        api.render(path, tmp_path / "out", RenderOptions(engines=("auto",)))
    (told,) = error.value.errors
    said = "no engine that is installed speaks 'tlh-x', the language of line 3 of the table and 1"
    assert said in told.message
    assert "corpusforge voices" in told.hint and "speech.clips" not in told.hint
    with pytest.raises(InputErrors) as error:
        api.render(path, tmp_path / "out", HIBARI)
    (told,) = error.value.errors
    assert "hibari does not speak 'tlh-x', the language of line 3 of the table" in told.message


@needs_espeak
def test_few_families_and_a_missing_sex_are_told_for_each_language_of_the_rows(tmp_path):
    rows = [["gute Nacht", "de"], ["bonne nuit", "fr"]]
    path = write_csv(tmp_path / "rows.csv", rows, ("text", "language"))
    made = api.render(path, tmp_path / "out", replace(HIBARI, lang="en", engines=("espeak",)))
    few = [note for note in made.notes if "family of engines" in note]
    assert [note.split(":")[0] for note in few] == ["de", "fr"]


def test_voices_that_may_not_be_passed_on(table, tmp_path, monkeypatch):
    declared = "corpusforge.speech.engines.hibari.distribution_license"
    monkeypatch.setattr(declared, lambda name: "CC-BY-NC-4.0")
    with pytest.raises(InputErrors, match=r"CC-BY-NC-4\.0 \(non-commercial, e\.g\. voice"):
        api.render(table, tmp_path / "out", HIBARI)
    allow = replace(HIBARI, clips=1, overrides=["export.allow_licenses=[CC-BY-NC-4.0]"])
    api.render(table, tmp_path / "out", allow)
    assert "CC-BY-NC-4.0: hibari/" in (tmp_path / "out" / "LICENSE").read_text()


def test_licenses_of_texts_are_refused_or_allowed_and_unstated_ones_said(tmp_path):
    rows = [["good night", "CC-BY-NC-4.0"], ["good morning", ""]]
    table = write_csv(tmp_path / "said.csv", rows, ("text", "license"))
    with pytest.raises(InputError, match=r"CC-BY-NC-4\.0 \(non-commercial\): 1") as error:
        api.render(table, tmp_path / "clips", HIBARI)
    assert not (tmp_path / "clips").exists()
    way_out = "export.allow_licenses=[CC-BY-NC-4.0]"
    assert way_out in str(error.value)
    made = api.render(table, tmp_path / "clips", replace(HIBARI, overrides=(way_out,)))
    assert made.facts["licenses"]["texts"] == {"CC-BY-NC-4.0": 1, "NOASSERTION": 1}
    assert any("1 of the rows state no license" in note for note in made.notes)
