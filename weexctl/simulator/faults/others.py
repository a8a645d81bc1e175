"""What somebody else does to the account: a person by hand, another program, or the exchange."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal

from weexctl.model.account import MarginMode
from weexctl.model.order import OrderStatus, OrderType, TimeInForce
from weexctl.model.side import PositionSide
from weexctl.simulator.faults.fault import Fault
from weexctl.simulator.liquidation import LIQUIDATION_CLIENT_ID
from weexctl.simulator.matching import match_market
from weexctl.simulator.orders import SimOrder
from weexctl.simulator.placing import place
from weexctl.simulator.position import SimPosition
from weexctl.simulator.refusal import Refusal
from weexctl.simulator.venue import Venue

__all__ = ["BY_EXCHANGE", "BY_HAND", "adl", "delist", "interfere", "liquidate", "reset_account"]

BY_HAND = "hand-"
"""How the client ids of a person's orders begin."""
BY_EXCHANGE = ("burst_liquidate", "offset_liquidate", "adl-", "delist-", "reset-")
"""How those of the exchange's own orders begin."""
START_OVER = Decimal(1_000)


def interfere(venue: Venue, fault: Fault) -> None:
    """Do what `EXT` says; what cannot be done is not done."""
    act = _ACTS[fault.text("act", "close")]
    symbol = fault.text("symbol") or next(iter(venue.contracts))
    if symbol in venue.contracts:
        act(venue, symbol, fault)
        venue.version += 1


def adl(venue: Venue, symbol: str, percent: float) -> None:
    """Take part of every position of a symbol at its price."""
    for position in _held(venue, symbol):
        _take(venue, position, _part(venue, position, percent / 100), "adl-")


def delist(venue: Venue, symbol: str) -> None:
    """Cancel all orders of a symbol and settle its positions at their price."""
    _cancel_all(venue, symbol)
    for position in _held(venue, symbol):
        _take(venue, position, position.size, "delist-")
    _cancel_all(venue, symbol)


def liquidate(venue: Venue) -> None:
    """Take every position over at its price, as a liquidation does. Waiting stops stay, as they do there."""
    for position in list(venue.ledger.positions.values()):
        _take(venue, position, position.size, LIQUIDATION_CLIENT_ID)


def reset_account(venue: Venue) -> None:
    """Cancel everything, close everything, and put the wallet back: what an organiser does between seasons."""
    for symbol in venue.contracts:
        _cancel_all(venue, symbol)
        for position in _held(venue, symbol):
            _take(venue, position, position.size, "reset-")
    venue.ledger.cover(START_OVER - venue.ledger.wallet)
    venue.version += 1


def _close(venue: Venue, symbol: str, _: Fault) -> None:
    for position in _held(venue, symbol):
        _take(venue, position, position.size, BY_HAND)


def _close_part(venue: Venue, symbol: str, fault: Fault) -> None:
    for position in _held(venue, symbol):
        _take(venue, position, _part(venue, position, fault.number("share", 0.5)), BY_HAND)


def _order(venue: Venue, symbol: str, fault: Fault) -> None:
    side = PositionSide(fault.text("side", "long"))
    step = venue.contracts[symbol].instrument.quantity_step
    wanted = Decimal(repr(fault.number("value", 200))) / venue.price(symbol)
    quantity = max(step, (wanted / step).to_integral_value(ROUND_DOWN) * step)
    try:
        place(venue, _market_order(venue, symbol, side, quantity, opening=True, name=BY_HAND))
    except Refusal:
        return


def _cancel_stop(venue: Venue, symbol: str, _: Fault) -> None:
    for order in [row for row in venue.orders(symbol) if row.waiting and not row.opening]:
        venue.finish(order, OrderStatus.CANCELLED, venue.now_ms)


def _leverage(venue: Venue, symbol: str, fault: Fault) -> None:
    setting, value = venue.leverages[symbol], Decimal(repr(fault.number("leverage", 50)))
    setting.cross = setting.long = setting.short = value


def _mode(venue: Venue, symbol: str, _: Fault) -> None:
    setting = venue.leverages[symbol]
    setting.mode = MarginMode.ISOLATED if setting.mode is MarginMode.CROSS else MarginMode.CROSS


_ACTS: dict[str, Callable[[Venue, str, Fault], None]] = {
    "close": _close,
    "part": _close_part,
    "order": _order,
    "cancel_stop": _cancel_stop,
    "leverage": _leverage,
    "mode": _mode,
}


def _held(venue: Venue, symbol: str) -> list[SimPosition]:
    return [position for position in list(venue.ledger.positions.values()) if position.symbol == symbol]


def _part(venue: Venue, position: SimPosition, share: float) -> Decimal:
    step = venue.contracts[position.symbol].instrument.quantity_step
    wanted = (position.size * Decimal(repr(share)) / step).to_integral_value(ROUND_DOWN) * step
    return min(position.size, max(step, wanted))


def _take(venue: Venue, position: SimPosition, quantity: Decimal, name: str) -> None:
    order = _market_order(venue, position.symbol, position.side, quantity, opening=False, name=name)
    order.id = venue.ids.next()
    match_market(venue, order, venue.now_ms)


def _cancel_all(venue: Venue, symbol: str) -> None:
    for order in list(venue.orders(symbol)):
        venue.finish(order, OrderStatus.CANCELLED, venue.now_ms)


def _market_order(
    venue: Venue, symbol: str, side: PositionSide, quantity: Decimal, *, opening: bool, name: str
) -> SimOrder:
    return SimOrder(
        id=0,
        client_id=name if name == LIQUIDATION_CLIENT_ID else f"{name}{venue.ids.used}",
        symbol=symbol,
        side=side.opening if opening else side.closing,
        position_side=side,
        type=OrderType.MARKET,
        time_in_force=TimeInForce.IOC,
        quantity=quantity,
        price=None,
        created_ms=venue.now_ms,
        updated_ms=venue.now_ms,
    )
