"""Tables of the acoustic chain: what it costs, and whether it is right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from eval.table_head import head

__all__ = ["acoustics", "cost"]


def cost(result: dict[str, Any]) -> Iterator[str]:
    """CPU time of the chain beside its peers."""
    yield "## Cost of the acoustic chain"
    yield ""
    yield from head(result)
    yield (
        f"{result['clips']} clips of 3 s, {result['rounds']} rounds in turn, one thread, on a busy "
        "machine: the ratios count. Rooms, noises and microphones are kept in memory. Beside the "
        "peers, clips stay as long as they were; in the stage they ring out."
    )
    yield ""
    yield "| chain | CPU ms per clip, median | least | ratio to ours |"
    yield "|---|---|---|---|"
    for name, spent in result["cpu_ms_per_clip"].items():
        ratio = result["ratio_to_ours"].get(name, "")
        yield f"| {name} | {spent['median']} | {spent['least']} | {ratio} |"
    yield ""
    missed = [
        name for name, found in result["ratio_to_ours"].items() if found < result["goal_ratio"]
    ]
    yield (
        f"Goal: {result['goal_ratio']:g} times cheaper than both peers; "
        f"{'missed for ' + ' and '.join(missed) if missed else 'met'}."
    )
    yield ""
    yield f"| from 22.05 kHz | hours of audio per core-hour (goal {result['goal_hours']:g}) |"
    yield "|---|---|"
    for name, hours in result["hours_of_audio_per_core_hour"].items():
        yield f"| {name} | {hours} |"
    yield ""
    for title, key in (("ours", "profile"), ("all that the row says", "profile_with_row")):
        yield f"| dearest functions, {title} | calls per clip | share |"
        yield "|---|---|---|"
        for line in result[key]:
            yield f"| {line['function']} | {line['calls_per_clip']} | {line['share']} |"
        yield ""


def acoustics(result: dict[str, Any]) -> Iterator[str]:
    """Aliasing, ratio, decay, directness, bytes."""
    yield "## Is the acoustic chain right?"
    yield ""
    yield from head(result)
    yield "| loudest alias of tones of full scale | dB |"
    yield "|---|---|"
    for name, value in result["alias_db"].items():
        yield f"| {name} | {value} |"
    yield ""
    snr = result["snr"]
    yield (
        f"Signal-to-noise ratio, {snr['clips']} random chains, each mixed with and without its "
        "noise: active speech over the difference, through the microphone too where there is one, "
        f"is at most {snr['largest_db']} dB from what was asked for (goal 0.1), and at most "
        f"{snr['stated_largest_db']} dB from what the clip's row says."
    )
    yield ""
    yield "| noise | clips | at most dB off |"
    yield "|---|---|---|"
    for name, found in snr["by_kind"].items():
        yield f"| {name} | {found['clips']} | {found['largest_db']} |"
    yield ""
    yield "| drawn reverberation time | largest difference of T30, share |"
    yield "|---|---|"
    for name, value in result["decay_error"].items():
        yield f"| {name} | {value} |"
    yield ""
    full = result["beside_all_images"]
    ours, theirs = full["decay_over_drawn"]["ours"], full["decay_over_drawn"]["all images"]
    yield (
        f"Beside all images (pyroomacoustics, same walls, {full['rooms']} rooms): direct sound "
        f"(first 2.5 ms over the rest) {full['directness_db']['mean']} dB apart on average, at "
        f"most {full['directness_db']['largest']} dB. T30 over the drawn time, least, median, "
        f"most: ours {ours}, all images {theirs}: walls after Eyring ring longer in a shoebox than "
        f"the formula says, ours ring as drawn. All images cost {full['cost_ratio']} times as much "
        f"({full['ours_cpu_ms']} ms for ours)."
    )
    yield ""
    same = result["same_bytes"]
    yield f"Other order, other neighbours: {same['different']} of {same['clips']} clips differ."
    yield ""
