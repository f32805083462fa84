"""Reads a release folder again and checks what it promises, without the code that wrote it.

Works on a bare folder, e.g. one that was downloaded: `verify_release(folder)`.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import util
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml

from corpusforge.core.lineage import find_leaks
from corpusforge.core.schema import SPLITS
from corpusforge.core.spans import spans_from_bio
from corpusforge.core.text import fold
from corpusforge.export.features import SAMPLING_RATE_HZ, arrow_schema, label_names, to_yaml
from corpusforge.export.flac import read_header
from corpusforge.export.release import NLU_COLUMNS, SPEECH_COLUMNS, content_of, total_hash

__all__ = ["CHECKSUMS", "Problem", "checksum", "verify_release"]

CHECKSUMS = "SHA256SUMS"

_CONFIGS = ("nlu", "speech")
_DURATION_ROUNDING_S = 1e-3  # float32 seconds of a clip of up to two hours


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken promise.

    Attributes:
        check: Which check found it.
        where: File, row or clip.
        detail: What is wrong.
    """

    check: str
    where: str
    detail: str

    def __str__(self) -> str:
        return f"{self.check}: {self.where}: {self.detail}"


def checksum(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def verify_release(folder: Path) -> list[Problem]:
    """Check a release folder.

    Checked are: checksums of all files; the card's configs, features and split sizes against
    the files; that spans read their text and BIO rebuilds them; no duplicates after folding
    within an intent; no leak between splits, followed through parents to the templates; FLAC
    headers, and samples where soundfile is installed; that a clip's row stands in the same
    split; the content hash.

    Returns:
        All problems found; empty when the release keeps its promises.
    """
    view = _View(folder)
    checks: tuple[Callable[[_View], Iterator[Problem]], ...] = (
        _check_sums,
        _check_card,
        _check_features,
        _check_rows,
        _check_duplicates,
        _check_leaks,
        _check_clips,
        _check_content,
    )
    problems: list[Problem] = []
    for check in checks:
        name = check.__name__.removeprefix("_check_")
        try:
            problems += check(view)
        # A file that is missing, cut off or of another shape must end as a finding.
        except (OSError, ValueError, KeyError, TypeError, AttributeError, pa.ArrowException) as e:
            problems.append(Problem(name, str(folder), f"cannot be checked: {e!r}"))
    return problems


class _View:
    """A release folder, read lazily."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def files(self, config: str) -> list[tuple[str, Path]]:
        """(split, file) of a config."""
        paths = sorted((self.folder / config).glob("*.parquet"))
        return [(path.name.partition("-")[0], path) for path in paths]

    @cached_property
    def card(self) -> dict[str, Any]:
        """Front matter of the card."""
        lines = (self.folder / "README.md").read_text(encoding="utf-8").split("\n")
        if lines[0] != "---":
            raise ValueError("README.md has no front matter")
        front = yaml.safe_load("\n".join(lines[1 : lines.index("---", 1)]))
        if not isinstance(front, dict):
            raise ValueError("the front matter of README.md is no mapping")
        return front

    @cached_property
    def facts(self) -> dict[str, Any]:
        """release.json."""
        facts: dict[str, Any] = json.loads((self.folder / "release.json").read_text("utf-8"))
        return facts

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """All rows of config nlu, with split, intents and tags by name."""
        rows: list[dict[str, Any]] = []
        for split, path in self.files("nlu"):
            table = pq.read_table(path, partitioning=None)
            intents = label_names(table.schema, "intent")
            tags = label_names(table.schema, "bio")
            for row in table.to_pylist():
                row["intent"] = intents[row["intent"]]
                if row["bio"] is not None:
                    row["bio"] = [tags[number] for number in row["bio"]]
                rows.append({**row, "split": split})
        return rows

    def clips(self) -> Iterator[dict[str, Any]]:
        """All rows of config speech, one row group of audio in memory at a time."""
        for split, path in self.files("speech"):
            with pq.ParquetFile(path) as file:
                intents = label_names(file.schema_arrow, "intent")
                for number in range(file.num_row_groups):
                    for clip in file.read_row_group(number).to_pylist():
                        yield {**clip, "intent": intents[clip["intent"]], "split": split}


def _check_sums(view: _View) -> Iterator[Problem]:
    listed: dict[str, str] = {}
    for line in (view.folder / CHECKSUMS).read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        listed[name] = digest
    there = {
        path.relative_to(view.folder).as_posix(): path
        for path in view.folder.rglob("*")
        if path.is_file() and path.name != CHECKSUMS
    }
    for name in sorted(listed.keys() | there.keys()):
        if name not in there:
            yield Problem("sums", name, f"listed in {CHECKSUMS}, but not there")
        elif name not in listed:
            yield Problem("sums", name, f"not listed in {CHECKSUMS}")
        elif checksum(there[name]) != listed[name]:
            yield Problem("sums", name, "does not have the listed SHA-256")


def _check_card(view: _View) -> Iterator[Problem]:
    configs = {item["config_name"]: item["data_files"] for item in view.card["configs"]}
    infos = {item["config_name"]: item for item in view.card["dataset_info"]}
    for config in _CONFIGS:
        files = view.files(config)
        splits = {split for split, _ in files}
        listed = {item["split"]: item["path"] for item in configs.get(config, ())}
        if splits != set(listed):
            yield Problem("card", config, f"files of {sorted(splits)}, card {sorted(listed)}")
        for split, pattern in listed.items():
            matched = {path for path in view.folder.glob(pattern)}
            if matched != {path for name, path in files if name == split}:
                yield Problem("card", config, f"{pattern} does not match the files of {split}")
        sizes = {
            item["name"]: item["num_examples"] for item in infos.get(config, {}).get("splits", ())
        }
        counted: dict[str, int] = {}
        for split, path in files:
            counted[split] = counted.get(split, 0) + pq.read_metadata(path).num_rows
        if sizes != counted:
            yield Problem("card", config, f"{counted} rows, the card says {sizes}")
    for split in {split for config in _CONFIGS for split, _ in view.files(config)} - set(SPLITS):
        yield Problem("card", split, "unknown split")


def _check_features(view: _View) -> Iterator[Problem]:
    infos = {item["config_name"]: item for item in view.card["dataset_info"]}
    intents: list[list[str]] = []
    for config in _CONFIGS:
        for _, path in view.files(config):
            schema = pq.read_schema(path)
            features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
            if not arrow_schema(features).equals(schema.remove_metadata()):
                yield Problem("features", path.name, "column types are not those of its features")
            if to_yaml(features) != infos[config]["features"]:
                yield Problem("features", path.name, "features are not those of the card")
            intents.append(features["intent"]["names"])
    if any(names != intents[0] for names in intents):
        yield Problem("features", "intent", "label ids differ between files")


def _check_rows(view: _View) -> Iterator[Problem]:
    seen: set[str] = set()
    for row in view.rows:
        if row["id"] in seen:
            yield Problem("rows", row["id"], "id stands twice")
        seen.add(row["id"])
        fault = _row_fault(row)
        if fault:
            yield Problem("rows", row["id"], fault)


def _row_fault(row: dict[str, Any]) -> str:
    """What is wrong with text, slots, tokens and tags of a row, "" when nothing is."""
    text, slots = row["text"], row["slots"]
    spans: list[tuple[int, int]] = []
    end = 0
    for token in row["tokens"]:
        start = text.find(token, end)
        if start < 0 or text[end:start].strip():
            return "tokens do not spell the text"
        end = start + len(token)
        spans.append((start, end))
    if text[end:].strip():
        return "tokens do not spell the text"
    if slots is None or row["bio"] is None:
        return "" if slots is None and row["bio"] is None else "only one of slots and bio is null"
    for slot in slots:
        if text[slot["start"] : slot["end"]] != slot["text"]:
            return f"slot {slot['name']} does not read text[start:end]"
    if len(row["bio"]) != len(spans):
        return "not as many tags as tokens"
    if spans_from_bio(spans, row["bio"]) != [(s["name"], s["start"], s["end"]) for s in slots]:
        return "BIO does not rebuild the slots"
    return ""


def _check_duplicates(view: _View) -> Iterator[Problem]:
    first: dict[tuple[str, str], str] = {}
    for row in view.rows:
        twin = first.setdefault((row["intent"], fold(row["text"])), row["id"])
        if twin != row["id"]:
            yield Problem("duplicates", row["id"], f"same folded text and intent as {twin}")


def _check_leaks(view: _View) -> Iterator[Problem]:
    folder = view.folder / "provenance"
    story = pq.read_table(folder / "utterances.parquet", partitioning=None)
    templates = pq.read_table(folder / "templates.parquet", partitioning=None)
    released = story.filter(story["released"])
    facts = ("id", "split", "template", "generation", "origin")
    told = {row["id"]: row for row in released.select(facts).to_pylist()}
    if told.keys() != {row["id"] for row in view.rows}:
        yield Problem("leaks", "provenance", "released rows are not the rows of nlu")
    for row in view.rows:
        if row["id"] in told and any(told[row["id"]][name] != row[name] for name in facts):
            yield Problem("leaks", row["id"], "provenance tells another origin than nlu")
    for leak in find_leaks(released, templates, story.filter(pc.invert(story["released"]))):
        yield Problem("leaks", leak.row_id, str(leak))


def _check_clips(view: _View) -> Iterator[Problem]:
    rows = {row["id"]: row for row in view.rows}
    seen: set[str] = set()
    for clip in view.clips():
        name = clip["clip_id"]
        if name in seen:
            yield Problem("clips", name, "clip_id stands twice")
        seen.add(name)
        row = rows.get(clip["utterance_id"])
        if row is None:
            yield Problem("clips", name, "its row is not in nlu")
        elif any(row[column] != clip[column] for column in ("split", "text", "intent", "slots")):
            yield Problem("clips", name, "split, text, intent or slots differ from its row in nlu")
        fault = _sound_fault(clip)
        if fault:
            yield Problem("clips", name, fault)


def _sound_fault(clip: dict[str, Any]) -> str:
    try:
        header = read_header(clip["audio"]["bytes"] or b"")
    except ValueError as error:
        return str(error)
    if (header.rate_hz, header.channels, header.bits) != (SAMPLING_RATE_HZ, 1, 16):
        return f"{header.rate_hz} Hz, {header.channels} channels, {header.bits} bits"
    if abs(header.samples / SAMPLING_RATE_HZ - clip["duration_s"]) > _DURATION_ROUNDING_S:
        return f"{header.samples} samples are not {clip['duration_s']:.3f} s"
    return ""


def _check_content(view: _View) -> Iterator[Problem]:
    stated = view.facts["content_sha256"]
    found: dict[str, dict[str, str]] = {}
    for split in SPLITS:
        rows = [row for row in view.rows if row["split"] == split]
        if rows:
            plain = ({name: row[name] for name in NLU_COLUMNS} for row in rows)
            found.setdefault("nlu", {})[split] = content_of(plain)
    hashes = _pcm_hashes(view)
    by_split: dict[str, list[dict[str, Any]]] = {}
    for clip in view.clips():
        plain_clip = {name: clip[name] for name in SPEECH_COLUMNS}
        plain_clip["pcm_sha256"] = hashes[clip["clip_id"]]
        by_split.setdefault(clip["split"], []).append(plain_clip)
        if _decodable() and _pcm_sha256(clip["audio"]["bytes"]) != hashes[clip["clip_id"]]:
            yield Problem("content", clip["clip_id"], "samples are not those of provenance")
    for split in SPLITS:
        if split in by_split:
            found.setdefault("speech", {})[split] = content_of(by_split[split])
    if found != {config: splits for config, splits in stated.items() if config != "all"}:
        yield Problem("content", "release.json", "rows or samples are not those it was made of")
    if total_hash(found) != stated["all"]:
        yield Problem("content", "release.json", "content_sha256.all is not the sum of its parts")


def _pcm_hashes(view: _View) -> dict[str, str]:
    path = view.folder / "provenance" / "clips.parquet"
    if not path.is_file():
        return {}
    table = pq.read_table(path, columns=["clip_id", "pcm_sha256"], partitioning=None)
    return dict(zip(table["clip_id"].to_pylist(), table["pcm_sha256"].to_pylist(), strict=True))


def _decodable() -> bool:
    return util.find_spec("soundfile") is not None


def _pcm_sha256(flac: bytes) -> str:
    """SHA-256 of the 16-bit samples, "" for a file that cannot be decoded."""
    import soundfile

    try:
        samples, _ = soundfile.read(io.BytesIO(flac), dtype="int16")
    except soundfile.LibsndfileError:
        return ""
    return hashlib.sha256(samples.astype("<i2").tobytes()).hexdigest()
