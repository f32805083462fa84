"""Voices for the package transformers, by hub name or folder: VITS, SpeechT5, Bark, ...

How each kind of model is loaded and spoken with stands in `speech.models`, one file per kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING

from corpusforge.core.errors import InputError, require
from corpusforge.speech.brought import NoVoicesOfItsOwn, brought, loading
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
from corpusforge.speech.models.bark import PRESET_ENDS
from corpusforge.speech.models.known import KINDS, kind_of
from corpusforge.speech.models.parts import (
    Parts,
    Source,
    Speaker,
    check_weights,
    is_hub_name,
    quiet,
)
from corpusforge.speech.pins import hold_pin
from corpusforge.speech.pseudo import Slowed, say_shifted

if TYPE_CHECKING:
    import numpy as np

    from corpusforge.core.recipe import VoiceConfig

_SOURCES = (
    "a hub name (facebook/mms-tts-deu) or a folder with a VITS model; #3 = its speaker 3; "
    "MODEL + VOCODER#embedding.npy for SpeechT5, MODEL + VOCODER for FastSpeech2, "
    "MODEL#v2/en_speaker_6 or MODEL#preset.npz for Bark, MODEL#3 for SeamlessM4T, "
    "MODEL#anna.wav for Csm and VibeVoice, MODEL + CODEC#anna.wav for Dia, Pocket TTS and Higgs "
    "Audio, with what is said in anna.txt, MODEL + CODEC#anna for Phonon"
)
# Between model, vocoder and speaker in a voice's path: no file name can hold it.
_BETWEEN = "\0"
# Of a speaker that can only be a file.
_SPEAKER_ENDS = (".wav", ".flac", ".npz", ".npy", ".safetensors")
# Never pickled weights: loading those may run code.
_FILES = ("*.json", "*.safetensors", "*.txt", "*.model", "*.jinja")


class Transformers(NoVoicesOfItsOwn):
    """Speaks with the voices that a recipe brings.

    A model that is asked for by its hub name is downloaded on first use (offline after that, as
    transformers does it: HF_HUB_OFFLINE, HF_HOME).
    """

    name = "transformers"
    # Nearly all of the voices on the hub are: of one that is not here yet nobody knows better.
    family = "VITS"
    families = tuple(kind.family for kind in KINDS)
    extra = "text"
    packages = ("transformers", "torch", "tokenizers", "numpy")
    rate_hz = 16000
    speeds = (0.25, 4.0)  # of what the model is told; a pseudo-speaker is told to speak slower
    offline = False
    deterministic = (
        "torch's generator is forked and seeded from the Generator that is passed in; one thread"
    )
    sources = _SOURCES
    runs_commands = False
    pseudo_speakers = Slowed.MODEL
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
        """Version of transformers and what its models compute in, "" when it is not installed."""
        found = distribution_version("transformers")
        return f"{found} float32" if found else ""

    def missing(self) -> str:
        """Why it cannot speak here, "" when it can."""
        for module in ("torch", "transformers"):
            if package_folder(module) is None:
                return f"{module} is not installed: pip install 'corpusforge[text,speech]'"
        return ""

    def added(self, entry: VoiceConfig, folder: Path) -> Voice:
        """The voice of a folder or hub name; a hub name is not looked up yet.

        Raises:
            InputError: Neither a folder with a model that it can speak with, nor a hub name; or
                the file of its speaker is not there.
        """
        source = Source.of(entry.source)
        found = [self._local(place, folder) for place in (source.model, source.vocoder)]
        file = folder / Path(source.speaker).expanduser()
        if file.suffix.lower() in _SPEAKER_ENDS and not file.is_file():
            raise InputError(
                f"there is no file {file} for the speaker of {source.model}",
                given=source.speaker,
                hint="what follows # is a number, the name of a preset, or a file that is there",
            )
        found.append(str(file.resolve()) if source.speaker and file.is_file() else "")
        voice = brought(entry, "", _BETWEEN.join(found) if any(found) else "")
        if found[0] and (found[1] or not source.vocoder):
            return _told(voice, self._parts(voice))
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
        preset = "" if file or source.speaker.isdecimal() else source.speaker
        return Parts(
            Path(model) if model else self._download(source.model, preset),
            Path(vocoder) if vocoder else None,
            file or source.speaker,
            voice.lang,
        )

    def fetched(self, voice: Voice) -> tuple[Voice, Sequence[Path]]:
        """The voice with its folders, rate and family, and the files that shape it."""
        parts = self._parts(voice)
        voice = _told(voice, parts)
        files = [path for place in (parts.model, parts.vocoder) if place for path in _files(place)]
        own = kind_of(parts).speaker_files(parts)
        files += own
        file = parts.speaker if Path(parts.speaker) in own else ""
        path = _BETWEEN.join(map(str, (parts.model, parts.vocoder or "", file)))
        return replace(voice, path=path), files

    def _download(self, name: str, preset: str = "") -> Path:
        """The folder of a hub model, downloaded when it is not there.

        Args:
            name: On the hub.
            preset: Name of a speaker whose files stand in the model's folder, "" for none.
        """
        key = f"{name}#{preset}" if preset else name
        if key not in self._folders:
            hub = require("huggingface_hub", extra="hub", purpose=f"the voice {name}")
            patterns = list(_FILES)
            if preset:
                patterns += [f"*{escape(preset)}{end}" for end in PRESET_ENDS]
            try:
                found = hub.snapshot_download(name, allow_patterns=patterns)
            except Exception as error:
                # Many kinds: no such model, no network, no access, a full disk.
                first = str(error).strip().split("\n")[0]
                raise InputError(
                    f"the voice {name} cannot be had: {type(error).__name__}: {first}",
                    hint="a hub name needs the network once; a folder never does",
                ) from error
            self._folders[key] = Path(found)
        return self._folders[key]

    def _speaker(self, voice: Voice) -> Speaker:
        """The loaded model of a voice."""
        voice = replace(voice, gender="", accent="", speaker="")  # one for its pseudo-speakers too
        if voice not in self._models:
            require("torch", extra=self.extra, purpose="the engine transformers")
            hf = require("transformers", extra=self.extra, purpose="the engine transformers")
            hf.utils.logging.disable_progress_bar()
            whole, files = self.fetched(voice)
            hold_pin(voice, files)
            parts = self._parts(whole)
            with loading(self.name, voice, parts.model):
                self._models[voice] = kind_of(parts).load(hf, parts)
        return self._models[voice]

    def speak(
        self, spoken: str, voice: Voice, prosody: Prosody, rng: np.random.Generator
    ) -> Spoken:
        """Samples at the model's rate; see `speech.engine.Engine.speak`."""
        return say_shifted(self._say, spoken, voice, prosody, rng, self.pseudo_speakers)

    def _say(self, spoken: str, voice: Voice, prosody: Prosody, rng: np.random.Generator) -> Spoken:
        import numpy as np

        check_speed(self.name, self.speeds, prosody)
        if not any(map(str.isalnum, spoken)):
            raise EngineError(Problem.NOTHING_TO_SAY, "transformers")
        speaker = self._speaker(voice)
        with _seeded(int(rng.integers(2**63))), quiet():
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


def _told(voice: Voice, parts: Parts) -> Voice:
    """The voice with what its files tell: rate and family.

    Raises:
        InputError: Parts that are missing, do not fit, or are of another kind; no safe weights.
    """
    kind = kind_of(parts)
    for place in (parts.model, parts.vocoder):
        if place is not None:
            check_weights(place)
    return replace(voice, rate_hz=kind.rate_hz(parts), family=voice.family or kind.family)


PLUGIN = Transformers()
