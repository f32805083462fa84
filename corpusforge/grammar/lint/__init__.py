"""What is wrong or doubtful in templates: `corpusforge lint`.

One file per rule; a rule is one function `check(grammar)` that yields findings. The automata are
built once, in `Grammar`, and shared by all rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpusforge.core.errors import InputError
from corpusforge.grammar.lint import (
    adds_nothing,
    ambiguous_slots,
    can_be_empty,
    dead,
    drowning,
    duplicate_value,
    explosion,
    lagging,
    list_in_choice,
    near_identical,
    never,
    shared_sentence,
    similar_phrases,
    unreachable,
    white_space,
    wildcard_neighbours,
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
    "similar_phrases": similar_phrases.check,
    "adds_nothing": adds_nothing.check,
    "near_identical": near_identical.check,
    "unreachable_alternative": unreachable.check,
    "can_be_empty": can_be_empty.check,
    "wildcard_neighbours": wildcard_neighbours.check,
    "list_in_choice": list_in_choice.check,
    "never": never.check,
    "dead": dead.check,
    "duplicate_value": duplicate_value.check,
    "drowning": drowning.check,
    "explosion": explosion.check,
    "white_space": white_space.check,
}
"""Rule -> its function; `lagging` compares languages and stands beside them."""

# More would hide errors and warnings; templates of a whole home easily have hundreds of notes.
MAX_NOTES = 10


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
        """For people: errors and warnings whole; of the notes of a rule the first few."""
        notes: Counter[str] = Counter()
        for finding in self.findings:
            if finding.severity == "note":
                notes[finding.rule] += 1
                if notes[finding.rule] > MAX_NOTES:
                    continue
            yield from finding.lines()
        for rule, number in notes.items():
            if number > MAX_NOTES:
                yield f"{number - MAX_NOTES:,} more notes [{rule}]: --json has all"
        told = (f"{number} {name}s" for name, number in self.counts().items())
        yield f"{', '.join(told)} in {', '.join(self.languages)}"

    def render(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines())


def lint_path(path: Path, *, lang: str | None = None, lists: Sequence[Path] = ()) -> LintResult:
    """Look at a template file or folder; without `lang` at all its languages.

    Args:
        path: Template file or folder.
        lang: Only this language.
        lists: Files with further lists.

    Raises:
        InputError: For templates that cannot be loaded.
    """
    packs, findings = _packs(path, lang, lists)
    findings += [finding for pack in packs for finding in lint(pack)]
    findings += lagging.check(packs)
    return LintResult(
        tuple(sorted(findings, key=Finding.order)), tuple(pack.lang for pack in packs)
    )


def _packs(path: Path, lang: str | None, lists: Sequence[Path]) -> tuple[list[Pack], list[Finding]]:
    try:
        return [load_pack(path, lang=lang, lists=lists)], []
    except InputError as error:
        if lang is not None or "several languages" not in error.message:
            raise
        tags = error.allowed
    folders = {child.name.lower(): child for child in path.iterdir() if child.is_dir()}
    packs: list[Pack] = []
    findings: list[Finding] = []
    for tag in tags:
        # A folder for each language is read by itself: files without `language:` are its own,
        # and not read once for every language.
        own = folders.get(tag.lower())
        try:
            packs.append(load_pack(own or path, lang=None if own else tag, lists=lists))
        except InputError as error:
            if not error.message.startswith("there are no sentences"):
                raise
            findings.append(lagging.without_sentences(tag))
    return packs, findings


def lint(pack: Pack) -> list[Finding]:
    """Findings of all rules on one language."""
    grammar = Grammar(pack)
    return [finding for check in RULES.values() for finding in check(grammar)]
