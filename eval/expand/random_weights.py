"""The generator without pre-training: the same architecture from random weights.

Its adapter is meta-trained on the same background in as many steps. LoRA changes little of a
model, so there is also one whose weights are all trained on the same lists first, equally long.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from corpusforge.core.progress import Progress
from corpusforge.core.run import Cache, read_json, write_json
from corpusforge.core.seeding import rng
from corpusforge.meta_train import read_background, run
from eval import cells
from eval.expand.few_shot import adapter_options

__all__ = ["adapter_for", "random_base", "whole_base"]


def random_base(base: str, models: Cache, seed: int) -> Path:
    """A model folder: configuration and tokenizer of the base, weights as a new model has them.

    Args:
        base: As `expand.base`; not "scratch".
        models: Where the folder is kept.
        seed: Draws the weights.
    """
    from corpusforge.expand.gan.runtime import deterministic
    from corpusforge.expand.pretrained.base_model import find_base, open_base

    def make(to: Path) -> None:
        found = find_base(base, Path())
        if found is None:
            raise SystemExit(f"--base {base}: no pretrained model was found on this machine")
        model, tokenizer = open_base(found)
        with deterministic(seed):
            fresh = type(model)(model.config)
        fresh.save_pretrained(to)
        tokenizer.save_pretrained(to)

    return models.put_folder("base", "random", make)


def whole_base(base: Path, adapter: Path, models: Cache, work: Path, seed: int) -> Path:
    """A model folder: all weights of a base trained to continue lists, as long as an adapter.

    Steps, lists, rates and loss are those of meta-training.

    Args:
        base: Model folder to start from.
        adapter: Says how many steps it had.
        models: Where the folder is kept; cost.json in it says what it cost.
        work: Folder for the files of the background.
        seed: Draws the lists.
    """
    steps = int(read_json(adapter / "meta.json")["settings"]["generator"]["steps"])

    def make(to: Path) -> None:
        from corpusforge.expand.gan.runtime import deterministic
        from corpusforge.expand.pretrained.base_model import find_base, open_base
        from corpusforge.expand.pretrained.pieces import Pieces

        found = find_base(str(base), Path())
        assert found is not None  # it is a folder
        before_s = cells.cpu_s()
        background, _ = read_background(adapter_options(work, str(base), to, seed))
        with deterministic(seed):
            model, tokenizer = open_base(found)
            texts = [text.text for own in background.intents.values() for text in own]
            pieces = Pieces(tokenizer, background.symbols, texts)
            losses = _train(model, pieces, background, steps, seed)
        model.save_pretrained(to)
        open_base(found)[1].save_pretrained(to)
        cost_s = round(cells.cpu_s() - before_s, 1)
        write_json({"cpu_s": cost_s, "steps": steps, "losses": losses}, to / "cost.json")

    return models.put_folder("base", f"{base.name}-whole", make)


def _train(model: Any, pieces: Any, background: Any, steps: int, seed: int) -> list[float]:
    """Trains all weights on the lists of a meta-training; the loss of each step, nats a piece."""
    import torch

    from corpusforge.expand.pretrained import meta_training as meta

    settings = meta.MetaTraining(steps=steps, seed=seed)
    optimiser = torch.optim.AdamW(model.parameters(), lr=settings.learning_rate, weight_decay=0.0)
    draws = rng(seed, "meta-train.lists")
    model.train()
    losses = []
    for step in range(1, steps + 1):
        lists = meta.draw_lists(pieces, background, draws)
        output = model.get_output_embeddings().weight[pieces.kept]
        loss = meta.list_loss(model.base_model, pieces, output, lists)
        for group in optimiser.param_groups:
            group["lr"] = meta.rate_at(settings, step)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), meta.CLIP)
        optimiser.step()
        losses.append(round(float(loss.detach()), 4))
    model.eval()
    return losses


def adapter_for(
    base: Path, main: Path, models: Cache, work: Path, seed: int, *, steps: int | None = None
) -> Path:
    """An adapter of another base, with the background, the steps and the discriminator of one.

    Args:
        base: Model folder that it is for.
        main: The adapter to be like.
        models: Where the folder is kept.
        work: Folder for the files of the background.
        seed: Of the training.
        steps: Of the generator; None = as many as `main` had, 0 = the base stays as it is.

    Raises:
        SystemExit: When `main` was trained on another background.
    """
    like = read_json(main / "meta.json")

    def make(to: Path) -> None:
        wanted = like["settings"]["generator"]["steps"] if steps is None else steps
        plain = to / "plain"
        options = replace(
            adapter_options(work, str(base), plain, seed),
            encoder=like["encoder_source"],
            steps=wanted,
            # Its discriminator is thrown away.
            match_steps=1,
            adversarial=False,
        )
        before_s = cells.cpu_s()
        meta = run(options, Progress())
        cost_s = round(cells.cpu_s() - before_s, 1)
        if read_json(plain / "background.json") != read_json(main / "background.json"):
            raise SystemExit(f"{main} was meta-trained on another background: make it anew")
        for path in plain.iterdir():
            path.rename(to / path.name)
        plain.rmdir()
        shutil.rmtree(to / "discriminator")
        shutil.copytree(main / "discriminator", to / "discriminator")
        same = ("encoder_source", "encoder_digest", "discriminator")
        write_json({**meta, **{name: like[name] for name in same}}, to / "meta.json")
        write_json({"cpu_s": cost_s}, to / "cost.json")

    return models.put_folder("adapter", base.name, make)
