"""Evidence for the text GAN."""
