"""LoRA adapters by PEFT: made, read back and merged, without its passing warnings."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from corpusforge.core.errors import require

__all__ = ["adapted", "merged", "saved", "set_weights", "weights"]

_PURPOSE = "adapters of pretrained models"


@contextmanager
def _quiet() -> Iterator[None]:
    """PEFT asks transformers 5.24 by a name that has become another there; the user cannot help."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated")
        yield


def adapted(model: Any, targets: Sequence[str] | str, *, rank: int, dropout: float) -> Any:
    """The model with a new adapter to train, scaled by 2 (alpha = twice the rank).

    Args:
        model: Of transformers; it is changed.
        targets: Names of its linear layers, or "all-linear".
        rank: Of the adapter.
        dropout: On the adapter's input, in [0, 1).
    """
    peft = require("peft", extra="text", purpose=_PURPOSE)
    names = targets if isinstance(targets, str) else list(targets)
    config = peft.LoraConfig(
        r=rank, lora_alpha=2 * rank, lora_dropout=dropout, target_modules=names
    )
    with _quiet():
        return peft.get_peft_model(model, config)


def merged(model: Any, folder: Path) -> Any:
    """A base model with a saved adapter merged in, for inference."""
    peft = require("peft", extra="text", purpose=_PURPOSE)
    with _quiet():
        return peft.PeftModel.from_pretrained(model, str(folder)).merge_and_unload().eval()


def saved(model: Any, folder: Path, base: str) -> None:
    """Writes the adapter of a PEFT model.

    Args:
        model: With one adapter.
        folder: Made when it is not there.
        base: Name of the base model, without a path: the folder is shared.
    """
    for config in model.peft_config.values():
        config.base_model_name_or_path = base
    with _quiet():
        model.save_pretrained(str(folder), save_embedding_layers=False)
    # PEFT's own empty card would stand beside ours.
    (folder / "README.md").unlink(missing_ok=True)


def weights(model: Any) -> dict[str, Any]:
    """The adapter's weights by name."""
    peft = require("peft", extra="text", purpose=_PURPOSE)
    found: dict[str, Any] = peft.get_peft_model_state_dict(model, save_embedding_layers=False)
    return found


def set_weights(model: Any, values: dict[str, Any]) -> None:
    """Puts back what `weights` gave."""
    peft = require("peft", extra="text", purpose=_PURPOSE)
    peft.set_peft_model_state_dict(model, values)
