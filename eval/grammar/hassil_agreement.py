"""Do hassil and corpusforge read Home Assistant's templates alike?

    python -m eval.grammar.hassil_agreement --work DIR [--languages en de ...] [--sources human ...]

Three sources, each language of one a cell (a killed run goes on):

- "folder", "wheel": of 20 sentences sampled from each template of the folder ha_intents, or of the
  wheel home-assistant-intents: has hassil the intent with the same slot values among its readings?
- "human": of Home Assistant's test sentences that hassil accepts: has `match` each of hassil's
  readings, intent and slot values?

Names of devices, areas and floors come from the test fixtures of the language, which hassil is
given too. Every disagreement gets a cause, which is tried, not guessed: see `cause`. hassil is
given --limit-s for a sentence; those that take longer are counted apart. Needs CORPUSFORGE_DATA.
Writes eval/results/hassil_agreement.json. With another version of hassil on PYTHONPATH and
`--sources folder --languages zh-cn zh-hk zh-tw`, what that version reads is added to the file.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from corpusforge.core.run import read_json, write_json
from corpusforge.grammar.bulk import Corpus
from corpusforge.grammar.derivations import render
from corpusforge.grammar.loader import load_pack
from corpusforge.grammar.matching import Matcher, SlotReading
from corpusforge.grammar.pack import Pack, Template
from eval import cells
from eval.grammar.hassil_side import (
    Hassil,
    SlowError,
    folder_languages,
    folder_templates,
    host_names,
    plain_number,
    read_yaml,
)

__all__ = ["main"]

EXAMPLES = 3
SOURCES = ("folder", "wheel", "human")
SAMPLING = ("automaton_builder", "bulk", "derivations", "loader", "pack", "parser", "values")
MATCHING = ("", "_filter", "_numbers", "_text", "_walk")
SHAPING = {
    "sampled": ["eval.grammar.hassil_agreement", "eval.grammar.hassil_side"]
    + [f"corpusforge.grammar.{name}" for name in SAMPLING],
    "human": ["eval.grammar.hassil_agreement", "eval.grammar.hassil_side"]
    + ["corpusforge.grammar.loader", "corpusforge.grammar.number_words"]
    + [f"corpusforge.grammar.matching{name}" for name in MATCHING],
}
_PUNCTUATION = frozenset("-_.,;:!?¿¡。，？！؟'’`\"")
Slots = Sequence[tuple[str, str]]

NOT_SAID = "hassil's sampler does not write the sentence"
EMPTY = (
    'an empty alternative, as in "(a|b|)": hassil\'s recogniser passes none; written as "[a|b]" '
    "it agrees"
)
WHITE_SPACE = (
    "ignore_whitespace: white space of the template, which hassil since 3.11 takes out of the "
    "sentence (https://github.com/OHF-Voice/hassil/pull/279) and still asks for; with that of the "
    "template made optional it agrees"
)
TWO_SPACES = (
    "two pieces of white space of the template meet where no word begins for hassil, which asks "
    "for both: the sentence has one, as hassil's sampler writes it; with that of the template "
    "made optional it agrees"
)
BOTH = "both an empty alternative and ignore_whitespace"
DIGITS = (
    "two numbers side by side: hassil takes the whole run of digits for the first; with a space "
    "between them it agrees"
)
UNKNOWN = "not known"


def agrees(ours: Slots, theirs: Slots, names: frozenset[str] = frozenset()) -> bool:
    """The same slots, a name as often on both sides.

    Not a difference: where a value has no `out`, hassil has no value, and we take the words; for
    a name that is written as a template hassil gives the template (`names`); punctuation inside
    a wildcard.
    """
    left = list(theirs)
    for name, value in ours:
        said = plain_number(value)
        same = (
            pair
            for pair in left
            if pair[0] == name and (pair[1] in ("None", said) or _bare(pair[1]) == _bare(said))
        )
        found = next(same, None) or next((p for p in left if p[0] == name and p[1] in names), None)
        if found is None:
            return False
        left.remove(found)
    return not left


def _bare(text: str) -> str:
    return " ".join("".join(" " if char in _PUNCTUATION else char for char in text).split()).lower()


def _with_fixed(slots: Slots, template: Template) -> Slots:
    filled = {name for name, _ in slots}
    return [*slots, *(pair for pair in template.fixed if pair[0] not in filled)]


class Side:
    """Both programs over one language.

    Args:
        folder: ha_intents.
        lang: As the source writes it.
        source: "folder", "human" or "wheel".
        options: Of the command line.
    """

    def __init__(self, folder: Path, lang: str, source: str, options: argparse.Namespace) -> None:
        fixtures = folder / "tests" / lang.lower() / "_fixtures.yaml"
        said, lacking = host_names(fixtures)
        lists = [fixtures] if fixtures.exists() else []
        if lacking:
            further = options.work / f"{lang}_lists.yaml"
            content = {"lists": {name: {"values": texts} for name, texts in lacking.items()}}
            further.write_text(yaml.safe_dump(content))
            lists.append(further)
        if source == "wheel":
            path = wheel_folder() / f"{lang}.json"
            merged = json.loads(path.read_text(encoding="utf-8"))
        else:
            path, merged = folder / "sentences" / lang, folder_templates(folder, lang)
        self.pack: Pack = load_pack(path, lists=lists)
        self.hassil = Hassil(merged, lang, said, options.limit_s)

    def agree(self, text: str, template: Template, slots: Slots) -> bool:
        """Has hassil the intent with these slots among its readings?"""
        ours, names = _with_fixed(slots, template), self.hassil.names
        # By its own template, which is quick; if not, by any of the intent.
        return any(
            agrees(ours, values, names)
            for _, values in self.hassil.template_readings(text, template)
        ) or any(
            agrees(ours, values, names) for _, values in self.hassil.readings(text, template.intent)
        )

    def cause(self, text: str, template: Template, slots: Sequence[SlotReading]) -> str:
        """Why hassil does not read a sampled sentence; each cause is tried on the sentence."""
        if text not in self.hassil.sampler(template):
            return NOT_SAID
        ours = _with_fixed([(slot.name, slot.value) for slot in slots], template)
        for why, fault in ((EMPTY, "empty"), (WHITE_SPACE, "spaces"), (BOTH, "empty, spaces")):
            found = self.hassil.mended_readings(text, template, fault)
            if any(agrees(ours, values, self.hassil.names) for _, values in found):
                return why if self.pack.ignore_whitespace or why == EMPTY else TWO_SPACES
        parted, shift = text, 0
        for one, two in pairwise(slots):
            if one.end == two.start and one.text[-1:].isdigit() and two.text[:1].isdigit():
                at = one.end + shift
                parted, shift = f"{parted[:at]} {parted[at:]}", shift + 1
        if shift:
            found = self.hassil.template_readings(parted, template)
            if any(agrees(ours, values, self.hassil.names) for _, values in found):
                return DIGITS
        return UNKNOWN


def wheel_folder() -> Path:
    """Where the wheel keeps its languages, one JSON file each."""
    spec = importlib.util.find_spec("home_assistant_intents")
    if spec is None or spec.origin is None:
        raise SystemExit("install the wheel: pip install home-assistant-intents")
    return Path(spec.origin).parent / "data"


def sampled(folder: Path, lang: str, source: str, options: argparse.Namespace) -> dict[str, Any]:
    """The first question for one language."""
    from hassil.errors import HassilError

    side = Side(folder, lang, source, options)
    asked = same = slow = refused = 0
    causes: dict[str, dict[str, Any]] = {}
    for template in side.pack.templates:
        for text, slots in _rows(template, options.per_template):
            asked += 1
            try:
                if side.agree(text, template, [(slot.name, slot.value) for slot in slots]):
                    same += 1
                    continue
                why = side.cause(text, template, slots)
            except SlowError:
                slow += 1
                continue
            except (HassilError, KeyError, ValueError) as error:
                refused += 1
                why = f"hassil: {type(error).__name__}: {error}"
            found = causes.setdefault(why, {"sentences": 0, "examples": []})
            found["sentences"] += 1
            if len(found["examples"]) < EXAMPLES or why in (UNKNOWN, NOT_SAID):
                where = f"{template.file}:{template.line}"
                found["examples"].append(f"{where}: {template.sentence!r} says {text!r}")
    return {
        "templates": len(side.pack.templates),
        "open_templates": len(side.pack.open_templates),
        "asked": asked,
        "same": same,
        "slow": slow,
        "refused": refused,
        "causes": causes,
    }


def _rows(template: Template, count: int) -> Iterator[tuple[str, list[Any]]]:
    corpus = Corpus([template], seed=1, by="sentences")
    for _, owners, numbers in corpus.windows(count):
        for owner, number in zip(owners.tolist(), numbers.tolist(), strict=True):
            made = render(corpus.pieces(owner, number))
            assert made is not None
            yield made[0], list(made[1])


def human(folder: Path, lang: str, options: argparse.Namespace) -> dict[str, Any]:
    """The second question for one language: all sentences of its test files."""
    from hassil.errors import HassilError

    side = Side(folder, lang, "human", options)
    matcher = Matcher(side.pack)
    asked = accepted = same = slow = refused = labelled = theirs_labelled = 0
    exceptions: list[dict[str, Any]] = []
    for sentence, intent in _human_sentences(folder / "tests" / lang):
        asked += 1
        ours = [
            (r.intent, [*((slot.name, slot.value) for slot in r.slots), *r.fixed])
            for r in matcher.readings(sentence)
        ]
        labelled += any(name == intent for name, _ in ours)
        try:
            theirs = side.hassil.readings(sentence)
        except SlowError:
            slow += 1
            continue
        except (HassilError, KeyError, ValueError):
            refused += 1
            continue
        theirs_labelled += any(name == intent for name, _ in theirs)
        if not theirs:
            continue
        accepted += 1
        names = side.hassil.names
        missing = [
            reading
            for reading in sorted(theirs)
            if not any(i == reading[0] and agrees(slots, reading[1], names) for i, slots in ours)
        ]
        same += not missing
        if missing:
            exceptions.append(
                {"sentence": sentence, "hassil": missing, "of": len(theirs), "ours": ours}
            )
    return {
        "asked": asked,
        "hassil_accepts": accepted,
        "all_its_readings_ours": same,
        "intent_of_the_test_among_ours": labelled,
        "intent_of_the_test_among_hassils": theirs_labelled,
        "slow": slow,
        "refused": refused,
        "exceptions": exceptions,
    }


def _human_sentences(folder: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.rglob("*.yaml")):
        if not file.name.startswith("_"):
            for test in read_yaml(file).get("tests") or []:
                for sentence in test["sentences"] if "intent" in test else []:
                    yield sentence, test["intent"]["name"]


def _languages(folder: Path, source: str) -> list[str]:
    if source == "wheel":
        return sorted(path.stem for path in wheel_folder().glob("*.json"))
    if source == "human":
        return sorted(path.name for path in (folder / "tests").iterdir() if path.is_dir())
    return folder_languages(folder)


def _cells(folder: Path, source: str, options: argparse.Namespace) -> list[cells.Cell]:
    hassil = cells.versions(("hassil", "home-assistant-intents", "unicode-rbnf"))
    parameters: dict[str, Any] = {"limit_s": options.limit_s, **hassil}
    if source != "human":
        parameters["per_template"] = options.per_template
    made: list[cells.Cell] = []
    for lang in _languages(folder, source):
        if options.languages and lang not in options.languages:
            continue
        measure: Callable[[], Mapping[str, Any]] = (
            partial(human, folder, lang, options)
            if source == "human"
            else partial(sampled, folder, lang, source, options)
        )
        made.append(cells.Cell(f"{source} {lang} {hassil['hassil']}", parameters, measure))
    return made


def _sum(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Numbers added up; causes with their numbers and first examples."""
    total: dict[str, Any] = {}
    causes: dict[str, dict[str, Any]] = {}
    for row in rows:
        for key, value in row.items():
            if isinstance(value, int):
                total[key] = total.get(key, 0) + value
        for why, found in row.get("causes", {}).items():
            kept = causes.setdefault(why, {"sentences": 0, "examples": []})
            kept["sentences"] += found["sentences"]
            kept["examples"] = [*kept["examples"], *found["examples"]][:EXAMPLES]
    return total | ({"causes": causes} if causes else {})


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure language by language, then add up."""
    parser = cells.command_line("eval.grammar.hassil_agreement", __doc__)
    parser.add_argument("--languages", nargs="*", help="only these; nothing is then written")
    parser.add_argument("--sources", nargs="*", choices=SOURCES, default=SOURCES)
    parser.add_argument("--per-template", type=int, default=20)
    parser.add_argument("--limit-s", type=float, default=5.0)
    options = parser.parse_args(arguments)
    folder = Path(os.environ["CORPUSFORGE_DATA"]) / "ha_intents"
    options.work.mkdir(parents=True, exist_ok=True)
    parts: dict[str, Any] = {}
    for source in options.sources:
        code = cells.code_digest(SHAPING["human" if source == "human" else "sampled"])
        found = cells.run(_cells(folder, source, options), options.work, code, options.cpu_hours)
        rows = {name.split()[1]: figures for name, figures in found.figures.items()}
        parts[source] = {
            "total": _sum(list(rows.values())),
            "languages": rows,
            "cpu_s": round(sum(found.cpu_s.values()), 1),
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "not_run": found.not_run,
        }
        print(source, json.dumps(parts[source]["total"], ensure_ascii=False, indent=1))
    _write(options, parts)


def _write(options: argparse.Namespace, parts: dict[str, Any]) -> None:
    """Write sources with all their languages as parts of the result.

    Some languages by another version of hassil than that of the result are a note in it.
    """
    versions = cells.versions(("corpusforge", "hassil", "home-assistant-intents", "unicode-rbnf"))
    path = cells.RESULTS / "hassil_agreement.json"
    result = read_json(path) if path.exists() else {}
    if "folder" not in result:
        result = {}  # of the first form of this evaluation
    others = result.get("other_versions", {})
    if not options.languages:
        result |= {**parts, "versions": versions, "date": parts[options.sources[0]]["date"]}
        result["seed"] = 1
        result["command"] = f"python -m {MODULE} --work DIR"
    elif versions["hassil"] == result.get("versions", {}).get("hassil"):
        return
    else:
        others[versions["hassil"]] = {
            source: {"languages": sorted(part["languages"]), **part["total"]}
            for source, part in parts.items()
        }
    write_json(result | {"other_versions": others}, path)


MODULE = "eval.grammar.hassil_agreement"


if __name__ == "__main__":
    main()
