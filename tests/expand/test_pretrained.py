"""The pretrained generator on tiny models: sampling, meta-training, judging, building."""

import json
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tokenizers import normalizers

from corpusforge import cli
from corpusforge.core.errors import InputError
from corpusforge.core.recipe_file import load_recipe
from corpusforge.core.schema import read_table
from corpusforge.core.text import SLOT_PATTERN
from corpusforge.expand.forger import symbols_of
from corpusforge.expand.gan.decoding import Sample
from corpusforge.expand.gan.runtime import deterministic, torch_generator
from corpusforge.expand.pretrained import generator as generator_module
from corpusforge.expand.pretrained.adapter import open_discriminator
from corpusforge.expand.pretrained.adapter_files import AdapterFiles
from corpusforge.expand.pretrained.background import Background, Text, text_digest
from corpusforge.expand.pretrained.base_model import Base, find_base, open_base
from corpusforge.expand.pretrained.generator import PretrainedGan
from corpusforge.expand.pretrained.int8 import Int8Linear, to_int8
from corpusforge.expand.pretrained.meta_training import MetaTraining, continue_lists, list_ids
from corpusforge.expand.pretrained.pieces import Pieces, spoken_name
from corpusforge.expand.pretrained.prompts import MOST_EXEMPLARS, prompts_of
from corpusforge.expand.pretrained.sampling import ListSampler, Request
from corpusforge.expand.slots import Frame
from tests.expand.tiny_models import (
    BACKGROUND,
    ENDS,
    VERBS,
    build_causal,
    build_encoder,
    write_background,
)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    root = tmp_path_factory.mktemp("tiny")
    build_causal(root / "causal")
    build_encoder(root / "encoder")
    write_background(root / "background.jsonl")
    return root


def command(tiny, out, *more, beside=()):
    return cli.main(
        [
            "meta-train", str(tiny / "background.jsonl"), *map(str, beside), "-o", str(out), "-q",
            "--base", str(tiny / "causal"), "--encoder", str(tiny / "encoder"),
            "--steps", "3", "--match-steps", "3", *more,
        ]
    )  # fmt: skip


@pytest.fixture(scope="session")
def adapter(tiny):
    assert command(tiny, tiny / "adapter") == 0
    return tiny / "adapter"


def opened(tiny, symbols=("{thing}",)):
    model, tokenizer = open_base(find_base(str(tiny / "causal"), tiny))
    pieces = Pieces(tokenizer, symbols, [text for _, text in BACKGROUND])
    return model, pieces


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("bill_due", "bill due"),
        ("PlayMusic", "play music"),
        ("x", "request"),
        ("__", "request"),
        ("intent_17", "request"),
        ("3d_print", "3d print"),
        ("c12", "request"),
        ("Label3", "request"),
        ("class A", "request"),
        ("cancel", "cancel"),
    ],
)
def test_a_label_is_told_in_words(label, words):
    assert spoken_name(label) == words


def test_a_line_is_read_back_as_it_was_written(tiny):
    _, pieces = opened(tiny)
    for text in ("turn on {thing} now", "{thing}", "pay it, please?", "ring {thing} and {thing}"):
        ids, start = pieces.line(text, ("{thing}",) if "{" in text else ())
        assert pieces.read(ids[start:-1]) == text
        assert ids[-1] == pieces.end_id
        assert set(ids[start:]) <= set(pieces.kept.tolist())


def test_a_slot_is_glued_only_where_the_texts_have_it_so(tiny):
    _, tokenizer = open_base(find_base(str(tiny / "causal"), tiny))
    spelled = []
    for text in ("turn on {thing} now", "{thing}", "turn on the {thing}s ({thing})"):
        pieces = Pieces(tokenizer, ("{thing}", "{room}"), [text])
        spelled.append([(s, tokenizer.decode(list(ids))) for s, ids in pieces.spellings])
    loose = [("{thing}", " [thing]"), ("{room}", " [room]")]
    assert spelled == [loose, loose, [*loose, ("{thing}", "[thing]")]]


def test_a_slot_has_the_same_pieces_whatever_is_beside_it(tiny):
    """Byte pair encodings join brackets to other signs."""
    _, pieces = opened(tiny, ("{thing}", "{light_off}"))
    own = {symbol: list(ids) for symbol, ids in pieces.spellings}["{light_off}"]
    for text in ("put {light_off}, please", "({thing}) {light_off}.", "{light_off}"):
        ids = pieces.said(text)
        assert any(ids[start : start + len(own)] == own for start in range(len(ids)))


def test_slots_whose_names_read_the_same_are_told_apart(tiny):
    symbols = ("{light_off}", "{light.off}", "{3}", "{lightOff}")
    _, pieces = opened(tiny, symbols)
    assert len({ids for _, ids in pieces.spellings}) == 4
    for symbol in symbols:
        assert pieces.read(pieces.said(f"turn {symbol} on")) == f"turn {symbol} on"


def test_a_tokenizer_that_does_not_give_a_slot_name_back_is_refused(tiny):
    _, tokenizer = open_base(find_base(str(tiny / "causal"), tiny))
    tokenizer.backend_tokenizer.normalizer = normalizers.Replace("thing", "think")
    with pytest.raises(InputError, match=r"gives the slot name \[thing\] back as ' ?\[think\]'"):
        Pieces(tokenizer, ("{thing}",), [])


def test_halves_of_characters_stand_in_slot_names_alone(tiny):
    """A byte-level tokenizer cuts letters that it has not learnt into bytes."""
    symbol = "{\u091a\u093e\u0932\u0942}"
    model, pieces = opened(tiny, (symbol,))
    halves = {
        i for _, ids in pieces.spellings for i in ids if "\ufffd" in pieces.tokenizer.decode([i])
    }
    assert halves and halves <= set(pieces.slots_alone())
    sampler = ListSampler(model, pieces)
    for symbols in ((), (symbol,)):
        samples = sampled(sampler, requests_for(pieces, symbols, rows=300), 40)
        texts = [sample.text for sample in samples if sample.finished]
        assert texts and not any("\ufffd" in text for text in texts)
        assert {s for text in texts for s in symbols_of(text)} <= set(symbols)


def test_a_text_with_fewer_slots_is_of_the_frame_that_it_is_like(monkeypatch):
    frames = [
        Frame("light_on", "light up {lamp} in {room}", ("{lamp}", "{room}"), 0),
        Frame("light_on", "die {lamp} an", ("{lamp}",), 1),
        Frame("light_on", "put {lamp} on", ("{lamp}",), 2),
        Frame("light_off", "darken {room}", ("{room}",), 3),
    ]
    said = ["please put {lamp} on", "{room} be lit", "light {room} and {lamp}", "{lamp} on and"]
    samples = [Sample(text, -1.0, -2.0, finished=n < 3) for n, text in enumerate(said)]
    sampler = SimpleNamespace(sample=lambda requests, longest, generator: samples)
    gan = PretrainedGan(Base("none", Path("none"), "0"), None)
    config = SimpleNamespace(temperatures=None)
    gan.fit(frames, SimpleNamespace(frames=frames, layout=None, config=config))
    monkeypatch.setattr(gan, "_opened", lambda context: (sampler, None))
    monkeypatch.setattr(generator_module, "prompts_of", lambda *given: [(1,)])
    found = gan.expand(frames[:1], 4, np.random.default_rng(1))
    assert [(c.text, c.frame.parent) for c in found] == [(said[0], 2), (said[2], 0)]


EXEMPLARS = [
    Text("turn on the lamp"),
    Text("light up {thing}", ("{thing}",)),
    Text("switch on it now"),
]


def requests_for(pieces, symbols=(), rows=12, orders=3):
    prompts = prompts_of(pieces, "light_on", EXEMPLARS, symbols, orders, np.random.default_rng(1))
    return [Request(prompts[row % orders], tuple(symbols), 1.0) for row in range(rows)]


def test_prompts_are_the_same_lines_in_other_orders(tiny):
    _, pieces = opened(tiny)
    prompts = [request.prompt for request in requests_for(pieces, ("{thing}",))]
    assert len({tuple(sorted(p)) for p in prompts}) == 1
    assert len(set(prompts)) > 1
    # The exemplar with the wanted slots stands last in each.
    last = pieces.line("light up {thing}", ("{thing}",))[0]
    tail = pieces.opening(("{thing}",))
    assert all(list(p[-len(last) - len(tail) :]) == [*last, *tail] for p in prompts)


def test_of_many_exemplars_each_prompt_shows_a_choice(tiny):
    _, pieces = opened(tiny)
    many = [Text(f"{verb} {end}") for verb in VERBS["pay_bill"] for end in ENDS[:4]]
    many.append(Text("pay {thing}", ("{thing}",)))
    draws = np.random.default_rng(1)
    prompts = prompts_of(pieces, "pay_bill", many, ("{thing}",), 6, draws)
    assert [p.count(pieces.end_id) for p in prompts] == [1 + MOST_EXEMPLARS] * 6
    last = (*pieces.line("pay {thing}", ("{thing}",))[0], *pieces.opening(("{thing}",)))
    assert all(p[-len(last) :] == last for p in prompts)
    shown = [{t.text for t in many if _holds(p, pieces.said(t.text))} for p in prompts]
    assert set.union(*shown) == {t.text for t in many}


def _holds(ids, part):
    part = tuple(part)
    return any(ids[n : n + len(part)] == part for n in range(len(ids)))


def sampled(sampler, requests, longest=12, seed=4):
    with deterministic(0):
        return sampler.sample(requests, longest, torch_generator(seed))


@pytest.mark.parametrize("symbols", [(), ("{thing}",), ("{room}", "{thing}", "{thing}")])
def test_samples_hold_slots_of_their_requests_alone(tiny, symbols):
    model, pieces = opened(tiny, ("{thing}", "{room}", "{thing_on}"))
    sampler = ListSampler(model, pieces)
    requests = requests_for(pieces, symbols, rows=600)
    first = sampled(sampler, requests, 40)
    # From the same seed they come again.
    assert first == sampled(sampler, requests, 40)
    finished = [sample.text for sample in first if sample.finished]
    assert len(set(finished)) > 10
    found = [Counter(symbols_of(text)) for text in finished]
    assert all(slots <= Counter(symbols) for slots in found)
    # An untrained model opens a bracket in one of a few hundred places.
    assert any(found) == bool(symbols)
    assert not any(set(SLOT_PATTERN.sub("", text)) & set("{}[]") for text in finished)


def test_a_text_that_does_not_come_to_its_end_is_not_finished(tiny):
    model, pieces = opened(tiny)
    samples = sampled(ListSampler(model, pieces), requests_for(pieces, ("{thing}",) * 3), 3)
    assert not any(sample.finished for sample in samples)


def test_likelihoods_are_those_of_each_list_computed_alone(tiny):
    """Differential: padded prompts, shared prefixes and rows leaving against a plain pass."""
    model, pieces = opened(tiny)
    requests = [
        *requests_for(pieces, (), rows=30),
        *requests_for(pieces, ("{thing}",), rows=30),
        Request(tuple([*pieces.header("pay"), *pieces.opening(())]), (), 1.0),
    ]
    assert len({len(request.prompt) for request in requests}) == 3
    pieces.read = lambda ids: " ".join(map(str, ids))
    samples = sampled(ListSampler(model, pieces), requests, 40)
    finished = [(r, s) for r, s in zip(requests, samples, strict=True) if s.finished]
    assert len({len(sample.text.split()) for _, sample in finished}) > 1
    for request, sample in finished:
        said = [*map(int, sample.text.split()), pieces.end_id]
        start = len(request.prompt)
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([[*request.prompt, *said]])).logits[0]
        likely = torch.log_softmax(logits[start - 1 : -1][:, pieces.kept], 1)
        own = likely[torch.arange(len(said)), pieces.place[torch.tensor(said)]]
        assert float(own.mean()) == pytest.approx(sample.log_probability, abs=1e-4)
        assert float(own.min()) == pytest.approx(sample.least, abs=1e-4)


def test_int8_is_close_to_float(tiny):
    linear = torch.nn.Linear(64, 48)
    inputs = torch.randn(5, 3, 64, generator=torch_generator(1))
    with torch.no_grad():
        exact, rough = linear(inputs), Int8Linear(linear)(inputs)
    assert rough.shape == exact.shape
    assert float((rough - exact).norm() / exact.norm()) < 0.03
    model, _ = opened(tiny)
    parts = [type(part) for part in to_int8(model).modules()]
    assert parts.count(Int8Linear) == 7 * 2
    assert isinstance(model.lm_head, torch.nn.Linear)


def test_rows_that_are_learnt_are_the_texts_alone(tiny):
    _, pieces = opened(tiny)
    texts = [Text("turn on {thing}", ("{thing}",)), Text("darken it now")]
    for named in (True, False):
        ids, learnt = list_ids(pieces, "light_on", texts, named=named)
        said = pieces.read(
            [i for i, own in zip(ids, learnt, strict=True) if own and i != pieces.end_id]
        )
        assert said == ("turn on {thing} darken it now" if named else "darken it now")


def test_meta_training_lowers_the_loss_on_intents_it_has_not_learnt(tiny):
    model, pieces = opened(tiny)
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
    assert command(tiny, tiny / "again") == 0
    for part in ("generator", "discriminator"):
        name = "adapter_model.safetensors"
        assert (adapter / part / name).read_bytes() == (tiny / "again" / part / name).read_bytes()


def test_held_out_rows_in_the_background_are_refused_or_dropped(tiny, tmp_path, capsys):
    held_out = tmp_path / "test.csv"
    held_out.write_text("text,intent\nTurn on the LAMP,light_on\nhello,greet\n")
    assert command(tiny, tmp_path / "a", "--held-out", str(held_out)) == 2
    error = capsys.readouterr().err
    assert "1 rows of the background are held-out rows, such as 'turn on the lamp'" in error
    assert not (tmp_path / "a").exists()
    assert command(tiny, tmp_path / "a", "--held-out", str(held_out), "--drop-overlap") == 0
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
    assert command(tiny, out, *licences, beside=(more, pack)) == 0
    stated = ["CC-BY-4.0", "MIT", "Zlib"]
    assert json.loads((out / "meta.json").read_text())["licenses"] == stated
    assert "licences: CC-BY-4.0, MIT, Zlib." in (out / "README.md").read_text()
    printed = capsys.readouterr().out
    assert "licences      CC-BY-4.0, MIT, Zlib\n" in printed
    assert "note:" not in printed
    assert command(tiny, tmp_path / "b", "--license", f"{pack}=MIT", beside=(pack,)) == 2
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
    assert command(tiny, tmp_path / "out", *more) == 2
    assert says in capsys.readouterr().err


FEW = """\
name: few
lang: en
license: CC0-1.0
seed: 3
real: {{path: rows.jsonl, split: split, license: CC0-1.0}}
expand: {{rows: 6, max_candidates: 30, base: {base}, adapter: {adapter}, temperatures: [1.0]}}
speech: {{clips: 0}}
"""


def few_shot(folder, tiny, adapter, *more):
    rows = [("light_on", "turn on the hall light"), ("timer", "remind me in ten minutes")]
    lines = [json.dumps({"text": t, "intent": i, "split": "train"}) for i, t in rows]
    lines += [json.dumps({"text": t, "intent": i, "split": "test"}) for i, t in more]
    folder.mkdir()
    (folder / "rows.jsonl").write_text("\n".join(lines) + "\n")
    recipe = folder / "recipe.yaml"
    recipe.write_text(FEW.format(base=tiny / "causal", adapter=adapter))
    return recipe


def expand_folder(run):
    (folder,) = (run / "stages").glob("expand-*")
    return folder


def test_two_rows_are_enough_for_a_build_with_an_adapter(tiny, adapter, tmp_path, monkeypatch):
    from corpusforge import api
    from corpusforge.expand.pretrained import judge

    # A discriminator that has learnt three episodes knows nothing.
    monkeypatch.setattr(judge, "_LEAST_MATCH", 0.0)
    recipe = few_shot(tmp_path / "few", tiny, adapter)
    for name in ("a", "b"):
        api.build(recipe, tmp_path / name, until="expand")
    made, again = (read_table(expand_folder(tmp_path / n) / "utterances.parquet") for n in "ab")
    assert made.equals(again)
    rows = [row for row in made.to_pylist() if row["origin"] == "gan"]
    assert rows
    assert {row["intent"] for row in rows} <= {"light_on", "timer"}
    assert all(row["split"] == "train" and row["parents"] for row in rows)
    for intent in {row["intent"] for row in rows}:
        # Two times the one exemplar at most, and the intent's name.
        assert sum(row["weight"] for row in rows if row["intent"] == intent) <= 3.0 + 1e-6
    assert sorted(row["text"] for row in rows if row["weight"] == 1.0) == ["light on", "timer"]
    recipe.write_text(recipe.read_text().replace("expand: {", "expand: {intent_names: false, "))
    api.build(recipe, tmp_path / "c", until="expand")
    without = read_table(expand_folder(tmp_path / "c") / "utterances.parquet").to_pylist()
    names = ("light on", "timer")
    assert [r["text"] for r in without] == [
        r["text"] for r in made.to_pylist() if r["text"] not in names
    ]
    history = json.loads((expand_folder(tmp_path / "a") / "history.json").read_text())
    assert history["base"] == "causal"
    assert history["adapter"]["intents"] == 12


def test_a_test_row_of_the_background_is_refused(tiny, adapter, tmp_path):
    from corpusforge import api

    recipe = few_shot(tmp_path / "few", tiny, adapter, ("light_on", "Light up my place"))
    with pytest.raises(InputError, match="meta-trained on texts of 1 rows"):
        api.build(recipe, tmp_path / "run", until="expand")


def test_an_adapter_is_refused_for_another_base(tiny, adapter, tmp_path):
    build_causal(tmp_path / "other", layers=1)
    with pytest.raises(InputError, match="is not the model that the adapter was trained on"):
        AdapterFiles.open(adapter).base(str(tmp_path / "other"), tmp_path)
    with pytest.raises(InputError, match="is not an adapter folder"):
        AdapterFiles.open(tmp_path)


def test_posteriors_sum_to_one_and_do_not_depend_on_the_company(adapter):
    with deterministic(0):
        match = open_discriminator(AdapterFiles.open(adapter))
        prototypes = match.prototypes({"a": ["turn on it now", "light up it now"], "b": []})
        table = match.posterior(["turn on the lamp", "darken {thing}"], prototypes)
        alone = match.posterior(["darken {thing}"], prototypes)
    assert table.shape == (2, 3)
    np.testing.assert_allclose(table.sum(1), 1)
    np.testing.assert_allclose(table[1], alone[0], atol=1e-6)


def test_auto_without_an_adapter_trains_from_scratch(tmp_path):
    (tmp_path / "t.yaml").write_text("language: en\nintents: {a: {data: [{sentences: [hi]}]}}\n")
    (tmp_path / "recipe.yaml").write_text(
        "name: x\nlang: en\nlicense: CC0-1.0\ngrammar: {path: t.yaml}\n"
    )
    from corpusforge.expand import stage

    assert stage._base(load_recipe(tmp_path / "recipe.yaml")) is None
