"""The text GAN: generator, discriminator, training and constrained decoding.

These modules import torch at their top; only the plug-in file `generators/gan.py` and code
that already needs a model import them, inside functions.
"""
