"""A file of candidates for the small grammar."""

import json
from contextlib import contextmanager

ROWS = [
    {"text": "put the {lamp} on right away", "intent": "light_on"},
    {"text": "it should be brighter in the {room} by now", "intent": "light_on"},
    {"text": "it is far too dark in this {room}", "intent": "light_on"},
    {"text": "could you please turn the {lamp} on in time", "intent": "light_on"},
    {"text": "kill the {lamp} at once", "intent": "light_off"},
    {
        "text": "kill the desk lamp in the kitchen",
        "intent": "light_off",
        "slots": [
            {"name": "lamp", "start": 9, "end": 18},
            {"name": "room", "start": 26, "end": 33},
        ],
    },
    {
        "text": "I have to speak with Anna",
        "intent": "call",
        "slots": [{"name": "person", "start": 21, "end": 25}],
    },
]


@contextmanager
def arranged(folder):
    lines = "".join(json.dumps(row) + "\n" for row in ROWS)
    (folder / "candidates.jsonl").write_text(lines)
    yield {"external": {"path": "candidates.jsonl"}}
