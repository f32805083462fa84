"""Cleaning: duplicates, label conflicts, broken slots, near copies across splits, bias figures."""
