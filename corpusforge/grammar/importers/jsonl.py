"""JSON Lines: one object per line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpusforge.core.errors import InputError
from corpusforge.grammar.raw import BadRow, Columns, RawTable, read_utf8

__all__ = ["PLUGIN", "Jsonl"]


@dataclass(frozen=True)
class Jsonl:
    """UTF-8, one JSON object per line; empty lines are skipped."""

    name: str = "jsonl"
    losses: str = "none"

    def write_example(self, folder: Path) -> Path:
        """Two rows, one with a slot."""
        path = folder / "rows.jsonl"
        lines = [
            '{"text": "dim it", "intent": "dim", "slots": [{"name": "x", "start": 4, "end": 6}]}',
            '{"text": "stop", "intent": "off", "slots": []}',
        ]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def accepts(self, path: Path) -> bool:
        """Files named .jsonl or .ndjson."""
        return path.is_file() and path.suffix.lower() in (".jsonl", ".ndjson")

    def peek(self, path: Path) -> Columns:
        """See `read`."""
        rows: list[dict[str, Any]] = []
        places: list[int] = []
        bad: list[BadRow] = []
        # Not splitlines(): JSON text may hold U+2028 unescaped, which ends no line here.
        for number, line in enumerate(read_utf8(path).split("\n"), 1):
            if not line.strip():
                continue
            try:
                value = json.loads(line)
                if "\\u" in line:  # only an escape can write half a surrogate pair
                    json.dumps(value, ensure_ascii=False).encode()
            except UnicodeEncodeError:
                bad.append(BadRow(number, "an escape is half a surrogate pair", line))
                continue
            except (ValueError, RecursionError) as error:
                bad.append(BadRow(number, f"not valid JSON: {error}", line))
                continue
            if isinstance(value, dict):
                rows.append(value)
                places.append(number)
            else:
                bad.append(BadRow(number, "not a JSON object", line))
        if not rows:
            first = f"; line {bad[0].line}: {bad[0].reason}" if bad else ""
            raise InputError(f"{path} holds no JSON objects{first}")
        names = dict.fromkeys(name for row in rows for name in row)
        columns = {name: [row.get(name) for row in rows] for name in names}
        return Columns(columns, places, tuple(bad))

    def read(self, path: Path) -> RawTable:
        """Read all lines; a line that is not a JSON object is a bad row."""
        return self.peek(path).table()


PLUGIN = Jsonl()
