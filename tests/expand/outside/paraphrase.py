"""A tiny T5 that has learnt to say a request for a lamp, a room or a person in another way."""

from contextlib import contextmanager

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

from corpusforge.expand.gan.runtime import deterministic

LAMPS = ["desk lamp", "floor lamp", "night light", "spotlight"]
ROOMS = ["kitchen", "hall", "cellar", "attic"]
PEOPLE = ["Anna", "Bob", "the kids", "my parents"]
# Said -> said in other words.
WAYS = [
    ("turn on the {}", "let the {} shine", LAMPS),
    ("switch off the {}", "no more of the {}", LAMPS),
    ("light up the {}", "i need to see in the {}", ROOMS),
    ("make the {} dark", "close the eyes of the {}", ROOMS),
    ("call {}", "i must hear {} soon", PEOPLE),
    ("where is {}", "find {} for us", PEOPLE),
]
PAIRS = [(said.format(v), other.format(v)) for said, other, values in WAYS for v in values]


def word_tokenizer(texts):
    words = sorted({word for text in texts for word in text.replace(":", " :").split()})
    vocabulary = {word: n for n, word in enumerate(["<pad>", "</s>", "<unk>", *words])}
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    inner.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )


def build_t5(folder, steps=150):
    """Trains the model and saves it."""
    tokenizer = word_tokenizer([text for pair in PAIRS for text in pair] + ["paraphrase :"])
    config = T5Config(
        vocab_size=len(tokenizer), d_model=32, d_kv=16, d_ff=64, num_layers=2, num_heads=2,
        dropout_rate=0.0, decoder_start_token_id=0, pad_token_id=0, eos_token_id=1,
    )  # fmt: skip
    source = tokenizer([f"paraphrase: {a}" for a, _ in PAIRS], padding=True, return_tensors="pt")
    labels = tokenizer([b for _, b in PAIRS], padding=True, return_tensors="pt")["input_ids"]
    labels[labels == 0] = -100
    with deterministic(1):
        model = T5ForConditionalGeneration(config)
        optimiser = torch.optim.AdamW(model.parameters(), lr=1e-2)
        for _ in range(steps):
            loss = model(
                input_ids=source["input_ids"],
                attention_mask=source["attention_mask"],
                labels=labels,
            ).loss
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return float(loss.detach())


@contextmanager
def arranged(folder):
    build_t5(folder / "t5")
    yield {"paraphrase": {"model": "t5"}, "temperatures": [0.3]}
