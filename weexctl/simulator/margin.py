"""Margin: what the account is worth, what is tied up, and whether an order fits."""

from __future__ import annotations

from decimal import Decimal

from weexctl.model.side import PositionSide
from weexctl.simulator.position import SimPosition
from weexctl.simulator.refusal import business
from weexctl.simulator.venue import Venue

__all__ = [
    "available",
    "equity",
    "frozen",
    "liquidation_price",
    "maintenance",
    "order_margin",
    "position_margin",
    "require_margin",
    "unrealised",
]

ZERO = Decimal(0)


def unrealised(venue: Venue) -> Decimal:
    """Unrealised P&L of all positions at mark."""
    return sum((row.unrealised(venue.price(row.symbol)) for row in venue.ledger.positions.values()), ZERO)


def equity(venue: Venue) -> Decimal:
    """Wallet and unrealised P&L: the API's `balance`."""
    return venue.ledger.wallet + unrealised(venue)


def frozen(venue: Venue) -> Decimal:
    """What resting orders set aside."""
    return sum((order.reserved for order in venue.orders()), ZERO)


def position_margin(venue: Venue, position: SimPosition) -> Decimal:
    """Value at mark over leverage (weex-api 20), and what was moved to it."""
    leverage = venue.leverages[position.symbol].of(position.side)
    return position.size * venue.price(position.symbol) / leverage + position.added


def available(venue: Venue) -> Decimal:
    """Equity less frozen less the positions' margins; may be negative."""
    margins = sum((position_margin(venue, row) for row in venue.ledger.positions.values()), ZERO)
    return equity(venue) - frozen(venue) - margins


def maintenance(venue: Venue) -> Decimal:
    """Maintenance margin of the account: per symbol, long and short value together times the rate of its tier."""
    total = ZERO
    for symbol in {row.symbol for row in venue.ledger.positions.values()}:
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
    """The mark price at which the account would be liquidated if only this symbol moved; None when there is none.

    Source:
        weex-api 20, estimated price of net long and net short.
    """
    symbol = position.symbol
    mark = venue.price(symbol)
    net = venue.ledger.held(symbol, PositionSide.LONG) - venue.ledger.held(symbol, PositionSide.SHORT)
    if not net:
        return None
    rate = venue.settings.maintenance_rate(_size(venue, symbol) * mark)
    room = equity(venue) - maintenance(venue)
    factor = 1 - rate if net > 0 else 1 + rate
    price = mark - room / (net * factor)
    if price <= 0 or (price >= mark) == (net > 0):
        return None
    return price.quantize(venue.contracts[symbol].instrument.price_step)


def _size(venue: Venue, symbol: str) -> Decimal:
    return venue.ledger.held(symbol, PositionSide.LONG) + venue.ledger.held(symbol, PositionSide.SHORT)
