"""Quotas of intents: how many rows each gets.

Light: `validate` checks them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from corpusforge.core.errors import InputError

__all__ = ["quota_shares"]


def quota_shares(
    quotas: Mapping[str, float], intents: Iterable[str], rows: int
) -> dict[str, float]:
    """Quotas as shares of the rows.

    Args:
        quotas: Intent -> rows (a whole number) or share of the rows (0.0 to 1.0).
        intents: Those that there are.
        rows: Rows wanted in all.

    Raises:
        InputError: For unknown intents, numbers that are neither, and quotas that ask for more
            than there is.
    """
    known = list(dict.fromkeys(intents))
    shares: dict[str, float] = {}
    for intent, quota in quotas.items():
        if intent not in known:
            raise InputError(
                f"there is a quota for the intent {intent!r}, which no template has",
                given=intent,
                allowed=known,
            )
        if quota < 0 or (isinstance(quota, float) and quota > 1.0):
            raise InputError(
                f"the quota {quota} of {intent} is neither a number of rows nor a share",
                hint="give a whole number of rows, or a share from 0.0 to 1.0",
            )
        shares[intent] = quota if isinstance(quota, float) else quota / max(rows, 1)
    total = sum(shares.values())
    if total > 1.0 + 1e-9:
        raise InputError(
            f"the quotas ask for {total:.1%} of the rows ({round(total * rows):,} of {rows:,})",
            hint="raise the number of rows, or lower the quotas",
        )
    return shares
