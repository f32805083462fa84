"""Tiny real models for the pretrained generator: a Llama and a BERT, with their tokenizers."""

import json

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    BertConfig,
    BertModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

from corpusforge import cli
from corpusforge.expand.gan.runtime import deterministic
from corpusforge.expand.pretrained.base_model import find_base, open_base
from corpusforge.expand.pretrained.pieces import Pieces

VERBS = {
    "light_on": ("turn on", "switch on", "light up"),
    "light_off": ("turn off", "switch off", "darken"),
    "call_person": ("call", "phone", "ring up"),
    "PlaySong": ("play", "start", "put on"),
    "weather": ("what is the weather in", "will it rain in", "forecast for"),
    "timer": ("set a timer for", "wake me in", "count down"),
    "pay_bill": ("pay", "settle", "transfer money for"),
    "book_table": ("book a table at", "reserve a seat at", "find a place at"),
    "translate": ("translate", "say in french", "what means"),
    "add_item": ("add", "put on the list", "note"),
    "open_door": ("open", "unlock", "let me in at"),
    "close_door": ("close", "lock", "shut"),
}
ENDS = ("the lamp", "mister jones please", "it now", "my place", "{thing}")
BACKGROUND = [
    (intent, f"{verb} {end}") for intent, verbs in VERBS.items() for verb in verbs for end in ENDS
]


def write_background(path, before=""):
    """The background as a data set, its slot filled."""
    texts = [(before + text.replace("{thing}", "a ball"), intent) for intent, text in BACKGROUND]
    lines = [json.dumps({"text": text, "intent": intent}) for text, intent in texts]
    path.write_text("\n".join(lines) + "\n")


def build_causal(folder, layers=2):
    """A Llama with random weights and a byte-level BPE tokenizer."""
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<|end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    # As in large tokenizers, a bracket behind a space is one piece.
    brackets = ["a [b] [c] [d]"] * 20
    inner.train_from_iterator([*(text for _, text in BACKGROUND), *brackets], trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<|end|>")
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=layers,
        num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=True,
        bos_token_id=None, eos_token_id=0,
    )  # fmt: skip
    with deterministic(1):
        model = LlamaForCausalLM(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def build_encoder(folder):
    """A BERT with random weights that knows whole words."""
    words = sorted({word for _, text in BACKGROUND for word in text.split()})
    words += ["light", "on", "off", "thing", "request", "person", "song"]
    vocabulary = {w: n for n, w in enumerate(dict.fromkeys(["[PAD]", "[UNK]", *words]))}
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token="[PAD]", unk_token="[UNK]"
    )
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=1,
        num_attention_heads=2, hidden_dropout_prob=0.0,
    )  # fmt: skip
    with deterministic(2):
        model = BertModel(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def meta_train_tiny(tiny, out, *more, beside=()):
    """Exit status of `meta-train` of three steps, on the fixture `tiny`."""
    return cli.main(
        [
            "meta-train", str(tiny / "background.jsonl"), *map(str, beside), "-o", str(out), "-q",
            "--base", str(tiny / "causal"), "--encoder", str(tiny / "encoder"),
            "--steps", "3", "--match-steps", "3", *more,
        ]
    )  # fmt: skip


def open_tiny(tiny, symbols=("{thing}",)):
    """The causal model of the fixture `tiny`, and its tokenizer."""
    model, tokenizer = open_base(find_base(str(tiny / "causal"), tiny))
    pieces = Pieces(tokenizer, symbols, [text for _, text in BACKGROUND])
    return model, pieces
