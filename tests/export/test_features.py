import json

import pyarrow as pa
import pytest
import yaml

from corpusforge.export.features import (
    arrow_schema,
    label_names,
    nlu_features,
    speech_features,
    to_yaml,
)

datasets = pytest.importorskip("datasets")

ALL = {
    "nlu": nlu_features(["a", "b: c", "ü"], ["name", "x"]),
    "speech": speech_features(["a", "b"]),
    "no slots": nlu_features(["a"], []),
}


@pytest.mark.parametrize("features", ALL.values(), ids=ALL)
def test_features_are_what_datasets_makes(features):
    theirs = datasets.Features.from_dict(features)
    assert theirs.to_dict() == features
    assert theirs.arrow_schema.equals(arrow_schema(features))
    ours = json.loads(arrow_schema(features).metadata[b"huggingface"])
    assert ours == json.loads(theirs.arrow_schema.metadata[b"huggingface"])
    assert datasets.Features.from_arrow_schema(arrow_schema(features)) == theirs
    assert to_yaml(features) == theirs._to_yaml_list()
    again = yaml.safe_load(yaml.safe_dump(to_yaml(features), allow_unicode=True))
    assert datasets.Features._from_yaml_list(again) == theirs


def test_label_names():
    schema = arrow_schema(ALL["nlu"])
    assert label_names(schema, "intent") == ["a", "b: c", "ü"]
    assert label_names(schema, "bio") == ["O", "B-name", "I-name", "B-x", "I-x"]
    for column in ("text", "gone"):
        with pytest.raises(ValueError, match=column):
            label_names(schema, column)
    with pytest.raises(ValueError, match="intent"):
        label_names(pa.schema([("intent", pa.int64())]), "intent")
