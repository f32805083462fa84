"""Recordings of a speaker, and a tokenizer of letters, for tiny models that take them."""

import numpy as np


def recording(folder, name="anna", pitch_hz=120.0, rate_hz=16000, seconds=1.0):
    """Write name.wav and name.txt."""
    import soundfile

    folder.mkdir(parents=True, exist_ok=True)
    times = np.arange(int(seconds * rate_hz)) / rate_hz
    tones = [np.sin(2 * np.pi * n * pitch_hz * times) / n for n in range(1, 6)]
    soundfile.write(folder / f"{name}.wav", 0.2 * np.sum(tones, axis=0), rate_hz)
    (folder / f"{name}.txt").write_text("hello\nthere\n")


def tokenizer(folder, tokens, marks=True, named=None):
    """Save a tokenizer of letters in [ ] and spaces, and return its tokens in their order.

    Args:
        folder: Where.
        tokens: More tokens.
        marks: Whether texts get a mark at their beginning and end.
        named: Names of tokens that a processor asks for.
    """
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    words = ["<pad>", "<unk>", "<s>", "</s>", *"[0] abcdefghijklmnopqrstuvwxyz"]
    words += [token for token in tokens if token not in words]
    made = Tokenizer(models.WordLevel({w: n for n, w in enumerate(words)}, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    if marks:
        made.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>", special_tokens=[("<s>", 2), ("</s>", 3)]
        )
    PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token="<pad>",
        unk_token="<unk>",
        eos_token="</s>",
        extra_special_tokens=named or {},
    ).save_pretrained(folder)
    return words
