"""A random Bark model with two presets, small enough to be made in a test."""

import json

import numpy as np

LETTERS = [*"abcdefghijklmnopqrstuvwxyz", "##a"]
SEMANTIC, CODES = 20, 16  # sizes of the vocabularies
NARROW = {
    "num_layers": 1,
    "num_heads": 2,
    "hidden_size": 16,
    "block_size": 200,
    "initializer_range": 0.2,
}


def make(folder):
    """A model with the presets v2/en_0 (listed) and own (an archive) in folder/model."""
    import torch
    from transformers import BarkConfig, BarkModel

    model = folder / "model"
    _tokenizer(model)
    text, infer = SEMANTIC + 2, 120
    config = BarkConfig(
        semantic_config={"input_vocab_size": 130, "output_vocab_size": SEMANTIC + 2, **NARROW},
        coarse_acoustics_config={"input_vocab_size": 60, "output_vocab_size": 60, **NARROW},
        fine_acoustics_config={
            "input_vocab_size": CODES + 1,
            "output_vocab_size": CODES + 1,
            "n_codes_total": 4,
            "n_codes_given": 1,
            **NARROW,
        },
        codec_config={
            "model_type": "encodec",
            "target_bandwidths": [1.2],
            "hidden_size": 16,
            "num_filters": 4,
            "num_residual_layers": 1,
            "num_lstm_layers": 1,
            "upsampling_ratios": [8, 5, 4, 2],
            "codebook_size": CODES,
            "codebook_dim": 16,
        },
        initializer_range=0.3,
    )
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(3)
        made = BarkModel(config)
        with torch.no_grad():
            # Nothing else is as big, so that the end comes after as many tokens as it is likely.
            made.semantic.lm_head.weight[SEMANTIC] = 0.0
            for quantizer in made.codec_model.quantizer.layers:
                quantizer.codebook.embed.normal_(0, 1)
            for name, weight in made.codec_model.decoder.named_parameters():
                weight.mul_(0 if "bias" in name else 3)
    made.save_pretrained(model)
    semantic = {
        "do_sample": True,
        "eos_token_id": SEMANTIC,
        "semantic_vocab_size": SEMANTIC,
        "text_encoding_offset": text,
        "text_pad_token": infer - 1,
        "semantic_infer_token": infer,
        "max_input_semantic_length": 32,
        "max_new_tokens": 120,
    }
    coarse = {
        "do_sample": True,
        "coarse_semantic_pad_token": 55,
        "coarse_infer_token": 56,
        "max_coarse_input_length": 32,
        "max_coarse_history": 60,
        "sliding_window_len": 60,
    }
    fine = {
        "temperature": 0.5,
        "max_fine_history_length": 32,
        "max_fine_input_length": 64,
        "n_fine_codebooks": 4,
    }
    (model / "generation_config.json").write_text(
        json.dumps(
            {
                "model_type": "bark",
                "semantic_config": semantic,
                "coarse_acoustics_config": coarse,
                "fine_acoustics_config": fine,
                "codebook_size": CODES,
                "sample_rate": 24000,
            }
        )
    )
    _presets(model)
    return folder


def _tokenizer(model):
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = ["[PAD]", "[UNK]", *LETTERS, *(f"##{letter}" for letter in LETTERS[1:26])]
    made = Tokenizer(models.WordPiece({w: n for n, w in enumerate(words)}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=made, pad_token="[PAD]", unk_token="[UNK]")
    tokenizer.save_pretrained(model)


def preset(seed):
    """Arrays of a voice."""
    rng = np.random.Generator(np.random.Philox(seed))
    return {
        "semantic_prompt": rng.integers(0, SEMANTIC, 12),
        "coarse_prompt": rng.integers(0, CODES, (2, 20)),
        "fine_prompt": rng.integers(0, CODES, (4, 20)),
    }


def _presets(model):
    folder = model / "speaker_embeddings"
    (folder / "v2").mkdir(parents=True)
    listed = {}
    for name, array in preset(1).items():
        np.save(folder / "v2" / f"en_0_{name}.npy", array)
        listed[name] = f"speaker_embeddings/v2/en_0_{name}.npy"
    (model / "speaker_embeddings_path.json").write_text(
        json.dumps({"repo_or_path": "acme/bark", "v2/en_0": listed})
    )
    np.savez(folder / "own.npz", **preset(2))
