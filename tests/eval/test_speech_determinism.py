"""What the study of determinism puts in place of the stage's own parts fits into the stage."""

from corpusforge.core.schema import read_table
from eval.speech.determinism import Backwards, shards_of
from tests.speech.rows import corpus, recipe, speak


def test_shards_of_one_clip_and_the_work_in_reverse_make_the_same_clips(tmp_path):
    hashes = []
    for name, size, executor in (("as it is", 64, None), ("other", 1, Backwards())):
        with shards_of(size):
            speak(tmp_path / name, corpus(3), recipe(clips=3), executor)
        table = read_table(tmp_path / name / "speech" / "clips.parquet")
        hashes.append(table["pcm_sha256"].to_pylist())
    assert len(hashes[0]) == 3
    assert hashes[0] == hashes[1]
