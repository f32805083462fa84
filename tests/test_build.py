"""The whole way on the tiny recipe: same bytes however it is run."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import jsonschema
import pyarrow.compute as pc
import pytest
from referencing import Registry, Resource

from corpusforge import api
from corpusforge.core.errors import InputError
from corpusforge.core.recipe_file import load_recipe
from corpusforge.core.schema import read_table
from corpusforge.core.text import fold
from corpusforge.export.verify import verify_release
from corpusforge.pipeline import stage_names
from tests.build_outputs import NO_GAN, clean_rows, digests, outputs

NLU_COLUMNS = [
    "id",
    "text",
    "lang",
    "intent",
    "slots",
    "tokens",
    "bio",
    "template",
    "origin",
    "generation",
    "weight",
    "license",
]
SPEECH_COLUMNS = [
    "clip_id",
    "utterance_id",
    "audio",
    "text",
    "spoken",
    "intent",
    "slots",
    "spoken_slots",
    "words",
    "engine",
    "voice",
    "voice_license",
    "snr_db",
    "duration_s",
]


def test_release_opens_in_datasets(tiny_run):
    datasets = pytest.importorskip("datasets")
    nlu = datasets.load_dataset(str(tiny_run / "release"), "nlu")
    speech = datasets.load_dataset(str(tiny_run / "release"), "speech")
    assert set(nlu) == {"train", "validation", "test"}
    assert list(nlu["train"].features) == NLU_COLUMNS
    assert list(speech["train"].features) == SPEECH_COLUMNS
    assert sum(split.num_rows for split in speech.values()) == 6


def test_nothing_leaks_and_nothing_is_double(tiny_run):
    folder = tiny_run / "stages"
    clean = read_table(next(folder.glob("clean-*")) / "utterances.parquet")
    rows = clean.to_pylist()
    splits = {}
    for row in rows:
        splits.setdefault(row["template"], set()).add(row["split"])
    assert [t for t, found in splits.items() if t and len(found) > 1] == []
    assert max(Counter(fold(row["text"]) for row in rows).values()) == 1
    assert all(row["split"] == "train" for row in rows if row["origin"] == "gan")
    assert sum(row["origin"] == "gan" for row in rows) > 0
    for row in rows:
        for slot in row["slots"]:
            assert row["text"][slot["start"] : slot["end"]] == slot["text"]


def test_every_row_is_kept_or_dropped_with_a_reason(tiny_run):
    folder = tiny_run / "stages"
    expand = read_table(next(folder.glob("expand-*")) / "utterances.parquet")["id"]
    clean = next(folder.glob("clean-*"))
    kept = read_table(clean / "utterances.parquet")["id"]
    dropped = read_table(clean / "dropped.parquet")
    assert sorted(expand.to_pylist()) == sorted(kept.to_pylist() + dropped["id"].to_pylist())
    assert all(dropped["reason"].to_pylist())


@pytest.mark.parametrize("workers", [1, 2])
def test_processes_give_the_same_bytes(tiny_run, tmp_path, tiny_recipe, workers):
    out = tmp_path / "corpus"
    api.build(tiny_recipe, out, executor="process", workers=workers)
    assert outputs(out) == outputs(tiny_run)


def test_exporting_only_removes_the_page_of_another_release(tmp_path, tiny_recipe):
    out = tmp_path / "corpus"
    overrides = [*NO_GAN, "speech.clips=0"]
    api.build(tiny_recipe, out, overrides=overrides)
    api.build(tiny_recipe, out, overrides=[*overrides, "seed=4"], until="export")
    assert (out / "release").is_dir()
    assert not (out / "report.html").exists()
    assert not (out / "manifest.json").exists()


def test_a_second_run_does_nothing(tiny_recipe, tmp_path):
    out = tmp_path / "corpus"
    api.build(tiny_recipe, out, overrides=NO_GAN)
    before = digests(out)
    summary = api.build(tiny_recipe, out, overrides=NO_GAN)
    assert summary.reused == stage_names()
    assert digests(out) == before


def clips_of(run):
    folder = next((run / "stages").glob("audio_gate-*"))
    return {row["clip_id"]: row for row in read_table(folder / "clips.parquet").to_pylist()}


def test_editing_one_template_keeps_the_other_rows(tiny_recipe, tmp_path):
    out = tmp_path / "corpus"
    # 80 of 90 rows are spoken, so that one clip is little more than one percent.
    overrides = [*NO_GAN, "speech.clips=80"]
    api.build(tiny_recipe, out, overrides=overrides)
    rows = {r["id"]: r for r in clean_rows(out)}
    clips = clips_of(out)
    templates = tiny_recipe.parent / "templates" / "lights.yaml"
    templates.write_text(templates.read_text().replace("make the {area} dark", "darken the {area}"))
    summary = api.build(tiny_recipe, out, overrides=overrides)
    again = {r["id"]: r for r in clean_rows(out)}
    same = set(rows) & set(again)
    assert len(same) >= 0.9 * len(rows)
    assert all(rows[i] == again[i] for i in same)
    changed = clips_of(out)
    kept = set(clips) & set(changed)
    assert all(clips[i] == changed[i] for i in kept)
    # DESIGN: at least 95 % of the clips of unchanged rows are not rendered again.
    unchanged = [clip for clip in changed.values() if clip["utterance_id"] in same]
    assert len([c for c in unchanged if c["clip_id"] in kept]) >= 0.95 * len(unchanged)
    assert summary.facts("speech")["rendered"] == len(set(changed) - set(clips))


def test_adding_an_intent_keeps_label_ids(tiny_recipe, tmp_path):
    datasets = pytest.importorskip("datasets")
    out = tmp_path / "corpus"
    overrides = [*NO_GAN, "speech.clips=0"]
    api.build(tiny_recipe, out, overrides=overrides)
    first = datasets.load_dataset(str(out / "release"), "nlu")["train"].features["intent"].names
    (tiny_recipe.parent / "templates" / "more.yaml").write_text(
        "language: en\nintents:\n  Alarm:\n    data:\n      - sentences:\n"
        '          - "wake me up [please]"\n          - "set an alarm [please]"\n'
        '          - "alarm [please] now"\n'
    )
    api.build(tiny_recipe, out, overrides=overrides)
    second = datasets.load_dataset(str(out / "release"), "nlu")["train"].features["intent"].names
    assert second == [*first, "Alarm"]


SONGS = [f"{first} {second}" for first in ("blue", "red", "late", "cold", "lost")
         for second in ("river", "summer", "train", "letter")]  # fmt: skip


def test_held_out_values_stay_out_of_train_and_of_generated_rows(tiny_recipe, tmp_path):
    templates = tiny_recipe.parent / "templates"
    listed = ", ".join(SONGS)
    (templates / "songs.yaml").write_text(
        f"language: en\nlists: {{song: {{values: [{listed}]}}}}\nintents:\n  Play:\n    data:\n"
        '      - sentences: ["play {song} [now]", "(put|turn) on {song}", "let me hear {song}"]\n'
    )
    out = tmp_path / "corpus"
    held = ["grammar.hold_out=values", "grammar.rows=200", "speech.clips=0", "expand.rows=12"]
    api.build(tiny_recipe, out, overrides=held)
    rows = clean_rows(out)
    values = {}
    for row in rows:
        for slot in row["slots"]:
            if slot["entity"] == "song":
                values.setdefault(row["split"], set()).add(slot["value"])
    assert set(values) == {"train", "validation", "test"}
    assert sum(map(len, values.values())) == len(set.union(*values.values())) <= len(SONGS)
    # What train lost are not the rows whose sentence stands in test with another value.
    assert Counter(row["split"] for row in rows)["train"] > 0.6 * len(rows)
    assert sum(row["origin"] == "gan" for row in rows) > 0
    card = (out / "release" / "README.md").read_text()
    assert "with other values" in card and "both share 0 of them" in card
    page = (out / "report.html").read_text()
    assert "splits differ in their slot values" in page


def test_a_cover_is_accounted_for_in_the_release(tiny_recipe, tmp_path):
    out = tmp_path / "corpus"
    api.build(tiny_recipe, out, overrides=[*NO_GAN, "speech.clips=0", "grammar.coverage=true"])
    release = json.loads((out / "release" / "release.json").read_text())["grammar"]
    coverage = release["coverage"]
    ids = {row["id"] for row in clean_rows(out)}
    folder = next((out / "stages").glob("grammar-*"))
    cover = json.loads((folder / "cover.json").read_text())["rows"]
    assert coverage["cover_rows"] == len(cover) == coverage["rows"]
    assert coverage["cover_rows_released"] == len(ids & set(cover))
    card = (out / "release" / "README.md").read_text()
    assert f"{coverage['alternative_rows']} is the proven minimum for the alternatives" in card
    assert f"{release['shown']['templates']} of 16 templates" in card
    assert "proven minimum" in (out / "report.html").read_text()
    facts = json.loads((out / "release" / "release.json").read_text())
    facts["grammar"]["shown"]["templates"] -= 1
    (out / "release" / "release.json").write_text(json.dumps(facts))
    problems = [str(problem) for problem in verify_release(out / "release")]
    assert any("the templates shown are not those of the rows" in said for said in problems)


def test_until_stops_and_goes_on(tiny_recipe, tmp_path):
    out = tmp_path / "corpus"
    summary = api.build(tiny_recipe, out, until="clean", overrides=NO_GAN)
    assert not summary.complete
    assert not (out / "release").exists()
    assert [s["stage"] for s in api.status(out)["stages"]] == ["grammar", "expand", "clean"]
    summary = api.build(tiny_recipe, out, overrides=NO_GAN)
    assert summary.reused == ("grammar", "expand", "clean")
    assert api.status(out)["complete"]


def test_another_recipes_folder_is_refused(tiny_run, tmp_path):
    other = tmp_path / "recipe.yaml"
    other.write_text(
        "name: other\nlang: en\nlicense: CC0-1.0\n"
        f"grammar: {{path: {tiny_run.parent}}}\nexpand: {{rows: 0}}\nspeech: {{clips: 0}}\n"
    )
    before = digests(tiny_run)
    with pytest.raises(InputError):
        api.build(other, tiny_run)
    assert digests(tiny_run) == before


def test_the_manifest_says_what_made_the_corpus(tiny_run, tiny_recipe):
    manifest = json.loads((tiny_run / "manifest.json").read_text())
    assert manifest["recipe"] == json.loads(json.dumps(load_recipe(tiny_recipe).resolved()))
    assert [entry["stage"] for entry in manifest["stages"]] == list(stage_names())
    assert manifest["packages"]["torch"]
    schemas = Path(__file__).parents[1] / "corpusforge" / "schemas"
    recipe = json.loads((schemas / "recipe.schema.json").read_text())
    schema = json.loads((schemas / "manifest.schema.json").read_text())
    registry = Registry().with_resource("recipe.schema.json", Resource.from_contents(recipe))
    jsonschema.Draft202012Validator(schema, registry=registry).validate(manifest)


def test_status_explain_and_report_of_a_run_and_of_a_release(tiny_run, tmp_path):
    row = next(r for r in clean_rows(tiny_run) if r["origin"] == "gan")
    for folder in (tiny_run, tiny_run / "release"):
        assert api.status(folder)["complete"]
        story = api.explain(folder, row["id"][:12])
        assert row["id"] in story
        assert row["parents"][0] in story
        assert row["template"] in story
    clip = next(iter(clips_of(tiny_run)))
    assert clip in api.explain(tiny_run, clip)
    gone = read_table(next((tiny_run / "stages").glob("expand-*")) / "dropped.parquet").to_pylist()[
        0
    ]
    assert gone["reason"] in api.explain(tiny_run, gone["id"])
    with pytest.raises(InputError, match="no row, clip or dropped row"):
        api.explain(tiny_run, "0" * 32)
    before = (tiny_run / "report.html").read_bytes()
    api.report(tiny_run)
    assert (tiny_run / "report.html").read_bytes() == before


def test_real_rows_train_but_are_not_released_unless_published(tmp_path):
    lines = [
        json.dumps({"text": f"{verb} {what} {when}", "intent": intent})
        for intent, verb in (("Open", "open"), ("Close", "shut"), ("Ask", "is it about"))
        for what in ("the door", "the gate", "a window", "the shop")
        for when in ("now", "at noon", "for me")
    ]
    (tmp_path / "real.jsonl").write_text("\n".join(lines))
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        "name: real\nlang: en\nlicense: CC0-1.0\nexpand: {rows: 0}\nspeech: {clips: 0}\n"
        "real: {path: real.jsonl, license: CC-BY-4.0, publish: true}\n"
    )
    datasets = pytest.importorskip("datasets")
    api.build(recipe, tmp_path / "a")
    nlu = datasets.load_dataset(str(tmp_path / "a" / "release"), "nlu")
    assert set(nlu["train"]["origin"]) == {"real"}
    assert set(nlu["train"]["license"]) == {"CC-BY-4.0"}
    clean = read_table(next((tmp_path / "a" / "stages").glob("clean-*")) / "utterances.parquet")
    assert pc.all(pc.equal(clean["origin"], "real")).as_py()


def test_names_that_only_private_rows_have_are_no_labels(tiny_recipe, tmp_path):
    lines = [
        json.dumps(
            {
                "text": text,
                "intent": "SecretLabel",
                "slots": [{"name": "secretslot", "start": 0, "end": 4}],
            }
        )
        for text in ("feed the shark", "pour some lava", "hide my trophy", "burn this note")
    ]
    (tiny_recipe.parent / "real.jsonl").write_text("\n".join(lines))
    with tiny_recipe.open("a") as stream:
        stream.write("real: {path: real.jsonl, slots: slots, license: LicenseRef-mine}\n")
    out = tmp_path / "corpus"
    api.build(tiny_recipe, out, overrides=[*NO_GAN, "speech.clips=4"])
    seen = b"".join(path.read_bytes() for path in (out / "release").rglob("*") if path.is_file())
    seen += (out / "report.html").read_bytes() + (out / "labels.json").read_bytes()
    assert not [word for word in (b"SecretLabel", b"secretslot", b"lava") if word in seen]
