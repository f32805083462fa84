"""A random Pocket TTS model with its codec, small enough to be made in a test."""

from tests.speech import tiny_codecs

PLACES = {
    "audio_prompt_token": "<prompt>",
    "audio_latent_token": "<latent>",
    "audio_prompt_bos_token": "<voice>",
    "audio_bos_token": "<sound>",
}
TEMPLATE = (
    "{% for item in messages[0].content %}{% if item.type == 'audio' %}<voice><prompt>"
    "{% else %}{{ item.text }}{% endif %}{% endfor %}<sound>"
)
SIZE = 8
NARROW = {"num_hidden_layers": 1, "num_attention_heads": 2, "initializer_range": 0.3}


def narrow_model(words, places):
    """Settings of a model that makes latents for `codec`.

    Args:
        words: Of its tokenizer.
        places: Name of a token's setting, without _id -> the token.
    """
    return {
        "vocab_size": len(words),
        "hidden_size": 16,
        "intermediate_size": 16,
        "latent_dim": SIZE,
        "pad_token_id": 0,
        "flow_head_config": {
            "hidden_size": 16,
            "num_hidden_layers": 1,
            "latent_dim": SIZE,
            "condition_dim": 16,
            "frequency_embedding_size": 16,
        },
        **{f"{name}_id": words.index(token) for name, token in places.items()},
        **NARROW,
    }


def codec(**more):
    """A codec with random weights."""
    from transformers import PocketTTSAudioTokenizerConfig, PocketTTSAudioTokenizerModel

    config = PocketTTSAudioTokenizerConfig(
        hidden_size=16,
        num_filters=4,
        upsample_groups=16,
        intermediate_size=16,
        num_key_value_heads=2,
        latent_dim=SIZE,
        **NARROW,
        **more,
    )
    return PocketTTSAudioTokenizerModel(config)


def save(folder, model, sound, template, ends):
    """Save a model that draws its frames, its chat template, and its codec."""
    settings = model.generation_config
    settings._from_model_config = False
    settings.do_sample = True
    settings.temperature = 0.7
    settings.eos_threshold = 1.0 if ends else 1e9
    model.save_pretrained(folder / "model")
    (folder / "model" / "chat_template.jinja").write_text(template)
    sound.save_pretrained(folder / "codec")


def make(folder, ends=True):
    """Save a model, a codec and the speakers anna and bert in `folder`.

    Args:
        folder: Where.
        ends: Whether frames can be the last.
    """
    import torch
    from transformers import PocketTTSConfig, PocketTTSForConditionalGeneration

    words = tiny_codecs.tokenizer(
        folder / "model", list(PLACES.values()), marks=False, named=PLACES
    )
    config = PocketTTSConfig(**narrow_model(words, PLACES))
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(3)
        model = PocketTTSForConditionalGeneration(config)
        sound = codec()
    save(folder, model, sound, TEMPLATE, ends)
    tiny_codecs.recording(folder, "anna", 120.0)
    tiny_codecs.recording(folder, "bert", 90.0, rate_hz=24000)
    return folder
