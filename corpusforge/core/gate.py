"""The build's usefulness gate: which rows stay out of config `nlu`, and why.

The stage `assess` writes it, the stages after it read it; they meet in the file only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.core.run import read_record, write_json

__all__ = ["KEPT", "KEPT_OUT", "NOT_ASSESSED", "Gate", "read_gate"]

KEPT, KEPT_OUT, NOT_ASSESSED = "kept", "kept_out", "not_assessed"

_FILE = "gate.json"


@dataclass(frozen=True)
class Gate:
    """What was decided about generated rows.

    Attributes:
        expansion: KEPT, KEPT_OUT or NOT_ASSESSED.
        reason: One sentence for people.
        origins_kept_out: Origins of the rows that stay out of config `nlu`.
    """

    expansion: str = NOT_ASSESSED
    reason: str = ""
    origins_kept_out: tuple[str, ...] = ()

    def keeps_out(self, table: pa.Table) -> pa.ChunkedArray:
        """For each row whether it stays out of `nlu`, shape [rows].

        Args:
            table: Any table with a column `origin`.
        """
        held = pa.array(list(self.origins_kept_out), pa.string())
        return pc.is_in(table["origin"], value_set=held)

    def admitted(self, table: pa.Table) -> pa.Table:
        """The rows that may stand in `nlu`."""
        if not self.origins_kept_out:
            return table
        return table.filter(pc.invert(self.keeps_out(table)))

    def to_json(self) -> dict[str, Any]:
        """For gate.json and release.json."""
        return {
            "expansion": self.expansion,
            "reason": self.reason,
            "origins_kept_out": sorted(self.origins_kept_out),
        }

    def write(self, folder: Path) -> None:
        """Write gate.json."""
        write_json(self.to_json(), folder / _FILE)


def read_gate(stages: Mapping[str, Path]) -> Gate:
    """The gate of a run.

    Args:
        stages: Stage name -> finished folder; without `assess` nothing was assessed.

    Raises:
        RunError: When gate.json is damaged.
    """
    if "assess" not in stages or not (stages["assess"] / _FILE).is_file():
        return Gate()
    found = read_record(stages["assess"] / _FILE, "expansion", "reason", "origins_kept_out")
    return Gate(found["expansion"], found["reason"], tuple(found["origins_kept_out"]))
