"""SHA256SUMS of a folder, as `sha256sum -c` reads it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from corpusforge.core.run import write_bytes

__all__ = ["CHECKSUMS", "checksum", "write_checksums"]

CHECKSUMS = "SHA256SUMS"


def checksum(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_checksums(folder: Path) -> Path:
    """SHA256SUMS over all files below a folder, sorted by name."""
    names = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path != folder / CHECKSUMS
    )
    lines = [f"{checksum(folder / name)}  {name}\n" for name in names]
    write_bytes("".join(lines).encode(), folder / CHECKSUMS)
    return folder / CHECKSUMS
