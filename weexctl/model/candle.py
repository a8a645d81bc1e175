"""Candles: open, high, low, close and volume of equal intervals of time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from weexctl.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["COLUMNS", "Candles", "PriceSource", "Timeframe"]

COLUMNS = ("open", "high", "low", "close", "volume")
_MS = {
    "1m": 60_000,
    "5m": 300_000,
    "15m": 900_000,
    "30m": 1_800_000,
    "1h": 3_600_000,
    "4h": 14_400_000,
    "12h": 43_200_000,
    "1d": 86_400_000,
    "1w": 604_800_000,
}


class Timeframe(StrEnum):
    """The length of a candle; the nine the exchange offers."""

    M1 = "1m"
    M5 = "5m"
    M15 = "15m"
    M30 = "30m"
    H1 = "1h"
    H4 = "4h"
    H12 = "12h"
    D1 = "1d"
    W1 = "1w"

    ms: int
    """Length in milliseconds."""

    def __init__(self, word: str) -> None:
        self.ms = _MS[word]

    @property
    def anchor_ms(self) -> int:
        """A moment at which such a candle opens: weeks begin on Monday, all others with 1970."""
        return 4 * _MS["1d"] if self is Timeframe.W1 else 0


class PriceSource(StrEnum):
    """The price that candles are made of. Mark and index candles have no volume."""

    LAST = "last"
    MARK = "mark"
    INDEX = "index"


@dataclass(frozen=True, slots=True, eq=False)
class Candles:
    """Closed candles of one symbol, oldest first, on an even grid.

    Only those that were read with `gaps=True` may lack some; nothing that decides or trades takes such a series.
    The arrays are read-only. Prices are quote per base, volume is in base units, times are the open times in
    UTC milliseconds. A candle is closed `timeframe.ms` after its open time.
    """

    symbol: str
    timeframe: Timeframe
    open_time_ms: NDArray[np.int64]
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    volume: NDArray[np.float64]
    synthetic: bool = False
    """True when a generator made them; shown wherever the numbers are shown."""

    def __post_init__(self) -> None:
        for name in ("open_time_ms", *COLUMNS):
            array = getattr(self, name)
            if array.shape != self.open_time_ms.shape or array.ndim != 1:
                raise DataError(f"{self.symbol}: column {name} has another length than the times")
            array.flags.writeable = False

    def __len__(self) -> int:
        return int(self.open_time_ms.shape[0])

    @property
    def first_ms(self) -> int:
        """Open time of the oldest candle."""
        return int(self.open_time_ms[0])

    @property
    def last_close_ms(self) -> int:
        """The moment the newest candle closed."""
        return int(self.open_time_ms[-1]) + self.timeframe.ms

    def rows(self, start: int, stop: int) -> Candles:
        """Candles `start` to `stop` (exclusive) by position; shares memory with this one."""
        cut = slice(max(0, start), max(0, stop))
        return Candles(
            self.symbol,
            self.timeframe,
            self.open_time_ms[cut],
            self.open[cut],
            self.high[cut],
            self.low[cut],
            self.close[cut],
            self.volume[cut],
            self.synthetic,
        )

    def index_of_close(self, close_ms: int) -> int:
        """Position of the candle that closed at `close_ms`.

        Raises:
            DataError: no candle closed at that moment.
        """
        position, rest = divmod(close_ms - self.timeframe.ms - self.first_ms, self.timeframe.ms)
        if rest or not 0 <= position < len(self) or self.open_time_ms[position] != close_ms - self.timeframe.ms:
            raise DataError(f"{self.symbol}: no {self.timeframe} candle closes at {close_ms}")
        return int(position)

    def closed_by(self, now_ms: int) -> Candles:
        """The candles that were closed at `now_ms`."""
        import numpy as np

        stop = int(np.searchsorted(self.open_time_ms, now_ms - self.timeframe.ms, side="right"))
        return self.rows(0, stop)

    def frame(self, *, copy: bool = True) -> pd.DataFrame:
        """A data frame for plugins: float columns open, high, low, close, volume; index `open_time_ms` (int64).

        The frame is fresh, and nobody can reach back from it into these arrays.

        Args:
            copy: with values of its own; without, they are these read-only arrays, which only a copy can be written to.
        """
        import pandas as pd

        index = pd.Index(self.open_time_ms, name="open_time_ms")
        return pd.DataFrame({name: getattr(self, name) for name in COLUMNS}, index=index, copy=copy)

    def digest(self) -> str:
        """A hash of symbol, timeframe and every value: the same data has the same digest everywhere."""
        state = hashlib.blake2b(f"{self.symbol}|{self.timeframe.value}|".encode(), digest_size=10)
        state.update(self.open_time_ms.astype("<i8").tobytes())
        for name in COLUMNS:
            state.update(getattr(self, name).astype("<f8").tobytes())
        return state.hexdigest()
