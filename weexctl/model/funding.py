"""Funding: what longs pay shorts, or receive, at each settlement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["FundingHistory"]


@dataclass(frozen=True, slots=True, eq=False)
class FundingHistory:
    """Settlements of one symbol, oldest first; read-only arrays.

    The rate is a fraction of the position's value at mark price; longs pay shorts when it is positive.
    """

    symbol: str
    time_ms: NDArray[np.int64]
    rate: NDArray[np.float64]

    def __post_init__(self) -> None:
        self.time_ms.flags.writeable = False
        self.rate.flags.writeable = False
