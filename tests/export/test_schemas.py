import json
from importlib import resources

import jsonschema
import pyarrow.parquet as pq
import pytest

from corpusforge.core.schema import CLIPS, UTTERANCES, read_table
from corpusforge.export.features import label_names
from corpusforge.export.release import NLU_COLUMNS, SPEECH_COLUMNS
from tests.export.corpus import utterances


def validator(name):
    text = resources.files("corpusforge.schemas").joinpath(f"{name}.schema.json").read_text("utf-8")
    schema = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def published_rows(folder, config):
    for path in sorted((folder / config).glob("*.parquet")):
        table = pq.read_table(path, partitioning=None)
        intents = label_names(table.schema, "intent")
        tags = label_names(table.schema, "bio") if config == "nlu" else []
        for row in table.to_pylist():
            row["intent"] = intents[row["intent"]]
            if row.get("bio") is not None:
                row["bio"] = [tags[number] for number in row["bio"]]
            if "audio" in row:
                row["audio"] = {"path": row["audio"]["path"]}
            yield row


@pytest.mark.parametrize(("config", "name"), [("nlu", "utterance"), ("speech", "clip")])
def test_published_rows_are_valid(release_folder, config, name):
    check = validator(name)
    rows = list(published_rows(release_folder, config))
    assert rows
    for row in rows:
        check.validate(row)


def test_rows_inside_a_run_are_valid(release_folder):
    for row in utterances().to_pylist():
        validator("utterance").validate(row)
    for clip in read_table(release_folder / "provenance" / "clips.parquet").to_pylist():
        validator("clip").validate(clip)


def test_schemas_name_the_columns():
    assert set(UTTERANCES.names) | {*NLU_COLUMNS, "tokens", "bio"} == set(
        validator("utterance").schema["properties"]
    )
    assert {*CLIPS.names, *SPEECH_COLUMNS} == set(validator("clip").schema["properties"])


@pytest.mark.parametrize(
    "change",
    [
        {"text": "  "},
        {"id": "abc"},
        {"weight": 1.5},
        {"generation": -1},
        {"split": "dev"},
        {"slots": [{"name": "x"}]},
        {"score_x": "high"},
        {"surprise": 1},
        {"origin": "gan", "generation": 1, "split": "test"},
    ],
)
def test_wrong_rows_are_refused(change):
    row = utterances().to_pylist()[0]
    check = validator("utterance")
    check.validate(row)
    with pytest.raises(jsonschema.ValidationError):
        check.validate(row | change)
