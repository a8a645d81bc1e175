"""The gate: what it lets through, and what nobody can get past it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.unit.execution.orders import LIMITS, NO_FLOW, a_book, an_entry, an_exit, approved
from tests.unit.execution.scripted_exchange import ScriptedExchange
from weexctl.errors import HaltedError, RefusedError
from weexctl.execution.gate import Admitted, Gate, Refused
from weexctl.model.order import Leg, OrderIntent, OrderRequest, OrderType, StopRequest, TimeInForce
from weexctl.model.side import PositionSide
from weexctl.model.verdict import GuardAction, Verdict
from weexctl.pipeline.guards import ESSENTIAL_GUARDS, Reviewed

STOP = StopRequest(
    symbol="BTCUSDT",
    position_side=PositionSide.LONG,
    trigger_price=Decimal(48_000),
    quantity=None,
    client_order_id="wx00aaaaaaaaaaaaaaaas01",
    leg=Leg.STOP,
)


def _request(intent: OrderIntent, **changes: object) -> OrderRequest:
    return replace(intent.request("wx00aaaaaaaaaaaaaaaae01"), **changes)  # type: ignore[arg-type]  # fields of the request, by name


def _admit(gate: Gate, intent: OrderIntent) -> Admitted:
    admitted = gate.admit(approved(intent), a_book(), NO_FLOW)
    assert isinstance(admitted, Admitted)
    return admitted


def test_an_admitted_intent_carries_the_answer_of_every_essential_guard(gate: Gate) -> None:
    assert [verdict.guard for verdict in _admit(gate, an_entry()).verdicts] == list(ESSENTIAL_GUARDS)


def test_the_essential_guards_are_asked_again_whatever_the_intent_came_with(gate: Gate) -> None:
    large = an_entry(quantity=Decimal("0.05"))
    answer = gate.admit(approved(large), a_book(), NO_FLOW)
    assert isinstance(answer, Refused)
    assert answer.verdict.code == "MAX_ORDER_NOTIONAL"


def test_a_denial_it_came_with_is_not_forgotten(gate: Gate) -> None:
    denied = Reviewed(an_entry(), (Verdict(action=GuardAction.DENY, code="TOO_WILD", guard="own"),))
    answer = gate.admit(denied, a_book(), NO_FLOW)
    assert isinstance(answer, Refused)
    assert answer.verdict.code == "TOO_WILD"


@pytest.mark.parametrize(
    "changes",
    [
        {"symbol": "ETHUSDT"},
        {"side": PositionSide.LONG.closing},
        {"position_side": PositionSide.SHORT},
        {"quantity": Decimal("0.021")},
        {"stop_price": Decimal(47_999)},
        {"stop_price": None},
        {"target_price": Decimal(60_000)},
        {"type": OrderType.LIMIT, "price": Decimal(50_000)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_request_that_says_something_else_is_not_sent(
    gate: Gate, exchange: ScriptedExchange, changes: dict[str, object]
) -> None:
    admitted = _admit(gate, an_entry())
    with pytest.raises(RefusedError) as raised:
        gate.place(admitted, _request(an_entry(), **changes))
    assert raised.value.code == "NOT_ADMITTED"
    assert exchange.calls == []


@pytest.mark.parametrize(
    "changes",
    [
        {"type": OrderType.MARKET, "price": None, "time_in_force": None},
        {"price": Decimal(49_901)},
        {"price": None},
        {"time_in_force": TimeInForce.IOC},
        {"time_in_force": None},
    ],
    ids=str,
)
def test_a_limit_order_goes_out_with_the_very_price_and_time_in_force_that_were_admitted(
    gate: Gate, exchange: ScriptedExchange, changes: dict[str, object]
) -> None:
    limit = an_entry(type=OrderType.LIMIT, price=Decimal(49_900), time_in_force=TimeInForce.GTC)
    admitted = _admit(gate, limit)
    with pytest.raises(RefusedError) as raised:
        gate.place(admitted, _request(limit, **changes))
    assert (raised.value.code, exchange.calls) == ("NOT_ADMITTED", [])
    gate.place(admitted, _request(limit))
    [call] = exchange.writes
    assert (call.given.price, call.given.time_in_force) == (Decimal(49_900), TimeInForce.GTC)


WRITES: list[tuple[str, Callable[[Gate], object]]] = [
    ("an entry", lambda gate: gate.place(_admit(gate, an_entry()), _request(an_entry()))),
    ("an exit", lambda gate: gate.place(_admit(gate, an_exit()), _request(an_exit()))),
    ("a stop", lambda gate: gate.protect(STOP)),
    ("a tighter stop", lambda gate: gate.tighten("7", Decimal(49_000))),
    ("a cancel", lambda gate: gate.cancel("7")),
    ("a cancelled stop", lambda gate: gate.cancel_conditional("7")),
    ("leverage", lambda gate: gate.set_leverage("BTCUSDT", 2)),
    ("an AI log", lambda gate: gate.probe_ai_log()),
]


@pytest.mark.parametrize("write", [write for _, write in WRITES], ids=[name for name, _ in WRITES])
def test_read_only_sends_nothing_that_changes_anything(
    exchange: ScriptedExchange, write: Callable[[Gate], object]
) -> None:
    with pytest.raises(RefusedError) as raised:
        write(Gate(exchange, LIMITS, read_only=True))
    assert raised.value.code == "READ_ONLY"
    assert exchange.calls == []


def test_every_writing_method_of_the_gate_is_tried_read_only() -> None:
    public = {name for name in vars(Gate) if not name.startswith("_")} - {"admit"}
    tried = {"place", "protect", "tighten", "cancel", "cancel_conditional", "set_leverage", "probe_ai_log"}
    assert public == tried


def test_a_halt_stops_entries_at_the_last_moment(exchange: ScriptedExchange) -> None:
    gate = Gate(exchange, LIMITS, halted=lambda: "kill file")
    with pytest.raises(HaltedError):
        gate.place(_admit(gate, an_entry()), _request(an_entry()))
    assert exchange.calls == []


def test_a_halt_lets_exits_and_stops_through(exchange: ScriptedExchange) -> None:
    gate = Gate(exchange, LIMITS, halted=lambda: "kill file")
    gate.place(_admit(gate, an_exit()), _request(an_exit()))
    gate.protect(STOP)
    assert [call.name for call in exchange.writes] == ["place_order", "place_stop"]


@pytest.mark.parametrize("leverage", [4, 21, 125])
def test_leverage_above_the_limit_is_refused(gate: Gate, exchange: ScriptedExchange, leverage: int) -> None:
    with pytest.raises(RefusedError) as raised:
        gate.set_leverage("BTCUSDT", leverage)
    assert raised.value.code == "MAX_LEVERAGE"
    assert exchange.calls == []


def test_the_hard_limit_holds_whatever_the_profile_says(exchange: ScriptedExchange) -> None:
    with pytest.raises(RefusedError):
        Gate(exchange, replace(LIMITS, max_leverage=50)).set_leverage("BTCUSDT", 21)
    assert exchange.calls == []


def test_leverage_within_the_limit_is_set(gate: Gate, exchange: ScriptedExchange) -> None:
    assert gate.set_leverage("BTCUSDT", 3).cross == 3
    assert exchange.leverages == {"BTCUSDT": 3}


def test_with_leverage_above_the_hard_limit_nothing_opens_and_everything_closes(exchange: ScriptedExchange) -> None:
    gate = Gate(exchange, replace(LIMITS, max_leverage=50))
    assert isinstance(gate.admit(approved(an_entry()), a_book(), NO_FLOW), Refused)
    assert isinstance(gate.admit(approved(an_exit()), a_book(), NO_FLOW), Admitted)
