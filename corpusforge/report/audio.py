"""Players: clips inside the page as data, with what was said, by whom, and through what."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from corpusforge.report.markup import Markup, element
from corpusforge.report.rows import highlight, spread

__all__ = ["AUDIO_BYTES", "choose_clips", "player_list"]

Clip = Mapping[str, Any]
ReadAudio = Callable[[Clip], bytes | None]

AUDIO_BYTES = 3_000_000
"""Most FLAC bytes in one page: base64 adds a third, and the page stays below 5 MB."""


def choose_clips(clips: Sequence[Clip], read: ReadAudio, count: int) -> list[tuple[Clip, bytes]]:
    """Clips to listen to, spread over voices, intents, origins, splits, rooms and noise.

    Args:
        clips: All clips.
        read: Gives a clip's FLAC bytes, None when they are not at hand.
        count: Most clips to take.

    Returns:
        Pairs of clip and bytes, at most `AUDIO_BYTES` together.
    """
    described = [
        {**clip, "noisy": clip["snr_db"] is not None, "effects": _effect_names(clip)}
        for clip in clips
    ]
    keys = ("voice", "intent", "origin", "split", "noisy", "effects")
    chosen: list[tuple[Clip, bytes]] = []
    total = 0
    for clip in spread(described, keys, count):
        data = read(clip)
        if data is not None and total + len(data) <= AUDIO_BYTES:
            chosen.append((clip, data))
            total += len(data)
    return sorted(
        chosen, key=lambda pair: (pair[0]["voice"], pair[0]["intent"], pair[0]["clip_id"])
    )


def player_list(chosen: Sequence[tuple[Clip, bytes]], colors: Mapping[str, int]) -> Markup:
    """One card per clip: player, transcript, duration, voice, noise, effects.

    Args:
        chosen: Clips with their FLAC bytes.
        colors: Slot name -> colour class.
    """
    cards = [_card(clip, data, colors) for clip, data in chosen]
    return element("ol", {"class": "players"}, *cards)


def _card(clip: Clip, data: bytes, colors: Mapping[str, int]) -> Markup:
    source = "data:audio/flac;base64," + b64encode(data).decode("ascii")
    label = f"{clip['text']}, spoken by {clip['voice']}"
    player = element(
        "audio", {"controls": True, "preload": "metadata", "src": source, "aria-label": label}
    )
    said = highlight(clip["text"], clip["slots"], colors)
    lines = [element("p", {"class": "say", "dir": "auto"}, said)]
    if clip["spoken"] and clip["spoken"] != clip["text"]:
        lines.append(element("p", {"class": "more"}, f"spoken: {clip['spoken']}"))
    if clip["asr_text"] is not None:
        wrong = "" if clip["score_wer"] is None else f" ({clip['score_wer']:.0%} of words wrong)"
        lines.append(element("p", {"class": "more"}, f"heard: {clip['asr_text']}{wrong}"))
    facts = [
        f"{clip['duration_s']:.2f} s",
        " ".join(filter(None, (clip["engine"], clip["voice"]))),
        _voice(clip),
        "no noise added" if clip["snr_db"] is None else f"SNR {clip['snr_db']:.1f} dB",
        "" if clip["score_mos"] is None else f"DistillMOS {clip['score_mos']:.1f}",
        _effect_names(clip),
        f"{clip['intent']} \u00b7 {clip['split']} \u00b7 {clip['origin']}",
    ]
    shown = [element("li", {}, fact) for fact in facts if fact]
    return element("li", {}, *lines, player, element("ul", {"class": "facts"}, *shown))


def _voice(clip: Clip) -> str:
    """What the engine declares of the voice."""
    gender = clip["voice_gender"]
    return ", ".join(filter(None, (gender and f"{gender} voice", clip["voice_accent"])))


def _effect_names(clip: Clip) -> str:
    names = []
    for link in clip["chain"] or ():
        detail = _room(link) if "room" in link["op"] else ""
        names.append(link["op"] + detail)
    return ", ".join(names)


def _room(link: Mapping[str, Any]) -> str:
    """The reverberation time, when the link says one."""
    try:
        rt60_s = json.loads(link["params"]).get("rt60_s")
    except (ValueError, AttributeError):
        return ""
    return f" (RT60 {rt60_s:.2f} s)" if isinstance(rt60_s, int | float) else ""
