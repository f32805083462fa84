"""Expanding the train rows: a conditional text GAN, novelty, agreement, provenance."""
