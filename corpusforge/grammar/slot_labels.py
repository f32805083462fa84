"""Labels of slots inside the grammar: name, role and group as one text.

Automata, counting and sampling compare slots by their label; rows show its three parts. A label
is "name", "name@role" or "name@role#group"; names of slots hold neither "@" nor "#".
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

__all__ = ["ROLE", "SlotLabel", "slot_label", "split_label"]

ROLE = re.compile(r"[^\s{}@#:\x00-\x1f\x7f][^{}@#:\x00-\x1f\x7f]*")
"""What roles and groups may be: at least one character, none that labels use themselves."""


class SlotLabel(NamedTuple):
    """The parts of a label; role and group are "" where unused."""

    name: str
    role: str = ""
    group: str = ""


def slot_label(name: str, role: str = "", group: str = "") -> str:
    """The label of a slot."""
    return f"{name}{'@' if role or group else ''}{role}{'#' if group else ''}{group}"


@lru_cache(maxsize=4096)
def split_label(label: str) -> SlotLabel:
    """The parts of a label."""
    name, _, rest = label.partition("@")
    role, _, group = rest.partition("#")
    return SlotLabel(name, role, group)
