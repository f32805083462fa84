"""How written forms are read, beside two text normalisers from PyPI.

    python -m eval.speech.readings --peer PYTHON

PYTHON is the interpreter of an environment with `wetext` and `kitten-text-processing` (Apache-2.0
both; NeMo's own needs pynini, and the second of them says what NeMo says). Every form has all the
readings that an American would call right. The list is made by the authors of our tables, so ours
is expected to get all of it; it says which forms the peers do not do. LATER holds forms for which
rules were written afterwards, and what those rules must not touch; it is counted by itself.
Figures are CPU time per text, mean of five passes over both lists in one process. Writes
eval/results/speech_readings.json.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpusforge.core.run import package_versions
from corpusforge.speech.verbalise import verbalise
from eval.table_head import head

RESULTS = Path(__file__).parents[1] / "results"
NAME = "speech_readings"
PASSES = 5

FORMS = {
    "call 555-0123": ["call five five five (zero|oh) one two three"],
    "drive to St. James St.": ["drive to saint james street"],
    "it costs $12.50": ["it costs twelve (dollars fifty|dollars fifty cents|fifty)"],
    "wake me at 7:30 am": ["wake me at seven thirty a ?m"],
    "on March 3rd at 18:45": ["on march (the )?third at (eighteen|six) forty five( p ?m)?"],
    "it is 21.5 °C": ["it is twenty one point five degrees (celsius|centigrade)"],
    "1/2 cup": ["(half a|a half|one half|one half a|one half of a) cup"],
    "dim to 20 %": ["dim to twenty percent"],
    "v2.10": ["(version|v) two (point|dot) ten", "(version|v) two (point|dot) one (zero|oh)"],
    "flight LH 454": ["flight l ?h four (five four|fifty four)"],
    "room 12B": ["room twelve b"],
    "my PIN is 4711": ["my pin is (four seven one one|forty seven eleven)"],
    "Dr. Smith on Sunset Dr.": ["doctor smith on sunset drive"],
    "Mr. Jones": ["mister jones", "mr jones"],
    "lamps, e.g. red ones": ["lamps (for example|e ?g|such as) red ones"],
    "5-10 minutes": ["five to ten minutes"],
    "-5 °F": ["(minus|negative) five degrees fahrenheit"],
    "in 1999": ["in nineteen ninety nine"],
    "hits of the 80s": ["hits of the eighties"],
    "1,200 steps": ["(one thousand|twelve) (two )?hundred steps"],
    "$5 million": ["five million dollars"],
    "joe@example.com": ["joe at example dot com"],
    "from 9am-5pm": ["from nine a ?m to five p ?m"],
    "2 1/2 hours": ["two and (a|one) half hours"],
    "60 mph": ["sixty miles (per|an) hour"],
    "the 21st": ["the twenty first"],
    "12/25/2024": [
        "december (the )?twenty fifth twenty twenty four",
        "december twenty fifth two thousand (and )?twenty four",
    ],
    "mp3": ["m ?p (three|3)"],
}

LATER = {
    "who was Elizabeth II": ["who was elizabeth the second"],
    "tell me about World War II": ["tell me about world war (two|the second)"],
    "read Chapter IV": ["read chapter (the )?(four|fourth)"],
    "Henry VIII's wives": ["henry the eighths wives"],
    "Super Bowl XLIX": ["super bowl forty nine"],
    "play Rocky IV": ["play rocky (four|the fourth)"],
    "music of the XXI century": ["music of the twenty first century"],
    "play Malcolm X": ["play malcolm x"],
    "a CD from DC": ["a c ?d from d ?c"],
    'buy a 27" monitor': ["buy a twenty seven inch(es)? monitor"],
    "he is 5'10\" tall": ["he is five (foot|feet) ten( inches)? tall"],
    "6 ft 2 in tall": ["six (foot|feet) two( inches)? tall"],
    "set 5 in the kitchen": ["set five in the kitchen"],
    'play "Summer of 69" now': ["play summer of sixty nine now"],
    "from the 3rd-5th of May": ["from the third to( the)? fifth of may"],
    "May 3-5th": ["may (the )?third to( the)? fifth", "may three to fifth"],
    "remind me on may 5": [
        "remind me on (may (the )?fifth|the fifth of may)",
        "remind me on may five",
    ],
    "you may 5 times": ["you may five times"],
    "Mon-Fri 9am-5pm": ["monday (to|through) friday nine a ?m to five p ?m"],
    "I am 5 ft. tall": ["i am five (foot|feet) tall"],
    "a 30 sec. timer": ["a thirty seconds? timer"],
    "she is in her 20s": ["she is in her twenties"],
    "run .5 miles": ["run ((zero|oh) )?point five miles", "run half a mile"],
    "what's 7 x 8": ["whats seven (times|multiplied by) eight"],
    "3x a day": ["three times a day"],
    "a ratio of 3:1": ["a ratio of three to one"],
    "1 1/2 tsp": ["one and (a|one) half teaspoons?"],
    "5.50 dollars": ["five dollars( and)? fifty( cents)?", "five point five( zero| oh)? dollars"],
    "1600 Pennsylvania Ave": ["(sixteen|one thousand six) hundred pennsylvania avenue"],
    "a 60 W bulb": ["a sixty watts? bulb"],
}
ALL = {**FORMS, **LATER}

PEER = """
import json, sys, time
name, forms, passes = json.loads(sys.stdin.read())
if name == "wetext":
    from wetext import Normalizer
    say = Normalizer(lang="en", operator="tn").normalize
else:
    from kitten_text_processing import normalize_text as say
say("warm 1 up")
start = time.process_time()
for _ in range(passes):
    said = [say(text) for text in forms]
cpu_s = (time.process_time() - start) / passes
from importlib.metadata import version
package = {"wetext": "wetext", "kitten": "kitten-text-processing"}[name]
print(json.dumps({"said": said, "cpu_s": cpu_s, "version": version(package)}))
"""


def plain(words: str) -> str:
    """Lower case, words and single spaces."""
    return " ".join(re.sub(r"[^a-z0-9 ]", " ", words.lower().replace("'", "")).split())


def right(text: str, said: str) -> bool:
    """Whether a reading is one of those of the form."""
    found = plain(said)
    return any(re.fullmatch(pattern, found) for pattern in ALL[text])


def ours() -> dict[str, Any]:
    """Our readings."""
    say: Callable[[str], str] = lambda text: verbalise(text, "en") or text  # noqa: E731
    say("warm 1 up")
    start = time.process_time()
    for _ in range(PASSES):
        said = [say(text) for text in ALL]
    cpu_s = (time.process_time() - start) / PASSES
    return {
        "said": said,
        "cpu_s": cpu_s,
        "version": package_versions(("corpusforge",))["corpusforge"],
    }


def theirs(python: str, name: str) -> dict[str, Any]:
    """The readings of a peer."""
    done = subprocess.run(
        [python, "-c", PEER], input=json.dumps([name, list(ALL), PASSES]),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def tables(result: dict[str, Any]) -> Iterator[str]:
    """The table of RESULTS.md."""
    yield "## Reading of written forms"
    yield ""
    yield from head(result)
    names = list(result["readers"])
    yield "| | " + " | ".join(f"{n} {result['readers'][n]['version']}" for n in names) + " |"
    yield "|---|" + "---|" * len(names)
    first = result["forms"]
    for what, part in (("", slice(first)), (", later forms", slice(first, None))):
        found = [result["readers"][n]["right"][part] for n in names]
        cells = [f"{sum(right)} of {len(right)}" for right in found]
        yield f"| read right{what} | " + " | ".join(cells) + " |"
    cells = [f"{result['readers'][n]['cpu_ms_per_text']}" for n in names]
    yield "| CPU ms per text | " + " | ".join(cells) + " |"
    for index, text in enumerate(result["texts"]):
        said = [
            "ok" if result["readers"][n]["right"][index] else result["readers"][n]["said"][index]
            for n in names
        ]
        if set(said) != {"ok"}:
            yield f"| {text} | " + " | ".join(said) + " |"
    yield ""


def main() -> None:
    """Compare and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", required=True, help="python with wetext and kitten")
    options = parser.parse_args()
    readers = {"ours": ours()}
    readers |= {name: theirs(options.peer, name) for name in ("wetext", "kitten")}
    for reader in readers.values():
        reader["right"] = [right(*pair) for pair in zip(ALL, reader["said"], strict=True)]
        reader["cpu_ms_per_text"] = round(1000 * reader.pop("cpu_s") / len(ALL), 2)
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "command": "python -m eval.speech.readings --peer PYTHON",
        "seed": None,
        "versions": {
            "python": sys.version.split()[0],
            **package_versions(("unicode-rbnf", "babel")),
        },
        "forms": len(FORMS),
        "texts": list(ALL),
        "readers": readers,
    }
    text = json.dumps(result, indent=1, ensure_ascii=False) + "\n"
    (RESULTS / f"{NAME}.json").write_text(text, encoding="utf-8")
    print("\n".join(tables(result)))


if __name__ == "__main__":
    main()
