import hashlib
import io

import pyarrow.parquet as pq
import pytest
import soundfile

from corpusforge.core import plugins
from corpusforge.core.schema import SPLITS
from corpusforge.export import stage
from corpusforge.export.accounts import Ledger
from corpusforge.export.release import NLU_COLUMNS, SPEECH_COLUMNS, of_split
from corpusforge.export.writers import hf
from tests.export.corpus import clips, context, utterances


@pytest.fixture
def release(tmp_path):
    ctx = context(tmp_path, publish=True)
    table = utterances()
    return stage._release(ctx, Ledger(table, clips(table, ctx.cache), {}, publish_real=True))


def ordered(table, columns):
    return [row for split in SPLITS for row in of_split(table, split).select(columns).to_pylist()]


# The shared contract: every file in export/writers comes here by itself.
@pytest.mark.parametrize("name", plugins.names("writer"))
def test_contract(name, tmp_path, release):
    plugin = plugins.load("writer", name)
    assert plugin.name == name
    assert isinstance(plugin.losses, tuple)
    written = {}
    for turn in ("a", "b"):
        folder = tmp_path / turn
        folder.mkdir()
        paths = plugin.write(release, folder)
        there = sorted(path for path in folder.rglob("*") if path.is_file())
        assert sorted(paths) == there
        written[turn] = [path.read_bytes() for path in there]
    assert written["a"] == written["b"]

    back = plugin.read(tmp_path / "a")
    columns = [*NLU_COLUMNS, "split"]
    assert ordered(back["nlu"], columns) == ordered(release.utterances, columns)
    columns = [*SPEECH_COLUMNS, "split"]
    assert ordered(back["speech"], columns) == ordered(release.clips, columns)
    for split in SPLITS:
        sound = of_split(back["speech"], split)["audio"].to_pylist()
        stated = of_split(release.clips, split)["pcm_sha256"].to_pylist()
        assert [pcm_sha256(data) for data in sound] == stated


def pcm_sha256(data):
    samples, rate_hz = soundfile.read(io.BytesIO(data), dtype="int16")
    assert rate_hz == 16000
    return hashlib.sha256(samples.tobytes()).hexdigest()


@pytest.mark.parametrize("name", ["openwakeword", "microwakeword"])
def test_folders_of_wake_words_name_the_words(name, tmp_path, release):
    plugins.load("writer", name).write(release, tmp_path)
    rows = release.clips.to_pylist()
    said = [row["text"] for row in rows if row["intent"] in ("light", "timer")]
    listened = (tmp_path / "README.md").read_text("utf-8").partition("Listened for: ")[2]
    assert listened.startswith((*said,))
    assert all(text in listened.partition("WAV, 16 kHz")[0] for text in said)


def test_wav_folder_without_clips(tmp_path, release):
    plugin = plugins.load("writer", "wav_csv")
    silent = stage.ReleaseTables(
        release.utterances,
        release.clips.slice(0, 0),
        release.intents,
        release.slot_names,
        release.audio_root,
    )
    names = ["utterances.csv", "README.md", "LICENSE", "SHA256SUMS"]
    assert [path.name for path in plugin.write(silent, tmp_path)] == names
    assert "speech" not in (tmp_path / "README.md").read_text("utf-8")
    assert set(plugin.read(tmp_path)) == {"nlu"}


def test_audio_is_cut_into_row_groups_and_shards(tmp_path, release, monkeypatch):
    train = of_split(release.clips, "train")
    sizes = release.audio_sizes(train)
    monkeypatch.setattr(hf, "ROW_GROUP_BYTES", int(sizes.max()))
    monkeypatch.setattr(hf, "SHARD_BYTES", int(sizes.sum()) - 1)
    paths = [p for p in hf.PLUGIN.write(release, tmp_path) if p.name.startswith("train")]
    paths = [p for p in paths if p.parent.name == "speech"]
    assert [p.name for p in paths] == [
        "train-00000-of-00002.parquet",
        "train-00001-of-00002.parquet",
    ]
    assert sum(pq.read_metadata(p).num_row_groups for p in paths) > 2
    for path in paths:
        with pq.ParquetFile(path) as file:
            for number in range(file.num_row_groups):
                sound = file.read_row_group(number)["audio"].to_pylist()
                assert sum(len(item["bytes"]) for item in sound) <= sizes.max()
    back = of_split(hf.PLUGIN.read(tmp_path)["speech"], "train")
    assert back["clip_id"].to_pylist() == train["clip_id"].to_pylist()


def test_files_are_made_for_the_hub(release_folder):
    path = next((release_folder / "speech").glob("train-*"))
    with pq.ParquetFile(path) as file:
        group = file.metadata.row_group(0)
        columns = {
            group.column(i).path_in_schema: group.column(i) for i in range(group.num_columns)
        }
        assert b"content_defined_chunking" in file.metadata.metadata
        assert columns["audio.bytes"].compression == "UNCOMPRESSED"
        assert columns["text"].compression == "ZSTD"
        assert columns["text"].has_offset_index


def test_an_appended_release_keeps_the_beginning_of_its_files(tmp_path, release):
    # Rows keep their order, so that what is stored before the new rows keeps its bytes.
    first = hf.nlu_table(of_split(release.utterances, "train").slice(0, 3), release)
    second = hf.nlu_table(of_split(release.utterances, "train"), release)
    assert second.slice(0, 3).equals(first)
