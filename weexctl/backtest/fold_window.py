"""A bench cut to one window: whoever works on it has no candle that closes later."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from weexctl.backtest.bench import Bench
from weexctl.backtest.crew import Crew, CrewLostError, Task
from weexctl.backtest.folds import Closes
from weexctl.backtest.shelf import Shelf
from weexctl.backtest.stretch import Fits
from weexctl.run.schedule import Schedule

__all__ = ["WindowCrew", "cut_bench", "fits_within"]

T = TypeVar("T")


def cut_bench(bench: Bench, closes: Closes) -> Bench:
    """The bench of one window: its closes, and the candles that were closed by its end.

    The equity at a close is marked at the price that follows it, so that the closes alone would not keep the next
    window's first price away. Fits stay where they are in the whole.
    """
    market, schedule = bench.market, bench.schedule
    known = replace(
        market,
        candles={symbol: candles.closed_by(closes.last_ms) for symbol, candles in market.candles.items()},
        detail={symbol: candles.closed_by(closes.last_ms) for symbol, candles in market.detail.items()},
    )
    return replace(bench, market=known, schedule=_within(schedule, closes))


def fits_within(fits: Fits, schedule: Schedule, closes: Closes) -> Fits:
    """The fits that a window needs."""
    moments = [fitted_ms for fitted_ms, _, _ in _within(schedule, closes).blocks()]
    return {symbol: {moment: made[moment] for moment in moments if moment in made} for symbol, made in fits.items()}


class WindowCrew:
    """A crew whose tasks see one window of the bench.

    Args:
        crew: who does the work; it has the whole bench.
        closes: the window.
    """

    def __init__(self, crew: Crew, closes: Closes) -> None:
        self._crew, self._closes = crew, closes

    @property
    def room(self) -> int:
        """As much as the crew has."""
        return self._crew.room

    def submit(self, task: Task[T], *arguments: Any) -> Future[T]:
        """Have a task done on the window."""
        return self._crew.submit(_in_window, task, self._closes, arguments)

    def lost(self, error: BaseException) -> CrewLostError | None:
        """What the crew says of it."""
        return self._crew.lost(error)


def _within(schedule: Schedule, closes: Closes) -> Schedule:
    return replace(schedule, first_ms=closes.first_ms, last_ms=closes.last_ms)


_LOCK = threading.Lock()
_KEPT: WeakKeyDictionary[Shelf, tuple[Closes, Bench, Shelf]] = WeakKeyDictionary()
"""The window that was worked on last, and what was kept of it, beside what the worker keeps of the whole bench."""


def _in_window(
    bench: Bench,
    shelf: Shelf,
    task: Callable[..., T],
    closes: Closes,
    arguments: tuple[Any, ...],
    *,
    should_stop: Callable[[], bool],
) -> T:
    """On a worker: the task, with the bench of the window and a shelf for it."""
    with _LOCK:  # a worker may have several threads
        known = _KEPT.get(shelf)
        if known is None or known[0] != closes:
            known = _KEPT[shelf] = (closes, cut_bench(bench, closes), Shelf())
    return task(known[1], known[2], *arguments, should_stop=should_stop)
