"""What a process and its children have used so far."""

from __future__ import annotations

import resource

__all__ = ["cpu_s", "peak_rss_mb"]


def cpu_s() -> float:
    """User and system seconds of this process and its finished children."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def peak_rss_mb() -> int:
    """Largest resident size so far of this process or of one child, in MB (10^6 bytes)."""
    kib = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return round(kib * 1024 / 1e6)
