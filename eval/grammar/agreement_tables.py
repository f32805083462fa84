"""Tables of what other programs make of the same templates, for RESULTS.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from eval.table_head import head

__all__ = ["agreement", "brute_force", "count_check"]


def agreement(result: dict[str, Any]) -> Iterator[str]:
    """Hassil and corpusforge on Home Assistant's templates."""
    yield "## Agreement with hassil on Home Assistant's templates"
    yield ""
    yield from head(result)
    yield "| sampled sentences | languages | templates | asked | hassil agrees | share |"
    yield "|---|---|---|---|---|---|"
    for source, what in (("folder", "folder of templates, 2025-07"), ("wheel", "wheel")):
        total = result[source]["total"]
        share = total["same"] / total["asked"]
        yield (
            f"| {what} | {len(result[source]['languages'])} | {total['templates']:,} | "
            f"{total['asked']:,} | {total['same']:,} | {share:.3%} |"
        )
        for version, other in result["other_versions"].items():
            if source in other:
                languages = other[source]["languages"]
                named = languages if isinstance(languages, str) else ", ".join(languages)
                old, now = other[source], _part(result[source]["languages"], languages)
                yield (
                    f"| {what}, {named} only, hassil {version} (now: {now['same']:,}) | "
                    f"{len(languages)} | {old['templates']:,} | {old['asked']:,} | "
                    f"{old['same']:,} | {old['same'] / old['asked']:.3%} |"
                )
                asked, same = total["asked"], total["same"] - now["same"] + old["same"]
                yield (
                    f"| {what}, these languages by hassil {version}, the others as above | "
                    f"{len(result[source]['languages'])} | {total['templates']:,} | {asked:,} | "
                    f"{same:,} | {same / asked:.3%} |"
                )
    yield ""
    yield (
        "Agreeing: the intent with the same slot values is among hassil's readings. Templates "
        "with wildcards are not sampled. The rest by cause, each tried on the sentence itself:"
    )
    yield ""
    yield "| source | cause | sentences | an example |"
    yield "|---|---|---|---|"
    for source in ("folder", "wheel"):
        for why, found in result[source]["total"].get("causes", {}).items():
            example = found["examples"][0].replace("|", "\\|")
            yield f"| {source} | {why} | {found['sentences']:,} | {example} |"
    yield ""
    yield from _human(result["human"])


def _part(languages: dict[str, Any], names: Sequence[str]) -> dict[str, int]:
    return {"same": sum(languages[name]["same"] for name in names)}


def _human(human: dict[str, Any]) -> Iterator[str]:
    total = human["total"]
    yield (
        f"Home Assistant's {total['asked']:,} test sentences that people wrote: hassil accepts "
        f"{total['hassil_accepts']:,}; `match` has every one of hassil's readings, intent and "
        f"slots, for {total['all_its_readings_ours']:,} of these. The intent that the test wants "
        f"is among the readings of hassil for {total['intent_of_the_test_among_hassils']:,}, of "
        f"`match` for {total['intent_of_the_test_among_ours']:,}."
    )
    yield ""
    yield "| language | sentences | hassil accepts | all its readings ours | test's intent ours |"
    yield "|---|---|---|---|---|"
    for lang, row in human["languages"].items():
        yield (
            f"| {lang} | {row['asked']:,} | {row['hassil_accepts']:,} | "
            f"{row['all_its_readings_ours']:,} | {row['intent_of_the_test_among_ours']:,} |"
        )
    yield ""
    for lang, row in human["languages"].items():
        for exception in row["exceptions"]:
            yield f"- {lang}: {exception['sentence']!r}, missing: {exception['hassil']}"


def count_check(result: dict[str, Any]) -> Iterator[str]:
    """Counts by other programs."""
    yield "## Counts of Home Assistant's templates, made again by other programs"
    yield ""
    yield from head(result)
    totals = {key: int(number) for key, number in result["totals"].items()}
    wrong = result["intents_that_differ"]
    yield (
        f"{result['languages']} languages, {result['intents']:,} intents, one by one: "
        f"{len(wrong)} differ. Counted again from hassil's own parse trees by a graph that shares "
        "no code with ours, and that graph once more by OpenFst."
    )
    yield ""
    yield "| lists opaque, two alike when | ours | graph | OpenFst |"
    yield "|---|---|---|---|"
    same = "the same" if not wrong else "differs"
    for key, what, mine in (
        ("derivations", "(derivations)", same),
        ("by_slot", "they fill the same slot (`count`)", same),
        ("by_list", "they are the same list", same),
        ("by_list_and_slot", "both", "not counted"),
    ):
        fst = totals.get(f"{key}_openfst")
        yield f"| {what} | {mine} | {totals[key]:,} | {'-' if fst is None else f'{fst:,}'} |"
    yield ""
    for row in wrong:
        yield f"- {row['lang']} {row['intent']}: ours {row['ours']}, again {row['again']}"


def brute_force(result: dict[str, Any]) -> Iterator[str]:
    """Counts beside every text written out."""
    yield "## Counts beside brute force"
    yield ""
    yield from head(result)
    total, differ = result["total"], result["differ"]
    yield (
        f"{result['languages']} languages: of {total['templates']:,} templates "
        f"{total['checked']:,} have at most {result['limit']:,} derivations. hassil's sampler "
        "wrote all texts of each: derivations and different sentences, lists as one word; of "
        f"{total['checked_with_values']:,} also with all values, labelled. "
        f"{len(differ)} differ from `count`."
    )
    yield ""
    for row in differ:
        yield (
            f"- {row['lang']} {row['template']} ({row['what']}): count {row['count']}, brute "
            f"force {row['brute_force']}"
        )
