"""How often the gender of a noun, by its ending, is right: what "1" before it is said by.

    python -m eval.speech.genders --german NOUNS --french DIC

NOUNS is nouns.csv of the package german-nouns (PyPI, from Wiktionary), DIC is fr.dic of Debian's
hunspell-fr-comprehensive; both are only measured on. Nouns with one gender count; the lists of
exceptions in `corpusforge.speech.genders` were made while looking at the frequent ones among them,
the endings too: the figures say how well the rules fit, not what they give on unseen words.
Writes eval/results/speech_genders.json.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpusforge.core.run import package_versions
from corpusforge.speech.genders import french, german
from eval.table_head import head

RESULTS = Path(__file__).parents[1] / "results"
NAME = "speech_genders"


def german_nouns(path: Path) -> Iterator[tuple[str, bool]]:
    """Nouns in the singular, and whether they are feminine."""
    with path.open(encoding="utf-8") as file:
        for entry in csv.DictReader(file):
            genders = {entry[key] for key in ("genus", "genus 1", "genus 2") if entry.get(key)}
            plain = re.fullmatch(r"[A-ZÄÖÜ][a-zäöüß]+", entry["lemma"])
            if plain and entry["pos"] == "Substantiv" and entry["nominativ singular"]:
                yield from ((entry["lemma"], gender == "f") for gender in genders)


def french_nouns(path: Path) -> Iterator[tuple[str, bool]]:
    """The same of a dictionary of hunspell with parts of speech."""
    for line in path.read_text(encoding="utf-8").splitlines():
        found = re.match(r"(?P<word>[a-zàâäéèêëîïôöùûüçœæ'-]+)(?:/\S+)? (?P<facts>.*)", line)
        if found and "po:nom" in found["facts"]:
            gender = re.search(r"is:(fem|mas)\b", found["facts"])
            if gender:
                yield found["word"], gender[1] == "fem"


def counted(nouns: Iterable[tuple[str, bool]], rule: Callable[[str], bool]) -> dict[str, Any]:
    """Shares of nouns that are right, with the rule and without one."""
    genders: dict[str, set[bool]] = {}
    for noun, feminine in nouns:
        genders.setdefault(noun, set()).add(feminine)
    pairs = [(noun, True in found) for noun, found in sorted(genders.items()) if len(found) == 1]
    yes = [feminine for noun, feminine in pairs if rule(noun)]
    no = [not feminine for noun, feminine in pairs if not rule(noun)]
    return {
        "nouns": len(pairs),
        "none_feminine": round(100 * sum(not feminine for _, feminine in pairs) / len(pairs), 1),
        "right": round(100 * (sum(yes) + sum(no)) / len(pairs), 1),
        "right_of_feminine": round(100 * sum(yes) / len(yes), 1),
        "right_of_others": round(100 * sum(no) / len(no), 1),
    }


def tables(result: dict[str, Any]) -> Iterator[str]:
    """The table of RESULTS.md."""
    yield '## Gender of nouns, for "1" before them'
    yield ""
    yield from head(result)
    yield "| | nouns | right, % | of those called feminine | of the others | all masculine, % |"
    yield "|---|---|---|---|---|---|"
    for lang, found in result["languages"].items():
        cells = ("nouns", "right", "right_of_feminine", "right_of_others", "none_feminine")
        yield f"| {lang} | " + " | ".join(str(found[cell]) for cell in cells) + " |"
    yield ""


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--german", type=Path, required=True, help="nouns.csv of german-nouns")
    parser.add_argument("--french", type=Path, required=True, help="fr.dic with parts of speech")
    options = parser.parse_args()
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "command": "python -m eval.speech.genders --german NOUNS --french DIC",
        "seed": None,
        "versions": {"python": sys.version.split()[0], **package_versions(("corpusforge",))},
        "languages": {
            "de": counted(german_nouns(options.german), german),
            "fr": counted(french_nouns(options.french), french),
        },
    }
    text = json.dumps(result, indent=1, ensure_ascii=False) + "\n"
    (RESULTS / f"{NAME}.json").write_text(text, encoding="utf-8")
    print("\n".join(tables(result)))


if __name__ == "__main__":
    main()
