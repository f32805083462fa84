"""Which dose of synthetic rows to use, and what it gains on rows that did not choose it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from corpusforge.assess.rows import Rows

__all__ = ["choose", "cross_fitted", "halves", "share_interval"]

_RESAMPLES = 1000


def choose(tables: npt.NDArray[np.float64]) -> int:
    """The dose to use: the smallest one within one standard error of the best.

    The one-standard-error rule (Breiman et al. 1984, "Classification and Regression Trees",
    section 3.4.3). The standard error is that of the difference to the best dose on the same
    draws and test rows: the one of a single accuracy would call nearly all doses equal.

    Args:
        tables: Right answers, shape [doses, draws, test rows], ordered by dose.
    """
    means = tables.mean(axis=(1, 2))
    return int(_chosen(means[None], _errors(tables))[0])


def _errors(tables: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Standard error of the difference of each pair of doses: draws and rows both count."""
    count = len(tables)
    errors = np.zeros((count, count))
    for one in range(count):
        apart = tables - tables[one]
        draws, rows = apart.shape[1:]
        variance = apart.mean(axis=1).var(axis=1, ddof=1) / rows if rows > 1 else 0.0
        if draws > 1:
            variance = variance + apart.mean(axis=2).var(axis=1, ddof=1) / draws
        errors[one] = np.sqrt(variance)
    return errors


def _chosen(
    means: npt.NDArray[np.float64], errors: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """The dose for each row of means, shape [n, doses]."""
    best = means.argmax(axis=1)
    behind = means.max(axis=1, keepdims=True) - means
    near_enough = behind <= errors[best] + 1e-12
    return np.asarray(near_enough.argmax(axis=1), dtype=np.int64)


def share_interval(
    tables: npt.NDArray[np.float64],
    shares: npt.NDArray[np.float64],
    generator: np.random.Generator,
) -> tuple[float, float]:
    """95 % of the shares that are chosen when draws and test rows are drawn anew.

    Args:
        tables: As for `choose`.
        shares: Synthetic share of each dose, shape [doses].
        generator: For the bootstrap.
    """
    count, draws, rows = tables.shape
    by_row = generator.multinomial(rows, np.full(rows, 1 / rows), size=_RESAMPLES)
    by_draw = generator.multinomial(draws, np.full(draws, 1 / draws), size=_RESAMPLES)
    means = np.empty((_RESAMPLES, count))
    for dose in range(count):
        means[:, dose] = ((by_draw @ tables[dose]) * by_row).sum(axis=1) / (draws * rows)
    picked = shares[_chosen(means, _errors(tables))]
    low, high = np.quantile(picked, [0.025, 0.975], method="inverted_cdf")
    return float(low), float(high)


def halves(rows: Rows, generator: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Which half each row belongs to, every intent in both."""
    first = np.zeros(len(rows), dtype=bool)
    odd = 0
    for places in rows.by_intent().values():
        first[generator.permutation(places)[odd::2]] = True
        odd = (odd + len(places)) % 2
    return first


def cross_fitted(
    tables: npt.NDArray[np.float64],
    measured: npt.NDArray[np.float64],
    half: npt.NDArray[np.bool_],
) -> npt.NDArray[np.float64]:
    """Gain over the first dose, chosen on one half of the test rows and measured on the other.

    Args:
        tables: What the dose is chosen by, as for `choose`.
        measured: What the gain is measured on, of the same shape.
        half: See `halves`; both halves are measured once.

    Returns:
        Differences, shape [draws, test rows]; 0 where one half is empty.
    """
    apart = np.zeros(measured.shape[1:])
    for mask in (half, ~half):
        if mask.any() and not mask.all():
            dose = choose(tables[:, :, mask])
            apart[:, ~mask] = measured[dose][:, ~mask] - measured[0][:, ~mask]
    return apart
