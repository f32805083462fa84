"""Wake words as functions: phrases that sound alike, a recipe, a detector.

It stands above the stages: negatives are phrases that sound alike (speech), ordinary sentences
come from shipped packs (grammar), and the detector is measured on finished clips (assess).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from corpusforge.core.errors import InputError
from corpusforge.core.wake import ORDINARY_INTENTS, WAKE_INTENT, is_wake_word, ordinary_note

if TYPE_CHECKING:
    from corpusforge.core.progress import Progress
    from corpusforge.pipeline import BuildSummary
    from corpusforge.speech.confusables import Confusable

__all__ = ["NEAR_MISSES", "detector", "detector_hint", "find_confusables", "init_wake_word"]

NEAR_MISSES = 60
"""Near misses of a wake word, where no other number is asked for."""

_OTHERS = ("smart_home", "timers_lists", "media", "weather")
_OTHER_ROWS = 300  # of commands, over the packs
_TALK_ROWS = 400  # of each intent of ordinary talk
_ALIKE_ROWS = 100  # sentences around a word that sounds like one of the phrase

_RECIPE = """\
# `corpusforge build {folder}/recipe.yaml -o corpus` renders the wake word and what must not be
# taken for it, each in the same voices and rooms; `corpusforge detector corpus -o detector` then
# trains a small detector and tries it on speakers that it did not hear.
name: {name}
lang: {lang}
license: CC0-1.0    # SPDX, of the phrases: check that this is what you want
seed: 1
grammar:
  path: templates
  rows: {rows}          # all sentences; among fewer the wake word may be missing
  splits: {{train: 0.7, validation: 0.15, test: 0.15}}   # of the clips, by speaker: see split_by
expand: {{rows: 0}}
clean:
  # near misses are meant to be near: only the same text twice is dropped
  filters: [slot_integrity, exact_duplicate]
speech:
  clips: 4000         # shared out evenly over the intents; 20,000 and more for a product
  spread: intents     # the wake word is said as often as all near misses together, or all talk
  split_by: voice     # train, validation and test hear different speakers
  speed: [0.75, 1.35]
  noise_probability: 0.8
  snr_db: [5, 30]
  room_probability: 0.6
export:
  writers: [hf, openwakeword, microwakeword]
"""


def find_confusables(
    phrases: Sequence[str],
    lang: str,
    *,
    count: int = NEAR_MISSES,
    seed: int = 1,
    lexicon_file: str | Path | None = None,
) -> list[Confusable]:
    """Phrases that a detector must not take for what it listens for, nearest first.

    Args:
        phrases: Wake words or commands.
        lang: BCP-47 tag.
        count: Near misses; parts and swaps of the phrases come on top.
        seed: Decides which, where there are more.
        lexicon_file: One word per line; None = the most frequent words of the language.

    Raises:
        InputError: See `speech.confusables.confusables`; a file that cannot be read.
    """
    from corpusforge.speech.confusables import confusables, lexicon

    if lexicon_file is None:
        words = lexicon(lang)
    else:
        try:
            words = Path(lexicon_file).read_text("utf-8-sig").split()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{lexicon_file} cannot be read as words: {error}") from error
        if not words:
            raise InputError(f"{lexicon_file} holds no words", hint="one word per line")
    return confusables(phrases, lang, words, count, seed)


def init_wake_word(
    phrase: str,
    out: str | Path,
    lang: str = "en",
    *,
    seed: int = 1,
    lexicon_file: str | Path | None = None,
    ordinary_file: str | Path | None = None,
) -> tuple[Path, tuple[str, ...]]:
    """Write the recipe and templates of a wake word into a new folder.

    Args:
        phrase: What is listened for.
        out: New or empty folder.
        lang: BCP-47 tag.
        seed: Of the negatives.
        lexicon_file: As for `find_confusables`.
        ordinary_file: Sentences that people say otherwise, one per line.

    Returns:
        The recipe file, and notes.

    Raises:
        InputError: See `find_confusables`; a file that cannot be read; the folder is not empty.
    """
    from corpusforge.core.text import fold
    from corpusforge.grammar.init_recipe import write_pack

    out = Path(out)
    own = _own_sentences(Path(ordinary_file)) if ordinary_file is not None else []
    found = find_confusables([phrase], lang, seed=seed, lexicon_file=lexicon_file)
    by_intent: dict[str, list[tuple[str, str]]] = {WAKE_INTENT: [(phrase, "")]}
    for one in found:
        by_intent.setdefault(one.kind, []).append((one.text, f"{one.distance:.2f}"))
    plain = f" {fold(phrase)} "
    for intent, text in [*_commands(lang, seed), *_talk(lang, seed), *_alike(found, lang, seed)]:
        if plain not in f" {fold(text)} ":
            by_intent.setdefault(intent, []).append((text, ""))
    notes = _add_own(by_intent, own, plain)
    rows = sum(map(len, by_intent.values()))
    slug = "_".join("".join(c if c.isalnum() else " " for c in fold(phrase)).split()) or "wake_word"
    recipe = _RECIPE.format(
        folder=out, name=slug if slug.isascii() else "wake_word", lang=lang, rows=rows
    )
    templates = _templates(lang, by_intent, phrase)
    write_pack(out, {"templates/wake_word.yaml": templates, "recipe.yaml": recipe})
    return out / "recipe.yaml", (*notes, *ordinary_note(by_intent, lang))


def _own_sentences(file: Path) -> list[str]:
    """Sentences of a file, one per line."""
    from corpusforge.core.text import nfc

    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file} cannot be read as sentences: {error}") from error
    sentences = [" ".join(nfc(line).split()) for line in lines if line.strip()]
    if not sentences:
        raise InputError(f"{file} holds no sentences", hint="one sentence per line")
    return sentences


def _add_own(
    by_intent: dict[str, list[tuple[str, str]]], sentences: Sequence[str], plain: str
) -> list[str]:
    """Add the user's own sentences to the commands for others; notes on those left out."""
    from corpusforge.core.text import fold

    known = {fold(text) for texts in by_intent.values() for text, _ in texts} | {""}
    said, again = [], 0
    for text in sentences:
        folded = fold(text)
        if plain in f" {folded} ":
            said.append(text)
        elif folded in known:
            again += 1
        else:
            known.add(folded)
            by_intent.setdefault(ORDINARY_INTENTS[0], []).append((text, ""))
    notes = []
    if said:
        notes.append(f"sentences with the wake word in them are left out: {'; '.join(said[:3])}")
        notes[0] += f" and {len(said) - 3} more" if len(said) > 3 else ""
    if again:
        notes.append(f"{again} lines are left out: they repeat others, or hold no word")
    return notes


def _templates(lang: str, by_intent: dict[str, list[tuple[str, str]]], phrase: str) -> str:
    from corpusforge.grammar.foreign.write import escaped
    from corpusforge.grammar.foreign.yaml_text import quoted

    lines = [
        f"# What is listened for ({' '.join(phrase.split())}) and what must not be taken for it.",
        "# Numbers are distances in phonemes: 1 = an average other phoneme. Read the phrases",
        "# through: a frequent word may be one that you do not want to publish.",
        f"language: {lang}",
        "intents:",
    ]
    for intent, texts in by_intent.items():
        lines += [f"  {intent}:", "    data:", "      - sentences:"]
        for text, distance in texts:
            remark = f"   # {distance}" if distance else ""
            lines.append(f"          - {quoted(escaped(text))}{remark}")
    return "\n".join(lines) + "\n"


def _commands(lang: str, seed: int) -> list[tuple[str, str]]:
    """(intent, sentence) of the shipped packs of a language, none where there is no pack."""
    from corpusforge.core.recipe_file import load_recipe, shipped_recipes
    from corpusforge.grammar.functions import sample

    primary = lang.split("-")[0].casefold()
    known = shipped_recipes()
    names = [n for n in (o if primary == "en" else f"{o}_{primary}" for o in _OTHERS) if n in known]
    texts: list[str] = []
    for name in names:
        recipe = load_recipe(name)
        if recipe.grammar.path:
            folder = recipe.path(recipe.grammar.path)
            table, _ = sample(folder, _OTHER_ROWS // len(names), seed=seed, lang=recipe.lang)
            texts += table["text"].to_pylist()
    return [("other_speech", text) for text in dict.fromkeys(texts)]


def _ordinary_folder(lang: str) -> Path:
    """Where the talk of a language is, if there is any."""
    from corpusforge.core.recipe_file import shipped_templates

    return shipped_templates() / "wake_word" / "ordinary" / lang.split("-")[0].casefold()


def _talk(lang: str, seed: int) -> list[tuple[str, str]]:
    """(intent, sentence) of talk, questions and numbers, none where there is no grammar of it."""
    from corpusforge.grammar.functions import sample

    folder = _ordinary_folder(lang)
    intents = [intent for intent in ORDINARY_INTENTS if intent != "other_speech"]
    if not folder.is_dir():
        return []
    quotas: dict[str, float] = dict.fromkeys(intents, _TALK_ROWS)
    rows = _TALK_ROWS * len(intents)
    table, _ = sample(folder, rows, seed=seed, lang=lang.split("-")[0], quotas=quotas)
    return list(zip(table["intent"].to_pylist(), table["text"].to_pylist(), strict=True))


def _alike(found: Sequence[Confusable], lang: str, seed: int) -> list[tuple[str, str]]:
    """(intent, sentence) around single words of near misses and parts, in talk of the language.

    What is alone a near miss is said far more often within a sentence.
    """
    from corpusforge.core.seeding import uniforms
    from corpusforge.core.text import fold

    path = _ordinary_folder(lang) / "alike.txt"
    if not path.is_file():
        return []
    frames = path.read_text("utf-8").split("\n")[:-1]
    words: dict[str, None] = {}
    for one in found:
        own = fold(one.phrase).split()
        words.update(dict.fromkeys(w for w in one.text.split() if w not in own))
        if one.kind == "part" and " " not in one.text:
            words[one.text] = None
    texts = [frame.format(word=word) for frame in frames for word in words]
    drawn = uniforms(seed, "wake.alike", texts)
    order = sorted(range(len(texts)), key=lambda place: float(drawn[place]))
    return [("other_talk", texts[place]) for place in sorted(order[:_ALIKE_ROWS])]


def detector(
    corpus: str | Path,
    out: str | Path,
    *,
    seed: int = 1,
    target_per_hour: float = 0.5,
    steps: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Train a wake word detector on a corpus, write it into a new folder, and measure it.

    Args:
        corpus: Run or release folder of a corpus split by voice.
        out: New folder.
        seed: Of the training.
        target_per_hour: False accepts per hour that its threshold keeps on validation.
        steps: Training steps per round; None = the default.
        progress: Where to report.

    Returns:
        What was measured; also in `measured.json` in the folder.

    Raises:
        InputError: The folder is there already or cannot be written (tried before training); see
            `assess.wake_word.measure_detector`.
    """
    from corpusforge.assess.wake_net import try_to_write
    from corpusforge.assess.wake_train import DetectorTraining
    from corpusforge.assess.wake_word import measure_detector

    folder = Path(out)
    if folder.exists():
        raise InputError(f"{folder} is there already", hint="name a new folder")
    try_to_write(folder)
    training = DetectorTraining() if steps is None else DetectorTraining(steps=steps)
    trained, account = measure_detector(
        Path(corpus),
        seed=seed,
        training=training,
        target_per_hour=target_per_hour,
        progress=progress,
    )
    trained.save(folder, account)
    return account


def detector_hint(summary: BuildSummary) -> str | None:
    """The command that comes after a build; None where no detector is to be trained.

    Args:
        summary: Of the build.
    """
    spoken = summary.facts("audio_gate").get("clips", 0)
    if not (
        summary.complete and spoken and is_wake_word(summary.facts("grammar").get("intents", ()))
    ):
        return None
    folder = str(summary.folder)
    return f"corpusforge detector {quote(folder)} -o {quote(folder.rstrip('/') + '-detector')}"
