"""A fitted generator with its judge and piece table, as one folder.

    config.json model.safetensors tokenizer.json tokenizer_config.json spiece.model
    discriminator.json discriminator.safetensors limits.json slots.json layout.json history.json

The first line is what transformers' Auto classes open.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from corpusforge.core import plugins
from corpusforge.core.errors import InputError
from corpusforge.core.progress import Progress
from corpusforge.core.recipe import ExpandConfig
from corpusforge.core.run import Cache, read_json, write_json
from corpusforge.core.schema import Utterance
from corpusforge.core.seeding import rng, uniforms
from corpusforge.expand.contract import FitContext, Generator
from corpusforge.expand.forger import train_against_trigrams
from corpusforge.expand.gan.layout import Layout
from corpusforge.expand.judge import Judge, Judging
from corpusforge.expand.pretrained.adapter_files import AdapterFiles
from corpusforge.expand.slots import Frame, SlotKind, SlotTable, carrier_digest
from corpusforge.expand.tokenizer import RESERVED, Tokenizer, train_tokenizer

__all__ = ["Model", "Training", "distinct_frames", "fit_model", "load_model"]

# Share of distinct train frames kept from the models, for stopping and for limits; a larger
# share of small corpora, because a limit read off two rows is chance.
_HELD_OUT, _MOST_HELD_OUT, _HELD_OUT_ROWS = 0.1, 0.3, 20
# Pieces of plain text; Dirichlet-like intents of a few thousand rows have no more words.
_PIECES = 2000
# Longer texts (in pieces) are not learnt: memory grows with the longest, and commands to a
# voice assistant are short.
_LONGEST = 64
# Room for texts a little longer than those seen; more where words may come that no train row
# has, which are spelled in many pieces.
_ROOM, _OPEN_ROOM = 4, 96


@dataclass(frozen=True)
class Training:
    """What a model is fitted on.

    Attributes:
        rows: Train rows.
        catalogue: Slot values, schema `CATALOGUE`.
        config: The recipe's `expand` part.
        seed: The recipe's seed.
        progress: For bars.
        folder: Where the recipe stands.
        cache: For answers that cost money; None = nothing is kept.
    """

    rows: Sequence[Utterance]
    catalogue: pa.Table
    config: ExpandConfig
    seed: int
    progress: Progress
    folder: Path = Path()
    cache: Cache | None = None


@dataclass(frozen=True)
class Model:
    """A fitted model, ready to sample and to judge.

    Attributes:
        generator: Source of candidates.
        judge: Their judge.
        layout: Pieces and lengths.
        table: Slot kinds and values.
        frames: Frames of the train rows that the model can be asked for.
        unknown: Train rows that it cannot be asked for (a pinned model, other slots).
        history: What training recorded.
        fitted: Digests of the carrier phrases it was trained on (see `carrier_digest`).
        adapter: What generator and judge were meta-trained as, None = not at all.
    """

    generator: Generator
    judge: Judging
    layout: Layout
    table: SlotTable
    frames: tuple[Frame, ...]
    unknown: int
    history: dict[str, Any]
    fitted: frozenset[str]
    adapter: AdapterFiles | None = None


def distinct_frames(training: Training) -> int:
    """Different sentences among the train rows, slot values aside."""
    table = SlotTable.build(training.rows, training.catalogue)
    return len({(frame.intent, frame.text) for frame in _frames(table, training.rows)})


def _frames(table: SlotTable, rows: Sequence[Utterance]) -> list[Frame]:
    found = [table.frame(row, number) for number, row in enumerate(rows)]
    return [f for f in found if f is not None and f.text and not RESERVED.search(f.text)]


def _split(frames: Sequence[Frame], seed: int) -> tuple[list[Frame], list[Frame]]:
    """Distinct frames to learn, and distinct ones held out (keyed, so that rows stay put)."""
    distinct = {(frame.intent, frame.text): frame for frame in reversed(frames)}
    keys = sorted(distinct)
    draws = uniforms(seed, "expand.held_out", [f"{intent}\x1f{text}" for intent, text in keys])
    share = max(_HELD_OUT, min(_MOST_HELD_OUT, _HELD_OUT_ROWS / max(len(keys), 1)))
    learn: list[Frame] = []
    held_out: list[Frame] = []
    seen: set[str] = set()
    for (intent, text), draw in zip(keys, draws, strict=True):
        # Every intent keeps its first frame, or the models could not know it.
        side = held_out if draw < share and intent in seen else learn
        seen.add(intent)
        side.append(distinct[intent, text])
    if not held_out and len(learn) > 1:
        held_out = learn[-1:]
    return learn, held_out


def fit_model(training: Training, folder: Path, unfinished: Path | None = None) -> None:
    """Fits piece table, generator and judge on train rows, and writes them into a folder.

    Args:
        training: What to fit on.
        folder: Where to, an existing folder.
        unfinished: Where a killed fit of the same training goes on from; None = nowhere.

    Raises:
        RunError: When tokenizer.json and sentencepiece differ on a train row.
    """
    table = SlotTable.build(training.rows, training.catalogue)
    frames = _frames(table, training.rows)
    learn, held_out = _split(frames, training.seed)
    symbols = sorted(table.kinds)
    intents = sorted({frame.intent for frame in frames})
    tokenizer = train_tokenizer(
        [f.text for f in learn + held_out], symbols, intents, pieces=_PIECES
    )
    tokenizer.check([frame.text for frame in frames])
    adapter = _adapter(training)
    if adapter is not None:
        adapter.copy(folder)
    generator = _generator(training, adapter)
    room = _ROOM if generator.trains_judge else _OPEN_ROOM
    layout, learn = _layout(tokenizer, learn, held_out, room)
    held_out = [frame for frame in held_out if layout.fits(frame.text)]
    seed = int(rng(training.seed, "expand.judge").integers(2**62))
    askable = [frame for frame in frames if len(frame.symbols) <= layout.frame_size]
    judge: Judging = (
        Judge(layout, table, learn, held_out, seed=seed)
        if adapter is None
        else (_exemplar_judge(adapter, askable))
    )
    context = _context(training, layout, held_out, judge, table, askable, unfinished)
    history = generator.fit(learn, context)
    if not generator.trains_judge:
        history |= train_against_trigrams(judge, learn, training.seed)
    generator.save(folder)
    judge.save(folder)
    tokenizer.save(folder, max_length=layout.prompt_length + layout.text_length)
    sizes = {"frame_size": layout.frame_size, "text_length": layout.text_length}
    write_json(sizes, folder / "layout.json")
    write_json(
        {symbol: asdict(kind) for symbol, kind in table.kinds.items()}, folder / "slots.json"
    )
    history |= {"frames": len(learn), "held_out": len(held_out), "pieces": len(tokenizer)}
    write_json(history, folder / "history.json")
    write_json(sorted({carrier_digest(row) for row in training.rows}), folder / "fitted.json")


def _layout(
    tokenizer: Tokenizer, learn: Sequence[Frame], held_out: Sequence[Frame], room: int = _ROOM
) -> tuple[Layout, list[Frame]]:
    """Sizes for all train rows, and the frames to learn that are not too long.

    The row with the most slots may be a held-out one: few-shot data has it only once.
    """
    lengths = [len(tokenizer.encode(frame.text)) for frame in learn]
    kept = [f for f, size in zip(learn, lengths, strict=True) if size <= _LONGEST]
    longest = max((size for size in lengths if size <= _LONGEST), default=1)
    frame_size = max((len(frame.symbols) for frame in (*kept, *held_out)), default=0)
    return Layout(tokenizer, frame_size, longest + 1 + room), kept


def _context(
    training: Training,
    layout: Layout,
    held_out: Sequence[Frame],
    judge: Judging,
    table: SlotTable,
    frames: Sequence[Frame],
    unfinished: Path | None = None,
) -> FitContext:
    return FitContext(
        layout=layout,
        held_out=held_out,
        judge=judge,
        config=training.config,
        seed=training.seed,
        progress=training.progress,
        table=table,
        frames=frames,
        folder=training.folder,
        cache=training.cache,
        unfinished=unfinished,
    )


def load_model(folder: Path, training: Training) -> Model:
    """Opens what `fit_model` wrote, for the present rows and slot values.

    Raises:
        InputError: When the folder holds no model.
    """
    needed = (
        "slots.json",
        "layout.json",
        "limits.json",
        "tokenizer.json",
        "history.json",
        "fitted.json",
    )
    missing = [name for name in needed if not (folder / name).is_file()]
    if missing:
        raise InputError(
            f"{folder} is not a model folder: it has no {missing[0]}",
            hint="name a model folder of an earlier run, or leave expand.model out",
        )
    kinds = {symbol: SlotKind(**kind) for symbol, kind in read_json(folder / "slots.json").items()}
    table = SlotTable.build(training.rows, training.catalogue).with_kinds(kinds)
    layout = Layout(Tokenizer.load(folder), **read_json(folder / "layout.json"))
    known = set(layout.tokenizer.intents)
    frames = [
        frame
        for frame in _frames(table, training.rows)
        if frame.intent in known and len(frame.symbols) <= layout.frame_size
    ]
    learn, held_out = _split(frames, training.seed)
    adapter = AdapterFiles.inside(folder)
    judge: Judging = (
        Judge(layout, table, learn, held_out, folder)
        if adapter is None
        else (_exemplar_judge(adapter, frames))
    )
    context = _context(training, layout, held_out, judge, table, frames)
    generator = _generator(training, adapter)
    generator.load(folder, context)
    history: dict[str, Any] = json.loads((folder / "history.json").read_text(encoding="utf-8"))
    unknown = len(training.rows) - len(frames)
    fitted = frozenset(read_json(folder / "fitted.json"))
    return Model(generator, judge, layout, table, tuple(frames), unknown, history, fitted, adapter)


def _adapter(training: Training) -> AdapterFiles | None:
    wanted = training.config.adapter
    return None if wanted is None else AdapterFiles.open(training.folder / wanted)


def _generator(training: Training, adapter: AdapterFiles | None) -> Generator:
    """The plug-in; one that stands on different models is asked which."""
    plugin = plugins.load("generator", training.config.generator)
    chosen = getattr(plugin, "for_recipe", None)
    if chosen is not None:
        found: Generator = chosen(training.config, training.folder, adapter)
    else:
        found = plugin()
    return found


def _exemplar_judge(adapter: AdapterFiles, frames: Sequence[Frame]) -> Judging:
    from corpusforge.expand.pretrained.adapter import open_discriminator
    from corpusforge.expand.pretrained.judge import ExemplarJudge

    return ExemplarJudge(open_discriminator(adapter), frames)
