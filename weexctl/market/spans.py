"""Which stretches of time are missing between what is stored and what is wanted, cut into pages."""

from __future__ import annotations

from collections.abc import Iterator

from weexctl.model.candle import Timeframe

__all__ = ["Page", "missing_pages"]

Page = tuple[int, int]
"""Open of the first candle and close of the last one, UTC milliseconds."""


def missing_pages(
    timeframe: Timeframe, from_ms: int, to_ms: int, *, stored: Page | None = None, candles: int
) -> list[Page]:
    """Pages of at most so many candles, in an order in which each touches what is there by then.

    A span that does not reach what is stored is extended to it: a series has no hole.

    Args:
        timeframe: the grid the pages lie on.
        from_ms: first moment that is wanted; the first candle opens there or after.
        to_ms: last moment that is wanted; the last candle closes there or before.
        stored: the span that is there already.
        candles: most candles of a page.
    """
    anchor = timeframe.anchor_ms
    start = anchor - (anchor - from_ms) // timeframe.ms * timeframe.ms
    end = anchor + (to_ms - anchor) // timeframe.ms * timeframe.ms
    size = candles * timeframe.ms
    if stored is None:
        return list(_pages(start, end, size))
    return [*_pages_down(stored[0], start, size), *_pages(stored[1], end, size)]


def _pages(start: int, end: int, size: int) -> Iterator[Page]:
    for low in range(start, end, size):
        yield low, min(low + size, end)


def _pages_down(end: int, start: int, size: int) -> Iterator[Page]:
    for high in range(end, start, -size):
        yield max(high - size, start), high
