"""The V2 words for our nouns, and rows turned into them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TypeVar

from weexctl.config.redaction import REDACTOR
from weexctl.errors import WireError
from weexctl.exchange.steps import proven_step
from weexctl.exchange.v2_models import (
    AssetRow,
    BillRow,
    ContractRow,
    FillRow,
    OrderRow,
    PlanRow,
    PositionRow,
    TickerRow,
    TradeRow,
)
from weexctl.model.account import Balance, MarginMode, Position
from weexctl.model.fill import Fill
from weexctl.model.instrument import Instrument
from weexctl.model.market_trade import MarketTrade
from weexctl.model.order import ConditionalOrder, Leg, Order, OrderStatus, OrderType, TimeInForce, TriggerSource
from weexctl.model.payment import Bill
from weexctl.model.side import PositionSide, Side
from weexctl.model.ticker import Ticker

__all__ = [
    "DIRECTION_CODES",
    "MARGIN_CODES",
    "MARGIN_MODES",
    "TIME_IN_FORCE_CODES",
    "TRIGGER_CODES",
    "balance_of",
    "bill_of",
    "conditional_order_of",
    "fill_of",
    "instrument_of",
    "order_of",
    "position_of",
    "symbol_of",
    "ticker_of",
    "trade_of",
    "wire_symbol",
]

_BUY, _SELL = Side.BUY, Side.SELL
_LONG, _SHORT = PositionSide.LONG, PositionSide.SHORT
DIRECTION_CODES = {(_BUY, _LONG): "1", (_SELL, _SHORT): "2", (_SELL, _LONG): "3", (_BUY, _SHORT): "4"}
TIME_IN_FORCE_CODES = {
    TimeInForce.GTC: "0",
    TimeInForce.POST_ONLY: "1",
    TimeInForce.FOK: "2",
    TimeInForce.IOC: "3",
}
MARGIN_CODES = {MarginMode.CROSS: 1, MarginMode.ISOLATED: 3}
MARGIN_MODES = {"SHARED": MarginMode.CROSS, "ISOLATED": MarginMode.ISOLATED}
TRIGGER_CODES = {TriggerSource.LAST: 1, TriggerSource.MARK: 3}

_CLOSE_LONG, _CLOSE_SHORT = (_SELL, _LONG), (_BUY, _SHORT)
_DIRECTIONS = {code: pair for pair, code in DIRECTION_CODES.items()} | {
    "open_long": (_BUY, _LONG),
    "open_short": (_SELL, _SHORT),
    "close_long": _CLOSE_LONG,
    "close_short": _CLOSE_SHORT,
    # Forced: reduced by the exchange, liquidated, or closed by agreement (weex-api 5, 8.12).
    **dict.fromkeys(("5", "7", "9"), _CLOSE_LONG),
    **dict.fromkeys(("6", "8", "10"), _CLOSE_SHORT),
    **{f"{kind}_long": _CLOSE_LONG for kind in ("offset_liquidate", "agreement_close", "burst_liquidate")},
    **{f"{kind}_short": _CLOSE_SHORT for kind in ("offset_liquidate", "agreement_close", "burst_liquidate")},
}
_TIMES_IN_FORCE = {code: value for value, code in TIME_IN_FORCE_CODES.items()} | {
    "normal": TimeInForce.GTC,
    "postonly": TimeInForce.POST_ONLY,
    "fok": TimeInForce.FOK,
    "ioc": TimeInForce.IOC,
}
_STATUSES = {
    "pending": OrderStatus.PENDING,
    "open": OrderStatus.OPEN,
    "filled": OrderStatus.FILLED,
    "canceling": OrderStatus.CANCELLING,
    "canceled": OrderStatus.CANCELLED,
    "untriggered": OrderStatus.UNTRIGGERED,
    "triggered": OrderStatus.TRIGGERED,
    "expired": OrderStatus.EXPIRED,
    "rejected": OrderStatus.REJECTED,
}
# Documented as numbers, seen as words: both are taken, in any case (weex-api 8.12).
_PLAN_STATUSES = _STATUSES | {
    "-1": OrderStatus.CANCELLED,
    "0": OrderStatus.UNTRIGGERED,
    "1": OrderStatus.TRIGGERED,
    "2": OrderStatus.TRIGGERED,
    "pending": OrderStatus.UNTRIGGERED,
    "open": OrderStatus.UNTRIGGERED,
    "filled": OrderStatus.TRIGGERED,
}
_TRIGGERS = {
    "1": TriggerSource.LAST,
    "3": TriggerSource.MARK,
    "contract_price": TriggerSource.LAST,
    "last_price": TriggerSource.LAST,
    "last": TriggerSource.LAST,
    "mark_price": TriggerSource.MARK,
    "mark": TriggerSource.MARK,
    "": TriggerSource.LAST,  # the exchange's own default
}
_SIDES = {"buy": _BUY, "sell": _SELL}
_POSITION_SIDES = {"long": _LONG, "short": _SHORT}
_SYMBOL = re.compile(r"cmt_([0-9a-z]{2,30})")
_DAY_MS = 86_400_000

V = TypeVar("V")


def wire_symbol(symbol: str) -> str:
    """`cmt_btcusdt` for `BTCUSDT`."""
    return f"cmt_{symbol.lower()}"


def symbol_of(text: str) -> str:
    """`BTCUSDT` for `cmt_btcusdt`.

    Raises:
        WireError: it is not written like that.
    """
    found = _SYMBOL.fullmatch(text.lower())
    if found is None:
        raise WireError(f"the exchange names a symbol {REDACTOR(text)[:40]!r}, which is none; the value is unknown")
    return found[1].upper()


def instrument_of(row: ContractRow) -> Instrument:
    """An instrument; its steps are computed from counts of decimal places.

    Raises:
        WireError: the smallest order is not on the size step, so one of the two is not what we think it is.
    """
    symbol = symbol_of(row.symbol)
    return Instrument(
        symbol=symbol,
        base=row.underlying_index,
        quote=row.quote_currency,
        price_step=row.price_end_step.scaleb(-row.tick_size),
        quantity_step=proven_step(symbol, row.size_increment, row.min_size),
        min_quantity=row.min_size,
        max_quantity=row.max_size,
        max_leverage=row.max_leverage,
        maker_fee=row.maker_fee,
        taker_fee=row.taker_fee,
        contract_value=row.contract_val,
        funding_interval_ms=_DAY_MS // len(row.delivery) if row.delivery else 8 * 3_600_000,
        max_position=row.max_position,
        max_market_quantity=row.max_market_size,
    )


def ticker_of(row: TickerRow) -> Ticker:
    """The last 24 hours of a symbol; V2 gives the change as a ratio only."""
    return Ticker(
        symbol=symbol_of(row.symbol),
        last=row.last,
        change=None,
        change_ratio=row.change_ratio,
        high=row.high_24h,
        low=row.low_24h,
        volume=row.base_volume,
        turnover=row.volume_24h,
        mark_price=row.mark_price,
        index_price=row.index_price,
        time_ms=row.timestamp,
    )


def trade_of(row: TradeRow, symbol: str) -> MarketTrade:
    """A trade of the market; the taker sold when the buyer was the maker."""
    return MarketTrade(
        trade_id=row.id,
        symbol=symbol,
        price=row.price,
        quantity=row.size,
        value=row.value,
        taker_side=_SELL if row.is_buyer_maker else _BUY,
        time_ms=row.time,
    )


def balance_of(row: AssetRow) -> Balance:
    """A coin of the account."""
    return Balance(
        asset=row.coin, equity=row.equity, available=row.available, frozen=row.frozen, unrealised=row.unrealised
    )


def position_of(row: PositionRow, asked: str | None) -> Position | None:
    """A position, None for a row without size. A row without symbol is of the symbol that was asked for.

    Raises:
        WireError: nobody says which symbol it is.
    """
    if row.size == 0:
        return None
    if row.symbol is None and asked is None:
        raise WireError("the exchange shows a position without a symbol; what is held is unknown")
    return Position(
        position_id=row.id,
        symbol=symbol_of(row.symbol) if row.symbol is not None else asked or "",
        side=_known(_POSITION_SIDES, row.side, "side of a position"),
        quantity=row.size,
        entry_price=row.open_value / row.size,
        leverage=row.leverage,
        margin=row.margin_size,
        margin_mode=MARGIN_MODES[row.margin_mode],
        unrealised=row.unrealised,
        liquidation_price=row.liquidate_price or None,
        funding=row.funding_fee,
        opened_ms=row.created_time,
        updated_ms=row.updated_time,
    )


def bill_of(row: BillRow) -> Bill:
    """A line of the statement."""
    return Bill(
        bill_id=row.bill_id,
        asset=row.coin,
        symbol=symbol_of(row.symbol) if row.symbol else None,
        kind=row.kind,
        amount=row.amount,
        balance=row.balance,
        fee=row.fee or Decimal(0),
        time_ms=row.time,
    )


def order_of(row: OrderRow) -> Order:
    """An order. V2 keeps a market order with price zero, and no time of its last change."""
    side, position_side = _known(_DIRECTIONS, row.type, "direction of an order")
    return Order(
        order_id=row.order_id,
        client_order_id=row.client_oid or "",
        symbol=symbol_of(row.symbol),
        side=side,
        position_side=position_side,
        type=OrderType.LIMIT if row.price else OrderType.MARKET,
        status=_known(_STATUSES, row.status, "order status"),
        quantity=row.size,
        filled_quantity=row.filled_qty,
        average_price=row.price_avg or None,
        price=row.price or None,
        reduce_only=side is position_side.closing,
        created_ms=row.created,
        updated_ms=row.created,
        time_in_force=_TIMES_IN_FORCE.get(str(row.order_type).lower()),
    )


def conditional_order_of(row: PlanRow, market_price: Decimal | None) -> ConditionalOrder:
    """A conditional order. V2 does not tell a stop from a target; the side of the market it waits on does.

    Args:
        row: as the exchange shows it.
        market_price: where the market is now; None for a finished order, whose leg is then EXIT.
    """
    side, position_side = _known(_DIRECTIONS, row.type, "direction of an order")
    return ConditionalOrder(
        order_id=row.order_id,
        client_order_id=row.client_oid or "",
        symbol=symbol_of(row.symbol),
        side=side,
        position_side=position_side,
        leg=_leg(side, position_side, row.trigger_price, market_price),
        trigger_price=row.trigger_price,
        trigger_source=_known(_TRIGGERS, row.trigger_source or "", "trigger price"),
        quantity=row.size,
        price=row.price or None,
        status=_known(_PLAN_STATUSES, row.status, "status of a conditional order"),
        created_ms=row.created,
        updated_ms=row.created,
        triggered_ms=row.trigger_time or None,
    )


def _leg(side: Side, position_side: PositionSide, trigger: Decimal, market_price: Decimal | None) -> Leg:
    if side is position_side.opening:
        return Leg.ENTRY
    if market_price is None:
        return Leg.EXIT
    gains = (trigger - market_price) * position_side.sign > 0
    return Leg.TARGET if gains else Leg.STOP


def fill_of(row: FillRow) -> Fill:
    """An execution; its price is value over size."""
    return Fill(
        fill_id=row.id,
        order_id=row.order_id,
        symbol=symbol_of(row.symbol),
        side=_known(_SIDES, row.order_side, "side of a fill"),
        position_side=_known(_POSITION_SIDES, row.position_side, "side of a position"),
        quantity=row.size,
        price=row.value / row.size,
        value=row.value,
        fee=row.fee,
        realised=row.realised,
        maker=(row.role or "").upper() == "MAKER",
        time_ms=row.created,
    )


def _known(table: Mapping[str, V], word: str | int, what: str) -> V:
    value = table.get(str(word).lower())
    if value is None:
        raise WireError(
            f"the exchange has an unknown word for the {what}: {REDACTOR(str(word))[:40]!r}; the value is unknown",
            hint="the API may have changed; report it",
        )
    return value
