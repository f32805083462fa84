"""Tables of speech, by the name of their file in eval/results; eval.tables makes the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from eval.speech import (
    acoustic_tables,
    barista_tables,
    determinism,
    digit_tables,
    gate_tables,
    genders,
    readings,
    throughput,
    voice_tables,
    wake_word,
    word_times,
)
from eval.table_head import head, not_run

__all__ = ["BY_NAME", "BY_START", "digits", "wer"]


def wer(result: dict[str, Any]) -> Iterator[str]:
    """Word error rates of a recogniser on our clips."""
    yield "## Word error rate of speech"
    yield ""
    yield from head(result)
    yield f"Recogniser: {result['recogniser']}. Both sides folded, numbers said alike."
    yield ""
    yield "| clips | n | words | WER % | 95 % interval | whole clips right % |"
    yield "|---|---|---|---|---|---|"
    for kind in ("clean", "augmented"):
        score = result.get(kind)
        if not score:
            continue
        low, high = (100 * bound for bound in score["wer_ci95"])
        yield (
            f"| {kind} | {score['clips']} | {score['words']} | {100 * score['wer']:.1f} | "
            f"{low:.1f} to {high:.1f} | {100 * score['exact']:.0f} |"
        )
    yield ""


def digits(result: dict[str, Any]) -> Iterator[str]:
    """Real digits heard by models trained on synthetic clips."""
    yield "## Real digits, heard by models trained on synthetic clips"
    yield ""
    yield from head(result)
    yield f"{result['data']}. Accuracy in %; 95 % intervals over speakers and clips."
    yield ""
    yield from digit_tables.table(result)
    yield ""
    yield from not_run(result)


Table = Callable[[dict[str, Any]], Iterator[str]]
BY_NAME: Mapping[str, Table] = {
    "gate_calibration": gate_tables.calibration,
    "gate_cost": gate_tables.cost,
    "speech_acoustics": acoustic_tables.acoustics,
    "speech_barista": barista_tables.with_recogniser,
    "speech_barista_alone": barista_tables.alone,
    "speech_barista_alone_pieces": barista_tables.alone,
    "speech_chain": acoustic_tables.cost,
    "speech_determinism": determinism.table,
    "speech_digits": digits,
    "speech_espeak_screen": voice_tables.espeak_screening,
    "speech_genders": genders.tables,
    "speech_readings": readings.tables,
    "speech_screening": voice_tables.worth_of_screening,
    "speech_throughput": throughput.section,
    "speech_voices": voice_tables.pseudo_speakers,
    "speech_word_times": word_times.table,
    "wake_word": wake_word.section,
}
BY_START: Mapping[str, Callable[[str, dict[str, Any]], Iterator[str]]] = {
    "speech_wer": lambda _, result: wer(result),
}
