"""The V3 words for our nouns, and rows turned into them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TypeVar

from weexctl.config.redaction import REDACTOR
from weexctl.errors import WireError
from weexctl.exchange.steps import proven_step
from weexctl.exchange.v3_models import (
    BalanceRow,
    ConditionalRow,
    FillRow,
    IncomeRow,
    InstrumentRow,
    LeverageBody,
    OrderRow,
    PositionRow,
    PremiumRow,
    TickerRow,
    TradeRow,
)
from weexctl.model.account import Balance, LeverageSetting, MarginMode, Position
from weexctl.model.fill import Fill
from weexctl.model.instrument import Instrument
from weexctl.model.market_trade import MarketTrade
from weexctl.model.order import ConditionalOrder, Leg, Order, OrderStatus, OrderType, TimeInForce, TriggerSource
from weexctl.model.payment import Bill
from weexctl.model.premium import Premium
from weexctl.model.side import PositionSide, Side
from weexctl.model.ticker import Ticker

__all__ = [
    "MARGIN_MODES",
    "MARGIN_WORDS",
    "POSITION_SIDES",
    "POSITION_SIDE_WORDS",
    "SIDES",
    "SIDE_WORDS",
    "STATUSES",
    "TIMES_IN_FORCE",
    "TIME_IN_FORCE_WORDS",
    "TRIGGER_WORDS",
    "balance_of",
    "bill_of",
    "conditional_order_of",
    "fill_of",
    "instrument_of",
    "known",
    "leverage_of",
    "order_of",
    "order_type_of",
    "position_of",
    "premium_of",
    "ticker_of",
    "trade_of",
]

SIDE_WORDS = {Side.BUY: "BUY", Side.SELL: "SELL"}
POSITION_SIDE_WORDS = {PositionSide.LONG: "LONG", PositionSide.SHORT: "SHORT"}
TIME_IN_FORCE_WORDS = {
    TimeInForce.GTC: "GTC",
    TimeInForce.IOC: "IOC",
    TimeInForce.FOK: "FOK",
    TimeInForce.POST_ONLY: "POST_ONLY",
}
TRIGGER_WORDS = {TriggerSource.LAST: "CONTRACT_PRICE", TriggerSource.MARK: "MARK_PRICE"}
MARGIN_WORDS = {MarginMode.CROSS: "CROSSED", MarginMode.ISOLATED: "ISOLATED"}
MARGIN_MODES = {"CROSSED": MarginMode.CROSS, "ISOLATED": MarginMode.ISOLATED}

SIDES = {word: side for side, word in SIDE_WORDS.items()}
POSITION_SIDES = {word: side for side, word in POSITION_SIDE_WORDS.items()}
TIMES_IN_FORCE = {word: value for value, word in TIME_IN_FORCE_WORDS.items()} | {"GOOD_TIL_CANCEL": TimeInForce.GTC}
_TRIGGERS = {word: value for value, word in TRIGGER_WORDS.items()}
STATUSES = {
    "PENDING": OrderStatus.PENDING,
    "NEW": OrderStatus.OPEN,
    "FILLED": OrderStatus.FILLED,
    "CANCELING": OrderStatus.CANCELLING,
    "CANCELED": OrderStatus.CANCELLED,
    "EXPIRED": OrderStatus.EXPIRED,
    "REJECTED": OrderStatus.REJECTED,
    "UNTRIGGERED": OrderStatus.UNTRIGGERED,
    "TRIGGERED": OrderStatus.TRIGGERED,
}
# A conditional order that was carried out is FILLED in one place and TRIGGERED in another (weex-api 5).
_CONDITIONAL_STATUSES = STATUSES | {"NEW": OrderStatus.UNTRIGGERED, "FILLED": OrderStatus.TRIGGERED}
_MARKET_TYPES = frozenset(("MARKET", "STOP_MARKET", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"))
_LIMIT_TYPES = frozenset(("LIMIT", "STOP", "TAKE_PROFIT"))
_TARGET_TYPES = frozenset(("TAKE_PROFIT", "TAKE_PROFIT_MARKET"))
_DAY_MS = 86_400_000

V = TypeVar("V")


def instrument_of(row: InstrumentRow) -> Instrument:
    """An instrument; its steps are powers of ten of the listed precisions.

    Raises:
        WireError: the smallest order is not on the size step, so one of the two is not what we think it is.
    """
    return Instrument(
        symbol=row.symbol,
        base=row.base_asset,
        quote=row.quote_asset,
        price_step=Decimal(1).scaleb(-row.price_precision),
        quantity_step=proven_step(row.symbol, row.quantity_precision, row.min_order_size),
        min_quantity=row.min_order_size,
        max_quantity=row.max_order_size,
        max_leverage=row.max_leverage,
        maker_fee=row.maker_fee_rate,
        taker_fee=row.taker_fee_rate,
        contract_value=row.contract_val,
        funding_interval_ms=_DAY_MS // len(row.delivery) if row.delivery else 8 * 3_600_000,
        max_position=row.max_position_size,
        max_market_quantity=row.market_open_limit_size,
    )


def balance_of(row: BalanceRow) -> Balance:
    """A coin of the account."""
    return Balance(
        asset=row.asset,
        equity=row.balance,
        available=row.available_balance,
        frozen=row.frozen,
        unrealised=row.unrealize_pnl,
    )


def ticker_of(row: TickerRow) -> Ticker:
    """The last 24 hours of a symbol."""
    return Ticker(
        symbol=row.symbol,
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


def premium_of(row: PremiumRow) -> Premium:
    """Mark, index and funding of a symbol."""
    return Premium(
        symbol=row.symbol,
        mark_price=row.mark_price,
        index_price=row.index_price,
        last_rate=row.last_funding_rate,
        forecast_rate=row.forecast_funding_rate,
        next_funding_ms=row.next_funding_time,
        interval_ms=row.collect_cycle * 60_000,
        time_ms=row.time,
    )


def trade_of(row: TradeRow, symbol: str) -> MarketTrade:
    """A trade of the market; the taker sold when the buyer was the maker."""
    return MarketTrade(
        trade_id=row.id,
        symbol=symbol,
        price=row.price,
        quantity=row.qty,
        value=row.quote_qty,
        taker_side=Side.SELL if row.is_buyer_maker else Side.BUY,
        time_ms=row.time,
    )


def bill_of(row: IncomeRow) -> Bill:
    """A line of the statement."""
    return Bill(
        bill_id=row.bill_id,
        asset=row.asset,
        symbol=row.symbol or None,
        kind=row.income_type,
        amount=row.income,
        balance=row.balance,
        fee=row.fill_fee or Decimal(0),
        time_ms=row.time,
    )


def leverage_of(row: LeverageBody) -> LeverageSetting:
    """Margin mode and leverage of a symbol."""
    return LeverageSetting(
        symbol=row.symbol,
        margin_mode=MARGIN_MODES[row.margin_type],
        cross=row.cross_leverage,
        isolated_long=row.isolated_long_leverage,
        isolated_short=row.isolated_short_leverage,
        separated=row.separated_type == "SEPARATED",
    )


def position_of(row: PositionRow) -> Position | None:
    """A position, None for a row without size. The entry price is open value over size (weex-api 14.5)."""
    if row.size == 0:
        return None
    return Position(
        position_id=row.id,
        symbol=row.symbol,
        side=POSITION_SIDES[row.side],
        quantity=row.size,
        entry_price=row.open_value / row.size,
        leverage=row.leverage,
        margin=row.margin_size,
        margin_mode=MARGIN_MODES[row.margin_type],
        unrealised=row.unrealize_pnl,
        liquidation_price=row.liquidate_price or None,
        funding=row.funding_fee,
        opened_ms=row.created_time,
        updated_ms=row.updated_time,
    )


def order_of(row: OrderRow) -> Order:
    """An order; a conditional one keeps the way it would be carried out as its type."""
    return Order(
        order_id=row.order_id,
        client_order_id=row.client_order_id or "",
        symbol=row.symbol,
        side=SIDES[row.side],
        position_side=POSITION_SIDES[row.position_side],
        type=order_type_of(row.type, row.price),
        status=known(STATUSES, row.status, "order status"),
        quantity=row.orig_qty,
        filled_quantity=row.executed_qty,
        average_price=row.avg_price or None,
        price=row.price or None,
        reduce_only=row.reduce_only,
        created_ms=row.time,
        updated_ms=row.update_time,
        time_in_force=TIMES_IN_FORCE.get(row.time_in_force or ""),
    )


def fill_of(row: FillRow) -> Fill:
    """An execution."""
    return Fill(
        fill_id=row.id,
        order_id=row.order_id,
        symbol=row.symbol,
        side=SIDES[row.side],
        position_side=POSITION_SIDES[row.position_side],
        quantity=row.qty,
        price=row.price,
        value=row.quote_qty,
        fee=row.commission,
        realised=row.realized_pnl,
        maker=row.maker,
        time_ms=row.time,
    )


def conditional_order_of(row: ConditionalRow) -> ConditionalOrder:
    """A stop or target. While it waits, the order id beside it is its parent's (weex-api 15.10)."""
    side, position_side = SIDES[row.side], POSITION_SIDES[row.position_side]
    market = order_type_of(row.order_type, row.price) is OrderType.MARKET
    closing = Leg.TARGET if row.order_type in _TARGET_TYPES else Leg.STOP
    status = known(_CONDITIONAL_STATUSES, row.algo_status, "status of a conditional order")
    return ConditionalOrder(
        order_id=row.algo_id,
        client_order_id=row.client_algo_id or "",
        symbol=row.symbol,
        side=side,
        position_side=position_side,
        leg=closing if side is position_side.closing else Leg.ENTRY,
        trigger_price=row.trigger_price,
        trigger_source=known(_TRIGGERS, row.working_type, "trigger price"),
        quantity=row.quantity,
        price=None if market else row.price or None,
        status=status,
        created_ms=row.create_time,
        updated_ms=row.update_time,
        triggered_ms=row.trigger_time or None,
        parent_order_id=row.actual_order_id if status is OrderStatus.UNTRIGGERED else None,
    )


def order_type_of(word: str, price: Decimal | None) -> OrderType:
    """Whether an order is carried out at market or at its price, whatever made it go."""
    # A liquidation or another forced order may have a word of its own; it must not hide the rest of a history.
    market = word in _MARKET_TYPES or (word not in _LIMIT_TYPES and not price)
    return OrderType.MARKET if market else OrderType.LIMIT


def known(table: Mapping[str, V], word: str, what: str) -> V:
    """What a word of the exchange means.

    Raises:
        WireError: nobody documented it.
    """
    value = table.get(word)
    if value is None:
        raise WireError(
            f"the exchange has an unknown word for the {what}: {REDACTOR(word)[:40]!r}; the value is unknown",
            hint="the API may have changed; report it",
        )
    return value
