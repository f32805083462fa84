"""Small hand-made tables for the tests of cleaning."""

import re

from corpusforge.core.ids import assign_ids
from corpusforge.core.schema import Utterance, utterances_to_table
from corpusforge.core.spans import Slot, fill

VALUE = re.compile(r"\{(\w+)=([^{}]*)\}")


def row(sentence, intent="on", split="train", **fields):
    """An utterance from "turn on the {name=lamp}"; the value is the surface in upper case."""
    found = VALUE.findall(sentence)
    slots = [Slot(name, name, text.upper(), text, 0, 0) for name, text in found]
    text, placed = fill(VALUE.sub(r"{\1}", sentence), slots)
    defaults = {"lang": "en", "origin": "grammar", "license": "Apache-2.0"}
    if fields.pop("annotated", True):
        fields["slots"] = placed
    else:
        fields["slots"] = None
    return Utterance(text=text, intent=intent, split=split, **{**defaults, **fields})


def table_of(*rows):
    return assign_ids(utterances_to_table(rows))
