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
    from transformers import GradiumPhononTTSConfig, GradiumPhononTTSForConditionalGeneration

    words = tiny_codecs.tokenizer(
        folder / "model", list(PLACES.values()), marks=False, named=PLACES
    )
    config = GradiumPhononTTSConfig(
        audio_prompt_dim=SIZE, **tiny_pocket.narrow_model(words, PLACES)
    )
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(3)
        model = GradiumPhononTTSForConditionalGeneration(config)
        sound = tiny_pocket.codec(encoder_config=None)
        voices = {name: torch.randn(6, SIZE) for name in ("anna", "bert")}
    tiny_pocket.save(folder, model, sound, tiny_pocket.TEMPLATE.replace("<voice>", ""), ends)
    (folder / "model" / "voices").mkdir()
    for name, latents in voices.items():
        save_file({"latents": latents}, folder / "model" / "voices" / f"{name}.safetensors")
        np.save(folder / f"{name}.npy", latents[None].numpy())
    return folder
