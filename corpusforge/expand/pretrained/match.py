"""The discriminator of intents: does this text say the intent of these exemplars?

A sentence encoder, fine-tuned on episodes of background intents to find a text's own intent among
its nearest siblings (prototypical networks, Snell et al. 2017, arXiv 1703.05175; for intents
Dopierre et al. 2021, arXiv 2105.12995). A prototype is the mean of the exemplars and, with a
learnt weight, of the intent's name. One more, learnt, similarity stands for "none of them".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional as F  # noqa: N812

from corpusforge.core.text import SLOT_PATTERN
from corpusforge.expand.pretrained.pieces import UNNAMED, spoken_name

__all__ = ["Head", "IntentMatch", "in_words"]

_LONGEST = 48
_PART = 32


def in_words(text: str) -> str:
    """Slot symbols as the words of their names: an encoder knows words."""
    return SLOT_PATTERN.sub(lambda found: spoken_name(found.group().strip("{}")), text)


@dataclass(frozen=True, slots=True)
class Head:
    """What is learnt beside the encoder.

    Attributes:
        scale: Similarities (cosines) times this are logits, > 0.
        name_weight: Weight of the intent's name, where an exemplar weighs 1.
        nothing: Similarity of a text with "none of the intents".
        temperature: Logits are divided by it, > 0: fitted on held-out intents.
    """

    scale: float
    name_weight: float
    nothing: float
    temperature: float = 1.0

    def to_json(self) -> dict[str, float]:
        """JSON values."""
        return asdict(self)


class IntentMatch:
    """An encoder with its head.

    Args:
        encoder: A transformers encoder (mean pooling), possibly with an adapter.
        tokenizer: Its tokenizer.
        head: Scale, weight of names and the rest.
    """

    def __init__(self, encoder: Any, tokenizer: Any, head: Head) -> None:
        self.encoder = encoder
        self.tokenizer = tokenizer
        self.head = head

    def embed(self, texts: Sequence[str]) -> torch.Tensor:
        """Unit vectors with gradients where the encoder trains, float32 [texts, width].

        Texts of like length share a pass: one long text would pad all others.
        """
        if not len(texts):
            return torch.empty((0, 0))
        order = sorted(range(len(texts)), key=lambda place: (len(texts[place]), place))
        parts = [order[start : start + _PART] for start in range(0, len(order), _PART)]
        found = torch.cat([self._embed([texts[place] for place in part]) for part in parts])
        back = torch.empty(len(order), dtype=torch.int64)
        back[torch.tensor(order)] = torch.arange(len(order))
        return found[back]

    def _embed(self, texts: Sequence[str]) -> torch.Tensor:
        batch = self.tokenizer(
            [in_words(text) or UNNAMED for text in texts],
            padding=True,
            truncation=True,
            max_length=_LONGEST,
            return_tensors="pt",
        )
        hidden = self.encoder(**batch).last_hidden_state
        mask = batch["attention_mask"][..., None]
        return F.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1)

    def vectors(self, texts: Sequence[str]) -> torch.Tensor:
        """Unit vectors without gradients, float32 [texts, width]."""
        self.encoder.eval()
        with torch.inference_mode():
            return self.embed(texts)

    def prototypes(self, exemplars: Mapping[str, Sequence[str]]) -> torch.Tensor:
        """One unit vector per intent, [intents, width], in the order of the mapping.

        Args:
            exemplars: Label -> texts; a label without any is known by its name alone.
        """
        if not exemplars:
            return torch.empty((0, 0))
        texts = [text for own in exemplars.values() for text in own]
        vectors = self.vectors([*texts, *map(spoken_name, exemplars)])
        names = vectors[len(texts) :]
        sums, start = [], 0
        for (label, own), name in zip(exemplars.items(), names, strict=True):
            weight = self.head.name_weight
            # A label that says nothing counts only where there is nothing else.
            weight = 0.0 if len(own) and spoken_name(label) == UNNAMED else weight
            sums.append(vectors[start : start + len(own)].sum(0) + weight * name)
            start += len(own)
        return F.normalize(torch.stack(sums), dim=1)

    def posterior(self, texts: Sequence[str], prototypes: torch.Tensor) -> npt.NDArray[np.float64]:
        """Probability of each intent and, last, of none; [texts, intents + 1], rows sum to 1."""
        if not len(texts):
            return np.empty((0, len(prototypes) + 1))
        return self.posterior_of(self.vectors(texts), prototypes)

    def posterior_of(
        self, vectors: torch.Tensor, prototypes: torch.Tensor
    ) -> npt.NDArray[np.float64]:
        """The same for vectors, [texts, width]."""
        logits = self.logits(vectors, prototypes, self.head.scale, self.head.nothing)
        found: npt.NDArray[np.float64] = torch.softmax(
            logits.double() / self.head.temperature, 1
        ).numpy()
        return found

    @staticmethod
    def logits(vectors: torch.Tensor, prototypes: torch.Tensor, scale: Any, nothing: Any) -> Any:
        """Scaled similarities with each intent and, last, with none; [texts, intents + 1]."""
        alike = vectors @ prototypes.T
        none = torch.as_tensor(nothing, dtype=alike.dtype).expand(len(alike), 1)
        return scale * torch.cat([alike, none], 1)
