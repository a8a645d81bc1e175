"""What is compared, what counts as different, and what would mend it: pure, row against row."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from weexctl.execution.differences import Books, Difference, Kind, Remedy, compare
from weexctl.execution.open_trade import OpenTrade
from weexctl.execution.snapshot import Snapshot
from weexctl.model.account import MarginMode, Position
from weexctl.model.order import ConditionalOrder, Leg, Order, OrderStatus, OrderType, TriggerSource
from weexctl.model.side import PositionSide

BTC, LONG, SHORT = "BTCUSDT", PositionSide.LONG, PositionSide.SHORT
_ENTRY = {LONG: Decimal(50_000), SHORT: Decimal(50_000)}
_STOP = {LONG: Decimal(48_000), SHORT: Decimal(52_000)}


def trade(side: PositionSide = LONG, quantity: str = "0.02") -> OpenTrade:
    return OpenTrade(
        symbol=BTC,
        side=side,
        opened_ms=1,
        decision_id="d",
        entry_order_id="1",
        rule="trend",
        regime="trending",
        stop_price=_STOP[side],
        target_price=None,
        opened_quantity=Decimal(quantity),
        opened_value=Decimal(quantity) * _ENTRY[side],
    )


def position(side: PositionSide = LONG, quantity: str = "0.02", symbol: str = BTC) -> Position:
    return Position(
        position_id="7",
        symbol=symbol,
        side=side,
        quantity=Decimal(quantity),
        entry_price=_ENTRY[side],
        leverage=Decimal(2),
        margin=Decimal(500),
        margin_mode=MarginMode.CROSS,
        unrealised=Decimal(0),
        liquidation_price=None,
        funding=Decimal(0),
        opened_ms=1,
        updated_ms=1,
    )


def stop(order_id: str, quantity: str = "0.02", side: PositionSide = LONG, **changes: Any) -> ConditionalOrder:
    values: dict[str, Any] = {
        "order_id": order_id,
        "client_order_id": "wx00s",
        "symbol": BTC,
        "side": side.closing,
        "position_side": side,
        "leg": Leg.STOP,
        "trigger_price": _STOP[side],
        "trigger_source": TriggerSource.MARK,
        "quantity": Decimal(quantity),
        "price": None,
        "status": OrderStatus.UNTRIGGERED,
        "created_ms": int(order_id),
        "updated_ms": 1,
    }
    return ConditionalOrder(**values | changes)


def order(client_order_id: str, symbol: str = BTC) -> Order:
    return Order(
        order_id="9",
        client_order_id=client_order_id,
        symbol=symbol,
        side=LONG.opening,
        position_side=LONG,
        type=OrderType.LIMIT,
        status=OrderStatus.OPEN,
        quantity=Decimal("0.02"),
        filled_quantity=Decimal(0),
        average_price=None,
        price=Decimal(49_000),
        reduce_only=False,
        created_ms=1,
        updated_ms=1,
    )


def differences(
    *trades: OpenTrade,
    held: tuple[Position, ...] = (),
    orders: tuple[Order, ...] = (),
    stops: tuple[ConditionalOrder, ...] | None = (),
    **books: Any,
) -> list[Difference]:
    known: dict[str, Any] = {
        "symbols": frozenset((BTC, "ETHUSDT")),
        "trades": {(t.symbol, t.side.value): t for t in trades},
        "open_client_ids": {},
        "known_stops": frozenset(),
        "entry_orders": frozenset(),
    }
    seen = Snapshot(positions={(p.symbol, p.side.value): p for p in held}, orders=orders, conditional=stops)
    return list(compare(Books(**known | books), seen))


def kinds(found: list[Difference]) -> list[tuple[Kind, Remedy, str]]:
    return [(d.kind, d.remedy, d.order_id) for d in found]


@pytest.mark.parametrize("side", [LONG, SHORT])
def test_a_position_under_its_stop_is_as_it_should_be(side: PositionSide) -> None:
    assert differences(trade(side), held=(position(side),), stops=(stop("1", side=side),)) == []


def test_a_stop_without_a_quantity_covers_the_whole_position() -> None:
    assert differences(trade(), held=(position(),), stops=(stop("1", "0"),)) == []


@pytest.mark.parametrize(
    "stops",
    [
        (),
        (stop("1", "0.01"),),
        (stop("1", side=SHORT),),
        (stop("1", symbol="ETHUSDT"),),
        (stop("1", leg=Leg.TARGET),),
    ],
    ids=["none", "a part", "the other side's", "another symbol's", "a target"],
)
def test_what_does_not_cover_the_position_is_a_missing_stop(stops: tuple[ConditionalOrder, ...]) -> None:
    found = differences(trade(), held=(position(),), stops=stops)
    assert kinds(found)[0] == (Kind.STOP_MISSING, Remedy.PLACE_STOP, "")
    assert found[0].blocks


def test_two_stops_cover_it_together() -> None:
    assert differences(trade(), held=(position(),), stops=(stop("1", "0.01"), stop("2", "0.01"))) == []


def test_stops_that_nobody_can_read_are_not_called_missing() -> None:
    assert differences(trade(), held=(position(),), stops=None) == []


@pytest.mark.parametrize(("side", "loose"), [(LONG, "47000"), (SHORT, "53000")])
def test_a_stop_that_was_moved_away_is_tightened_and_keeps_nothing_back(side: PositionSide, loose: str) -> None:
    moved = stop("1", side=side, trigger_price=Decimal(loose))
    found = differences(trade(side), held=(position(side),), stops=(moved,))
    assert kinds(found) == [(Kind.STOP_LOOSE, Remedy.TIGHTEN_STOP, "1")]
    assert not found[0].blocks


def test_a_tighter_stop_than_the_one_on_record_stays() -> None:
    assert differences(trade(), held=(position(),), stops=(stop("1", trigger_price=Decimal(49_000)),)) == []


def test_of_two_whole_stops_the_loosest_goes_and_never_both() -> None:
    stops = (stop("1", trigger_price=Decimal(49_000)), stop("2"))
    assert kinds(differences(trade(), held=(position(),), stops=stops)) == [
        (Kind.STOP_SURPLUS, Remedy.CANCEL_STOP, "2")
    ]


def test_a_stop_that_the_others_cannot_do_without_stays() -> None:
    stops = (stop("1", "0.015"), stop("2", "0.015"))
    assert differences(trade(), held=(position(),), stops=stops) == []


@pytest.mark.parametrize("held", [(), (position(quantity="0.01"),), (position(quantity="0.03"),)])
def test_another_quantity_than_the_books_is_settled_by_reading_fills(held: tuple[Position, ...]) -> None:
    found = differences(trade(), held=held, stops=(stop("1", "0"),))
    assert (Kind.FILLS_MISSING, Remedy.TAKE_FILLS, "") in kinds(found)


def test_a_position_nobody_here_opened_is_left_alone_and_blocks_its_symbol() -> None:
    (found,) = differences(held=(position(),))
    assert (found.kind, found.remedy, found.blocks) == (Kind.EXTERNAL_POSITION, Remedy.BLOCK_ENTRIES, True)


def test_a_position_beside_an_order_whose_end_is_open_is_perhaps_ours() -> None:
    found = differences(held=(position(),), open_client_ids={"wx1": BTC})
    assert kinds(found) == [(Kind.FILLS_MISSING, Remedy.SETTLE, ""), (Kind.UNSETTLED, Remedy.SETTLE, "")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("wx00abc", (Kind.STRAY_ORDER, Remedy.CANCEL_ORDER)),
        ("web-1", (Kind.EXTERNAL_ORDER, Remedy.BLOCK_ENTRIES)),
        ("", (Kind.EXTERNAL_ORDER, Remedy.BLOCK_ENTRIES)),
    ],
)
def test_only_an_order_with_our_mark_is_cancelled(name: str, expected: tuple[Kind, Remedy]) -> None:
    (found,) = differences(orders=(order(name),))
    assert (found.kind, found.remedy, found.order_id) == (*expected, "9")


def test_an_order_with_an_open_intent_is_no_stray() -> None:
    found = differences(orders=(order("wx1"),), open_client_ids={"wx1": BTC})
    assert kinds(found) == [(Kind.UNSETTLED, Remedy.SETTLE, "")]


def test_orders_of_symbols_that_are_not_traded_here_are_none_of_our_business() -> None:
    assert differences(orders=(order("wx1", "SOLUSDT"),), stops=(stop("1", symbol="SOLUSDT"),)) == []


@pytest.mark.parametrize(
    ("changes", "books", "remedy"),
    [
        ({}, {}, Remedy.CANCEL_STOP),
        ({"client_order_id": "web"}, {}, Remedy.BLOCK_ENTRIES),
        ({"client_order_id": ""}, {"known_stops": frozenset("1")}, Remedy.CANCEL_STOP),
        ({"client_order_id": "", "parent_order_id": "5"}, {"entry_orders": frozenset("5")}, Remedy.CANCEL_STOP),
        ({"client_order_id": "", "parent_order_id": "5"}, {}, Remedy.BLOCK_ENTRIES),
    ],
    ids=["our mark", "a person's", "on record", "of our entry", "of another's entry"],
)
def test_a_stop_without_a_position_goes_when_it_is_ours(
    changes: dict[str, Any], books: dict[str, Any], remedy: Remedy
) -> None:
    (found,) = differences(stops=(stop("1", **changes),), **books)
    assert (found.remedy, found.order_id) == (remedy, "1")


def test_a_stop_whose_position_ended_a_moment_ago_waits_until_the_books_know() -> None:
    assert kinds(differences(trade(), stops=(stop("1"),))) == [(Kind.FILLS_MISSING, Remedy.TAKE_FILLS, "")]
