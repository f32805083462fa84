"""A chat model behind any OpenAI-compatible endpoint, asked for utterances with slot symbols.

It is shown the intent (name or description), some train phrases, and the slots that a new one
has to hold. What it answers is judged like the candidates of every other generator. Answers are
kept in the run's cache by the digest of their request, so that a run that is resumed pays for
none of them twice.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from corpusforge.core.errors import InputError
from corpusforge.core.recipe import LlmConfig
from corpusforge.core.text import fold_delexicalised
from corpusforge.expand.answers import utterances
from corpusforge.expand.carriers import CarrierGenerator, by_intent
from corpusforge.expand.chat import Chat
from corpusforge.expand.clear_values import ClearValues
from corpusforge.expand.contract import TEMPERATURES, Candidate
from corpusforge.expand.slots import Frame

__all__ = ["PLUGIN", "LlmGenerator"]

# Requests for an intent, one after the other, that bring nothing new, before it counts as spent.
_MOST_IN_VAIN = 5
# Full requests in a wave; not `parallel`, which must not change what is asked.
_REQUESTS = 8
# Values named in the prompt for each slot.
_VALUES = 3

_SYSTEM = (
    "You write utterances that people say to a voice assistant. They train a classifier of "
    "intents, so each must clearly have the intent asked for."
)


class LlmGenerator(CarrierGenerator):
    """Asks for several utterances of one intent and frame at a time, and stocks what is over."""

    @property
    def wave(self) -> int:
        """See `corpusforge.expand.contract.Generator`: requests are paid."""
        return _REQUESTS * self._config.lines

    def prepare(self) -> dict[str, Any]:
        """Asks nothing yet.

        Raises:
            InputError: Without the section `expand.llm`.
        """
        config = self.context.config.llm
        if config is None:
            raise InputError("the generator 'llm' needs the section expand.llm")
        self._config: LlmConfig = config
        self._chat = Chat(config, self.context.cache)
        self._learnt = by_intent(self.learnt)
        self._clear = ClearValues(self.context.table, self.context.frames)
        self._stock: defaultdict[str, deque[Candidate]] = defaultdict(deque)
        self._given: defaultdict[str, set[str]] = defaultdict(set)
        self._vain: Counter[str] = Counter()
        self._asked = 0
        note = (
            f"expansion: phrases of train rows were sent to the model {config.model}; its terms "
            "hold for what it wrote"
        )
        return {"llm": {"model": config.model}, "notes": [note]}

    def expand(self, frames: Sequence[Frame], n: int, rng: np.random.Generator) -> list[Candidate]:
        """See `corpusforge.expand.contract.Generator`; may answer other frames of the intent."""
        wanted = by_intent([frames[index % len(frames)] for index in range(n if frames else 0)])
        self._restock(wanted, rng)
        return [
            self._stock[intent].popleft()
            for intent, asked in wanted.items()
            for _ in range(min(len(asked), len(self._stock[intent])))
        ]

    def spent(self, intent: str) -> bool:
        """See `corpusforge.expand.contract.Generator`: nothing new, or no requests left."""
        if self._stock[intent]:
            return False
        return self._vain[intent] >= _MOST_IN_VAIN or self._asked >= self._config.max_requests

    def usage(self) -> dict[str, Any]:
        """See `corpusforge.expand.contract.Generator`: requests and tokens."""
        return dict(self._chat.usage())

    def _restock(self, wanted: dict[str, list[Frame]], rng: np.random.Generator) -> None:
        """Asks for what the stock lacks, all requests of a wave together."""
        frames: list[Frame] = []
        for intent, asked in wanted.items():
            lack = len(asked) - len(self._stock[intent])
            if intent in self._learnt and lack > 0 and not self.spent(intent):
                requests = -(-lack // self._config.lines)
                frames += [asked[place * len(asked) // requests] for place in range(requests)]
        del frames[self._config.max_requests - self._asked :]
        bodies = [self._body(frame, rng) for frame in frames]
        for frame, reply in zip(frames, self._chat.ask(bodies), strict=True):
            new = 0
            for text in utterances(reply.text, complete=reply.complete):
                candidate = self._candidate(frame, text)
                if candidate is not None:
                    self._stock[frame.intent].append(candidate)
                    new += 1
            self._vain[frame.intent] = 0 if new else self._vain[frame.intent] + 1

    def _candidate(self, frame: Frame, text: str) -> Candidate | None:
        """The text as a candidate that was not given before; None when it is none."""
        found = self.frames.answer(frame, text) or self.frames.offer(frame.intent, text)
        if found is None or self._clear.first(frame.intent, found.text) is not None:
            return None
        folded = fold_delexicalised(found.text)
        if folded in self._given[frame.intent]:
            return None
        self._given[frame.intent].add(folded)
        return found

    def _body(self, frame: Frame, rng: np.random.Generator) -> dict[str, Any]:
        heats = self.context.config.temperatures or TEMPERATURES
        body = {
            "messages": [
                {"role": "system", "content": _SYSTEM},
                {"role": "user", "content": self._prompt(frame, rng)},
            ],
            "temperature": heats[self._asked % len(heats)],
            "max_tokens": self._config.max_tokens,
            "seed": int(rng.integers(2**31)),
        }
        self._asked += 1
        return body

    def _prompt(self, frame: Frame, rng: np.random.Generator) -> str:
        told = (self._config.descriptions or {}).get(frame.intent, "")
        meant = f" ({told})" if told else ""
        lines = [f"Intent: {frame.intent}{meant}", "Utterances of this intent:"]
        lines += [f"- {text}" for text in self._exemplars(frame, rng)]
        lines += [
            f"Write {self._config.lines} new utterances of this intent, in the language of those "
            "above, each worded differently from them and from each other.",
            *self._slots(frame),
            "Answer with one utterance per line: no numbers, no quotation marks, nothing else.",
        ]
        return "\n".join(lines)

    def _exemplars(self, frame: Frame, rng: np.random.Generator) -> list[str]:
        """Learnt phrases of the intent; half of them with the frame's slots, where there are."""
        own = sorted({(f.symbols == frame.symbols, f.text) for f in self._learnt[frame.intent]})
        order = [own[place] for place in rng.permutation(len(own))]
        most = self._config.exemplars
        fitting = [text for same, text in order if same][: (most + 1) // 2]
        others = [text for _, text in order if text not in fitting]
        return [*fitting, *others][:most]

    def _slots(self, frame: Frame) -> Iterator[str]:
        if not frame.symbols:
            yield "Use no placeholders in braces, and name none of the things they stand for."
            return
        yield (
            "Each must hold exactly these placeholders, unchanged, each as often as it stands "
            f"here: {' '.join(frame.symbols)}"
        )
        for symbol in sorted(set(frame.symbols)):
            values = [f'"{value.text}"' for value in self.context.table.values(symbol)[:_VALUES]]
            if values:
                yield f"{symbol} stands for a value like {', '.join(values)}; do not write values."


PLUGIN = LlmGenerator
