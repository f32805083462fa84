"""Neural English voice from PyPI's hibari-tts: in the wheel, seeded, about 130 times real time."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpusforge.core.errors import require
from corpusforge.speech.engine import (
    EngineError,
    Problem,
    Prosody,
    Spoken,
    Voice,
    bounded,
    check_speed,
    distribution_license,
    distribution_version,
    language_matches,
    package_folder,
)
from corpusforge.speech.pseudo import Shift, pseudo_speaker, shift_of, shifted_spectrum, unshifted

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from corpusforge.speech.phoneme_times import Listener


PSEUDO_SPEAKERS = (
    (Shift(0.5, 0.93), "male"),
    (Shift(0.55, 0.8), "male"),
    (Shift(0.7, 0.86), "male"),
    (Shift(0.9, 1.08), "female"),
    (Shift(1.25, 0.93), "female"),
    (Shift(1.25, 1.08), "female"),
)
"""What `eval.speech.voices` chose from a grid of pitch (0.5 to 1.25) and formants (0.8 to 1.16) on
the voice heart. Whisper tiny.en heard all 60 words right at each point of the grid. The speaker
encoder sees cosines of at most 0.84 between any two of these and the voice itself; a voice has 0.94
with itself, saying other words. The sexes are what a man's pitch (about 0.6 of a woman's) and
formants (0.85) make of a woman's voice, not a judgement of listeners."""


class Hibari:
    """Speaks English with the voice that ships in the wheel, and with pseudo-speakers made of it.

    The other voices of the package are downloaded on first use, which would make the result
    depend on the machine: they are listed, and not used.
    """

    name = "hibari"
    family = "neural vocoder"
    extra = "speech"
    # hibari's signal processing takes scipy's FFT where scipy is installed: other last bits.
    packages = ("hibari-tts", "onnxruntime", "numpy", "scipy")
    rate_hz = 24000
    speeds = (0.5, 2.0)  # hibari/tts.py, `Hibari.__call__`
    offline = True
    deterministic = "its only noise comes from the Generator that is passed in; one thread"
    example = {"lang": "en", "text": "turn on the lights in the kitchen"}  # noqa: RUF012

    def __init__(self) -> None:
        self._models: dict[str, tuple[Any, Listener | None]] = {}

    @property
    def version(self) -> str:
        """Version of hibari-tts, "" when it is not installed."""
        return distribution_version("hibari-tts")

    def missing(self) -> str:
        """Why it cannot speak here, "" when it can."""
        for module, distribution in (("hibari", "hibari-tts"), ("onnxruntime", "onnxruntime")):
            if package_folder(module) is None:
                return f"{distribution} is not installed: pip install 'corpusforge[speech]'"
        return ""

    def _registry(self) -> dict[str, dict[str, Any]]:
        folder = package_folder("hibari")
        if folder is None:
            return {}
        path = folder / "assets" / "voices.json"
        registry: dict[str, dict[str, Any]] = json.loads(path.read_text("utf-8"))
        return registry

    def languages(self) -> list[str]:
        """Tags of the bundled voices, and "en"."""
        tags = {str(v["language"]) for v in self._registry().values() if v.get("bundled")}
        return sorted(tags | {tag.split("-")[0] for tag in tags})

    def offered(self, lang: str | None = None) -> list[tuple[Voice, str]]:
        """All voices of the package's registry; only the bundled ones are usable.

        A bundled voice is followed by its pseudo-speakers, each a speaker of its own.
        """
        license_ = distribution_license("hibari-tts")
        found = []
        for name, entry in self._registry().items():
            if lang is not None and not language_matches(lang, entry["language"]):
                continue
            voice = Voice(
                name, entry["language"], license_, entry.get("gender", ""), entry.get("accent", "")
            )
            why_not = "" if entry.get("bundled") else "not in the package, needs a download"
            voices = [voice]
            if entry.get("bundled"):
                voices += [pseudo_speaker(voice, *one, speaker="") for one in PSEUDO_SPEAKERS]
            found += [(one, self.missing() or why_not) for one in voices]
        return found

    def voices(self, lang: str) -> list[Voice]:
        """The bundled voices for a language."""
        return [voice for voice, why_not in self.offered(lang) if not why_not]

    def _model(self, voice: str) -> tuple[Any, Listener | None]:
        """The model, and who knows its word times (None for a graph that does not tell them)."""
        if voice not in self._models:
            require("onnxruntime", extra=self.extra, purpose="the engine hibari")
            hibari = require("hibari", extra=self.extra, purpose="the engine hibari")
            from hibari.g2p.normalize import normalize
            from hibari.voices import voice_path

            from corpusforge.speech.phoneme_times import Listener, duration_node, with_output

            graph = Path(voice_path(voice)).read_bytes()
            node = duration_node(graph)
            # onnxruntime takes the bytes of a model in place of its path.
            told = with_output(graph, node) if node else graph
            model = hibari.Hibari(voice=voice, model=told, threads=1)
            self._models[voice] = (model, Listener(model, normalize) if node else None)
        return self._models[voice]

    def speak(
        self, spoken: str, voice: Voice, prosody: Prosody, rng: np.random.Generator
    ) -> Spoken:
        """Samples at 24 kHz with word times; see `speech.engine.Engine.speak`."""
        import numpy as np

        from corpusforge.speech.word_times import words_from

        check_speed(self.name, self.speeds, prosody)
        # Letters of other scripts would come out as noises that pass for speech.
        if any(c.isalpha() and not _is_latin(c) for c in spoken):
            raise EngineError(Problem.FOREIGN_SCRIPT, "hibari reads Latin letters")
        model, listener = self._model(unshifted(voice).name)
        shift = shift_of(voice.name)
        if listener is not None:
            listener.begin()
        chunks = model.phonemize(spoken)
        parts = [_sound(model, model.ids(chunk), prosody.speed, rng, shift) for chunk in chunks]
        if not parts:
            raise EngineError(Problem.NOTHING_TO_SAY, "hibari")
        samples = bounded(np.concatenate(parts).astype(np.float32))
        words = None
        if listener is not None:
            lengths = [part.size for part in parts]
            starts = listener.starts(spoken, chunks, lengths, self.rate_hz)
            words = words_from(spoken.split(), starts, samples, self.rate_hz)
        return Spoken(samples, self.rate_hz, words)


def _sound(
    model: Any, ids: list[int], speed: float, rng: np.random.Generator, shift: Shift | None
) -> npt.NDArray[np.float32]:
    """Samples of one chunk; a shift is made between the network and the signal processing.

    The network answers with the spectrum of the harmonics (magnitude, phase), that of the noise,
    that of a part with phases of its own, these phases, and the pitch, all but the last of shape
    [1, bins, frames] (hibari/dsp.py). The vocal tract is in the first four; the phases of the
    third part stay, they go on from frame to frame at each bin's own frequency.
    """
    if shift is None or len(ids) < 3:  # as `from_ids` has it: nothing between the two pads
        found: npt.NDArray[np.float32] = model.from_ids(ids, speed, rng)
        return found
    import numpy as np
    from hibari import dsp

    feed = {"ids": np.asarray([ids], np.int64), "speed": np.asarray([speed], np.float32)}
    harmonic, phase, noise, rest, phases, pitch_hz = (out[0] for out in model.sess.run(None, feed))
    moved = [shifted_spectrum(x, shift.formant) for x in (harmonic, phase, noise, rest)]
    # Fewer pulses per second carry less power: what is made good here keeps the noise as it was.
    moved[0] = moved[0] + np.float32(0.5 * np.log(shift.pitch))
    sound: npt.NDArray[np.float32] = dsp.synth(
        *moved, phases, pitch_hz * np.float32(shift.pitch), rng
    )
    return sound


def _is_latin(letter: str) -> bool:
    # "ª" and the like carry no script in their names.
    return letter.isascii() or "LATIN" in unicodedata.name(letter, "") or letter in "ªº"


PLUGIN = Hibari()
