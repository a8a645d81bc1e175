"""Candles as they close: a history to begin with, and one more for every symbol at every close."""

from __future__ import annotations

from collections.abc import Callable

from weexctl.errors import WeexctlError
from weexctl.market.joining import joined
from weexctl.model.candle import Candles, Timeframe
from weexctl.ports import Exchange

__all__ = ["MarketFeed"]


class MarketFeed:
    """The closed candles of a run's symbols, kept up to date from an exchange.

    Args:
        exchange: where candles come from.
        symbols: whose.
        timeframe: their length.
        history: how many are wanted before the first decision.
        keep: how many are kept at most.
    """

    def __init__(
        self, exchange: Exchange, symbols: tuple[str, ...], timeframe: Timeframe, *, history: int, keep: int
    ) -> None:
        self._exchange = exchange
        self._symbols = symbols
        self._timeframe = timeframe
        self._history = history
        self._keep = keep
        self.candles: dict[str, Candles] = {}
        """By symbol; what the exchange has of each, `history` at first."""

    def load(self, until_ms: int, on_symbol: Callable[[str], None]) -> None:
        """Read the history of every symbol up to a close.

        Raises:
            DataError: a symbol has a hole in it.
            ExchangeError: it could not be read.
        """
        for symbol in self._symbols:
            self.candles[symbol] = self._exchange.fetch_candles(
                symbol, self._timeframe, limit=self._history, end_ms=until_ms
            )
            on_symbol(symbol)

    def update(self, close_ms: int) -> dict[str, str]:
        """Take in what has closed up to `close_ms`.

        Returns:
            the symbols whose candle of that moment is not there, with the code of why; they are asked for again at
            the next call.
        """
        missing: dict[str, str] = {}
        for symbol in self._symbols:
            known = self.candles[symbol]
            if known.last_close_ms >= close_ms:
                continue
            try:
                self.candles[symbol] = self._longer(known, close_ms)
            except WeexctlError as error:
                missing[symbol] = error.code
                continue
            if self.candles[symbol].last_close_ms < close_ms:
                missing[symbol] = "CANDLE_LATE"
        return missing

    def _longer(self, known: Candles, close_ms: int) -> Candles:
        wanted = (close_ms - known.last_close_ms) // self._timeframe.ms
        fresh = self._exchange.fetch_candles(known.symbol, self._timeframe, limit=wanted, end_ms=close_ms)
        # The last known one is left as it was decided on, whatever the exchange says of it now.
        whole = joined(known, fresh.rows((known.last_close_ms - fresh.first_ms) // self._timeframe.ms, len(fresh)))
        return whole.rows(len(whole) - self._keep, len(whole))
