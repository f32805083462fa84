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
(int32), number of bytes (uint32), bytes: when the status is OK the number of word events
(uint32), each with the place of the word in the text (int32, code points, from 0) and the sample
that it starts at (int32), then 16-bit mono PCM; else a message in UTF-8, which never holds any of
the text.
"""

import ctypes
import json
import os
import re
import signal
import struct
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

# Values of espeak-ng's speak_lib.h (API revision 12 and later).
AUDIO_OUTPUT_SYNCHRONOUS = 2
INITIALIZE_DONT_EXIT = 0x8000
CHARS_UTF8 = 1
PARAMETER_RATE = 1
POSITION_CHARACTER = 1
INITIALIZE_PHONEME_EVENTS = 1
PHONEMES_PARTED = ord("|") << 8
EVENT_LIST_TERMINATED = 0
EVENT_WORD = 1
EVENT_PHONEME = 7

OK, UNKNOWN_VOICE, FAILED, TOO_LONG, CRASHED = range(5)
HEADER = struct.Struct("<IiI")
RATE = struct.Struct("<i")
COUNT = struct.Struct("<I")
WORD = struct.Struct("<ii")


class UnknownVoiceError(Exception):
    """The library does not have the voice."""


class Event(ctypes.Structure):
    """`espeak_EVENT` of speak_lib.h."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),  # characters, from 1
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),  # milliseconds
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


def word_starts(
    text: str,
    events: Sequence[tuple[int, int, int, str]],
    first_phoneme: Callable[[str], str],
) -> list[tuple[int, int]]:
    """(place in the text, sample) of each word that can be told apart.

    Args:
        text: What was said.
        events: (type, text_position, sample, name) in the order of the library.
        first_phoneme: Of a word.
    """
    words: list[tuple[int, int, list[tuple[int, str]]]] = []
    last, early = -1, False
    for kind, position, sample, name in events:
        if kind == EVENT_WORD:
            words.append((position - 1, sample, []))
            early = sample == last
        elif kind == EVENT_PHONEME and words:
            phonemes = words[-1][2]
            if not phonemes and early:
                # The event came with the phoneme before it, which was still to be heard.
                words[-1] = (words[-1][0], sample, phonemes)
            phonemes.append((sample, name.lstrip("',%=")))
            last = -1 if name.startswith("_") else sample
    starts = [(place, sample) for place, sample, _ in words]
    previous: list[list[tuple[int, str]]] = []
    for piece in re.finditer(r"\S+", text):
        inside = [phonemes for place, _, phonemes in words if piece.start() <= place < piece.end()]
        if not inside and len(previous) == 1:
            # Two words said as one ("in the"): the second starts with its first phoneme.
            wanted = first_phoneme(piece.group())
            found = [sample for sample, name in previous[0][1:] if name == wanted]
            if len(found) == 1:
                starts.append((piece.start(), found[0]))
        previous = inside
    return sorted(starts)


def first_phoneme_of(library: ctypes.CDLL, word: str) -> str:
    """Mnemonic of the first phoneme of a word, without stress."""
    buffer = ctypes.create_string_buffer(word.encode() + b"\0")
    place = ctypes.c_void_p(ctypes.addressof(buffer))
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    said = library.espeak_TextToPhonemes(ctypes.byref(place), CHARS_UTF8, PHONEMES_PARTED)
    return (said or b"").decode().split("|")[0].lstrip("',%=")


def speak(library: ctypes.CDLL, request: dict[str, Any]) -> bytes:
    """Word starts and samples for one request; runs in a child and ends with it."""
    chunks: list[bytes] = []
    told: list[tuple[int, int, int, str]] = []
    callback_type = ctypes.CFUNCTYPE(
        ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event)
    )

    def collect(samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            chunks.append(ctypes.string_at(samples, 2 * count))
        index = 0
        while events and events[index].type != EVENT_LIST_TERMINATED:
            event = events[index]
            told.append(
                (event.type, event.text_position, event.sample, event.id.decode("utf-8", "replace"))
            )
            index += 1
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
    # Only now: whatever the library is asked changes what it says next.
    words = word_starts(request["text"], told, lambda word: first_phoneme_of(library, word))
    packed = b"".join(WORD.pack(*word) for word in words)
    return COUNT.pack(len(words)) + packed + b"".join(chunks)


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
        AUDIO_OUTPUT_SYNCHRONOUS,
        0,
        data_path.encode(),
        INITIALIZE_DONT_EXIT | INITIALIZE_PHONEME_EVENTS,
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
