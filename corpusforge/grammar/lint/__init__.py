"""What is wrong or doubtful in templates: `corpusforge lint`.

One file per rule; a rule is one function `check(grammar)` that yields findings. The automata are
built once, in `Grammar`, and shared by all rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpusforge.core.errors import InputError
from corpusforge.grammar.lint import (
    adds_nothing,
    ambiguous_slots,
    dead,
    drowning,
    duplicate_value,
    explosion,
    lagging,
    shared_sentence,
    unreachable,
)
from corpusforge.grammar.lint.findings import Finding
from corpusforge.grammar.lint.grammar import Grammar
from corpusforge.grammar.loader import load_pack
from corpusforge.grammar.pack import Pack

__all__ = ["RULES", "Finding", "LintResult", "lint", "lint_path"]

Rule = Callable[[Grammar], Iterable[Finding]]

RULES: dict[str, Rule] = {
    "shared_sentence": shared_sentence.check,
    "ambiguous_slots": ambiguous_slots.check,
    "adds_nothing": adds_nothing.check,
    "unreachable_alternative": unreachable.check,
    "dead": dead.check,
    "duplicate_value": duplicate_value.check,
    "drowning": drowning.check,
    "explosion": explosion.check,
}


@dataclass(frozen=True)
class LintResult:
    """Findings, the graver ones first, then by place.

    Attributes:
        findings: All of them.
        languages: Looked at.
    """

    findings: tuple[Finding, ...]
    languages: tuple[str, ...]

    def counts(self) -> dict[str, int]:
        """Severity -> number of findings."""
        severities = [finding.severity for finding in self.findings]
        return {name: severities.count(name) for name in ("error", "warning", "note")}

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "languages": list(self.languages),
            "counts": self.counts(),
            "findings": [finding.to_json() for finding in self.findings],
        }

    def lines(self) -> Iterator[str]:
        """For people: one finding on one line, its witnesses and what to do below it."""
        for finding in self.findings:
            place = f"{finding.position}: " if finding.position else ""
            yield f"{place}{finding.severity} [{finding.rule}] {finding.message}"
            yield from (f"    {witness}" for witness in finding.witnesses)
            if finding.hint:
                yield f"    -> {finding.hint}"
        told = ", ".join(f"{number} {name}s" for name, number in self.counts().items())
        yield f"{told} in {', '.join(self.languages)}"


def lint_path(path: Path, *, lang: str | None = None, lists: Sequence[Path] = ()) -> LintResult:
    """Look at a template file or folder; without `lang` at all its languages.

    Args:
        path: Template file or folder.
        lang: Only this language.
        lists: Files with further lists.

    Raises:
        InputError: For templates that cannot be loaded.
    """
    packs = _packs(path, lang, lists)
    findings = [finding for pack in packs for finding in lint(pack)]
    findings += lagging.check(packs)
    return LintResult(
        tuple(sorted(findings, key=Finding.order)), tuple(pack.lang for pack in packs)
    )


def _packs(path: Path, lang: str | None, lists: Sequence[Path]) -> list[Pack]:
    try:
        return [load_pack(path, lang=lang, lists=lists)]
    except InputError as error:
        if lang is not None or "several languages" not in error.message:
            raise
        return [load_pack(path, lang=tag, lists=lists) for tag in error.allowed or ()]


def lint(pack: Pack) -> list[Finding]:
    """Findings of all rules on one language."""
    grammar = Grammar(pack)
    return [finding for check in RULES.values() for finding in check(grammar)]
