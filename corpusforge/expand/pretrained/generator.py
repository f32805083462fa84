"""The text GAN on a pretrained model: shown exemplars, it writes one more."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from corpusforge.core.errors import InputError
from corpusforge.core.run import read_json, write_json
from corpusforge.core.text import fold_delexicalised
from corpusforge.expand.carriers import Frames
from corpusforge.expand.contract import Candidate, FitContext
from corpusforge.expand.forger import symbols_of
from corpusforge.expand.gan.decoding import Sample
from corpusforge.expand.gan.runtime import deterministic, torch_generator
from corpusforge.expand.pretrained.adapter import adapted_model
from corpusforge.expand.pretrained.adapter_files import AdapterFiles
from corpusforge.expand.pretrained.background import Text
from corpusforge.expand.pretrained.base_model import Base, open_base
from corpusforge.expand.pretrained.int8 import to_int8
from corpusforge.expand.pretrained.pieces import Pieces
from corpusforge.expand.pretrained.prompts import prompts_of
from corpusforge.expand.pretrained.sampling import ListSampler, Request
from corpusforge.expand.slots import Frame
from corpusforge.expand.tokenizer import RESERVED, normalise

__all__ = ["BASE_FILE", "PretrainedGan"]

BASE_FILE = "base.json"
"""In a model folder: which base model it needs."""

# Prompts of a frame at most (orders and choices of its exemplars), and samples that share one at
# least: with many frames, prompts cost more than what is written behind them.
_PROMPTS, _SHARING = 4, 8
# On intents that no table reports, accuracy did not depend on the temperature from .8 to 1.1, and
# the share of texts that say their intent fell from .84 to .64 (eval/LOG.md).
_TEMPERATURES = (0.8, 0.9, 1.0, 1.1)
# Room above the longest exemplar, in pieces.
_ROOM, _LEAST = 8, 24


class PretrainedGan:
    """A causal language model with or without an adapter; nothing is trained on the corpus.

    Args:
        base: The model, as `expand.base` and the adapter name it.
        adapter: Meta-trained; None = the model continues lists as it came.
    """

    may_change_slot_values = True
    wave = 2048
    least_log_probability = float("-inf")

    def __init__(self, base: Base, adapter: AdapterFiles | None) -> None:
        self._base = base
        self._adapter = adapter
        # The discriminator of an adapter was trained beforehand; any other learns from trigrams.
        self.trains_judge = adapter is not None
        self._context: FitContext | None = None
        self._sampler: ListSampler | None = None
        self._pieces: Pieces | None = None
        self._exemplars: dict[str, list[Text]] = {}
        self._frames: Frames | None = None
        self._longest = _LEAST

    def fit(self, train: Sequence[Frame], context: FitContext) -> dict[str, Any]:
        """See `corpusforge.expand.contract.Generator`; all train frames become exemplars."""
        self._read(context)
        facts: dict[str, Any] = {"base": self._base.name, "base_digest": self._base.digest}
        if self._adapter is not None:
            kept = ("settings", "intents", "texts", "licenses", "generator", "discriminator")
            facts["adapter"] = {name: self._adapter.meta[name] for name in kept}
        return facts

    def _read(self, context: FitContext) -> None:
        self._context = context
        exemplars: defaultdict[str, dict[str, Text]] = defaultdict(dict)
        self._frames = Frames(context.frames, context.layout)
        for frame in context.frames:
            text = Text(frame.text, frame.symbols)
            exemplars[frame.intent].setdefault(fold_delexicalised(frame.text), text)
        self._exemplars = {intent: sorted(own.values()) for intent, own in exemplars.items()}

    def _opened(self, context: FitContext) -> tuple[ListSampler, Pieces]:
        """The model, when it is first needed: opening takes seconds and half a gigabyte."""
        if self._sampler is None or self._pieces is None:
            with deterministic(0):
                model, tokenizer = open_base(self._base)
                texts = [text.text for own in self._exemplars.values() for text in own]
                symbols = sorted(context.table.kinds)
                self._pieces = Pieces(tokenizer, symbols, texts)
                if self._adapter is not None:
                    model = adapted_model(self._adapter, model)
                self._sampler = ListSampler(to_int8(model), self._pieces)
            longest = max((len(self._pieces.said(text)) for text in texts), default=0)
            self._longest = max(_LEAST, longest + _ROOM)
        return self._sampler, self._pieces

    def expand(self, frames: Sequence[Frame], n: int, rng: np.random.Generator) -> list[Candidate]:
        """See `corpusforge.expand.contract.Generator`; temperatures are dealt in turn.

        A text that left out slots is a candidate for the frame of its intent with those it has.
        """
        if not frames or self._context is None:
            return []
        wanted = [frames[index % len(frames)] for index in range(n)]
        sampler, pieces = self._opened(self._context)
        heats = self._context.config.temperatures or _TEMPERATURES
        groups = Counter((frame.intent, frame.symbols) for frame in wanted)
        prompts = {
            (intent, symbols): prompts_of(
                pieces, intent, self._exemplars[intent], symbols, _prompts(count), rng
            )
            for (intent, symbols), count in groups.items()
        }
        dealt: Counter[tuple[str, tuple[str, ...]]] = Counter()
        requests = []
        for frame in wanted:
            group = (frame.intent, frame.symbols)
            turn = dealt[group]
            dealt[group] += 1
            prompt = prompts[group][turn % len(prompts[group])]
            # Every order of the exemplars with every temperature.
            heat = heats[turn // len(prompts[group]) % len(heats)]
            requests.append(Request(prompt, frame.symbols, heat))
        with deterministic(0):
            generator = torch_generator(int(rng.integers(2**63)))
            samples = sampler.sample(requests, self._longest, generator)
        found = (self._candidate(*pair) for pair in zip(wanted, samples, strict=True))
        return [candidate for candidate in found if candidate is not None]

    def _candidate(self, wanted: Frame, sample: Sample) -> Candidate | None:
        """A finished text for the frame that it has the slots of; None when there is none."""
        text = normalise(sample.text)
        if not sample.finished or not text or RESERVED.search(text):
            return None
        frame: Frame | None = wanted
        if symbols_of(text) != wanted.symbols:
            frame = None if self._frames is None else self._frames.most_like(wanted.intent, text)
        return None if frame is None else Candidate(frame, text, sample.log_probability)

    def spent(self, intent: str) -> bool:
        """See `corpusforge.expand.contract.Generator`; there is always more."""
        return False

    def usage(self) -> dict[str, Any]:
        """See `corpusforge.expand.contract.Generator`; nothing is paid."""
        return {}

    def save(self, folder: Path) -> None:
        """See `corpusforge.expand.contract.Generator`; the base model is named, not copied."""
        write_json({"name": self._base.name, "digest": self._base.digest}, folder / BASE_FILE)

    def load(self, folder: Path, context: FitContext) -> None:
        """See `corpusforge.expand.contract.Generator`.

        Raises:
            InputError: When the folder was made with another base model, or with none.
        """
        made = read_json(folder / BASE_FILE) if (folder / BASE_FILE).is_file() else None
        if made is None or made["digest"] != self._base.digest:
            raise InputError(
                f"expand.model: {folder} was made with "
                f"{'a small model of its own' if made is None else made['name']}, and expand.base "
                f"is {self._base.name}",
                hint="name in expand.base what it was made with (scratch for one of its own)",
            )
        self._read(context)


def _prompts(samples: int) -> int:
    return max(1, min(_PROMPTS, samples // _SHARING))
