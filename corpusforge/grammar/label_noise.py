"""Label noise that templates make: what `lint` calls errors, for `validate` and `build`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from corpusforge.grammar.lint import RULES, Finding
from corpusforge.grammar.lint.grammar import Grammar
from corpusforge.grammar.pack import Pack

__all__ = ["MAX_TEMPLATES", "LabelNoise", "label_noise"]

# The rules that find errors.
_RULES = ("shared_sentence", "ambiguous_slots")
# `validate` looks at no larger packs: 1,500 templates take seconds.
MAX_TEMPLATES = 600
_SHOWN = 3


@dataclass(frozen=True)
class LabelNoise:
    """Findings of a pack.

    Attributes:
        findings: Sentences of two intents, and sentences with two readings, by place.
        files: Path of each template file, as it was read -> below the folder of templates.
    """

    findings: tuple[Finding, ...]
    files: dict[str, str]

    def warnings(self) -> Iterator[str]:
        """One line each, with its place as the user would type it."""
        for finding in self.findings:
            yield f"{finding.position}: {finding.message}"

    def notes(self) -> list[str]:
        """How many, and the first ones; nothing of the machine, for cards must not tell it."""
        if not self.findings:
            return []
        count = len(self.findings)
        findings = "1 finding" if count == 1 else f"{count} findings"
        shown = "; ".join(self._told(finding) for finding in self.findings[:_SHOWN])
        return [f"labels are noisy by {findings} of lint ({shown}); corpusforge lint tells all"]

    def facts(self) -> dict[str, Any]:
        """For the report and the card."""
        return {
            "findings": len(self.findings),
            "first": [self._told(finding) for finding in self.findings[:_SHOWN]],
        }

    def _told(self, finding: Finding) -> str:
        at = finding.position
        if at is None:
            return finding.message
        file = self.files.get(at.file, PurePath(at.file).name)
        return f"{file}:{at.line}: {finding.message}"


def label_noise(pack: Pack) -> LabelNoise:
    """Look for errors in templates."""
    grammar = Grammar(pack)
    found = [
        finding
        for rule in _RULES
        for finding in RULES[rule](grammar)
        if finding.severity == "error"
    ]
    files = {str(t.source.document.path): t.file for t in (*pack.templates, *pack.open_templates)}
    return LabelNoise(tuple(sorted(found, key=Finding.order)), files)
