"""The evidence on the chain: what is cheap enough to be measured in a test."""

import pytest

pytest.importorskip("soxr")
pytest.importorskip("torch")


def test_no_alias_is_above_100_db_on_either_path():
    try:
        import torchaudio.transforms  # noqa: F401
    except (ImportError, OSError, RuntimeError) as error:
        pytest.skip(f"torchaudio cannot be loaded: {error}")
    from eval.speech import acoustics

    found = acoustics.aliases()
    paths = {
        f"{rate_hz} to 16000 Hz{path}"
        for rate_hz in (22050, 24000, 44100, 48000)
        for path in ("", ", tensors")
    }
    assert paths < set(found)
    assert max(found.values()) <= -100
