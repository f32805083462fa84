"""What a round leaves behind, as two files: numbers in safetensors, all else in JSON.

A fit that is killed goes on at the last finished round and gives the same bytes, so everything
that shapes a later round is kept: weights, optimisers, the discriminator's memory, the states of
the random sources.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from corpusforge.core.errors import require
from corpusforge.core.run import read_json, write_json

__all__ = [
    "State",
    "optimiser_state",
    "read_state",
    "restore_optimiser",
    "weights_of",
    "write_state",
]

_TENSORS, _FACTS = "state.safetensors", "state.json"


@dataclass
class State:
    """Part of what must be kept.

    Attributes:
        tensors: Name -> tensor, of any shape and type.
        facts: JSON values.
    """

    tensors: dict[str, torch.Tensor] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def put(self, name: str, part: State) -> None:
        """Takes in another state under a name of its own."""
        self.tensors |= {f"{name}/{key}": value for key, value in part.tensors.items()}
        self.facts[name] = part.facts

    def get(self, name: str) -> State:
        """What `put` took in under this name."""
        start = f"{name}/"
        tensors = {
            key.removeprefix(start): value
            for key, value in self.tensors.items()
            if key.startswith(start)
        }
        return State(tensors, self.facts[name])


def optimiser_state(optimiser: torch.optim.Optimizer | None) -> State:
    """The moments of an optimiser; empty for None and before its first step."""
    if optimiser is None:
        return State()
    moments = optimiser.state_dict()["state"]
    return State(
        {
            f"{parameter}/{name}": value
            for parameter, values in moments.items()
            for name, value in values.items()
        }
    )


def restore_optimiser(optimiser: torch.optim.Optimizer, state: State) -> None:
    """Puts moments back into a new optimiser of the same parameters."""
    moments: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in state.tensors.items():
        parameter, name = key.split("/")
        moments.setdefault(int(parameter), {})[name] = value
    whole = optimiser.state_dict()
    optimiser.load_state_dict({**whole, "state": moments})


def weights_of(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """A copy of all weights, each in memory of its own (tied ones twice)."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def write_state(state: State, folder: Path) -> None:
    """Writes a folder; complete or not there at all, also when the process is killed."""
    safetensors = require("safetensors.torch", extra="text", purpose="rounds of training")
    temporary = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    kept = {name: value.detach().clone().contiguous() for name, value in state.tensors.items()}
    safetensors.save_file(kept, str(temporary / _TENSORS))
    write_json(state.facts, temporary / _FACTS)
    temporary.replace(folder)


def read_state(folder: Path) -> State:
    """Reads what `write_state` wrote."""
    safetensors = require("safetensors.torch", extra="text", purpose="rounds of training")
    tensors: Mapping[str, torch.Tensor] = safetensors.load_file(str(folder / _TENSORS))
    return State(dict(tensors), read_json(folder / _FACTS))
