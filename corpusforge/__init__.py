"""Synthetic text and speech corpora: one recipe in, a publishable corpus out.

The verbs of the command line are functions of `corpusforge.api`.
"""

import os

__version__ = "0.1.0"

# From 1.32 on, onnxruntime's wheel for Linux has a telemetry thread that reports to its makers
# and draws from the C library's `rand` every few seconds. Nothing here talks to a network
# unasked, and the engine flite speaks from that `rand`: a draw of another thread in the middle of
# a clip changed it. onnxruntime reads the variable when it is imported; child processes inherit
# it. Whoever wants telemetry sets it to 0.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
