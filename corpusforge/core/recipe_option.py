"""What a field of a recipe says of itself: meaning, unit, limits."""

from __future__ import annotations

from dataclasses import field
from typing import Any

__all__ = ["LANG_PATTERN", "Range", "option"]

LANG_PATTERN = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
"""BCP-47 tags, as far as a look tells."""

Range = tuple[float, float]
"""Lowest and highest value of something that is drawn."""


def option(description: str, default: Any = ..., **limits: Any) -> Any:
    """A recipe field.

    Args:
        description: What it means, with its unit; shown in editors.
        default: Its default; without one the key is required.
        limits: JSON Schema keywords (minimum, maximum, enum, pattern, ...).
    """
    metadata = {"description": description, "limits": limits}
    if default is ...:
        return field(metadata=metadata)
    return field(default=default, metadata=metadata)
