"""Tables of the acoustic chain: what it costs, and whether it is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
        "peers, clips stay as long as they were, their noise in no room; in the stage they ring "
        "out, and noise is in the room of the talker."
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
    goal = result["goal_hours"]
    yield (
        f"| every clip with a room, noise and a microphone, from 22.05 kHz | hours of audio per "
        f"core-hour, median | least and most of the rounds | goal {goal:g} |"
    )
    yield "|---|---|---|---|"
    for name, hours in result["hours_of_audio_per_core_hour"].items():
        verdict = "met" if hours["median"] >= goal else "**missed**"
        yield f"| {name} | {hours['median']} | {hours['least']} to {hours['most']} | {verdict} |"
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
    yield "| rooms alike in all bands, drawn time | largest difference of T30, share |"
    yield "|---|---|"
    for name, value in result["decay_error"].items():
        yield f"| {name} | {value} |"
    yield ""
    yield from _drawn(result["decay_drawn"])
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


def _drawn(found: Mapping[str, Any]) -> Iterator[str]:
    """Decay of rooms as they are drawn, beside what chance does to ideal noise."""
    within = 100 * found["within"]
    yield (
        f"Rooms as they are drawn, {found['rooms']} for each time: T30 over the row's `rt60_s`, "
        "which is that of 750 Hz (higher bands decay faster, so the whole band does); over what "
        "the model goes by at the centre of the octave; and, for ideal noise of that decay, length "
        f"and octave, over its own: what is chance. In brackets least, most. Goal: within "
        f"{within:g} %."
    )
    yield ""
    yield (
        f"| drawn | band | over the row, median | rooms within {within:g} % | over the model's "
        f"target, median | within {within:g} % | ideal noise, median | within {within:g} % |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for drawn, bands in found["by_time"].items():
        for band in sorted(bands, key=lambda name: (not name[0].isdigit(), len(name), name)):
            cells: list[str] = []
            for kind in ("of_row", "of_target", "ideal"):
                one = bands[band].get(kind)
                cells += _spread(one) if one else ("", "")
            yield f"| {drawn} | {band} | {' | '.join(cells)} |"
    yield ""


def _spread(one: Mapping[str, float]) -> tuple[str, str]:
    return (
        f"{one['median']:.3f} ({one['least']:.2f}, {one['most']:.2f})",
        f"{100 * one['within']:.0f} %",
    )
