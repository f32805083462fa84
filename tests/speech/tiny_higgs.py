"""A random Higgs Audio v2 model with its codec, small enough to be made in a test."""

from math import log2

from tests.speech import tiny_codecs

CODES, BOOKS = 8, 3
RATE_HZ, HOP = 24000, 480
NAMED = {
    "audio_token": "<sound>",
    "audio_bos_token": "<begin>",
    "audio_eos_token": "<end>",
    "audio_delay_token": "<delay>",
}
# As that of the real model: who says it in <>, a sound between <begin> and <end>.
TEMPLATE = (
    "<s>{% for message in messages %}<{{ message.role }}>"
    "{% for item in message.content %}{% if item.type == 'audio' %}<begin><sound><end>"
    "{% else %}{{ item.text }}{% endif %}{% endfor %}<turn>{% endfor %}"
    "{% if add_generation_prompt %}<assistant><begin>{% endif %}"
)
ROLES = ["<system>", "<scene>", "<user>", "<assistant>", "<turn>"]


def make(folder, codes=CODES):
    """Save a model, a codec and the speakers anna and bert in `folder`.

    Args:
        folder: Where.
        codes: How many it has for each place of a frame, and two for begin and end.
    """
    import torch
    from transformers import (
        HiggsAudioV2Config,
        HiggsAudioV2ForConditionalGeneration,
        HiggsAudioV2TokenizerConfig,
        HiggsAudioV2TokenizerModel,
    )

    words = tiny_codecs.tokenizer(
        folder / "model", [*NAMED.values(), *ROLES], marks=False, named=NAMED
    )
    config = HiggsAudioV2Config(
        vocab_size=len(words),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=8,
        initializer_range=0.3,
        pad_token_id=0,
        bos_token_id=2,
        eos_token_id=words.index("<turn>"),
        num_codebooks=BOOKS,
        codebook_size=codes + 2,
        audio_token_id=words.index("<sound>"),
        audio_bos_token_id=words.index("<begin>"),
        audio_delay_token_id=words.index("<delay>"),
        audio_stream_bos_id=codes,
        audio_stream_eos_id=codes + 1,
    )
    codec = HiggsAudioV2TokenizerConfig(
        target_bandwidths=[RATE_HZ / HOP * (BOOKS + 0.5) * log2(codes) / 1000],
        codebook_size=codes,
        codebook_dim=4,
        acoustic_model_config={
            "model_type": "dac",
            "encoder_hidden_size": 4,
            "decoder_hidden_size": 16,
            "hidden_size": 16,
            "downsampling_ratios": [8, 5, 4, 3],
            "upsampling_ratios": [8, 5, 4, 3],
        },
        semantic_model_config={
            "model_type": "hubert",
            "hidden_size": 16,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "intermediate_size": 16,
            "conv_dim": [4] * 7,
            "num_conv_pos_embeddings": 4,
            "num_conv_pos_embedding_groups": 2,
            "mask_time_prob": 0.0,
        },
    )
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(3)
        model = HiggsAudioV2ForConditionalGeneration(config)
        sound = HiggsAudioV2TokenizerModel(codec)
        with torch.no_grad():
            for part in (sound.acoustic_encoder, sound.acoustic_decoder):
                for name, weight in part.named_parameters():
                    weight.mul_(0 if "bias" in name else 6 if "weight" in name else 1)
            for level in sound.quantizer.quantizers:
                level.project_in.weight.mul_(4)
                level.codebook.embed.normal_()
    settings = model.generation_config
    settings.do_sample = True
    settings._from_model_config = False
    model.save_pretrained(folder / "model")
    (folder / "model" / "chat_template.jinja").write_text(TEMPLATE)
    sound.save_pretrained(folder / "codec")
    tiny_codecs.recording(folder, "anna", 120.0)
    tiny_codecs.recording(folder, "bert", 90.0, rate_hz=24000)
    return folder
