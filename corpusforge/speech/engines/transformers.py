"""VITS voices for transformers (MMS in over 1,100 languages, VCTK): a hub name or a folder."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpusforge.core.errors import InputError, require
from corpusforge.speech.brought import NoVoicesOfItsOwn, brought
from corpusforge.speech.engine import (
    EngineError,
    Problem,
    Prosody,
    Spoken,
    Voice,
    check_speed,
    distribution_version,
    package_folder,
)
from corpusforge.speech.pins import hold_pin

if TYPE_CHECKING:
    import numpy as np

    from corpusforge.core.recipe import VoiceConfig

_SOURCES = "a hub name (facebook/mms-tts-deu) or a folder with a VITS model; #3 = its speaker 3"
_TYPES = ("vits",)
_OTHERS = {
    "speecht5": "needs a vocoder and a speaker embedding from elsewhere",
    "fastspeech2_conformer": "needs a vocoder from elsewhere",
    "fastspeech2_conformer_with_hifigan": "its tokenizer needs g2p_en",
    "bark": "its length and voice cannot be told",
}
_HUB_NAME = re.compile(r"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$")
# Never pickled weights: loading those may run code.
_FILES = ("*.json", "*.safetensors", "*.txt", "*.model")
_DEFAULT_HZ = 16000  # of VitsConfig
_LIMIT_S = 60.0


class Transformers(NoVoicesOfItsOwn):
    """Speaks with the VITS voices that a recipe brings.

    A model that is asked for by its hub name is downloaded on first use (offline after that, as
    transformers does it: HF_HUB_OFFLINE, HF_HOME).
    """

    name = "transformers"
    family = "VITS"
    extra = "text"
    packages = ("transformers", "torch", "tokenizers", "numpy")
    rate_hz = _DEFAULT_HZ
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
        self._models: dict[Voice, tuple[Any, Any]] = {}
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
        place, _, speaker = entry.source.partition("#")
        if speaker and not speaker.isdecimal():
            raise InputError(f"{entry.source}: the speaker after # is a number, not {speaker!r}")
        local = folder / Path(place).expanduser()
        if local.is_dir():
            return brought(entry, "", str(local.resolve()), _rate_hz(local, speaker))
        if not _HUB_NAME.match(place) or place.endswith((".onnx", ".pt", ".bin")):
            raise InputError(
                f"{place} is neither a folder nor a hub name",
                hint=f"transformers takes {_SOURCES}",
            )
        return brought(entry, "")

    def fetched(self, voice: Voice) -> tuple[Voice, Sequence[Path]]:
        """The voice with its folder and rate, and the files that shape it."""
        place, _, speaker = voice.source.partition("#")
        folder = Path(voice.path) if voice.path else self._download(place)
        rate_hz = _rate_hz(folder, speaker)
        return replace(voice, path=str(folder), rate_hz=rate_hz), _files(folder)

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

    def _model(self, voice: Voice) -> tuple[Any, Any]:
        """The tokenizer and the model of a voice."""
        if voice not in self._models:
            require("torch", extra=self.extra, purpose="the engine transformers")
            hf = require("transformers", extra=self.extra, purpose="the engine transformers")
            hf.utils.logging.disable_progress_bar()
            whole, files = self.fetched(voice)
            hold_pin(voice, files)
            tokenizer = hf.AutoTokenizer.from_pretrained(whole.path, local_files_only=True)
            if getattr(tokenizer, "is_uroman", False):
                raise InputError(
                    f"the voice {voice.name} reads Latin transcriptions (uroman), which texts of "
                    f"{voice.lang} are not",
                    hint="take a voice that reads the language as it is written",
                )
            model = hf.AutoModelForTextToWaveform.from_pretrained(
                whole.path, local_files_only=True, use_safetensors=True
            ).eval()
            limit = _LIMIT_S * model.config.sampling_rate
            model.duration_predictor.register_forward_hook(_Limit(model, limit))
            self._models[voice] = tokenizer, model
        return self._models[voice]

    def speak(
        self, spoken: str, voice: Voice, prosody: Prosody, rng: np.random.Generator
    ) -> Spoken:
        """Samples at the model's rate; see `speech.engine.Engine.speak`."""
        import numpy as np

        check_speed(self.name, self.speeds, prosody)
        if not any(map(str.isalnum, spoken)):
            raise EngineError(Problem.NOTHING_TO_SAY, "transformers")
        tokenizer, model = self._model(voice)
        read = _read(tokenizer, spoken, voice)
        inputs = tokenizer(read, return_tensors="pt")
        speaker = voice.source.partition("#")[2]
        given = {"speaker_id": int(speaker)} if speaker else {}
        with _seeded(int(rng.integers(2**63))):
            model.speaking_rate = model.config.speaking_rate * prosody.speed
            answer = model(**inputs, **given).waveform
        samples = answer[0].numpy().astype(np.float32)
        peak = float(np.abs(samples).max(initial=0.0))
        if peak > 1.0:
            samples = samples / np.float32(peak)
        return Spoken(samples, int(model.config.sampling_rate))


class _Limit:
    """Ends a clip before it is decoded when its durations sum up to more than a limit.

    Untrained or broken models give lengths without bounds.
    """

    def __init__(self, model: Any, limit_samples: float) -> None:
        self._model = model
        hop = 1
        for rate in model.config.upsample_rates:
            hop *= rate
        self._frames = limit_samples / hop

    def __call__(self, _module: Any, _inputs: Any, log_durations: Any) -> None:
        frames = float((log_durations.exp() / self._model.speaking_rate).ceil().sum())
        if not frames <= self._frames:
            raise EngineError(Problem.TOO_LONG, f"transformers, more than {_LIMIT_S:g} s")


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


def _read(tokenizer: Any, spoken: str, voice: Voice) -> str:
    """The text, when the tokenizer has all of its letters and digits.

    Raises:
        EngineError: Some that the tokenizer would leave out without a word.
    """
    if getattr(tokenizer, "phonemize", False):
        return spoken
    known = set(tokenizer.get_vocab())
    lower = getattr(tokenizer, "do_lower_case", True) or getattr(tokenizer, "normalize", True)
    text = spoken.lower() if lower else spoken
    if any(c.isalnum() and c not in known for c in text):
        raise EngineError(Problem.FOREIGN_SCRIPT, f"transformers, voice {voice.name}")
    return spoken


def _files(folder: Path) -> list[Path]:
    return sorted({path for pattern in _FILES for path in folder.glob(pattern)})


def _rate_hz(folder: Path, speaker: str) -> int:
    """The rate of a model that the engine can speak with.

    Raises:
        InputError: No model, one of another kind, no safe weights, or no such speaker.
    """
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text("utf-8"))
        kind = config["model_type"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not the config.json of a model") from error
    if kind not in _TYPES:
        why = f": {_OTHERS[kind]}" if kind in _OTHERS else ""
        raise InputError(
            f"{folder.name} is a model of the type {kind}, which does not speak here{why}",
            given=kind,
            allowed=_TYPES,
            hint="other models speak through the engine command",
        )
    if not any(folder.glob("*.safetensors")):
        raise InputError(
            f"{folder.name} holds no *.safetensors",
            hint="pickled weights are not loaded; save the model once more with transformers",
        )
    speakers = int(config.get("num_speakers", 1))
    if speaker and int(speaker) >= speakers:
        raise InputError(f"{folder.name} has {speakers} speakers, 0 to {speakers - 1}")
    return int(config.get("sampling_rate", _DEFAULT_HZ))


PLUGIN = Transformers()
