"""A random VITS model, small enough to be made in a test; what it says is noise."""

import json


def make(folder, speakers=1, scale=-0.7):
    """Save model and tokenizer; `scale` is added to its log durations."""
    import torch
    from transformers import VitsConfig, VitsModel, VitsTokenizer

    letters = "|'-abcdefghijklmnopqrstuvwxyz,. "
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({c: n for n, c in enumerate(letters)}))
    tokenizer = VitsTokenizer(
        str(folder / "vocab.json"), pad_token="|", unk_token="|", is_uroman=False, phonemize=False
    )
    config = VitsConfig(
        vocab_size=len(letters),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        ffn_dim=16,
        flow_size=16,
        spectrogram_bins=9,
        prior_encoder_num_flows=1,
        prior_encoder_num_wavenet_layers=1,
        posterior_encoder_num_wavenet_layers=1,
        duration_predictor_num_flows=1,
        duration_predictor_flow_bins=4,
        depth_separable_num_layers=1,
        depth_separable_channels=2,
        duration_predictor_filter_channels=16,
        upsample_initial_channel=16,
        upsample_rates=[16, 16],
        upsample_kernel_sizes=[32, 32],
        resblock_kernel_sizes=[3],
        resblock_dilation_sizes=[[1]],
        use_stochastic_duration_prediction=False,
        num_speakers=speakers,
        speaker_embedding_size=8 if speakers > 1 else 0,
        sampling_rate=16000,
    )
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(3)
        model = VitsModel(config)
        with torch.no_grad():
            model.duration_predictor.proj.bias += scale
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
