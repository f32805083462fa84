"""Candidates made elsewhere, read from a file: bring your own rows, they are judged alike.

The file (`expand.external.path`; JSONL, CSV or TSV) has a text and an intent per row, and may
have slots: spans, or names in braces in the text. Values are not taken over; slots are filled
from the lists, as for every generator.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice, product
from pathlib import Path
from typing import Any

import numpy as np

from corpusforge.core.errors import InputError, nearest
from corpusforge.core.run import read_json, write_json
from corpusforge.expand.candidate_file import FileRow, read_candidates
from corpusforge.expand.carriers import CarrierGenerator
from corpusforge.expand.clear_values import ClearValues
from corpusforge.expand.contract import Candidate, FitContext
from corpusforge.expand.slots import Frame
from corpusforge.expand.tokenizer import normalise

__all__ = ["PLUGIN", "ExternalGenerator"]

_FILE = "candidates.json"
# Ways to read the slots of one row, at most; two slots of eight kinds each.
_MOST_READINGS = 64


class ExternalGenerator(CarrierGenerator):
    """Deals the rows of the file in its order, each once."""

    def prepare(self) -> dict[str, Any]:
        """Starts with the first row of each intent."""
        self._dealt: Counter[str] = Counter()
        return {}

    def fit(self, train: Sequence[Frame], context: FitContext) -> dict[str, Any]:
        """See `corpusforge.expand.contract.Generator`; reads the file.

        Returns:
            Rows read, rows usable, and the others with line and reason.
        """
        super().fit(train, context)
        config = context.config.external
        if config is None:
            raise InputError("the generator 'external' needs the section expand.external")
        path = context.folder / Path(config.path).expanduser()
        intents = sorted({frame.intent for frame in context.frames})
        self._clear = ClearValues(context.table, context.frames)
        rows = read_candidates(path, config, intents)
        with_slots = {frame.intent for frame in context.frames if frame.symbols}
        # Dicts as sets that keep the order of the file.
        texts: dict[str, dict[str, None]] = {intent: {} for intent in intents}
        rejected: list[dict[str, Any]] = []
        for row in rows:
            text, reason = self._read(row, row.intent in with_slots)
            if not reason and text in texts[row.intent]:
                reason = "an earlier row has the same text"
            if reason:
                rejected.append({"line": row.line, "reason": reason})
            else:
                texts[row.intent][text] = None
        self._texts = {intent: list(found) for intent, found in texts.items()}
        figures = {"rows": len(rows), "usable": len(rows) - len(rejected), "rejected": rejected}
        return {"external": figures, "notes": _notes(path.name, len(rows), rejected)}

    def _read(self, row: FileRow, has_slots: bool) -> tuple[str, str]:
        """The row as a carrier phrase; or "" and why it is none."""
        if has_slots and not row.annotated:
            return "", "its intent has slots, and the row does not say where"
        if any(brace in piece for piece in row.carriers for brace in "{}"):
            return "", "a brace that is no slot"
        choices = []
        for mark in row.marks:
            kinds = self.context.table.symbols(mark.name, mark.value)
            if not kinds:
                names = [kind.name for kind in self.context.table.kinds.values()]
                near = nearest(mark.name, names)
                meant = f"; did you mean {near!r}?" if near else ""
                return "", f"no train row has a slot {mark.name!r}{meant}"
            choices.append(kinds)
        readings: dict[tuple[str, ...], str] = {}
        for symbols in islice(product(*choices), _MOST_READINGS):
            pieces = [row.carriers[0]]
            for symbol, carrier in zip(symbols, row.carriers[1:], strict=True):
                pieces += [symbol, carrier]
            phrase = normalise("".join(pieces))
            if self.frames.offer(row.intent, phrase) is not None:
                readings[symbols] = phrase
        if len(readings) > 1:
            return "", "its slots can be of several agreement classes; give spans, or symbols"
        if not readings:
            said = ", ".join(mark.name for mark in row.marks) or "none"
            return "", f"no train row of the intent has its slots ({said}), or it is too long"
        text = next(iter(readings.values()))
        value = self._clear.first(row.intent, text)
        return ("", f"the slot value {value!r} stands in clear") if value else (text, "")

    def expand(self, frames: Sequence[Frame], n: int, rng: np.random.Generator) -> list[Candidate]:
        """See `corpusforge.expand.contract.Generator`; answers other frames of the intent."""
        found: list[Candidate] = []
        for index in range(n if frames else 0):
            intent = frames[index % len(frames)].intent
            while not self.spent(intent):
                text = self._texts[intent][self._dealt[intent]]
                self._dealt[intent] += 1
                candidate = self.frames.offer(intent, text)
                if candidate is not None:
                    found.append(candidate)
                    break
        return found

    def spent(self, intent: str) -> bool:
        """See `corpusforge.expand.contract.Generator`."""
        return self._dealt[intent] >= len(self._texts.get(intent, ()))

    def save(self, folder: Path) -> None:
        """See `corpusforge.expand.contract.Generator`."""
        super().save(folder)
        write_json(self._texts, folder / _FILE)

    def load(self, folder: Path, context: FitContext) -> None:
        """See `corpusforge.expand.contract.Generator`; the file is not read again."""
        super().load(folder, context)
        self._texts = read_json(folder / _FILE)


def _notes(name: str, rows: int, rejected: Sequence[dict[str, Any]]) -> list[str]:
    if not rejected:
        return []
    reason, count = Counter(str(item["reason"]) for item in rejected).most_common(1)[0]
    return [
        f"expansion: {len(rejected)} of {rows} rows of {name} are no candidates, {count} because: "
        f"{reason} (all in history.json, with their lines)"
    ]


PLUGIN = ExternalGenerator
