"""Random SeamlessM4T models of both versions, small enough to be made in a test."""

SPECIAL = ["<pad>", "<unk>", "<s>", "</s>"]
LETTERS = ["▁", *"abcdefghijklmnopqrstuvwxyz"]
LANGUAGES = ["eng", "deu"]
UNITS = 20
SHARED = {
    "t2u_vocab_size": UNITS,
    "hidden_size": 16,
    "initializer_range": 0.3,
    "encoder_layers": 1,
    "encoder_ffn_dim": 16,
    "encoder_attention_heads": 2,
    "decoder_layers": 1,
    "decoder_ffn_dim": 16,
    "decoder_attention_heads": 2,
    "speech_encoder_layers": 1,
    "speech_encoder_attention_heads": 2,
    "speech_encoder_intermediate_size": 16,
    "t2u_encoder_layers": 1,
    "t2u_encoder_ffn_dim": 16,
    "t2u_encoder_attention_heads": 2,
    "t2u_decoder_layers": 1,
    "t2u_decoder_ffn_dim": 16,
    "t2u_decoder_attention_heads": 2,
    "upsample_initial_channel": 8,
    "upsample_rates": [16, 20],
    "upsample_kernel_sizes": [32, 40],
    "resblock_kernel_sizes": [3],
    "resblock_dilation_sizes": [[1]],
    "unit_hifi_gan_vocab_size": UNITS,
    "unit_embed_dim": 8,
    "lang_embed_dim": 8,
    "spkr_embed_dim": 8,
    "vocoder_num_langs": 2,
    "vocoder_num_spkrs": 3,
}


def make(folder, second=False, whole=False, ends=True, pace=1.0, seed=None):
    """Save a model with its tokenizer.

    Args:
        folder: Where.
        second: Version 2.
        whole: The class that hears, too.
        ends: Whether the first version's units come to an end.
        pace: Log duration of a unit.
        seed: Of its weights; by default one whose units end and are all known to the vocoder.
    """
    import torch
    import transformers as hf

    vocab = [*SPECIAL, *LETTERS, *(f"__{name}__" for name in LANGUAGES)]
    tokenizer = hf.SeamlessM4TTokenizer(
        vocab={token: number for number, token in enumerate(vocab)},
        merges=[],
        src_lang="eng",
        tgt_lang="eng",
        additional_special_tokens=[f"__{name}__" for name in LANGUAGES],
    )
    version = "v2" if second else ""
    more = {"char_vocab_size": len(vocab)} if second else {}
    if second:
        more |= {"t2u_variance_predictor_embed_dim": 16, "t2u_variance_predictor_hidden_dim": 8}
    config = getattr(hf, f"SeamlessM4T{version}Config")(vocab_size=len(vocab), **SHARED, **more)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed or (2 if second else 3))
        model = getattr(hf, f"SeamlessM4T{version}ForTextToSpeech")(config)
        with torch.no_grad():
            model.vocoder.dur_predictor.proj.bias.fill_(pace)
            units = model.t2u_model.lm_head.weight
            units[0], units[1], units[3] = -units[5], -units[6], -units[7]
            if second:
                model.t2u_model.model.decoder.duration_predictor.proj.bias.fill_(pace)
            else:
                units[2] *= 1.3 if ends else 0
    if whole:
        speaks, model = model, getattr(hf, f"SeamlessM4T{version}Model")(config)
        model.load_state_dict(speaks.state_dict(), strict=False)
    settings = model.generation_config
    settings._from_model_config = False  # else transformers takes nothing of it that is not usual
    codes = {name: vocab.index(f"__{name}__") for name in LANGUAGES}
    settings.text_decoder_lang_to_code_id = codes
    settings.t2u_lang_code_to_id = {"eng": 18, "deu": 19}
    settings.vocoder_lang_code_to_id = {"eng": 0, "deu": 1}
    if second:
        settings.id_to_text = {str(number): token for number, token in enumerate(vocab)}
        settings.char_to_id = {token: number for number, token in enumerate(vocab)}
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
