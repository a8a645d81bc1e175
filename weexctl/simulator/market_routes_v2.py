"""Public V2 market data (weex-api 6): the market of the V3 endpoints in the words of V2."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from weexctl.model.candle import Timeframe
from weexctl.simulator.formats import plain, price_text
from weexctl.simulator.instruments import Contract
from weexctl.simulator.kline import kline_rows
from weexctl.simulator.market_routes import (
    DELIVERY,
    FUNDING_CYCLE_MINUTES,
    FUNDING_MS,
    INTERVALS,
    MARKET_ROUTES,
)
from weexctl.simulator.parameters import INVALID
from weexctl.simulator.parameters_v2 import ParametersV2
from weexctl.simulator.refusal import Refusal
from weexctl.simulator.routes_v2 import RouteV2
from weexctl.simulator.venue import Venue
from weexctl.simulator.words_v2 import symbol_v2

__all__ = ["MARKET_ROUTES_V2"]

V3 = {route.path.removeprefix("/capi/v3/market/"): route.handler for route in MARKET_ROUTES}
PRICE_TYPES = ("LAST", "MARK", "INDEX")


def _time(venue: Venue, _: ParametersV2) -> Any:
    now_ms = venue.now_ms + venue.settings.clock_skew_ms
    moment = datetime.fromtimestamp(now_ms // 1000, UTC)
    return {
        "epoch": f"{now_ms // 1000}.{now_ms % 1000:03d}",
        "iso": f"{moment:%Y-%m-%dT%H:%M:%S}.{now_ms % 1000:03d}Z",
        "timestamp": now_ms,
    }


def _contracts(venue: Venue, parameters: ParametersV2) -> Any:
    symbol = parameters.symbol_or_all()
    return [_contract_row(row) for row in venue.contracts.values() if symbol in (None, row.symbol)]


def _contract_row(contract: Contract) -> dict[str, Any]:
    rules = contract.instrument
    return {
        "symbol": symbol_v2(rules.symbol),
        "underlying_index": rules.base,
        "quote_currency": rules.quote,
        "coin": rules.quote,
        "contract_val": plain(rules.contract_value),
        "delivery": DELIVERY,
        "size_increment": str(contract.quantity_decimals),
        "tick_size": str(contract.price_decimals),
        "forwardContractFlag": True,
        "priceEndStep": 1,
        "minLeverage": 1,
        "maxLeverage": rules.max_leverage,
        "buyLimitPriceRatio": plain(contract.limit_price_ratio),
        "sellLimitPriceRatio": plain(contract.limit_price_ratio),
        "makerFeeRate": plain(rules.maker_fee),
        "takerFeeRate": plain(rules.taker_fee),
        "minOrderSize": plain(rules.min_quantity),
        "maxOrderSize": plain(rules.max_quantity),
        "maxPositionSize": plain(rules.max_position or rules.max_quantity),
        "marketOpenLimitSize": plain(rules.max_market_quantity or rules.max_quantity),
    }


def _depth(venue: Venue, parameters: ParametersV2) -> Any:
    book = V3["depth"](venue, parameters)
    return {"asks": book["asks"], "bids": book["bids"], "timestamp": str(venue.now_ms)}


def _ticker(venue: Venue, parameters: ParametersV2) -> Any:
    parameters.symbol()
    return _tickers(venue, parameters)[0]


def _tickers(venue: Venue, parameters: ParametersV2) -> Any:
    days = {row["symbol"]: row for row in V3["ticker/24hr"](venue, parameters)}
    best = {row["symbol"]: row for row in V3["ticker/bookTicker"](venue, parameters)}
    return [_ticker_row(row, best[symbol]) for symbol, row in days.items()]


def _ticker_row(day: dict[str, Any], best: dict[str, Any]) -> dict[str, str]:
    return {
        "symbol": symbol_v2(day["symbol"]),
        "last": day["lastPrice"],
        "best_ask": best["askPrice"],
        "best_bid": best["bidPrice"],
        "high_24h": day["highPrice"],
        "low_24h": day["lowPrice"],
        "volume_24h": day["quoteVolume"],
        "timestamp": str(day["closeTime"]),
        "priceChangePercent": day["priceChangePercent"],
        "base_volume": day["volume"],
        "markPrice": day["markPrice"],
        "indexPrice": day["indexPrice"],
    }


def _trades(venue: Venue, parameters: ParametersV2) -> Any:
    contract = parameters.contract()
    return [
        {
            "ticketId": row["id"],
            "time": row["time"],
            "price": row["price"],
            "size": row["qty"],
            "value": row["quoteQty"],
            "symbol": symbol_v2(contract.symbol),
            "isBestMatch": row["isBestMatch"],
            "isBuyerMaker": row["isBuyerMaker"],
            "contractVal": plain(contract.instrument.contract_value),
        }
        for row in V3["trades"](venue, parameters)
    ]


def _candles(venue: Venue, parameters: ParametersV2) -> Any:
    return _candle_rows(venue, parameters, None, venue.now_ms, parameters.limit(1000, 100))


def _history_candles(venue: Venue, parameters: ParametersV2) -> Any:
    # An end beats a start; a moment that is none, or has not come yet, asks for the newest rows.
    limit = parameters.limit(100, 100)
    moments = [_moment(parameters.raw(name), venue.now_ms) for name in ("startTime", "endTime")]
    given = [parameters.raw(name) is not None for name in ("startTime", "endTime")]
    if any(sent and moment is None for sent, moment in zip(given, moments, strict=True)):
        moments = [None, None]
    start, end = moments
    return _candle_rows(venue, parameters, None if end is not None else start, end or venue.now_ms, limit)


def _candle_rows(
    venue: Venue, parameters: ParametersV2, start_ms: int | None, end_ms: int, limit: int
) -> list[list[str]]:
    contract, interval = parameters.contract(), _granularity(venue, parameters)
    kind = parameters.word("priceType", PRICE_TYPES, default="LAST")
    rows = kline_rows(venue, contract, interval, start_ms, end_ms, limit, trades=kind == "LAST")
    return [[str(row[0]), *row[1:6], row[7]] for row in rows]


def _granularity(venue: Venue, parameters: ParametersV2) -> Timeframe:
    interval = INTERVALS[parameters.word("granularity", INTERVALS)]
    if interval.ms < venue.market.timeframe.ms:
        raise Refusal(
            INVALID, f"Parameter granularity is invalid: this market has no candles below {venue.market.timeframe}"
        )
    return interval


def _moment(value: Any, now_ms: int) -> int | None:
    text = str(value)
    moment = int(text) if text.isascii() and text.isdigit() and len(text) <= 16 else -1
    return moment if 0 < moment <= now_ms else None


def _index(venue: Venue, parameters: ParametersV2) -> Any:
    contract = parameters.contract()
    parameters.word("priceType", ("INDEX", "MARK"), default="INDEX")
    price = price_text(venue.price(contract.symbol), contract)
    return {"symbol": symbol_v2(contract.symbol), "index": price, "timestamp": str(venue.now_ms)}


def _open_interest(venue: Venue, parameters: ParametersV2) -> Any:
    found = V3["openInterest"](venue, parameters)
    value = float(found["openInterest"]) * float(venue.price(found["symbol"]))
    return [
        {
            "symbol": symbol_v2(found["symbol"]),
            "base_volume": found["openInterest"],
            "target_volume": f"{value:.5f}",
            "timestamp": str(found["time"]),
        }
    ]


def _funding_time(venue: Venue, parameters: ParametersV2) -> Any:
    next_ms = venue.now_ms // FUNDING_MS * FUNDING_MS + FUNDING_MS
    return {"symbol": symbol_v2(parameters.symbol()), "fundingTime": next_ms}


def _funding_history(venue: Venue, parameters: ParametersV2) -> Any:
    symbol, limit = parameters.symbol(), parameters.limit(100, 10)
    return [
        {"symbol": symbol_v2(symbol), "fundingRate": f"{rate:.8f}", "fundingTime": time_ms}
        for time_ms, rate in venue.funding.settled(symbol, 0, venue.now_ms)[-limit:]
    ]


def _funding_now(venue: Venue, parameters: ParametersV2) -> Any:
    return [
        {
            "symbol": symbol_v2(row["symbol"]),
            "fundingRate": row["forecastFundingRate"],
            "collectCycle": FUNDING_CYCLE_MINUTES,
            "timestamp": venue.now_ms,
        }
        for row in V3["premiumIndex"](venue, parameters)
    ]


MARKET_ROUTES_V2 = tuple(
    RouteV2("GET", f"market/{path}", handler, weight)
    for path, handler, weight in (
        ("time", _time, 1),
        ("contracts", _contracts, 10),
        ("depth", _depth, 1),
        ("ticker", _ticker, 1),
        ("tickers", _tickers, 40),
        ("trades", _trades, 5),
        ("candles", _candles, 1),
        ("historyCandles", _history_candles, 5),
        ("index", _index, 1),
        ("open_interest", _open_interest, 2),
        ("funding_time", _funding_time, 1),
        ("getHistoryFundRate", _funding_history, 5),
        ("currentFundRate", _funding_now, 1),
    )
)
"""Every public V2 endpoint."""
