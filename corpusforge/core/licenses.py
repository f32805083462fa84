"""SPDX license expressions: which of their licenses may not be published without a word.

Two kinds are refused unless a recipe allows them by name: licenses that forbid commercial use,
and those that are not known: nobody stated them, or what stands there is neither an identifier of
SPDX nor a `LicenseRef-...`, the form that SPDX has for licenses which are not on its list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

from corpusforge.core.errors import nearest

__all__ = [
    "FORMS",
    "UNKNOWN",
    "Refused",
    "allowing",
    "certain_spdx",
    "refused_licenses",
    "spdx_expression",
    "stated",
]

UNKNOWN = "NOASSERTION"
"""SPDX' word for "nothing was found out"; also the name by which unstated licenses are allowed."""

FORMS = "an SPDX identifier, or LicenseRef-NAME for one that SPDX does not list"
"""How a license is stated, for messages."""

# Words that state nothing, also as LicenseRef-WORD; signs count as spaces.
_UNSTATED = frozenset(
    {
        *("", "noassertion", "none", "unknown", "not stated", "not known", "unstated"),
        *("unspecified", "not specified", "undefined", "undetermined", "null", "nil", "n a", "na"),
        *("tbd", "tba", "todo", "fixme", "other", "misc", "various", "custom", "any", "license"),
        *("proprietary", "all rights reserved"),
    }
)
# CC-BY-NC-4.0, CC-BY-NC-SA-2.0-FR, NCGL-UK-2.0, PolyForm-Noncommercial-1.0.0 of the SPDX list
# (3.28), the same words in names that packages make up, and Coqui's license of XTTS.
_NON_COMMERCIAL = re.compile(
    r"non-?commercial|\bNC(GL)?\b|\bresearch[- ]only\b|\bCPML\b|\bcoqui[- ]public[- ]model\b",
    re.IGNORECASE,
)
_PLAIN_YAML = re.compile(r"(?!(?i:null|true|false|yes|no|on|off|y|n)$)[A-Za-z][\w.+/() -]*(?<! )")
_REF = "LicenseRef-"
_OPERATORS = ("(", ")", "AND", "OR")
# Those that data, software and models mostly have: what a wrong name may have meant.
_COMMON = (
    *("Apache-2.0", "Artistic-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "ISC"),
    *("MIT", "MIT-0", "MPL-2.0", "Unlicense", "Zlib", "WTFPL", "OFL-1.1", "EPL-2.0", "EUPL-1.2"),
    *(f"{name}-{form}" for name in ("GPL-2.0", "GPL-3.0", "LGPL-2.1", "LGPL-3.0", "AGPL-3.0")
      for form in ("only", "or-later")),
    *("CC0-1.0", "CC-PDDC", "PDDL-1.0", "ODbL-1.0", "ODC-By-1.0", "CDLA-Permissive-2.0"),
    *(f"CC-BY{more}-{version}" for more in ("", "-SA", "-ND", "-NC", "-NC-SA", "-NC-ND")
      for version in ("2.0", "2.5", "3.0", "4.0")),
)  # fmt: skip
# Names that mean one license for certain, as `_plain` leaves them; a bare BSD, GPL or Apache does
# not. GPLv3 names a version and no later one (`_GPL`).
_MEANT = {
    "apachesoftware20": "Apache-2.0",
    "apache2": "Apache-2.0",
    "asl20": "Apache-2.0",
    "mitexpat": "MIT",
    "expat": "MIT",
    "3clausebsd": "BSD-3-Clause",
    "bsd3": "BSD-3-Clause",
    "newbsd": "BSD-3-Clause",
    "modifiedbsd": "BSD-3-Clause",
    "2clausebsd": "BSD-2-Clause",
    "bsd2": "BSD-2-Clause",
    "simplifiedbsd": "BSD-2-Clause",
    "mpl2": "MPL-2.0",
    "mozillapublic20": "MPL-2.0",
    "mozillapublic20mpl20": "MPL-2.0",
    "cc0": "CC0-1.0",
    "cc010universal": "CC0-1.0",
    "creativecommonsattribution40": "CC-BY-4.0",
    "creativecommonsattribution40international": "CC-BY-4.0",
}
_GPL = re.compile(r"([al]?gpl)(2|21|3)0?(only|[+]|orlater)?")


@dataclass(frozen=True, slots=True, order=True)
class Refused:
    """A license that may not be published, unless it is allowed by name.

    Attributes:
        name: As it stands in the expression; `UNKNOWN` where nothing stands.
        why: "non-commercial" or "unknown".
    """

    name: str
    why: str

    @property
    def note(self) -> str:
        """`why`, and for a name that is no license of SPDX, which one may have been meant."""
        if self.why != "unknown" or _is_unstated(self.name):
            return self.why
        meant = certain_spdx(self.name) or _nearest(self.name)
        return f"{self.why} to SPDX" + (f", did you mean {meant}?" if meant else "")


def stated(expression: str | None) -> str:
    """An expression on one line; `UNKNOWN` for none."""
    lines = (expression or "").strip().splitlines()
    return lines[0].strip() if lines else UNKNOWN


def allowing(*names: str) -> str:
    """The line of a recipe that allows licenses by name."""
    plain = [
        name if _PLAIN_YAML.fullmatch(name) else json.dumps(name, ensure_ascii=False)
        for name in names
    ]
    return f"export: {{allow_licenses: [{', '.join(plain)}]}}"


def certain_spdx(name: str) -> str:
    """The SPDX expression that a license's name means for certain, "" when there is none.

    Args:
        name: SPDX, or as packages write it: "MIT License", "GPLv3", "Apache License, Version 2.0".
            Of a whole license text the first line counts.
    """
    text = stated(name)
    if _is_unstated(text):
        return ""
    if found := _canonical(text):
        return found
    if text.casefold().startswith(_REF.casefold()):
        return ""
    plain = _plain(text)
    if gpl := _GPL.fullmatch(plain):
        number = f"{gpl[2][0]}.{gpl[2][1:] or 0}"
        plain = _plain(f"{gpl[1]}-{number}-{'only' if gpl[3] in (None, 'only') else 'or-later'}")
    return _MEANT.get(plain) or {_plain(known): known for known in _COMMON}.get(plain, "")


def spdx_expression(name: str) -> str:
    """A license expression as SPDX writes it, whatever stands in it.

    A name that SPDX does not know becomes a `LicenseRef-` of it; within an expression, what nobody
    stated becomes LicenseRef-unknown, for SPDX has NOASSERTION only alone.
    """
    text = stated(name)
    if text.casefold() == UNKNOWN.casefold():
        return UNKNOWN
    tokens = _tokens(text, any_case=bool(_canonical(text)))
    known = [token if token in _OPERATORS else _canonical(token) or _ref(token) for token in tokens]
    return _canonical(" ".join(known)) or _ref(text)


def refused_licenses(expression: str | None, allowed: Iterable[str] = ()) -> tuple[Refused, ...]:
    """What in a license expression is refused, sorted.

    Args:
        expression: SPDX, or any name; of licenses joined by OR it is enough that one passes.
        allowed: Names that pass whatever they are, in any case.
    """
    text = stated(expression)
    names = {name.casefold() for name in allowed}
    if text.casefold() in names:
        return ()
    try:
        found, rest = _any_of(_tokens(text, any_case=bool(_canonical(text))), names)
        if rest:
            raise ValueError(text)
    except ValueError:  # a name with brackets of its own
        found = _one(text, names)
    return tuple(sorted(found))


def _tokens(text: str, *, any_case: bool) -> list[str]:
    """Brackets, operators, and the names between them, which may have several words."""
    tokens: list[str] = []
    for word in re.findall(r"[()]|[^\s()]+", text):
        sign = word.upper() if any_case else word
        if sign in _OPERATORS:
            tokens.append(sign)
        elif tokens and tokens[-1] not in _OPERATORS:
            tokens[-1] += f" {word}"
        else:
            tokens.append(word)
    return tokens


def _any_of(tokens: list[str], allowed: Collection[str]) -> tuple[set[Refused], list[str]]:
    found, tokens = _all_of(tokens, allowed)
    while tokens and tokens[0] == "OR":
        other, tokens = _all_of(tokens[1:], allowed)
        found = found | other if found and other else set()
    return found, tokens


def _all_of(tokens: list[str], allowed: Collection[str]) -> tuple[set[Refused], list[str]]:
    found, tokens = _factor(tokens, allowed)
    while tokens and tokens[0] == "AND":
        other, tokens = _factor(tokens[1:], allowed)
        found = found | other
    return found, tokens


def _factor(tokens: list[str], allowed: Collection[str]) -> tuple[set[Refused], list[str]]:
    if not tokens or tokens[0] in (")", "AND", "OR"):
        raise ValueError("a license is missing")
    if tokens[0] != "(":
        return _one(tokens[0], allowed), tokens[1:]
    found, rest = _any_of(tokens[1:], allowed)
    if not rest or rest[0] != ")":
        raise ValueError("a bracket is not closed")
    return found, rest[1:]


def _one(name: str, allowed: Collection[str]) -> set[Refused]:
    if name.casefold() in allowed:
        return set()
    if _is_unstated(name):
        return {Refused(name, "unknown")}
    if _NON_COMMERCIAL.search(name):
        return {Refused(name, "non-commercial")}
    return set() if _canonical(name) else {Refused(name, "unknown")}


def _is_unstated(name: str) -> bool:
    words = re.sub(r"[\W_]+", " ", name.casefold()).strip().removeprefix("licenseref ")
    return words in _UNSTATED or words.startswith("see ")


@lru_cache(maxsize=1024)
def _canonical(expression: str) -> str:
    """An expression as SPDX writes it, "" for what is none."""
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        return str(canonicalize_license_expression(expression))
    except InvalidLicenseExpression:
        return ""


def _ref(name: str) -> str:
    """A name as a LicenseRef."""
    if _is_unstated(name):
        return f"{_REF}unknown"
    prefix, bare = name[: len(_REF)], name[len(_REF) :]
    own = bare if prefix.casefold() == _REF.casefold() else name
    return _REF + (re.sub(r"[^A-Za-z0-9.]+", "-", own).strip("-") or "unknown")


def _nearest(name: str) -> str:
    """The license that a name may have meant, "" when none is near."""
    if name.casefold().startswith(_REF.casefold()):
        return _ref(name)
    plain = {_plain(known): known for known in _COMMON}
    found = nearest(_plain(name), plain)
    return plain[found] if found else ""


def _plain(name: str) -> str:
    """A name without signs and the words that say nothing: "GPL, v3+" -> "gpl3+"."""
    words = re.sub(
        r"\b(the|gnu|licen[sc]e|version)\b|\bv(?=\d)|(?<=gpl)v(?=\d)", " ", name.casefold()
    )
    return re.sub(r"[^a-z0-9+]", "", words)
