"""What the readers of foreign formats share; the formats themselves are in `grammar.formats`."""
