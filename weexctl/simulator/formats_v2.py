"""How V2 writes: a mixture of snake_case and camelCase that is the exchange's own (weex-api 7, 8)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from weexctl.model.fill import Fill
from weexctl.simulator.formats import fee_text, plain, position_row, price_text, separated_word, size_text, value_text
from weexctl.simulator.instruments import Contract
from weexctl.simulator.ledger import Bill
from weexctl.simulator.orders import Preset, SimOrder
from weexctl.simulator.position import SimPosition
from weexctl.simulator.venue import Venue
from weexctl.simulator.words_v2 import (
    MODE_WORDS,
    SOURCE_WORDS,
    STATUS_WORDS,
    TIME_IN_FORCE_WORDS,
    direction_word,
    symbol_v2,
)

__all__ = [
    "account_id",
    "bill_row_v2",
    "fill_row_v2",
    "order_row_v2",
    "plan_row_v2",
    "position_row_v2",
]

COIN_ID = 2
FIRST_CONTRACT_ID = 10_000_002
KEPT_CAMEL = ("marginSize", "unrealizePnl", "liquidatePrice")
"""Members of a position that stay camelCase amid the rest."""
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def account_id(venue: Venue) -> int:
    """The account's number, 18 digits from the seed."""
    return 500_000_000_000_000_001 + venue.ids.seed % 10**9 * 1024


def order_row_v2(order: SimOrder, contract: Contract) -> dict[str, Any]:
    """The V2 order object."""
    unit = contract.instrument.contract_value
    average = price_text(order.quote / order.executed, contract) if order.executed else "0"
    return {
        "symbol": symbol_v2(order.symbol),
        "size": size_text(order.quantity, contract),
        "client_oid": order.client_id,
        "createTime": str(order.created_ms),
        "filled_qty": size_text(order.executed, contract),
        "fee": fee_text(order.fee),
        "order_id": str(order.id),
        "price": price_text(order.price or Decimal(0), contract),
        "price_avg": average,
        "status": STATUS_WORDS[order.status],
        "type": direction_word(order),
        "order_type": TIME_IN_FORCE_WORDS[order.time_in_force],
        "totalProfits": value_text(order.realised, contract),
        "contracts": int(order.quantity / unit),
        "filledQtyContracts": int(order.executed / unit),
        "presetTakeProfitPrice": _preset_text(order.target, contract),
        "presetStopLossPrice": _preset_text(order.stop, contract),
    }


def plan_row_v2(order: SimOrder, contract: Contract) -> dict[str, Any]:
    """The order object of a trigger order, whose type and status are in upper case."""
    trigger = order.trigger
    assert trigger is not None  # noqa: S101  # callers pass conditional orders only
    row = order_row_v2(order, contract)
    return {
        **row,
        "status": row["status"].upper(),
        "type": row["type"].upper(),
        "triggerPrice": price_text(trigger.price, contract),
        "triggerPriceType": SOURCE_WORDS[trigger.source],
        "triggerTime": str(trigger.fired_ms),
    }


def fill_row_v2(venue: Venue, fill: Fill) -> dict[str, Any]:
    """A row of fills; it has no price: value over size."""
    contract, order = venue.contracts[fill.symbol], venue.find(int(fill.order_id))
    verb = "OPEN" if fill.side is fill.position_side.opening else "CLOSE"
    direction = f"{verb}_{fill.position_side.value.upper()}" if order is None else direction_word(order).upper()
    liquidated = direction.startswith("BURST")
    return {
        "tradeId": int(fill.fill_id),
        "orderId": int(fill.order_id),
        "symbol": symbol_v2(fill.symbol),
        "marginMode": MODE_WORDS[venue.leverages[fill.symbol].mode],
        "separatedMode": separated_word(venue.leverages[fill.symbol]),
        "positionSide": fill.position_side.value.upper(),
        "orderSide": fill.side.value.upper(),
        "fillSize": size_text(fill.quantity, contract),
        "fillValue": value_text(fill.value, contract),
        "fillFee": "0" if liquidated else fee_text(fill.fee),
        "liquidateFee": fee_text(fill.fee) if liquidated else "0",
        "realizePnl": value_text(fill.realised, contract),
        "direction": "MAKER" if fill.maker else "TAKER",
        "liquidateType": "FORCE_LIQUIDATE" if liquidated else "",
        "legacyOrdeDirection": direction,
        "createdTime": fill.time_ms,
    }


def position_row_v2(venue: Venue, position: SimPosition) -> dict[str, Any]:
    """The V2 position row: the numbers of V3's, and those of the account and the contract."""
    told = position_row(venue, position)
    row: dict[str, Any] = {"id": told.pop("id"), "account_id": account_id(venue), "coin_id": COIN_ID}
    row["contract_id"] = FIRST_CONTRACT_ID + list(venue.contracts).index(position.symbol)
    told.pop("asset")
    for name, value in told.items():
        row[name if name in KEPT_CAMEL else _HUMP.sub("_", name).lower()] = value
    row["symbol"] = symbol_v2(position.symbol)
    row["margin_mode"] = MODE_WORDS[venue.leverages[position.symbol].mode]
    row.pop("margin_type")
    row["contractVal"] = plain(venue.contracts[position.symbol].instrument.contract_value)
    return row


def bill_row_v2(bill: Bill) -> dict[str, Any]:
    """A row of bills."""
    return {
        "billId": bill.id,
        "coin": "USDT",
        "symbol": symbol_v2(bill.symbol),
        "amount": fee_text(bill.amount),
        "businessType": bill.kind,
        "balance": fee_text(bill.balance),
        "fillFee": fee_text(bill.fee),
        "transferReason": "UNKNOWN_TRANSFER_REASON",
        "ctime": bill.time_ms,
    }


def _preset_text(preset: Preset | None, contract: Contract) -> str | None:
    return None if preset is None else price_text(preset.price, contract)
