"""A key is used for no more than its scope says, whoever asks; what lies beyond never reaches the exchange."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.unit.execution.orders import LIMITS, NO_FLOW, a_book, an_entry, an_exit, approved
from tests.unit.execution.scripted_exchange import WRITES, ScriptedClock, ScriptedExchange
from weexctl.errors import ExchangeError, RefusedError, UnavailableError
from weexctl.execution.executor import Executor
from weexctl.execution.gate import Admitted, Gate
from weexctl.journal.journal import Journal
from weexctl.model.order import OrderIntent, OrderRequest, StopRequest
from weexctl.model.scope import Scope
from weexctl.model.side import PositionSide

Act = Callable[[Gate], object]
SILENT = (Scope.OBSERVE, Scope.RESEARCH, Scope.PROPOSE)


def request_for(intent: OrderIntent) -> OrderRequest:
    return OrderRequest(
        symbol=intent.symbol,
        side=intent.side,
        position_side=intent.position_side,
        quantity=intent.quantity,
        client_order_id="wx00x",
        stop_price=intent.stop_price,
        target_price=intent.target_price,
    )


def place(intent: OrderIntent) -> Act:
    return lambda gate: gate.place(Admitted(intent, ()), request_for(intent))


STOP = StopRequest(
    symbol="BTCUSDT",
    position_side=PositionSide.LONG,
    trigger_price=Decimal(48_000),
    quantity=Decimal("0.02"),
    client_order_id="wx00s",
)
REDUCING: dict[str, Act] = {
    "close": place(an_exit()),
    "protect": lambda gate: gate.protect(STOP),
    "cancel": lambda gate: gate.cancel("1"),
    "cancel_conditional": lambda gate: gate.cancel_conditional("1"),
    "ai_log": lambda gate: gate.probe_ai_log(),
}
WIDENING: dict[str, Act] = {
    "open": place(an_entry()),
    "leverage": lambda gate: gate.set_leverage("BTCUSDT", 2),
}


def writes(exchange: ScriptedExchange) -> list[str]:
    return [call.name for call in exchange.calls if call.name in WRITES]


def attempt(gate: Gate, act: Act) -> RefusedError | None:
    """The refusal of the gate; what the exchange thinks of the request is not asked here."""
    try:
        act(gate)
    except RefusedError as error:
        return error
    except ExchangeError:
        return None
    return None


@pytest.mark.parametrize("scope", SILENT)
@pytest.mark.parametrize("name", [*REDUCING, *WIDENING])
def test_up_to_propose_nothing_is_sent(name: str, scope: Scope, exchange: ScriptedExchange) -> None:
    error = attempt(Gate(exchange, LIMITS, scope=scope), (REDUCING | WIDENING)[name])

    assert error is not None
    assert error.code == "SCOPE"
    assert error.exit_code == 6
    assert error.details["scope"] == scope.value
    assert "not sent" in error.message
    assert exchange.calls == []


@pytest.mark.parametrize("scope", SILENT)
def test_up_to_propose_no_stop_is_moved_and_nothing_is_even_read(scope: Scope, exchange: ScriptedExchange) -> None:
    with pytest.raises(RefusedError, match="needs the scope reduce"):
        Gate(exchange, LIMITS, scope=scope).tighten("1", Decimal(49_000))
    assert exchange.calls == []


@pytest.mark.parametrize("name", REDUCING)
def test_reduce_closes_cancels_and_protects(name: str, exchange: ScriptedExchange) -> None:
    assert attempt(Gate(exchange, LIMITS, scope=Scope.REDUCE), REDUCING[name]) is None
    assert len(writes(exchange)) == 1


@pytest.mark.parametrize("name", WIDENING)
def test_reduce_neither_opens_nor_changes_leverage(name: str, exchange: ScriptedExchange) -> None:
    error = attempt(Gate(exchange, LIMITS, scope=Scope.REDUCE), WIDENING[name])

    assert error is not None
    assert error.details == {"scope": "reduce", "needed": "trade"}
    assert exchange.calls == []


@pytest.mark.parametrize("name", [*REDUCING, *WIDENING])
def test_trade_may_do_all_of_it(name: str, exchange: ScriptedExchange) -> None:
    assert attempt(Gate(exchange, LIMITS, scope=Scope.TRADE), (REDUCING | WIDENING)[name]) is None
    assert len(writes(exchange)) == 1


@pytest.mark.parametrize(("scope", "code"), [(Scope.REDUCE, "SCOPE"), (Scope.OBSERVE, "SCOPE"), (Scope.TRADE, "")])
def test_an_entry_beyond_the_scope_is_refused_before_it_is_written_down(
    scope: Scope, code: str, exchange: ScriptedExchange
) -> None:
    found = Gate(exchange, LIMITS, scope=scope).admit(approved(an_entry()), a_book(), NO_FLOW)

    refusal = "" if isinstance(found, Admitted) else found.verdict.code
    assert refusal == code


def test_the_executor_counts_it_as_a_refusal(
    exchange: ScriptedExchange, journal: Journal, clock: ScriptedClock
) -> None:
    executor = Executor(exchange, Gate(exchange, LIMITS, scope=Scope.PROPOSE), journal, clock, account="acc")

    done = executor.execute(approved(an_entry()), a_book(), NO_FLOW)

    assert (done.intent_id, done.code) == (None, "SCOPE")
    assert "the key may propose" in done.reason
    assert writes(exchange) == []


def guarded_long(exchange: ScriptedExchange) -> tuple[Gate, str]:
    """An open long with a stop at 48 000, the gate of a key that may only reduce, and the stop's id."""
    done = Gate(exchange, LIMITS).place(Admitted(an_entry(), ()), request_for(an_entry()))
    assert done.order_id
    [stop] = exchange.fetch_conditional_orders("BTCUSDT")
    exchange.calls.clear()
    return Gate(exchange, LIMITS, scope=Scope.REDUCE), stop.order_id


def test_reduce_moves_a_stop_towards_the_price(exchange: ScriptedExchange) -> None:
    gate, stop_id = guarded_long(exchange)
    gate.tighten(stop_id, Decimal(48_500))
    assert writes(exchange) == ["modify_stop"]


def test_reduce_never_moves_a_stop_away(exchange: ScriptedExchange) -> None:
    gate, stop_id = guarded_long(exchange)
    with pytest.raises(RefusedError, match="47000 is farther away than 48000"):
        gate.tighten(stop_id, Decimal(47_000))
    assert writes(exchange) == []


def test_reduce_does_not_move_what_it_cannot_see(exchange: ScriptedExchange) -> None:
    gate, _ = guarded_long(exchange)
    with pytest.raises(RefusedError, match="is no open stop"):
        gate.tighten("999", Decimal(48_500))
    exchange.fail("fetch_conditional_orders", UnavailableError("no answer"))
    with pytest.raises(UnavailableError):
        gate.tighten("1", Decimal(48_500))
    assert writes(exchange) == []


def test_reduce_never_takes_the_stop_from_an_open_position(exchange: ScriptedExchange) -> None:
    gate, stop_id = guarded_long(exchange)
    with pytest.raises(RefusedError, match="protects the open position in BTCUSDT"):
        gate.cancel_conditional(stop_id)
    assert writes(exchange) == []


def test_trade_moves_a_stop_without_asking(exchange: ScriptedExchange) -> None:
    _, stop_id = guarded_long(exchange)
    Gate(exchange, LIMITS).tighten(stop_id, Decimal(47_000))
    assert [call.name for call in exchange.calls] == ["modify_stop"]
