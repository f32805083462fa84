"""The report: one self-contained page to look at and listen to."""
