"""Which stretches of a run have no funding on file. What is missing there is not zero, it is unknown."""

from __future__ import annotations

from weexctl.market.spans import Page
from weexctl.model.funding import FundingHistory

__all__ = ["unsettled"]

_LONGEST_MS = 8 * 3_600_000
"""No contract goes longer than this without a settlement."""
_JITTER_MS = 60_000
"""By which the time of a settlement may be off its hour."""


def unsettled(history: FundingHistory, from_ms: int, to_ms: int) -> list[Page]:
    """The stretches between two moments in which at least one settlement is missing, oldest first."""
    import numpy as np

    times = history.time_ms
    around = times[max(0, int(np.searchsorted(times, from_ms, side="right")) - 1) : np.searchsorted(times, to_ms) + 1]
    # Before the first settlement on file, and after the last, nothing is known of any.
    before = [] if len(around) and around[0] <= from_ms else [from_ms]
    after = [] if len(around) and around[-1] >= to_ms else [to_ms]
    edges = np.array([*before, *around, *after], dtype=np.int64)
    holes = np.flatnonzero(np.diff(edges) > _LONGEST_MS + _JITTER_MS)
    return [(max(from_ms, int(edges[hole])), min(to_ms, int(edges[hole + 1]))) for hole in holes]
