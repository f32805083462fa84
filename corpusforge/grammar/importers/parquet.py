"""Parquet files, with the class names that `datasets` writes into them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpusforge.core.errors import InputError
from corpusforge.grammar.raw import RawTable, class_names

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["PLUGIN", "Parquet", "read_parquet"]


@dataclass(frozen=True)
class Parquet:
    """One Parquet file; columns with bytes (audio, images) are left out."""

    name: str = "parquet"
    losses: str = "none"

    def write_example(self, folder: Path) -> Path:
        """Two rows."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.table({"text": ["dim the lamp", "stop"], "intent": ["dim", "off"]})
        pq.write_table(table, folder / "rows.parquet")
        return folder / "rows.parquet"

    def accepts(self, path: Path) -> bool:
        """Files named .parquet."""
        return path.is_file() and path.suffix.lower() == ".parquet"

    def peek(self, path: Path) -> RawTable:
        """Read all rows."""
        return self.read(path)

    def read(self, path: Path) -> RawTable:
        """Read all rows."""
        return RawTable(read_parquet(path))


def read_parquet(path: Path) -> pa.Table:
    """A Parquet file without its columns of bytes, class numbers replaced by names.

    Raises:
        InputError: When it is not Parquet.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(path)
        names = [item.name for item in schema if not _holds_bytes(item.type)]
        table = pq.read_table(path, columns=names, partitioning=None)
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(f"{path} cannot be read as Parquet: {error}") from error
    return class_names(table, _feature_names(schema))


def _holds_bytes(kind: pa.DataType) -> bool:
    import pyarrow as pa

    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return True
    if pa.types.is_struct(kind):
        return any(_holds_bytes(item.type) for item in kind)
    return pa.types.is_list(kind) and _holds_bytes(kind.value_type)


def _feature_names(schema: pa.Schema) -> dict[str, Sequence[str]]:
    """Class names from the metadata that `datasets` writes (key "huggingface")."""
    try:
        content: Any = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        features = content.get("info", {}).get("features", {})
        return {
            name: feature["names"]
            for name, feature in features.items()
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
        }
    except (ValueError, AttributeError, KeyError):
        return {}


PLUGIN = Parquet()
