"""SeamlessM4T, both versions: MODEL#3 for its speaker 3, in the language of the voice.

Seamless Communication 2023, "SeamlessM4T: Massively Multilingual & Multimodal Machine Translation",
arXiv 2308.11596, and "Seamless: Multilingual Expressive and Streaming Speech Translation",
arXiv 2312.05187. They translate. Here the text is source and target in one, and the decoder is held
to it token by token, so that what is said is what was written. Nothing is drawn: every clip of a
text is the same.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from corpusforge.core.errors import InputError
from corpusforge.speech.engine import EngineError, Problem
from corpusforge.speech.models.parts import (
    LIMIT_S,
    Parts,
    Speaker,
    config_of,
    known_letters,
    loaded,
    no_vocoder,
    settings_of,
    speaker_number,
)
from corpusforge.speech.models.tempo import at_tempo

if TYPE_CHECKING:
    from pathlib import Path

    import torch

_SECOND = "seamless_m4t_v2"
_DEFAULT_HZ, _DEFAULT_SPEAKERS, _DEFAULT_RATES = 16000, 200, (5, 4, 4, 2, 2)  # of SeamlessM4TConfig
_MAPS = ("text_decoder_lang_to_code_id", "t2u_lang_code_to_id", "vocoder_lang_code_to_id")
_LETTERS = ("id_to_text", "char_to_id")  # of the second version
_PARTS = ("text_encoder", "text_decoder", "t2u_model", "vocoder")
# ISO 639-3 of the languages that they speak; of macrolanguages the one that they were trained on.
_SPOKEN = (
    "ar:arb bn:ben ca:cat cs:ces cy:cym da:dan de:deu en:eng es:spa et:est fa:pes fi:fin fr:fra "
    "hi:hin id:ind it:ita ja:jpn kn:kan ko:kor mt:mlt nl:nld pl:pol pt:por ro:ron ru:rus sk:slk "
    "sv:swe sw:swh ta:tam te:tel th:tha tl:tgl tr:tur uk:ukr ur:urd uz:uzn vi:vie zh:cmn"
)
_CODES = dict(pair.split(":") for pair in _SPOKEN.split())


class Seamless:
    """Loads them."""

    types = ("seamless_m4t", _SECOND)
    family = "SeamlessM4T"

    def speaker_files(self, parts: Parts) -> tuple[Path, ...]:
        """See `parts.Kind.speaker_files`."""
        return ()

    def rate_hz(self, parts: Parts) -> int:
        """See `parts.Kind.rate_hz`."""
        config = config_of(parts.model)
        no_vocoder(parts)
        speaker_number(parts, int(config.get("vocoder_num_spkrs", _DEFAULT_SPEAKERS)))
        _language(parts, config["model_type"] == _SECOND)
        return int(config.get("sampling_rate", _DEFAULT_HZ))

    def load(self, hf: Any, parts: Parts) -> Speaker:
        """See `parts.Kind.load`."""
        second = config_of(parts.model)["model_type"] == _SECOND
        language = _language(parts, second)
        tokenizer = hf.AutoTokenizer.from_pretrained(parts.model, local_files_only=True)
        tokenizer.src_lang = language
        _check_parts(parts.model)
        # SeamlessM4TModel is the same and more: what hears is left where it is.
        kind = hf.SeamlessM4Tv2ForTextToSpeech if second else hf.SeamlessM4TForTextToSpeech
        return _Speaker(tokenizer, loaded(kind, parts.model), language, parts.speaker, second)


def _check_parts(folder: Path) -> None:
    """Raise when what speaks is not there: transformers would make it up without a word."""
    from safetensors import safe_open

    found = set()
    for path in folder.glob("*.safetensors"):
        with safe_open(path, "pt") as file:
            found |= {name.partition(".")[0] for name in file.keys()}  # noqa: SIM118
    if lacking := [name for name in _PARTS if name not in found]:
        raise InputError(
            f"{folder.name} has no {' and no '.join(lacking)}, so that it does not speak",
            hint="take a model that was saved as SeamlessM4TModel or SeamlessM4TForTextToSpeech",
        )


def _language(parts: Parts, second: bool) -> str:
    """The model's code for the language of the voice.

    Raises:
        InputError: It does not speak it, or its settings are not those of such a model.
    """
    settings = settings_of(parts.model, (*_MAPS, *(_LETTERS if second else ())))
    spoken = set.intersection(*(set(settings[name]) for name in _MAPS))
    primary = parts.lang.partition("-")[0].lower()
    code = _CODES.get(primary, primary)
    if code not in spoken:
        raise InputError(
            f"{parts.model.name} does not speak {parts.lang or 'a language that nobody named'}",
            given=parts.lang,
            allowed=sorted(spoken),
            hint="say lang: at the voice, as a BCP-47 tag",
        )
    return code


class _Speaker:
    def __init__(
        self, tokenizer: Any, model: Any, language: str, speaker: str, second: bool
    ) -> None:
        self._tokenizer, self._model = tokenizer, model
        self._language, self._second = language, second
        self._speaker = int(speaker or 0)
        self.rate_hz = int(model.config.sampling_rate)
        # As many units as frames at most: one lasts one frame at least.
        self._limit_frames = int(LIMIT_S * self.rate_hz / prod(model.config.upsample_rates))
        self._clocks = [model.vocoder.dur_predictor]
        if second:
            self._clocks.append(model.t2u_model.model.decoder.duration_predictor)

    def _hold_limit(self, _module: Any, _inputs: Any, log_durations: Any) -> None:
        """End a clip before it is decoded when its durations sum up to more than the limit."""
        if not float(log_durations.expm1().round().clamp(min=1).sum()) <= self._limit_frames:
            raise EngineError(Problem.TOO_LONG, f"transformers, more than {LIMIT_S:g} s")

    def say(self, spoken: str, speed: float) -> torch.Tensor:
        ids = known_letters(self._tokenizer, spoken)
        said = _Said(ids, self._model.generation_config, self._language)
        # Other voices have the same model: nothing of this one stays at it.
        held = [clock.register_forward_hook(self._hold_limit) for clock in self._clocks]
        try:
            made = self._second_version(ids, said) if self._second else self._first(ids, said)
        except IndexError as error:
            detail = "transformers, SeamlessM4T made units that its vocoder does not know"
            raise EngineError(Problem.FAILED, detail) from error
        finally:
            for hook in held:
                hook.remove()
        waveform: torch.Tensor = made.waveform.reshape(-1)[: int(made.waveform_lengths)]
        return at_tempo(waveform, self.rate_hz, speed)

    def _first(self, ids: Any, said: _Said) -> Any:
        made = self._model.generate(
            ids,
            tgt_lang=self._language,
            spkr_id=self._speaker,
            return_intermediate_token_ids=True,
            text_prefix_allowed_tokens_fn=said.next,
            text_max_new_tokens=said.count,
            num_beams=1,
            do_sample=False,
            speech_max_new_tokens=self._limit_frames,
        )
        if int(made.unit_sequences[0, -1]) != self._model.config.t2u_eos_token_id:
            raise EngineError(Problem.TOO_LONG, "transformers, SeamlessM4T did not come to an end")
        return made

    def _second_version(self, ids: Any, said: _Said) -> Any:
        return self._model.generate(
            ids,
            tgt_lang=self._language,
            speaker_id=self._speaker,
            return_intermediate_token_ids=True,
            text_prefix_allowed_tokens_fn=said.next,
            text_max_new_tokens=said.count,
            text_num_beams=1,
            text_do_sample=False,
        )


class _Said:
    """Holds the decoder to the text.

    Args:
        ids: The text with the mark of its language in front and that of its end, shape [1, tokens].
        settings: Of the model.
        language: The model's code.
    """

    def __init__(self, ids: Any, settings: Any, language: str) -> None:
        self._end = int(settings.eos_token_id)
        words = ids[0, 1:-1].tolist()
        # What generate() puts in front of the translation by itself.
        begin = [self._end, settings.text_decoder_lang_to_code_id[language]]
        self._tokens = [*begin, *words, self._end]
        self.count = len(words) + 1

    def next(self, _row: int, so_far: Any) -> list[int]:
        """The only token that may come now."""
        place = so_far.shape[0]
        return [self._tokens[place] if place < len(self._tokens) else self._end]


PLUGIN = Seamless()
