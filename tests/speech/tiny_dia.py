"""A random Dia model with a DAC codec, small enough to be made in a test."""

from tests.speech import tiny_codecs

CODES, BOOKS = 8, 3


def make(folder, ends=True):
    """Save a model, a codec and the speakers anna and bert in `folder`.

    Args:
        folder: Where.
        ends: Whether frames can be the last.
    """
    import torch
    from transformers import (
        DacConfig,
        DacModel,
        DiaConfig,
        DiaForConditionalGeneration,
        DiaTokenizer,
    )

    narrow = {
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "initializer_range": 0.3,
    }
    config = DiaConfig(
        encoder_config={"max_position_embeddings": 256, **narrow},
        decoder_config={
            "max_position_embeddings": 2000,
            "cross_num_attention_heads": 2,
            "cross_head_dim": 8,
            "cross_num_key_value_heads": 2,
            "cross_hidden_size": 16,
            "vocab_size": CODES + 4,
            "num_channels": BOOKS,
            "pad_token_id": CODES + 1,
            "eos_token_id": CODES,
            "bos_token_id": CODES + 2,
            **narrow,
        },
        delay_pattern=[0, 2, 3],
        initializer_range=0.3,
    )
    codec = DacConfig(
        encoder_hidden_size=4,
        decoder_hidden_size=16,
        downsampling_ratios=[4, 5, 16],
        n_codebooks=BOOKS,
        codebook_size=CODES,
        codebook_dim=4,
        sampling_rate=24000,
    )
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(3)
        model = DiaForConditionalGeneration(config)
        sound = DacModel(codec)
        with torch.no_grad():
            for name, weight in sound.decoder.named_parameters():
                weight.mul_(0 if "bias" in name else 6 if "weight" in name else 1)
    settings = model.generation_config
    settings.do_sample, settings.guidance_scale, settings.top_k = True, 2.0, 6
    if not ends:
        settings.suppress_tokens = [CODES]
    model.save_pretrained(folder / "model")
    DiaTokenizer().save_pretrained(folder / "model")
    sound.save_pretrained(folder / "codec")
    tiny_codecs.recording(folder, "anna", 120.0)
    tiny_codecs.recording(folder, "bert", 90.0, rate_hz=24000)
    return folder
