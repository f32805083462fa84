"""How text becomes the words that are said: the rules of `speech.verbalise`, by kind."""
