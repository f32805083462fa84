import io
import wave

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.core.sound_files import (
    flac_comments,
    is_marked,
    synthetic_mark,
    wav_bytes,
    wav_info,
)

SOME = np.arange(-500, 500, dtype="<i2")
names = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=30)


def flac(comment=None):
    stream = io.BytesIO()
    with soundfile.SoundFile(stream, "w", 16000, 1, "PCM_16", format="FLAC") as file:
        if comment is not None:
            file.comment = comment
        file.write(SOME)
    return stream.getvalue()


@settings(deadline=None)
@given(names, st.integers(0, 40), st.sampled_from([1, 2]), st.sampled_from([8000, 16000, 48000]))
def test_other_readers_find_samples_and_mark_in_our_wav(voice, frames, channels, rate_hz):
    pcm = SOME[: frames * channels].tobytes()
    mark = synthetic_mark("espeak", voice)
    data = wav_bytes(pcm, rate_hz, mark, channels=channels)
    assert data == wav_bytes(pcm, rate_hz, mark, channels=channels)
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (
            (channels, 2, rate_hz)
        )
        assert file.readframes(1000) == pcm
    assert wav_info(data) == {"ISFT": "corpusforge", "ICMT": mark}
    assert is_marked(data)
    assert data[44 : 44 + len(pcm)] == pcm


def test_libsndfile_reads_the_mark_in_our_wav():
    data = wav_bytes(SOME.tobytes(), 16000, synthetic_mark("piper", "jöe"))
    with soundfile.SoundFile(io.BytesIO(data)) as file:
        assert file.comment == "SYNTHETIC=true engine=piper voice=jöe"
        assert file.software == "corpusforge"
        assert np.array_equal(file.read(dtype="int16"), SOME)


def test_we_read_the_mark_that_libsndfile_writes_into_flac():
    mark = synthetic_mark("hibari", "heart")
    assert f"COMMENT={mark}" in [
        c.replace("comment=", "COMMENT=") for c in flac_comments(flac(mark))
    ]
    assert is_marked(flac(mark))
    assert flac_comments(flac())[1:] == []


@pytest.mark.parametrize("comment", [None, "no mark", "not SYNTHETIC=true"])
def test_other_files_are_not_marked(comment):
    assert not is_marked(flac(comment))
    stream = io.BytesIO()
    with soundfile.SoundFile(stream, "w", 16000, 1, "PCM_16", format="WAV") as file:
        if comment is not None:
            file.comment = comment
        file.write(SOME)
    assert not is_marked(stream.getvalue())


def test_what_is_no_sound_file_is_refused():
    with pytest.raises(ValueError, match="not a FLAC file"):
        is_marked(b"ID3 something else")
    with pytest.raises(ValueError, match="not a WAV file"):
        wav_info(b"RIFF????AVI ")
    marked = flac(synthetic_mark("hibari", "heart"))
    with pytest.raises(ValueError, match="cut off"):
        is_marked(marked[: marked.index(b"SYNTHETIC") + 3])
