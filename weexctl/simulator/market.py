"""The price at a moment, and how far it went in a candle. Only the passage of time asks for a whole candle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from weexctl.errors import DataError
from weexctl.model.candle import Candles, Timeframe
from weexctl.simulator.detail import Bar, Detail
from weexctl.simulator.instruments import Contract

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Bar", "MarketView", "Tape"]

LIQUIDITY_HOURS = 24
"""Turnover per minute is the mean of this span of closed candles."""


class Tape:
    """One symbol's candles on an unbroken grid; holes are filled with flat candles of no volume."""

    def __init__(self, candles: Candles, contract: Contract, mark_wick: float, fine: Candles | None = None) -> None:
        import numpy as np

        if not len(candles):
            raise DataError(f"{candles.symbol}: no candles; the simulator has no price for it")
        self.timeframe = candles.timeframe
        self._length_ms = candles.timeframe.ms
        self.first_ms = candles.first_ms
        self.times, filled = _without_holes(candles)
        self.count = len(self.times)
        opened, high, low, close, volume = filled
        # Views that give plain floats: nearly as quick to ask for one as a list, and no memory of their own.
        self.open, self.high, self.low, self.close, self.volume = map(_floats, filled)
        self.opens: NDArray[np.float64] = opened
        self.closes: NDArray[np.float64] = close
        self.lows: NDArray[np.float64] = low
        self.highs: NDArray[np.float64] = high
        top, bottom = np.maximum(opened, close), np.minimum(opened, close)
        self.mark_high = self.high if mark_wick == 1 else _floats(top + mark_wick * (high - top))
        self.mark_low = self.low if mark_wick == 1 else _floats(bottom - mark_wick * (bottom - low))
        self.minute_volume = _floats(_minute_volume(volume, candles.timeframe))
        self.detail = None if fine is None else Detail(fine, self._length_ms, mark_wick)
        self._step = contract.instrument.price_step
        self._price: tuple[int, Decimal] = (-1, Decimal(0))

    def index(self, now_ms: int) -> int:
        """The candle that is forming at `now_ms`; `count` or more when the data has ended."""
        return (now_ms - self.first_ms) // self._length_ms

    def last(self, now_ms: int) -> float:
        """The price at a moment: the forming candle's open, after the end of the data the last close."""
        index = self.index(now_ms)
        return self.open[index] if index < self.count else self.close[-1]

    def price(self, now_ms: int) -> Decimal:
        """The same price as money, on the price step."""
        index = min(self.index(now_ms), self.count)
        if self._price[0] != index:
            price = Decimal(repr(self.last(now_ms)))
            self._price = (index, (price / self._step).to_integral_value() * self._step)
        return self._price[1]

    def bars(self, opened_ms: int) -> tuple[Bar, Bar] | None:
        """How far last and mark price went in the candle that opened then; None outside the data."""
        index = self.index(opened_ms)
        if not 0 <= index < self.count:
            return None
        opened, close = self.open[index], self.close[index]
        last = Bar(opened, self.high[index], self.low[index], close)
        if self.mark_high is self.high:
            return last, last
        return last, Bar(opened, self.mark_high[index], self.mark_low[index], close)

    def parts(self, opened_ms: int) -> list[tuple[Bar, Bar]] | None:
        """The same by the shorter candles in it, in their order; None where they are not known."""
        return None if self.detail is None else self.detail.bars(opened_ms)

    def point(self, opened_ms: int) -> tuple[Bar, Bar] | None:
        """Last and mark price as the candle opens, as bars that went nowhere; None outside the data."""
        index = self.index(opened_ms)
        if not 0 <= index < self.count:
            return None
        price = self.open[index]
        bar = Bar(price, price, price, price)
        return bar, bar

    def minute_turnover(self, now_ms: int) -> float:
        """Quote traded in a minute, mean of the last day's closed candles."""
        index = min(max(self.index(now_ms), 0), self.count - 1)
        return self.minute_volume[index] * self.last(now_ms)


class MarketView:
    """All tapes of one market.

    Args:
        market: candles by symbol.
        contracts: what is listed.
        mark_wick: share of the last price's wicks that the mark price goes along.
        detail: shorter candles of some symbols, all of one timeframe.

    Raises:
        DataError: the market is empty, or its candles are not of one timeframe and phase.
    """

    def __init__(
        self,
        market: Mapping[str, Candles],
        contracts: Mapping[str, Contract],
        mark_wick: float,
        detail: Mapping[str, Candles] = MappingProxyType({}),
    ) -> None:
        timeframes = {candles.timeframe for candles in market.values()}
        if len(timeframes) != 1:
            found = ", ".join(sorted(timeframes)) or "none"
            raise DataError(f"the simulator needs candles of one timeframe, found: {found}; nothing was started")
        self.timeframe: Timeframe = timeframes.pop()
        order: Iterable[str] = (symbol for symbol in contracts if symbol in market)
        self.tapes = {s: Tape(market[s], contracts[s], mark_wick, detail.get(s)) for s in order}
        if unknown := [symbol for symbol in market if symbol not in contracts]:
            raise DataError(f"the simulator lists no contract {', '.join(unknown)}; nothing was started")
        phases = {tape.first_ms % self.timeframe.ms for tape in self.tapes.values()}
        if len(phases) != 1:
            raise DataError("the symbols' candles do not open at the same moments; nothing was started")
        if len({tape.detail.part_ms for tape in self.tapes.values() if tape.detail is not None}) > 1:
            raise DataError("the shorter candles are not of one timeframe; nothing was started")
        self._phase = phases.pop()
        self._length_ms = self.timeframe.ms

    @property
    def ends_ms(self) -> int:
        """Close of the last candle of any symbol."""
        return max(tape.first_ms + tape.count * self.timeframe.ms for tape in self.tapes.values())

    def renamed(self, names: Mapping[str, str]) -> MarketView:
        """The same tapes under other symbols; names that have no tape are left out."""
        other = copy(self)
        other.tapes = {name: self.tapes[symbol] for symbol, name in names.items() if symbol in self.tapes}
        return other

    def price(self, symbol: str, now_ms: int) -> Decimal:
        """Last and mark price at a moment; both are the forming candle's open."""
        return self.tapes[symbol].price(now_ms)

    def next_close_ms(self, now_ms: int) -> int:
        """The first moment after `now_ms` at which a candle closes."""
        length = self._length_ms
        return (now_ms - self._phase) // length * length + length + self._phase


def _floats(values: NDArray[np.float64]) -> memoryview[float]:
    import numpy as np

    return cast("memoryview[float]", memoryview(np.ascontiguousarray(values, dtype=np.float64)))  # type: ignore[arg-type]  # numpy's arrays are buffers


def _without_holes(candles: Candles) -> tuple[range, list[NDArray[np.float64]]]:
    import numpy as np

    length = candles.timeframe.ms
    position = (candles.open_time_ms - candles.first_ms) // length
    columns = [candles.open, candles.high, candles.low, candles.close, candles.volume]
    count = int(position[-1]) + 1
    times = range(candles.first_ms, candles.first_ms + length * count, length)
    if count == len(candles):
        return times, columns
    source = np.searchsorted(position, np.arange(count), side="right") - 1
    hole = position[source] != np.arange(count)
    close = candles.close[source]
    prices = [np.where(hole, close, column[source]) for column in columns[:4]]
    return times, [*prices, np.where(hole, 0.0, candles.volume[source])]


def _minute_volume(volume: NDArray[np.float64], timeframe: Timeframe) -> NDArray[np.float64]:
    """Base units per minute, mean over the last day of closed candles; the first candle uses its own."""
    import numpy as np

    span = max(1, LIQUIDITY_HOURS * 3_600_000 // timeframe.ms)
    sums = np.concatenate(([0.0], np.cumsum(volume)))
    now = np.arange(len(volume))
    start = np.maximum(now - span, 0)
    closed = np.maximum(now - start, 1)
    mean = np.where(now > 0, (sums[now] - sums[start]) / closed, volume)
    minutes = timeframe.ms / 60_000
    return np.asarray(np.maximum(mean, 0.0) / minutes, dtype=np.float64)
