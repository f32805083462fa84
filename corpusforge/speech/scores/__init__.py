"""What the audio gate measures on finished clips: speech heard, words heard, quality."""
