"""The shorter candles inside a symbol's candles: in which order its prices came."""

from __future__ import annotations

from typing import NamedTuple

from weexctl.model.candle import Candles

__all__ = ["Bar", "Detail", "mark_bar"]


class Bar(NamedTuple):
    """How far a price went."""

    open: float
    high: float
    low: float
    close: float


def mark_bar(bar: Bar, wick: float) -> Bar:
    """How far the mark price went: a share of the last price's wicks."""
    top, bottom = max(bar.open, bar.close), min(bar.open, bar.close)
    return bar._replace(high=top + wick * (bar.high - top), low=bottom - wick * (bottom - bar.low))


class Detail:
    """Shorter candles of one symbol; some may be missing.

    Args:
        fine: the shorter candles; that they agree with the longer ones is the giver's promise.
        length_ms: how long the longer ones are.
        mark_wick: share of the last price's wicks that the mark price goes along.
    """

    def __init__(self, fine: Candles, length_ms: int, mark_wick: float) -> None:
        self.part_ms = fine.timeframe.ms
        self._fine = fine
        self._parts = length_ms // self.part_ms
        self._mark_wick = mark_wick

    def bars(self, opened_ms: int) -> list[tuple[Bar, Bar]] | None:
        """How far last and mark price went in each part of the candle that opened then; None unless all are there."""
        fine = self._fine
        start = int(fine.open_time_ms.searchsorted(opened_ms))
        last = start + self._parts - 1
        # Times rise by a part at least: with the last one in its place, no other is missing.
        if last >= len(fine) or fine.open_time_ms[last] != opened_ms + (self._parts - 1) * self.part_ms:
            return None
        columns = (fine.open, fine.high, fine.low, fine.close)
        rows = zip(*(column[start : last + 1].tolist() for column in columns), strict=True)
        bars = [Bar(*row) for row in rows]
        return [(bar, bar if self._mark_wick == 1 else mark_bar(bar, self._mark_wick)) for bar in bars]
