"""Voices for the package transformers, by hub name or folder: VITS (MMS), SpeechT5, FastSpeech2.

How each kind of model is loaded and spoken with stands in `speech.models`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from corpusforge.core.errors import InputError, require
from corpusforge.speech.brought import NoVoicesOfItsOwn, brought
from corpusforge.speech.engine import (
    EngineError,
    Problem,
    Prosody,
    Spoken,
    Voice,
    bounded,
    check_speed,
    distribution_version,
    package_folder,
)
from corpusforge.speech.models import fastspeech2, speecht5, vits
from corpusforge.speech.models.parts import (
    Kind,
    Parts,
    Source,
    Speaker,
    check_weights,
    config_of,
    is_hub_name,
)
from corpusforge.speech.pins import hold_pin

if TYPE_CHECKING:
    import numpy as np

    from corpusforge.core.recipe import VoiceConfig

_SOURCES = (
    "a hub name (facebook/mms-tts-deu) or a folder with a VITS model; #3 = its speaker 3; "
    "MODEL + VOCODER#embedding.npy for SpeechT5, MODEL + VOCODER for FastSpeech2"
)
_KINDS: tuple[Kind, ...] = (vits.PLUGIN, speecht5.PLUGIN, fastspeech2.PLUGIN)
_TYPES = tuple(name for kind in _KINDS for name in kind.types)
_OTHERS = {"bark": "its weights on the hub are pickled, and its length and voice cannot be told"}
# Between model, vocoder and speaker in a voice's path: no file name can hold it.
_BETWEEN = "\0"
# Never pickled weights: loading those may run code.
_FILES = ("*.json", "*.safetensors", "*.txt", "*.model")


class Transformers(NoVoicesOfItsOwn):
    """Speaks with the voices that a recipe brings.

    A model that is asked for by its hub name is downloaded on first use (offline after that, as
    transformers does it: HF_HUB_OFFLINE, HF_HOME).
    """

    name = "transformers"
    family = "VITS"  # nearly all of the voices on the hub
    extra = "text"
    packages = ("transformers", "torch", "tokenizers", "numpy")
    rate_hz = 16000
    speeds = (0.5, 2.0)
    offline = False
    deterministic = (
        "torch's generator is forked and seeded from the Generator that is passed in; one thread"
    )
    sources = _SOURCES
    runs_commands = False
    example = {  # noqa: RUF012
        "lang": "en",
        "text": "turn on the lights in the kitchen",
        "source": "facebook/mms-tts-eng",
    }

    def __init__(self) -> None:
        self._models: dict[Voice, Speaker] = {}
        self._folders: dict[str, Path] = {}

    @property
    def version(self) -> str:
        """Version of transformers, "" when it is not installed."""
        return distribution_version("transformers")

    def missing(self) -> str:
        """Why it cannot speak here, "" when it can."""
        for module in ("torch", "transformers"):
            if package_folder(module) is None:
                return f"{module} is not installed: pip install 'corpusforge[text,speech]'"
        return ""

    def added(self, entry: VoiceConfig, folder: Path) -> Voice:
        """The voice of a folder or hub name; a hub name is not looked up yet.

        Raises:
            InputError: Neither a folder with a model that it can speak with, nor a hub name.
        """
        source = Source.of(entry.source)
        found = [self._local(place, folder) for place in (source.model, source.vocoder)]
        file = folder / Path(source.speaker).expanduser()
        found.append(str(file.resolve()) if source.speaker and file.is_file() else "")
        voice = brought(entry, "", _BETWEEN.join(found) if any(found) else "")
        if found[0] and (found[1] or not source.vocoder):
            return replace(voice, rate_hz=_rate_hz(self._parts(voice)))
        return voice

    def _local(self, place: str, folder: Path) -> str:
        """The folder of a part, "" when it is none or a name on the hub."""
        path = folder / Path(place).expanduser()
        if not place or (is_hub_name(place) and not path.is_dir()):
            return ""
        if not path.is_dir():
            raise InputError(
                f"{place} is neither a folder nor a hub name",
                hint=f"transformers takes {_SOURCES}",
            )
        return str(path.resolve())

    def _parts(self, voice: Voice) -> Parts:
        """The folders and the speaker of a voice; downloads what is not there."""
        source = Source.of(voice.source)
        model, vocoder, file = (voice.path or _BETWEEN * 2).split(_BETWEEN)
        if source.vocoder and not vocoder:
            vocoder = str(self._download(source.vocoder))
        return Parts(
            Path(model) if model else self._download(source.model),
            Path(vocoder) if vocoder else None,
            file or source.speaker,
        )

    def fetched(self, voice: Voice) -> tuple[Voice, Sequence[Path]]:
        """The voice with its folders and rate, and the files that shape it."""
        parts = self._parts(voice)
        rate_hz = _rate_hz(parts)
        files = [path for place in (parts.model, parts.vocoder) if place for path in _files(place)]
        file = ""
        if _kind(parts).speaker_is_file:
            file = parts.speaker
            files.append(Path(file))
        path = _BETWEEN.join(map(str, (parts.model, parts.vocoder or "", file)))
        return replace(voice, path=path, rate_hz=rate_hz), files

    def _download(self, name: str) -> Path:
        """The folder of a hub model, downloaded when it is not there."""
        if name not in self._folders:
            hub = require("huggingface_hub", extra="hub", purpose=f"the voice {name}")
            patterns = list(_FILES)
            try:
                found = hub.snapshot_download(name, allow_patterns=patterns)
            except Exception as error:
                # Many kinds: no such model, no network, no access, a full disk.
                first = str(error).strip().split("\n")[0]
                raise InputError(
                    f"the voice {name} cannot be had: {type(error).__name__}: {first}",
                    hint="a hub name needs the network once; a folder never does",
                ) from error
            self._folders[name] = Path(found)
        return self._folders[name]

    def _speaker(self, voice: Voice) -> Speaker:
        """The loaded model of a voice."""
        if voice not in self._models:
            require("torch", extra=self.extra, purpose="the engine transformers")
            hf = require("transformers", extra=self.extra, purpose="the engine transformers")
            hf.utils.logging.disable_progress_bar()
            whole, files = self.fetched(voice)
            hold_pin(voice, files)
            parts = self._parts(whole)
            self._models[voice] = _kind(parts).load(hf, parts)
        return self._models[voice]

    def speak(
        self, spoken: str, voice: Voice, prosody: Prosody, rng: np.random.Generator
    ) -> Spoken:
        """Samples at the model's rate; see `speech.engine.Engine.speak`."""
        import numpy as np

        check_speed(self.name, self.speeds, prosody)
        if not any(map(str.isalnum, spoken)):
            raise EngineError(Problem.NOTHING_TO_SAY, "transformers")
        speaker = self._speaker(voice)
        with _seeded(int(rng.integers(2**63))):
            answer = speaker.say(spoken, prosody.speed)
        return Spoken(bounded(answer.numpy().astype(np.float32)), speaker.rate_hz)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Torch with a generator of its own, one thread, no gradients; all as it was afterwards."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]), torch.inference_mode():
            # torch.manual_seed would also reseed devices that fork_rng does not put back.
            torch.default_generator.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)


def _files(folder: Path) -> list[Path]:
    return sorted({path for pattern in _FILES for path in folder.glob(pattern)})


def _kind(parts: Parts) -> Kind:
    """How the model of a voice is spoken with.

    Raises:
        InputError: No model, or one of a kind that does not speak here.
    """
    found = config_of(parts.model)["model_type"]
    for kind in _KINDS:
        if found in kind.types:
            return kind
    why = f": {_OTHERS[found]}" if found in _OTHERS else ""
    raise InputError(
        f"{parts.model.name} is a model of the type {found}, which does not speak here{why}",
        given=found,
        allowed=_TYPES,
        hint="other models speak through the engine command",
    )


def _rate_hz(parts: Parts) -> int:
    """The rate of a voice that the engine can speak with.

    Raises:
        InputError: Parts that are missing, do not fit, or are of another kind; no safe weights.
    """
    kind = _kind(parts)
    for place in (parts.model, parts.vocoder):
        if place is not None:
            check_weights(place)
    return kind.rate_hz(parts)


PLUGIN = Transformers()
