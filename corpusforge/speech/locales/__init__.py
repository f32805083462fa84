"""How languages say numbers with units, times and symbols: one file each, attribute `LOCALE`."""
