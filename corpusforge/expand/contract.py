"""What a generator is given and what it gives: the contract of the `generator` plug-ins.

The discriminator, the intent classifier, the novelty test, the weights and the provenance are
not the generator's business: they are the same for all generators.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from corpusforge.core.progress import Progress
from corpusforge.core.recipe import ExpandConfig
from corpusforge.core.run import Cache
from corpusforge.expand.slots import Frame, SlotTable

if TYPE_CHECKING:
    from corpusforge.expand.gan.layout import Layout
    from corpusforge.expand.judge import Judging

__all__ = ["TEMPERATURES", "Candidate", "FitContext", "Generator"]

TEMPERATURES = (0.8, 1.0, 1.2)
"""Mixed where recipe and generator say nothing else: phrasings differ more between texts."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One generated text, not yet judged.

    Attributes:
        frame: What it was generated for.
        text: With slot symbols; it holds the frame's symbols, each as often as the frame.
        log_probability: Mean log probability per piece under the generator, in nats, where it
            knows one; None = unknown.
    """

    frame: Frame
    text: str
    log_probability: float | None = None


@dataclass(frozen=True)
class FitContext:
    """What a generator may use while it is fitted.

    Attributes:
        layout: Pieces and lengths, for models over pieces.
        held_out: Train frames that must not be learnt; for stopping and for guards.
        judge: Scores texts, and can be trained against fakes.
        config: The recipe's `expand` part.
        seed: The recipe's seed.
        progress: For bars.
        table: Slot kinds and values, to show slots to a model that writes plain text.
        frames: What it will be asked for: the frames of all train rows, those of `held_out`
            among them. Their parents number the rows of this run, so a candidate's frame is
            one of these, also after `load`.
        folder: Where the recipe stands; its paths start there.
        cache: For answers that cost money; None = nothing is kept.
        unfinished: Folder for what a killed fit goes on from, need not exist; None = none.
    """

    layout: Layout
    held_out: Sequence[Frame]
    judge: Judging
    config: ExpandConfig
    seed: int
    progress: Progress
    table: SlotTable
    frames: Sequence[Frame]
    folder: Path
    cache: Cache | None
    unfinished: Path | None = None


class Generator(Protocol):
    """A source of candidates.

    A plug-in class that stands on different models may have a class method
    `for_recipe(config, folder, adapter)`, which is then called in place of the constructor: with
    the recipe's `expand` part, the folder its paths start in, and its adapter or None.

    Attributes:
        may_change_slot_values: Whether slots may be refilled with other values of the same
            list and agreement class.
        least_log_probability: Candidates below it are not accepted; the generator reads it
            off held-out rows, and has -inf where it knows no likelihood.
        trains_judge: Whether `fit` trains the judge against its own samples; if not, the judge
            is trained against those of a trigram model.
        wave: Candidates to ask for between two looks at the quotas: many where each is cheap.
    """

    may_change_slot_values: bool
    least_log_probability: float
    trains_judge: bool

    @property
    def wave(self) -> int:
        """See above."""
        ...

    def fit(self, train: Sequence[Frame], context: FitContext) -> dict[str, Any]:
        """Learns from frames of train rows.

        Returns:
            What to write into history.json.
        """
        ...

    def expand(self, frames: Sequence[Frame], n: int, rng: np.random.Generator) -> list[Candidate]:
        """At most `n` candidates for the frames, in turn; unusable ones are left out.

        A generator that cannot choose what it says (a file, recombined carriers) may answer a
        frame with a candidate for another frame of the same intent.
        """
        ...

    def spent(self, intent: str) -> bool:
        """Whether asking for this intent again is in vain: everything was given."""
        ...

    def usage(self) -> dict[str, Any]:
        """What its candidates cost so far, for history.json; empty where nothing is paid.

        The same for a run that was killed and resumed as for one that was not.
        """
        ...

    def save(self, folder: Path) -> None:
        """Writes what `load` needs into an existing folder."""
        ...

    def load(self, folder: Path, context: FitContext) -> None:
        """Reads what `save` wrote, in place of `fit`."""
        ...
