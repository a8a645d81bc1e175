"""Rows of the feed turned into our nouns. Pure."""

from __future__ import annotations

from weexctl.exchange import feed_models as models
from weexctl.exchange.v3_words import (
    MARGIN_MODES,
    POSITION_SIDES,
    SIDES,
    STATUSES,
    TIMES_IN_FORCE,
    known,
    order_type_of,
)
from weexctl.model.candle import PriceSource, Timeframe
from weexctl.model.collateral import Collateral
from weexctl.model.fill import Fill
from weexctl.model.holding import Holding
from weexctl.model.live_candle import LiveCandle
from weexctl.model.market_trade import MarketTrade
from weexctl.model.order import Order, OrderStatus
from weexctl.model.side import Side
from weexctl.model.ticker import Ticker

__all__ = [
    "PRICES",
    "TIMEFRAMES",
    "candle_of",
    "collateral_of",
    "fill_of",
    "holding_of",
    "order_of",
    "ticker_of",
    "trade_of",
]

TIMEFRAMES = {timeframe.value: timeframe for timeframe in Timeframe}
PRICES = {"LAST_PRICE": PriceSource.LAST, "MARK_PRICE": PriceSource.MARK}
# The feed's example of V2 says OPEN where the reads of V3 say NEW (weex-api 5, 10).
_STATUSES = STATUSES | {"OPEN": OrderStatus.OPEN}


def ticker_of(row: models.TickerRow, symbol: str, time_ms: int) -> Ticker:
    """The last 24 hours, as of the push: the row's own close moves in steps of minutes."""
    return Ticker(
        symbol=symbol,
        last=row.last,
        change=row.change,
        change_ratio=row.ratio,
        high=row.high,
        low=row.low,
        volume=row.volume,
        turnover=row.turnover,
        mark_price=row.mark,
        index_price=row.index,
        time_ms=time_ms,
    )


def trade_of(row: models.TradeRow, symbol: str) -> MarketTrade:
    """A trade of the market; the taker sold when the buyer was the maker."""
    return MarketTrade(
        trade_id=row.id,
        symbol=symbol,
        price=row.price,
        quantity=row.quantity,
        value=row.value,
        taker_side=Side.SELL if row.buyer_is_maker else Side.BUY,
        time_ms=row.time,
    )


def candle_of(row: models.CandleRow, symbol: str, price: PriceSource) -> LiveCandle:
    """A candle.

    Raises:
        WireError: its interval is none of the nine.
    """
    return LiveCandle(
        symbol=symbol,
        timeframe=known(TIMEFRAMES, row.interval, "interval"),
        price=price,
        open_ms=row.opened,
        open=row.open,
        high=row.high,
        low=row.low,
        close=row.close,
        volume=row.volume,
        turnover=row.turnover,
    )


def order_of(row: models.PushedOrderRow) -> Order:
    """An order; its average price is what its fills were worth over their size.

    Raises:
        WireError: nobody documented its status.
    """
    return Order(
        order_id=row.id,
        client_order_id=row.client_order_id or "",
        symbol=row.symbol,
        side=SIDES[row.order_side],
        position_side=POSITION_SIDES[row.position_side],
        type=order_type_of(row.type, row.price),
        status=known(_STATUSES, row.status, "order status"),
        quantity=row.size,
        filled_quantity=row.cum_fill_size,
        average_price=row.cum_fill_value / row.cum_fill_size if row.cum_fill_size else None,
        price=row.price or None,
        reduce_only=row.reduce_only,
        created_ms=row.created_time,
        updated_ms=row.updated_time,
        time_in_force=TIMES_IN_FORCE.get(row.time_in_force or ""),
    )


def fill_of(row: models.PushedFillRow) -> Fill:
    """An execution."""
    return Fill(
        fill_id=row.id,
        order_id=row.order_id,
        symbol=row.symbol,
        side=SIDES[row.order_side],
        position_side=POSITION_SIDES[row.position_side],
        quantity=row.fill_size,
        price=row.fill_value / row.fill_size,
        value=row.fill_value,
        fee=row.fill_fee,
        realised=row.realize_pnl,
        maker=row.direction == "MAKER",
        time_ms=row.created_time,
    )


def holding_of(row: models.HoldingRow) -> Holding:
    """A position, closed ones too."""
    return Holding(
        position_id=row.id,
        symbol=row.symbol,
        side=POSITION_SIDES[row.side],
        quantity=row.size,
        entry_price=row.open_value / row.size if row.size else None,
        leverage=row.leverage,
        margin_mode=MARGIN_MODES[row.margin_mode],
        funding=row.funding_fee,
        opened_ms=row.created_time,
        updated_ms=row.updated_time,
    )


def collateral_of(row: models.CollateralRow) -> Collateral:
    """A coin of the account; `legacyAmount` is what people call the balance (weex-api 7.2)."""
    return Collateral(
        asset=row.coin,
        wallet=row.legacy_amount,
        cash=row.amount,
        fees=row.cum_position_fill_fee_amount,
        funding=row.cum_position_funding_amount,
        updated_ms=row.updated_time,
    )
