"""The discriminator: is this text real, and does it say this intent?

A small CNN over pieces (widths 1 to 4, max over time) with two heads on one trunk: realness
with projection conditioning (Miyato and Koyama 2018, arXiv 1802.05637), and intent match,
trained on real text with its own and with wrong intents (matching-aware, Reed et al. 2016,
arXiv 1605.05396).
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from corpusforge.core.errors import require
from corpusforge.expand.gan.runtime import deterministic

__all__ = ["Discriminator", "load_discriminator", "save_discriminator"]

_WIDTHS = (1, 2, 3, 4)
_EMBEDDING = 64
_CHANNELS = 48
_TRUNK = 96
_DROPOUT = 0.3


class Discriminator(nn.Module):
    """Scores texts under an intent.

    Args:
        vocabulary: Number of pieces.
        intents: Number of intents.
        pad_id: The padding piece, which counts as nothing.
    """

    def __init__(self, vocabulary: int, intents: int, pad_id: int) -> None:
        super().__init__()
        self.sizes = {"vocabulary": vocabulary, "intents": intents, "pad_id": pad_id}
        self.embedding = nn.Embedding(vocabulary, _EMBEDDING, padding_idx=pad_id)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(_EMBEDDING, _CHANNELS, width, padding=width // 2) for width in _WIDTHS
        )
        self.trunk = nn.Linear(_CHANNELS * len(_WIDTHS), _TRUNK)
        self.dropout = nn.Dropout(_DROPOUT)
        self.real = nn.Linear(_TRUNK, 1)
        self.real_given = nn.Embedding(intents, _TRUNK)
        self.match = nn.Linear(_TRUNK, intents)
        nn.init.zeros_(self.real_given.weight)

    def forward(
        self, texts: torch.Tensor, intents: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of both heads.

        Args:
            texts: int64 [rows, length].
            intents: int64 [rows].

        Returns:
            Realness given the intent, float32 [rows]; match with every intent, float32
            [rows, intents]. Both are logits (no unit).
        """
        return self.judge(self.embedding(texts), intents)

    def embed(self, texts: torch.Tensor, soft: torch.Tensor) -> torch.Tensor:
        """Embedded pieces that pass a gradient on to relaxed ones (straight-through).

        Args:
            texts: int64 [rows, length]: they give the values.
            soft: float32 [rows, length, vocabulary]: they get the gradient.

        Returns:
            float32 [rows, length, width], exactly as the hard pieces are embedded.
        """
        relaxed = soft @ self.embedding.weight
        written = (texts != self.sizes["pad_id"]).unsqueeze(2)
        embedded: torch.Tensor = self.embedding(texts) + (relaxed - relaxed.detach()) * written
        return embedded

    def judge(
        self, embedded: torch.Tensor, intents: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """See `forward`, from embedded pieces, float32 [rows, length, width]."""
        embedded = embedded.transpose(1, 2)
        pooled = [F.relu(conv(embedded)).amax(dim=2) for conv in self.convolutions]
        hidden = F.relu(self.trunk(self.dropout(torch.cat(pooled, dim=1))))
        dropped = self.dropout(hidden)
        real = self.real(dropped).squeeze(1) + (self.real_given(intents) * dropped).sum(1)
        return real, self.match(dropped)


def save_discriminator(model: Discriminator, folder: Path) -> None:
    """Writes discriminator.json and discriminator.safetensors."""
    safetensors = require("safetensors.torch", extra="text", purpose="the discriminator")
    text = json.dumps(model.sizes, indent=2, sort_keys=True)
    (folder / "discriminator.json").write_text(text + "\n", encoding="utf-8")
    safetensors.save_file(model.state_dict(), str(folder / "discriminator.safetensors"))


def load_discriminator(folder: Path) -> Discriminator:
    """Reads what `save_discriminator` wrote."""
    safetensors = require("safetensors.torch", extra="text", purpose="the discriminator")
    sizes = json.loads((folder / "discriminator.json").read_text(encoding="utf-8"))
    with deterministic(0):
        model = Discriminator(**sizes)
    model.load_state_dict(safetensors.load_file(str(folder / "discriminator.safetensors")))
    return model
