"""Public data of the V3 API: time, instruments, candles, prices, funding."""

from __future__ import annotations

from decimal import Decimal

from weexctl.errors import UsageError, WireError
from weexctl.exchange import v3_endpoints as endpoints
from weexctl.exchange import v3_models as models
from weexctl.exchange.endpoint import Endpoint
from weexctl.exchange.quote import BookTicker, Depth, Premium, Ticker
from weexctl.exchange.span import fetch_span
from weexctl.exchange.transport import Transport
from weexctl.exchange.v3_candles import CandleRow, build_candles, parse_candle_rows
from weexctl.exchange.v3_requests import query_of
from weexctl.exchange.v3_words import instrument_of
from weexctl.model.candle import Candles, Timeframe
from weexctl.model.funding import FundingHistory
from weexctl.model.instrument import SYMBOLS, Instrument
from weexctl.ports import Clock

__all__ = ["V3Market", "fetch_server_time"]

_RECENT_ROWS, _HISTORY_ROWS = 1_000, 100
_FUNDING_ROWS, _FUNDING_SPAN_MS = 1_000, 7 * 86_400_000
_DEPTH_LEVELS = (15, 200)


def fetch_server_time(wire: Transport) -> int:
    """The exchange's clock, UTC milliseconds."""
    return models.parsed(models.SERVER_TIME, wire.read(endpoints.TIME), endpoints.TIME).server_time


class V3Market:
    """The public half; needs no keys."""

    def __init__(self, wire: Transport, clock: Clock) -> None:
        self._wire = wire
        self.clock = clock
        """The exchange's time."""

    def fetch_server_time(self) -> int:
        """The exchange's clock, UTC milliseconds."""
        return fetch_server_time(self._wire)

    def fetch_instruments(self) -> dict[str, Instrument]:
        """The instruments weexctl trades, by symbol, in the order of `SYMBOLS`; those not listed are absent."""
        body = self._wire.read(endpoints.EXCHANGE_INFO)
        info = models.parsed(models.EXCHANGE_INFO, body, endpoints.EXCHANGE_INFO)
        rows = {row.symbol: row for row in info.symbols}
        return {symbol: instrument_of(rows[symbol]) for symbol in SYMBOLS if symbol in rows}

    def fetch_candles(self, symbol: str, timeframe: Timeframe, *, limit: int, end_ms: int | None = None) -> Candles:
        """The newest closed candles up to `end_ms`, oldest first; fewer than `limit` where history begins.

        Raises:
            DataError: there is none, or there is a hole between two.
        """
        if limit < 1:
            raise UsageError(f"at least one candle must be asked for, not {limit}", code="BAD_LIMIT")
        now_ms = self.clock.now_ms()
        until_ms = now_ms if end_ms is None else min(end_ms, now_ms)
        last_open_ms = until_ms - timeframe.ms
        rows = self._newest_rows(symbol, timeframe, limit, until_ms, now_ms)
        while sum(open_ms <= last_open_ms for open_ms in rows) < limit:
            # The end is asked for again: whether the exchange counts it in, and by open or close time, is not said.
            page = self._history_rows(symbol, timeframe, min(rows, default=until_ms))
            older = {row[0]: row for row in page if row[0] not in rows}
            if not older:
                break
            rows = older | rows
        return build_candles(symbol, timeframe, rows.values(), limit=limit, until_ms=until_ms)

    def _newest_rows(
        self, symbol: str, timeframe: Timeframe, limit: int, until_ms: int, now_ms: int
    ) -> dict[int, CandleRow]:
        newer = -(-(now_ms - until_ms) // timeframe.ms) + 1  # the forming one too
        if newer >= _RECENT_ROWS:
            return {row[0]: row for row in self._history_rows(symbol, timeframe, until_ms)}
        query = query_of(symbol=symbol, interval=timeframe.value, limit=min(limit + newer, _RECENT_ROWS))
        body = self._wire.read(endpoints.KLINES, query)
        return {row[0]: row for row in parse_candle_rows(body, endpoints.KLINES, timeframe)}

    def _history_rows(self, symbol: str, timeframe: Timeframe, end_ms: int) -> list[CandleRow]:
        query = query_of(symbol=symbol, interval=timeframe.value, endTime=end_ms, limit=_HISTORY_ROWS)
        body = self._wire.read(endpoints.HISTORY_KLINES, query)
        return parse_candle_rows(body, endpoints.HISTORY_KLINES, timeframe)

    def fetch_mark_price(self, symbol: str) -> Decimal:
        """The mark price, quote per base."""
        query = query_of(symbol=symbol, priceType="MARK")  # left out, the exchange answers the index price
        body = self._wire.read(endpoints.SYMBOL_PRICE, query)
        row = models.parsed(models.PRICE, body, endpoints.SYMBOL_PRICE)
        if row.symbol != symbol or row.price <= 0:
            raise _wrong(endpoints.SYMBOL_PRICE, symbol, body)
        return row.price

    def fetch_ticker(self, symbol: str) -> Ticker:
        """The last 24 hours."""
        body = self._wire.read(endpoints.TICKER, query_of(symbol=symbol))
        for row in models.parsed(models.TICKERS, body, endpoints.TICKER):
            if row.symbol == symbol:
                return Ticker(
                    symbol=symbol,
                    last=row.last_price,
                    change=row.price_change,
                    change_ratio=row.price_change_percent,
                    high=row.high_price,
                    low=row.low_price,
                    volume=row.volume,
                    turnover=row.quote_volume,
                    mark_price=row.mark_price,
                    index_price=row.index_price,
                    time_ms=row.close_time,
                )
        raise _wrong(endpoints.TICKER, symbol, body)

    def fetch_book_ticker(self, symbol: str) -> BookTicker:
        """The best bid and ask."""
        body = self._wire.read(endpoints.BOOK_TICKER, query_of(symbol=symbol))
        for row in models.parsed(models.BOOK_TICKERS, body, endpoints.BOOK_TICKER):
            if row.symbol == symbol:
                return BookTicker(
                    symbol=symbol,
                    bid=row.bid_price,
                    bid_quantity=row.bid_qty,
                    ask=row.ask_price,
                    ask_quantity=row.ask_qty,
                    time_ms=row.time,
                )
        raise _wrong(endpoints.BOOK_TICKER, symbol, body)

    def fetch_depth(self, symbol: str, *, levels: int = 15) -> Depth:
        """The order book, 15 or 200 levels a side."""
        if levels not in _DEPTH_LEVELS:
            raise UsageError(f"the order book has 15 or 200 levels, not {levels}", code="BAD_LIMIT")
        body = self._wire.read(endpoints.DEPTH, query_of(symbol=symbol, limit=levels))
        row = models.parsed(models.DEPTH, body, endpoints.DEPTH)
        return Depth(symbol=symbol, bids=tuple(row.bids), asks=tuple(row.asks), update_id=row.last_update_id)

    def fetch_premium(self, symbol: str) -> Premium:
        """Mark price, index price and the funding ahead."""
        body = self._wire.read(endpoints.PREMIUM_INDEX, query_of(symbol=symbol))
        for row in models.parsed(models.PREMIUMS, body, endpoints.PREMIUM_INDEX):
            if row.symbol == symbol:
                return Premium(
                    symbol=symbol,
                    mark_price=row.mark_price,
                    index_price=row.index_price,
                    last_rate=row.last_funding_rate,
                    forecast_rate=row.forecast_funding_rate,
                    next_funding_ms=row.next_funding_time,
                    interval_ms=row.collect_cycle * 60_000,
                    time_ms=row.time,
                )
        raise _wrong(endpoints.PREMIUM_INDEX, symbol, body)

    def fetch_funding_rates(self, symbol: str, *, start_ms: int, end_ms: int) -> FundingHistory:
        """Settlements of a span of time, oldest first; a span without any is empty."""
        import numpy as np

        rows = fetch_span(
            lambda low_ms, high_ms: self._funding_rows(symbol, low_ms, high_ms),
            lambda row: str(row.funding_time),
            start_ms=start_ms,
            end_ms=end_ms,
            max_span_ms=_FUNDING_SPAN_MS,
            page_rows=_FUNDING_ROWS,
        )
        rows.sort(key=lambda row: row.funding_time)
        return FundingHistory(
            symbol,
            np.array([row.funding_time for row in rows], dtype=np.int64),
            np.array([float(row.funding_rate) for row in rows], dtype=np.float64),
        )

    def _funding_rows(self, symbol: str, start_ms: int, end_ms: int) -> list[models.FundingRow]:
        query = query_of(symbol=symbol, startTime=start_ms, endTime=end_ms, limit=_FUNDING_ROWS)
        body = self._wire.read(endpoints.FUNDING_RATES, query)
        return models.parsed(models.FUNDING_RATES, body, endpoints.FUNDING_RATES)


def _wrong(endpoint: Endpoint, symbol: str, body: bytes) -> WireError:
    return WireError(
        f"{endpoint.label} answered without {symbol}; the value is unknown",
        hint="check that the symbol is listed: `weexctl market contracts`",
        body=body,
        endpoint=endpoint.label,
    )
