"""From rows of an answer to candles: as many pages as it takes, then arrays whose contiguity is proven.

Never a model per candle: one schema walks the whole body, and the arrays are built from its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import Any, TypeAlias

from weexctl.errors import DataError, UsageError
from weexctl.model.candle import Candles, Timeframe

__all__ = ["NO_CANDLES", "RECENT_ROWS", "CandleRow", "CandleSource", "build_candles", "newest_candles"]

RECENT_ROWS = 1_000
"""The most candles that the endpoint for the newest ones gives, in both generations."""

NO_CANDLES = "NO_CANDLES"
"""Code of the error where not one candle was closed by the end that was asked for."""

CandleRow: TypeAlias = tuple[Any, ...]
"""Open time, open, high, low, close, base volume; further members are left in the row and not used."""


@dataclass(frozen=True, slots=True)
class CandleSource:
    """The two ways to ask for candles."""

    newest: Callable[[int], list[CandleRow]]
    """The newest so many, the forming one too."""
    until: Callable[[int], list[CandleRow]]
    """A page that ends about a moment."""


def newest_candles(
    source: CandleSource, symbol: str, timeframe: Timeframe, *, limit: int, until_ms: int, now_ms: int
) -> Candles:
    """The newest `limit` candles closed at `until_ms`, oldest first; fewer where history begins.

    Raises:
        DataError: there is none, or there is a hole between two.
    """
    if limit < 1:
        raise UsageError(f"at least one candle must be asked for, not {limit}", code="BAD_LIMIT")
    last_open_ms = until_ms - timeframe.ms
    newer = -(-(now_ms - until_ms) // timeframe.ms) + 1  # the forming one too
    page = source.until(until_ms) if newer >= RECENT_ROWS else source.newest(min(limit + newer, RECENT_ROWS))
    rows = {row[0]: row for row in page}
    for _ in range(limit + 2):  # each page has at least one older row, or the search is over
        if sum(open_ms <= last_open_ms for open_ms in rows) >= limit:
            break
        # The end is asked for again: whether the exchange counts it in, and by open or close time, is not said.
        end_ms = min(rows, default=until_ms)
        older = {row[0]: row for row in source.until(end_ms) if row[0] < end_ms or not rows}
        if not older:
            break
        rows = older | rows
    return build_candles(symbol, timeframe, rows.values(), limit=limit, until_ms=until_ms)


def build_candles(
    symbol: str, timeframe: Timeframe, rows: Iterable[CandleRow], *, limit: int, until_ms: int
) -> Candles:
    """The newest `limit` candles that were closed at `until_ms`, oldest first.

    Raises:
        DataError: there is none, there is a hole between two, or a price cannot be a price.
    """
    import numpy as np

    last_open_ms = until_ms - timeframe.ms
    closed = sorted((row for row in rows if row[0] <= last_open_ms), key=itemgetter(0))[-limit:]
    if not closed:
        raise DataError(
            f"{symbol}: the exchange has no closed {timeframe.value} candle up to {until_ms}",
            hint="history begins later: ask for a later end",
            code=NO_CANDLES,
        )
    columns = list(islice(zip(*closed, strict=False), 6))  # rows may have columns we do not know
    times = np.array(columns[0], dtype=np.int64)
    opened, high, low, close, volume = (np.array(column, dtype=np.float64) for column in columns[1:])
    candles = Candles(symbol, timeframe, times, opened, high, low, close, volume)
    _prove(candles)
    return candles


def _prove(candles: Candles) -> None:
    import numpy as np

    name, times = f"{candles.symbol}: the {candles.timeframe.value} candle", candles.open_time_ms
    if (holes := np.flatnonzero(np.diff(times) != candles.timeframe.ms)).size:
        before = int(times[holes[0]])
        raise DataError(
            f"{name} after {before} is missing at the exchange; nothing was filled in",
            hint="ask for candles after the hole",
            details={"after_ms": before, "holes": int(holes.size)},
        )
    body_low, body_high = np.minimum(candles.open, candles.close), np.maximum(candles.open, candles.close)
    sound = (candles.low > 0) & (candles.low <= body_low) & (candles.high >= body_high) & (candles.volume >= 0)
    if not sound.all():
        at = int(times[np.flatnonzero(~sound)[0]])
        raise DataError(
            f"{name} of {at} has prices that cannot be; nothing was repaired",
            hint="ask for candles after it",
            details={"at_ms": at},
        )
