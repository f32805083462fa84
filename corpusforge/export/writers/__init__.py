"""Writers, one file each: the published rows in one file format."""
