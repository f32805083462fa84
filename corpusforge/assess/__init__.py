"""Does the corpus help, and when does it stop helping? Beside the row of stages; reads them all."""
