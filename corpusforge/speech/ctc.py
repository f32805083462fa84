"""Word times by a CTC model of the user's, for engines that do not tell any.

The model hears the dry speech, before room and noise; `torchaudio.functional.forced_align` finds
the frames of each letter.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import util
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpusforge.core.errors import InputError, RunError, require
from corpusforge.core.recipe import Recipe
from corpusforge.speech.engine import Word
from corpusforge.speech.pins import sha256_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Samples = npt.NDArray[np.float32]

__all__ = ["CtcModel", "aligned", "ctc_errors", "ctc_of", "spelled", "words_by_ctc"]

RATE_HZ = 16000

_MODULES = ("torch", "torchaudio", "transformers")
_FILES = ("config.json", "vocab.json")
# How tokens begin that are no sound: <pad>, [UNK].
_UNSPOKEN = "<["
_ALLOWED = (
    "vocab.json says which output of the model is which letter, counted from 0 and below "
    'vocab_size of config.json: {"<pad>": 0, "|": 1, "E": 2}; the vocabulary of one language'
)
_INSTALL = "pip install 'corpusforge[text,torchaudio]'"

CtcModel = tuple[str, str]
"""Folder of the model, SHA-256 of its files."""


def ctc_errors(recipe: Recipe) -> list[InputError]:
    """What stands against `speech.ctc_model`, as far as a look tells."""
    given = recipe.speech.ctc_model
    if given is None or recipe.speech.clips == 0:
        return []
    lacking = [name for name in _MODULES if util.find_spec(name) is None]
    if lacking:
        return [InputError(f"speech.ctc_model needs {', '.join(lacking)}", hint=_INSTALL)]
    try:
        _forced_align()
    except RunError as error:
        return [InputError(f"speech.ctc_model: {error}", hint=_INSTALL)]
    folder = recipe.path(given)
    lost = [name for name in _FILES if not (folder / name).is_file()]
    if lost or not list(folder.glob("*.safetensors")):
        return [
            InputError(
                f"speech.ctc_model: there is no {' and no '.join(lost or ['*.safetensors'])} in "
                f"{folder}",
                hint="give the folder of a CTC model as transformers saves it "
                "(config.json, vocab.json, model.safetensors)",
            )
        ]
    wrong = _vocabulary_error(folder)
    return [wrong] if wrong else []


def _vocabulary_error(folder: Path) -> InputError | None:
    """What is wrong with the files that say which output of the model is which letter."""
    read: dict[str, Any] = {}
    for name in _FILES:
        path = folder / name
        try:
            read[name] = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            return InputError(f"speech.ctc_model: {path} is not JSON ({error})", hint=_ALLOWED)
        if not isinstance(read[name], dict):
            return InputError(f"speech.ctc_model: {path} is not a JSON object", hint=_ALLOWED)
    config, vocabulary = (read[name] for name in _FILES)
    # Not written where it is the default of its kind.
    size = config.get("vocab_size")
    where = f"speech.ctc_model: {folder / 'vocab.json'}"
    for token, number in vocabulary.items():
        if type(number) is not int or number < 0:
            said = json.dumps(number, ensure_ascii=False)[:40]
            return InputError(f"{where}: {token!r} has no number, but {said}", hint=_ALLOWED)
        # Tokens that are no letter are never asked for; some models list more than they have.
        if isinstance(size, int) and number >= size and token[:1] not in _UNSPOKEN:
            return InputError(
                f"{where}: {token!r} is {number}, the model has {size}", hint=_ALLOWED
            )
    return None if vocabulary else InputError(f"{where} names no token", hint=_ALLOWED)


def ctc_of(recipe: Recipe) -> CtcModel | None:
    """The model of a recipe with the hash of its files; None when it names none.

    Raises:
        InputError: See `ctc_errors`.
    """
    if recipe.speech.ctc_model is None or recipe.speech.clips == 0:
        return None
    for error in ctc_errors(recipe):
        raise error
    folder = recipe.path(recipe.speech.ctc_model)
    files = [path for path in sorted(folder.iterdir()) if path.suffix in (".json", ".safetensors")]
    return str(folder.resolve()), sha256_of(files)


def _forced_align() -> Any:
    """The aligner of torchaudio.

    Raises:
        RunError: When torchaudio does not load: its extension fits one build of torch only.
    """
    try:
        import torch  # noqa: F401
        from torchaudio.functional import forced_align
    except (ImportError, OSError) as error:
        raise RunError(f"torchaudio does not load beside this torch ({error})") from error
    return forced_align


def aligned(
    log_probs: npt.NDArray[np.float32], words: Sequence[Sequence[int]], blank: int, gap: int | None
) -> list[tuple[int, int]] | None:
    """First frame and one past the last frame of each word.

    Args:
        log_probs: Shape [frames, tokens].
        words: Token ids of each word, at least one, none of them blank.
        blank: Id of the CTC blank.
        gap: Id of the token between words, None when the model has none.

    Returns:
        None when there are fewer frames than the tokens need.

    Raises:
        RunError: When torchaudio does not load.
    """
    import torch

    forced_align = _forced_align()
    targets: list[int] = []
    owners: list[int] = []  # index of the word, -1 for a gap
    for index, tokens in enumerate(words):
        if index and gap is not None:
            targets.append(gap)
            owners.append(-1)
        targets += tokens
        owners += [index] * len(tokens)
    repeats = sum(a == b for a, b in pairwise(targets))
    if not targets or len(targets) + repeats > len(log_probs):
        return None
    path, _ = forced_align(
        torch.from_numpy(log_probs)[None], torch.tensor([targets], dtype=torch.int32), blank=blank
    )
    frames: list[list[int]] = [[] for _ in words]
    place, last = -1, blank
    for frame, token in enumerate(path[0].tolist()):
        if token != blank:
            # A token starts where it differs from the frame before it.
            place += token != last
            if owners[place] >= 0:
                frames[owners[place]].append(frame)
        last = token
    return [(of_word[0], of_word[-1] + 1) for of_word in frames]


def spelled(spoken: str, vocabulary: Mapping[str, int], special: frozenset[int]) -> list[list[int]]:
    """Token ids of each piece of `spoken.split()`: its characters that the model knows.

    Args:
        spoken: The text.
        vocabulary: Token -> id; models that know capitals only get capitals.
        special: Ids of blank, unknown and the like, which are no sound.
    """
    words = []
    for piece in spoken.split():
        known = []
        for character in piece:
            tried = (character, character.upper(), character.lower())
            token = next((vocabulary[c] for c in tried if c in vocabulary), None)
            if token is not None and token not in special:
                known.append(token)
        words.append(known)
    return words


@lru_cache(maxsize=1)
def _model(folder: str) -> tuple[Any, Any, dict[str, int], int, int | None, frozenset[int]]:
    transformers = require("transformers", extra="text", purpose="speech.ctc_model")
    model = transformers.AutoModelForCTC.from_pretrained(folder).eval()
    extractor = (
        transformers.AutoFeatureExtractor.from_pretrained(folder)
        if (Path(folder) / "preprocessor_config.json").is_file()
        else transformers.Wav2Vec2FeatureExtractor()
    )
    vocabulary: dict[str, int] = json.loads((Path(folder) / "vocab.json").read_text("utf-8"))
    blank = int(model.config.pad_token_id)
    gap = vocabulary.get("|")
    unspoken = {id_ for token, id_ in vocabulary.items() if token[:1] in _UNSPOKEN or token == "|"}
    return model, extractor, vocabulary, blank, gap, frozenset({blank, *unspoken})


def words_by_ctc(model: CtcModel, spoken: str, samples: Samples) -> tuple[Word, ...] | None:
    """Word times in dry speech.

    Args:
        model: From `ctc_of`.
        spoken: What is said.
        samples: At 16 kHz, shape [samples].

    Returns:
        None when the model knows no character of a word, or hears too little to align it.

    Raises:
        RunError: When torchaudio does not load.
    """
    import torch

    network, extractor, vocabulary, blank, gap, special = _model(model[0])
    words = spelled(spoken, vocabulary, special)
    if not words or not all(words):
        return None
    features = extractor(samples, sampling_rate=RATE_HZ, return_tensors="pt")
    with torch.inference_mode():
        scores = network(**features).logits[0].float().log_softmax(dim=-1)
    spans = aligned(scores.numpy(), words, blank, gap)
    if spans is None:
        return None
    frame_s = samples.size / RATE_HZ / len(scores)
    return tuple(
        Word(piece, first * frame_s, last * frame_s)
        for piece, (first, last) in zip(spoken.split(), spans, strict=True)
    )
