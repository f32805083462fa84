"""Which kinds of models speak here, and why the others of transformers do not."""

from __future__ import annotations

from corpusforge.core.errors import InputError
from corpusforge.speech.models import (
    bark,
    csm,
    dia,
    fastspeech2,
    higgs,
    phonon,
    pocket,
    seamless,
    speecht5,
    vibevoice,
    vits,
)
from corpusforge.speech.models.parts import Kind, Parts, config_of

__all__ = ["KINDS", "REFUSED", "TYPES", "kind_of"]

KINDS: tuple[Kind, ...] = (
    vits.PLUGIN,
    speecht5.PLUGIN,
    fastspeech2.PLUGIN,
    bark.PLUGIN,
    seamless.PLUGIN,
    csm.PLUGIN,
    dia.PLUGIN,
    pocket.PLUGIN,
    higgs.PLUGIN,
    vibevoice.PLUGIN,
    phonon.PLUGIN,
)
TYPES = tuple(name for kind in KINDS for name in kind.types)

_MUSIC = "it makes music after a description and reads no text"
_CHAT = "it answers a text instead of reading it"
_VOCODER = "it is a vocoder, which follows the + of a model that makes spectra"
_CODEC = "it is a codec: it takes and gives sound and reads no text"
REFUSED = {
    "musicgen": _MUSIC,
    "musicgen_melody": _MUSIC,
    "qwen2_5_omni": _CHAT,
    "qwen3_omni_moe": _CHAT,
    "speecht5_hifigan": _VOCODER,
    "fastspeech2_conformer_hifigan": _VOCODER,
    "hifigan": _VOCODER,
    "univnet": "it is a vocoder, and no model of transformers makes the spectra that it takes",
    "dac": _CODEC,
    "encodec": _CODEC,
    "higgs_audio_v2_tokenizer": _CODEC,
    "mimi": _CODEC,
    "neucodec": _CODEC,
    "pocket_tts_audio_tokenizer": _CODEC,
    "vibevoice_acoustic_tokenizer": _CODEC,
    "xcodec": _CODEC,
    "xcodec2": _CODEC,
}
"""`model_type` of models that people may take for voices, with the reason."""


def kind_of(parts: Parts) -> Kind:
    """How the model of a voice is spoken with.

    Raises:
        InputError: No model, or one of a kind that does not speak here.
    """
    found = config_of(parts.model)["model_type"]
    for kind in KINDS:
        if found in kind.types:
            return kind
    why = f": {REFUSED[found]}" if found in REFUSED else ""
    raise InputError(
        f"{parts.model.name} is a model of the type {found}, which does not speak here{why}",
        given=found,
        allowed=TYPES,
        hint="other models speak through the engine command",
    )
