"""What counts as audio that a render made."""

import numpy as np
import soundfile

from eval.speech.throughput import flac_seconds


def test_a_clip_counts_once_though_the_cache_holds_it_too(tmp_path):
    for folder in ("clips", ".corpusforge/cache/clips"):
        (tmp_path / folder).mkdir(parents=True)
        soundfile.write(tmp_path / folder / "a.flac", np.zeros(8000), 16000)
    assert flac_seconds(tmp_path) == 0.5
