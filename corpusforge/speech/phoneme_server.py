"""A process that reads texts to phonemes with espeak-ng and speaks nothing.

Started with `python -I -S phoneme_server.py LIBRARY DATA`; standard input: one JSON object
{"voice", "texts"}; standard output: one JSON array with one array of clauses per text, as
`espeak_TextToPhonemes` gives them (IPA, phonemes parted by "|", words by spaces), or an object
{"error"}. A process of its own because the library keeps global state and may crash.
"""

import ctypes
import json
import sys
from typing import Any

# Values of espeak-ng's speak_lib.h.
AUDIO_OUTPUT_SYNCHRONOUS = 2
INITIALIZE_DONT_EXIT = 0x8000
CHARS_UTF8 = 1
PHONEMES_IPA = 0x02
SEPARATOR = ord("|") << 8


def clauses(library: ctypes.CDLL, text: str) -> list[str]:
    """Phonemes of each clause of a text."""
    buffer = ctypes.create_string_buffer(text.encode() + b"\0")
    place = ctypes.c_void_p(ctypes.addressof(buffer))
    found = []
    while place.value:
        said = library.espeak_TextToPhonemes(
            ctypes.byref(place), CHARS_UTF8, PHONEMES_IPA | SEPARATOR
        )
        found.append((said or b"").decode())
    return found


def main(library_path: str, data_path: str) -> int:
    """Answer one request."""
    request: dict[str, Any] = json.load(sys.stdin)
    library = ctypes.CDLL(library_path)
    library.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    library.espeak_TextToPhonemes.argtypes = [
        ctypes.POINTER(ctypes.c_void_p),
        ctypes.c_int,
        ctypes.c_int,
    ]
    library.espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, data_path.encode(), INITIALIZE_DONT_EXIT)
    answer: Any
    if library.espeak_SetVoiceByName(request["voice"].encode()) != 0:
        answer = {"error": "voice"}
    else:
        answer = [clauses(library, text) for text in request["texts"]]
    json.dump(answer, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
