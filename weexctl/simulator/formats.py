"""How the exchange writes: decimals of the contract, words of the API, rows of its lists (weex-api 13-15, 20)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from weexctl.model.account import MarginMode
from weexctl.model.fill import Fill
from weexctl.model.order import OrderStatus, OrderType, TimeInForce, TriggerSource
from weexctl.model.side import Side
from weexctl.simulator.instruments import Contract
from weexctl.simulator.ledger import Bill
from weexctl.simulator.margin import liquidation_price, position_margin
from weexctl.simulator.orders import SimOrder, TriggerKind
from weexctl.simulator.position import SimPosition
from weexctl.simulator.venue import Leverage, Venue

__all__ = [
    "MODE_WORDS",
    "SOURCE_WORDS",
    "TIME_IN_FORCE_WORDS",
    "algo_row",
    "bill_row",
    "fee_text",
    "fill_row",
    "leverage_row",
    "leverage_text",
    "order_row",
    "plain",
    "position_row",
    "price_text",
    "separated_word",
    "size_text",
    "value_text",
]

MODE_WORDS = {MarginMode.CROSS: "CROSSED", MarginMode.ISOLATED: "ISOLATED"}
SOURCE_WORDS = {TriggerSource.LAST: "CONTRACT_PRICE", TriggerSource.MARK: "MARK_PRICE"}
TIME_IN_FORCE_WORDS = {tif: tif.value.upper() for tif in TimeInForce}
STATUS_WORDS = {
    OrderStatus.PENDING: "PENDING",
    OrderStatus.OPEN: "NEW",
    OrderStatus.CANCELLING: "CANCELING",
    OrderStatus.UNTRIGGERED: "UNTRIGGERED",
    OrderStatus.FILLED: "FILLED",
    OrderStatus.CANCELLED: "CANCELED",
    OrderStatus.EXPIRED: "EXPIRED",
}
KIND_WORDS = {TriggerKind.STOP: "STOP", TriggerKind.TARGET: "TAKE_PROFIT"}


def price_text(price: Decimal, contract: Contract) -> str:
    """A price with the contract's decimals."""
    return f"{price:.{contract.price_decimals}f}"


def size_text(size: Decimal, contract: Contract) -> str:
    """A size with the contract's decimals; zero is `0`."""
    return f"{size:.{contract.size_decimals}f}" if size else "0"


def value_text(value: Decimal, contract: Contract) -> str:
    """Size times price with the decimals of both; zero is `0`."""
    return f"{value:.{contract.value_decimals}f}" if value else "0"


def fee_text(fee: Decimal) -> str:
    """Money with eight decimals; zero is `0`."""
    return f"{fee:.8f}" if fee else "0"


def leverage_text(leverage: Decimal) -> str:
    """`20.00`."""
    return f"{leverage:.2f}"


def plain(number: Decimal) -> str:
    """A number without exponent and without trailing zeros."""
    return f"{number.normalize():f}" if number else "0"


def separated_word(setting: Leverage) -> str:
    """SEPARATED or COMBINED."""
    return "SEPARATED" if setting.separated else "COMBINED"


def type_word(order: SimOrder) -> str:
    """LIMIT, MARKET, STOP, STOP_MARKET, TAKE_PROFIT or TAKE_PROFIT_MARKET."""
    if order.trigger is None:
        return order.type.value.upper()
    return KIND_WORDS[order.trigger.kind] + ("_MARKET" if order.type is OrderType.MARKET else "")


def order_row(order: SimOrder, contract: Contract) -> dict[str, Any]:
    """The V3 order object."""
    average = order.quote / order.executed if order.executed else Decimal(0)
    trigger = order.trigger
    return {
        "avgPrice": price_text(average, contract),
        "clientOrderId": order.client_id,
        "cumQuote": value_text(order.quote, contract),
        "executedQty": size_text(order.executed, contract),
        "orderId": order.id,
        "origQty": size_text(order.quantity, contract),
        "price": price_text(order.price or Decimal(0), contract),
        "reduceOnly": not order.opening,
        "side": order.side.value.upper(),
        "positionSide": order.position_side.value.upper(),
        "status": STATUS_WORDS[order.status],
        "stopPrice": "0" if trigger is None else price_text(trigger.price, contract),
        "symbol": order.symbol,
        "time": order.created_ms,
        "timeInForce": TIME_IN_FORCE_WORDS[order.time_in_force],
        "type": type_word(order),
        "updateTime": order.updated_ms,
        "workingType": "UNKNOWN_PRICE_TYPE" if trigger is None else SOURCE_WORDS[trigger.source],
    }


def algo_row(order: SimOrder, contract: Contract) -> dict[str, Any]:
    """The V3 algo order row. `actualOrderId` names the parent of an attached order, else the order it became."""
    trigger = order.trigger
    assert trigger is not None  # noqa: S101  # callers pass conditional orders only
    average = order.quote / order.executed if order.executed else Decimal(0)
    became = order.id if trigger.fired_ms else None
    return {
        "algoId": order.id,
        "clientAlgoId": order.client_id,
        "algoType": "CONDITIONAL",
        "orderType": type_word(order),
        "symbol": order.symbol,
        "side": order.side.value.upper(),
        "positionSide": order.position_side.value.upper(),
        "timeInForce": TIME_IN_FORCE_WORDS[order.time_in_force],
        "quantity": size_text(order.quantity, contract),
        "algoStatus": STATUS_WORDS[order.status],
        "actualOrderId": became if order.parent_id is None else order.parent_id,
        "actualPrice": price_text(average, contract),
        "triggerPrice": price_text(trigger.price, contract),
        "price": price_text(order.price or Decimal(0), contract),
        "tpTriggerPrice": None if order.target is None else price_text(order.target.price, contract),
        "tpPrice": None,
        "slTriggerPrice": None if order.stop is None else price_text(order.stop.price, contract),
        "slPrice": None,
        "tpOrderType": None if order.target is None else SOURCE_WORDS[order.target.source],
        "workingType": SOURCE_WORDS[trigger.source],
        "closePosition": trigger.whole_position,
        "reduceOnly": not order.opening,
        "createTime": order.created_ms,
        "updateTime": order.updated_ms,
        "triggerTime": trigger.fired_ms,
    }


def fill_row(fill: Fill, contract: Contract) -> dict[str, Any]:
    """A row of userTrades; `realizedPnl` is before fees."""
    return {
        "id": int(fill.fill_id),
        "orderId": int(fill.order_id),
        "symbol": fill.symbol,
        "buyer": fill.side is Side.BUY,
        "commission": fee_text(fill.fee),
        "commissionAsset": "USDT",
        "maker": fill.maker,
        "price": price_text(fill.price, contract),
        "qty": size_text(fill.quantity, contract),
        "quoteQty": value_text(fill.value, contract),
        "realizedPnl": value_text(fill.realised, contract),
        "side": fill.side.value.upper(),
        "positionSide": fill.position_side.value.upper(),
        "time": fill.time_ms,
    }


def position_row(venue: Venue, position: SimPosition) -> dict[str, Any]:
    """The V3 position row; it has no entry price."""
    contract, setting = venue.contracts[position.symbol], venue.leverages[position.symbol]
    isolated = setting.mode is MarginMode.ISOLATED
    margin = value_text(position_margin(venue, position), contract)
    liquidation = liquidation_price(venue, position)
    return {
        "id": position.id,
        "asset": venue.asset,
        "symbol": position.symbol,
        "side": position.side.value.upper(),
        "marginType": MODE_WORDS[setting.mode],
        "separatedMode": separated_word(setting),
        "separatedOpenOrderId": position.opened_by,
        "leverage": leverage_text(setting.of(position.side)),
        "size": size_text(position.size, contract),
        "openValue": value_text(position.open_value, contract),
        "openFee": fee_text(position.open_fee),
        "fundingFee": fee_text(position.funding),
        "marginSize": margin,
        "isolatedMargin": margin if isolated else "0",
        "isAutoAppendIsolatedMargin": position.auto_append,
        "cumOpenSize": size_text(position.cum_open_size, contract),
        "cumOpenValue": value_text(position.cum_open_value, contract),
        "cumOpenFee": fee_text(position.cum_open_fee),
        "cumCloseSize": size_text(position.cum_close_size, contract),
        "cumCloseValue": value_text(position.cum_close_value, contract),
        "cumCloseFee": fee_text(position.cum_close_fee),
        "cumFundingFee": fee_text(position.cum_funding),
        "cumLiquidateFee": "0",
        "createdMatchSequenceId": position.created_sequence,
        "updatedMatchSequenceId": position.updated_sequence,
        "createdTime": position.created_ms,
        "updatedTime": position.updated_ms,
        "unrealizePnl": value_text(position.unrealised(venue.price(position.symbol)), contract),
        "liquidatePrice": "0" if liquidation is None else price_text(liquidation, contract),
    }


def leverage_row(symbol: str, setting: Leverage) -> dict[str, Any]:
    """A row of symbolConfig."""
    return {
        "symbol": symbol,
        "marginType": MODE_WORDS[setting.mode],
        "separatedType": separated_word(setting),
        "crossLeverage": leverage_text(setting.cross),
        "isolatedLongLeverage": leverage_text(setting.long),
        "isolatedShortLeverage": leverage_text(setting.short),
    }


def bill_row(bill: Bill) -> dict[str, Any]:
    """A row of income."""
    return {
        "billId": bill.id,
        "asset": "USDT",
        "symbol": bill.symbol,
        "income": fee_text(bill.amount),
        "incomeType": bill.kind,
        "balance": fee_text(bill.balance),
        "fillFee": fee_text(bill.fee),
        "time": bill.time_ms,
        "transferReason": "UNKNOWN_TRANSFER_REASON",
    }
