"""Private channels: what changed in the account between two looks (weex-api 18)."""

from __future__ import annotations

from typing import Any

from weexctl.simulator.feed_rows import account_row, feed_fill_row, feed_order_row, feed_position_row
from weexctl.simulator.orders import SimOrder
from weexctl.simulator.position import SimPosition
from weexctl.simulator.venue import Venue

__all__ = ["PRIVATE_WORDS", "AccountWatch"]

PRIVATE_WORDS = ("account", "positions", "fill", "orders")
Frame = dict[str, Any]


class AccountWatch:
    """What one subscriber has seen of the account; each look tells what is new since the one before."""

    def __init__(self, venue: Venue) -> None:
        """From here on: there is no snapshot of what was."""
        self._version = -1
        self._orders: dict[int, tuple[object, ...]] = {}
        self._positions: dict[int, tuple[SimPosition, tuple[object, ...]]] = {}
        self._money: tuple[object, ...] = ()
        self._fill_id = 0
        self.look(venue)

    def look(self, venue: Venue) -> list[tuple[str, Frame]]:
        """Channel and frame of everything new, in the order in which the exchange says it."""
        if venue.version == self._version:
            return []
        self._version = venue.version
        found = [
            ("orders", self._new_orders(venue)),
            ("fill", self._new_fills(venue)),
            ("positions", self._new_positions(venue)),
            ("account", self._new_money(venue)),
        ]
        traded = bool(found[0][1] or found[1][1])
        head = {
            "E": venue.now_ms + venue.settings.clock_skew_ms,
            "v": venue.version,
            "msgEvent": "OrderUpdate" if traded or not found[3][1] else "PositionFundingSettle",
        }
        return [(word, {"e": word, **head, "d": rows}) for word, rows in found if rows]

    def _new_orders(self, venue: Venue) -> list[Frame]:
        rows = [*venue.closed, *venue.orders()]
        now = {order.id: _order_state(order) for order in rows}
        new = [order for order in rows if self._orders.get(order.id) != now[order.id]]
        self._orders = now
        return [feed_order_row(venue, order) for order in sorted(new, key=lambda order: (order.updated_ms, order.id))]

    def _new_fills(self, venue: Venue) -> list[Frame]:
        new = [fill for fill in venue.ledger.fills if int(fill.fill_id) > self._fill_id]
        if new:
            self._fill_id = int(new[-1].fill_id)
        return [feed_fill_row(venue, fill) for fill in new]

    def _new_positions(self, venue: Venue) -> list[Frame]:
        rows = [*venue.ledger.positions.values()]
        held = {position.id for position in rows}
        rows += [position for position, _ in self._positions.values() if position.id not in held]
        now = {position.id: (position, _position_state(venue, position)) for position in rows}
        new = [position for position, state in now.values() if self._seen(position) != state]
        self._positions = {key: row for key, row in now.items() if key in held}
        return [feed_position_row(venue, position) for position in new]

    def _seen(self, position: SimPosition) -> tuple[object, ...] | None:
        row = self._positions.get(position.id)
        return None if row is None else row[1]

    def _new_money(self, venue: Venue) -> list[Frame]:
        ledger = venue.ledger
        money = (ledger.wallet, ledger.fees, ledger.funding, tuple(ledger.turnover.items()))
        if money == self._money:
            return []
        self._money = money
        return [account_row(venue)]


def _order_state(order: SimOrder) -> tuple[object, ...]:
    trigger = order.trigger
    return (order.status, order.executed, order.quantity, order.price, trigger and (trigger.price, trigger.fired_ms))


def _position_state(venue: Venue, position: SimPosition) -> tuple[object, ...]:
    setting = venue.leverages[position.symbol]
    money = (position.size, position.open_value, position.funding, position.cum_close_size, position.margin)
    return (*money, setting.mode, setting.of(position.side), position.auto_append)
