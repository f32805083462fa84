"""Speech engines: one file each, module attribute `PLUGIN`; the contract is in `speech.engine`."""
