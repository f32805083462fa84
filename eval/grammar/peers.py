"""The samplers of other template engines, on the flat grammar."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from eval.grammar import flat

__all__ = ["Peer", "Programs", "peers"]

JSGF_PART = 20

Texts = Iterator[tuple[str, str]]
"""(intent, text) of what was written."""


class Programs(NamedTuple):
    """Where the peers are; None where one is not to be asked.

    Attributes:
        python: Interpreter with chatette 1.6 and pyjsgf 1.9.
        node_modules: Folder with chatito 2.3 and tracery-grammar 2.8.
    """

    python: str | None
    node_modules: str | None


class Peer(NamedTuple):
    """One way to run a peer.

    Attributes:
        name: With what it was asked for.
        command: Writes rows under `folder`.
        folder: Where it runs.
        texts: Reads what it wrote.
        labels: Whether the rows have slots.
    """

    name: str
    command: list[str]
    folder: Path
    texts: Callable[[], Texts]
    labels: bool = True


def peers(folder: Path, rows: Mapping[str, int], programs: Programs, seed: int = 1) -> list[Peer]:
    """All that there are, ready to run.

    Args:
        folder: Where they may write.
        rows: Wanted of each intent.
        programs: Where they are.
        seed: For those that take one.
    """
    found: list[Peer] = []
    if programs.python is not None:
        found += _chatette(folder, rows, programs.python, seed)
        found.append(_jsgf(folder, rows, programs.python, seed))
    if programs.node_modules is not None:
        found += _chatito(folder, rows, Path(programs.node_modules))
        found.append(_tracery(folder, rows, Path(programs.node_modules)))
    return [*found, *_hassil(folder, rows)]


def _chatette(folder: Path, rows: Mapping[str, int], python: str, seed: int) -> list[Peer]:
    flat.write_chatette(folder / "flat.chatette", rows)
    start = [python, "-m", "chatette", "flat.chatette", "-f", "-s", str(seed), "-o"]
    return [
        Peer("Chatette", [*start, "rasa"], folder, partial(_rasa_json, folder / "rasa")),
        Peer(
            "Chatette, JSONL",
            [*start, "lines", "-a", "jsonl"],
            folder,
            partial(_json_lines, folder / "lines", "intent-name"),
        ),
    ]


def _rasa_json(folder: Path) -> Texts:
    for file in folder.rglob("*.json"):
        for example in json.loads(file.read_text())["rasa_nlu_data"]["common_examples"]:
            yield example["intent"], example["text"]


def _json_lines(folder: Path, intent: str) -> Texts:
    for file in folder.rglob("*.jsonl"):
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            yield row[intent], row["text"]


def _chatito(folder: Path, rows: Mapping[str, int], modules: Path) -> list[Peer]:
    found: list[Peer] = []
    for distribution in ("regular", "even"):
        own = folder / f"chatito_{distribution}"
        own.mkdir(exist_ok=True)
        flat.write_chatito(own / "flat.chatito", rows, distribution)
        program = str(modules / ".bin" / "chatito")
        command = [program, "flat.chatito", "--format=default", "--outputPath=out"]
        texts = partial(_chatito_texts, own / "out")
        found.append(Peer(f"Chatito, {distribution}", command, own, texts))
    return found


def _chatito_texts(folder: Path) -> Texts:
    for file in folder.glob("*.json"):
        for intent, examples in json.loads(file.read_text()).items():
            for example in examples:
                yield intent, "".join(part["value"] for part in example)


_TRACERY = """\
const tracery = require(process.argv[2] + "/tracery-grammar"), fs = require("fs");
const [rules, rows] = JSON.parse(fs.readFileSync("tracery.json"));
const grammar = tracery.createGrammar(rules), lines = [];
for (const [intent, n] of Object.entries(rows))
  for (let i = 0; i < n; i++)
    lines.push(JSON.stringify({intent: intent, text: grammar.flatten("#" + intent + "_intent#")}));
fs.mkdirSync("tracery", {recursive: true});
fs.writeFileSync("tracery/rows.jsonl", lines.join("\\n") + "\\n");
"""


def _tracery(folder: Path, rows: Mapping[str, int], modules: Path) -> Peer:
    (folder / "tracery.json").write_text(json.dumps([flat.tracery_rules(), rows]))
    (folder / "tracery.js").write_text(_TRACERY)
    command = ["node", "tracery.js", str(modules.resolve())]
    texts = partial(_json_lines, folder / "tracery", "intent")
    return Peer("Tracery (text only)", command, folder, texts, labels=False)


_JSGF = """\
import json, random, sys
from jsgf import parse_grammar_string
sys.setrecursionlimit(20000)
random.seed(int(sys.argv[1]))  # pyjsgf has no generator of its own to be given
with open("flat.jsgf") as stream:
    grammar = parse_grammar_string(stream.read())
with open("jsgf_rows.json") as stream:
    rows = json.load(stream)
with open("jsgf/rows.jsonl", "w") as stream:
    for intent, n in rows.items():
        rule = grammar.get_rule(intent + "_intent")
        for _ in range(n):
            stream.write(json.dumps({"intent": intent, "text": rule.generate()}) + "\\n")
"""


def _jsgf(folder: Path, rows: Mapping[str, int], python: str, seed: int) -> Peer:
    """A part of the rows: it takes 2 ms for one."""
    rows = {intent: max(1, n // JSGF_PART) for intent, n in rows.items()}
    (folder / "jsgf").mkdir(exist_ok=True)
    (folder / "flat.jsgf").write_text(flat.jsgf_text())
    (folder / "jsgf_rows.json").write_text(json.dumps(rows))
    (folder / "sample_jsgf.py").write_text(_JSGF)
    command = [python, "sample_jsgf.py", str(seed)]
    texts = partial(_json_lines, folder / "jsgf", "intent")
    return Peer("pyjsgf (text only)", command, folder, texts, labels=False)


def _hassil(folder: Path, rows: Mapping[str, int]) -> list[Peer]:
    try:
        import hassil  # noqa: F401
    except ImportError:
        return []
    flat.write_yaml(folder / "flat.yaml")
    (folder / "hassil").mkdir(exist_ok=True)
    n = str(max(rows.values()))
    words = f"{sys.executable} -m hassil.sample flat.yaml -n {n} > hassil/rows.jsonl"
    texts = partial(_json_lines, folder / "hassil", "intent")
    name = "hassil, first ones in order (text only)"
    return [Peer(name, ["sh", "-c", words], folder, texts, labels=False)]
