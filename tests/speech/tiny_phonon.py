"""A random Phonon model with its codec, small enough to be made in a test."""

import numpy as np

from tests.speech import tiny_codecs, tiny_pocket

PLACES = {
    "audio_prompt_token": "<prompt>",
    "audio_latent_token": "<latent>",
    "audio_bos_token": "<sound>",
}
SIZE = 12  # of a frame of a voice


def make(folder, ends=True):
    """Save a model with the voices anna and bert, and a codec that only decodes, in `folder`.

    Args:
        folder: Where.
        ends: Whether frames can be the last.
    """
    import torch
    from safetensors.torch import save_file
    from transformers import (
        GradiumPhononTTSConfig,
        GradiumPhononTTSForConditionalGeneration,
        PocketTTSAudioTokenizerConfig,
        PocketTTSAudioTokenizerModel,
    )

    words = tiny_codecs.tokenizer(
        folder / "model", list(PLACES.values()), marks=False, named=PLACES
    )
    narrow = {"num_hidden_layers": 1, "num_attention_heads": 2, "initializer_range": 0.3}
    config = GradiumPhononTTSConfig(
        vocab_size=len(words),
        hidden_size=16,
        intermediate_size=16,
        latent_dim=tiny_pocket.SIZE,
        audio_prompt_dim=SIZE,
        pad_token_id=0,
        flow_head_config={
            "hidden_size": 16,
            "num_hidden_layers": 1,
            "latent_dim": tiny_pocket.SIZE,
            "condition_dim": 16,
            "frequency_embedding_size": 16,
        },
        **{f"{name}_id": words.index(token) for name, token in PLACES.items()},
        **narrow,
    )
    codec = PocketTTSAudioTokenizerConfig(
        hidden_size=16,
        num_filters=4,
        upsample_groups=16,
        intermediate_size=16,
        num_key_value_heads=2,
        latent_dim=tiny_pocket.SIZE,
        encoder_config=None,
        **narrow,
    )
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(3)
        model = GradiumPhononTTSForConditionalGeneration(config)
        sound = PocketTTSAudioTokenizerModel(codec)
        voices = {name: torch.randn(6, SIZE) for name in ("anna", "bert")}
    settings = model.generation_config
    settings._from_model_config = False
    settings.do_sample = True
    settings.temperature = 0.7
    settings.eos_threshold = 1.0 if ends else 1e9
    model.save_pretrained(folder / "model")
    (folder / "model" / "chat_template.jinja").write_text(
        tiny_pocket.TEMPLATE.replace("<voice>", "")
    )
    sound.save_pretrained(folder / "codec")
    (folder / "model" / "voices").mkdir()
    for name, latents in voices.items():
        save_file({"latents": latents}, folder / "model" / "voices" / f"{name}.safetensors")
        np.save(folder / f"{name}.npy", latents[None].numpy())
    return folder
