"""The generator: a small GPT-2 built from a config and trained from scratch.

It is a stock transformers model, so `AutoModelForCausalLM.from_pretrained` opens the folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F  # noqa: N812

from corpusforge.core.errors import require
from corpusforge.expand.gan.layout import Layout

__all__ = ["build_generator", "load_generator", "nll", "save_generator", "token_nll"]

_HEADS = 4
# Small data and many epochs: dropout keeps the model from repeating its rows.
_DROPOUT = 0.2


def _gpt2() -> tuple[Any, Any]:
    # The Auto classes import torchaudio when it is there, and fail when it is broken.
    config = require(
        "transformers.models.gpt2.configuration_gpt2", extra="text", purpose="the text generator"
    )
    model = require(
        "transformers.models.gpt2.modeling_gpt2", extra="text", purpose="the text generator"
    )
    return config.GPT2Config, model.GPT2LMHeadModel


def build_generator(layout: Layout, *, hidden_size: int, layers: int) -> Any:
    """A new GPT2LMHeadModel with random weights from torch's current random state.

    Args:
        layout: Vocabulary and lengths.
        hidden_size: Width of the model, a multiple of 4 (its heads).
        layers: Blocks.
    """
    config_class, model_class = _gpt2()
    tokenizer = layout.tokenizer
    config = config_class(
        vocab_size=len(tokenizer),
        n_positions=layout.prompt_length + layout.text_length,
        n_embd=hidden_size,
        n_layer=layers,
        n_head=_HEADS,
        resid_pdrop=_DROPOUT,
        embd_pdrop=_DROPOUT,
        attn_pdrop=0.0,
        bos_token_id=tokenizer.separator_id,
        eos_token_id=tokenizer.end_id,
        pad_token_id=tokenizer.pad_id,
    )
    return model_class(config)


def save_generator(model: Any, folder: Path) -> None:
    """Writes config.json and model.safetensors."""
    model.save_pretrained(str(folder), safe_serialization=True)


def load_generator(folder: Path) -> Any:
    """Reads what `save_generator` wrote."""
    _, model_class = _gpt2()
    return model_class.from_pretrained(str(folder), local_files_only=True)


def token_nll(
    model: Any, prompts: torch.Tensor, texts: torch.Tensor, *, pad_id: int
) -> torch.Tensor:
    """Negative log likelihood of each piece of the texts, 0 where padded.

    Args:
        model: The generator.
        prompts: int64 [rows, prompt length].
        texts: int64 [rows, text length], ends with the end piece, padded on the right.
        pad_id: The padding.

    Returns:
        float32 [rows, text length], nats.
    """
    # The end piece pads the input: transformers warns about pad pieces without a mask, and a
    # causal model needs no mask for what stands to the right.
    inputs = texts[:, :-1].masked_fill(texts[:, :-1] == pad_id, model.config.eos_token_id)
    ids = torch.cat([prompts, inputs], dim=1)
    logits = model(input_ids=ids, use_cache=False, logits_to_keep=texts.shape[1]).logits
    losses = F.cross_entropy(
        logits.reshape(-1, logits.shape[-1]),
        texts.reshape(-1),
        ignore_index=pad_id,
        reduction="none",
    )
    return losses.reshape(texts.shape)


def nll(model: Any, prompts: torch.Tensor, texts: torch.Tensor, *, pad_id: int) -> float:
    """Mean negative log likelihood per piece at temperature 1, in nats.

    Args:
        model: The generator.
        prompts: int64 [rows, prompt length].
        texts: int64 [rows, text length].
        pad_id: The padding.
    """
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for start in range(0, len(texts), 256):
            part = slice(start, start + 256)
            losses = token_nll(model, prompts[part], texts[part], pad_id=pad_id)
            total += float(losses.sum())
            count += int((texts[part] != pad_id).sum())
    return total / max(count, 1)
