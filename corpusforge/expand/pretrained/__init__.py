"""The generator on top of a pretrained causal language model, and its discriminator.

The model is shown a list of utterances of one intent and writes one more. A LoRA adapter,
trained once on lists of other intents, teaches it to stay on the intent of the list
(meta-training), so that intents it has never seen work from a name and a few exemplars.
These modules import torch at their top, as those of `corpusforge.expand.gan` do.
"""
