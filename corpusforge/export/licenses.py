"""Licenses of a release: of its texts, of what spoke, and of noises and babble mixed in."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from corpusforge.core.errors import RunError
from corpusforge.core.licenses import UNKNOWN, allowing, refused_licenses, spdx_expression, stated
from corpusforge.export.accounts import counted
from corpusforge.export.release import ReleaseTables

__all__ = [
    "HUB_LICENSES",
    "LICENSE_FILE",
    "NOT_STATED",
    "expression_of",
    "hub_license",
    "license_expression",
    "license_text",
    "no_person",
    "noise_license",
    "noise_licenses",
    "refuse_licenses",
    "row_licenses",
    "stated_counts",
    "tool_sentence",
    "voice_licenses",
]

LICENSE_FILE = "LICENSE"
NOT_STATED = "not stated"
_NAMED = 4
_AS_STATED = " (as the recipe states)"

# SPDX ids that the Hub knows by the same name in lower case; any other license is "other"
# there, with its name beside it.
HUB_LICENSES = frozenset(
    {
        *("apache-2.0", "mit", "isc", "bsd-2-clause", "bsd-3-clause", "mpl-2.0", "unlicense"),
        *("cc0-1.0", "cc-by-2.0", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0"),
        *("cc-by-nc-4.0", "cc-by-nc-sa-4.0", "cc-by-nd-4.0", "gpl-3.0", "agpl-3.0", "lgpl-3.0"),
    }
)


def expression_of(names: Iterable[str | None]) -> str:
    """Licenses as one SPDX expression: sorted, each once, joined by AND; "NONE" without any."""
    parts = sorted({spdx_expression(name) for name in names if name})
    if len(parts) < 2:
        return parts[0] if parts else "NONE"
    # NOASSERTION may not stand in an expression.
    parts = sorted({"LicenseRef-unknown" if part == UNKNOWN else part for part in parts})
    return " AND ".join(f"({part})" if " " in part else part for part in parts)


def stated_counts(names: Iterable[str | None]) -> dict[str, int]:
    """License, `UNKNOWN` where none is stated -> how often."""
    return dict(sorted(Counter(map(stated, names)).items()))


def license_expression(release: ReleaseTables) -> str:
    """All licenses of rows, voices and noises as one SPDX expression."""
    return expression_of(name for _, counts in _kinds(release) for name in counts)


def _kinds(release: ReleaseTables) -> tuple[tuple[str, dict[str, int]], ...]:
    return (
        ("rows", row_licenses(release)),
        ("voices", voice_licenses(release)),
        ("noises", noise_licenses(release.clips)),
    )


def refuse_licenses(release: ReleaseTables, allowed: Sequence[str]) -> None:
    """Refuse to publish what is non-commercial or unknown and not allowed by name.

    Args:
        release: What would be published.
        allowed: `export.allow_licenses` of the recipe.

    Raises:
        RunError: Naming each license, why, and how many rows or clips have it.
    """
    lines, names = [], set()
    for kind, counts in _kinds(release):
        for expression, count in counts.items():
            for item in refused_licenses(expression, allowed):
                what = counted(count, "row" if kind == "rows" else "clip")
                lines.append(f"    {item.name} ({item.note}): {kind}, {what}")
                names.add(item.name)
    if lines:
        raise RunError(
            "export: these licenses may not be published, nothing was published:\n"
            + "\n".join(lines)
            + "\n    leave out what has them, or allow them by name: "
            + allowing(*sorted(names))
        )


def row_licenses(release: ReleaseTables) -> dict[str, int]:
    """License -> rows."""
    return dict(sorted(Counter(release.all_rows["license"].to_pylist()).items()))


def voice_licenses(release: ReleaseTables) -> dict[str, int]:
    """License of what spoke -> clips; "" = its package states none."""
    found = Counter(name or "" for name in release.clips["voice_license"].to_pylist())
    return dict(sorted(found.items()))


def tool_sentence(clips: pa.Table) -> str:
    """What the license of a voice covers, and who says so.

    Args:
        clips: Columns of `CLIPS`.
    """
    columns = (clips[name].to_pylist() for name in ("engine", "voice", "voice_source"))
    spoken = {
        (f"{engine}/{voice}", bool(source)) for engine, voice, source in zip(*columns, strict=True)
    }
    brought = sorted(name for name, source in spoken if source)
    who = "as its package or source declares it"
    if brought:
        theirs = f"as the recipe states it for {_some(brought)}"
        who = theirs if len(brought) == len(spoken) else f"{who} and {theirs}"
    return (
        f"It is the license of the software or model that spoke, {who}, and no statement about "
        "the audio."
    )


def _some(voices: Sequence[str]) -> str:
    """Names of voices, the first few of many."""
    if len(voices) <= _NAMED:
        return ", ".join(voices)
    return f"{', '.join(voices[: _NAMED - 1])} and {len(voices) - _NAMED + 1} more"


def noise_license(chain: Sequence[Mapping[str, Any]] | None) -> list[str]:
    """Licenses of the recordings and of the voices of babble that a clip's chain mixed in.

    Other noise is made and has none.

    Args:
        chain: Column `chain` of a clip.
    """
    noises = _licensed(chain)
    voices = [one["voice"] for found in noises for one in json.loads(found.get("talkers", "[]"))]
    return [stated(str(part["license"])) for part in [*noises, *voices] if "license" in part]


def _licensed(chain: Sequence[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    """Parameters of the steps in which a license stands, and of their further sources."""
    steps = [json.loads(step["params"]) for step in chain or () if "license" in step["params"]]
    return [*steps, *(one for step in steps for one in json.loads(step.get("others", "[]")))]


def noise_licenses(clips: pa.Table) -> dict[str, int]:
    """License of recorded noise or of a voice of babble -> clips with it."""
    found: Counter[str] = Counter()
    for chain in clips["chain"].to_pylist():
        found.update(set(noise_license(chain)))
    return dict(sorted(found.items()))


def no_person(clips: pa.Table) -> str:
    """Whether recordings of people are in clips, as the end of a sentence without its stop."""
    # The license of a recording stands with its source, that of babble with its voices.
    noises = any(
        "license" in source for chain in clips["chain"].to_pylist() for source in _licensed(chain)
    )
    but = ", but for recorded noise, which may hold voices" if noises else ""
    return f"no recording of a person is in it{but}"


def hub_license(expression: str) -> dict[str, str]:
    """The keys of the Hub's front matter for an SPDX expression."""
    lower = expression.lower()
    if lower in HUB_LICENSES:
        return {"license": lower}
    name = lower.replace(" ", "-").replace("(", "").replace(")", "")
    return {"license": "other", "license_name": name, "license_link": LICENSE_FILE}


def license_text(release: ReleaseTables) -> str:
    """The LICENSE file: each license and what it covers, by SPDX identifier."""
    lines = [f"SPDX-License-Identifier: {license_expression(release)}", ""]
    lines += ["Texts, labels and annotations (columns `license` of the rows):"]
    lines += [f"  {name}: {counted(n, 'row')}" for name, n in row_licenses(release).items()]
    if release.clips.num_rows:
        lines += ["", "Software or model that spoke (column `voice_license` of the clips):"]
        names = ("engine", "voice", "voice_license", "voice_source")
        found = Counter(zip(*(release.clips[name].to_pylist() for name in names), strict=True))
        lines += [
            f"  {license_ or NOT_STATED}: {engine}/{voice}, {counted(n, 'clip')}"
            + (_AS_STATED if source else "")
            for (engine, voice, license_, source), n in sorted(found.items(), key=str)
        ]
        lines += [f"  {tool_sentence(release.clips)}"]
        if noises := noise_licenses(release.clips):
            where = "column `chain` of provenance/clips.parquet"
            lines += ["", f"Recorded noise and babble in clips ({where}):"]
            lines += [f"  {name}: {counted(n, 'clip')}" for name, n in noises.items()]
        lines += ["", f"All speech is synthetic: {no_person(release.clips)}."]
    return "\n".join(lines) + "\n"
