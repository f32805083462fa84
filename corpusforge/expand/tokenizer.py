"""Pieces for the generator: sentencepiece unigram, slots atomic, intents as control tokens.

The text is taken as it is written (NFC, runs of white space squeezed, case kept): folding is
for comparing texts, not for making them, and German nouns or names need their capitals.

transformers has no route from a unigram sentencepiece model with byte fallback to a tokenizer
that gives the same ids, so `save` builds tokenizer.json piece by piece and `check` compares
the two on every line of the corpus before anything is kept.
"""

from __future__ import annotations

import io
import json
import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpusforge.core.errors import RunError, require
from corpusforge.core.text import SLOT_PATTERN, nfc

__all__ = ["RESERVED", "Tokenizer", "normalise", "train_tokenizer"]

PAD, UNKNOWN, BEGIN, END, SEPARATOR, EMPTY = "<pad>", "<unk>", "<s>", "</s>", "<sep>", "<empty>"
SPACE = "\u2581"
# A slot symbol must win over every other way to cut its text. Piece scores are log
# probabilities, so any positive score is enough; sentencepiece does the same inside.
_SYMBOL_SCORE = 100.0
_BYTES = 256
_LONGEST_PIECE = 16
_MAX_SEEDS = 200_000
_MODEL_FILE = "spiece.model"
RESERVED = re.compile(r"<(?:pad|unk|s|/s|sep|empty|intent_\d+|0x[0-9A-Fa-f]{2})>")
"""Texts that hold the name of a piece of ours would be read as that piece."""


def normalise(text: str) -> str:
    """The text as the tokenizer sees it: NFC, every run of white space one space.

    U+2581, with which sentencepiece writes spaces, counts as one.
    """
    return " ".join(nfc(text).replace(SPACE, " ").split())


@dataclass(frozen=True)
class Tokenizer:
    """A trained piece table.

    Attributes:
        model: The sentencepiece model file.
        symbols: Slot symbols with braces, each exactly one piece, its space included.
        intents: Conditioning labels, each exactly one control piece.
    """

    model: bytes = field(repr=False)
    symbols: tuple[str, ...]
    intents: tuple[str, ...]

    def __post_init__(self) -> None:
        spm = require("sentencepiece", extra="text", purpose="the text generator")
        processor = spm.SentencePieceProcessor(model_proto=self.model)
        object.__setattr__(self, "_processor", processor)
        pieces = {processor.id_to_piece(i): i for i in range(processor.get_piece_size())}
        object.__setattr__(self, "_ids", pieces)

    def __len__(self) -> int:
        return len(self._ids)

    _processor: Any = field(default=None, repr=False)
    _ids: Any = field(default=None, repr=False)

    @property
    def pad_id(self) -> int:
        """Fills the right end of a batch."""
        return int(self._ids[PAD])

    @property
    def end_id(self) -> int:
        """Ends a text."""
        return int(self._ids[END])

    @property
    def separator_id(self) -> int:
        """Stands between the condition and the text."""
        return int(self._ids[SEPARATOR])

    @property
    def empty_id(self) -> int:
        """Fills unused places of the frame, so that all conditions are equally long."""
        return int(self._ids[EMPTY])

    def symbol_ids(self, symbol: str) -> tuple[int, int]:
        """Ids of a slot symbol such as "{name}": after a space, and glued to what precedes.

        Raises:
            KeyError: When the model was trained without it.
        """
        return int(self._ids[SPACE + symbol]), int(self._ids[symbol])

    def intent_id(self, intent: str) -> int:
        """Id of an intent's control piece.

        Raises:
            ValueError: When the model was trained without it.
        """
        return int(self._ids[_intent_piece(self.intents.index(intent))])

    def encode(self, text: str) -> list[int]:
        """Ids of a text; control pieces never come out of text."""
        return list(self._processor.encode(normalise(text)))

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids; control pieces give nothing."""
        return str(self._processor.decode([int(i) for i in ids]))

    def check(self, lines: Sequence[str]) -> None:
        """Compares the ids of tokenizer.json with sentencepiece's.

        Raises:
            RunError: Naming the first line on which they differ.
        """
        fast = _fast_tokenizer(self)
        lines = [normalise(line) for line in lines]
        expected = self._processor.encode(lines)
        given = [e.ids for e in fast.encode_batch(lines, add_special_tokens=False)]
        for line, left, right in zip(lines, expected, given, strict=True):
            if left != right:
                raise RunError(
                    f"tokenizer.json cuts {line!r} into other pieces than sentencepiece does; "
                    "the model was not saved"
                )

    def save(self, folder: Path, *, max_length: int) -> None:
        """Writes the sentencepiece model, tokenizer.json and its config.

        Args:
            folder: An existing folder.
            max_length: Longest sequence of the model, in pieces.
        """
        (folder / _MODEL_FILE).write_bytes(self.model)
        _fast_tokenizer(self).save(str(folder / "tokenizer.json"))
        config = {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": max_length,
            "pad_token": PAD,
            "unk_token": UNKNOWN,
            "bos_token": BEGIN,
            "eos_token": END,
            "sep_token": SEPARATOR,
            "clean_up_tokenization_spaces": False,
            "corpusforge_symbols": list(self.symbols),
            "corpusforge_intents": list(self.intents),
        }
        text = json.dumps(config, ensure_ascii=False, indent=2, sort_keys=True)
        (folder / "tokenizer_config.json").write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Tokenizer:
        """Reads what `save` wrote."""
        config = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
        return cls(
            model=(folder / _MODEL_FILE).read_bytes(),
            symbols=tuple(config["corpusforge_symbols"]),
            intents=tuple(config["corpusforge_intents"]),
        )


def train_tokenizer(
    lines: Sequence[str], symbols: Sequence[str], intents: Sequence[str], *, pieces: int
) -> Tokenizer:
    """Trains a unigram model; the same lines give the same bytes (one thread).

    Args:
        lines: Delexicalised texts with slot symbols.
        symbols: All slot symbols, with braces.
        intents: Conditioning labels; they become control pieces by number, because a label
            may hold characters that sentencepiece treats specially.
        pieces: Wanted pieces of plain text; small corpora give fewer.
    """
    spm = require("sentencepiece", extra="text", purpose="the text generator")
    texts = [normalise(line) for line in lines if line.strip()]
    characters = set().union(*(SLOT_PATTERN.sub("", text) for text in texts)) if texts else set()
    control = [SEPARATOR, EMPTY, *(_intent_piece(i) for i in range(len(intents)))]
    # With its space, a slot is one piece and not two, and the generator cannot write a space
    # for a slot that is used up.
    defined = [prefix + symbol for symbol in symbols for prefix in ("", SPACE)]
    fixed = 4 + len(control) + len(defined) + _BYTES
    out = io.BytesIO()
    with tempfile.NamedTemporaryFile("w", suffix=".tsv", encoding="utf-8") as seeds:
        seeds.writelines(f"{piece}\t{count}\n" for piece, count in _seed_pieces(texts))
        seeds.flush()
        size = fixed + len(characters) + 1 + pieces
        _train(spm, texts, out, seeds.name, control, defined, size)
    model = _without_paths(out.getvalue())
    return Tokenizer(model=model, symbols=tuple(symbols), intents=tuple(intents))


def _without_paths(model: bytes) -> bytes:
    """The model without the name of the seed file, which differs from run to run."""
    proto = require(
        "sentencepiece.sentencepiece_model_pb2", extra="text", purpose="the text generator"
    ).ModelProto.FromString(model)
    proto.trainer_spec.ClearField("seed_sentencepieces_file")
    return bytes(proto.SerializeToString(deterministic=True))


def _seed_pieces(texts: Sequence[str]) -> list[tuple[str, int]]:
    """Candidate pieces with their counts.

    sentencepiece's own seeds are substrings shared by two *different* words, so a small
    corpus never gets a piece for "▁activate", and cuts its words to crumbs, from which the
    generator puts together words that do not exist. Here every whole word is a candidate.
    """
    words: Counter[str] = Counter()
    for text in texts:
        words.update(SPACE + word for word in SLOT_PATTERN.sub(" ", text).split())
    counts: Counter[str] = Counter()
    for word, count in words.items():
        for start in range(len(word)):
            for end in range(start + 1, min(len(word), start + _LONGEST_PIECE) + 1):
                counts[word[start:end]] += count
    kept = [
        (piece, count)
        for piece, count in counts.items()
        if count > 1 or len(piece) == 1 or piece in words
    ]
    return sorted(kept, key=lambda item: (-item[1] * len(item[0]), item[0]))[:_MAX_SEEDS]


def _train(
    spm: Any,
    texts: Sequence[str],
    out: io.BytesIO,
    seeds: str,
    control: Sequence[str],
    defined: Sequence[str],
    size: int,
) -> None:
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_writer=out,
        seed_sentencepieces_file=seeds,
        max_sentencepiece_length=_LONGEST_PIECE,
        model_type="unigram",
        vocab_size=size,
        hard_vocab_limit=False,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        byte_fallback=True,
        character_coverage=1.0,
        num_threads=1,
        shuffle_input_sentence=False,
        max_sentence_length=65536,
        control_symbols=list(control),
        user_defined_symbols=list(defined),
        pad_id=0,
        unk_id=1,
        bos_id=2,
        eos_id=3,
        pad_piece=PAD,
        unk_piece=UNKNOWN,
        bos_piece=BEGIN,
        eos_piece=END,
        minloglevel=2,
    )


def _intent_piece(index: int) -> str:
    return f"<intent_{index}>"


def _fast_tokenizer(tokenizer: Tokenizer) -> Any:
    """The same piece table as a `tokenizers.Tokenizer`."""
    tokenizers = require("tokenizers", extra="text", purpose="the text generator")
    processor = tokenizer._processor
    scores: list[tuple[str, float]] = []
    special: list[str] = []
    symbols = set(tokenizer.symbols)
    for index in range(processor.get_piece_size()):
        piece = processor.id_to_piece(index)
        score = (
            _SYMBOL_SCORE
            if piece.removeprefix(SPACE) in symbols
            else float(processor.get_score(index))
        )
        scores.append((piece, score))
        if processor.is_control(index) or processor.is_unknown(index):
            special.append(piece)
    models, decoders = tokenizers.models, tokenizers.decoders
    fast = tokenizers.Tokenizer(models.Unigram(scores, unk_id=1, byte_fallback=True))
    normalizers = tokenizers.normalizers
    fast.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(SPACE, " ")])
    fast.pre_tokenizer = tokenizers.pre_tokenizers.Sequence(
        [
            # Splitting on white space also squeezes it, as `normalise` does.
            tokenizers.pre_tokenizers.WhitespaceSplit(),
            tokenizers.pre_tokenizers.Metaspace(SPACE, prepend_scheme="always", split=True),
        ]
    )
    fast.decoder = decoders.Sequence(
        [decoders.ByteFallback(), decoders.Metaspace(SPACE, prepend_scheme="always")]
    )
    fast.add_special_tokens([tokenizers.AddedToken(p, normalized=False) for p in special])
    return fast
