"""Training modes of the text GAN: one file each, see `corpusforge.expand.gan.fitting`."""
