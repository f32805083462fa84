"""One flat grammar for all engines: 10 intents, 29 templates, 16 slots, 16 aliases.

A neutral form, tokens of "~alias", "@slot" and words, is written as corpusforge and hassil YAML,
Chatito, Chatette, Tracery and JSGF. Values are invented words, so that no engine profits from
known ones.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

ALIASES = {
    "please": ["please", "could you", "can you", "would you kindly"],
    "now": ["now", "right now", "at once", "immediately", "straight away"],
    "turn": ["turn on", "switch on", "power up", "activate"],
    "shut": ["turn off", "switch off", "power down", "deactivate", "kill"],
    "set": ["set", "change", "adjust", "put"],
    "play": ["play", "start", "put on", "i want to hear"],
    "remind": ["remind me", "make a note", "don't let me forget"],
    "what": ["what is", "what's", "tell me", "give me"],
    "the": ["the", "my", "our"],
    "weather": ["weather", "forecast", "outlook", "weather report"],
    "find": ["find", "search for", "look up", "show me"],
    "book": ["book", "reserve", "get me"],
    "send": ["send", "text", "write"],
    "cancel": ["cancel", "drop", "forget about", "call off"],
    "add": ["add", "put", "append"],
    "thanks": ["thanks", "thank you", "cheers"],
}
SLOTS = {
    "device": 60, "room": 30, "level": 100, "song": 200, "artist": 150, "genre": 25, "city": 200,
    "day": 20, "time": 96, "task": 120, "food": 80, "restaurant": 90, "person": 150,
    "message": 100, "list": 20, "item": 180,
}  # fmt: skip
INTENTS = {
    "turn_on": [
        "~please ~turn ~the @device in ~the @room",
        "~turn ~the @device",
        "~turn @room @device ~now",
        "@device on ~please",
    ],
    "turn_off": [
        "~please ~shut ~the @device in ~the @room",
        "~shut ~the @device ~now",
        "@room @device off",
    ],
    "set_level": [
        "~please ~set ~the @device in ~the @room to @level percent",
        "~set @device to @level",
        "@level percent on ~the @device",
    ],
    "play_music": [
        "~play @song by @artist in ~the @room",
        "~please ~play some @genre",
        "~play @artist ~now",
    ],
    "get_weather": [
        "~what ~the ~weather in @city on @day",
        "~weather for @city at @time on @day",
        "will it rain in @city @day",
    ],
    "remind": [
        "~remind to @task at @time on @day",
        "~please ~remind about @task @day",
        "at @time ~remind to @task",
    ],
    "order_food": [
        "~please ~book @food from @restaurant for @time",
        "i want @food from @restaurant ~now",
        "~find @food near @city",
    ],
    "send_message": [
        "~please ~send @person that @message",
        "~send @message to @person ~now",
        "let @person know @message",
    ],
    "add_item": ["~please ~add @item to ~the @list list", "~add @item ~thanks"],
    "cancel": ["~cancel ~the @day appointment ~thanks", "~cancel ~the alarm on @day"],
}
_SYLLABLES = (
    "ba",
    "ke",
    "li",
    "mo",
    "nu",
    "ra",
    "se",
    "ti",
    "vo",
    "zu",
    "pan",
    "der",
    "fil",
    "gos",
)


def values(seed: int = 1) -> dict[str, list[str]]:
    """Slot -> its values, all different over the whole grammar; a third has two words."""
    rng = random.Random(seed)
    seen: set[str] = set()
    found: dict[str, list[str]] = {}
    for slot, count in SLOTS.items():
        found[slot] = []
        while len(found[slot]) < count:
            words = 1 + (rng.random() < 1 / 3)
            text = " ".join(
                "".join(rng.choice(_SYLLABLES) for _ in range(rng.randint(2, 4)))
                for _ in range(words)
            )
            if text not in seen:
                seen.add(text)
                found[slot].append(text)
    return found


def size(intent: str | None = None) -> int:
    """Exact number of sentences: flat templates are products."""
    total = 0
    for name, templates in INTENTS.items():
        for template in templates if intent in (None, name) else ():
            product = 1
            for token in template.split():
                if token[0] in "~@":
                    product *= len(ALIASES[token[1:]]) if token[0] == "~" else SLOTS[token[1:]]
            total += product
    return total


def write_yaml(path: Path, openings: Sequence[str] = ("",)) -> None:
    """As corpusforge and hassil read it; `openings` are words that may begin every sentence."""
    opening = f"({'|'.join(openings)}) " if len(openings) > 1 else ""
    lines = ["language: en", "intents:"]
    for intent, templates in INTENTS.items():
        lines += [f"  {intent}:", "    data:", "      - sentences:"]
        for template in templates:
            tokens = [
                f"<{t[1:]}>" if t[0] == "~" else f"{{{t[1:]}}}" if t[0] == "@" else t
                for t in template.split()
            ]
            lines.append(f'          - "{opening}{" ".join(tokens)}"')
    lines.append("lists:")
    for slot, words in values().items():
        lines += [f"  {slot}:", "    values:", *(f'      - "{word}"' for word in words)]
    lines.append("expansion_rules:")
    lines += [f'  {alias}: "({"|".join(words)})"' for alias, words in ALIASES.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_chatito(path: Path, rows: Mapping[str, int], distribution: str = "regular") -> None:
    """As Chatito reads it; `rows` by intent."""
    options = f"'distribution': '{distribution}'"
    _write_definitions(path, {i: f"('training': '{rows[i]}', {options})" for i in INTENTS})


def write_chatette(path: Path, rows: Mapping[str, int]) -> None:
    """As Chatette reads it; `rows` by intent."""
    _write_definitions(path, {intent: f"(training:{rows[intent]})" for intent in INTENTS})


def _write_definitions(path: Path, asked: Mapping[str, str]) -> None:
    """Intents, lists and aliases as both read them; `asked` is what stands behind an intent."""
    lines: list[str] = []
    for intent, templates in INTENTS.items():
        lines.append(f"%[{intent}]{asked[intent]}")
        for template in templates:
            lines.append("    " + " ".join(_bracketed(token) for token in template.split()))
        lines.append("")
    for sign, lists in (("@", values()), ("~", ALIASES)):
        for name, words in lists.items():
            lines += [f"{sign}[{name}]", *(f"    {word}" for word in words), ""]
    path.write_text("\n".join(lines), encoding="utf-8")


def _bracketed(token: str) -> str:
    return f"{token[0]}[{token[1:]}]" if token[0] in "~@" else token


def tracery_rules() -> dict[str, list[str]]:
    """As Tracery reads it; an intent is "NAME_intent"."""
    rules = {
        f"{intent}_intent": [" ".join(_hashed(token) for token in t.split()) for t in templates]
        for intent, templates in INTENTS.items()
    }
    rules |= {f"{alias}_alias": words for alias, words in ALIASES.items()}
    return rules | {f"{slot}_slot": words for slot, words in values().items()}


def _hashed(token: str) -> str:
    kind = {"~": "alias", "@": "slot"}.get(token[0])
    return f"#{token[1:]}_{kind}#" if kind else token


def jsgf_text() -> str:
    """As JSGF; an intent is the rule "NAME_intent"."""
    lines = ["#JSGF V1.0;", "grammar flat;"]
    for intent, templates in INTENTS.items():
        said = (
            " ".join(f"<{token[1:]}_{token[0] == '@':d}>" if token[0] in "~@" else token
                     for token in template.split())
            for template in templates
        )  # fmt: skip
        lines.append(f"public <{intent}_intent> = {' | '.join(said)};")
    for is_slot, lists in ((0, ALIASES), (1, values())):
        for name, words in lists.items():
            lines.append(f"<{name}_{is_slot}> = {' | '.join(words)};")
    return "\n".join(lines) + "\n"
