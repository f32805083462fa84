"""The small files of an adapter folder, read without torch; which base model it stands on."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpusforge.core.errors import InputError
from corpusforge.core.run import read_json
from corpusforge.expand.pretrained.base_model import AUTO, SCRATCH, Base, find_base, local_bases

__all__ = ["VERSION", "AdapterFiles", "pretrained_base"]

VERSION = 2
"""Of the folder's contents."""
_INSIDE = "adapter"


@dataclass(frozen=True)
class AdapterFiles:
    """An adapter folder.

    Attributes:
        folder: Where it lies.
        meta: What `meta.json` says.
        digests: Of the background's texts, see `background.text_digest`.
    """

    folder: Path
    meta: Mapping[str, Any]
    digests: frozenset[str]

    @classmethod
    def open(cls, folder: Path) -> AdapterFiles:
        """Reads the small files.

        Raises:
            InputError: When it is no adapter folder, or one of another version.
        """
        names = ("meta.json", "background.json", "generator", "discriminator")
        missing = [name for name in names if not (folder / name).exists()]
        if missing:
            raise InputError(
                f"expand.adapter: {folder} is not an adapter folder: it has no {missing[0]}",
                hint="make one with `corpusforge meta-train`",
            )
        meta = read_json(folder / "meta.json")
        if meta.get("version") != VERSION:
            raise InputError(
                f"expand.adapter: {folder} has version {meta.get('version')}, {VERSION} is needed",
                hint="make it anew with `corpusforge meta-train`",
            )
        return cls(folder, meta, frozenset(read_json(folder / "background.json")))

    @classmethod
    def inside(cls, model: Path) -> AdapterFiles | None:
        """That of a model folder, if it has one."""
        return cls.open(model / _INSIDE) if (model / _INSIDE).is_dir() else None

    def copy(self, model: Path) -> None:
        """Into a model folder, so that the folder needs only the base model."""
        shutil.copytree(self.folder, model / _INSIDE)

    def base(self, wanted: str, start: Path) -> Base:
        """The base model that it was trained on.

        Args:
            wanted: `expand.base`; with `auto`, that model is looked for on this machine, then by
                the hub name that the adapter states.
            start: Where relative paths start.

        Raises:
            InputError: When it is not there, or is another one.
        """
        name, digest = self.meta["base"], self.meta["base_digest"]
        if wanted == AUTO:
            base = next((base for base in local_bases() if base.digest == digest), None)
            if base is None and "/" in name:
                base = find_base(name, start)
        else:
            base = find_base(wanted, start)
        if base is None:
            raise InputError(
                f"expand.adapter: its base model {name!r} was not found",
                hint="name it in expand.base: a hub name, a folder or a .gguf file",
            )
        if base.digest != digest:
            raise InputError(
                f"expand.base: {base.name} is not the model that the adapter was trained on "
                f"({name}, digest {digest[:12]}; this one has {base.digest[:12]})",
                hint="name that model, or meta-train an adapter for this one",
            )
        return base


def pretrained_base(wanted: str, adapter: AdapterFiles | None, start: Path) -> Base | None:
    """The base model to use; None = train from scratch.

    `auto` without an adapter means scratch: a model of this size that was not meta-trained
    drifts off the intent, and lowered the accuracy of an encoder in the notes.

    Raises:
        InputError: When a named model is not there or does not fit the adapter.
    """
    if wanted == SCRATCH:
        return None
    if adapter is not None:
        return adapter.base(wanted, start)
    return None if wanted == AUTO else find_base(wanted, start)
