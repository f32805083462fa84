"""Packs for tests of lint, and what one rule finds in them."""

from hypothesis import assume

from corpusforge.grammar.compile import Planner
from corpusforge.grammar.lint import lint
from tests.grammar.packs import pack_of

HEAD = """\
language: en
lists:
  room: {values: [kitchen, hall]}
  song: {wildcard: true}
"""


def found(body, rule, head=HEAD):
    return [finding for finding in lint(pack_of(head + body)) if finding.rule == rule]


def intents(**sentences):
    lines = ["intents:"]
    for intent, said in sentences.items():
        lines += [f"  {intent}:", "    data:", "      - sentences:"]
        lines += [f"          - '{sentence}'" for sentence in said]
    return "\n".join(lines) + "\n"


def place(finding):
    return finding.position.line, finding.position.column


def assume_small(pack, limit=20_000):
    """Leave out packs that brute force would take minutes for: six parts in any order."""
    planner = Planner()
    assume(sum(planner.template(template).derivations for template in pack.templates) <= limit)
