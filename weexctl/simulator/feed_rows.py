"""How the feed writes: one-letter members in public rows, every number a text in private ones (weex-api 10, 18)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from weexctl.model.candle import Timeframe
from weexctl.model.fill import Fill
from weexctl.model.order import OrderType, TimeInForce
from weexctl.model.side import PositionSide
from weexctl.simulator.formats import (
    MODE_WORDS,
    SOURCE_WORDS,
    STATUS_WORDS,
    fee_text,
    leverage_text,
    plain,
    price_text,
    size_text,
    value_text,
)
from weexctl.simulator.instruments import Contract
from weexctl.simulator.kline import MEAN_TRADE, kline_rows
from weexctl.simulator.market_routes import day_row, trade_rows
from weexctl.simulator.orders import SimOrder, TriggerKind
from weexctl.simulator.position import SimPosition
from weexctl.simulator.venue import Venue

__all__ = ["account_row", "feed_fill_row", "feed_order_row", "feed_position_row", "klines", "ticker_row", "trades"]

ZERO = Decimal(0)
FORCE_WORDS = {
    TimeInForce.GTC: "GOOD_TIL_CANCEL",
    TimeInForce.IOC: "IOC",
    TimeInForce.FOK: "FOK",
    TimeInForce.POST_ONLY: "POST_ONLY",
}
KIND_WORDS = {TriggerKind.STOP: "STOP", TriggerKind.TARGET: "TAKE_PROFIT"}


def ticker_row(venue: Venue, contract: Contract) -> dict[str, Any]:
    """The last 24 hours."""
    day = day_row(venue, contract)
    volume, quote = float(day["volume"]), float(day["quoteVolume"])
    return {
        "p": day["priceChange"],
        "P": day["priceChangePercent"],
        "w": f"{quote / volume:.8f}" if volume else day["lastPrice"],
        "c": day["lastPrice"],
        "o": day["openPrice"],
        "h": day["highPrice"],
        "l": day["lowPrice"],
        "v": day["volume"],
        "q": day["quoteVolume"],
        "O": day["openTime"],
        "C": day["closeTime"],
        "n": round(quote / MEAN_TRADE),
        "m": day["markPrice"],
        "i": day["indexPrice"],
    }


def trades(venue: Venue, contract: Contract, after_ms: int, limit: int) -> list[dict[str, Any]]:
    """Trades later than a moment, oldest first."""
    return [
        {
            "T": row["time"],
            "t": row["id"],
            "p": row["price"],
            "q": row["qty"],
            "v": row["quoteQty"],
            "m": row["isBuyerMaker"],
        }
        for row in reversed(trade_rows(venue, contract, limit))
        if row["time"] > after_ms
    ]


def klines(
    venue: Venue, contract: Contract, interval: Timeframe, start_ms: int | None, limit: int, *, last: bool
) -> list[dict[str, Any]]:
    """Candles from a moment on, the forming one among them; without a moment the newest. `last` or mark price."""
    rows = kline_rows(venue, contract, interval, start_ms, venue.now_ms, limit, trades=last)
    names = ("t", "o", "h", "l", "c", "v", "T", "q", "n", "V", "Q")
    return [{**dict(zip(names, row, strict=True)), "s": contract.symbol, "i": interval.value} for row in rows]


def feed_order_row(venue: Venue, order: SimOrder) -> dict[str, Any]:
    """An order as pushed."""
    contract, setting = venue.contracts[order.symbol], venue.leverages[order.symbol]
    average = price_text(order.quote / order.executed, contract) if order.executed else "0"
    trigger, rules = order.trigger, contract.instrument
    return {
        "id": str(order.id),
        "coin": venue.asset,
        "symbol": order.symbol,
        "marginMode": MODE_WORDS[setting.mode],
        "separatedMode": "COMBINED",
        "separatedOpenOrderId": "0",
        "positionSide": order.position_side.value.upper(),
        "orderSide": order.side.value.upper(),
        "price": price_text(order.price, contract) if order.price else "0",
        "size": size_text(order.quantity, contract),
        "clientOrderId": order.client_id,
        "type": _type_word(order),
        "timeInForce": FORCE_WORDS[order.time_in_force],
        "reduceOnly": not order.opening,
        "triggerPrice": "0" if trigger is None else price_text(trigger.price, contract),
        "triggerPriceType": "UNKNOWN_PRICE_TYPE" if trigger is None else SOURCE_WORDS[trigger.source],
        "orderSource": "API",
        "openTpslParentOrderId": str(order.parent_id or 0),
        "positionTpsl": trigger is not None and trigger.whole_position,
        "setOpenTp": order.target is not None,
        "setOpenSl": order.stop is not None,
        "leverage": leverage_text(setting.of(order.position_side)),
        "takerFeeRate": plain(rules.taker_fee),
        "makerFeeRate": plain(rules.maker_fee),
        "feeDiscount": "1",
        "liquidateFeeRate": plain(venue.settings.liquidation_fee),
        "status": STATUS_WORDS[order.status],
        "triggerTime": str(trigger.fired_ms if trigger is not None else 0),
        "triggerPriceTime": "0",
        "triggerPriceValue": "0",
        "cancelReason": "UNKNOWN_ORDER_CANCEL_REASON",
        "latestFillPrice": average,
        "maxFillPrice": average,
        "minFillPrice": average,
        "cumFillSize": size_text(order.executed, contract),
        "cumFillValue": value_text(order.quote, contract),
        "cumFillFee": fee_text(order.fee),
        "cumLiquidateFee": "0",
        "cumRealizePnl": value_text(order.realised, contract),
        "createdTime": str(order.created_ms),
        "updatedTime": str(order.updated_ms),
    }


def feed_fill_row(venue: Venue, fill: Fill) -> dict[str, Any]:
    """An execution as pushed; it has no price, only size and value."""
    contract = venue.contracts[fill.symbol]
    return {
        "id": fill.fill_id,
        "coin": venue.asset,
        "symbol": fill.symbol,
        "orderId": fill.order_id,
        "marginMode": MODE_WORDS[venue.leverages[fill.symbol].mode],
        "separatedMode": "COMBINED",
        "separatedOpenOrderId": "0",
        "positionSide": fill.position_side.value.upper(),
        "orderSide": fill.side.value.upper(),
        "fillSize": size_text(fill.quantity, contract),
        "fillValue": value_text(fill.value, contract),
        "fillFee": fee_text(fill.fee),
        "liquidateFee": "0",
        "realizePnl": value_text(fill.realised, contract),
        "direction": "MAKER" if fill.maker else "TAKER",
        "createdTime": str(fill.time_ms),
        "updatedTime": str(fill.time_ms),
    }


def feed_position_row(venue: Venue, position: SimPosition) -> dict[str, Any]:
    """A position as pushed, closed ones with size 0: no P&L, no margin, no liquidation price."""
    contract, setting = venue.contracts[position.symbol], venue.leverages[position.symbol]
    return {
        "id": str(position.id),
        "coin": venue.asset,
        "symbol": position.symbol,
        "side": position.side.value.upper(),
        "marginMode": MODE_WORDS[setting.mode],
        "separatedMode": "COMBINED",
        "separatedOpenOrderId": "0",
        "leverage": plain(setting.of(position.side)),
        "size": size_text(position.size, contract),
        "openValue": value_text(position.open_value, contract),
        "openFee": fee_text(position.open_fee),
        "fundingFee": fee_text(position.funding),
        "isolatedMargin": fee_text(position.margin),
        "autoAppendIsolatedMargin": position.auto_append,
        "cumOpenSize": size_text(position.cum_open_size, contract),
        "cumOpenValue": value_text(position.cum_open_value, contract),
        "cumOpenFee": fee_text(position.cum_open_fee),
        "cumCloseSize": size_text(position.cum_close_size, contract),
        "cumCloseValue": value_text(position.cum_close_value, contract),
        "cumCloseFee": fee_text(position.cum_close_fee),
        "cumFundingFee": fee_text(position.cum_funding),
        "cumLiquidateFee": "0",
        "createdMatchSequenceId": str(position.created_sequence),
        "updatedMatchSequenceId": str(position.updated_sequence),
        "createdTime": str(position.created_ms),
        "updatedTime": str(position.updated_ms),
    }


def account_row(venue: Venue) -> dict[str, Any]:
    """The collateral: `amount` is a cash ledger, `legacyAmount` what people call the balance (weex-api 7.2)."""
    ledger = venue.ledger
    cash = ledger.wallet - sum((row.open_value * row.side.sign for row in ledger.positions.values()), ZERO)
    traded = {
        f"cumPosition{verb.title()}{side.value.title()}Amount": fee_text(
            ledger.turnover.get(f"position_{verb}_{side.value}", ZERO)
        )
        for verb in ("open", "close")
        for side in PositionSide
    }
    nothing = (
        *(f"pending{what}Amount" for what in ("Deposit", "Withdraw", "TransferIn", "TransferOut")),
        *(f"cum{what}Amount" for what in ("Withdraw", "TransferIn", "TransferOut", "MarginMoveIn", "MarginMoveOut")),
        "cumPositionLiquidateFeeAmount",
        "cumOrderFillFeeIncomeAmount",
        "cumOrderLiquidateFeeIncomeAmount",
    )
    return {
        "coin": venue.asset,
        "marginMode": "CROSSED",
        "crossSymbol": "0",
        "isolatedPositionId": "0",
        "amount": fee_text(cash),
        "liquidating": False,
        "legacyAmount": fee_text(ledger.wallet),
        "cumDepositAmount": fee_text(ledger.start),
        **dict.fromkeys(nothing, "0"),
        **traded,
        "cumPositionFillFeeAmount": fee_text(ledger.fees),
        "cumPositionFundingAmount": fee_text(ledger.funding),
        "createdTime": "0",
        "updatedTime": str(venue.now_ms),
    }


def _type_word(order: SimOrder) -> str:
    if order.trigger is None:
        return order.type.value.upper()
    return f"{KIND_WORDS[order.trigger.kind]}_{'MARKET' if order.type is OrderType.MARKET else 'LIMIT'}"
