"""What may be published: refused before the build where it is known, at export otherwise."""

import json
import re

import pytest

from corpusforge import api
from corpusforge.cli import main
from corpusforge.core.errors import InputErrors, RunError
from corpusforge.core.schema import CLIPS, read_table, write_table
from corpusforge.export import stage
from corpusforge.export.licenses import tool_sentence
from corpusforge.export.verify import verify_release
from corpusforge.speech.engine import Voice
from corpusforge.speech.engines.hibari import PLUGIN as HIBARI
from corpusforge.speech.talkers import talker
from tests.export.corpus import VOICE_LICENSE, context

RECIPE = "name: t\nlang: en\nlicense: {license}\ngrammar: {{path: t.yaml}}\nexpand: {{rows: 0}}\n"
TEMPLATES = 'language: en\nintents:\n  On:\n    data:\n      - sentences: ["turn on [now]"]\n'


@pytest.fixture
def write(tmp_path):
    def _write(license_, more="speech: {clips: 0}\n"):
        (tmp_path / "t.yaml").write_text(TEMPLATES)
        (tmp_path / "rows.jsonl").write_text('{"text": "go on", "intent": "On"}\n')
        path = tmp_path / "recipe.yaml"
        path.write_text(RECIPE.format(license=license_) + more)
        return path

    return _write


@pytest.mark.parametrize(
    ("license_", "why"),
    [
        ("CC-BY-NC-4.0", "non-commercial"),
        ("NOASSERTION", "unknown"),
        ("MIT AND UNKNOWN", "unknown"),
    ],
)
def test_templates_that_may_not_be_published_stop_before_anything(write, tmp_path, license_, why):
    path = write(license_)
    name = license_.split(" ")[-1]
    with pytest.raises(
        InputErrors, match=rf"license of the templates is {why} \({name}\)"
    ) as error:
        api.build(path, tmp_path / "out")
    assert error.value.exit_code == 2
    assert not (tmp_path / "out").exists()
    assert f"export: {{allow_licenses: [{name}]}}" in str(error.value)
    notes = api.validate(path, [f"export.allow_licenses=[{name.lower()}]"]).notes
    assert any("export.allow_licenses lets it through" in note for note in notes)


def test_real_rows_count_where_something_of_them_is_published(write):
    real = "real: {{path: rows.jsonl, license: LicenseRef-unknown{}}}\nspeech: {{clips: 0}}\n"
    api.validate(write("MIT", real.format("")))
    with pytest.raises(InputErrors, match="license of the real rows is unknown"):
        api.validate(write("MIT", real.format(", publish: true")))
    with pytest.raises(InputErrors, match="license of the real rows is unknown"):
        api.validate(write("MIT", real.format("")), ["expand.rows=5"])


def test_voices_are_known_before_anything_is_spoken(write, monkeypatch, capsys):
    path = write("MIT", "speech: {clips: 3, engines: [hibari]}\n")
    assert main(["validate", str(path)]) == 0
    declared = "corpusforge.speech.engines.hibari.distribution_license"
    monkeypatch.setattr(declared, lambda name: "NOASSERTION")
    assert main(["validate", str(path)]) == 2
    said = capsys.readouterr().err
    voice = HIBARI.voices("en")[0].name
    assert f"engine hibari may not be published: NOASSERTION (unknown, e.g. voice {voice})" in said
    assert main(["validate", str(path), "--set", "export.allow_licenses=[NOASSERTION]"]) == 0


def test_a_recipe_of_init_builds_and_says_what_it_lets_through(tmp_path):
    (tmp_path / "rows.csv").write_text("text,intent\nturn it on,On\nturn it off,Off\n")
    notes = api.validate(
        api.init(tmp_path / "mine", tmp_path / "rows.csv"), ["speech.clips=0"]
    ).notes
    assert any("LicenseRef-unknown" in note and "lets it through" in note for note in notes)


def edited(ctx, edit):
    """The clips of the small corpus, edited before export sees them."""
    path = ctx.inputs["audio_gate"] / "clips.parquet"
    rows = read_table(path).to_pylist()
    for row in rows:
        edit(row)
    write_table(CLIPS.empty_table().from_pylist(rows, CLIPS), path)
    return ctx


def noisy(license_):
    params = json.dumps({"file": "a.wav", "license": license_, "seed": 1})
    return lambda row: row["chain"].append({"op": "noise", "version": "3", "params": params})


def babbling(license_):
    voice = Voice("v0", "en", license_, "female", "")
    one = talker("tone", "1", voice, "hello", 1.0, 3)
    params = json.dumps({"kind": "babble", "talkers": f"[{one}]", "seed": 1})
    return lambda row: row["chain"].append({"op": "noise", "version": "3", "params": params})


def as_another(edit):
    """The same noise as a further source, behind one that is made."""

    def further(row):
        edit(row)
        params = json.loads(row["chain"][-1]["params"])
        others = json.dumps([params | {"level_db": -3.0}])
        row["chain"][-1]["params"] = json.dumps({"kind": "hum", "seed": 2, "others": others})

    return further


@pytest.mark.parametrize("edit", [babbling("CC-BY-4.0"), as_another(babbling("CC-BY-4.0"))])
def test_voices_of_babble_stand_in_license_and_facts(tmp_path, edit):
    ctx = edited(context(tmp_path), edit)
    stage.run(ctx)
    folder = ctx.folder / "release"
    assert verify_release(folder) == []
    facts = json.loads((folder / "release.json").read_text())
    assert facts["licenses"]["noises"] == {"CC-BY-4.0": sum(facts["clips"].values())}
    assert facts["license"] == "Apache-2.0 AND CC-BY-4.0 AND CC0-1.0"
    assert "Recorded noise and babble in clips" in (folder / "LICENSE").read_text()


@pytest.mark.parametrize("edit", [noisy("CC-BY-4.0"), as_another(noisy("CC-BY-4.0"))])
def test_recorded_noise_stands_in_license_card_and_facts(tmp_path, edit):
    ctx = edited(context(tmp_path), edit)
    stage.run(ctx)
    folder = ctx.folder / "release"
    assert verify_release(folder) == []
    facts = json.loads((folder / "release.json").read_text())
    clips = sum(facts["clips"].values())
    assert facts["licenses"]["noises"] == {"CC-BY-4.0": clips}
    assert facts["license"] == "Apache-2.0 AND CC-BY-4.0 AND CC0-1.0"
    text = (folder / "LICENSE").read_text()
    assert f"  CC-BY-4.0: {clips} clips" in text
    for voice in ("tone/v0", "tone/v1"):
        assert f"  {VOICE_LICENSE}: {voice}, " in text
    card = (folder / "README.md").read_text()
    assert "- Recorded noise and babble in clips: CC-BY-4.0." in card
    assert "no recording of a person is in it, but for recorded noise" in card
    facts["licenses"]["noises"] = {}
    (folder / "release.json").write_text(json.dumps(facts))
    assert any("licenses are not those" in problem.detail for problem in verify_release(folder))


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (noisy("CC-BY-NC-4.0"), r"CC-BY-NC-4\.0 \(non-commercial\): noises, \d clips"),
        (babbling("CC-BY-NC-4.0"), r"CC-BY-NC-4\.0 \(non-commercial\): noises, \d clips"),
        (babbling(""), r"NOASSERTION \(unknown\): noises, \d clips"),
        (noisy(""), r"NOASSERTION \(unknown\): noises, \d clips"),
        (lambda row: row.update(voice_license=None), r"NOASSERTION \(unknown\): voices, \d clips"),
        (
            lambda row: row.update(voice_license="CC-BY-NC-SA-4.0"),
            r"CC-BY-NC-SA-4\.0 \(non-commercial\): voices, \d clips",
        ),
    ],
)
def test_what_is_only_known_at_export_is_refused_there(tmp_path, edit, told):
    ctx = edited(context(tmp_path), edit)
    with pytest.raises(RunError, match=told):
        stage.run(ctx)
    assert not list(ctx.folder.iterdir())


def voice_of_a_recipe(row):
    if row["voice"] == "v0":
        row.update(engine="command", voice_source="./say {text} {out} {speed}")


def test_who_says_so_of_a_license_is_told_voice_by_voice(tmp_path):
    stage.run(edited(context(tmp_path / "own"), lambda row: None))
    stage.run(edited(context(tmp_path / "both"), voice_of_a_recipe))
    stage.run(edited(context(tmp_path / "theirs"), lambda row: row.update(voice_source="a/b")))
    said = {
        "own": "as its package or source declares it",
        "both": "as its package or source declares it and as the recipe states it for command/v0",
        "theirs": "as the recipe states it for tone/v0, tone/v1",
    }
    for name, who in said.items():
        (folder,) = tmp_path.glob(f"{name}/**/release")
        assert verify_release(folder) == []
        for file in ("LICENSE", "README.md"):
            assert f"that spoke, {who}, and no statement" in (folder / file).read_text()
    text, card = (
        next(tmp_path.glob("both/**/release")) / name for name in ("LICENSE", "README.md")
    )
    told = text.read_text()
    assert re.search(rf"  {VOICE_LICENSE}: command/v0, \d+ clips? \(as the recipe states\)\n", told)
    assert re.search(rf"  {VOICE_LICENSE}: tone/v1, \d+ clips?\n", told)
    # The version of an engine that runs programs is not theirs.
    assert "| command |  | v0 |" in card.read_text()
    assert "| tone | 1 | v1 |" in card.read_text()


def test_many_voices_of_a_recipe_are_not_all_named():
    voices = [{"engine": "piper", "voice": f"v{n}", "voice_source": "x.onnx"} for n in range(9)]
    clips = CLIPS.empty_table().from_pylist(voices, CLIPS)
    assert "states it for piper/v0, piper/v1, piper/v2 and 6 more, and" in tool_sentence(clips)
