"""Checks of what a release says about itself: license, counts, labels, hash, provenance."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from corpusforge.export.licenses import LICENSE_FILE, expression_of, hub_license, noise_license
from corpusforge.export.release import EXPANDED, NLU_COLUMNS, SPEECH_COLUMNS
from corpusforge.export.release_view import Problem, ReleaseView

__all__ = ["check_claims", "check_expanded", "check_provenance"]

_SHA256 = re.compile(r"\b[0-9a-f]{64}\b")
_LICENSE_KEYS = ("license", "license_name", "license_link")
# Facts without which a clip cannot be told of or rendered again.
_CLIP_FACTS = ("engine", "engine_version", "voice", "prosody", "chain", "pcm_sha256")


def check_claims(view: ReleaseView) -> Iterator[Problem]:
    """release.json, LICENSE and card against the rows and clips."""
    where = "release.json"
    clips = [(clip["split"], clip["voice_license"] or "") for clip in view.clips()]
    rows = Counter(row["split"] for row in view.rows)
    if view.facts["rows"] != rows or view.facts["clips"] != Counter(split for split, _ in clips):
        yield Problem("claims", where, "rows or clips per split are not those of the data")
    if view.facts["labels"] != {"intent": view.intents, "bio": view.tags}:
        yield Problem("claims", where, "labels are not those of the data")
    found = {
        "rows": Counter(row["license"] for row in view.all_rows),
        "voices": Counter(name for _, name in clips),
        "noises": Counter(n for c in view.story("clips") for n in set(noise_license(c["chain"]))),
    }
    expression = expression_of(name for counts in found.values() for name in counts)
    if view.facts["license"] != expression or view.facts["licenses"] != found:
        yield Problem("claims", where, "licenses are not those of the rows and clips")
    stated = {key: view.card[key] for key in _LICENSE_KEYS if key in view.card}
    if stated != hub_license(expression):
        yield Problem("claims", "README.md", f"the license is {expression}, the card says another")
    text = (view.folder / LICENSE_FILE).read_text(encoding="utf-8")
    if text.split("\n", 1)[0] != f"SPDX-License-Identifier: {expression}":
        yield Problem("claims", LICENSE_FILE, f"the license is {expression}")
    body = (view.folder / "README.md").read_text(encoding="utf-8")
    if set(_SHA256.findall(body)) != {view.facts["content_sha256"]["all"]}:
        yield Problem("claims", "README.md", "the content hash is not that of release.json")

    shown = view.facts.get("grammar", {}).get("shown")
    if shown is not None:
        used = {row["template"] for row in view.rows if row["origin"] == "grammar"}
        if shown["templates"] != len(used):
            yield Problem("claims", where, "the templates shown are not those of the rows")


def check_expanded(view: ReleaseView) -> Iterator[Problem]:
    """Config nlu_expanded is nlu and generated train rows, and the gate said so."""
    gate = view.facts.get("usefulness", {}).get("gate", {})
    held = set(gate.get("origins_kept_out", ()))
    for row in view.rows:
        if row["origin"] in held:
            yield Problem("expanded", row["id"], "the gate kept its origin out, yet nlu holds it")
    if bool(view.expanded) != bool(held):
        said = "a gate" if held else "no gate"
        yield Problem("expanded", EXPANDED, f"release.json tells of {said} that kept rows out")
    if not view.expanded:
        return
    there = {row["id"]: row for row in view.expanded}
    for row in view.rows:
        if there.get(row["id"]) != row:
            yield Problem("expanded", row["id"], "does not stand in nlu_expanded as it does in nlu")
    known = {row["id"] for row in view.rows}
    for row in view.expanded:
        if row["id"] in known:
            continue
        if row["split"] != "train" or not row["generation"] or row["origin"] not in held:
            yield Problem("expanded", row["id"], "only generated train rows may be beside nlu")


def check_provenance(view: ReleaseView) -> Iterator[Problem]:
    """Every row and clip stands in provenance as it stands in the data, and no private words."""
    story = view.story("utterances")
    told = {row["id"]: row for row in story if row["released"]}
    if told.keys() != {row["id"] for row in view.all_rows}:
        yield Problem("provenance", "utterances", "released rows are not the rows of nlu")
    for row in view.all_rows:
        differing = _differing(row, told.get(row["id"]), (*NLU_COLUMNS, "split"))
        if differing:
            yield Problem("provenance", row["id"], f"tells another {differing} than nlu")
    for row in story:
        words = [row[name] for name in ("text", "slots", "spoken", "intent")]
        if row["origin"] == "real" and not row["released"] and any(words):
            yield Problem("provenance", row["id"], "tells words of a row that is not published")
    heard = {clip["clip_id"]: clip for clip in view.story("clips")}
    listed = set()
    for clip in view.clips():
        listed.add(clip["clip_id"])
        differing = _differing(clip, heard.get(clip["clip_id"]), (*SPEECH_COLUMNS, "split"))
        if differing:
            yield Problem("provenance", clip["clip_id"], f"tells another {differing} than speech")
    if heard.keys() != listed:
        yield Problem("provenance", "clips", "clips are not the clips of speech")
    for clip in heard.values():
        lacking = _lacking(clip)
        if lacking:
            yield Problem("provenance", clip["clip_id"], f"does not tell the {lacking}")


def _differing(row: dict[str, Any], other: dict[str, Any] | None, columns: tuple[str, ...]) -> str:
    """The first column in which two rows differ, "" for none or when there is no other row."""
    if other is None:
        return ""
    return next((name for name in columns if row[name] != other[name]), "")


def _lacking(clip: dict[str, Any]) -> str:
    """The first fact that a clip's provenance lacks, "" when all are there."""
    for name in _CLIP_FACTS:
        # No effects is an empty chain, not null.
        if clip[name] is None or clip[name] == "":
            return name
    for link in clip["chain"]:
        try:
            known = link["op"] and link["version"] and isinstance(json.loads(link["params"]), dict)
        except (TypeError, ValueError):
            known = False
        if not known:
            return "chain"
    return ""
