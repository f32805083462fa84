"""The vocabulary of corpusforge: schemas, spans, ids, recipes, runs. Imports no stage."""
