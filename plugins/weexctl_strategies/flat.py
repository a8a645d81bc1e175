"""The rule that stays out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from weexctl_strategies import FlatConfig

__all__ = ["Flat"]


class Flat:
    """Never wants a position: the rule of a regime in which nothing may open."""

    warmup_candles = 0
    own_candle = ()

    def __init__(self, config: FlatConfig) -> None:
        self._config = config

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        """direction 0, strength 0, entry false and the reason STAY_OUT on every row."""
        rows = len(candles)
        return pd.DataFrame(
            {
                "direction": np.zeros(rows, dtype=np.int64),
                "strength": np.zeros(rows),
                "entry": np.zeros(rows, dtype=np.bool_),
                "reason": np.full(rows, "STAY_OUT", dtype=object),
            },
            index=candles.index,
        )
