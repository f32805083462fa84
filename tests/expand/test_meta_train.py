"""Meta-training: what is learnt, the folder it leaves, what it refuses."""

import json

import numpy as np
import pytest

from corpusforge import cli
from corpusforge.core.errors import InputError
from corpusforge.expand.gan.runtime import deterministic
from corpusforge.expand.pretrained.adapter import open_discriminator
from corpusforge.expand.pretrained.adapter_files import AdapterFiles
from corpusforge.expand.pretrained.background import Background, Text, text_digest
from corpusforge.expand.pretrained.base_model import find_base
from corpusforge.expand.pretrained.meta_training import MetaTraining, continue_lists, list_ids
from tests.expand.tiny_models import (
    BACKGROUND,
    meta_train_tiny,
    open_tiny,
)


def test_rows_that_are_learnt_are_the_texts_alone(tiny):
    _, pieces = open_tiny(tiny)
    texts = [Text("turn on {thing}", ("{thing}",)), Text("darken it now")]
    for named in (True, False):
        ids, learnt = list_ids(pieces, "light_on", texts, named=named)
        said = pieces.read(
            [i for i, own in zip(ids, learnt, strict=True) if own and i != pieces.end_id]
        )
        assert said == ("turn on {thing} darken it now" if named else "darken it now")


def test_meta_training_lowers_the_loss_on_intents_it_has_not_learnt(tiny):
    model, pieces = open_tiny(tiny)
    rows = [(i, Text(t, ("{thing}",) if "{" in t else ())) for i, t in BACKGROUND]
    background = Background.of(rows, np.random.default_rng(1))
    settings = MetaTraining(steps=40, learning_rate=2e-2)
    with deterministic(1):
        adapted, found = continue_lists(model, pieces, background, settings, lambda: None)
    assert found["held_out_nll"] < found["looks"][0]["held_out_nll"] - 0.1
    assert not set(background.held_out) & set(background.learnt)
    # Only blocks of the upper half have an adapter.
    assert all(".layers.1." in n for n, p in adapted.named_parameters() if p.requires_grad)


def test_too_small_a_background_is_refused():
    rows = [("a", Text(f"say {n}")) for n in range(9)]
    with pytest.raises(InputError, match="1 intents with 6 or more different texts"):
        Background.of(rows, np.random.default_rng(1))


def test_the_adapter_folder_is_complete_and_says_what_it_was_made_from(adapter, tiny):
    meta = json.loads((adapter / "meta.json").read_text())
    assert meta["intents"] == 12
    assert meta["base_digest"] == find_base(str(tiny / "causal"), tiny).digest
    assert (adapter / "generator" / "adapter_model.safetensors").is_file()
    assert "12 intents" in (adapter / "README.md").read_text()
    digests = json.loads((adapter / "background.json").read_text())
    assert text_digest("Turn ON the lamp") in digests
    everything = "".join(p.read_text() for p in adapter.rglob("*.json"))
    assert str(tiny) not in everything.replace(json.dumps(meta["encoder_source"]), "")
    assert not list(tiny.glob(".adapter*"))


def test_meta_training_twice_gives_the_same_bytes(adapter, tiny):
    assert meta_train_tiny(tiny, tiny / "again") == 0
    for part in ("generator", "discriminator"):
        name = "adapter_model.safetensors"
        assert (adapter / part / name).read_bytes() == (tiny / "again" / part / name).read_bytes()


def test_held_out_rows_in_the_background_are_refused_or_dropped(tiny, tmp_path, capsys):
    held_out = tmp_path / "test.csv"
    held_out.write_text("text,intent\nTurn on the LAMP,light_on\nhello,greet\n")
    assert meta_train_tiny(tiny, tmp_path / "a", "--held-out", str(held_out)) == 2
    error = capsys.readouterr().err
    assert "1 rows of the background are held-out rows, such as 'turn on the lamp'" in error
    assert not (tmp_path / "a").exists()
    assert meta_train_tiny(tiny, tmp_path / "a", "--held-out", str(held_out), "--drop-overlap") == 0
    digests = json.loads((tmp_path / "a" / "background.json").read_text())
    assert text_digest("turn on the lamp") not in digests


def test_licences_of_data_are_stated_by_the_user_and_of_recipes_by_themselves(
    tiny, adapter, tmp_path, capsys
):
    assert json.loads((adapter / "meta.json").read_text())["licenses"] == ["LicenseRef-unknown"]
    more = tmp_path / "more=more.csv"
    more.write_text("text,intent\n" + "".join(f"say {n} again,repeat\n" for n in range(9)))
    out = tmp_path / "out"
    licences = ("--license", "CC-BY-4.0", "--license", f"{more}=MIT")
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "t.yaml").write_text("language: en\nintents: {a: {data: [{sentences: [hi]}]}}\n")
    (pack / "recipe.yaml").write_text(
        "name: x\nlang: en\nlicense: Zlib\ngrammar: {path: t.yaml}\nspeech: {clips: 0}\n"
    )
    assert meta_train_tiny(tiny, out, *licences, beside=(more, pack)) == 0
    stated = ["CC-BY-4.0", "MIT", "Zlib"]
    assert json.loads((out / "meta.json").read_text())["licenses"] == stated
    assert "licences: CC-BY-4.0, MIT, Zlib." in (out / "README.md").read_text()
    printed = capsys.readouterr().out
    assert "licences      CC-BY-4.0, MIT, Zlib\n" in printed
    assert "note:" not in printed
    assert meta_train_tiny(tiny, tmp_path / "b", "--license", f"{pack}=MIT", beside=(pack,)) == 2
    assert "is a recipe, which states its licence itself" in capsys.readouterr().err


def test_a_licence_for_recipes_alone_is_refused(tmp_path, capsys):
    given = ["meta-train", "smart_home", "-o", str(tmp_path / "a"), "-q", "--license", "MIT"]
    assert cli.main(given) == 2
    said = capsys.readouterr().err
    assert "'MIT': the background has no data set, and recipes state theirs" in said


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--license", "backgroundd.csv=MIT"), "the background has no data set 'backgroundd.csv'"),
        (("--license", "MIT", "--license", "Zlib"), "all data sets has MIT already"),
        (("--license", " "), "names no licence"),
        (("--leave-out", "light_onn"), "did you mean 'light_on'?"),
        (("--base", "./nowhere"), "there is no model in"),
        (("--steps", "0"), "--steps 0 is not at least 1"),
    ],
)
def test_wrong_options_are_refused(tiny, tmp_path, capsys, more, says):
    assert meta_train_tiny(tiny, tmp_path / "out", *more) == 2
    assert says in capsys.readouterr().err


def test_posteriors_sum_to_one_and_do_not_depend_on_the_company(adapter):
    with deterministic(0):
        match = open_discriminator(AdapterFiles.open(adapter))
        prototypes = match.prototypes({"a": ["turn on it now", "light up it now"], "b": []})
        table = match.posterior(["turn on the lamp", "darken {thing}"], prototypes)
        alone = match.posterior(["darken {thing}"], prototypes)
    assert table.shape == (2, 3)
    np.testing.assert_allclose(table.sum(1), 1)
    np.testing.assert_allclose(table[1], alone[0], atol=1e-6)
