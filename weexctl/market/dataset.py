"""Several symbols' candles taken together: what identifies them, and the time they have in common."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from weexctl.errors import DataError
from weexctl.market.validation import iso_time
from weexctl.model.candle import Candles
from weexctl.model.funding import FundingHistory

__all__ = ["common_window", "cut_to_window", "dataset_digest"]


def dataset_digest(
    candles: Mapping[str, Candles],
    funding: Mapping[str, FundingHistory] | None = None,
    detail: Mapping[str, Candles] | None = None,
) -> str:
    """A hash of every value of every symbol, funding and shorter candles too: equal data, equal digest."""
    state = hashlib.blake2b(digest_size=10)
    for symbol in sorted(candles):
        state.update(f"{symbol}|{candles[symbol].digest()}|".encode())
    for symbol, history in sorted((funding or {}).items()):
        state.update(f"{symbol}|funding|{len(history.time_ms)}|".encode())
        state.update(history.time_ms.astype("<i8").tobytes())
        state.update(history.rate.astype("<f8").tobytes())
    for symbol, fine in sorted((detail or {}).items()):
        state.update(f"{symbol}|detail|{fine.digest()}|".encode())
    return state.hexdigest()


def common_window(candles: Mapping[str, Candles]) -> tuple[int, int]:
    """The span every symbol covers: open of its first candle and close of its last one, UTC milliseconds.

    Raises:
        DataError: they have no candle in common, or there are none.
    """
    filled = {symbol: series for symbol, series in candles.items() if len(series)}
    if not filled or len(filled) < len(candles):
        raise DataError("there are no candles; nothing was done", hint="name candle files with --data")
    from_ms = max(series.first_ms for series in filled.values())
    to_ms = min(series.last_close_ms for series in filled.values())
    if from_ms >= to_ms:
        raise DataError(f"the symbols have no candle in common ({_spans(filled)}); nothing was done", hint=_CHOOSE)
    return from_ms, to_ms


def cut_to_window(
    candles: Mapping[str, Candles], *, from_ms: int | None = None, to_ms: int | None = None
) -> dict[str, Candles]:
    """The candles that open at or after `from_ms` and close at or before `to_ms`, of the span all symbols cover.

    Every symbol comes out with the same open times. Shares memory with what came in.

    Raises:
        DataError: nothing is left.
    """
    first, last = common_window(candles)
    start = first if from_ms is None else max(first, from_ms)
    end = last if to_ms is None else min(last, to_ms)
    cut = {symbol: _between(series, start, end) for symbol, series in candles.items()}
    if not all(len(series) for series in cut.values()):
        raise DataError(
            f"no candles between {iso_time(start)} and {iso_time(end)} ({_spans(candles)}); nothing was done",
            hint=_CHOOSE,
        )
    return cut


_CHOOSE = "choose another --from and --to, or fewer --symbols"


def _between(series: Candles, start_ms: int, end_ms: int) -> Candles:
    start = int(series.open_time_ms.searchsorted(start_ms, side="left"))
    stop = int(series.open_time_ms.searchsorted(end_ms - series.timeframe.ms, side="right"))
    return series.rows(start, stop)


def _spans(candles: Mapping[str, Candles]) -> str:
    return "; ".join(
        f"{symbol} {iso_time(series.first_ms)} to {iso_time(series.last_close_ms)}"
        for symbol, series in candles.items()
    )
