"""Evidence on speech."""
