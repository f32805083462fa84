"""A table of sentences to a folder of clips."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import replace

import pytest

from corpusforge import api
from corpusforge.cli import main
from corpusforge.core.errors import InputError
from corpusforge.core.schema import CLIPS, read_table
from corpusforge.core.sound_files import is_marked
from tests.render.rendered import HIBARI, TEXTS, metadata, shown, write_csv


def test_a_clip_for_every_row_also_where_a_sentence_stands_twice(folder):
    rows = metadata(folder)
    assert [row["text"] for row in rows] == list(TEXTS)
    assert rows[1]["spoken"] == "set it to twenty percent"
    assert len({row["pcm_sha256"] for row in rows}) == 4
    clips = read_table(folder / "clips.parquet")
    assert clips.select(CLIPS.names).schema.equals(CLIPS)
    for row, clip in zip(rows, clips.to_pylist(), strict=True):
        data = (folder / row["file_name"]).read_bytes()
        assert is_marked(data) and clip["audio"] == {"bytes": None, "path": row["file_name"]}
    facts = json.loads((folder / "render.json").read_text())
    assert facts["licenses"] == {
        "texts": {"NOASSERTION": 4}, "voices": {"Apache-2.0": 4}, "noises": {},
    }  # fmt: skip
    heard_s = sum(float(row["duration_s"]) for row in rows)
    assert facts["duration_s"] == pytest.approx(heard_s, abs=1e-3)
    text = (folder / "LICENSE").read_text()
    assert "  as in the table that they come from: 4 rows\n" in text
    for voice, count in Counter(row["voice"] for row in rows).items():
        assert f"  Apache-2.0: hibari/{voice}, {count} clip{'s' * (count > 1)}\n" in text


# datasets leaves metadata.csv open
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_datasets_opens_it_as_an_audio_folder(folder, audio_folder):
    import datasets

    found = audio_folder(folder)
    rows = found["train"].cast_column("audio", datasets.Audio(decode=False))
    assert list(found) == ["train"]
    assert sorted(rows["text"]) == sorted(TEXTS)
    by_id = {row["clip_id"]: row for row in metadata(folder)}
    for row in rows:
        assert row["audio"]["path"].endswith(by_id[row["clip_id"]]["file_name"])


def as_txt(path):
    path.write_text("\n\n".join(TEXTS) + "\n")


def as_jsonl(path):
    path.write_text("".join(json.dumps({"utterance": text}) + "\n" for text in TEXTS))


def as_parquet(path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"sentence": TEXTS, "other": range(4)}), path)


def as_tsv(path):
    path.write_text("what\tn\n" + "".join(f"{text}\t{n}\n" for n, text in enumerate(TEXTS)))


@pytest.mark.parametrize("write", [as_txt, as_jsonl, as_parquet, as_tsv])
def test_the_format_of_the_table_does_not_matter(folder, tmp_path, write):
    path = tmp_path / f"said.{write.__name__[3:]}"
    write(path)
    columns = {"text": "what"} if write is as_tsv else {}
    api.render(path, tmp_path / "out", replace(HIBARI, columns=columns))
    again = shown(tmp_path / "out")
    # Only the table's own column names differ.
    assert {n: d for n, d in again.items() if n != "render.json"} == {
        n: d for n, d in shown(folder).items() if n != "render.json"
    }


def test_workers_do_not_change_a_byte(table, folder, tmp_path):
    arguments = ["--engines", "hibari", "--workers", "2", "-q"]
    assert main(["render", str(table), "-o", str(tmp_path / "out"), *arguments]) == 0
    assert shown(tmp_path / "out") == shown(folder)


def test_a_second_run_renders_nothing_and_a_new_row_only_itself(table, folder, tmp_path):
    out = shutil.copytree(folder, tmp_path / "out")
    assert api.render(table, out, HIBARI).rendered == 0
    assert shown(out) == shown(folder)
    more = write_csv(
        tmp_path / "more.csv", [["open the window in the bedroom"], *([text] for text in TEXTS)]
    )
    assert api.render(more, out, HIBARI).rendered == 1
    before = {row["clip_id"]: row for row in metadata(folder)}
    after = {row["clip_id"]: row for row in metadata(out)}
    assert len(after) == 5 and before.items() <= after.items()
    api.render(table, out, HIBARI)
    assert shown(out) == shown(folder)


def test_damage_in_cache_and_folder_is_mended(table, folder, tmp_path):
    out = shutil.copytree(folder, tmp_path / "out")
    cached = sorted((out / ".corpusforge" / "cache").rglob("*.flac"))
    cached[0].write_bytes(cached[0].read_bytes()[:-500])
    next((out / "clips").glob("*.flac")).unlink()
    assert api.render(table, out, HIBARI).rendered == 1
    assert shown(out) == shown(folder)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_the_table_knows_goes_along(tmp_path, audio_folder):
    text = "dim the lamp"
    rows = [
        {"id": f"a{n}", "text": text, "intent": "dim", "split": split, "licence": "CC-BY-4.0",
         "slots": [{"name": "what", "start": 8, "end": 12}]}
        for n, split in enumerate(("train", "dev", "test"))
    ]  # fmt: skip
    rows.append({"id": "broken", "text": text, "split": "test",
                 "slots": [{"name": "what", "start": 8, "end": 99}]})  # fmt: skip
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    out = tmp_path / "out"
    made = api.render(path, out, replace(HIBARI, metadata="jsonl", variants=2))
    lines = [json.loads(line) for line in (out / "metadata.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == ["a0", "a0", "a1", "a1", "a2", "a2"]
    assert [line["file_name"].split("/")[0] for line in lines[::2]] == [
        "train", "validation", "test",
    ]  # fmt: skip
    for line in lines:
        (slot,) = line["slots"]
        assert line["text"][slot["start"] : slot["end"]] == slot["text"] == "lamp"
        assert line["intent"] == "dim"
    assert "CC-BY-4.0: 3 rows" in (out / "LICENSE").read_text()
    (lost,) = read_table(out / "dropped_rows.parquet").to_pylist()
    assert (lost["text"], lost["reason"]) == (text, "a slot is outside of the text")
    assert any("1 of the rows cannot be spoken" in note for note in made.notes)
    found = audio_folder(out)
    assert {split: rows.num_rows for split, rows in found.items()} == {
        "train": 2, "validation": 2, "test": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--column", "text=txet"], "has no column 'txet' (text)"),
        (["--column", "txt=text"], "did you mean 'text'"),
        (["--column", "text"], "expected KIND=COLUMN"),
        (["--set", "expand.rows=5"], "only keys of speech and audio_gate"),
        (["--set", "speech.clip=5"], "did you mean 'clips'"),
        (["--set", "speech.speed=[2,1]"], "2.0 is above 1.0"),
        (["--variants", "0"], "--variants 0 is not at least 1"),
        (["--clips", "0"], "--clips 0 is not at least 1"),
        (["--engines", "hibary"], "did you mean 'hibari'"),
        (["--engines", "hibari,espeek"], "error: --engines espeek: there is no engine 'espeek'"),
        (["--set", "speech.engines=[espeek]"], "error: --set speech.engines=[espeek]: there is no"),
        (["--lang", "xx"], "no engine that is installed speaks 'xx'"),
        (["--lang", "not a language"], "--set lang=not a language"),
    ],
)
def test_wrong_options_are_told_before_anything_is_written(table, tmp_path, capsys, more, message):
    out = tmp_path / "out"
    assert main(["render", str(table), "-o", str(out), *more]) == 2
    assert message in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("rows", "header", "message"),
    [
        ([["a b", "1"], ["c d", "1"]], ("text", "id"), "the id '1' stands 2 times"),
        ([["a b", "trian"]], ("text", "split"), "line 2: the split 'trian' is not one of"),
        ([["  ", "x"]], ("text", "id"), "no sentence that can be spoken; .*no text"),
        ([["1", "2"]], ("a", "b"), "no column of .* looks like sentences"),
    ],
)
def test_wrong_tables_are_told_with_the_place(tmp_path, rows, header, message):
    path = write_csv(tmp_path / "rows.csv", rows, header)
    with pytest.raises(InputError, match=message):
        api.render(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_other_folders_are_left_alone(table, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("all of it")
    with pytest.raises(InputError, match="not empty and not of a render"):
        api.render(table, tmp_path / "mine")
    with pytest.raises(InputError, match="is a file"):
        api.render(table, tmp_path / "mine" / "thesis.txt")


def test_a_folder_without_its_hidden_run_is_told_what_is_missing(table, folder, tmp_path):
    out = tmp_path / "clips"
    shutil.copytree(folder, out)
    shutil.rmtree(out / ".corpusforge")
    with pytest.raises(
        InputError, match=r"holds a render .*\.corpusforge is gone(?s:.*)another -o"
    ):
        api.render(table, out, HIBARI)
    state = api.status(out)
    assert (state["kind"], state["complete"]) == ("render", True)
    assert state["render_facts"]["clips"] == 4


def test_status_of_a_render_is_told_and_a_report_page_is_refused(folder, tmp_path, capsys):
    assert main(["status", str(folder)]) == 0
    assert capsys.readouterr().out.startswith(f"{folder}: render, complete\n")
    assert main(["report", str(folder)]) == 2
    said = capsys.readouterr().err
    assert "is a render, which has no report page" in said and "render.json" in said
    bare = tmp_path / "bare"
    shutil.copytree(folder, bare, ignore=shutil.ignore_patterns(".corpusforge"))
    assert main(["status", str(bare)]) == 0
    assert capsys.readouterr().out == f"{bare}: render, complete\n"
    assert main(["report", str(bare)]) == 2
    assert "is a render" in capsys.readouterr().err


def test_a_file_that_is_gone_comes_back(table, folder, tmp_path):
    out = tmp_path / "clips"
    shutil.copytree(folder, out)
    for name in ("metadata.csv", "clips.parquet", "LICENSE"):
        (out / name).unlink()
        assert api.render(table, out, HIBARI).rendered == 0
        assert (out / name).read_bytes() == (folder / name).read_bytes()
