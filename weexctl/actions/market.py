"""The market: prices, order book, candles, funding and the rules of each contract. Reads public data only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from weexctl.actions.context import Context, Notice, Result
from weexctl.actions.market_shapes import (
    DEPTH_LEVELS,
    CandleRow,
    CandlesInput,
    CandlesOutput,
    ContractRow,
    ContractsInput,
    ContractsOutput,
    DepthInput,
    DepthOutput,
    FundingInput,
    FundingOutput,
    Level,
    MarketInput,
    MarketOutput,
    Settlement,
    TickerInput,
    TickerOutput,
    TickerRow,
)
from weexctl.config.environment import read_environment
from weexctl.config.paths import find_paths
from weexctl.config.venue import Venue
from weexctl.model.candle import Candles, PriceSource, Timeframe
from weexctl.model.instrument import SYMBOLS, normalise_symbol
from weexctl.model.ticker import Ticker
from weexctl.trader.market_desk import MarketDesk, open_market
from weexctl.trader.sim_venue import SimVenue

__all__ = [
    "CandleRow",
    "CandlesInput",
    "CandlesOutput",
    "ContractRow",
    "ContractsInput",
    "ContractsOutput",
    "DepthInput",
    "DepthOutput",
    "FundingInput",
    "FundingOutput",
    "Level",
    "Settlement",
    "TickerInput",
    "TickerOutput",
    "TickerRow",
    "candles",
    "contracts",
    "depth",
    "funding",
    "ticker",
]

_DAY_MS = 86_400_000
_YEAR_MS = 365 * _DAY_MS


def ticker(input: TickerInput, context: Context) -> Result:  # noqa: A002  # the signature of every action
    """The last 24 hours of one symbol with its best bid and ask, or of all symbols."""

    def ask(desk: MarketDesk) -> dict[str, Any]:
        if input.symbol is None:
            return {"tickers": [_ticker_row(row) for row in desk.exchange.fetch_tickers().values()]}
        symbol = normalise_symbol(input.symbol)
        best = desk.exchange.fetch_book_ticker(symbol)
        return {"tickers": [_ticker_row(desk.exchange.fetch_ticker(symbol), best.bid, best.ask)]}

    return _answer(input, context, TickerOutput, ask)


def depth(input: DepthInput, context: Context) -> Result:  # noqa: A002  # the signature of every action
    """The order book of one symbol."""
    symbol = normalise_symbol(input.symbol)

    def ask(desk: MarketDesk) -> dict[str, Any]:
        levels = next(offered for offered in DEPTH_LEVELS if input.levels <= offered)
        book = desk.exchange.fetch_depth(symbol, levels=levels)
        bids, asks = (_levels(side[: input.levels]) for side in (book.bids, book.asks))
        spread = (
            float(20_000 * (asks[0].price - bids[0].price) / (asks[0].price + bids[0].price)) if bids and asks else None
        )
        return {"symbol": symbol, "bids": bids, "asks": asks, "spread_bps": spread, "update_id": book.update_id}

    return _answer(input, context, DepthOutput, ask)


def candles(input: CandlesInput, context: Context) -> Result:  # noqa: A002  # the signature of every action
    """The newest closed candles of one symbol."""
    symbol = normalise_symbol(input.symbol)

    def ask(desk: MarketDesk) -> dict[str, Any]:
        found = desk.exchange.fetch_candles(
            symbol,
            Timeframe(input.timeframe),
            limit=input.count,
            end_ms=input.to_ms,
            price=PriceSource(input.price),
        )
        return {
            "symbol": symbol,
            "timeframe": found.timeframe.value,
            "price": input.price,
            "from_ms": found.first_ms,
            "to_ms": found.last_close_ms,
            "candles": _candle_rows(found),
        }

    return _answer(input, context, CandlesOutput, ask)


def funding(input: FundingInput, context: Context) -> Result:  # noqa: A002  # the signature of every action
    """The funding of one symbol, ahead and behind."""
    symbol = normalise_symbol(input.symbol)

    def ask(desk: MarketDesk) -> dict[str, Any]:
        ahead, now_ms = desk.exchange.fetch_premium(symbol), desk.clock.now_ms()
        behind = desk.exchange.fetch_funding_rates(symbol, start_ms=now_ms - input.days * _DAY_MS, end_ms=now_ms)
        rows = [
            Settlement(settled_ms=int(time_ms), rate=_decimal(rate))
            for time_ms, rate in zip(behind.time_ms, behind.rate, strict=True)
        ]
        return {
            "symbol": symbol,
            "mark_price": ahead.mark_price,
            "index_price": ahead.index_price,
            "last_rate": ahead.last_rate,
            "forecast_rate": ahead.forecast_rate,
            "next_funding_ms": ahead.next_funding_ms,
            "interval_ms": ahead.interval_ms,
            "forecast_per_year": float(ahead.forecast_rate) * _YEAR_MS / ahead.interval_ms,
            "paid_by_long": sum((row.rate for row in rows), Decimal(0)),
            "settlements": rows,
        }

    return _answer(input, context, FundingOutput, ask)


def contracts(input: ContractsInput, context: Context) -> Result:  # noqa: A002  # the signature of every action
    """The exchange's rules for one contract, or for all."""
    wanted = SYMBOLS if input.symbol is None else (normalise_symbol(input.symbol),)

    def ask(desk: MarketDesk) -> dict[str, Any]:
        listed = desk.exchange.fetch_instruments()
        fields = ContractRow.model_fields
        rows = [listed[symbol] for symbol in wanted if symbol in listed]
        return {"contracts": [ContractRow(**{name: getattr(row, name) for name in fields}) for row in rows]}

    return _answer(input, context, ContractsOutput, ask)


def _answer(
    input: MarketInput,  # noqa: A002
    context: Context,
    model: type[MarketOutput],
    ask: Callable[[MarketDesk], dict[str, Any]],
) -> Result:
    """What came of one question, at the venue that was chosen; the connection is closed in any case."""
    environment, paths = read_environment(context.environment), find_paths(context.environment)
    venue = Venue(input.venue) if input.venue else Venue.SIM  # WEEXCTL_VENUE has been read into the input
    desk = open_market(
        venue,
        journal_path=paths.journal(Venue.SIM, SimVenue.account),
        data=input.data,
        base_url=environment.api_base,
        timeout_s=input.timeout,
    )
    try:
        found = ask(desk)
        output = model(source=desk.source, synthetic=desk.synthetic, time_ms=desk.clock.now_ms(), **found)
    finally:
        desk.exchange.close()
    return Result(data=output, venue=venue.value, warnings=tuple(market_notices(desk)))


def market_notices(desk: MarketDesk) -> list[Notice]:
    """What has to be said about prices that are not the exchange's."""
    if desk.synthetic:
        what = "these prices were generated" if desk.simulated else f"these prices are of {desk.source}, no exchange"
        return [Notice("SYNTHETIC", f"{what}; they say nothing about a market")]
    if desk.simulated:
        return [Notice("SIMULATED_BOOK", "the candles are yours; spread and order book are the simulator's")]
    return []


def _ticker_row(row: Ticker, bid: Decimal | None = None, ask: Decimal | None = None) -> TickerRow:
    known = {name: getattr(row, name) for name in TickerRow.model_fields if name not in ("bid", "ask")}
    return TickerRow(**known, bid=bid, ask=ask)


def _levels(side: Sequence[tuple[Decimal, Decimal]]) -> list[Level]:
    return [Level(price=price, quantity=quantity) for price, quantity in side]


def _candle_rows(found: Candles) -> list[CandleRow]:
    columns = zip(found.open_time_ms, found.open, found.high, found.low, found.close, found.volume, strict=True)
    return [
        CandleRow(
            open_time_ms=int(time_ms),
            open=_decimal(opened),
            high=_decimal(high),
            low=_decimal(low),
            close=_decimal(close),
            volume=_decimal(volume),
        )
        for time_ms, opened, high, low, close, volume in columns
    ]


def _decimal(value: float) -> Decimal:
    """The number as the exchange wrote it: the shortest text that reads back as this float."""
    return Decimal(repr(float(value)))
