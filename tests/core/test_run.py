from __future__ import annotations

import pytest

from corpusforge.core.errors import InputError
from corpusforge.core.run import Cache, RunFolder, canonical_json, stage_key


def test_a_stage_key_changes_with_all_that_shapes_bytes():
    base = ("grammar", 1, {"numpy": "2"}, {"rows": 5}, {"grammar": "a"})
    keys = {
        stage_key(*base),
        stage_key("expand", *base[1:]),
        stage_key(base[0], 2, *base[2:]),
        stage_key(*base[:2], {"numpy": "3"}, *base[3:]),
        stage_key(*base[:3], {"rows": 6}, base[4]),
        stage_key(*base[:4], {"grammar": "b"}),
    }
    assert len(keys) == 6
    assert stage_key(*base) == stage_key(*base)


def test_canonical_json_does_not_depend_on_order():
    assert (
        canonical_json({"b": 1, "a": "ä"})
        == canonical_json({"a": "ä", "b": 1})
        == '{"a":"ä","b":1}'
    )


def test_another_recipe_is_refused_and_nothing_is_touched(tmp_path):
    run = RunFolder(tmp_path / "corpus")
    with run.claim("one"):
        pass
    before = sorted(p.name for p in run.path.iterdir())
    with (
        pytest.raises(InputError, match="holds the corpus of recipe 'one', not of 'two'"),
        run.claim("two"),
    ):
        pass
    assert sorted(p.name for p in run.path.iterdir()) == before


def test_a_folder_with_other_things_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with (
        pytest.raises(InputError, match="not empty and is not a corpusforge run"),
        RunFolder(tmp_path).claim("x"),
    ):
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_two_runs_at_once_are_refused(tmp_path):
    run = RunFolder(tmp_path / "c")
    with (
        run.claim("x"),
        pytest.raises(InputError, match="another run is working"),
        RunFolder(run.path).claim("x"),
    ):
        pass


def test_a_failed_stage_leaves_no_folder(tmp_path):
    run = RunFolder(tmp_path)
    with pytest.raises(ZeroDivisionError), run.working_folder("grammar", "k") as folder:
        (folder / "x").write_text("half")
        raise ZeroDivisionError
    assert list((tmp_path / "stages").iterdir()) == []
    assert run.finished("grammar", "k") is None


def test_a_stage_counts_only_with_its_entry(tmp_path):
    run = RunFolder(tmp_path)
    with run.working_folder("grammar", "k") as folder:
        (folder / "x").write_text("whole")
        final = run.finish("grammar", "k", folder, {"stage": "grammar"})
    assert run.finished("grammar", "k") == {"stage": "grammar"}
    (final / "stage.json").write_text('{"stage": "gram')
    assert run.finished("grammar", "k") is None


@pytest.mark.parametrize("killed_after", ["old moved away", "new in place"])
def test_a_swap_killed_in_its_middle_is_recovered(tmp_path, killed_after):
    run = RunFolder(tmp_path)
    old = run.release.with_name(".release.old")
    old.mkdir()
    (old / "a").write_text("old")
    if killed_after == "new in place":
        run.release.mkdir()
        (run.release / "a").write_text("new")
    run.recover()
    assert not old.exists()
    assert (run.release / "a").read_text() == ("old" if killed_after == "old moved away" else "new")


def test_publish_replaces_whole(tmp_path):
    run = RunFolder(tmp_path)
    run.release.mkdir()
    (run.release / "stale").write_text("x")
    source = tmp_path / "s"
    source.mkdir()
    (source / "fresh").write_text("y")
    run.publish(source, run.release)
    assert [p.name for p in run.release.iterdir()] == ["fresh"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["release"]


def test_cache_files_and_folders(tmp_path):
    cache = Cache(tmp_path)
    assert cache.get("clips", "abcd", ".flac") is None
    path = cache.put("clips", "abcd", ".flac", b"x")
    assert cache.get("clips", "abcd", ".flac") == path
    assert cache.relative(path) == "clips/ab/abcd.flac"
    calls = []

    def build(folder):
        calls.append(folder)
        (folder / "w").write_text("weights")

    first = cache.put_folder("model", "ffff", build)
    assert cache.put_folder("model", "ffff", build) == first == cache.folder("model", "ffff")
    assert len(calls) == 1


def test_a_half_built_cache_folder_does_not_count(tmp_path):
    cache = Cache(tmp_path)

    def fail(folder):
        (folder / "w").write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        cache.put_folder("model", "ffff", fail)
    assert cache.folder("model", "ffff") is None


def test_two_runs_may_fill_a_shared_cache_at_once(tmp_path):
    cache = Cache(tmp_path)
    paths = []

    def slow(folder):
        # Another run begins and ends while this one builds.
        paths.append(cache.put_shared_folder("base", "abcd", quick))
        quick(folder)

    def quick(folder):
        folder.mkdir()
        (folder / "weights").write_text("same")

    paths.append(cache.put_shared_folder("base", "abcd", slow))
    assert len(set(paths)) == 1
    assert (paths[0] / "weights").read_text() == "same"
    assert [p.name for p in paths[0].parent.iterdir()] == [paths[0].name]
    assert cache.put_shared_folder("base", "abcd", lambda folder: 1 / 0) == paths[0]
