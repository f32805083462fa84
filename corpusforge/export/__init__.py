"""Export: the published release folder, its card and its independent verification."""
