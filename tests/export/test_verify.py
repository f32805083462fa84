import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpusforge.export.checksums import write_checksums
from corpusforge.export.flac import read_header
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
    assert ("provenance", "tells another template than nlu") in found(folder)
    path = folder / "provenance" / "utterances.parquet"
    edit(path, "template", lambda names: names.__setitem__(0, "t3"))
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
    assert checks(folder) == {"card", "features", "claims"}


def rewrite(path, change):
    """Change a JSON file in place: change(facts)."""
    facts = json.loads(path.read_text("utf-8"))
    change(facts)
    path.write_text(json.dumps(facts), "utf-8")


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        (lambda facts: facts["rows"].update(train=5), "rows or clips per split"),
        (lambda facts: facts["clips"].update(test=0), "rows or clips per split"),
        (lambda facts: facts["labels"]["intent"].reverse(), "labels are not"),
        (lambda facts: facts["labels"]["bio"].append("B-x"), "labels are not"),
        (lambda facts: facts.update(license="MIT"), "licenses are not"),
        (lambda facts: facts["licenses"]["voices"].clear(), "licenses are not"),
    ],
)
def test_release_json_that_claims_something_else(folder, change, detail):
    rewrite(folder / "release.json", change)
    assert [(c, d) for c, d in found(folder) if c == "claims" and d.startswith(detail)]


def test_a_license_that_was_exchanged_everywhere_but_in_the_rows(folder):
    expression = "Apache-2.0 AND CC0-1.0"
    for name in ("README.md", "LICENSE", "release.json"):
        text = (folder / name).read_text("utf-8")
        text = text.replace(expression, "MIT").replace(expression.lower().replace(" ", "-"), "mit")
        (folder / name).write_text(text, "utf-8")
    problems = [p for p in verify_release(folder) if p.check == "claims"]
    assert {p.where for p in problems} == {"README.md", "LICENSE", "release.json"}


def test_content_hash_of_the_card(folder):
    digest = json.loads((folder / "release.json").read_text("utf-8"))["content_sha256"]["all"]
    card = folder / "README.md"
    card.write_text(card.read_text("utf-8").replace(digest, "0" * 64), "utf-8")
    assert ("claims", "the content hash is not that of release.json") in found(folder)


@pytest.mark.parametrize(
    ("column", "value", "detail"),
    [
        ("chain", None, "does not tell the chain"),
        ("chain", [{"op": "gain", "version": "1", "params": "x"}], "does not tell the chain"),
        ("voice", None, "tells another voice than speech"),
        ("engine_version", "", "does not tell the engine_version"),
        ("voice_license", "MIT", "tells another voice_license than speech"),
        ("text", "other", "tells another text than speech"),
    ],
)
def test_provenance_of_clips(folder, column, value, detail):
    path = folder / "provenance" / "clips.parquet"
    edit(path, column, lambda values: values.__setitem__(0, value))
    assert ("provenance", detail) in found(folder)


def test_provenance_of_rows(folder):
    path = folder / "provenance" / "utterances.parquet"
    edit(path, "text", lambda texts: texts.__setitem__(0, "other"))
    assert ("provenance", "tells another text than nlu") in found(folder)


def test_words_of_a_private_ancestor(folder):
    path = folder / "provenance" / "utterances.parquet"
    edit(path, "origin", lambda names: names.__setitem__(-1, "real"))
    assert ("provenance", "tells words of a row that is not published") in found(folder)


def test_a_test_sentence_in_train_under_another_intent(folder):
    text = pq.read_table(folder / "nlu" / "test-00000-of-00001.parquet")["text"][0].as_py()
    edit(train(folder), "text", lambda texts: texts.__setitem__(3, text.upper() + "!"))
    edit(train(folder), "intent", lambda names: names.__setitem__(3, 0))
    details = [p.detail for p in verify_release(folder) if p.check == "duplicates"]
    assert len(details) == 1
    assert details[0].endswith("under another intent")
    assert "same folded text as" in details[0]


def test_one_text_under_two_intents_in_train(folder):
    edit(train(folder), "text", lambda texts: texts.__setitem__(2, texts[0]))
    assert "duplicates" in checks(folder)


def test_flac_header():
    header = read_header(tone(300)[0])
    assert (header.rate_hz, header.channels, header.bits, header.samples) == (16000, 1, 16, 4000)
    for data in (b"", b"fLaC", b"RIFF" + bytes(60)):
        with pytest.raises(ValueError, match="FLAC"):
            read_header(data)


def late(clips):
    clips[0][-1]["end_s"] += 1.0


def swapped(clips):
    clips[0][0]["start_s"], clips[0][0]["end_s"] = clips[0][0]["end_s"], clips[0][0]["start_s"]


def another(clips):
    clips[0][0]["word"] += "x"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (late, "words are not within the clip"),
        (swapped, "words do not follow each other"),
        (another, "words are not those of spoken"),
    ],
)
def test_words_are_those_that_are_said_within_the_clip(folder, change, fault):
    def edited(column):
        timed = [words for words in column if words]
        change(timed)

    edit(train(folder, "speech"), "words", edited)
    assert ("times", fault) in found(folder)


def test_spoken_slots_start_and_end_with_words(folder):
    def shifted(column):
        slots = next(slots for slots in column if slots)
        slots[0]["start_s"] += 0.001

    edit(train(folder, "speech"), "spoken_slots", shifted)
    details = {detail for check, detail in found(folder) if check == "times"}
    assert details == {"spoken slot name does not start and end with words"}
