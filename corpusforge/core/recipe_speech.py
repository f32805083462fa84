"""The part of a recipe that is about speech: engines, prosody, place, room, noise, limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from corpusforge.core.recipe_option import LANG_PATTERN, Range, option

__all__ = ["AUTO", "GateConfig", "NoiseFolder", "SpeechConfig", "VoiceConfig"]

AUTO = "auto"
"""Among `speech.engines`: all that are installed and speak the language."""


@dataclass(frozen=True, kw_only=True)
class NoiseFolder:
    """Recordings of noise: any depth of folders, any format that libsndfile reads."""

    path: str = option("folder, relative to the recipe", minLength=1)
    license: str = option("SPDX license of the recordings", minLength=1)


@dataclass(frozen=True, kw_only=True)
class VoiceConfig:
    """A voice that the recipe brings to an engine that takes voices."""

    engine: str = option("engine that speaks with it (piper, transformers, command)", minLength=1)
    source: str = option(
        "where it is: a file or folder relative to the recipe, a hub name, an installed package, "
        "a command line; what is allowed depends on the engine",
        minLength=1,
    )
    license: str = option("SPDX license of the voice", minLength=1)
    name: str | None = option(
        "its name in the clips; null = made from the source",
        None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$",
    )
    lang: str | None = option("language, BCP-47; null = the recipe's", None, pattern=LANG_PATTERN)
    gender: str = option("female, male, or nothing", "", enum=("", "female", "male"))
    accent: str = option("its accent, as you call it", "")
    speaker: str = option(
        "who is heard, when several voices are one speaker (they stay in one split)", ""
    )
    family: str = option(
        "kind of synthesis, as you call it: clips are shared out equally over families; nothing = "
        "as the engine knows it",
        "",
    )
    sha256: str | None = option(
        "of its files, as voices.lock.json of a run folder has it; null = recorded on first use",
        None,
        pattern="^[0-9a-f]{64}$",
    )


@dataclass(frozen=True, kw_only=True)
class SpeechConfig:
    """Text to clips: engines, prosody, room, noise. Ranges are drawn per clip.

    Factors (speed, formant) are drawn log-uniformly, everything else uniformly.
    """

    clips: int = option("clips to render; 0 switches speech off", 300, minimum=0)
    engines: tuple[str, ...] = option(
        "engine plug-ins; auto = all that are installed and speak the language",
        (AUTO,),
        minItems=1,
        uniqueItems=True,
    )
    voices: tuple[VoiceConfig, ...] = option(
        "voices that you bring; their engines speak beside those of speech.engines", ()
    )
    shares: Mapping[str, float] | None = option(
        "engine, or family of engines (formant, statistical, ...; its engines share it equally, "
        "those that are named here too count towards it): share of the clips; the others share "
        "the rest equally, family by family",
        None,
        minimum=0,
        maximum=1,
    )
    gender_shares: Mapping[str, float] | None = option(
        "female, male: share of an engine's clips where it has both; null = equal",
        None,
        minimum=0,
        maximum=1,
    )
    accent_shares: Mapping[str, float] | None = option(
        "accent, as the engine names it (`corpusforge voices`): share of an engine's clips of a "
        "sex where it has several accents; the others share the rest equally; null = equal",
        None,
        minimum=0,
        maximum=1,
    )
    pseudo_speakers: bool = option(
        "speak with other pitches and vocal tracts of a voice too, where the engine can", True
    )
    variants: int = option("clips per chosen row, where clips are spread over rows", 1, minimum=1)
    copies: int = option(
        "clips of one voice and prosody with other rooms, noises, levels", 1, minimum=1
    )
    spread: str = option(
        "rows: a stratified choice of rows; intents: as many clips of each intent, however few "
        "rows it has",
        "rows",
        enum=["rows", "intents"],
    )
    split_by: str = option(
        "what clips of different splits never share. text: the words, as rows do; voice: the "
        "speaker, and every split hears the same words (wake words, commands)",
        "text",
        enum=["text", "voice"],
    )
    speed: Range = option("tempo factor", (0.9, 1.1), minimum=0.5, maximum=2)
    formant: Range = option("factor on pitch and formants", (0.92, 1.08), minimum=0.5, maximum=2)
    lead_s: Range = option("silence before the speech, seconds", (0.1, 0.1), minimum=0, maximum=60)
    tail_s: Range = option("silence after the speech, seconds", (0.1, 0.1), minimum=0, maximum=60)
    length_s: float | None = option(
        "length of every clip in seconds, instead of lead_s and tail_s; clips with longer speech "
        "are dropped",
        None,
        exclusiveMinimum=0,
    )
    position: str = option(
        "where the speech is in a clip of length_s",
        "centre",
        enum=("start", "centre", "end", "random"),
    )
    snr_db: Range = option("signal-to-noise ratio in dB", (10.0, 30.0), minimum=-20, maximum=100)
    noise_probability: float = option("share of clips with noise", 0.7, minimum=0, maximum=1)
    noise_kinds: tuple[str, ...] = option(
        "kinds of noise, equal shares; file = recordings of noise_folders",
        ("white", "pink", "brown"),
        minItems=1,
        uniqueItems=True,
        enum=("white", "pink", "brown", "hum", "babble", "file"),
    )
    noises: tuple[int, int] = option(
        "sources of noise at once in a clip that has noise, each of another kind (or another "
        "recording) and from another place of the room; further ones are up to 10 dB softer than "
        "the first, snr_db is of all together",
        (1, 1),
        minimum=1,
        maximum=4,
    )
    noise_folders: tuple[NoiseFolder, ...] = option("folders with recordings of noise", ())
    babble_talkers: tuple[int, int] = option("talkers of one babble", (3, 6), minimum=1, maximum=16)
    room_probability: float = option("share of clips in a room", 0.5, minimum=0, maximum=1)
    rooms: int = option("rooms of each split", 32, minimum=1)
    rt60_s: Range = option(
        "reverberation time at 750 Hz in seconds; higher bands decay faster",
        (0.15, 0.5),
        minimum=0.05,
        maximum=5,
    )
    distance_m: Range = option(
        "from the talker to the microphone, metres; as far as the room allows",
        (0.5, 2.5),
        minimum=0.1,
        maximum=20,
    )
    mic_probability: float = option(
        "share of clips with a band limit and an uneven microphone", 0.25, minimum=0, maximum=1
    )
    mic_low_hz: Range = option("lower band limit in Hz", (40.0, 250.0), minimum=10, maximum=1000)
    mic_high_hz: Range = option(
        "upper band limit in Hz", (3400.0, 7600.0), minimum=1500, maximum=8000
    )
    agc_probability: float = option(
        "share of clips with automatic gain control", 0.0, minimum=0, maximum=1
    )
    gain_db: Range = option("peak level in dBFS", (-6.0, 0.0), minimum=-60, maximum=20)
    clip_probability: float = option(
        "share of clips whose peaks are cut off", 0.0, minimum=0, maximum=1
    )
    codec_probability: float = option(
        "share of clips through a telephone codec of 8 kHz", 0.0, minimum=0, maximum=1
    )
    codecs: tuple[str, ...] = option(
        "codecs, equal shares",
        ("mulaw", "gsm"),
        minItems=1,
        uniqueItems=True,
        enum=("mulaw", "gsm"),
    )
    dither_probability: float = option("share of clips with dither", 0.0, minimum=0, maximum=1)
    ctc_model: str | None = option(
        "folder of a CTC model of transformers, relative to the recipe; finds word times where an "
        "engine tells none (extras text and torchaudio)",
        None,
        minLength=1,
    )
    max_dropped: float = option(
        "share of dropped clips above which a build fails; one clip of ten or more never does, "
        "unless it is 0",
        0.02,
        minimum=0,
        maximum=1,
    )


@dataclass(frozen=True, kw_only=True)
class GateConfig:
    """Limits that a clip must keep."""

    min_duration_s: float = option("shortest clip in seconds", 0.3, minimum=0)
    max_duration_s: float = option("longest clip in seconds", 15.0, minimum=0)
    max_clipped_share: float = option("largest share of clipped samples", 1e-3, minimum=0)
    min_active_share: float = option("smallest share of active speech", 0.2, minimum=0, maximum=1)
    min_level_dbfs: float = option("lowest level of active speech in dBFS", -45.0, maximum=0)
    asr_share: float = option(
        "share of clips that are recognised and held against their text (extra gate)",
        0.1,
        minimum=0,
        maximum=1,
    )
    asr_model: str | None = option(
        "folder of a Whisper model for CTranslate2, relative to the recipe; null = the English "
        "one of the extra gate",
        None,
        minLength=1,
    )
    mos_share: float = option(
        "share of clips that are rated for quality (extra gate)", 0.0, minimum=0, maximum=1
    )
    limits: Mapping[str, Mapping[str, float | None]] | None = option(
        "engine, or engine/language (* = all): limits in place of the calibrated ones "
        "(min_vad_share, max_gap_s, min_s_per_phone, max_s_per_phone, min_s_per_letter, "
        "max_s_per_letter, min_gop, min_slot_gop, max_cer, max_wer, max_slot_error_rate, "
        "min_mos); null = none",
        None,
    )
