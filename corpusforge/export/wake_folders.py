"""Clips of a wake word as folders of WAV files, as trainers of detectors expect them.

`utterances.csv` and `clips.csv` beside the folders name every row and clip with its columns: so
nothing is anonymous, and the folders can be read back. Streams of all negatives of a split stand
beside the clips, with `streams.csv` saying what is heard when.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from corpusforge.core.errors import require
from corpusforge.core.schema import CLIPS, UTTERANCES
from corpusforge.core.seeding import uniforms
from corpusforge.core.sound_files import synthetic_mark, wav_bytes
from corpusforge.core.wake import phrases, positive_intents
from corpusforge.export.accounts import counted
from corpusforge.export.checksums import write_checksums
from corpusforge.export.csv_tables import FILE, read_csv, write_csv
from corpusforge.export.flac import wav_of
from corpusforge.export.licenses import LICENSE_FILE, license_text, no_person
from corpusforge.export.release import NLU_COLUMNS, SPEECH_COLUMNS, ReleaseTables, of_split
from corpusforge.export.streams import RATE_HZ, Samples, streams

__all__ = ["FolderWriter", "Layout"]

Layout = Mapping[str, tuple[str, str, str]]
"""Split -> (folder of positives, folder of negatives, folder of streams or "" for none)."""

_ROWS, _CLIPS, _STREAMS = "utterances.csv", "clips.csv", "streams.csv"
_SEED = 1


@dataclass(frozen=True)
class FolderWriter:
    """Writes and reads folders of WAV files; the plug-ins of family `writer` say which.

    Attributes:
        name: The plug-in's name.
        layout: Which split goes where.
        about: Sentences for README.md on how a trainer reads it.
        losses: See `Writer`.
        extra: See `Writer`.
    """

    name: str
    layout: Layout
    about: str
    losses: tuple[str, ...] = (
        "no texts, intents and slots beside the clips: they stand in clips.csv",
    )
    extra: str = "speech"

    def write(self, release: ReleaseTables, folder: Path) -> list[Path]:
        """See `Writer.write`."""
        return _write_folders(release, folder, self.layout, self.about)

    def read(self, folder: Path) -> Mapping[str, pa.Table]:
        """See `Writer.read`."""
        return _read_folders(folder)


def _write_folders(release: ReleaseTables, folder: Path, layout: Layout, about: str) -> list[Path]:
    """Write all clips, streams and tables; returns the files written."""
    written = [folder / LICENSE_FILE, folder / "README.md", folder / _ROWS]
    written[0].write_text(license_text(release), encoding="utf-8")
    columns = [*NLU_COLUMNS, "split"]
    write_csv(written[2], columns, release.utterances.select(columns).to_pylist())
    positives = positive_intents(release.clips["intent"].to_pylist())
    listed: list[dict[str, Any]] = []
    heard: list[dict[str, Any]] = []
    hours: dict[str, float] = {}
    for split, (wanted, others, long) in layout.items():
        clips = of_split(release.clips, split)
        rows = clips.select([*SPEECH_COLUMNS, "split"]).to_pylist()
        for row, flac in zip(rows, release.audio(clips), strict=True):
            place = wanted if row["intent"] in positives else others
            row[FILE] = f"{place}/{row['clip_id']}.wav"
            path = folder / row[FILE]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(wav_of(flac, synthetic_mark(row["engine"], row["voice"])))
            written.append(path)
        listed += rows
        if long:
            negative = pa.array([row["intent"] not in positives for row in rows], pa.bool_())
            made = list(_write_streams(release, clips.filter(negative), folder / long, heard))
            written += [path for path, _ in made]
            hours[split] = sum(duration_s for _, duration_s in made) / 3600.0
    write_csv(folder / _CLIPS, [FILE, *SPEECH_COLUMNS, "split"], listed)
    _write_streams_csv(folder / _STREAMS, heard)
    text = _readme(release, positives, hours, about)
    written[1].write_text(text, encoding="utf-8")
    return [*written, folder / _CLIPS, folder / _STREAMS, write_checksums(folder)]


def _decoded(flac: bytes) -> Samples:
    soundfile = require("soundfile", extra="speech", purpose="reading FLAC files")
    samples: Samples = soundfile.read(io.BytesIO(flac), dtype="float32", always_2d=True)[0][:, 0]
    return samples


def _write_streams(
    release: ReleaseTables, clips: pa.Table, place: Path, heard: list[dict[str, Any]]
) -> Iterator[tuple[Path, float]]:
    """Streams of all clips in drawn order; what is heard when is appended to `heard`."""
    names = clips["clip_id"].to_pylist()
    order = np.argsort(uniforms(_SEED, "stream.order", names), kind="stable")
    mixed = clips.take(pa.array(order, pa.int64()))
    audio = (_decoded(flac) for flac in release.audio(mixed))
    place.mkdir(parents=True, exist_ok=True)
    for number, stream in enumerate(streams(mixed["clip_id"].to_pylist(), audio, _SEED)):
        path = place / f"stream-{number:04d}.wav"
        pcm = np.clip(np.rint(stream.samples * 32767), -32768, 32767).astype("<i2")
        path.write_bytes(wav_bytes(pcm.tobytes(), RATE_HZ, synthetic_mark("several", "several")))
        heard += [
            {
                FILE: f"{place.name}/{path.name}",
                "clip_id": piece.clip_id,
                "start_s": round(piece.start_s, 4),
                "end_s": round(piece.end_s, 4),
            }
            for piece in stream.pieces
        ]
        yield path, stream.duration_s


def _write_streams_csv(path: Path, heard: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, [FILE, "clip_id", "start_s", "end_s"])
        writer.writeheader()
        writer.writerows(heard)


def _readme(
    release: ReleaseTables, positives: tuple[str, ...], hours: Mapping[str, float], about: str
) -> str:
    intents, texts = (release.clips[name].to_pylist() for name in ("intent", "text"))
    heard_for = ", ".join(phrases(zip(intents, texts, strict=True), positives))
    long = ", ".join(f"{value:.2f} hours in {split}" for split, value in hours.items())
    lines = [
        "# Clips of a wake word",
        f"Listened for: {heard_for}. {counted(release.clips.num_rows, 'clip')}, WAV, 16 kHz, "
        f"16 bit. All of it is synthetic speech: {no_person(release.clips)}.",
        about,
        f"Streams of negatives: {long}. False accepts per hour need hours: after none in n hours "
        "the rate may still be 3 / n (95 %)."
        if hours
        else "",
        f"`{_CLIPS}` names every clip with voice, engine and license, `{_STREAMS}` what is heard "
        f"when, `{LICENSE_FILE}` what each license covers, SHA256SUMS checks the files.",
    ]
    return "\n\n".join(line for line in lines if line) + "\n"


def _read_folders(folder: Path) -> Mapping[str, pa.Table]:
    """Rows and clips back from the tables and the files that they name."""
    found: dict[str, pa.Table] = {}
    for config, name, schema, columns in (
        ("nlu", _ROWS, UTTERANCES, NLU_COLUMNS),
        ("speech", _CLIPS, CLIPS, SPEECH_COLUMNS),
    ):
        rows = read_csv(folder / name, schema) if (folder / name).is_file() else []
        fields = [schema.field(column) for column in (*columns, "split")]
        if config == "speech":
            fields.append(pa.field("audio", pa.binary()))
            for row in rows:
                row["audio"] = (folder / row[FILE]).read_bytes()
        if rows:
            found[config] = pa.Table.from_pylist(rows, pa.schema(fields))
    return found
