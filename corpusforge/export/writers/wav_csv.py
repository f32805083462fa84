"""A plain folder: 16-bit WAV files and two CSV tables, for tools that know no Parquet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from corpusforge.core.schema import CLIPS, UTTERANCES
from corpusforge.core.sound_files import synthetic_mark
from corpusforge.export.accounts import counted
from corpusforge.export.checksums import write_checksums
from corpusforge.export.csv_tables import FILE, read_csv, write_csv
from corpusforge.export.flac import wav_of
from corpusforge.export.licenses import (
    LICENSE_FILE,
    expression_of,
    license_text,
    no_person,
    row_licenses,
    tool_sentence,
    voice_licenses,
)
from corpusforge.export.release import EXPANDED, NLU_COLUMNS, SPEECH_COLUMNS, ReleaseTables

__all__ = ["PLUGIN", "WavCsvWriter"]

_ROWS, _CLIPS = "utterances.csv", "metadata.csv"
_EXPANDED = "utterances_expanded.csv"


@dataclass(frozen=True)
class WavCsvWriter:
    """utterances.csv (all rows), metadata.csv (all clips) and wav/SPLIT/CLIP_ID.wav.

    utterances_expanded.csv, where there is one, holds the rows of config nlu_expanded.
    UTF-8, comma, CRLF, quotes as in RFC 4180. `slots`, `spoken_slots` and `words` are JSON,
    numbers are exact. README.md and
    LICENSE say what it is, since the folder goes its own way; SHA256SUMS covers all files.
    """

    name: str = "wav_csv"
    losses: tuple[str, ...] = (
        "no tokens, BIO tags and label ids: intents stand as names; slots and word "
        "times as JSON in one column each",
    )
    extra: str = "speech"

    def write(self, release: ReleaseTables, folder: Path) -> list[Path]:
        """See `Writer.write`."""
        rows = folder / _ROWS
        columns = [*NLU_COLUMNS, "split"]
        write_csv(rows, columns, release.utterances.select(columns).to_pylist())
        about = [folder / "README.md", folder / LICENSE_FILE]
        if release.expanded is not None:
            about.append(folder / _EXPANDED)
            write_csv(about[-1], columns, release.expanded.select(columns).to_pylist())
        about[0].write_text(_readme(release), encoding="utf-8")
        about[1].write_text(license_text(release), encoding="utf-8")
        if not release.clips.num_rows:
            return [rows, *about, write_checksums(folder)]
        written = [rows, *about]
        listed = release.clips.select([*SPEECH_COLUMNS, "split"]).to_pylist()
        for clip, flac in zip(listed, release.audio(release.clips), strict=True):
            clip[FILE] = f"wav/{clip['split']}/{clip['clip_id']}.wav"
            path = folder / clip[FILE]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(wav_of(flac, synthetic_mark(clip["engine"], clip["voice"])))
            written.append(path)
        write_csv(folder / _CLIPS, [FILE, *SPEECH_COLUMNS, "split"], listed)
        return [*written, folder / _CLIPS, write_checksums(folder)]

    def read(self, folder: Path) -> Mapping[str, pa.Table]:
        """See `Writer.read`."""
        found: dict[str, pa.Table] = {}
        for config, name in (("nlu", _ROWS), (EXPANDED, _EXPANDED)):
            rows = read_csv(folder / name, UTTERANCES) if (folder / name).is_file() else []
            if rows:
                fields = [UTTERANCES.field(name) for name in (*NLU_COLUMNS, "split")]
                found[config] = pa.Table.from_pylist(rows, pa.schema(fields))
        if (folder / _CLIPS).is_file():
            clips = read_csv(folder / _CLIPS, CLIPS)
            for clip in clips:
                clip["audio"] = (folder / clip[FILE]).read_bytes()
            fields = [CLIPS.field(name) for name in (*SPEECH_COLUMNS, "split")]
            schema = pa.schema([*fields, pa.field("audio", pa.binary())])
            found["speech"] = pa.Table.from_pylist(clips, schema)
        return found


def _readme(release: ReleaseTables) -> str:
    rows, clips = release.utterances, release.clips
    real = rows["origin"].to_pylist().count("real")
    lines = [
        "# Labelled commands as WAV and CSV",
        f"{counted(rows.num_rows, 'row')} in `{_ROWS}`: {real:,} real, the others synthetic.",
        f"License of the texts: {expression_of(row_licenses(release))}.",
    ]
    if release.expanded is not None:
        more = release.expanded.num_rows - rows.num_rows
        lines.append(
            f"`{_EXPANDED}` holds these rows and {counted(more, 'generated row')} that did not "
            "prove useful on real rows."
        )
    if clips.num_rows:
        lines += [
            f"{counted(clips.num_rows, 'clip')} in `{_CLIPS}` and `wav/`, 16-bit PCM. All of it is "
            f"synthetic speech: {no_person(clips)}.",
            f"License of the speech software or models: {expression_of(voice_licenses(release))}. "
            + tool_sentence(clips),
        ]
    lines.append(f"`{LICENSE_FILE}` says what each license covers, SHA256SUMS checks the files.")
    return "\n\n".join(lines) + "\n"


PLUGIN = WavCsvWriter()
