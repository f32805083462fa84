"""Random SpeechT5 and FastSpeech2 models with their vocoders, small enough to be made in a test."""

import json
import sys

import numpy as np

SMALL = {
    "upsample_initial_channel": 8,
    "upsample_rates": [16, 16],
    "upsample_kernel_sizes": [32, 32],
    "resblock_kernel_sizes": [3],
    "resblock_dilation_sizes": [[1]],
    "initializer_range": 0.3,
}


def speecht5(folder, ends=True):
    """A model (folder/model), a vocoder (folder/vocoder), two speakers (a.npy, b.npy)."""
    import sentencepiece
    import torch
    from transformers import (
        SpeechT5Config,
        SpeechT5ForTextToSpeech,
        SpeechT5HifiGan,
        SpeechT5HifiGanConfig,
        SpeechT5Tokenizer,
    )

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "text.txt").write_text("abc def ghi jkl mno pqr stu vwx yz\n" * 3)
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "text.txt"),
        model_prefix=str(folder / "chars"),
        model_type="char",
        vocab_size=40,
        hard_vocab_limit=False,
        bos_id=0,
        pad_id=1,
        eos_id=2,
        unk_id=3,
        minloglevel=3,
    )
    tokenizer = SpeechT5Tokenizer(str(folder / "chars.model"))
    config = SpeechT5Config(
        vocab_size=len(tokenizer),
        hidden_size=16,
        encoder_layers=1,
        encoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_layers=1,
        decoder_attention_heads=2,
        decoder_ffn_dim=16,
        num_mel_bins=8,
        speech_decoder_prenet_units=16,
        speaker_embedding_dim=4,
        speech_decoder_postnet_layers=2,
        speech_decoder_postnet_units=16,
    )
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(3)
        model = SpeechT5ForTextToSpeech(config)
        with torch.no_grad():
            model.speech_decoder_postnet.prob_out.bias.fill_(-4.5 if ends else -30.0)
            model.speech_decoder_postnet.prob_out.weight.mul_(40 if ends else 0)
        vocoder = SpeechT5HifiGan(SpeechT5HifiGanConfig(model_in_dim=8, **SMALL))
    model.save_pretrained(folder / "model")
    tokenizer.save_pretrained(folder / "model")
    vocoder.save_pretrained(folder / "vocoder")
    for name, values in {"a": [1, 0, 0, 1], "b": [-1, 2, 1, 0]}.items():
        np.save(folder / f"{name}.npy", np.array(values, np.float32))
    return folder


def fastspeech2(folder, whole=True, pace=2.0):
    """A model (folder/model) with its vocoder inside or (folder/vocoder) beside it."""
    import torch
    from transformers import (
        FastSpeech2ConformerConfig,
        FastSpeech2ConformerHifiGan,
        FastSpeech2ConformerHifiGanConfig,
        FastSpeech2ConformerModel,
        FastSpeech2ConformerWithHifiGan,
        FastSpeech2ConformerWithHifiGanConfig,
    )

    tokens = ["<blank>", "<unk>", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ", " ", "<sos/eos>"]
    own = FastSpeech2ConformerConfig(
        vocab_size=len(tokens),
        hidden_size=16,
        num_mel_bins=8,
        encoder_layers=1,
        encoder_linear_units=16,
        decoder_layers=1,
        decoder_linear_units=16,
        speech_decoder_postnet_layers=2,
        speech_decoder_postnet_units=16,
        duration_predictor_channels=16,
        energy_predictor_channels=16,
        pitch_predictor_channels=16,
        num_speakers=2,
    )
    heard = FastSpeech2ConformerHifiGanConfig(model_in_dim=8, **SMALL)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(3)
        if whole:
            both = FastSpeech2ConformerWithHifiGanConfig(
                model_config=own.to_dict(), vocoder_config=heard.to_dict()
            )
            model = FastSpeech2ConformerWithHifiGan(both)
            spoken = model.model
        else:
            model = spoken = FastSpeech2ConformerModel(own)
            FastSpeech2ConformerHifiGan(heard).save_pretrained(folder / "vocoder")
        with torch.no_grad():
            spoken.duration_predictor.linear.bias.fill_(pace)
    model.save_pretrained(folder / "model")
    (folder / "model" / "vocab.json").write_text(json.dumps({t: n for n, t in enumerate(tokens)}))
    (folder / "model" / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "FastSpeech2ConformerTokenizer"})
    )
    return folder


def letters_for_phonemes(folder, monkeypatch):
    """Put a package g2p_en on the path whose phonemes are letters; the real one is not here."""
    from transformers.utils.import_utils import BACKENDS_MAPPING

    (folder / "g2p_en").mkdir(parents=True)
    (folder / "g2p_en" / "__init__.py").write_text(
        "class G2p:\n    def __call__(self, text):\n        return list(text)\n"
    )
    monkeypatch.syspath_prepend(str(folder))
    # transformers remembers for good whether the package was there when it was first asked.
    monkeypatch.setitem(BACKENDS_MAPPING, "g2p_en", (lambda: True, ""))
    monkeypatch.setitem(sys.modules, "g2p_en", None)  # so that it is forgotten afterwards
    del sys.modules["g2p_en"]
