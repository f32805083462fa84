"""Do hassil and corpusforge read Home Assistant's templates alike?

    python -m eval.grammar.hassil_agreement --work DIR [--languages en de ...] [--per-template 20]
        [--sentences 200]

Two questions, language by language (a language is a cell: a killed run goes on):

1. Of sentences sampled from each template: has hassil the intent with the same slot values among
   its readings?
2. Of Home Assistant's human test sentences that hassil accepts: has `match` each of hassil's
   readings, intent and slot values?

Names of devices, areas and floors come from the test fixtures of the language, which hassil is
given too. What the house must look like (contexts, keywords) is left out on both sides: it is not
in the words. hassil is given --limit-s for a sentence; those that take longer are counted apart.
Needs CORPUSFORGE_DATA. Writes eval/results/hassil_agreement.json.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from corpusforge.core.run import read_json, write_json
from corpusforge.grammar.bulk import Corpus
from corpusforge.grammar.derivations import render
from corpusforge.grammar.loader import load_pack
from corpusforge.grammar.matching import Matcher
from corpusforge.grammar.pack import Pack
from eval.cells import RESULTS, versions

__all__ = ["main"]

EXAMPLES = 12
_HOUSE = ("requires_context", "excludes_context", "required_keywords")
_PUNCTUATION = frozenset(".,;:!?¿¡。，？！؟'’`\"")
_MISSING = {
    "name": ["bedroom lamp", "kitchen switch"],
    "area": ["garage"],
    "floor": ["first floor"],
}
"""For languages whose fixtures lack one of them."""
Slots = Sequence[tuple[str, str]]
Reading = tuple[str, tuple[tuple[str, str], ...]]


class SlowError(Exception):
    """hassil took too long."""


def _alarm(*_: object) -> None:
    raise SlowError


class Hassil:
    """hassil over one language.

    Args:
        folder: ha_intents.
        lang: Language.
    """

    def __init__(self, folder: Path, lang: str, limit_s: float) -> None:
        from hassil.intents import TextSlotList
        from hassil.util import merge_dict

        self._limit_s, self._lang = limit_s, lang
        self._merged: dict[str, Any] = {}
        for file in sorted((folder / "rules" / lang).glob("*.yaml")):
            merge_dict(self._merged, _yaml(file))
        for file in sorted((folder / "lists" / lang).glob("*.yaml")):
            merge_dict(self._merged, _yaml(file))
        for file in sorted((folder / "lists").glob("*.yaml")):
            merge_dict(self._merged, _yaml(file))
        root = folder / "sentences" / lang
        for file in sorted(root.rglob("*.yaml")):
            content = _yaml(file)
            if "data" in content:  # the newer layout: the folder is the intent
                content = {
                    **{key: value for key, value in content.items() if key != "data"},
                    "intents": {file.parent.name: {"data": content["data"]}},
                }
            merge_dict(self._merged, content)
        self._merged.setdefault("language", lang)
        for intent in self._merged.get("intents", {}).values():
            for block in intent["data"]:
                for key in _HOUSE:
                    block.pop(key, None)
        said = host_names(folder / "tests" / lang / "_fixtures.yaml")
        self.names = frozenset(
            text for texts in said.values() for text in texts if re.search(r"[\[(<]", text)
        )
        self._lists: dict[str, Any] = {
            name: TextSlotList.from_strings(texts, allow_template=True)
            for name, texts in said.items()
        }
        self._known: dict[str, Any] = {}

    def readings(self, text: str, intent: str = "") -> set[Reading]:
        """All readings; with `intent` only those of that intent.

        Raises:
            SlowError: After the limit.
        """
        from hassil import recognize_all

        signal.signal(signal.SIGALRM, _alarm)
        signal.setitimer(signal.ITIMER_REAL, self._limit_s)
        try:
            return {
                (
                    found.intent.name,
                    tuple(sorted((e.name, _number(str(e.value))) for e in found.entities_list)),
                )
                for found in recognize_all(
                    text, self._intents(intent), slot_lists=self._lists, language=self._lang
                )
            }
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _intents(self, intent: str) -> Any:
        from hassil.intents import Intents

        if intent not in self._known:
            chosen = self._merged
            if intent:
                one = {intent: self._merged["intents"][intent]}
                chosen = {**self._merged, "intents": one}
            self._known[intent] = Intents.from_dict(chosen)
        return self._known[intent]


def _yaml(file: Path) -> dict[str, Any]:
    return yaml.safe_load(file.read_text(encoding="utf-8")) or {}


def host_names(fixtures: Path) -> dict[str, list[str]]:
    """Names of devices, areas and floors."""
    content = _yaml(fixtures) if fixtures.exists() else {}
    names = {"name": "entities", "area": "areas", "floor": "floors"}
    found = dict(_MISSING)
    for name, key in names.items():
        said = [str(entry["name"]) for entry in content.get(key) or [] if "name" in entry]
        if said:
            found[name] = said
    return found


def _number(text: str) -> str:
    try:
        return f"{float(text):g}"
    except ValueError:
        return text


def _agrees(ours: Slots, theirs: Slots, names: frozenset[str] = frozenset()) -> bool:
    """The same slots, a name as often on both sides.

    Not a difference: where a value has no `out`, hassil has no value, and we take the words; for
    a name that is written as a template hassil gives the template (`names`); hassil drops the
    punctuation inside a wildcard.
    """
    left = list(theirs)
    for name, value in ours:
        said = _number(value)
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


def sampled(pack: Pack, hassil: Hassil, per_template: int) -> dict[str, Any]:
    """Question 1 for one language."""
    from hassil.errors import HassilError

    asked = same = slow = refused = 0
    wrong: list[str] = []
    unread: dict[str, int] = {}
    for template in pack.templates:
        for text, slots in _rows(pack, template, per_template):
            filled = {name for name, _ in slots}
            ours = [*slots, *(pair for pair in template.fixed if pair[0] not in filled)]
            asked += 1
            try:
                found = hassil.readings(text, template.intent)
            except SlowError:
                slow += 1
                continue
            except (HassilError, KeyError, ValueError) as error:
                refused += 1
                unread[type(error).__name__] = unread.get(type(error).__name__, 0) + 1
                continue
            if any(
                i == template.intent and _agrees(ours, values, hassil.names) for i, values in found
            ):
                same += 1
            elif len(wrong) < EXAMPLES:
                wrong.append(f"{template.file}:{template.line}: {text!r} {ours} / {sorted(found)}")
    return {
        "templates": len(pack.templates),
        "open_templates": len(pack.open_templates),
        "asked": asked,
        "same": same,
        "slow": slow,
        "refused": refused,
        "refused_because": unread,
        "examples": wrong,
    }


def _rows(pack: Pack, template: Any, count: int) -> Iterator[tuple[str, Slots]]:
    corpus = Corpus([template], seed=1, by="sentences")
    for _, owners, numbers in corpus.windows(count):
        for owner, number in zip(owners.tolist(), numbers.tolist(), strict=True):
            made = render(corpus.pieces(owner, number))
            assert made is not None
            yield made[0], [(slot.name, slot.value) for slot in made[1]]


def human(pack: Pack, hassil: Hassil, folder: Path, limit: int) -> dict[str, Any]:
    """Question 2 for one language; evenly spread over its test files."""
    from hassil.errors import HassilError

    sentences = [
        (sentence, test["intent"]["name"])
        for file in sorted(folder.rglob("*.yaml"))
        if not file.name.startswith("_")
        for test in _yaml(file).get("tests") or []
        if "intent" in test
        for sentence in test["sentences"]
    ]
    chosen = sentences[:: max(1, len(sentences) // limit)] if limit else sentences
    matcher = Matcher(pack)
    asked = accepted = same = slow = refused = labelled = 0
    wrong: list[str] = []
    for sentence, intent in chosen:
        asked += 1
        try:
            theirs = hassil.readings(sentence)
        except SlowError:
            slow += 1
            continue
        except (HassilError, KeyError, ValueError):
            refused += 1
            continue
        ours = [
            (r.intent, [*((slot.name, slot.value) for slot in r.slots), *r.fixed])
            for r in matcher.readings(sentence)
        ]
        labelled += any(name == intent for name, _ in ours)
        if not theirs:
            continue
        accepted += 1
        missing = [
            (name, values)
            for name, values in theirs
            if not any(name == own and _agrees(slots, values, hassil.names) for own, slots in ours)
        ]
        same += not missing
        if missing and len(wrong) < EXAMPLES:
            wrong.append(f"{sentence!r} hassil: {missing[:2]} ours: {ours[:3]}")
    return {
        "sentences": len(sentences),
        "asked": asked,
        "hassil_accepts": accepted,
        "all_its_readings_ours": same,
        "intent_of_the_test_among_ours": labelled,
        "slow": slow,
        "refused": refused,
        "examples": wrong,
    }


def measure(folder: Path, lang: str, options: argparse.Namespace) -> dict[str, Any]:
    """Both questions for one language."""
    started = time.process_time()
    fixtures = folder / "tests" / lang / "_fixtures.yaml"
    # Only what the fixtures lack: they say more than names, such as the states of devices.
    missing = {n: t for n, t in host_names(fixtures).items() if t is _MISSING[n]}
    further = options.work / f"{lang}_lists.yaml"
    further.write_text(yaml.safe_dump({"lists": {n: {"values": t} for n, t in missing.items()}}))
    lists = [fixtures] if fixtures.exists() else []
    pack = load_pack(folder / "sentences" / lang, lists=[*lists, *([further] if missing else [])])
    hassil = Hassil(folder, lang, options.limit_s)
    result = {
        "lang": lang,
        "sampled": sampled(pack, hassil, options.per_template),
        "human": human(pack, hassil, folder / "tests" / lang, options.sentences),
    }
    return result | {"cpu_s": round(time.process_time() - started, 1)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure language by language, then add up."""
    parser = argparse.ArgumentParser(description="hassil and corpusforge on the same templates")
    parser.add_argument("--work", type=Path, required=True, help="folder of the cells")
    parser.add_argument("--languages", nargs="*", help="only these")
    parser.add_argument("--per-template", type=int, default=20)
    parser.add_argument("--sentences", type=int, default=200, help="human ones, 0 = all")
    parser.add_argument("--limit-s", type=float, default=2.0)
    options = parser.parse_args(arguments)
    folder = Path(os.environ["CORPUSFORGE_DATA"]) / "ha_intents"
    options.work.mkdir(parents=True, exist_ok=True)
    cells: list[dict[str, Any]] = []
    for path in sorted((folder / "sentences").iterdir()):
        if not path.is_dir() or (options.languages and path.name not in options.languages):
            continue
        name = f"{path.name}_{options.per_template}_{options.sentences}.json"
        cell = options.work / name
        if not cell.exists():
            if not any("sentences" in file.read_text() for file in path.rglob("*.yaml")):
                continue
            try:
                write_json(measure(folder, path.name, options), cell)
            except Exception as error:
                print(f"{path.name}: {error}")
                continue
        cells.append(read_json(cell))
        print(path.name, {k: v for k, v in cells[-1]["sampled"].items() if k != "examples"},
              {k: v for k, v in cells[-1]["human"].items() if k != "examples"},
              cells[-1]["cpu_s"], flush=True)  # fmt: skip
    result = {
        "languages": cells,
        "sampled": _sum(cells, "sampled"),
        "human": _sum(cells, "human"),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": 1,
        "command": "python -m eval.grammar.hassil_agreement --work DIR "
        f"--per-template {options.per_template} --sentences {options.sentences}",
        "versions": versions(("corpusforge", "hassil")),
    }
    if not options.languages:
        write_json(result, RESULTS / "hassil_agreement.json")
    print(result["sampled"], result["human"])


def _sum(cells: Sequence[dict[str, Any]], key: str) -> dict[str, int]:
    numbers = [name for name, value in cells[0][key].items() if isinstance(value, int)]
    return {name: sum(cell[key][name] for cell in cells) for name in numbers}


if __name__ == "__main__":
    main()
