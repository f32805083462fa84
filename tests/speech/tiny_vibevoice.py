"""A random VibeVoice model, small enough to be made in a test."""

from tests.speech import tiny_codecs

PLACES = {"audio_bos_token": "<begin>", "audio_eos_token": "<end>", "audio_token": "<sound>"}
# As that of the real model, in its letters: the voice, the text, where the sound begins.
TEMPLATE = (
    "voice{% for message in messages %}{% for item in message.content %}"
    "{% if item.type == 'audio' %}[{{ message.role }}]<begin><sound><end>{% endif %}"
    "{% endfor %}{% endfor %} text{% for message in messages %}{% for item in message.content %}"
    "{% if item.type == 'text' %}[{{ message.role }}]{{ item.text }}{% endif %}"
    "{% endfor %}{% endfor %} speech<begin>"
)
SIZE = 8


def make(folder, schedule=None):
    """Save a model and the speakers anna and bert in `folder`.

    Args:
        folder: Where.
        schedule: Settings of its noise, by their name in generation_config.json.
    """
    import torch
    from transformers import (
        AutoTokenizer,
        VibeVoiceAcousticTokenizerFeatureExtractor,
        VibeVoiceConfig,
        VibeVoiceForConditionalGeneration,
        VibeVoiceProcessor,
    )

    words = tiny_codecs.tokenizer(
        folder / "model", list(PLACES.values()), marks=False, named=PLACES
    )
    codec = {
        "kernel_size": 3,
        "num_filters": 4,
        "downsampling_ratios": [8, 10, 10],
        "depths": [1, 1, 1, 1],
        "ffn_expansion": 2,
        "layer_scale_init_value": 0.5,
        "initializer_range": 0.3,
    }
    config = VibeVoiceConfig(
        audio_config={"model_type": "vibevoice_acoustic_tokenizer", "hidden_size": SIZE, **codec},
        semantic_model_config={
            "model_type": "vibevoice_acoustic_tokenizer_encoder",
            "hidden_size": 12,
            **codec,
        },
        text_config={
            "model_type": "qwen2",
            "vocab_size": len(words),
            "hidden_size": 16,
            "intermediate_size": 16,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
            "max_position_embeddings": 1000,
            "initializer_range": 0.3,
            "pad_token_id": 0,
            "eos_token_id": 3,
            "bos_token_id": None,
        },
        diffusion_head_config={
            "num_hidden_layers": 1,
            "intermediate_size": 16,
            "frequency_embedding_size": 16,
            "initializer_range": 0.3,
        },
        pad_token_id=0,
        eos_token_id=3,
        initializer_range=0.3,
        **{f"{name}_id": words.index(token) for name, token in PLACES.items()},
    )
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(33)
        model = VibeVoiceForConditionalGeneration(config)
    settings = model.generation_config
    settings._from_model_config = False
    settings.guidance_scale = 1.3
    settings.noise_scheduler_class = "DPMSolverMultistepScheduler"
    settings.noise_scheduler_config = {
        "beta_schedule": "squaredcos_cap_v2",
        "prediction_type": "v_prediction",
    }
    for name, value in (schedule or {}).items():
        setattr(settings, name, value)
    model.save_pretrained(folder / "model")
    processor = VibeVoiceProcessor(
        VibeVoiceAcousticTokenizerFeatureExtractor(pad_to_multiple_of=800),
        AutoTokenizer.from_pretrained(folder / "model"),
        chat_template=TEMPLATE,
        **PLACES,
    )
    processor.save_pretrained(folder / "model")
    tiny_codecs.recording(folder, "anna", 120.0)
    tiny_codecs.recording(folder, "bert", 90.0, rate_hz=24000)
    return folder
