import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpusforge.export.flac import read_header
from corpusforge.export.stage import write_checksums
from corpusforge.export.verify import verify_release
from tests.export.corpus import tone


@pytest.fixture
def folder(release_folder, tmp_path):
    return shutil.copytree(release_folder, tmp_path / "release")


def edit(path, column, change):
    """Rewrite one column of a Parquet file: change(list of values) in place."""
    table = pq.read_table(path, partitioning=None)
    values = table[column].to_pylist()
    change(values)
    place = table.schema.get_field_index(column)
    field = table.schema.field(column)
    table = table.set_column(place, field, pa.array(values, field.type))
    pq.write_table(table, path)


def train(folder, config="nlu"):
    return folder / config / "train-00000-of-00001.parquet"


def found(folder):
    write_checksums(folder)
    return {(problem.check, problem.detail.split(",")[0]) for problem in verify_release(folder)}


def checks(folder):
    return {check for check, _ in found(folder)}


def test_a_good_release_has_no_problems(folder):
    assert verify_release(folder) == []


def test_changed_missing_and_additional_files(folder):
    (folder / "notes.txt").write_text("x")
    (folder / "provenance" / "templates.parquet").unlink()
    data = train(folder).read_bytes()
    train(folder).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    details = {p.where: p.detail for p in verify_release(folder) if p.check == "sums"}
    assert details == {
        "notes.txt": "not listed in SHA256SUMS",
        "provenance/templates.parquet": "listed in SHA256SUMS, but not there",
        "nlu/train-00000-of-00001.parquet": "does not have the listed SHA-256",
    }


def test_cut_off_file_is_a_finding_and_no_crash(folder):
    train(folder).write_bytes(train(folder).read_bytes()[:100])
    assert {"rows", "clips", "content", "duplicates"} <= checks(folder)


def test_empty_folder(tmp_path):
    assert verify_release(tmp_path)


def test_slots_that_do_not_read_their_text(folder):
    def shift(slots):
        slots[0][0]["start"] += 1

    edit(train(folder), "slots", shift)
    assert ("rows", "slot name does not read text[start:end]") in found(folder)


def test_tags_that_do_not_rebuild_the_slots(folder):
    edit(train(folder), "bio", lambda tags: tags[0].__setitem__(0, 1))
    assert ("rows", "BIO does not rebuild the slots") in found(folder)


def test_tokens_that_do_not_spell_the_text(folder):
    edit(train(folder), "tokens", lambda tokens: tokens[0].pop())
    assert ("rows", "tokens do not spell the text") in found(folder)


def test_tags_of_rows_without_annotation(folder):
    edit(train(folder), "slots", lambda slots: slots.__setitem__(0, None))
    assert ("rows", "only one of slots and bio is null") in found(folder)


def test_duplicates(folder):
    edit(train(folder), "text", lambda text: text.__setitem__(2, text[0].upper() + "!"))
    edit(train(folder), "intent", lambda intent: intent.__setitem__(2, intent[0]))
    assert "duplicates" in checks(folder)


def test_leaks(folder):
    path = folder / "provenance" / "utterances.parquet"
    held_out = pq.read_table(folder / "nlu" / "test-00000-of-00001.parquet")["id"].to_pylist()

    def plant(parents):
        parents[-2] = [held_out[0]]

    edit(path, "parents", plant)
    details = [p.detail for p in verify_release(folder) if p.check == "leaks"]
    assert len(details) == 1
    assert details[0].startswith("reaches another split")
    assert details[0].endswith("in test of template t3")


def test_template_in_two_splits(folder):
    edit(train(folder), "template", lambda names: names.__setitem__(0, "t3"))
    assert "leaks" in checks(folder)


def test_broken_and_missing_sound(folder):
    def cut(audio):
        audio[0]["bytes"] = audio[0]["bytes"][:30]
        audio[1]["bytes"] = audio[1]["bytes"].replace(b"fLaC", b"RIFF")

    edit(train(folder, "speech"), "audio", cut)
    assert ("clips", "not a FLAC file") in found(folder)


def test_changed_samples(folder):
    edit(
        train(folder, "speech"), "audio", lambda audio: audio[0].__setitem__("bytes", tone(900)[0])
    )
    assert ("content", "samples are not those of provenance") in found(folder)


def test_clip_in_another_split_than_its_row(folder):
    ids = pq.read_table(folder / "nlu" / "test-00000-of-00001.parquet")["id"].to_pylist()
    edit(train(folder, "speech"), "utterance_id", lambda names: names.__setitem__(0, ids[0]))
    edit(train(folder, "speech"), "utterance_id", lambda names: names.__setitem__(1, "0" * 32))
    details = {detail for check, detail in found(folder) if check == "clips"}
    assert details == {"split", "its row is not in nlu"}


def test_changed_text_changes_the_content(folder):
    edit(train(folder), "license", lambda names: names.__setitem__(0, "MIT"))
    assert ("content", "rows or samples are not those it was made of") in found(folder)
    facts = json.loads((folder / "release.json").read_text("utf-8"))
    facts["content_sha256"]["all"] = "0"
    (folder / "release.json").write_text(json.dumps(facts), "utf-8")
    assert len([p for p in verify_release(folder) if p.check == "content"]) == 2


def test_card_that_does_not_fit(folder):
    card = folder / "README.md"
    text = card.read_text("utf-8")
    card.write_text(text.replace("num_examples: 4", "num_examples: 5"), "utf-8")
    assert checks(folder) == {"card"}
    card.write_text(text.replace("'1': timer", "'1': chrono"), "utf-8")
    assert checks(folder) == {"features"}
    card.write_text(text.replace("nlu/test-*", "nlu/tset-*"), "utf-8")
    assert checks(folder) == {"card"}
    card.write_text("# no front matter", "utf-8")
    assert checks(folder) == {"card", "features"}


def test_flac_header():
    header = read_header(tone(300)[0])
    assert (header.rate_hz, header.channels, header.bits, header.samples) == (16000, 1, 16, 4000)
    for data in (b"", b"fLaC", b"RIFF" + bytes(60)):
        with pytest.raises(ValueError, match="FLAC"):
            read_header(data)
