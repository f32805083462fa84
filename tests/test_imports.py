"""Light verbs stay light: what they may not import (a budget in modules, not in seconds)."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

HEAVY = [
    "torch",
    "transformers",
    "datasets",
    "sklearn",
    "scipy",
    "pandas",
    "pyarrow",
    "numpy",
    "onnxruntime",
    "soundfile",
    "soxr",
    "sentencepiece",
    "numba",
    "rich",
    "huggingface_hub",
]

CODE = """
import sys
from corpusforge.cli import main
try:
    code = main({arguments!r})
except SystemExit as stop:
    code = stop.code
assert code in (0, None), code
loaded = [m for m in {heavy!r} if m in sys.modules]
assert not loaded, loaded
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["build", "--help"],
        ["validate", "smart_home"],
        ["plugins"],
    ],
    ids=" ".join,
)
def test_light_verbs(arguments):
    code = CODE.format(arguments=arguments, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_importing_the_package_imports_next_to_nothing():
    code = "import sys, corpusforge\nprint([m for m in sys.modules if m.startswith('corpusforge')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['corpusforge']"


@pytest.mark.parametrize(("given", "told"), [(None, "1"), ("0", "0")])
def test_onnxruntime_sends_no_telemetry_unless_asked(given, told):
    code = "import os, corpusforge; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    environment = {n: v for n, v in os.environ.items() if n != "ORT_DISABLE_TELEMETRY"}
    if given is not None:
        environment["ORT_DISABLE_TELEMETRY"] = given
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.strip() == told
