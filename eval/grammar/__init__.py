"""Benchmarks and checks of the grammar, beside its peers."""
