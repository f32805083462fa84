"""What is published, independent of file formats: rows, clips, label names, content hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.core.errors import StaleInputError
from corpusforge.core.run import canonical_json
from corpusforge.core.schema import SPLITS

__all__ = [
    "EXPANDED",
    "NLU_COLUMNS",
    "SPEECH_COLUMNS",
    "ReleaseTables",
    "Writer",
    "content_hash",
    "content_of",
    "of_split",
    "total_hash",
]

NLU_COLUMNS = (
    "id",
    "text",
    "lang",
    "intent",
    "slots",
    "template",
    "origin",
    "generation",
    "weight",
    "license",
)
"""Columns of a published row, but for tokens and BIO, which are made from text and slots."""

EXPANDED = "nlu_expanded"
"""Config that offers generated rows which did not prove useful, beside the rows of `nlu`."""

SPEECH_COLUMNS = (
    "clip_id",
    "utterance_id",
    "text",
    "spoken",
    "intent",
    "slots",
    "spoken_slots",
    "words",
    "engine",
    "voice",
    "voice_license",
    "snr_db",
    "duration_s",
)
"""Columns of a published clip, but for the audio."""


@dataclass(frozen=True)
class ReleaseTables:
    """The published rows and clips, in their final order.

    Attributes:
        utterances: Columns of `UTTERANCES`, rows that may be published.
        clips: Columns of `CLIPS`, clips of those rows.
        intents: Intent names by label id.
        slot_names: Slot names in the order of their BIO labels.
        audio_root: Folder that `audio.path` of the clips starts in.
        expanded: Those rows and the generated ones that the usefulness gate kept out of them;
            None when it kept none out, and there is no config `nlu_expanded`.
    """

    utterances: pa.Table
    clips: pa.Table
    intents: tuple[str, ...]
    slot_names: tuple[str, ...]
    audio_root: Path
    expanded: pa.Table | None = None

    @property
    def all_rows(self) -> pa.Table:
        """Every published row, whichever config it stands in."""
        return self.utterances if self.expanded is None else self.expanded

    def texts(self) -> dict[str, pa.Table]:
        """Config -> its rows, of the configs that hold text."""
        found = {"nlu": self.utterances}
        return found if self.expanded is None else {**found, EXPANDED: self.expanded}

    def audio_sizes(self, clips: pa.Table) -> npt.NDArray[np.int64]:
        """Bytes of each clip's FLAC file, shape [clips]."""
        return np.array([path.stat().st_size for path in self._paths(clips)], dtype=np.int64)

    def audio(self, clips: pa.Table) -> Iterator[bytes]:
        """FLAC file of each clip.

        Raises:
            StaleInputError: When a file of the cache is gone.
        """
        for path in self._paths(clips):
            yield path.read_bytes()

    def _paths(self, clips: pa.Table) -> Iterator[Path]:
        for name in pc.struct_field(clips["audio"], "path").to_pylist():
            path = self.audio_root / name
            if not path.is_file():
                raise StaleInputError(f"{path.name} is gone from the cache", stage="speech")
            yield path


class Writer(Protocol):
    """A plug-in of family `writer`: file in export/writers/, attribute `PLUGIN`.

    Attributes:
        name: The file's name.
        losses: What the format cannot hold, in sentences for the card.
        extra: The extra of corpusforge that it needs, "" for none.
    """

    name: str
    losses: tuple[str, ...]
    extra: str

    def write(self, release: ReleaseTables, folder: Path) -> list[Path]:
        """Write the release below `folder`, which exists; return the files written."""

    def read(self, folder: Path) -> Mapping[str, pa.Table]:
        """Read a written release back.

        Returns:
            "nlu" and "nlu_expanded" with NLU_COLUMNS and split, "speech" with SPEECH_COLUMNS,
            split and `audio` (bytes of a sound file); intents by name. A config without rows
            is left out.
        """


def of_split(table: pa.Table, split: str) -> pa.Table:
    """The rows of one split, in their order."""
    return table.filter(pc.equal(table["split"], split))


def content_of(rows: Iterable[Mapping[str, Any]]) -> str:
    """SHA-256 of rows: canonical JSON, one row a line.

    Args:
        rows: Plain Python values, intents by name; order counts.
    """
    hashed = hashlib.sha256()
    for row in rows:
        hashed.update(canonical_json(row).encode())
        hashed.update(b"\n")
    return hashed.hexdigest()


def total_hash(parts: Mapping[str, Mapping[str, str]]) -> str:
    """One SHA-256 over the hashes of all configs and splits."""
    return hashlib.sha256(canonical_json(parts).encode()).hexdigest()


def content_hash(release: ReleaseTables) -> dict[str, dict[str, str]]:
    """Config -> split -> SHA-256 of what is in it, rows and PCM, whatever the file format.

    Clips enter with the SHA-256 of their 16-bit samples in place of the audio file.
    """
    tables: dict[str, tuple[pa.Table, Sequence[str]]] = {
        **{config: (rows, NLU_COLUMNS) for config, rows in release.texts().items()},
        "speech": (release.clips, (*SPEECH_COLUMNS, "pcm_sha256")),
    }
    found: dict[str, dict[str, str]] = {}
    for config, (table, columns) in tables.items():
        for split in SPLITS:
            part = of_split(table, split)
            if part.num_rows:
                rows = part.select(columns).to_pylist()
                found.setdefault(config, {})[split] = content_of(rows)
    return found
