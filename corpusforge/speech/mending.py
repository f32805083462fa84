"""What to mend when clips could not be made, by the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from corpusforge.speech.engine import Problem

__all__ = ["ADVICE", "lost_lines", "what_to_mend"]

_SHOWN = 3
_ENGINE = "leave the voice or its engine out (speech.engines, speech.voices), or take another text"
_VOICE = "the voice is at fault: leave it out, or take another version of it"

ADVICE: Mapping[Problem, str] = {
    Problem.NOTHING_TO_SAY: "give the rows letters or figures to say, or leave them out",
    Problem.FOREIGN_SCRIPT: "leave the engine out for such a text, or write it in its script",
    Problem.UNSAID: "write the word otherwise, or leave the engine out for such a text",
    Problem.SPEED: "narrow speech.speed and speech.formant",
    Problem.UNKNOWN_VOICE: _ENGINE,
    Problem.TOO_LONG: f"shorten the text, or {_ENGINE}",
    Problem.CRASH: _ENGINE,
    Problem.LOST: f"start again (memory may have run out), or {_ENGINE}",
    Problem.FAILED: _ENGINE,
    Problem.WRONG_RATE: _VOICE,
    Problem.NOT_MONO_FLOAT: _VOICE,
    Problem.NO_SAMPLES: _VOICE,
    Problem.NOT_FINITE: _VOICE,
    Problem.SILENCE: _VOICE,
    Problem.OUT_OF_RANGE: _VOICE,
    Problem.NO_SNR: _VOICE,
    Problem.LONGER_THAN_CLIP: "raise speech.length_s, speed up speech.speed, or shorten the text",
    Problem.SILENT_NOISE: "take recordings with silence in them out of speech.noise_folders",
    Problem.OTHER_VERSION: "build once more: the effects were drawn by another version",
    Problem.UNFIT: _VOICE,
    Problem.NOISE_FILE: "leave the files of speech.noise_folders as they are, and build once more",
}
"""Reason -> what to change."""


def what_to_mend(reasons: Sequence[str]) -> str:
    """What to change after clips were lost, for the most frequent reasons that are a `Problem`.

    Args:
        reasons: Of each clip; those of the gate are sentences with figures, and name what they
            mean themselves.
    """
    known = {str(problem): advice for problem, advice in ADVICE.items()}
    counts = Counter(reason for reason in reasons if reason in known)
    advice = dict.fromkeys(known[reason] for reason, _ in counts.most_common(_SHOWN))
    if advice:
        return "; ".join(advice)
    return "mend what they name (text, engine, voice, limits under audio_gate)"


def lost_lines(lost: Sequence[tuple[str, str]]) -> list[str]:
    """Lines for the person at the screen: the most frequent reasons, an example, what to mend.

    Args:
        lost: (problem, detail) of each clip that could not be made, see `shards.Outcome`.
    """
    counts = Counter(problem for problem, _ in lost)
    lines = []
    for problem, count in counts.most_common(_SHOWN):
        example = next((detail for name, detail in lost if name == problem and detail), "")
        said = f" (for example {example})" if example else ""
        clips = "clip" if count == 1 else "clips"
        lines.append(f"{count} {clips} lost: {problem}{said}; {ADVICE[Problem(problem)]}")
    return lines
