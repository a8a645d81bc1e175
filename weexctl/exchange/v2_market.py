"""Public data of the V2 API: time, instruments, candles, prices, funding."""

from __future__ import annotations

from decimal import Decimal

from weexctl.errors import UnavailableError, UsageError, WireError
from weexctl.exchange import v2_endpoints as endpoints
from weexctl.exchange import v2_models as models
from weexctl.exchange.candle_series import CandleRow, CandleSource, newest_candles
from weexctl.exchange.endpoint import Endpoint
from weexctl.exchange.transport import Transport
from weexctl.exchange.v2_candles import parse_candle_rows
from weexctl.exchange.v2_words import instrument_of, symbol_of, ticker_of, trade_of, wire_symbol
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

__all__ = ["V2Market", "fetch_server_time"]

_HISTORY_ROWS, _MAX_TRADES, _FUNDING_ROWS = 100, 1_000, 100
_DEPTH_LEVELS = (15, 200)
_PRICE_TYPES = {PriceSource.LAST: None, PriceSource.MARK: "MARK", PriceSource.INDEX: "INDEX"}


def fetch_server_time(wire: Transport) -> int:
    """The exchange's clock, UTC milliseconds."""
    return parsed(models.TIME, wire.read(endpoints.TIME), endpoints.TIME).timestamp


class V2Market:
    """The public half; needs no keys."""

    def __init__(self, wire: Transport, clock: Clock) -> None:
        self._wire = wire
        self.clock = clock
        """The exchange's time."""

    def fetch_server_time(self) -> int:
        """The exchange's clock, UTC milliseconds."""
        return fetch_server_time(self._wire)

    def fetch_instruments(self) -> dict[str, Instrument]:
        """The instruments weexctl trades, by symbol, in the order of `SYMBOLS`; those not listed are absent.

        The step that the matching engine wants may be coarser than the listed one; a refusal then names it.
        """
        rows = {symbol: row for row in self._contracts() if (symbol := row.symbol.removeprefix("cmt_").upper())}
        return {symbol: instrument_of(rows[symbol]) for symbol in SYMBOLS if symbol in rows}

    def fetch_tradable_symbols(self) -> list[str]:
        """Every symbol that may be traded through the API, also those weexctl leaves alone."""
        return [symbol_of(row.symbol) for row in self._contracts()]

    def _contracts(self) -> list[models.ContractRow]:
        return parsed(models.CONTRACTS, self._wire.read(endpoints.CONTRACTS), endpoints.CONTRACTS)

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
        name, kind = wire_symbol(symbol), _PRICE_TYPES[price]

        def newest(count: int) -> list[CandleRow]:
            query = query_of(symbol=name, granularity=timeframe.value, limit=count, priceType=kind)
            return parse_candle_rows(self._wire.read(endpoints.CANDLES, query), endpoints.CANDLES)

        def until(moment_ms: int) -> list[CandleRow]:
            query = query_of(
                symbol=name, granularity=timeframe.value, endTime=moment_ms, limit=_HISTORY_ROWS, priceType=kind
            )
            return parse_candle_rows(self._wire.read(endpoints.HISTORY_CANDLES, query), endpoints.HISTORY_CANDLES)

        now_ms = self.clock.now_ms()
        until_ms = now_ms if end_ms is None else min(end_ms, now_ms)
        source = CandleSource(newest, until)
        return newest_candles(source, symbol, timeframe, limit=limit, until_ms=until_ms, now_ms=now_ms)

    def fetch_mark_price(self, symbol: str) -> Decimal:
        """The mark price, quote per base."""
        return self._index(symbol, "MARK")

    def fetch_index_price(self, symbol: str) -> Decimal:
        """The index price, quote per base."""
        return self._index(symbol, None)

    def _index(self, symbol: str, kind: str | None) -> Decimal:
        body = self._wire.read(endpoints.INDEX, query_of(symbol=wire_symbol(symbol), priceType=kind))
        row = parsed(models.INDEX, body, endpoints.INDEX)
        if row.symbol != wire_symbol(symbol) or row.index <= 0:
            raise _wrong(endpoints.INDEX, symbol, body)
        return row.index

    def fetch_ticker(self, symbol: str) -> Ticker:
        """The last 24 hours."""
        body = self._wire.read(endpoints.TICKER, query_of(symbol=wire_symbol(symbol)))
        ticker = ticker_of(parsed(models.TICKER, body, endpoints.TICKER))
        if ticker.symbol != symbol:
            raise _wrong(endpoints.TICKER, symbol, body)
        return ticker

    def fetch_tickers(self) -> dict[str, Ticker]:
        """The last 24 hours of every symbol weexctl trades; those not listed are absent."""
        rows = parsed(models.TICKERS, self._wire.read(endpoints.TICKERS), endpoints.TICKERS)
        found = {row.symbol: row for row in rows}
        names = {symbol: wire_symbol(symbol) for symbol in SYMBOLS}
        return {symbol: ticker_of(found[name]) for symbol, name in names.items() if name in found}

    def fetch_book_ticker(self, symbol: str) -> BookTicker:
        """The best bid and ask, from the order book: the ticker has their prices without sizes.

        Raises:
            WireError: a side of the book is empty.
        """
        body = self._wire.read(endpoints.DEPTH, query_of(symbol=wire_symbol(symbol), limit=_DEPTH_LEVELS[0]))
        row = parsed(models.DEPTH, body, endpoints.DEPTH)
        if not row.bids or not row.asks:
            raise _wrong(endpoints.DEPTH, symbol, body)
        (bid, bid_quantity), (ask, ask_quantity) = row.bids[0], row.asks[0]
        return BookTicker(
            symbol=symbol,
            bid=bid,
            bid_quantity=bid_quantity,
            ask=ask,
            ask_quantity=ask_quantity,
            time_ms=row.timestamp,
        )

    def fetch_depth(self, symbol: str, *, levels: int = 15) -> Depth:
        """The order book, 15 or 200 levels a side."""
        if levels not in _DEPTH_LEVELS:
            raise UsageError(f"the order book has 15 or 200 levels, not {levels}", code="BAD_LIMIT")
        body = self._wire.read(endpoints.DEPTH, query_of(symbol=wire_symbol(symbol), limit=levels))
        row = parsed(models.DEPTH, body, endpoints.DEPTH)
        return Depth(
            symbol=symbol,
            bids=tuple(row.bids),
            asks=tuple(row.asks),
            update_id=str(row.timestamp),
            time_ms=row.timestamp,
        )

    def fetch_trades(self, symbol: str, *, limit: int = 100) -> list[MarketTrade]:
        """The newest trades of everybody, oldest first; at most 1 000."""
        if not 1 <= limit <= _MAX_TRADES:
            raise UsageError(f"1 to {_MAX_TRADES} trades may be asked for, not {limit}", code="BAD_LIMIT")
        body = self._wire.read(endpoints.TRADES, query_of(symbol=wire_symbol(symbol), limit=limit))
        trades = [trade_of(row, symbol) for row in parsed(models.TRADES, body, endpoints.TRADES)]
        return sorted(trades, key=lambda trade: (trade.time_ms, trade.trade_id))

    def fetch_open_interest(self, symbol: str) -> OpenInterest:
        """How much of the symbol is held open."""
        body = self._wire.read(endpoints.OPEN_INTEREST, query_of(symbol=wire_symbol(symbol)))
        for row in parsed(models.OPEN_INTEREST, body, endpoints.OPEN_INTEREST):
            if row.symbol == wire_symbol(symbol):
                return OpenInterest(
                    symbol=symbol, quantity=row.base_volume, value=row.target_volume, time_ms=row.timestamp
                )
        raise _wrong(endpoints.OPEN_INTEREST, symbol, body)

    def fetch_premium(self, symbol: str) -> Premium:
        """Mark price, index price and the funding ahead, put together from four answers."""
        query = query_of(symbol=wire_symbol(symbol))
        ticker, forecast = self.fetch_ticker(symbol), self._forecast(symbol)
        ahead = parsed(models.FUNDING_TIME, self._wire.read(endpoints.FUNDING_TIME, query), endpoints.FUNDING_TIME)
        settled = self._settlements(symbol, 1)
        if not settled:
            raise _wrong(endpoints.FUNDING_RATES, symbol, b"[]")
        return Premium(
            symbol=symbol,
            mark_price=ticker.mark_price,
            index_price=ticker.index_price,
            last_rate=max(settled, key=lambda row: row.time).rate,
            forecast_rate=forecast.rate,
            next_funding_ms=ahead.time,
            interval_ms=forecast.cycle_minutes * 60_000,
            time_ms=forecast.timestamp,
        )

    def _forecast(self, symbol: str) -> models.ForecastRow:
        body = self._wire.read(endpoints.FUNDING_FORECAST, query_of(symbol=wire_symbol(symbol)))
        for row in parsed(models.FORECASTS, body, endpoints.FUNDING_FORECAST):
            if row.symbol == wire_symbol(symbol):
                return row
        raise _wrong(endpoints.FUNDING_FORECAST, symbol, body)

    def fetch_funding_rates(self, symbol: str, *, start_ms: int, end_ms: int) -> FundingHistory:
        """Settlements of a span of time, oldest first; V2 shows the newest hundred only.

        Raises:
            UnavailableError: the span begins before those.
        """
        import numpy as np

        rows = sorted(self._settlements(symbol, _FUNDING_ROWS), key=lambda row: row.time)
        if len(rows) >= _FUNDING_ROWS and rows[0].time > start_ms:
            raise UnavailableError(
                f"V2 shows funding of {symbol} from {rows[0].time} on; what was settled before it is unknown",
                hint="ask for a shorter span, or use the V3 API",
                code="INCOMPLETE",
            )
        inside = {row.time: row for row in rows if start_ms <= row.time <= end_ms}
        return FundingHistory(
            symbol,
            np.array(list(inside), dtype=np.int64),
            np.array([float(row.rate) for row in inside.values()], dtype=np.float64),
        )

    def _settlements(self, symbol: str, limit: int) -> list[models.FundingRow]:
        body = self._wire.read(endpoints.FUNDING_RATES, query_of(symbol=wire_symbol(symbol), limit=limit))
        return parsed(models.FUNDING_RATES, body, endpoints.FUNDING_RATES)


def _wrong(endpoint: Endpoint, symbol: str, body: bytes) -> WireError:
    return WireError(
        f"{endpoint.label} answered without {symbol}; the value is unknown",
        hint="check that the symbol is listed: `weexctl market contracts`",
        body=body,
        endpoint=endpoint.label,
    )
