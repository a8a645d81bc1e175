"""Liquidation on mark: of the cross account as a whole, and of each isolated position by itself.

Within a candle every position is taken to its adverse extreme at the same pace (the pessimistic path). Equity less
maintenance margin is linear along that path, so the point where an account or a position falls is known exactly, and
stops that lie before it fire first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Decimal

from weexctl.model.order import OrderStatus, OrderType, TimeInForce
from weexctl.model.side import PositionSide
from weexctl.simulator.detail import Bar
from weexctl.simulator.history import Event
from weexctl.simulator.margin import available, cross_wallet, is_isolated
from weexctl.simulator.orders import SimOrder
from weexctl.simulator.position import CENTI_MICRO, SimPosition
from weexctl.simulator.venue import Venue

__all__ = ["LIQUIDATION_CLIENT_ID", "highest_rate", "may_liquidate", "walk"]

ZERO = Decimal(0)
ONE = Decimal(1)
_LARGEST_RATE = 0.126
"""Above the rates of every tier, unless the settings say otherwise."""
CAUTION = 1.001
"""The quick look in floats is this much stricter than the exact one."""
LIQUIDATION_CLIENT_ID = "burst_liquidate"

Bars = Mapping[str, Bar]
Fire = Callable[[SimOrder], None]


@dataclass(frozen=True, slots=True)
class _Pool:
    """Positions that stand and fall together: all cross ones, or one isolated one."""

    rows: tuple[SimPosition, ...]
    isolated: bool

    def money(self, venue: Venue) -> Decimal:
        """What they have, without unrealised P&L."""
        return self.rows[0].margin if self.isolated else cross_wallet(venue)


def may_liquidate(venue: Venue, bars: Mapping[str, tuple[Bar, Bar]]) -> bool:
    """A quick, slightly strict look: could anything fall within these bars, of which the second is the mark's?"""
    worth, needed = float(venue.ledger.wallet), 0.0
    shared = False
    for position in venue.ledger.positions.values():
        bar, margin = bars[position.symbol][1], float(position.margin)
        size, value = float(position.size), float(position.open_value)
        loss = value - size * bar.low if position.side is PositionSide.LONG else size * bar.high - value
        worth -= margin
        if is_isolated(venue, position):
            if margin - loss < size * bar.high * _rate(venue, size * bar.high):
                return True
        else:
            shared = True
            worth -= loss
            needed += size * bar.high
    return shared and worth < needed * highest_rate(venue) and worth < needed * _rate(venue, needed)


def highest_rate(venue: Venue) -> float:
    """Above every maintenance rate that the exchange asks for."""
    return max(_LARGEST_RATE, 1.01 * float(venue.settings.maintenance_above))


def _rate(venue: Venue, value: float) -> float:
    # The largest rate any position of this value could have; tiers only grow with the value.
    return float(venue.settings.maintenance_rate(Decimal(repr(value)))) * CAUTION


def walk(venue: Venue, bars: Bars, stops: list[SimOrder], fire: Fire, time_ms: int) -> None:
    """Go along the adverse path: fire the stops that come first, liquidate what falls.

    `stops` are the protective stops these bars reach; they are fired only when that matters for a liquidation.
    """
    waiting = sorted(stops, key=lambda order: (_when(order, bars[order.symbol]), order.id))
    while falls := _falls(venue, bars):
        point, pool = falls[0]
        if waiting and Decimal(repr(_when(waiting[0], bars[waiting[0].symbol]))) <= point:
            fire(waiting.pop(0))
        elif not (pool.isolated and _append(venue, pool, bars, point)):
            _liquidate(venue, pool, bars, point, time_ms)


def _falls(venue: Venue, bars: Bars) -> list[tuple[Decimal, _Pool]]:
    """What falls within these bars and at which point of the path, the first one first."""
    found = ((_fall(venue, pool, bars), pool) for pool in _pools(venue))
    return sorted(((point, pool) for point, pool in found if point is not None), key=lambda row: row[0])


def _pools(venue: Venue) -> list[_Pool]:
    rows = list(venue.ledger.positions.values())
    shared = tuple(row for row in rows if not is_isolated(venue, row))
    alone = [_Pool((row,), True) for row in rows if is_isolated(venue, row)]
    return [_Pool(shared, False), *alone] if shared else alone


def _when(order: SimOrder, bar: Bar) -> float:
    # How far along its candle's path, 0 to 1, a stop is reached.
    assert order.trigger is not None  # noqa: S101  # only stops come here
    extreme = bar.high if order.trigger.rising else bar.low
    span = extreme - bar.open
    return min(1.0, max(0.0, (order.trigger.level - bar.open) / span)) if span else 0.0


def _path(pool: _Pool, symbol: str, bar: Bar) -> tuple[Decimal, Decimal]:
    # Open and adverse extreme of a symbol's mark, for the net of what the pool holds of it.
    net = sum((row.size * row.side.sign for row in pool.rows if row.symbol == symbol), ZERO)
    return Decimal(repr(bar.open)), Decimal(repr(bar.low if net >= 0 else bar.high))


def _price(pool: _Pool, symbol: str, bars: Bars, point: Decimal) -> Decimal:
    opened, extreme = _path(pool, symbol, bars[symbol])
    return opened + (extreme - opened) * point


def _fall(venue: Venue, pool: _Pool, bars: Bars) -> Decimal | None:
    """The point of the path, 0 to 1, where the pool no longer covers its maintenance margin; None when it does."""
    at_open = _room(venue, pool, bars, ZERO)
    if at_open <= 0:
        return ZERO
    at_extreme = _room(venue, pool, bars, ONE)
    return None if at_extreme > 0 else at_open / (at_open - at_extreme)


def _room(venue: Venue, pool: _Pool, bars: Bars, point: Decimal) -> Decimal:
    room = pool.money(venue)
    for symbol in _symbols(pool):
        price, opened = _price(pool, symbol, bars, point), _price(pool, symbol, bars, ZERO)
        rows = [row for row in pool.rows if row.symbol == symbol]
        size = sum((row.size for row in rows), ZERO)
        room += sum((row.unrealised(price) for row in rows), ZERO)
        # The tier is that of the open, which keeps the path linear.
        room -= size * price * venue.settings.maintenance_rate(size * opened)
    return room


def _symbols(pool: _Pool) -> list[str]:
    return list(dict.fromkeys(row.symbol for row in pool.rows))


def _append(venue: Venue, pool: _Pool, bars: Bars, point: Decimal) -> bool:
    """Whether the account could bring an isolated position that asks for it back to its initial margin."""
    (position,) = pool.rows
    if not position.auto_append:
        return False
    symbol = position.symbol
    price = _price(pool, symbol, bars, point)
    value = position.size * price
    leverage = venue.leverages[symbol].of(position.side)
    wanted = max(value / leverage, 2 * value * venue.settings.maintenance_rate(value))
    shared = _Pool(tuple(row for row in venue.ledger.positions.values() if not is_isolated(venue, row)), False)
    free = available(venue, lambda name: _price(shared, name, bars, point))
    amount = min(free, wanted - position.margin - position.unrealised(price)).quantize(CENTI_MICRO, ROUND_DOWN)
    if amount <= 0:
        return False
    position.margin += amount
    if _room(venue, pool, bars, point) <= 0:
        position.margin -= amount
        return False
    venue.version += 1
    return True


def _liquidate(venue: Venue, pool: _Pool, bars: Bars, point: Decimal, time_ms: int) -> None:
    # What isolated positions hold is out of the reach of the others, and nothing else is in the reach of theirs.
    kept = venue.ledger.wallet - pool.money(venue)
    for row in pool.rows:
        _take_over(venue, row, _price(pool, row.symbol, bars, point), time_ms)
    if venue.ledger.wallet < kept:
        venue.ledger.cover(kept - venue.ledger.wallet)
    gone = {(row.symbol, row.side) for row in pool.rows}
    for order in [order for order in venue.orders() if not order.waiting]:
        if not pool.isolated or (order.symbol, order.position_side) in gone:
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
        bound=position.opened_by,
    )
    on_step = max(step, (price / step).to_integral_value(rounding) * step)
    rate = venue.settings.liquidation_fee
    venue.before_change(time_ms)
    quantity = position.size
    venue.ledger.fill(
        order, contract, quantity, on_step, fee_rate=rate, maker=False, time_ms=time_ms, bound=position.opened_by
    )
    venue.note(Event.FILLED, order, time_ms, quantity=quantity, price=on_step)
    venue.finish(order, OrderStatus.FILLED, time_ms)
    venue.forget_presets(order, time_ms)
