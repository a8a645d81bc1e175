"""Liquidation of a cross-margin account, on mark.

Within a candle every position is taken to its adverse extreme at the same pace (the pessimistic path). Equity less
maintenance margin is linear along that path, so the point where the account falls is known exactly, and stops that
lie before it fire first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from weexctl.model.order import OrderStatus, OrderType, TimeInForce
from weexctl.model.side import PositionSide
from weexctl.simulator.history import Event
from weexctl.simulator.market import Bar
from weexctl.simulator.orders import SimOrder
from weexctl.simulator.position import SimPosition
from weexctl.simulator.venue import Venue

__all__ = ["LIQUIDATION_CLIENT_ID", "may_liquidate", "walk"]

ZERO = Decimal(0)
ONE = Decimal(1)
CAUTION = 1.001
"""The quick look in floats is this much stricter than the exact one."""
LIQUIDATION_CLIENT_ID = "burst_liquidate"

Bars = Mapping[str, Bar]
Fire = Callable[[SimOrder], None]


def may_liquidate(venue: Venue, bars: Bars) -> bool:
    """A quick, slightly strict look: could the account fall within these mark bars?"""
    worth, needed = float(venue.ledger.wallet), 0.0
    for (symbol, side), position in venue.ledger.positions.items():
        bar = bars[symbol]
        size, value = float(position.size), float(position.open_value)
        worth += size * bar.low - value if side is PositionSide.LONG else value - size * bar.high
        needed += size * bar.high
    # The largest rate any position could have; tiers only grow with the value.
    rate = float(venue.settings.maintenance_rate(Decimal(repr(needed))))
    return worth < needed * rate * CAUTION


def walk(venue: Venue, bars: Bars, stops: list[SimOrder], fire: Fire, time_ms: int) -> None:
    """Go along the adverse path: fire the stops that come first, liquidate if the account falls.

    `stops` are the protective stops these bars reach; they are fired only when that matters for the liquidation.
    """
    waiting = sorted(stops, key=lambda order: (_when(order, bars[order.symbol]), order.id))
    while venue.ledger.positions:
        fall = _fall(venue, bars)
        if fall is None:
            return
        if waiting and Decimal(repr(_when(waiting[0], bars[waiting[0].symbol]))) <= fall:
            fire(waiting.pop(0))
            continue
        _liquidate(venue, bars, fall, time_ms)


def _when(order: SimOrder, bar: Bar) -> float:
    # How far along its candle's path, 0 to 1, a stop is reached.
    assert order.trigger is not None  # noqa: S101  # only stops come here
    extreme = bar.high if order.trigger.rising else bar.low
    span = extreme - bar.open
    return min(1.0, max(0.0, (order.trigger.level - bar.open) / span)) if span else 0.0


def _extreme(venue: Venue, symbol: str, bar: Bar) -> tuple[Decimal, Decimal]:
    # Open and adverse extreme of a symbol's mark, for the net of its two sides.
    net = venue.ledger.held(symbol, PositionSide.LONG) - venue.ledger.held(symbol, PositionSide.SHORT)
    return Decimal(repr(bar.open)), Decimal(repr(bar.low if net >= 0 else bar.high))


def _fall(venue: Venue, bars: Bars) -> Decimal | None:
    """The point of the path, 0 to 1, where equity no longer covers the maintenance margin; None when it always does."""
    at_open = _room(venue, bars, ZERO)
    if at_open <= 0:
        return ZERO
    at_extreme = _room(venue, bars, ONE)
    return None if at_extreme > 0 else at_open / (at_open - at_extreme)


def _room(venue: Venue, bars: Bars, point: Decimal) -> Decimal:
    room = venue.ledger.wallet
    for symbol in _symbols(venue):
        opened, extreme = _extreme(venue, symbol, bars[symbol])
        price = opened + (extreme - opened) * point
        size = ZERO
        for side in PositionSide:
            if (position := venue.ledger.positions.get((symbol, side))) is not None:
                room += position.unrealised(price)
                size += position.size
        # The tier is that of the open, which keeps the path linear.
        room -= size * price * venue.settings.maintenance_rate(size * opened)
    return room


def _symbols(venue: Venue) -> list[str]:
    return list(dict.fromkeys(symbol for symbol, _ in venue.ledger.positions))


def _liquidate(venue: Venue, bars: Bars, point: Decimal, time_ms: int) -> None:
    for symbol in _symbols(venue):
        opened, extreme = _extreme(venue, symbol, bars[symbol])
        price = opened + (extreme - opened) * point
        for side in PositionSide:
            if (position := venue.ledger.positions.get((symbol, side))) is not None:
                _take_over(venue, position, price, time_ms)
    if venue.ledger.wallet < 0:
        venue.ledger.cover(-venue.ledger.wallet)
    for order in [order for order in venue.orders() if not order.waiting]:
        venue.finish(order, OrderStatus.CANCELLED, time_ms)
    venue.version += 1


def _take_over(venue: Venue, position: SimPosition, price: Decimal, time_ms: int) -> None:
    contract = venue.contracts[position.symbol]
    step = contract.instrument.price_step
    rounding = ROUND_FLOOR if position.side is PositionSide.LONG else ROUND_CEILING
    order = SimOrder(
        id=venue.ids.next(),
        client_id=LIQUIDATION_CLIENT_ID,
        symbol=position.symbol,
        side=position.side.closing,
        position_side=position.side,
        type=OrderType.MARKET,
        time_in_force=TimeInForce.IOC,
        quantity=position.size,
        price=None,
        created_ms=time_ms,
        updated_ms=time_ms,
    )
    on_step = max(step, (price / step).to_integral_value(rounding) * step)
    rate = venue.settings.liquidation_fee
    position_size = position.size
    venue.ledger.fill(order, contract, position_size, on_step, fee_rate=rate, maker=False, time_ms=time_ms)
    venue.note(Event.FILLED, order, time_ms, quantity=position_size, price=on_step)
    venue.finish(order, OrderStatus.FILLED, time_ms)
