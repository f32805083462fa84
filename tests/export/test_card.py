import pyarrow as pa
import pyarrow.compute as pc
import pytest
import yaml

from corpusforge.core.schema import CLIPS
from corpusforge.export import stage
from corpusforge.export.card import _shared_voices
from corpusforge.export.licenses import license_expression
from corpusforge.export.release import ReleaseTables
from tests.export.corpus import context, utterances


def front_matter(folder):
    text = (folder / "README.md").read_text(encoding="utf-8")
    return yaml.safe_load(text.split("\n---\n")[0].removeprefix("---\n"))


def test_front_matter_is_what_the_hub_wants(release_folder):
    hub = pytest.importorskip("huggingface_hub")
    card = hub.DatasetCard.load(release_folder / "README.md")
    front = card.data.to_dict()
    assert front["pretty_name"] == "Small: a corpus"
    assert front["language"] == ["en"]
    assert front["language_details"] == "en-GB"
    assert (front["license"], front["license_name"]) == ("other", "apache-2.0-and-cc0-1.0")
    assert {"synthetic", "audio"} <= set(front["tags"])
    assert front["size_categories"] == ["n<1K"]
    assert front["annotations_creators"] == ["machine-generated"]
    assert [config["config_name"] for config in front["configs"]] == ["nlu", "speech"]


def test_license_file_and_plain_yaml(release_folder):
    text = (release_folder / "LICENSE").read_text(encoding="utf-8")
    assert text.startswith("SPDX-License-Identifier: Apache-2.0 AND CC0-1.0\n")
    assert "  CC0-1.0: 6 rows\n" in text
    assert "  Apache-2.0: tone/v0, 4 clips\n  Apache-2.0: tone/v1, 2 clips\n" in text
    assert front_matter(release_folder)["license_link"] == "LICENSE"
    card = (release_folder / "README.md").read_text(encoding="utf-8").split("\n---\n")[0]
    assert not [t for t in yaml.scan(card) if isinstance(t, yaml.AnchorToken | yaml.AliasToken)]


def test_one_voice_behind_pseudo_speakers_of_several_splits_is_said():
    def told(*voices):
        splits = ("train", "validation", "test")
        rows = [
            {"engine": "e", "voice": v, "split": s} for v, s in zip(voices, splits, strict=True)
        ]
        return _shared_voices(pa.Table.from_pylist(rows))

    only = "disjoint only by pseudo-speaker for e/a:"
    assert only in told("a", "a~p50f93", "a~p125f108")
    assert only in told("b", "a~p50f93", "a~p125f108")
    assert "pseudo" not in told("a", "b~p50f93", "c")
    assert "pseudo" not in told("a", "a", "a~p50f93")  # "1 of 2 voices" says more


@pytest.mark.parametrize(
    ("voices", "said"),
    [
        ("aabaca", "1 of 3 voices speaks in more than one split: a result on the test split"),
        ("aaaaaa", "1 of 1 voice speaks in more than one split: a result"),
        ("abcadd", "0 of 4 voices speak in more than one split."),
    ],
)
def test_voices_are_counted(voices, said):
    splits = ["train", "validation", "test", "train", "train", "train"]
    rows = [{"engine": "e", "voice": v, "split": s} for v, s in zip(voices, splits, strict=True)]
    assert _shared_voices(pa.Table.from_pylist(rows)).startswith(said)


def test_one_known_license_is_named(tmp_path):
    ctx = context(tmp_path, speech=False)
    stage.run(ctx)
    front = front_matter(ctx.folder / "release")
    assert front["license"] == "cc0-1.0"
    assert "license_name" not in front
    assert [config["config_name"] for config in front["configs"]] == ["nlu"]
    text = (ctx.folder / "release" / "README.md").read_text(encoding="utf-8")
    assert "speech" not in text.split("## What was dropped")[0].split("## How it was made")[0][-99:]
    assert "## Voices" not in text


def test_dataset_info_is_what_datasets_reads(release_folder):
    datasets = pytest.importorskip("datasets")
    hub = pytest.importorskip("huggingface_hub")
    card = hub.DatasetCard.load(release_folder / "README.md")
    infos = datasets.info.DatasetInfosDict.from_dataset_card_data(card.data)
    assert {name: split.num_examples for name, split in infos["nlu"].splits.items()} == {
        "train": 4,
        "validation": 1,
        "test": 1,
    }
    assert infos["speech"].features["audio"] == datasets.Audio(sampling_rate=16000)
    assert infos["speech"].splits["train"].num_bytes > 4 * 1000


def test_body_tells_the_truth(release_folder):
    body = (release_folder / "README.md").read_text(encoding="utf-8").split("\n---\n", 1)[1]
    for words in (
        "Not shown to help. 1 row comes",
        "| clean | near_duplicate | same sentence | 1 |",
        "| grammar | 3 | 1 | 1 |",
        "All texts are synthetic and all speech is generated",
        "| tone | 1 | v0 | Apache-2.0 |",
        "- Data (texts, labels, annotations): CC0-1.0\n",
        "- Speech software or models: Apache-2.0. It is the license of the software",
        "1 real row trained the generator and is not in the release",
        "| clean | rows | 7 | 0 | 1 | 6 |",
        "export: 1 row and 1 clip not published (real.publish: false)",
        "LIMITS",
        "- clean says: all well",
        "2 of 2 voices speak in more than one split",
        "sha256sum -c SHA256SUMS",
    ):
        assert words in body, words


def test_license_expression(tmp_path):
    table = utterances()
    silent = CLIPS.empty_table()
    release = ReleaseTables(table, silent, (), (), tmp_path)
    assert license_expression(release) == "CC0-1.0 AND MIT"
    only = table.filter(pc.field("license") == "MIT")
    assert license_expression(ReleaseTables(only, silent, (), (), tmp_path)) == "MIT"
    either = pa.array(["MIT OR Apache-2.0"] * only.num_rows)
    both = pa.concat_tables([table, only.set_column(12, "license", either)])
    expected = "CC0-1.0 AND MIT AND (MIT OR Apache-2.0)"
    assert license_expression(ReleaseTables(both, silent, (), (), tmp_path)) == expected


def test_card_of_real_rows_does_not_call_them_synthetic(tmp_path):
    table = utterances()
    rows = table.filter(pc.field("origin") == "real")
    ctx = context(tmp_path, rows=rows, publish=True, speech=False)
    stage.run(ctx)
    front = front_matter(ctx.folder / "release")
    assert "synthetic" not in front["tags"]
    assert front["annotations_creators"] == ["found"]
    assert "All texts are real" in (ctx.folder / "release" / "README.md").read_text("utf-8")
