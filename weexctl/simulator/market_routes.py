"""Public market data (weex-api 13). Everything is as of now: the forming candle is its open, no later row exists."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from weexctl.model.candle import Timeframe
from weexctl.model.side import Side
from weexctl.simulator.book import book_of
from weexctl.simulator.formats import plain, price_text, size_text
from weexctl.simulator.instruments import Contract
from weexctl.simulator.kline import kline_rows
from weexctl.simulator.parameters import INVALID, Parameters
from weexctl.simulator.refusal import Refusal
from weexctl.simulator.routes import Route
from weexctl.simulator.venue import Venue

__all__ = ["INTERVALS", "MARKET_ROUTES", "day_row", "level_row", "trade_rows"]

DAY_MS = 86_400_000
FUNDING_SPAN_MS = 7 * DAY_MS
FUNDING_CYCLE_MINUTES = 480
FUNDING_MS = FUNDING_CYCLE_MINUTES * 60_000
INTERVALS = {timeframe.value: timeframe for timeframe in Timeframe}
PRICE_TYPES = ("LAST", "INDEX", "MARK")
DELIVERY = ["00:00:00", "08:00:00", "16:00:00"]


def _time(venue: Venue, _: Parameters) -> Any:
    return {"serverTime": venue.now_ms + venue.settings.clock_skew_ms}


def _exchange_info(venue: Venue, parameters: Parameters) -> Any:
    settings = venue.settings
    return {
        "assets": [{"asset": "USDT", "marginAvailable": True}],
        "rateLimits": [
            {
                "interval": "SECOND",
                "intervalNum": 10,
                "limit": settings.weight_per_10s,
                "rateLimitType": "REQUEST_WEIGHT",
            },
            {"interval": "SECOND", "intervalNum": 1, "limit": settings.orders_per_second, "rateLimitType": "ORDERS"},
        ],
        "symbols": [_symbol_info(row) for row in _contracts(venue, parameters)],
    }


def _symbol_info(contract: Contract) -> dict[str, Any]:
    rules = contract.instrument
    return {
        "symbol": rules.symbol,
        "displaySymbol": rules.symbol,
        "baseAsset": rules.base,
        "quoteAsset": rules.quote,
        "marginAsset": rules.quote,
        "pricePrecision": contract.price_decimals,
        "quantityPrecision": contract.quantity_decimals,
        "baseAssetPrecision": contract.size_decimals,
        "quotePrecision": 8,
        "contractVal": _number(rules.contract_value),
        "delivery": DELIVERY,
        "forwardContractFlag": True,
        "minLeverage": 1,
        "maxLeverage": rules.max_leverage,
        "buyLimitPriceRatio": _number(contract.limit_price_ratio),
        "sellLimitPriceRatio": _number(contract.limit_price_ratio),
        "makerFeeRate": _number(rules.maker_fee),
        "takerFeeRate": _number(rules.taker_fee),
        "minOrderSize": _number(rules.min_quantity),
        "maxOrderSize": _number(rules.max_quantity),
        "maxPositionSize": _number(rules.max_position or rules.max_quantity),
        "marketOpenLimitSize": _number(rules.max_market_quantity or rules.max_quantity),
    }


def _trading_symbols(venue: Venue, _: Parameters) -> Any:
    return list(venue.contracts)


def _depth(venue: Venue, parameters: Parameters) -> Any:
    contract = parameters.contract()
    limit = parameters.integer_or_none("limit") or 15
    if limit not in (15, 200):
        raise Refusal(-1140, "Parameter limit must be 15 or 200.")
    book = book_of(venue, contract.symbol)
    return {
        "asks": [level_row(row, contract) for row in book.levels(Side.BUY, limit)],
        "bids": [level_row(row, contract) for row in book.levels(Side.SELL, limit)],
        "lastUpdateId": venue.now_ms,
    }


def _ticker_24h(venue: Venue, parameters: Parameters) -> Any:
    return [day_row(venue, row) for row in _contracts(venue, parameters)]


def day_row(venue: Venue, contract: Contract) -> dict[str, Any]:
    """A row of ticker/24hr."""
    tape = venue.market.tapes[contract.symbol]
    stop = min(tape.index(venue.now_ms), tape.count)
    start = max(0, stop - max(1, DAY_MS // tape.timeframe.ms))
    last, span = tape.last(venue.now_ms), slice(start, stop)
    opened = tape.open[start] if start < stop else last
    volume = sum(tape.volume[span])
    quote = sum(v * c for v, c in zip(tape.volume[span], tape.close[span], strict=True))
    now, decimals = price_text(venue.price(contract.symbol), contract), contract.price_decimals
    return {
        "symbol": contract.symbol,
        "priceChange": f"{last - opened:.{decimals}f}",
        "priceChangePercent": f"{last / opened - 1:.6f}",
        "lastPrice": now,
        "openPrice": f"{opened:.{decimals}f}",
        "highPrice": f"{max([*tape.high[span], last]):.{decimals}f}",
        "lowPrice": f"{min([*tape.low[span], last]):.{decimals}f}",
        "volume": f"{volume:.{contract.size_decimals}f}",
        "quoteVolume": f"{quote:.5f}",
        "openTime": venue.now_ms - DAY_MS,
        "closeTime": venue.now_ms,
        "markPrice": now,
        "indexPrice": now,
    }


def _book_ticker(venue: Venue, parameters: Parameters) -> Any:
    return [_best(venue, row) for row in _contracts(venue, parameters)]


def _best(venue: Venue, contract: Contract) -> dict[str, Any]:
    book = book_of(venue, contract.symbol)
    bid, ask = (level_row(book.levels(side, 1)[0], contract) for side in (Side.SELL, Side.BUY))
    return {
        "symbol": contract.symbol,
        "bidPrice": bid[0],
        "bidQty": bid[1],
        "askPrice": ask[0],
        "askQty": ask[1],
        "time": venue.now_ms,
    }


def _trades(venue: Venue, parameters: Parameters) -> Any:
    return trade_rows(venue, parameters.contract(), parameters.limit(1000, 100))


def trade_rows(venue: Venue, contract: Contract, limit: int) -> list[dict[str, Any]]:
    """Rows of trades, newest first. The market has no single trades; each closed candle appears as one."""
    tape = venue.market.tapes[contract.symbol]
    stop = min(tape.index(venue.now_ms), tape.count)
    rows = []
    for index in range(stop - 1, max(stop - 1 - limit, -1), -1):
        price, size = tape.close[index], tape.volume[index]
        rows.append(
            {
                "id": f"{contract.symbol.lower()}-{tape.times[index]}",
                "time": tape.times[index] + tape.timeframe.ms - 1,
                "price": f"{price:.{contract.price_decimals}f}",
                "qty": f"{size:.{contract.size_decimals}f}",
                "quoteQty": f"{price * size:.{contract.value_decimals}f}",
                "isBestMatch": True,
                "isBuyerMaker": price < tape.open[index],
            }
        )
    return rows


def _klines(venue: Venue, parameters: Parameters) -> Any:
    contract = parameters.contract()
    interval = _interval(venue, parameters)
    return kline_rows(venue, contract, interval, None, venue.now_ms, parameters.limit(1000, 100), trades=True)


def _price_klines(venue: Venue, parameters: Parameters) -> Any:
    contract = parameters.contract()
    interval = _interval(venue, parameters)
    return kline_rows(venue, contract, interval, None, venue.now_ms, parameters.limit(1000, 100), trades=False)


def _history_klines(venue: Venue, parameters: Parameters) -> Any:
    contract = parameters.contract()
    interval = _interval(venue, parameters)
    kind = parameters.word("priceType", PRICE_TYPES, default="LAST")
    start, end = parameters.integer_or_none("startTime"), parameters.integer_or_none("endTime")
    if end is not None and end > venue.now_ms + venue.settings.clock_skew_ms + venue.settings.signature_window_ms:
        raise Refusal(INVALID, "endTime must not be in the future.")
    if start is not None and end is not None and start > end:
        raise Refusal(-1171, "startTime must not be after endTime.")
    until = min(venue.now_ms, venue.now_ms if end is None else end)
    return kline_rows(venue, contract, interval, start, until, parameters.limit(100, 100), trades=kind == "LAST")


def _symbol_price(venue: Venue, parameters: Parameters) -> Any:
    contract = parameters.contract()
    parameters.word("priceType", PRICE_TYPES, default="INDEX")
    price = price_text(venue.price(contract.symbol), contract)
    return {"symbol": contract.symbol, "price": price, "time": venue.now_ms}


def _open_interest(venue: Venue, parameters: Parameters) -> Any:
    # A day's turnover stands for it; the market has no other holders.
    contract = parameters.contract()
    tape = venue.market.tapes[contract.symbol]
    size = tape.minute_turnover(venue.now_ms) / tape.last(venue.now_ms) * 1440
    return {
        "symbol": contract.symbol,
        "openInterest": f"{size:.{contract.size_decimals}f}",
        "time": venue.now_ms,
    }


def _premium_index(venue: Venue, parameters: Parameters) -> Any:
    return [_premium(venue, row) for row in _contracts(venue, parameters)]


def _premium(venue: Venue, contract: Contract) -> dict[str, Any]:
    past = venue.funding.settled(contract.symbol, 0, venue.now_ms)
    rate = f"{past[-1][1]:.8f}" if past else "0"
    price = price_text(venue.price(contract.symbol), contract)
    return {
        "symbol": contract.symbol,
        "markPrice": price,
        "indexPrice": price,
        "forecastFundingRate": rate,
        "lastFundingRate": rate,
        "interestRate": "0.0001",
        "nextFundingTime": venue.now_ms // FUNDING_MS * FUNDING_MS + FUNDING_MS,
        "time": venue.now_ms,
        "collectCycle": FUNDING_CYCLE_MINUTES,
    }


def _funding_rate(venue: Venue, parameters: Parameters) -> Any:
    contract = parameters.contract()
    limit = parameters.limit(1000, 100)
    start, end = parameters.span(longest_ms=FUNDING_SPAN_MS, now_ms=venue.now_ms)
    rows = venue.funding.settled(contract.symbol, start, min(end, venue.now_ms))
    return [
        {
            "symbol": contract.symbol,
            "fundingRate": f"{rate:.8f}",
            "fundingTime": time_ms,
            "markPrice": price_text(venue.market.price(contract.symbol, time_ms), contract),
        }
        for time_ms, rate in rows[-limit:]
    ]


def _contracts(venue: Venue, parameters: Parameters) -> Iterator[Contract]:
    symbol = parameters.symbol_or_all()
    yield from venue.contracts.values() if symbol is None else (venue.contracts[symbol],)


def _interval(venue: Venue, parameters: Parameters) -> Timeframe:
    interval = INTERVALS[parameters.word("interval", INTERVALS)]
    if interval.ms < venue.market.timeframe.ms:
        raise Refusal(
            INVALID, f"Parameter interval is invalid: this market has no candles below {venue.market.timeframe}."
        )
    return interval


def level_row(level: tuple[Decimal, float], contract: Contract) -> list[str]:
    """Price and size of a level of the book."""
    price, size = level
    step = contract.instrument.quantity_step
    on_step = max(step, Decimal(int(size / float(step))) * step)
    return [price_text(price, contract), size_text(on_step, contract)]


def _number(value: Decimal) -> int | float:
    text = plain(value)
    return float(text) if "." in text else int(text)


MARKET_ROUTES = tuple(
    Route("GET", f"/capi/v3/market/{path}", handler, weight, private=False)
    for path, handler, weight in (
        ("time", _time, 1),
        ("exchangeInfo", _exchange_info, 1),
        ("apiTradingSymbols", _trading_symbols, 5),
        ("depth", _depth, 1),
        ("ticker/24hr", _ticker_24h, 40),
        ("ticker/bookTicker", _book_ticker, 1),
        ("trades", _trades, 5),
        ("klines", _klines, 1),
        ("indexPriceKlines", _price_klines, 1),
        ("markPriceKlines", _price_klines, 1),
        ("historyKlines", _history_klines, 5),
        ("symbolPrice", _symbol_price, 1),
        ("openInterest", _open_interest, 2),
        ("premiumIndex", _premium_index, 1),
        ("fundingRate", _funding_rate, 5),
    )
)
"""Every public endpoint."""
