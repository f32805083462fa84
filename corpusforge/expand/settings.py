"""What of a recipe shapes the expand stage, and what its schema cannot say is wrong with it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpusforge.core import plugins
from corpusforge.core.errors import InputError
from corpusforge.core.ids import digest
from corpusforge.core.recipe import Recipe

if TYPE_CHECKING:
    from corpusforge.expand.pretrained.base_model import Base

__all__ = ["config", "pretrained_base_of", "settings_of"]

# Four heads of even width; a model's own check comes too late, after the grammar stage.
_WIDTH_STEP = 8


def config(recipe: Recipe) -> dict[str, Any]:
    """Everything that shapes the stage's bytes beside its inputs.

    Raises:
        InputError: Values that the stage cannot work with, or a model's folder that is not there.
    """
    settings = settings_of(recipe)
    _check(recipe)
    if recipe.expand.model is not None:
        settings["model"] = _folder_digest(recipe.path(recipe.expand.model), "expand.model")
    return {"expand": settings, "seed": recipe.seed, "real": recipe.real is not None}


def settings_of(recipe: Recipe) -> dict[str, Any]:
    """The `expand` part without the sections of other generators, with digests of its files."""
    settings = asdict(recipe.expand)
    for name in plugins.names("generator"):
        if name != recipe.expand.generator:
            settings.pop(name, None)
    if not recipe.expand.out_of_scope.rows:
        del settings["out_of_scope"]
    if recipe.expand.adapter is not None:
        settings["adapter"] = _folder_digest(recipe.path(recipe.expand.adapter), "expand.adapter")
    base = pretrained_base_of(recipe)
    settings["base"] = None if base is None else base.digest
    own = settings.get(recipe.expand.generator) or {}
    for name in ("path", "model"):
        path = recipe.path(own[name]) if name in own else None
        if path is not None and path.is_file():
            own[f"{name}_digest"] = digest(path.read_bytes())
        elif path is not None and path.is_dir():
            own[f"{name}_digest"] = _folder_digest(path, "expand.model")
    return settings


def pretrained_base_of(recipe: Recipe) -> Base | None:
    """The pretrained model that the generator gan stands on, if any."""
    if recipe.expand.generator != "gan" or recipe.expand.base == "scratch":
        return None
    if recipe.expand.adapter is None and recipe.expand.base == "auto":
        return None
    from corpusforge.expand.pretrained.adapter_files import AdapterFiles, pretrained_base

    adapter = recipe.expand.adapter
    files = None if adapter is None else AdapterFiles.open(recipe.path(adapter))
    return pretrained_base(recipe.expand.base, files, recipe.folder)


def _check(recipe: Recipe) -> None:
    """What the recipe's schema cannot say; before anything is started."""
    heats, width = recipe.expand.temperatures, recipe.expand.hidden_size
    if heats is not None and (not heats or min(heats) <= 0):
        raise InputError(
            f"expand.temperatures {list(heats)} must be one or more temperatures above 0",
            hint="for example [0.8, 1.0, 1.2]",
        )
    if width % _WIDTH_STEP:
        raise InputError(
            f"expand.hidden_size {width} is not a multiple of {_WIDTH_STEP}",
            hint="the heads of the transformer share it, and each needs an even width",
        )


def _folder_digest(folder: Path, key: str) -> str:
    if not folder.is_dir():
        what = "a model folder of an earlier run" if key == "expand.model" else "an adapter folder"
        raise InputError(
            f"{key}: there is no folder {folder}", hint=f"name {what}, or leave {key} out"
        )
    parts: list[str | bytes] = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        parts += [path.relative_to(folder).as_posix(), path.read_bytes()]
    return digest(*parts)
