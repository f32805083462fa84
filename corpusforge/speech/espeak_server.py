"""The child process of the engine espeak: loads the library once, forks once per clip.

espeak-ng carries state from one text to the next (the same text gives other samples after
another one), so every clip is made in a child forked from a process that has never spoken. It
also seeds the breath noise of its voices from the clock (`espeak_srand(time(NULL))` in
speech.c, `espeak_Initialize`), so the child sets the seed of its clip first. Forking is safe
here because this process has one thread: it imports nothing but the standard library and is
started with `python -I -S espeak_server.py LIBRARY DATA`.

Standard input: one JSON object per line {"number", "text", "voice", "rate_wpm", "seed",
"limit_s", "wall_s"}: seconds of CPU time and of wall clock.
Standard output: first the sampling rate (int32), then per request its number (uint32), status
(int32), number of bytes (uint32), bytes: 16-bit mono PCM when the status is OK, else a message
in UTF-8, which never holds any of the text.
"""

import ctypes
import json
import os
import signal
import struct
import sys
from typing import Any, NoReturn

# Values of espeak-ng's speak_lib.h (API revision 12 and later).
AUDIO_OUTPUT_SYNCHRONOUS = 2
INITIALIZE_DONT_EXIT = 0x8000
CHARS_UTF8 = 1
PARAMETER_RATE = 1
POSITION_CHARACTER = 1

OK, UNKNOWN_VOICE, FAILED, TOO_LONG, CRASHED = range(5)
HEADER = struct.Struct("<IiI")
RATE = struct.Struct("<i")


class UnknownVoiceError(Exception):
    """The library does not have the voice."""


def speak(library: ctypes.CDLL, request: dict[str, Any]) -> bytes:
    """Samples for one request; runs in a child and ends with it."""
    chunks: list[bytes] = []
    callback_type = ctypes.CFUNCTYPE(
        ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
    )

    def collect(samples: Any, count: int, _events: Any) -> int:
        if samples and count > 0:
            chunks.append(ctypes.string_at(samples, 2 * count))
        return 0

    callback = callback_type(collect)
    library.espeak_SetSynthCallback(callback)
    if library.espeak_SetVoiceByName(request["voice"].encode()) != 0:
        raise UnknownVoiceError
    library.espeak_ng_SetRandSeed(ctypes.c_long(request["seed"]))
    # The synthesizer behind some voices (speechPlayer) draws from the C library instead.
    ctypes.CDLL(None).srand(ctypes.c_uint(request["seed"]))
    library.espeak_SetParameter(PARAMETER_RATE, int(request["rate_wpm"]), 0)
    text = request["text"].encode() + b"\0"
    buffer = ctypes.create_string_buffer(text, len(text))
    status = library.espeak_Synth(
        buffer, ctypes.c_size_t(len(text)), 0, POSITION_CHARACTER, 0, CHARS_UTF8, None, None
    )
    if status != 0:
        raise RuntimeError(f"espeak_Synth failed with status {status}")
    library.espeak_Synchronize()
    return b"".join(chunks)


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def child(library: ctypes.CDLL, request: dict[str, Any], descriptor: int) -> NoReturn:
    """Speak, write one status byte and the answer, and end without any cleaning up."""
    # The default action of both signals ends the child even inside of a library call that hangs.
    # The limit is CPU time, so that a busy machine drops no clip; the clock is for a true hang.
    for limit in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(limit, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, float(request["limit_s"]))
    signal.setitimer(signal.ITIMER_REAL, float(request["wall_s"]))
    try:
        answer = bytes([OK]) + speak(library, request)
    except UnknownVoiceError:
        answer = bytes([UNKNOWN_VOICE])
    except Exception as error:
        # The name alone: messages of encoding errors quote the text.
        answer = bytes([FAILED]) + type(error).__name__.encode()
    write_all(descriptor, answer)
    os._exit(0)


def answer_of(library: ctypes.CDLL, request: dict[str, Any]) -> tuple[int, bytes]:
    """Fork, collect, and say what happened."""
    reader, writer = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reader)
        child(library, request, writer)
    os.close(writer)
    parts: list[bytes] = []
    while part := os.read(reader, 1 << 16):
        parts.append(part)
    os.close(reader)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    answer = b"".join(parts)
    if code == -signal.SIGPROF:
        return TOO_LONG, f"longer than {request['limit_s']:g} s of CPU time".encode()
    if code == -signal.SIGALRM:
        return TOO_LONG, f"longer than {request['wall_s']:g} s".encode()
    if code < 0:
        return CRASHED, signal.Signals(-code).name.encode()
    if code > 0 or not answer:
        return CRASHED, f"it ended with status {code} and no answer".encode()
    return answer[0], answer[1:]


def main(library_path: str, data_path: str) -> int:
    """Serve until standard input ends, which it does when the parent is gone."""
    # Whatever the library prints must not get between the answers.
    output = os.dup(1)
    os.dup2(2, 1)
    library = ctypes.CDLL(library_path)
    library.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]
    rate = library.espeak_Initialize(
        AUDIO_OUTPUT_SYNCHRONOUS, 0, data_path.encode(), INITIALIZE_DONT_EXIT
    )
    write_all(output, RATE.pack(rate))
    if rate <= 0:
        return 1
    for line in sys.stdin.buffer:
        request = json.loads(line)
        status, answer = answer_of(library, request)
        write_all(output, HEADER.pack(request["number"], status, len(answer)) + answer)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
