import hashlib
import json
import subprocess
import sys

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from corpusforge.core.errors import RunError, StaleInputError
from corpusforge.core.run import canonical_json
from corpusforge.core.schema import CATALOGUE, read_table, write_table
from corpusforge.core.spans import spans_from_bio
from corpusforge.export import stage
from corpusforge.export.checksums import write_checksums
from corpusforge.export.verify import verify_release
from tests.export.corpus import LABELS, context, tone, utterances


def files(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_load_dataset_opens_both_configs(release_folder, hub):
    nlu = hub(release_folder, "nlu")
    assert {split: len(rows) for split, rows in nlu.items()} == {
        "train": 4,
        "validation": 1,
        "test": 1,
    }
    assert list(nlu["train"].features) == [
        *("id", "text", "lang", "intent", "slots", "tokens", "bio"),
        *("template", "origin", "generation", "weight", "license"),
    ]
    assert nlu["train"].features["intent"].names[:3] == list(LABELS)
    row = nlu["validation"][0]
    assert row["text"] == "lamp's light off, Zoë!"
    assert row["tokens"] == ["lamp", "'s", "light", "off", ",", "Zoë", "!"]
    tags = nlu["validation"].features["bio"].feature.names
    assert [tags[tag] for tag in row["bio"]] == ["B-name", *"OOOO", "B-person", "O"]
    assert [slot["text"] for slot in row["slots"]] == ["lamp", "Zoë"]
    for split in nlu.values():
        for row in split:
            assert all(row["text"][s["start"] : s["end"]] == s["text"] for s in row["slots"])

    import datasets

    speech = hub(release_folder, "speech")
    assert set(speech) == set(nlu)
    assert speech["train"].features["audio"] == datasets.Audio(sampling_rate=16000)
    raw = speech["train"].cast_column("audio", datasets.Audio(decode=False))
    assert raw[0]["audio"]["bytes"] == tone(300)[0]
    assert raw[0]["spoken"] == "turn on the lamp"  # null in the run: as written
    assert raw[0]["snr_db"] is None
    assert raw[0]["voice_license"] == "Apache-2.0"
    assert raw[0]["utterance_id"] == nlu["train"][0]["id"]
    # Without a name the default config opens.
    assert hub(release_folder)["train"].column_names == nlu["train"].column_names


def test_bio_rebuilds_the_spans_after_loading(release_folder, hub):
    for rows in hub(release_folder, "nlu").values():
        names = rows.features["bio"].feature.names
        for row in rows:
            spans, end = [], 0
            for token in row["tokens"]:
                start = row["text"].index(token, end)
                end = start + len(token)
                spans.append((start, end))
            found = spans_from_bio(spans, [names[tag] for tag in row["bio"]])
            assert found == [(s["name"], s["start"], s["end"]) for s in row["slots"]]


def test_real_rows_are_published_only_when_asked(tmp_path, release_folder, hub):
    assert b"my own words" not in b"".join(
        path.read_bytes() for path in release_folder.rglob("*") if path.is_file()
    )
    ctx = context(tmp_path, publish=True)
    result = stage.run(ctx)
    assert result.dropped == {}
    train = hub(ctx.folder / "release", "nlu")["train"]
    real = train.filter(lambda row: row["origin"] == "real")
    assert real["text"] == ["my own words"]
    # Not annotated is not the same as no slots, and has no tags.
    assert (real["slots"], real["bio"]) == ([None], [None])
    assert [row["slots"] for row in train if row["text"] == "wake me"] == [[]]


def test_private_parents_keep_their_words_private(tmp_path):
    table = utterances()
    real = table["id"].to_pylist()[5]
    parents = [[real] if row["origin"] == "gan" else [] for row in table.to_pylist()]
    place = table.schema.get_field_index("parents")
    table = table.set_column(place, table.schema.field("parents"), [parents])
    ctx = context(tmp_path, rows=table)
    stage.run(ctx)
    story = read_table(ctx.folder / "release" / "provenance" / "utterances.parquet").to_pylist()
    told = next(row for row in story if row["id"] == real)
    assert (told["text"], told["slots"], told["released"]) == (None, None, False)
    assert told["origin"] == "real"


def test_release_without_clips(tmp_path, hub):
    ctx = context(tmp_path, speech=False)
    stage.run(ctx)
    folder = ctx.folder / "release"
    assert not (folder / "speech").exists()
    assert set(hub(folder)) == {"train", "validation", "test"}
    with pytest.raises(ValueError, match="speech"):
        hub(folder, "speech")


def test_release_with_a_missing_split(tmp_path, hub):
    table = utterances()
    ctx = context(tmp_path, rows=table.filter(pc.field("split") == "train"))
    stage.run(ctx)
    assert set(hub(ctx.folder / "release", "nlu")) == {"train"}
    assert set(hub(ctx.folder / "release", "speech")) == {"train"}


def with_rows(table, **changes):
    """The small corpus with changed columns: name -> change(list of values)."""
    for name, change in changes.items():
        values = table[name].to_pylist()
        change(values)
        place = table.schema.get_field_index(name)
        field = table.schema.field(name)
        table = table.set_column(place, field, pa.array(values, field.type))
    return table


def test_generated_rows_may_not_tell_private_values(tmp_path):
    # The generated row's lamp stands in private rows alone: no list and no template has it.
    def rename(slots, text):
        return [{**slot, "text": text, "value": text} if slot["text"] == "lamp" else slot
                for slot in slots or ()]  # fmt: skip

    def plant(slots):
        for row in range(5):
            slots[row] = rename(slots[row], "desk")
        slots[5] = [dict(slots[6][0], start=0, end=2, text="my")]
        slots[5][0]["value"] = "lamp"

    def plant_texts(texts):
        for row in (0, 1):
            texts[row] = texts[row].replace("lamp", "desk")

    table = with_rows(utterances(), slots=plant, text=plant_texts)
    ctx = context(tmp_path / "a", rows=table, speech=False)
    with pytest.raises(RunError, match="values that only unpublished real rows have") as caught:
        stage.run(ctx)
    assert "lamp" not in str(caught.value)
    # A value of the recipe's lists is nobody's secret.
    row = dict.fromkeys(CATALOGUE.names, "") | {"entity": "x", "text": "Lamp!", "attributes": []}
    listed = pa.Table.from_pylist([row], CATALOGUE)
    write_table(listed, ctx.inputs["grammar"] / "catalogue.parquet")
    stage.run(ctx)


def test_nothing_to_publish(tmp_path):
    table = utterances()
    ctx = context(tmp_path, rows=table.filter(pc.field("origin") == "real"))
    with pytest.raises(RunError, match=r"real\.publish"):
        stage.run(ctx)


def test_two_builds_give_the_same_bytes(tmp_path, release_folder):
    ctx = context(tmp_path)
    stage.run(ctx)
    assert files(ctx.folder / "release") == files(release_folder)


def test_no_machine_path_and_no_time_in_the_release(release_folder):
    for path in release_folder.rglob("*"):
        if path.is_file():
            assert b"/home/somebody" not in path.read_bytes(), path
    assert b"seconds" not in (release_folder / "release.json").read_bytes()


def test_checksums_are_those_of_sha256sum(release_folder):
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"],
        cwd=release_folder,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    listed = (release_folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    assert len(listed) == len(files(release_folder)) - 1


def test_release_json_tells_the_content(release_folder):
    facts = json.loads((release_folder / "release.json").read_text(encoding="utf-8"))
    assert set(facts["content_sha256"]) == {"all", "nlu", "speech"}
    assert facts["labels"]["bio"][:3] == ["O", "B-minutes", "I-minutes"]
    assert facts["recipe"]["real"]["path"] == "rows.csv"
    assert facts["packages"] == {"numpy": "2"}


def test_content_hash_does_not_depend_on_the_file_format(tmp_path, release_folder):
    # The same rows and samples in another Parquet and FLAC encoding.
    facts = json.loads((release_folder / "release.json").read_text(encoding="utf-8"))
    path = tmp_path / "release"
    path.mkdir()
    for name in files(release_folder):
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).write_bytes((release_folder / name).read_bytes())
    for file in sorted(path.glob("nlu/*.parquet")):
        pq.write_table(pq.read_table(file, partitioning=None), file, compression="gzip")
    write_checksums(path)
    assert verify_release(path) == []
    assert files(path) != files(release_folder)
    assert facts["content_sha256"]["all"]


def test_provenance_tells_of_parents_that_were_dropped(release_folder):
    story = read_table(release_folder / "provenance" / "utterances.parquet").to_pylist()
    made = next(row for row in story if row["origin"] == "gan")
    by_id = {row["id"]: row for row in story}
    parents = [by_id[name] for name in made["parents"]]
    assert [row["released"] for row in parents] == [True, False]
    assert parents[1]["dropped_by"] == "clean/near_duplicate: same sentence"
    assert parents[1]["text"] == "turn fan on"
    assert made["score_fluency"] == 1.0
    clips = read_table(release_folder / "provenance" / "clips.parquet").to_pylist()
    assert clips[0]["chain"][0]["op"] == "gain"
    templates = read_table(release_folder / "provenance" / "templates.parquet").to_pylist()
    assert templates[0]["file"] == "light.yaml"


def test_label_ids_stay_when_intents_are_added(release_folder, hub):
    # "old" has no rows, and names follow the pipeline's list, not the alphabet.
    assert hub(release_folder, "nlu")["train"].features["intent"].names == list(LABELS)


@pytest.mark.parametrize("damage", ["gone", "cut", "other", "empty"])
def test_damaged_cache_files_send_back_to_speech(tmp_path, damage):
    ctx = context(tmp_path)
    path = sorted((tmp_path / "cache").rglob("*.flac"))[0]
    if damage == "gone":
        path.unlink()
    else:
        data = {"cut": path.read_bytes()[:-900], "other": tone(950)[0], "empty": b""}
        path.write_bytes(data[damage])
    with pytest.raises(StaleInputError) as caught:
        stage.run(ctx)
    assert caught.value.stage == "speech"
    assert list(ctx.folder.iterdir()) == []  # found before anything was written


def test_other_writers_go_to_exports(tmp_path):
    ctx = context(tmp_path, writers=("hf", "wav_csv"))
    result = stage.run(ctx)
    assert (ctx.folder / "exports" / "wav_csv" / "metadata.csv").is_file()
    assert any(note.startswith("writer wav_csv: ") for note in result.notes)
    about = (ctx.folder / "exports" / "wav_csv" / "README.md").read_text("utf-8")
    assert "synthetic speech" in about
    assert "License of the texts: CC0-1.0." in about
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"],
        cwd=ctx.folder / "exports" / "wav_csv",
        check=False,
    )
    assert done.returncode == 0
    canonical_json(result.facts)
    canonical_json(stage.config(ctx.recipe))


def test_importing_the_stage_is_light():
    code = (
        "import sys, corpusforge.export.stage, corpusforge.clean.stage; "
        "print([m for m in ('torch', 'datasets', 'soundfile', 'sklearn', 'scipy', 'pandas') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
