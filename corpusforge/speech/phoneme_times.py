"""When hibari says each word: durations from inside its network, word borders from its reader.

The network predicts how many steps each phoneme lasts, and sums them up. That inner tensor is
made an output of the graph when the model is loaded; the others stay as they were, to the bit
(a test holds it). A serialized protobuf message that is appended to another one of its kind is
merged with it, so the new output is a few bytes at the end (protobuf's encoding guide, "Last One
Wins").
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.speech.protobuf import encoded_field, fields

__all__ = ["Listener", "duration_node", "with_output"]

# Field numbers of onnx.proto: ModelProto.graph, GraphProto.node and .output, NodeProto.input and
# .op_type, ValueInfoProto.name.
_GRAPH, _NODE, _OUTPUT = 7, 1, 12
_INPUT, _OP_TYPE, _NAME = 1, 4, 1

_LAG_S = 0.04
"""The sound is ahead of the durations by about this much at tempos of 0.8 to 1.25: 35 to 40 ms at
borders within a phrase (against the aligner of pocketsphinx 5.1.1), 45 to 57 ms after a pause
(against the level of the samples); sentences of the packs drawn with seed 101."""

Spans = list[tuple[int, int]]

_PAUSES = frozenset(';:,.!?—…"“”() ')
"""Characters of the phoneme alphabet that stand for no sound of a word."""


def duration_node(model: bytes) -> str:
    """Name of the tensor with the duration of each phoneme, "" when it is not certain.

    It is what the one cumulative sum of the graph adds up.
    """
    found = []
    for graph in fields(memoryview(model)):
        if graph.number != _GRAPH:
            continue
        for node in fields(graph.content):
            if node.number != _NODE:
                continue
            parts = [
                (part.number, bytes(part.content))
                for part in fields(node.content)
                if part.number in (_INPUT, _OP_TYPE)
            ]
            if (_OP_TYPE, b"CumSum") in parts:
                found.append(next(value.decode() for n, value in parts if n == _INPUT))
    return found[0] if len(found) == 1 else ""


def with_output(model: bytes, tensor: str) -> bytes:
    """The ONNX file with one more output, after those it has."""
    return model + encoded_field(
        _GRAPH, encoded_field(_OUTPUT, encoded_field(_NAME, tensor.encode()))
    )


class _Notes(threading.local):
    """Of the text that is being spoken: tokens of each sentence, durations of each run."""

    def __init__(self) -> None:
        self.tokens: list[list[Any]] = []
        self.durations: list[npt.NDArray[np.int64]] = []


class Listener:
    """Notes durations and word borders while a `hibari.Hibari` speaks; one text at a time.

    It stands between the parts of that object and hands on what they say unchanged. Notes are
    kept per thread.

    Args:
        model: A `hibari.Hibari` whose session has the durations as its last output.
        normalize: Its `hibari.g2p.normalize.normalize`.
    """

    def __init__(self, model: Any, normalize: Callable[[str], str]) -> None:
        self._model = model
        self._normalize = normalize
        self._notes = _Notes()
        self._session = model.sess
        self._phonemize = model.g2p.phonemize_tokens
        model.g2p.phonemize_tokens = self._phonemize_tokens
        model.sess = self

    def begin(self) -> None:
        """Forget the last text."""
        self._notes.tokens, self._notes.durations = [], []

    def _phonemize_tokens(self, tokens: list[Any]) -> list[Any]:
        done: list[Any] = self._phonemize(tokens)
        self._notes.tokens.append(done)
        return done

    def run(self, names: None, feed: dict[str, Any]) -> list[Any]:
        """What the session answers, but for the durations."""
        answer: list[Any] = self._session.run(names, feed)
        self._notes.durations.append(answer[-1])
        return answer[:-1]

    def starts(
        self, spoken: str, chunks: Sequence[str], lengths: Sequence[int], rate_hz: int
    ) -> list[int] | None:
        """Where the voice comes to each piece of `spoken.split()`, in samples.

        The gap before a word belongs to it (`words_from` takes pauses away).

        Args:
            spoken: The text.
            chunks: Its phonemes, as the model has read them.
            lengths: Samples that came out of each chunk.
            rate_hz: Their rate.

        Returns:
            None when a piece cannot be followed with certainty through normalisation, tokens and
            phonemes, or when it has no sound of its own.
        """
        tokens, durations = self._notes.tokens, self._notes.durations
        sentences = self._model.split_sentences(spoken)
        counts = {len(sentences), len(tokens), len(durations), len(chunks)}
        pieces = [piece for sentence in sentences for piece in sentence.split()]
        if len(counts) > 1 or pieces != spoken.split():
            return None
        found: list[int] = []
        offset = 0
        for sentence, read, chunk, steps, length in zip(
            sentences, tokens, chunks, durations, lengths, strict=True
        ):
            ranges = _phonemes_of(sentence, read, chunk, self._normalize)
            total = int(steps.sum())
            if ranges is None or len(self._model.ids(chunk)) != steps.size or length % total:
                return None
            edges = np.concatenate([[0], np.cumsum(steps)]) * (length // total)
            # The ids are a pad, and one per character that the model has a sound for.
            index = np.cumsum([1, *(character in self._model.vocab for character in chunk)])
            if any(index[start] == index[end] for start, end in ranges):
                return None
            # Each word from the end of the one before it, the first from the first sample.
            ends = [int(edges[index[end]]) - round(_LAG_S * rate_hz) for _, end in ranges]
            found += [offset, *(offset + max(0, end) for end in ends[:-1])]
            offset += length
        return found


def _phonemes_of(
    sentence: str, tokens: Sequence[Any], chunk: str, normalize: Callable[[str], str]
) -> Spans | None:
    """Range of each white-space separated piece of a sentence in its phonemes."""
    groups: list[tuple[str, int, int]] = []  # text, range in `joined`
    joined, text, start = "", "", 0
    for token in tokens:
        text += token.text
        joined += token.phonemes or ""
        if token.whitespace:
            groups.append((text, start, len(joined)))
            joined, text = joined + " ", ""
            start = len(joined)
    if text:
        groups.append((text, start, len(joined)))
    counts = _normal_words(sentence.split(), [text for text, _, _ in groups], normalize)
    if joined.strip() != chunk or counts is None:
        return None
    shift = len(joined) - len(joined.lstrip())
    ranges, at = [], 0
    for count in counts:
        part = groups[at : at + count]
        at += count
        ranges.append(_sounding(chunk, max(0, part[0][1] - shift), part[-1][2] - shift))
    return ranges


def _normal_words(
    pieces: Sequence[str], words: Sequence[str], normalize: Callable[[str], str]
) -> list[int] | None:
    """How many words of the normalised sentence each piece of it became, each at least one.

    A piece is followed when it gives the same words alone, or becomes one word beside a
    neighbour that stays what it was ("Mr." in "Mr. Smith", "3rd" in "March 3rd").
    """

    def becomes_one(pair: Sequence[str], place: int, into: Sequence[str]) -> bool:
        kept = len(pair) == len(into) == 2 and pair[1 - place] == into[1 - place]
        return kept and normalize(" ".join(pair)).split() == list(into)

    counts: list[int] = []
    at = 0
    for index, piece in enumerate(pieces):
        alone = normalize(piece).split()
        if alone and list(words[at : at + len(alone)]) == alone:
            counts.append(len(alone))
        elif becomes_one(pieces[index : index + 2], 0, words[at : at + 2]) or (
            index > 0 and becomes_one(pieces[index - 1 : index + 1], 1, words[at - 1 : at + 1])
        ):
            counts.append(1)
        else:
            return None
        at += counts[-1]
    return counts if at == len(words) else None


def _sounding(chunk: str, start: int, end: int) -> tuple[int, int]:
    """The range without pauses at its edges; as it was when it is nothing but a pause."""
    sounds = [at for at in range(start, min(end, len(chunk))) if chunk[at] not in _PAUSES]
    return (sounds[0], sounds[-1] + 1) if sounds else (start, max(start, min(end, len(chunk))))
