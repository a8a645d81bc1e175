"""One series of candles that is being fetched, page by page, into the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from weexctl.actions.context import Track
from weexctl.errors import DataError, WeexctlError
from weexctl.exchange.candle_series import NO_CANDLES
from weexctl.market.spans import Page
from weexctl.market.store import CandleStore, Manifest
from weexctl.model.candle import Timeframe
from weexctl.trader.market_desk import MarketDesk

__all__ = ["FetchedSeries"]


@dataclass(slots=True)
class FetchedSeries:
    """What is known of a series, and what is missing of it."""

    symbol: str
    timeframe: Timeframe
    pages: list[Page]
    """In an order in which each touches what is there by then."""
    manifest: Manifest | None
    """Of what is stored; None when nothing is."""
    added: int = 0
    problem: WeexctlError | None = None
    """Why it is not whole."""

    def fetch(self, desk: MarketDesk, store: CandleStore, track: Track, should_stop: Callable[[], bool]) -> bool:
        """Store page after page, from the first candle there is; whether nobody asked for an end meanwhile.

        A page that contradicts what is stored, or has a hole, ends it: `problem` says so, and earlier pages stay.

        Raises:
            ExchangeError: the venue did not answer; earlier pages stay.
            ConfigError: the store cannot be written to.
        """
        nothing_before_ms = 0
        for page in self.pages:
            if should_stop():
                return False
            try:
                if page[1] > nothing_before_ms:
                    self._store(page, desk, store)
            except DataError as error:
                if error.code != NO_CANDLES:
                    self.problem = error
                    return True
                nothing_before_ms = page[1]  # history begins later: what is older is not there either
            track.advance(1, self.symbol)
        if self.manifest is None and self.pages:
            self.problem = DataError(
                f"{self.symbol} has no {self.timeframe.value} candle in that span at {desk.source}; nothing was stored",
                hint="name a later --to, or leave --from and --to out for the newest candles",
                code=NO_CANDLES,
            )
        return True

    def _store(self, page: Page, desk: MarketDesk, store: CandleStore) -> None:
        low_ms, high_ms = page
        count = (high_ms - low_ms) // self.timeframe.ms
        candles = desk.exchange.fetch_candles(self.symbol, self.timeframe, limit=count, end_ms=high_ms)
        self.manifest, added = store.keep(replace(candles, synthetic=desk.synthetic), source=desk.source)
        self.added += added
