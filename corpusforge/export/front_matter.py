"""The front matter of the card: what the Hub and `datasets` read of a release."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import yaml

from corpusforge.core.recipe import Recipe
from corpusforge.export.features import Features, nlu_features, speech_features, to_yaml
from corpusforge.export.licenses import hub_license, license_expression
from corpusforge.export.release import EXPANDED, ReleaseTables
from corpusforge.export.writers.hf import files_of

__all__ = ["as_yaml", "front_matter"]

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)
_LARGEST = "10M<n<100M"


class _Plain(yaml.SafeDumper):
    """Writes equal lists out in full: the Hub's own parser knows no anchors and aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        """Never refer to what was written before."""
        return True


def as_yaml(front: dict[str, Any]) -> str:
    """Front matter as YAML, keys in their order."""
    text: str = yaml.dump(front, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=1000)
    return text


def front_matter(recipe: Recipe, release: ReleaseTables, folder: Path) -> dict[str, Any]:
    """The card's front matter; keys of hub-docs' dataset card specification.

    Args:
        recipe: The resolved recipe.
        release: The published rows and clips.
        folder: The release folder, with its Parquet files in place.
    """
    clips = release.clips.num_rows > 0
    rows = release.utterances.num_rows
    origins = set(release.utterances["origin"].to_pylist())
    made = origins - {"real"}
    creators = (["machine-generated"] if made else []) + (["found"] if "real" in origins else [])
    language = recipe.lang.split("-")[0].lower()
    tasks = ["text-classification", "token-classification"]
    return {
        "pretty_name": recipe.pretty_name or recipe.name,
        "language": [language],
        **({"language_details": recipe.lang} if "-" in recipe.lang else {}),
        **hub_license(license_expression(release)),
        "tags": (["synthetic"] if made or clips else [])
        + ["corpusforge", "spoken-language-understanding", "datasets"]
        + (["audio"] if clips else []),
        "task_categories": tasks
        + (["audio-classification", "automatic-speech-recognition"] if clips else []),
        "task_ids": ["intent-classification"],
        "annotations_creators": creators,
        "language_creators": creators,
        "multilinguality": ["monolingual"],
        "source_datasets": ["original"],
        "size_categories": [next((name for most, name in _SIZES if rows < most), _LARGEST)],
        **_configs(release, folder),
    }


def _configs(release: ReleaseTables, folder: Path) -> dict[str, Any]:
    """`configs` and `dataset_info`: which files, columns and sizes."""
    configs, infos = [], []
    text = nlu_features(release.intents, release.slot_names)
    described: tuple[tuple[str, Features], ...] = (
        ("nlu", text),
        (EXPANDED, text),
        ("speech", speech_features(release.intents)),
    )
    for name, features in described:
        files = files_of(folder, name)
        if not files:
            continue
        splits = [_split_size(split, paths) for split, paths in files.items()]
        patterns = [{"split": split, "path": f"{name}/{split}-*"} for split in files]
        default = {"default": True} if name == "nlu" else {}
        configs.append({"config_name": name, "data_files": patterns, **default})
        infos.append(
            {
                "config_name": name,
                "features": to_yaml(features),
                "splits": splits,
                "download_size": sum(p.stat().st_size for paths in files.values() for p in paths),
                "dataset_size": sum(split["num_bytes"] for split in splits),
            }
        )
    return {"configs": configs, "dataset_info": infos}


def _split_size(split: str, paths: Sequence[Path]) -> dict[str, Any]:
    """Rows and bytes in memory of one split."""
    size = count = 0
    for path in paths:
        with pq.ParquetFile(path) as file:
            for number in range(file.num_row_groups):
                table = file.read_row_group(number)
                size += table.nbytes
                count += table.num_rows
    return {"name": split, "num_bytes": size, "num_examples": count}
