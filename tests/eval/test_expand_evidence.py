"""The evidence about few-shot expansion in small: toy data, tiny models, the whole command."""

import json
import time
from dataclasses import replace

import numpy as np
import pytest

from corpusforge.assess.encoder import SvdEncoder
from corpusforge.assess.rows import Rows
from corpusforge.core.run import Cache
from corpusforge.core.seeding import rng
from corpusforge.core.spans import Slot
from eval import cells, tables
from eval.expand import (
    accept_rate,
    cost,
    cost_parts,
    discriminator,
    few_shot,
    judge_features,
    pretraining_share,
    snips_full,
)
from tests.expand.tiny_models import BACKGROUND, VERBS, build_causal, build_encoder

SONGS = ("a song", "my list", "the blues", "some jazz")
STARTS = ("play", "put on", "start", "bring up", "find", "open", "please play", "hear")
DOMAINS = {
    "home": list(VERBS),
    "banking": ["balance", "transfer", "freeze"],
    "travel": ["flight", "visa"],
}
SAID = {
    "balance": ("how much is left in", "tell me the balance of"),
    "transfer": ("move money to", "send cash to"),
    "freeze": ("block", "freeze"),
    "flight": ("book a flight to", "fly me to"),
    "visa": ("do i need a visa for", "is there a visa for"),
}
PLACES = ("my account", "the savings", "chase", "rome", "the shared one", "paris")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Tiny models, and a folder of data sets in the form of the real ones."""
    root = tmp_path_factory.mktemp("evidence")
    build_causal(root / "causal")
    build_encoder(root / "encoder")
    told = [(text.replace("{thing}", "a ball"), intent) for intent, text in BACKGROUND]
    told += [(f"{a} {b}", intent) for intent, said in SAID.items() for a in said for b in PLACES]
    held = [[f"kindly {text}", intent] for text, intent in told[::3]]
    (root / "data" / "clinc150").mkdir(parents=True)
    splits = {"train": [list(row) for row in told], "test": held}
    (root / "data" / "clinc150" / "data_full.json").write_text(json.dumps(splits))
    (root / "data" / "clinc150" / "domains.json").write_text(json.dumps(DOMAINS))
    for split, verbs in (("train", STARTS[:6]), ("test", STARTS[6:])):
        folder = root / "data" / "snips" / split
        folder.mkdir(parents=True)
        rows = [(v, s, "", "PlayMusic") for v in verbs for s in SONGS]
        rows += [(v, s, " with stars", "RateBook") for v in verbs for s in SONGS]
        rows += [(f"{v} the show in", "", place, "Search") for v in verbs for place in PLACES]
        texts = [" ".join(f"{start} {song}{end}".split()) for start, song, end, _ in rows]
        tags = [
            ["O"] * len(start.split())
            + ["B-song", "I-song"] * bool(song)
            + ["O"] * len(end.split())
            for start, song, end, _ in rows
        ]
        (folder / "seq.in").write_text("\n".join(texts) + "\n")
        (folder / "seq.out").write_text("\n".join(map(" ".join, tags)) + "\n")
        (folder / "label").write_text("\n".join(row[3] for row in rows) + "\n")
    return root


@pytest.fixture
def work(tiny, tmp_path, monkeypatch):
    """A work folder whose results stay in it; meta-training takes three steps."""
    from corpusforge.expand.pretrained import judge

    options_of = few_shot.adapter_options

    def short(*given):
        return replace(options_of(*given), encoder=str(tiny / "encoder"), steps=3, match_steps=3)

    monkeypatch.setenv("CORPUSFORGE_DATA", str(tiny / "data"))
    monkeypatch.setattr(few_shot, "adapter_options", short)
    monkeypatch.setattr(few_shot, "PACKS", ())
    monkeypatch.setattr(few_shot, "ROWS_PER_INTENT", 4)
    scratch = "base: scratch, epochs: 2, rounds: 0, hidden_size: 16, layers: 1"
    monkeypatch.setitem(few_shot.ARMS, few_shot.SCRATCH, scratch)
    # Few texts of an untrained model come to an end.
    meta = "adapter: {adapter}, base: {base}, max_candidates: 30, temperatures: [1.0]"
    monkeypatch.setitem(few_shot.ARMS, few_shot.META, meta)
    # A discriminator that has learnt three episodes knows nothing.
    monkeypatch.setattr(judge, "_LEAST_MATCH", 0.0)
    monkeypatch.setattr(cells, "RESULTS", tmp_path / "results")
    return tmp_path


def again(main, command, results, monkeypatch):
    """A second call measures nothing and says the same."""
    before = {path.name: path.read_text() for path in results.glob("*.json")}

    def refuse(*given, **named):
        raise AssertionError("a cell was measured twice")

    monkeypatch.setattr(cells, "cpu_s", refuse)
    main(command)
    assert {path.name: path.read_text() for path in results.glob("*.json")} == before


def test_copies_are_counted_word_for_word_and_with_values_aside():
    shown = Rows.labelled(["play jazz", "stop it"], ["a", "b"])
    shown = replace(shown, slots=((Slot("s", "s", "", "jazz", 5, 9),), ()))
    made = Rows.labelled(["Play blues!", "stop it.", "go", "halt"], ["a", "b", "b", "b"])
    with_slots = replace(made, slots=((Slot("s", "s", "", "blues", 5, 10),), (), (), ()))
    assert snips_full.copies(with_slots, shown) == {"verbatim": 0.25, "values_aside": 0.5}
    assert snips_full.copies(made, shown) == {"verbatim": 0.25, "values_aside": None}
    half = replace(with_slots, slots=(*with_slots.slots[:2], None, None))
    assert snips_full.copies(half, shown) == {"verbatim": 0.25, "values_aside": 1.0}
    assert snips_full.copies(made.take([]), shown) == {"verbatim": None, "values_aside": None}


@pytest.mark.slow
def test_snips_with_many_rows(work, tiny, monkeypatch):
    monkeypatch.setattr(snips_full, "load_encoder", lambda name: SvdEncoder())
    monkeypatch.setattr(snips_full, "DRAWS", (1,))
    command = ["--work", str(work / "w"), "--base", str(tiny / "causal"), "--real", "12",
               "--per-intent", "4"]  # fmt: skip
    snips_full.main(command)
    result = json.loads((work / "results" / "snips_full.json").read_text())
    assert not result["not_run"]
    arms = result["arms"]
    assert arms["real"]["rows"] == [36]
    assert arms[snips_full.COPY]["rows"] == arms[snips_full.TRIGRAM]["rows"] == [12]
    assert arms[snips_full.COPY]["copies"] == [{"verbatim": 1.0, "values_aside": 1.0}]
    assert arms[snips_full.TRIGRAM]["copies"][0]["verbatim"] > 0
    assert arms["real"]["accuracy"]["tfidf-svm"] > 50
    missing = {few_shot.META, few_shot.SCRATCH, few_shot.RECOMBINE} - set(arms)
    assert missing == {name.split(",")[0] for name in result["why"]}
    assert few_shot.META in arms
    (page,) = ["\n".join(tables._table("snips_full", result))]
    assert f"| {snips_full.TRIGRAM} | 1 | 12 |" in page
    again(snips_full.main, command, work / "results", monkeypatch)


def test_a_clock_counts_every_second_once():
    clock = cost_parts.Clock()

    class Work:
        @staticmethod
        def inner():
            return sum(range(300_000))

        @staticmethod
        def outer():
            return Work.inner() + sum(range(300_000))

    start_s = time.process_time()
    with clock.part("rest"), clock.watching([(Work, "inner", "in"), (Work, "outer", "out")]):
        Work.outer()
    whole_s = time.process_time() - start_s
    assert set(clock.parts) == {"rest", "in", "out"}
    assert min(clock.parts["in"], clock.parts["out"]) > 0
    assert sum(clock.parts.values()) <= whole_s
    assert not hasattr(Work.inner, "__wrapped__")
    with pytest.raises(AttributeError, match="gone"), clock.watching([(Work, "gone", "in")]):
        pass


@pytest.mark.parametrize(
    ("operator", "shape", "words"),
    [
        ("aten::_int_mm", [[8, 4], [4, 6]], "products in int8"),
        ("aten::_scaled_dot_product_flash_attention_for_cpu", [], "attention"),
        ("aten::topk", [[8, 100]], "output layer: softmax and draw"),
        ("aten::copy_", [[8, 3, 20, 64], [8, 3, 20, 64]], "picking and moving"),
        ("aten::copy_", [[8, 576], [8, 576]], "to and from int8"),
        ("aten::fill_", [[8, 576]], "filling new memory"),
        ("aten::erfinv", [[8]], cost_parts.OTHER),
    ],
)
def test_operators_are_told_in_words(operator, shape, words):
    assert cost_parts.in_words(operator, shape).startswith(words)


@pytest.mark.slow
def test_opening_a_base_is_measured_in_a_process_of_its_own(tiny, tmp_path):
    found = cost.opening(str(tiny / "causal"), tmp_path / "cache", fresh=True)
    assert set(found["parts"]) == {"imports", "finding it, with its digest", "opening it"}
    # The process also starts and ends.
    assert found["cpu_s"] >= sum(found["parts"].values()) > 0


@pytest.mark.slow
def test_cost_of_an_expansion(work, tiny, monkeypatch):
    opened = {"parts": {"opening it": 1.5}, "cpu_s": 2.0}
    monkeypatch.setattr(cost, "opening", lambda base, cache, fresh: opened)
    few_shot.keys_of(work / "w", str(tiny / "causal"), 1)
    command = ["--work", str(work / "w"), "--base", str(tiny / "causal"), "--rows", "6",
               "--texts", "40", "--adapter", str(work / "w" / "adapter")]  # fmt: skip
    cost.main(command)
    result = json.loads((work / "results" / "expand_cost.json").read_text())
    assert not result["not_run"]
    build, sampler = result["cells"]["build"], result["cells"]["sampler"]
    assert 0 < build["accepted"] <= build["wanted"] == 6 <= build["candidates"]
    assert set(build["parts"]) == {"opening the model", "generator", "judge", "the rest"}
    assert build["cpu_s"] == pytest.approx(sum(build["parts"].values()), abs=0.05)
    per_row, per_candidate = (build[f"cpu_s_per_1000_{of}"] for of in ("rows", "candidates"))
    assert per_row * build["accepted"] == pytest.approx(per_candidate * build["candidates"], 0.01)
    assert 0 < sampler["finished"] <= sampler["texts"] == 40
    assert "products in int8" in sampler["shares"]
    assert sum(sampler["shares"].values()) == pytest.approx(1, abs=0.02)
    assert result["meta_training"]["cpu_s"] > 0
    page = "\n".join(tables._table("expand_cost", result))
    assert "| meta-training |" in page
    dearest = max(sampler["shares"], key=sampler["shares"].get)
    assert f"The three top costs of sampling: {dearest} " in page
    again(cost.main, command, work / "results", monkeypatch)


@pytest.mark.slow
def test_the_share_of_pretraining(work, tiny, monkeypatch):
    import torch

    from corpusforge.expand.pretrained.base_model import Base, digest_of, open_base

    monkeypatch.setattr(pretraining_share, "load_encoder", lambda name: SvdEncoder())
    monkeypatch.setattr(pretraining_share, "DRAWS", (1,))
    monkeypatch.setattr(pretraining_share, "KS", (3,))
    monkeypatch.setattr(pretraining_share, "ROWS_PER_INTENT", 4)
    # The tiny model has the random weights of seed 1.
    command = ["--work", str(work / "w"), "--base", str(tiny / "causal"), "--seed", "5"]
    pretraining_share.main(command)
    result = json.loads((work / "results" / "pretraining_share.json").read_text())
    assert not result["not_run"]
    arms = (pretraining_share.PRETRAINED, pretraining_share.LORA, pretraining_share.WHOLE)
    assert set(result["cells"]["banking k=3"]) == {"real", *arms}
    assert all(result["cells"]["banking k=3"][arm]["rows"][0] > 0 for arm in arms)
    told = result["trainings"]
    assert told[arms[0]]["step_kept"] <= 3
    assert told[arms[2]]["held_out_nll"] == told[arms[2]]["held_out_nll_before"]
    # All weights trained: nearer to the background than random weights are.
    assert told[arms[2]]["held_out_nll"] < told[arms[1]]["held_out_nll_before"]

    models = Cache(work / "w" / "pretraining_share_models")
    found = {name: models.folder("base", name) for name in ("random", "random-whole")}
    plain, *others = (
        open_base(Base(path.name, path, digest_of(path)))[0]
        for path in (tiny / "causal", *found.values())
    )
    for other in others:
        assert other.config.to_dict().keys() == plain.config.to_dict().keys()
        assert [p.shape for p in other.parameters()] == [p.shape for p in plain.parameters()]
        assert not torch.equal(other.lm_head.weight, plain.lm_head.weight)
    for name in found:
        for path in (work / "w" / "adapter" / "discriminator").iterdir():
            assert (
                models.folder("adapter", name) / "discriminator" / path.name
            ).read_bytes() == path.read_bytes()
    page = "\n".join(tables._table("pretraining_share", result))
    assert f"| banking k=3 | {arms[1]} | 1 |" in page
    again(pretraining_share.main, command, work / "results", monkeypatch)


def test_log_probabilities_are_those_of_one_text_at_a_time(tiny):
    torch = pytest.importorskip("torch")
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(tiny / "causal").eval()
    prompt, texts = [5, 6, 7], [[8, 9], [10], [11, 12, 13, 14], [9, 8, 7]]
    found = judge_features.log_probabilities(model, prompt, texts)
    for text, mean in zip(texts, found, strict=True):
        with torch.inference_mode():
            logits = model(input_ids=torch.tensor([prompt + text])).logits[0].float()
        likely = torch.log_softmax(logits, 1)
        own = [float(likely[len(prompt) - 1 + n, piece]) for n, piece in enumerate(text)]
        assert mean == pytest.approx(sum(own) / len(own), abs=1e-4)


def test_weights_of_features_come_from_the_other_domain(monkeypatch):
    monkeypatch.setattr(judge_features, "RESAMPLED", 200)
    draws = np.random.default_rng(3)

    def domain(sign, real=2):
        right = draws.random(400) < 0.5
        match = right + draws.normal(0, 1, 400)
        vectors = draws.normal(0, 1, (400, 4))
        labels = np.array(["a", "b"] * 200)
        ratio = sign * right + draws.normal(0, 0.5, 400)
        rows = draws.normal(real, 1, (400, 4))
        return judge_features.Features(labels, {"all": right}, match, ratio, vectors, rows)

    same = judge_features.crossed(domain(1), domain(1), "all", 1)
    assert same["sets"]["all"]["auc"] > same["sets"]["discriminator"]["auc"] + 0.1
    assert same["sets"]["all"]["above_discriminator"][1] > 0
    assert same["sets"]["discriminator"]["above_discriminator"] == [0, 0, 0]
    assert same["sets"]["all"]["better_half"] > same["right"] + 0.2
    assert same["realness_auc"] > 0.95
    # What helps in one domain and misleads in the other is no gain, for either head.
    other = judge_features.crossed(domain(1), domain(-1, real=-2), "all", 1)
    assert other["sets"]["all"]["auc"] < 0.5
    assert other["realness_auc"] < 0.1
    whole = replace(domain(1), right={"all": np.ones(400, dtype=bool)})
    assert judge_features.crossed(domain(1), whole, "all", 1)["sets"] == {}
    assert judge_features.crossed(whole, domain(1), "all", 1)["sets"] == {}


@pytest.mark.slow
def test_the_discriminator_and_its_features(work, tiny, monkeypatch):
    for module in (accept_rate, judge_features, discriminator):
        monkeypatch.setattr(module, "load_encoder", lambda name: SvdEncoder())
    monkeypatch.setattr(judge_features, "KS", (1,))
    base = ["--work", str(work / "w"), "--base", str(tiny / "causal")]
    keys = few_shot.keys_of(work / "w", base[3], 1)
    from eval.data import named, shots

    for data in ("banking", "travel"):
        for k in (1, 3):
            real, _ = shots(named(data).train, k, rng(1, "eval.grid", named(data).name, k, 1))
            few_shot.made_at(work / "w", few_shot.Spot(data, k, 1, few_shot.META), real, 1, keys)
    judge_features.main(base)
    assert json.loads((work / "results" / "judge_features.json").read_text())["not_run"] == {}
    result = json.loads((work / "results" / "judge_features.json").read_text())
    assert set(result["cells"]["k=1"]) == {"banking", "travel"}
    assert set(result["cells"]["k=1"]["banking"]) == {"MiniLM", "TF-IDF"}
    assert "AUC of the realness head" in "\n".join(tables._table("judge_features", result))
    with monkeypatch.context() as once:
        again(judge_features.main, base, work / "results", once)
    discriminator.main(base[:2])
    result = json.loads((work / "results" / "few_shot_discriminator.json").read_text())
    assert set(result["cells"]) == {f"{data} k={k}" for data in few_shot.TARGETS for k in (1, 3)}
    for found in result["cells"].values():
        assert set(found["label_accuracy"]) == set(discriminator.WAYS)
        assert found["label_accuracy"]["oracle"] >= found["label_accuracy"]["random"]
    assert "| banking k=1 | agreement, with names |" in "\n".join(
        tables._table("few_shot_discriminator", result)
    )
    with monkeypatch.context() as once:
        again(discriminator.main, base[:2], work / "results", once)
    accept_rate.main(base[:2])
    result = json.loads((work / "results" / "accept_rate.json").read_text())
    assert set(result["cells"]) == {"banking k=3", "travel k=3"}
    for found in result["cells"].values():
        for one in found["classifiers"].values():
            best = one["best_gain_pp"][0]
            assert best >= max(gain[0] for gain in one["gain_pp"].values())
            assert one["picked_gain_pp"] == one["gain_pp"][str(one["picks"][0])]
    assert "| banking k=3 | 1 |" in "\n".join(tables._table("accept_rate", result))
    again(accept_rate.main, base[:2], work / "results", monkeypatch)
