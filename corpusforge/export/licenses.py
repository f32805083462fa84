"""Licenses of a release: of its texts, and of the software or models that spoke."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from corpusforge.export.accounts import counted
from corpusforge.export.release import ReleaseTables

__all__ = [
    "HUB_LICENSES",
    "LICENSE_FILE",
    "NOT_STATED",
    "TOOL_SENTENCE",
    "expression_of",
    "hub_license",
    "license_expression",
    "license_text",
    "row_licenses",
    "voice_licenses",
]

LICENSE_FILE = "LICENSE"
NOT_STATED = "not stated"
TOOL_SENTENCE = (
    "It is the license of the software or model that spoke, as its package declares it, and no "
    "statement about the audio."
)

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
    parts = sorted({name for name in names if name})
    if len(parts) < 2:
        return parts[0] if parts else "NONE"
    return " AND ".join(f"({part})" if " " in part else part for part in parts)


def license_expression(release: ReleaseTables) -> str:
    """All licenses of rows and voices as one SPDX expression."""
    return expression_of([*row_licenses(release), *voice_licenses(release)])


def row_licenses(release: ReleaseTables) -> dict[str, int]:
    """License -> rows."""
    return dict(sorted(Counter(release.all_rows["license"].to_pylist()).items()))


def voice_licenses(release: ReleaseTables) -> dict[str, int]:
    """License of what spoke -> clips; "" = its package states none."""
    found = Counter(name or "" for name in release.clips["voice_license"].to_pylist())
    return dict(sorted(found.items()))


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
        found: Counter[tuple[str, str]] = Counter()
        columns = (release.clips[name].to_pylist() for name in ("voice_license", "engine"))
        found.update((name or NOT_STATED, engine) for name, engine in zip(*columns, strict=True))
        lines += [
            f"  {name}: engine {engine}, {counted(n, 'clip')}"
            for (name, engine), n in sorted(found.items())
        ]
        lines += [f"  {TOOL_SENTENCE}"]
        lines += ["", "All speech is synthetic: no recording of a person is in it."]
    return "\n".join(lines) + "\n"
