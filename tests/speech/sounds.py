"""Clips made in the test (the default voice, noise), and what is heard in them."""

import functools

import numpy as np

from corpusforge.core.seeding import rng
from corpusforge.speech.engine import Prosody
from corpusforge.speech.engines.hibari import PLUGIN as HIBARI
from corpusforge.speech.render import RATE_HZ

TEXTS = ("turn on the kitchen light", "what is the weather in Paris tomorrow", "stop the music")


@functools.cache
def said(text, speed=1.0):
    """The default voice at 16 kHz, between silence of 0.1 s."""
    import soxr

    found = HIBARI.speak(text, HIBARI.voices("en")[0], Prosody(speed=speed), rng(1, "test"))
    samples = soxr.resample(found.samples, found.rate_hz, RATE_HZ, quality="HQ")
    silence = np.zeros(RATE_HZ // 10, np.float32)
    return np.concatenate([silence, samples.astype(np.float32), silence])


def noise(seconds, level=0.1, slope=0.0):
    """Coloured noise: power falls by frequency ** slope."""
    drawn = rng(3, "noise").standard_normal(round(seconds * RATE_HZ))
    spectrum = np.fft.rfft(drawn)
    hz = np.fft.rfftfreq(drawn.size, 1 / RATE_HZ)
    spectrum *= np.maximum(hz, 20.0) ** (-slope / 2)
    colored = np.fft.irfft(spectrum, drawn.size)
    return (level * colored / np.std(colored)).astype(np.float32)


def listen(model, clips):
    """What a model hears in each clip, one clip at a time."""
    return [model.hear([clip])[0].text for clip in clips]
