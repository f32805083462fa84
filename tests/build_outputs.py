"""What a build leaves behind, for tests of whole builds."""

import hashlib
import json

from corpusforge.core.schema import read_table

NO_GAN = ["expand.rows=0"]


def digests(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def outputs(run):
    """What the user takes away: release and report."""
    return digests(run / "release") | {
        "report.html": hashlib.sha256((run / "report.html").read_bytes()).hexdigest()
    }


def clean_rows(run):
    stages = json.loads((run / "manifest.json").read_text())["stages"]
    key = next(entry["key"] for entry in stages if entry["stage"] == "clean")
    return read_table(run / "stages" / f"clean-{key}" / "utterances.parquet").to_pylist()
