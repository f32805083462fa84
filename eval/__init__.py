"""The project's own evidence: one command per figure, results with date, seed and versions."""
