"""A program: reads paths of Chatette files, writes all that Chatette itself generates of them.

Its generator says every sentence; its list of all of them loses some. There, beginnings of a text
that are alike count as one, even where a name (`?name`) was chosen in the one and not in the
other, so that only the ends that fit one of them follow. Here they count as two.

One JSON object per line: intent -> [[text, [[slot, value], ...]], ...]; null for an intent with
too many sentences; {"error": ...} where Chatette fails. It runs in a process of its own, because
Chatette keeps its state in globals.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys

from chatette.facade import Facade
from chatette.modifiers import randgen
from chatette.units import rule
from chatette.units.ast import AST
from chatette.units.modifiable import choice
from chatette.units.modifiable.definitions import unit_definition
from chatette.utils import UnitType

MOST = 3000


def add(examples, new):
    """`chatette.units.add_example_no_dup`, with the names that were chosen."""

    def chosen(example):
        return getattr(example, randgen.RANDGEN_MAPPING_KEY, None)

    if not any(one.text == new.text and chosen(one) == chosen(new) for one in examples):
        examples.append(new)
    return examples


def extend(examples, more):
    """`chatette.units.extend_no_dup`, likewise."""
    for new in more:
        add(examples, new)
    return examples


for module in (rule, randgen):
    module.add_example_no_dup = add
for module in (choice, unit_definition):
    module.extend_no_dup = extend


def generated(path):
    """What Chatette generates of one file."""
    Facade.reset_system(path, None, seed="1")
    Facade(path, seed="1").run_parsing()
    found = {}
    for name, intent in AST.get_or_create()[UnitType.intent].items():
        found[name] = None
        if intent.get_max_nb_possibilities() <= MOST:
            found[name] = [
                [made.text, [[entity.slot_name, entity.value] for entity in made.entities]]
                for made in intent.generate_all()
            ]
    return found


def main():
    for line in sys.stdin:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            try:
                answer = generated(line.strip())
            except (Exception, SystemExit) as error:
                answer = {"error": repr(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
