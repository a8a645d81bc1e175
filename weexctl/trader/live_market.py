"""What a live run decides on: candles and columns, and how they are read while the account is looked after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from weexctl.errors import ExchangeError
from weexctl.run.fitting import TrailingColumns
from weexctl.run.schedule import REFIT_CANDLES
from weexctl.trader.live_loop import LiveLoop
from weexctl.trader.market_feed import MarketFeed

__all__ = ["LiveMarket", "load_meanwhile", "until_stopped"]

_AGAIN_MS = 10_000
"""After this long a history that could not be read is asked for again."""


@dataclass(frozen=True, slots=True)
class LiveMarket:
    """Candles and columns of a run, and from where on they are decided on."""

    feed: MarketFeed
    columns: TrailingColumns
    candle_ms: int
    last_close_ms: int
    run_from_ms: int
    done_ms: int

    def load(self, on_fetch: Callable[[str], None]) -> None:
        """Read the history, and compute its last row: a plugin that fails does so here."""
        self.feed.load(self.last_close_ms, on_fetch)
        fitted_ms = _fitted(self.run_from_ms, self.last_close_ms, self.candle_ms)
        self.columns.at(self.feed.candles, fitted_ms, self.last_close_ms)


def until_stopped(on_fetch: Callable[[str], None], should_stop: Callable[[], bool]) -> Callable[[str], None]:
    """Passes on which symbol is read, and ends a run that has not begun when somebody asks for an end."""

    def told(symbol: str) -> None:
        on_fetch(symbol)
        if should_stop():
            raise KeyboardInterrupt  # there is no run yet that could be summed up

    return told


class _Stopped(Exception):  # noqa: N818  # nothing went wrong
    """Somebody ended the run while its history was read."""


def load_meanwhile(
    market: LiveMarket, loop: LiveLoop, on_fetch: Callable[[str], None], should_stop: Callable[[], bool]
) -> None:
    """Read the history of a run that goes on, however long it takes, and look after the account between two symbols."""

    def between(symbol: str) -> None:
        on_fetch(symbol)
        loop.look_when_due()
        if should_stop():
            raise _Stopped

    while not should_stop():
        try:
            market.load(between)
        except _Stopped:
            return
        except ExchangeError:  # what is open needs this process more than the next decision does
            loop.watch_for(_AGAIN_MS)
        else:
            return


def _fitted(run_from_ms: int, close_ms: int, candle_ms: int) -> int:
    """The moment of the fits that count at a close; before the run's first step, the first ones."""
    span = REFIT_CANDLES * candle_ms
    return run_from_ms + max(0, close_ms - run_from_ms) // span * span
