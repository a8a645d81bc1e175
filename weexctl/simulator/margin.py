"""Margin: what the account is worth, what is tied up, and whether an order fits."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_UP, Decimal

from weexctl.model.account import MarginMode
from weexctl.model.side import PositionSide
from weexctl.simulator.position import CENTI_MICRO, SimPosition
from weexctl.simulator.refusal import business
from weexctl.simulator.venue import Venue

__all__ = [
    "available",
    "cross_wallet",
    "equity",
    "frozen",
    "initial_margin",
    "is_isolated",
    "liquidation_price",
    "maintenance",
    "movable",
    "order_margin",
    "position_margin",
    "require_margin",
    "unrealised",
]

ZERO = Decimal(0)
Prices = Callable[[str], Decimal]
"""The price of a symbol."""


def is_isolated(venue: Venue, position: SimPosition) -> bool:
    """Whether it stands and falls by its own margin; the mode of a symbol cannot change while it is held."""
    return venue.leverages[position.symbol].mode is MarginMode.ISOLATED


def unrealised(venue: Venue) -> Decimal:
    """Unrealised P&L of all positions at mark."""
    return sum((row.unrealised(venue.price(row.symbol)) for row in venue.ledger.positions.values()), ZERO)


def equity(venue: Venue) -> Decimal:
    """Wallet and unrealised P&L: the API's `balance`."""
    return venue.ledger.wallet + unrealised(venue)


def frozen(venue: Venue) -> Decimal:
    """What resting orders set aside."""
    return sum((order.reserved for order in venue.orders()), ZERO)


def cross_wallet(venue: Venue) -> Decimal:
    """The wallet without what isolated positions hold of it."""
    return venue.ledger.wallet - sum((row.margin for row in venue.ledger.positions.values()), ZERO)


def initial_margin(venue: Venue, symbol: str, side: PositionSide, value: Decimal) -> Decimal:
    """What an isolated position of this value takes along; zero where the symbol's margin is shared."""
    setting = venue.leverages[symbol]
    if setting.mode is MarginMode.CROSS:
        return ZERO
    return (value / setting.of(side)).quantize(CENTI_MICRO, ROUND_UP)


def position_margin(venue: Venue, position: SimPosition) -> Decimal:
    """Of a cross position its value at mark over leverage (weex-api 20); of an isolated one its own margin."""
    if is_isolated(venue, position):
        return position.margin
    return position.size * venue.price(position.symbol) / venue.leverages[position.symbol].of(position.side)


def movable(venue: Venue, position: SimPosition) -> Decimal:
    """What can be taken from an isolated position: what lies above value at mark over leverage, after a loss."""
    mark = venue.price(position.symbol)
    needed = position.size * mark / venue.leverages[position.symbol].of(position.side)
    return max(ZERO, position.margin + min(ZERO, position.unrealised(mark)) - needed)


def available(venue: Venue, price: Prices | None = None) -> Decimal:
    """What new orders may use; may be negative. Prices are those of now unless given.

    The cross part of the wallet and its unrealised P&L, less frozen, less the cross positions' margins.
    """
    price = price or venue.price
    free = cross_wallet(venue) - frozen(venue)
    for row in venue.ledger.positions.values():
        setting = venue.leverages[row.symbol]
        if setting.mode is MarginMode.CROSS:
            mark = price(row.symbol)
            free += row.unrealised(mark) - row.size * mark / setting.cross
    return free


def maintenance(venue: Venue) -> Decimal:
    """Maintenance margin of the cross account: per symbol, long and short value together at the rate of its tier."""
    total = ZERO
    for symbol in {row.symbol for row in venue.ledger.positions.values() if not is_isolated(venue, row)}:
        value = _size(venue, symbol) * venue.price(symbol)
        total += value * venue.settings.maintenance_rate(value)
    return total


def order_margin(venue: Venue, symbol: str, side: PositionSide, quantity: Decimal, price: Decimal) -> Decimal:
    """What an opening order needs: value over leverage, and the taker fee."""
    value = quantity * price
    return value / venue.leverages[symbol].of(side) + value * venue.contracts[symbol].instrument.taker_fee


def require_margin(venue: Venue, needed: Decimal) -> None:
    """Nothing, when the account can carry it.

    Raises:
        Refusal: the available balance is smaller.
    """
    if (free := available(venue)) < needed:
        raise business(
            "FAILED_PRECONDITION: The order margin available amount not enough. "
            f"Available amount is {free:.8f}, order margin amount is {needed:.8f}"
        )


def liquidation_price(venue: Venue, position: SimPosition) -> Decimal | None:
    """The mark price at which it would be liquidated if only this symbol moved; None when there is none.

    Source:
        weex-api 20: the margin rate of an isolated position; the estimated price of net long and net short.
    """
    mark = venue.price(position.symbol)
    price = _own_price(venue, position, mark) if is_isolated(venue, position) else _shared_price(venue, position, mark)
    if price is None or price <= 0:
        return None
    return price.quantize(venue.contracts[position.symbol].instrument.price_step)


def _own_price(venue: Venue, position: SimPosition, mark: Decimal) -> Decimal:
    # margin + sign * (size * p - open value) = size * p * rate, solved for p.
    sign = position.side.sign
    rate = venue.settings.maintenance_rate(position.size * mark)
    return (position.open_value - sign * position.margin) / (position.size * (1 - sign * rate))


def _shared_price(venue: Venue, position: SimPosition, mark: Decimal) -> Decimal | None:
    symbol = position.symbol
    net = venue.ledger.held(symbol, PositionSide.LONG) - venue.ledger.held(symbol, PositionSide.SHORT)
    if not net:
        return None
    rate = venue.settings.maintenance_rate(_size(venue, symbol) * mark)
    rows = venue.ledger.positions.values()
    worth = sum((row.unrealised(venue.price(row.symbol)) for row in rows if not is_isolated(venue, row)), ZERO)
    room = cross_wallet(venue) + worth - maintenance(venue)
    factor = 1 - rate if net > 0 else 1 + rate
    price = mark - room / (net * factor)
    return None if (price >= mark) == (net > 0) else price


def _size(venue: Venue, symbol: str) -> Decimal:
    return venue.ledger.held(symbol, PositionSide.LONG) + venue.ledger.held(symbol, PositionSide.SHORT)
