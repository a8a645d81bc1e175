"""Where the exchange and the books say different things, and what would bring them together. Pure.

The same comparison is made at start-up, every few seconds while something is open, and by `journal reconcile`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from weexctl.execution.open_trade import OpenTrade
from weexctl.execution.snapshot import Key, Snapshot
from weexctl.model.order import ConditionalOrder, Leg, Order
from weexctl.model.side import PositionSide

__all__ = ["Books", "Difference", "Kind", "Remedy", "compare"]

_ZERO = Decimal(0)
_OURS = "wx"
"""How every client order id of ours begins."""


class Kind(StrEnum):
    """What is different."""

    UNSETTLED = "UNSETTLED"
    """An order of ours whose end is not on record."""
    FILLS_MISSING = "FILLS_MISSING"
    """The books hold another quantity than the exchange, or a position that is gone there."""
    EXTERNAL_POSITION = "EXTERNAL_POSITION"
    """A position that no order of ours accounts for."""
    EXTERNAL_ORDER = "EXTERNAL_ORDER"
    """An order of somebody else on one of our symbols."""
    STRAY_ORDER = "STRAY_ORDER"
    """An order that carries our mark and that no open intent stands behind."""
    STOP_MISSING = "STOP_MISSING"
    """Stops that do not cover the whole position."""
    STOP_LOOSE = "STOP_LOOSE"
    """A stop farther from the price than the one on record."""
    STOP_SURPLUS = "STOP_SURPLUS"
    """A stop that is not needed beside the others."""
    STOP_ORPHANED = "STOP_ORPHANED"
    """A stop or target that protects nothing any more."""


class Remedy(StrEnum):
    """What brings exchange and books together."""

    SETTLE = "settle"
    """Read until the order's end is known."""
    TAKE_FILLS = "take-fills"
    """Take in what was filled."""
    PLACE_STOP = "place-stop"
    TIGHTEN_STOP = "tighten-stop"
    CANCEL_STOP = "cancel-stop"
    CANCEL_ORDER = "cancel-order"
    BLOCK_ENTRIES = "block-entries"
    """Nothing is done at the exchange: the symbol takes no entries until a person has looked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is different."""

    kind: Kind
    symbol: str
    side: PositionSide | None
    remedy: Remedy
    text: str
    """For people: what the exchange says and what the books say."""
    order_id: str = ""
    """The order it is about; empty when it is about a position."""

    @property
    def blocks(self) -> bool:
        """True when nothing may open on the symbol while it lasts."""
        return self.kind not in (Kind.STOP_LOOSE, Kind.STOP_SURPLUS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What is on record."""

    symbols: frozenset[str]
    """The symbols of the run; orders of others are none of our business, positions are."""
    trades: Mapping[Key, OpenTrade]
    open_client_ids: Mapping[str, str]
    """Client order ids of attempts whose intent is not at its end, with their symbol."""
    known_stops: frozenset[str]
    """Ids of stops and targets that were seen and recorded as ours."""
    entry_orders: frozenset[str]
    """Ids of our orders that carried stops."""


def compare(books: Books, seen: Snapshot) -> tuple[Difference, ...]:
    """Every difference, the most urgent first: bare positions, then quantities, then what is in the way."""
    return (
        *(d for trade in books.trades.values() for d in _protection(trade, seen)),
        *_quantities(books, seen),
        *(d for order in seen.orders if (d := _order(order, books)) is not None),
        *(d for order in seen.conditional or () if (d := _orphan(order, books, seen)) is not None),
        *_unsettled(books),
    )


def _protection(trade: OpenTrade, seen: Snapshot) -> Iterable[Difference]:
    held = seen.positions.get((trade.symbol, trade.side.value))
    if held is None or trade.stop_price is None or seen.conditional is None:
        return
    stops = [o for o in seen.conditional if _closes(o, trade) and o.leg is Leg.STOP]
    covered = sum((held.quantity if stop.quantity == 0 else stop.quantity for stop in stops), _ZERO)
    if covered < held.quantity:
        yield Difference(
            kind=Kind.STOP_MISSING,
            symbol=trade.symbol,
            side=trade.side,
            remedy=Remedy.PLACE_STOP,
            text=f"{held.quantity} is held and stops cover {covered}",
        )
        return
    for stop in stops:
        if (stop.trigger_price - trade.stop_price) * trade.side.sign < 0:
            yield Difference(
                kind=Kind.STOP_LOOSE,
                symbol=trade.symbol,
                side=trade.side,
                remedy=Remedy.TIGHTEN_STOP,
                text=f"the stop is at {stop.trigger_price}, on record it is at {trade.stop_price}",
                order_id=stop.order_id,
            )
    yield from _surplus(trade, stops, covered, held.quantity)


def _surplus(trade: OpenTrade, stops: list[ConditionalOrder], covered: Decimal, held: Decimal) -> Iterable[Difference]:
    """Stops, the loosest first, without which the others still cover the position."""
    for stop in sorted(stops, key=lambda s: (s.trigger_price * trade.side.sign, s.created_ms, s.order_id)):
        size = held if stop.quantity == 0 else stop.quantity
        if covered - size < held:
            continue
        covered -= size
        yield Difference(
            kind=Kind.STOP_SURPLUS,
            symbol=trade.symbol,
            side=trade.side,
            remedy=Remedy.CANCEL_STOP,
            text=f"the stop at {stop.trigger_price} is not needed beside the others",
            order_id=stop.order_id,
        )


def _quantities(books: Books, seen: Snapshot) -> Iterable[Difference]:
    for key, trade in books.trades.items():
        held = seen.positions.get(key)
        quantity = _ZERO if held is None else held.quantity
        if quantity != trade.quantity:
            yield Difference(
                kind=Kind.FILLS_MISSING,
                symbol=trade.symbol,
                side=trade.side,
                remedy=Remedy.TAKE_FILLS,
                text=f"the exchange holds {quantity}, the fills on record come to {trade.quantity}",
            )
    for key, position in seen.positions.items():
        if key not in books.trades:
            ours = position.symbol in books.open_client_ids.values()
            yield Difference(
                kind=Kind.FILLS_MISSING if ours else Kind.EXTERNAL_POSITION,
                symbol=position.symbol,
                side=position.side,
                remedy=Remedy.SETTLE if ours else Remedy.BLOCK_ENTRIES,
                text=f"the exchange holds {position.quantity}, and no order on record opened it",
            )


def _order(order: Order, books: Books) -> Difference | None:
    if order.client_order_id in books.open_client_ids or order.symbol not in books.symbols:
        return None
    ours = order.client_order_id.startswith(_OURS)
    return Difference(
        kind=Kind.STRAY_ORDER if ours else Kind.EXTERNAL_ORDER,
        symbol=order.symbol,
        side=order.position_side,
        remedy=Remedy.CANCEL_ORDER if ours else Remedy.BLOCK_ENTRIES,
        text="no open intent stands behind it" if ours else "it was not sent from here",
        order_id=order.order_id,
    )


def _orphan(order: ConditionalOrder, books: Books, seen: Snapshot) -> Difference | None:
    key = (order.symbol, order.position_side.value)
    if order.symbol not in books.symbols or key in seen.positions or key in books.trades:
        return None
    if order.symbol in books.open_client_ids.values():  # it may protect what an order that is not settled has opened
        return None
    ours = (
        order.client_order_id.startswith(_OURS)
        or order.order_id in books.known_stops
        or (order.parent_order_id or "") in books.entry_orders
    )
    return Difference(
        kind=Kind.STOP_ORPHANED if ours else Kind.EXTERNAL_ORDER,
        symbol=order.symbol,
        side=order.position_side,
        remedy=Remedy.CANCEL_STOP if ours else Remedy.BLOCK_ENTRIES,
        text=f"it waits at {order.trigger_price}, and no position is open",
        order_id=order.order_id,
    )


def _unsettled(books: Books) -> Iterable[Difference]:
    for client_order_id, symbol in books.open_client_ids.items():
        yield Difference(
            kind=Kind.UNSETTLED,
            symbol=symbol,
            side=None,
            remedy=Remedy.SETTLE,
            text=f"the end of the order {client_order_id} is not on record",
        )


def _closes(order: ConditionalOrder, trade: OpenTrade) -> bool:
    return order.symbol == trade.symbol and order.position_side is trade.side and order.protective
