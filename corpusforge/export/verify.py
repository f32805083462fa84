"""Reads a release folder again and checks what it promises, without the code that wrote it.

Works on a bare folder, e.g. one that was downloaded: `verify_release(folder)`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpusforge.core.lineage import find_leaks
from corpusforge.core.schema import SPLITS
from corpusforge.core.sound_files import MARK, is_marked
from corpusforge.core.spans import spans_from_bio
from corpusforge.core.text import fold
from corpusforge.export.checksums import CHECKSUMS, checksum
from corpusforge.export.claims import check_claims, check_expanded, check_provenance
from corpusforge.export.features import SAMPLING_RATE_HZ, arrow_schema, to_yaml
from corpusforge.export.flac import pcm_sha256, read_header
from corpusforge.export.release import (
    EXPANDED,
    NLU_COLUMNS,
    SPEECH_COLUMNS,
    content_of,
    total_hash,
)
from corpusforge.export.release_view import Problem, ReleaseView

__all__ = ["Problem", "verify_release"]

_CONFIGS = ("nlu", EXPANDED, "speech")
_DURATION_ROUNDING_S = 1e-3  # float32 seconds of a clip of up to two hours

# What reading a file that is missing, cut off or of another shape raises: all that is a finding.
_BROKEN = (OSError, ValueError, LookupError, TypeError, AttributeError, pa.ArrowException)


def verify_release(folder: Path) -> list[Problem]:
    """Check a release folder.

    Checked are: checksums of all files; the card's configs, features and split sizes against
    the files; that spans read their text and BIO rebuilds them; that no folded text stands
    twice; no leak between splits, followed through parents to the templates; FLAC headers and
    the synthetic mark, and samples where soundfile is installed; that a clip's row stands in the
    same split; that its words are those it says, one after another and within the clip; the
    content hash; licenses, counts and labels that card and release.json claim; that
    nlu_expanded, where there is one, is nlu and generated train rows; and that provenance tells
    of every row and clip what the data tells.

    Returns:
        All problems found; empty when the release keeps its promises.
    """
    view = ReleaseView(folder)
    checks: tuple[Callable[[ReleaseView], Iterator[Problem]], ...] = (
        _check_sums,
        _check_card,
        _check_features,
        _check_rows,
        _check_duplicates,
        _check_leaks,
        _check_clips,
        _check_times,
        _check_content,
        check_claims,
        check_expanded,
        check_provenance,
    )
    problems: list[Problem] = []
    for check in checks:
        name = check.__name__.removeprefix("_").removeprefix("check_")
        try:
            problems += check(view)
        except _BROKEN as error:
            problems.append(Problem(name, str(folder), f"cannot be checked: {error!r}"))
    return problems


def _check_sums(view: ReleaseView) -> Iterator[Problem]:
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


def _check_card(view: ReleaseView) -> Iterator[Problem]:
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


def _check_features(view: ReleaseView) -> Iterator[Problem]:
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


def _check_rows(view: ReleaseView) -> Iterator[Problem]:
    for rows in (view.rows, view.expanded):
        for name, count in Counter(row["id"] for row in rows).items():
            if count > 1:
                yield Problem("rows", name, "id stands twice")
    for row in view.all_rows:
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


def _check_duplicates(view: ReleaseView) -> Iterator[Problem]:
    """A folded text stands once: in one split and, where the recipe asks for it, one intent."""
    filters = view.facts["recipe"]["clean"]["filters"]
    first: dict[str, dict[str, Any]] = {}
    for row in view.all_rows:
        twin = first.setdefault(fold(row["text"]), row)
        if twin is row:
            continue
        if row["intent"] == twin["intent"]:
            said = f"same folded text and intent as {twin['id']}"
        elif row["split"] != twin["split"]:
            said = f"same folded text as {twin['id']} in {twin['split']}, under another intent"
        elif "label_conflict" in filters:
            said = f"same folded text as {twin['id']}, under another intent"
        else:
            continue
        yield Problem("duplicates", row["id"], said)


def _check_leaks(view: ReleaseView) -> Iterator[Problem]:
    folder = view.folder / "provenance"
    story = pq.read_table(folder / "utterances.parquet", partitioning=None)
    templates = pq.read_table(folder / "templates.parquet", partitioning=None)
    released = story.filter(story["released"])
    for leak in find_leaks(released, templates, story.filter(pc.invert(story["released"]))):
        yield Problem("leaks", leak.row_id, str(leak))


def _check_clips(view: ReleaseView) -> Iterator[Problem]:
    rows = {row["id"]: row for row in view.rows}
    # Clips that are split by voice say the same words in every split.
    by_voice = view.facts["recipe"].get("speech", {}).get("split_by") == "voice"
    shared = ("text", "intent", "slots") if by_voice else ("split", "text", "intent", "slots")
    seen: set[str] = set()
    for clip in view.clips():
        name = clip["clip_id"]
        if name in seen:
            yield Problem("clips", name, "clip_id stands twice")
        seen.add(name)
        row = rows.get(clip["utterance_id"])
        if row is None:
            yield Problem("clips", name, "its row is not in nlu")
        elif any(row[column] != clip[column] for column in shared):
            yield Problem("clips", name, f"{', '.join(shared)}: not all as in its row in nlu")
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
    if not is_marked(clip["audio"]["bytes"]):
        return f"its file is not marked as synthetic (comment {MARK} ...)"
    return ""


def _check_times(view: ReleaseView) -> Iterator[Problem]:
    for clip in view.clips():
        fault = _times_fault(clip)
        if fault:
            yield Problem("times", clip["clip_id"], fault)


def _times_fault(clip: dict[str, Any]) -> str:
    """What is wrong with the word times and spoken slots of a clip, "" when nothing is."""
    words, slots, spoken = clip["words"], clip["spoken_slots"], clip["spoken"]
    if words is not None:
        if [word["word"] for word in words] != spoken.split():
            return "words are not those of spoken"
        edges = [word[edge] for word in words for edge in ("start_s", "end_s")]
        if edges != sorted(edges):
            return "words do not follow each other"
        if edges and (edges[0] < 0 or edges[-1] > clip["duration_s"] + _DURATION_ROUNDING_S):
            return "words are not within the clip"
    for slot in slots or ():
        if not 0 <= slot["start"] <= slot["end"] <= len(spoken):
            return f"spoken slot {slot['name']} is not within spoken"
        times = slot["start_s"], slot["end_s"]
        if words is None and times != (None, None):
            return f"spoken slot {slot['name']} has times, but its words have none"
        known = {word[edge] for word in words or () for edge in ("start_s", "end_s")}
        if not known.issuperset(time for time in times if time is not None):
            return f"spoken slot {slot['name']} does not start and end with words"
    return ""


def _check_content(view: ReleaseView) -> Iterator[Problem]:
    stated = view.facts["content_sha256"]
    found: dict[str, dict[str, str]] = {}
    for config, whole in (("nlu", view.rows), (EXPANDED, view.expanded)):
        for split in SPLITS:
            rows = [row for row in whole if row["split"] == split]
            if rows:
                plain = ({name: row[name] for name in NLU_COLUMNS} for row in rows)
                found.setdefault(config, {})[split] = content_of(plain)
    hashes = {clip["clip_id"]: clip["pcm_sha256"] for clip in view.story("clips")}
    by_split: dict[str, list[dict[str, Any]]] = {}
    for clip in view.clips():
        plain_clip = {name: clip[name] for name in SPEECH_COLUMNS}
        plain_clip["pcm_sha256"] = hashes[clip["clip_id"]]
        by_split.setdefault(clip["split"], []).append(plain_clip)
        if pcm_sha256(clip["audio"]["bytes"]) not in (None, hashes[clip["clip_id"]]):
            yield Problem("content", clip["clip_id"], "samples are not those of provenance")
    for split in SPLITS:
        if split in by_split:
            found.setdefault("speech", {})[split] = content_of(by_split[split])
    if found != {config: splits for config, splits in stated.items() if config != "all"}:
        yield Problem("content", "release.json", "rows or samples are not those it was made of")
    if total_hash(found) != stated["all"]:
        yield Problem("content", "release.json", "content_sha256.all is not the sum of its parts")
