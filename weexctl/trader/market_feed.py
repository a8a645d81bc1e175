"""Candles as they close: a history to begin with, and one more for every symbol at every close."""

from __future__ import annotations

from collections.abc import Callable

from weexctl.errors import DataError, WeexctlError
from weexctl.market.joining import joined
from weexctl.model.candle import Candles, Timeframe
from weexctl.ports import Exchange
from weexctl.trader.kept_history import KeptHistory

__all__ = ["MarketFeed"]

_PART = 500
"""Candles that are read between two looks at what else there is to do."""


class MarketFeed:
    """The closed candles of a run's symbols, kept up to date from an exchange.

    Args:
        exchange: where candles come from.
        symbols: whose.
        timeframe: their length.
        history: how many are wanted before the first decision.
        keep: how many are kept at most.
        kept: those of an earlier run; None for nobody who keeps any.
    """

    def __init__(
        self,
        exchange: Exchange,
        symbols: tuple[str, ...],
        timeframe: Timeframe,
        *,
        history: int,
        keep: int,
        kept: KeptHistory | None = None,
    ) -> None:
        self._exchange = exchange
        self._symbols = symbols
        self._timeframe = timeframe
        self._history = history
        self._keep = keep
        self._kept = kept
        self.candles: dict[str, Candles] = {}
        """By symbol; what the exchange has of each, `history` at first."""

    def load(self, until_ms: int, on_part: Callable[[str], None]) -> None:
        """Read the history of every symbol up to a close.

        Args:
            until_ms: the close.
            on_part: is told of each symbol after every few hundred candles; what it raises ends the reading.

        Raises:
            DataError: a symbol has a hole in it.
            ExchangeError: it could not be read; what was read is kept for the next attempt.
        """
        for symbol in self._symbols:
            if symbol in self.candles and self.candles[symbol].last_close_ms >= until_ms:
                continue
            self.candles[symbol] = self._history_of(symbol, until_ms, on_part)
            on_part(symbol)

    def _history_of(self, symbol: str, until_ms: int, on_part: Callable[[str], None]) -> Candles:
        known = None if self._kept is None else self._kept.load(symbol, self._timeframe, until_ms)
        if known is not None and (longer := self._brought_up(known, until_ms)) is not None:
            return self._keeping(longer)
        return self._keeping(self._from_the_exchange(symbol, until_ms, on_part))

    def _brought_up(self, known: Candles, until_ms: int) -> Candles | None:
        """What was kept with what is new; None when too much lies between, or it is not what the exchange has."""
        missing = (until_ms - known.last_close_ms) // self._timeframe.ms
        if len(known) < self._history or missing > self._history:
            return None
        try:
            # One that is known is asked for again: when it is another now, nothing of the rest is believed.
            fresh = self._exchange.fetch_candles(known.symbol, self._timeframe, limit=missing + 1, end_ms=until_ms)
            whole = joined(known, fresh)
        except DataError:
            return None
        return whole.rows(len(whole) - self._keep, len(whole))

    def _from_the_exchange(self, symbol: str, until_ms: int, on_part: Callable[[str], None]) -> Candles:
        """In parts, the newest first: the exchange gives few rows for much of the request budget."""
        found = self._exchange.fetch_candles(symbol, self._timeframe, limit=_PART, end_ms=until_ms)
        while len(found) < self._history:
            on_part(symbol)
            wanted = min(_PART, self._history - len(found))
            try:
                older = self._exchange.fetch_candles(symbol, self._timeframe, limit=wanted, end_ms=found.first_ms)
            except DataError:  # nothing before the first candle there is
                break
            if len(older) == 0 or older.first_ms >= found.first_ms:
                break
            found = joined(older, found)
            if len(older) < wanted:
                break
        return found.rows(len(found) - self._history, len(found))

    def _keeping(self, candles: Candles) -> Candles:
        if self._kept is not None:
            self._kept.keep(candles)
        return candles

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
