"""Public data of the V3 API: time, instruments, candles, prices, funding."""

from __future__ import annotations

from decimal import Decimal

from weexctl.errors import UsageError, WireError
from weexctl.exchange import v3_endpoints as endpoints
from weexctl.exchange import v3_models as models
from weexctl.exchange.candle_series import CandleRow, CandleSource, newest_candles
from weexctl.exchange.endpoint import Endpoint
from weexctl.exchange.span import Page, fetch_span
from weexctl.exchange.transport import Transport
from weexctl.exchange.v3_candles import parse_candle_rows
from weexctl.exchange.v3_words import instrument_of, premium_of, ticker_of, trade_of
from weexctl.exchange.wire_types import parsed
from weexctl.exchange.wire_values import query_of
from weexctl.model.candle import Candles, PriceSource, Timeframe
from weexctl.model.depth import Depth
from weexctl.model.funding import FundingHistory
from weexctl.model.instrument import SYMBOLS, Instrument
from weexctl.model.market_trade import MarketTrade
from weexctl.model.open_interest import OpenInterest
from weexctl.model.premium import Premium
from weexctl.model.ticker import BookTicker, Ticker
from weexctl.ports import Clock

__all__ = ["V3Market", "fetch_server_time"]

_HISTORY_ROWS, _MAX_TRADES = 100, 1_000
_FUNDING_ROWS, _FUNDING_SPAN_MS = 1_000, 7 * 86_400_000
_DEPTH_LEVELS = (15, 200)
_CANDLES = {
    PriceSource.LAST: endpoints.KLINES,
    PriceSource.MARK: endpoints.MARK_KLINES,
    PriceSource.INDEX: endpoints.INDEX_KLINES,
}
_PRICE_TYPES = {PriceSource.LAST: "LAST", PriceSource.MARK: "MARK", PriceSource.INDEX: "INDEX"}


def fetch_server_time(wire: Transport) -> int:
    """The exchange's clock, UTC milliseconds."""
    return parsed(models.SERVER_TIME, wire.read(endpoints.TIME), endpoints.TIME).server_time


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
        info = parsed(models.EXCHANGE_INFO, body, endpoints.EXCHANGE_INFO)
        rows = {row.symbol: row for row in info.symbols}
        return {symbol: instrument_of(rows[symbol]) for symbol in SYMBOLS if symbol in rows}

    def fetch_tradable_symbols(self) -> list[str]:
        """Every symbol that may be traded through the API, also those weexctl leaves alone."""
        return parsed(models.SYMBOL_NAMES, self._wire.read(endpoints.TRADING_SYMBOLS), endpoints.TRADING_SYMBOLS)

    def fetch_candles(
        self,
        symbol: str,
        timeframe: Timeframe,
        *,
        limit: int,
        end_ms: int | None = None,
        price: PriceSource = PriceSource.LAST,
    ) -> Candles:
        """The newest closed candles up to `end_ms`, oldest first; fewer than `limit` where history begins.

        Raises:
            DataError: there is none, or there is a hole between two.
        """

        def newest(count: int) -> list[CandleRow]:
            endpoint = _CANDLES[price]
            query = query_of(symbol=symbol, interval=timeframe.value, limit=count)
            return parse_candle_rows(self._wire.read(endpoint, query), endpoint, timeframe)

        def until(moment_ms: int) -> list[CandleRow]:
            query = query_of(
                symbol=symbol,
                interval=timeframe.value,
                endTime=moment_ms,
                limit=_HISTORY_ROWS,
                priceType=None if price is PriceSource.LAST else _PRICE_TYPES[price],
            )
            body = self._wire.read(endpoints.HISTORY_KLINES, query)
            return parse_candle_rows(body, endpoints.HISTORY_KLINES, timeframe)

        now_ms = self.clock.now_ms()
        until_ms = now_ms if end_ms is None else min(end_ms, now_ms)
        source = CandleSource(newest, until)
        return newest_candles(source, symbol, timeframe, limit=limit, until_ms=until_ms, now_ms=now_ms)

    def fetch_mark_price(self, symbol: str) -> Decimal:
        """The mark price, quote per base."""
        return self._price(symbol, "MARK")  # left out, the exchange answers the index price

    def fetch_index_price(self, symbol: str) -> Decimal:
        """The index price, quote per base."""
        return self._price(symbol, "INDEX")

    def _price(self, symbol: str, kind: str) -> Decimal:
        body = self._wire.read(endpoints.SYMBOL_PRICE, query_of(symbol=symbol, priceType=kind))
        row = parsed(models.PRICE, body, endpoints.SYMBOL_PRICE)
        if row.symbol != symbol or row.price <= 0:
            raise _wrong(endpoints.SYMBOL_PRICE, symbol, body)
        return row.price

    def fetch_ticker(self, symbol: str) -> Ticker:
        """The last 24 hours."""
        body = self._wire.read(endpoints.TICKER, query_of(symbol=symbol))
        for row in parsed(models.TICKERS, body, endpoints.TICKER):
            if row.symbol == symbol:
                return ticker_of(row)
        raise _wrong(endpoints.TICKER, symbol, body)

    def fetch_tickers(self) -> dict[str, Ticker]:
        """The last 24 hours of every symbol weexctl trades; those not listed are absent."""
        body = self._wire.read(endpoints.TICKER)
        rows = {row.symbol: row for row in parsed(models.TICKERS, body, endpoints.TICKER)}
        return {symbol: ticker_of(rows[symbol]) for symbol in SYMBOLS if symbol in rows}

    def fetch_book_ticker(self, symbol: str) -> BookTicker:
        """The best bid and ask."""
        body = self._wire.read(endpoints.BOOK_TICKER, query_of(symbol=symbol))
        for row in parsed(models.BOOK_TICKERS, body, endpoints.BOOK_TICKER):
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
        row = parsed(models.DEPTH, body, endpoints.DEPTH)
        return Depth(symbol=symbol, bids=tuple(row.bids), asks=tuple(row.asks), update_id=row.last_update_id)

    def fetch_trades(self, symbol: str, *, limit: int = 100) -> list[MarketTrade]:
        """The newest trades of everybody, oldest first; at most 1 000."""
        if not 1 <= limit <= _MAX_TRADES:
            raise UsageError(f"1 to {_MAX_TRADES} trades may be asked for, not {limit}", code="BAD_LIMIT")
        body = self._wire.read(endpoints.TRADES, query_of(symbol=symbol, limit=limit))
        trades = [trade_of(row, symbol) for row in parsed(models.TRADES, body, endpoints.TRADES)]
        return sorted(trades, key=lambda trade: (trade.time_ms, trade.trade_id))

    def fetch_open_interest(self, symbol: str) -> OpenInterest:
        """How much of the symbol is held open."""
        body = self._wire.read(endpoints.OPEN_INTEREST, query_of(symbol=symbol))
        row = parsed(models.OPEN_INTEREST, body, endpoints.OPEN_INTEREST)
        if row.symbol != symbol:
            raise _wrong(endpoints.OPEN_INTEREST, symbol, body)
        return OpenInterest(symbol=symbol, quantity=row.open_interest, value=None, time_ms=row.time)

    def fetch_premium(self, symbol: str) -> Premium:
        """Mark price, index price and the funding ahead."""
        body = self._wire.read(endpoints.PREMIUM_INDEX, query_of(symbol=symbol))
        for row in parsed(models.PREMIUMS, body, endpoints.PREMIUM_INDEX):
            if row.symbol == symbol:
                return premium_of(row)
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
        )
        rows.sort(key=lambda row: row.funding_time)
        return FundingHistory(
            symbol,
            np.array([row.funding_time for row in rows], dtype=np.int64),
            np.array([float(row.funding_rate) for row in rows], dtype=np.float64),
        )

    def _funding_rows(self, symbol: str, start_ms: int, end_ms: int) -> Page[models.FundingRow]:
        query = query_of(symbol=symbol, startTime=start_ms, endTime=end_ms, limit=_FUNDING_ROWS)
        body = self._wire.read(endpoints.FUNDING_RATES, query)
        rows = parsed(models.FUNDING_RATES, body, endpoints.FUNDING_RATES)
        return Page(rows, len(rows) >= _FUNDING_ROWS)


def _wrong(endpoint: Endpoint, symbol: str, body: bytes) -> WireError:
    return WireError(
        f"{endpoint.label} answered without {symbol}; the value is unknown",
        hint="check that the symbol is listed: `weexctl market contracts`",
        body=body,
        endpoint=endpoint.label,
    )
