"""Fewer points for the eye, and every extreme among them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["BUCKETS", "thin"]

BUCKETS = 1600
"""As many as a wide screen has columns."""


def thin(values: NDArray[np.float64], buckets: int = BUCKETS) -> NDArray[np.int64]:
    """Rows to draw a line through, rising: of each of `buckets` equal stretches its lowest, its highest, and both ends
    of the whole.

    A row without a value (NaN) is kept where a stretch has no others, so that a gap stays one. All rows when there are
    no more than two for each stretch.
    """
    count = len(values)
    if count <= 2 * buckets:
        return np.arange(count, dtype=np.int64)
    kept = {0, count - 1}
    edges = np.linspace(0, count, buckets + 1).astype(np.int64)
    for start, stop in pairwise(edges):
        part = values[start:stop]
        known = np.flatnonzero(~np.isnan(part))
        if not known.size:
            kept.add(int(start))
            continue
        kept |= {int(start + known[part[known].argmin()]), int(start + known[part[known].argmax()])}
    return np.array(sorted(kept), dtype=np.int64)
