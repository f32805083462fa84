"""One adversarial step of TextGAN-PyTorch's RelGAN, from a checkout, by its own code.

Nothing of it is part of this project. What has to be put in its way so that it runs on a CPU and
without its plotting and metric packages is listed in `SHIMS` and stands in the result.
"""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

__all__ = ["SHIMS", "Peer", "load_peer"]

SHIMS = (
    "torch.cuda.set_device does nothing while its config module is imported (it is called with "
    "the device '-1' where there is no GPU)",
    "config.CUDA = False before its models are imported (a default argument is bound to it)",
    "empty modules in place of nltk and gensim, which its metrics and readers import and a step "
    "does not use",
    "RelGANInstructor is made without its __init__, which reads a data set that the repository "
    "does not hold; its batch of real rows is one tensor of random words (its own random_batch "
    "reads the whole data set for each batch; that is left out, in its favour)",
)


@dataclass(frozen=True)
class Peer:
    """RelGAN at its defaults (run/run_relgan.py).

    Attributes:
        commit: Of the checkout.
        generator_step: One step of the generator.
        discriminator_step: One step of the discriminator.
        discriminator_steps: How many it makes per generator step.
        parameters: Of generator and discriminator.
        imported_empty: Modules that were replaced by empty ones.
    """

    commit: str
    generator_step: Callable[[], object]
    discriminator_step: Callable[[], object]
    discriminator_steps: int
    parameters: dict[str, int]
    imported_empty: list[str]


def load_peer(path: Path, *, batch: int, length: int, vocabulary: int) -> Peer:
    """Its RelGAN with the sizes given, and all else at its defaults.

    Args:
        path: A checkout of williamSYSU/TextGAN-PyTorch.
        batch: Rows of a step.
        length: Words of a row.
        vocabulary: Words it knows.

    Raises:
        SystemExit: When the folder is not such a checkout.
    """
    if not (path / "models" / "RelGAN_G.py").is_file():
        raise SystemExit(f"{path} is not a checkout of williamSYSU/TextGAN-PyTorch")
    sys.path.insert(0, str(path))
    empty = _empty_modules(("nltk", "gensim"))
    config = _config(batch, length, vocabulary)
    instructor = importlib.import_module("instructor.real_data.relgan_instructor")
    one = instructor.RelGANInstructor.__new__(instructor.RelGANInstructor)
    one.gen = instructor.RelGAN_G(
        config.mem_slots,
        config.num_heads,
        config.head_size,
        config.gen_embed_dim,
        config.gen_hidden_dim,
        vocabulary,
        length,
        config.padding_idx,
        gpu=False,
    )
    one.dis = instructor.RelGAN_D(
        config.dis_embed_dim, length, config.num_rep, vocabulary, config.padding_idx, gpu=False
    )
    one.gen_adv_opt = torch.optim.Adam(one.gen.parameters(), lr=config.gen_adv_lr)
    one.dis_opt = torch.optim.Adam(one.dis.parameters(), lr=config.dis_lr)
    rows = torch.randint(2, vocabulary, (batch, length))
    one.train_data = types.SimpleNamespace(random_batch=lambda: {"target": rows})
    return Peer(
        commit=_commit(path),
        generator_step=lambda: one.adv_train_generator(1),
        discriminator_step=lambda: one.adv_train_discriminator(1),
        discriminator_steps=int(config.ADV_d_step),
        parameters={"generator": _size(one.gen), "discriminator": _size(one.dis)},
        imported_empty=empty,
    )


def _empty_modules(names: tuple[str, ...]) -> list[str]:
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    for name in missing:
        for part in (name, *_PARTS.get(name, ())):
            module: Any = types.ModuleType(part)
            module.__path__ = []
            sys.modules[part] = module
    if "nltk" in missing:
        vars(sys.modules["nltk.translate.bleu_score"])["SmoothingFunction"] = None
    return missing


_PARTS = {"nltk": ("nltk.translate", "nltk.translate.bleu_score")}


def _config(batch: int, length: int, vocabulary: int) -> Any:
    set_device = torch.cuda.set_device
    torch.cuda.set_device = lambda device: None
    try:
        config: Any = importlib.import_module("config")
    finally:
        torch.cuda.set_device = set_device
    config.CUDA = False
    config.run_model, config.model_type, config.loss_type = "relgan", "vanilla", "rsgan"
    config.batch_size, config.max_seq_len, config.vocab_size = batch, length, vocabulary
    return config


def _commit(path: Path) -> str:
    done = subprocess.run(
        ["git", "-C", str(path), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown (not a git folder)"


def _size(model: torch.nn.Module) -> int:
    return sum(value.numel() for value in model.parameters())
