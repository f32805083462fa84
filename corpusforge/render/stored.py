"""Where the audio of a clip is kept: beside a run, in the folder of a render, in a release."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["stored_audio"]

# Where paths of clips start: in a render, in the cache of a run, and of a run inside of a render.
_ROOTS = ("", "cache", ".corpusforge/cache")


def stored_audio(folder: Path, row: Mapping[str, Any]) -> bytes | None:
    """The FLAC file of a clip, None where it is not kept.

    Args:
        folder: Run folder, folder of a render, or a bare release folder.
        row: Of `CLIPS`, or of provenance/clips.parquet of a release.
    """
    path: str | None = (row.get("audio") or {}).get("path")
    if path:
        for root in _ROOTS:
            file = folder / root / path
            if file.is_file() and file.resolve().is_relative_to(folder.resolve()):
                return file.read_bytes()
        return None
    return _in_release(folder, str(row["clip_id"]))


def _in_release(folder: Path, clip_id: str) -> bytes | None:
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    for path in sorted(folder.glob("speech/*.parquet")):
        # The ids first: the audio of a split may not fit into memory.
        with pq.ParquetFile(path) as file:
            if not {"clip_id", "audio"} <= {*file.schema_arrow.names}:
                continue
            for group in range(file.num_row_groups):
                ids = file.read_row_group(group, columns=["clip_id"])["clip_id"]
                place: int = pc.index(ids, clip_id).as_py()
                if place >= 0:
                    audio = file.read_row_group(group, columns=["audio"])["audio"]
                    found: dict[str, bytes] = audio[place].as_py() or {}
                    return found.get("bytes")
    return None
