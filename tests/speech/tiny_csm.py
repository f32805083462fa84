"""A random Csm model with a Mimi codec, small enough to be made in a test."""

from tests.speech import tiny_codecs

CODES, BOOKS = 2, 4  # so few that one frame in eight is the last


def make(folder, known=True):
    """Save a model in folder/model, with two speakers anna and bert beside it.

    Args:
        folder: Where.
        known: Whether its codes are all known to its codec.
    """
    import torch
    from transformers import CsmConfig, CsmForConditionalGeneration

    codes = CODES if known else CODES + 1
    words = tiny_codecs.tokenizer(folder / "model", ["<audio>", "</audio>"])
    narrow = {
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "initializer_range": 0.3,
    }
    config = CsmConfig(
        num_codebooks=BOOKS,
        vocab_size=codes,
        text_vocab_size=len(words),
        codebook_pad_token_id=1,
        codebook_eos_token_id=0,
        pad_token_id=0,
        bos_token_id=2,
        audio_token_id=words.index("<audio>"),
        audio_eos_token_id=words.index("</audio>"),
        depth_decoder_config={
            "num_codebooks": BOOKS,
            "backbone_hidden_size": 16,
            "vocab_size": codes,
            "max_position_embeddings": BOOKS + 1,
            **narrow,
        },
        codec_config={
            "model_type": "mimi",
            "hidden_size": 16,
            "num_filters": 4,
            "upsampling_ratios": [8, 6, 5, 4],
            "codebook_size": CODES,
            "codebook_dim": 8,
            "vector_quantization_hidden_dimension": 8,
            "num_quantizers": BOOKS,
            "upsample_groups": 16,
            "num_hidden_layers": 1,
            "intermediate_size": 16,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
        },
        **narrow,
    )
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(3)
        model = CsmForConditionalGeneration(config)
        with torch.no_grad():
            for name, buffer in model.codec_model.named_buffers():
                if name.endswith("embed_sum"):
                    buffer.normal_()
    for settings in (model.generation_config, model.depth_decoder.generation_config):
        settings.do_sample = True
        settings._from_model_config = False  # else it is not taken for the codes of a frame
    model.save_pretrained(folder / "model")
    tiny_codecs.recording(folder, "anna", 120.0)
    tiny_codecs.recording(folder, "bert", 90.0, rate_hz=24000)
    return folder
