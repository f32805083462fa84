"""Column types of the published tables, in the form that `datasets` writes as JSON.

`datasets` itself is not needed to write a release: its schema metadata, its YAML and its Arrow
types are made here from one description; tests hold them equal to what `datasets` makes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from corpusforge.core.schema import CLIPS, UTTERANCES

__all__ = [
    "SAMPLING_RATE_HZ",
    "Features",
    "arrow_schema",
    "bio_names",
    "label_names",
    "nlu_features",
    "speech_features",
    "to_yaml",
]

Features = Mapping[str, Any]
"""Column -> its type as in `datasets.Features.to_dict()`."""

SAMPLING_RATE_HZ = 16000

_STRING = {"dtype": "string", "_type": "Value"}
_INT32 = {"dtype": "int32", "_type": "Value"}
_FLOAT32 = {"dtype": "float32", "_type": "Value"}
_ARROW = {"string": pa.string(), "int32": pa.int32(), "float32": pa.float32()}


def _structs(schema: pa.Schema, column: str) -> dict[str, Any]:
    """A column of lists of structs."""
    fields = schema.field(column).type.value_type
    kinds = {pa.string(): _STRING, pa.int32(): _INT32, pa.float32(): _FLOAT32}
    return {"feature": {f.name: dict(kinds[f.type]) for f in fields}, "_type": "List"}


def bio_names(slot_names: Sequence[str]) -> list[str]:
    """Names of the BIO labels: "O", then B- and I- of each slot name."""
    return ["O", *(f"{prefix}-{name}" for name in slot_names for prefix in ("B", "I"))]


def _labels(names: Sequence[str]) -> dict[str, Any]:
    return {"names": list(names), "_type": "ClassLabel"}


def nlu_features(intents: Sequence[str], slot_names: Sequence[str]) -> Features:
    """Columns of config `nlu`.

    Args:
        intents: Intent names by label id.
        slot_names: Slot names in the order of their BIO labels.
    """
    return {
        "id": _STRING,
        "text": _STRING,
        "lang": _STRING,
        "intent": _labels(intents),
        "slots": _structs(UTTERANCES, "slots"),
        "tokens": {"feature": _STRING, "_type": "List"},
        "bio": {"feature": _labels(bio_names(slot_names)), "_type": "List"},
        "template": _STRING,
        "origin": _STRING,
        "generation": _INT32,
        "weight": _FLOAT32,
        "license": _STRING,
    }


def speech_features(intents: Sequence[str]) -> Features:
    """Columns of config `speech`.

    Args:
        intents: Intent names by label id, the same as in config `nlu`.
    """
    return {
        "clip_id": _STRING,
        "utterance_id": _STRING,
        "audio": {"sampling_rate": SAMPLING_RATE_HZ, "_type": "Audio"},
        "text": _STRING,
        "spoken": _STRING,
        "intent": _labels(intents),
        "slots": _structs(CLIPS, "slots"),
        "spoken_slots": _structs(CLIPS, "spoken_slots"),
        "words": _structs(CLIPS, "words"),
        "engine": _STRING,
        "voice": _STRING,
        "voice_license": _STRING,
        "snr_db": _FLOAT32,
        "duration_s": _FLOAT32,
    }


def _arrow(feature: Mapping[str, Any]) -> pa.DataType:
    kind = feature.get("_type")
    if kind == "Value":
        return _ARROW[feature["dtype"]]
    if kind == "ClassLabel":
        return pa.int64()
    if kind == "Audio":
        return pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    if kind == "List":
        return pa.list_(_arrow(feature["feature"]))
    return pa.struct([(name, _arrow(inner)) for name, inner in feature.items()])


def arrow_schema(features: Features) -> pa.Schema:
    """Arrow types, with the schema metadata by which `datasets` knows the features again."""
    fields = [(name, _arrow(feature)) for name, feature in features.items()]
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    return pa.schema(fields, metadata=metadata)


def label_names(schema: pa.Schema, column: str) -> list[str]:
    """Names of a ClassLabel column (or list of them) of a published file.

    Raises:
        ValueError: When the schema says nothing of it.
    """
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        feature = features[column]
        names: list[str] = feature.get("feature", feature)["names"]
    except (KeyError, ValueError, AttributeError) as error:
        raise ValueError(f"column {column} has no label names") from error
    return names


def to_yaml(features: Features) -> list[dict[str, Any]]:
    """The features as `dataset_info` of a card lists them."""
    return [{"name": name, **_yaml(feature)} for name, feature in features.items()]


def _yaml(feature: Mapping[str, Any]) -> dict[str, Any]:
    kind = feature.get("_type")
    if kind == "Value":
        return {"dtype": feature["dtype"]}
    if kind == "ClassLabel":
        # The Hub wants the label ids as strings.
        names = {str(number): name for number, name in enumerate(feature["names"])}
        return {"dtype": {"class_label": {"names": names}}}
    if kind == "Audio":
        return {"dtype": {"audio": {"sampling_rate": feature["sampling_rate"]}}}
    if kind == "List":
        inner = _yaml(feature["feature"])
        if list(inner) in (["dtype"], ["struct"]):
            return {"list": next(iter(inner.values()))}
        return {"list": inner}
    return {"struct": to_yaml(feature)}
