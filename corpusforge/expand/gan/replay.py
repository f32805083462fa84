"""Samples whose choice can be repeated with a gradient: parallel replay of Gumbel noise.

To draw a piece is to take the largest of logits plus Gumbel noise (Gumbel-max). Sampling keeps
the noise, without a gradient and with a cache of keys and values. One pass over the finished
texts with the same noise then gives all relaxed pieces at once (Gumbel softmax, Jang et al.
2017, arXiv 1611.01144). They are used straight-through: the values are the pieces that were
written, the gradient is that of the soft ones (`Discriminator.embed`). As in RelGAN (Nie et
al. 2019), no gradient passes through the pieces that were fed back, so nothing is lost against
stepping through the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from corpusforge.expand.gan.decoding import Constraint
from corpusforge.expand.gan.layout import Condition, Layout

__all__ = ["Drawn", "draw", "replayed_logits", "soft_pieces"]


@dataclass(frozen=True)
class Drawn:
    """A batch of samples with their noise.

    Attributes:
        prompts: int64 [rows, prompt length].
        texts: int64 [rows, length], with the end piece, padded; length is that of the longest.
        noise: float32 [rows, length, vocabulary]: Gumbel noise, -inf where the frame forbids a
            piece; 0 behind the end.
    """

    prompts: torch.Tensor
    texts: torch.Tensor
    noise: torch.Tensor


def draw(
    model: Any,
    layout: Layout,
    conditions: Sequence[Condition],
    generator: torch.Generator,
    *,
    allowed: torch.Tensor,
) -> Drawn:
    """Samples at temperature 1 from all allowed pieces; the slots are those of the frames.

    Args:
        model: The generator.
        layout: Its vocabulary and lengths.
        conditions: Intent and slots of each text; shape [rows].
        generator: The only source of randomness.
        allowed: bool [vocabulary]: pieces that plain text may hold.
    """
    rows, length = len(conditions), layout.text_length
    end, pad = layout.tokenizer.end_id, layout.tokenizer.pad_id
    constraint = Constraint(layout, conditions, allowed)
    prompts = layout.prompts(conditions)
    open_rows = torch.ones(rows, dtype=torch.bool)
    texts, noises = [], []
    model.eval()
    with torch.no_grad():
        output = model(input_ids=prompts, use_cache=True, logits_to_keep=1)
        for step in range(length):
            logits = output.logits[:, -1]
            noise = _gumbel(logits.shape, generator)
            noise += constraint.mask(length - step, empty=step == 0)
            chosen = torch.where(open_rows, (logits + noise).argmax(1), end)
            texts.append(torch.where(open_rows, chosen, pad))
            noises.append(noise.masked_fill(~open_rows.unsqueeze(1), 0.0))
            constraint.use(chosen)
            open_rows = open_rows & (chosen != end)
            if not bool(open_rows.any()):
                break
            cache = "cache" if "cache" in output else "past_key_values"
            output = model(input_ids=chosen.unsqueeze(1), use_cache=True, **{cache: output[cache]})
    return Drawn(prompts, torch.stack(texts, 1), torch.stack(noises, 1))


def _gumbel(shape: Sequence[int], generator: torch.Generator) -> torch.Tensor:
    # Over the whole vocabulary, so in place. `exponential_` would save a logarithm, and takes
    # four times as long.
    uniform = torch.rand(tuple(shape), generator=generator)
    return uniform.clamp_(1e-10, 1 - 1e-7).log_().neg_().log_().neg_()


def replayed_logits(model: Any, drawn: Drawn) -> torch.Tensor:
    """Logits plus noise of every place, in one pass, with gradient.

    Returns:
        float32 [rows, length, vocabulary]; the largest of each place is the piece drawn there.
    """
    model.eval()  # as when it was drawn: dropout would choose other pieces
    end = model.config.eos_token_id
    padded = drawn.texts == model.config.pad_token_id
    inputs = drawn.texts.masked_fill(padded, end)[:, :-1]
    ids = torch.cat([drawn.prompts, inputs], dim=1)
    output = model(input_ids=ids, use_cache=False, logits_to_keep=drawn.texts.shape[1])
    logits: torch.Tensor = output.logits
    return logits + drawn.noise


def soft_pieces(model: Any, drawn: Drawn, temperature: float) -> torch.Tensor:
    """The relaxed pieces of every place.

    Args:
        model: The generator, as it drew them.
        drawn: From `draw`.
        temperature: Of the relaxation, > 0; lower is nearer to one piece.

    Returns:
        float32 [rows, length, vocabulary], shares that sum to 1; what stands behind the end
        means nothing.
    """
    return torch.softmax(replayed_logits(model, drawn) / temperature, dim=2)
