"""Intents, attempts, orders and fills: the write-ahead part."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from weexctl.errors import WeexctlError
from weexctl.journal import AttemptRecord, FillOutcome, IntentRecord, IntentState, Journal
from weexctl.model.order import Leg, OrderIntent, OrderStatus, OrderType, TimeInForce
from weexctl.model.side import Side
from weexctl.model.verdict import GuardAction, Verdict

if TYPE_CHECKING:
    from tests.unit.journal.conftest import Samples

S = IntentState
WAYS = {
    (S.PLANNED, S.RESERVED), (S.PLANNED, S.REJECTED), (S.PLANNED, S.CANCELLED), (S.PLANNED, S.EXPIRED),
    (S.RESERVED, S.SENDING), (S.RESERVED, S.REJECTED), (S.RESERVED, S.CANCELLED), (S.RESERVED, S.EXPIRED),
    (S.SENDING, S.ACCEPTED), (S.SENDING, S.REJECTED), (S.SENDING, S.UNKNOWN), (S.SENDING, S.NOT_PLACED),
    (S.UNKNOWN, S.ACCEPTED), (S.UNKNOWN, S.NOT_PLACED),
    (S.NOT_PLACED, S.RESERVED), (S.NOT_PLACED, S.CANCELLED), (S.NOT_PLACED, S.EXPIRED),
    (S.ACCEPTED, S.FILLED), (S.ACCEPTED, S.CANCELLED), (S.ACCEPTED, S.REJECTED), (S.ACCEPTED, S.EXPIRED),
}  # fmt: skip
HOW_TO_REACH = {
    S.PLANNED: (),
    S.RESERVED: (S.RESERVED,),
    S.SENDING: (S.RESERVED, S.SENDING),
    S.ACCEPTED: (S.RESERVED, S.SENDING, S.ACCEPTED),
    S.REJECTED: (S.RESERVED, S.SENDING, S.REJECTED),
    S.UNKNOWN: (S.RESERVED, S.SENDING, S.UNKNOWN),
    S.NOT_PLACED: (S.RESERVED, S.SENDING, S.UNKNOWN, S.NOT_PLACED),
    S.FILLED: (S.RESERVED, S.SENDING, S.ACCEPTED, S.FILLED),
    S.CANCELLED: (S.CANCELLED,),
    S.EXPIRED: (S.EXPIRED,),
}


def planned(journal: Journal, intent: OrderIntent, *states: IntentState) -> int:
    number = journal.intents.add(intent, run_id="run-1").intent_id
    for state in states:
        journal.intents.move(number, state, at_ms=1)
    return number


def stored(journal: Journal, intent_id: int) -> IntentRecord:
    record = journal.intents.get(intent_id)
    assert record is not None
    return record


def test_an_intent_comes_back_as_it_was_planned(running: Journal, samples: Samples) -> None:
    added = running.intents.add(samples.intent, run_id="run-1")
    record = stored(running, added.intent_id)
    assert record == added
    assert record.order_intent() == samples.intent
    assert str(record.quantity) == "0.0130"
    assert (record.state, record.state_ms) == (S.PLANNED, samples.close_ms)


def test_a_decision_has_one_intent_per_leg_for_ever(running: Journal, samples: Samples) -> None:
    planned(running, samples.intent, S.EXPIRED)
    with pytest.raises(WeexctlError) as caught:
        running.intents.add(samples.intent)
    assert caught.value.code == "DUPLICATE_INTENT"
    running.intents.add(replace(samples.intent, leg=Leg.STOP))
    running.intents.add(replace(samples.intent, decision_id="d2"))
    assert [record.leg for record in running.intents.of_decision("d1")] == [Leg.ENTRY, Leg.STOP]
    entry = running.intents.of_leg("d1", Leg.ENTRY)
    assert entry is not None
    assert entry.state is S.EXPIRED


def test_the_database_itself_keeps_decision_and_leg_unique(running: Journal, samples: Samples) -> None:
    planned(running, samples.intent)
    with pytest.raises(WeexctlError, match="UNIQUE"):
        running._database.write(
            "INSERT INTO intent SELECT 99, run_id, decision_id, leg, symbol, side, position_side, quantity, "
            "reference_price, stop_price, target_price, reason, rule, created_ms, state, state_ms, detail, "
            "type, price, time_in_force FROM intent"
        )


@pytest.mark.parametrize("origin", list(S))
@pytest.mark.parametrize("target", list(S))
def test_a_state_changes_only_along_its_ways(
    running: Journal, samples: Samples, origin: IntentState, target: IntentState
) -> None:
    number = planned(running, samples.intent, *HOW_TO_REACH[origin])
    if (origin, target) in WAYS:
        running.intents.move(number, target, at_ms=7, detail="why")
        record = stored(running, number)
        assert (record.state, record.state_ms, record.detail) == (target, 7, "why")
    else:
        with pytest.raises(WeexctlError, match=f"is {origin} and cannot become {target}") as caught:
            running.intents.move(number, target, at_ms=7)
        assert caught.value.code == "ILLEGAL_TRANSITION"
        assert stored(running, number).state is origin


def test_moving_an_intent_that_is_not_there_is_an_error(running: Journal) -> None:
    with pytest.raises(WeexctlError) as caught:
        running.intents.move(41, S.RESERVED, at_ms=1)
    assert caught.value.code == "UNKNOWN_INTENT"


def test_intents_are_found_by_state(running: Journal, samples: Samples) -> None:
    for state in S:
        planned(running, replace(samples.intent, decision_id=state.value), *HOW_TO_REACH[state])
    found = running.intents.in_states(S.SENDING, S.UNKNOWN)
    assert [record.decision_id for record in found] == ["sending", "unknown"]
    open_ids = {record.decision_id for record in running.intents.open()}
    assert open_ids == {"planned", "reserved", "sending", "accepted", "unknown", "not_placed"}
    assert {state.value for state in S if not state.final} == open_ids


def test_an_attempt_is_on_record_before_its_answer(running: Journal, samples: Samples) -> None:
    number = planned(running, samples.intent)
    first = replace(samples.attempt, intent_id=number)
    running.attempts.add(first)
    assert running.attempts.of_intent(number) == [first]
    running.attempts.answer(number, 1, outcome="unknown", answered_ms=9, http_status=504, evidence="timeout")
    running.attempts.answer(number, 1, outcome="accepted", answered_ms=11, order_id="55", evidence="open orders")
    answered = replace(
        first, outcome="accepted", answered_ms=11, http_status=504, order_id="55", evidence="open orders"
    )
    assert running.attempts.by_client_order_id(first.client_order_id) == answered
    assert running.attempts.of_decision("d1") == [answered]


def test_a_client_order_id_is_used_once(running: Journal, samples: Samples) -> None:
    number = planned(running, samples.intent)
    running.attempts.add(replace(samples.attempt, intent_id=number))
    with pytest.raises(WeexctlError, match="UNIQUE"):
        running.attempts.add(replace(samples.attempt, intent_id=number, n=2))
    running.attempts.add(replace(samples.attempt, intent_id=number, n=2, client_order_id="wx00aaaaaaaaaaaaaaaae02"))
    assert [attempt.n for attempt in running.attempts.of_intent(number)] == [1, 2]


def test_an_attempt_needs_an_intent(running: Journal, samples: Samples) -> None:
    with pytest.raises(WeexctlError, match="FOREIGN KEY"):
        running.attempts.add(replace(samples.attempt, intent_id=12))
    with pytest.raises(WeexctlError) as caught:
        running.attempts.answer(12, 1, outcome="accepted", answered_ms=1)
    assert caught.value.code == "UNKNOWN_ATTEMPT"


def test_an_intent_is_found_by_client_and_exchange_ids(running: Journal, samples: Samples) -> None:
    number = planned(running, samples.intent)
    running.attempts.add(replace(samples.attempt, intent_id=number))
    assert running.intents.by_order_id("55") is None
    running.attempts.answer(number, 1, outcome="accepted", answered_ms=11, order_id="55")
    running.orders.put(replace(samples.order, order_id="56", intent_id=number))
    for record in (
        running.intents.by_client_order_id(samples.attempt.client_order_id),
        running.intents.by_order_id("55"),
        running.intents.by_order_id("56"),
    ):
        assert record is not None
        assert record.intent_id == number


def test_an_order_moves_forward_through_its_reports(running: Journal, samples: Samples) -> None:
    number = planned(running, samples.intent)
    running.orders.put(replace(samples.order, intent_id=number))
    filled = replace(
        samples.order,
        client_order_id="",
        status=OrderStatus.FILLED,
        filled_quantity=Decimal("0.0130"),
        average_price=Decimal("37125.1"),
        updated_ms=samples.close_ms + 50,
    )
    merged = replace(filled, intent_id=number, client_order_id=samples.order.client_order_id)
    assert running.orders.put(filled) == merged
    assert running.orders.get(samples.order.order_id) == merged
    assert running.orders.by_client_order_id(samples.order.client_order_id) == merged
    assert running.orders.of_intent(number) == [merged]


@pytest.mark.parametrize(
    "late",
    [
        {"updated_ms": -1},
        {"filled_quantity": Decimal("0.001")},
        {"status": OrderStatus.OPEN},
    ],
    ids=["older", "unfilled", "back-to-life"],
)
def test_a_late_report_changes_nothing(running: Journal, samples: Samples, late: dict[str, object]) -> None:
    final = replace(
        samples.order, status=OrderStatus.CANCELLED, filled_quantity=Decimal("0.002"), updated_ms=samples.close_ms + 9
    )
    running.orders.put(final)
    assert running.orders.put(replace(final, price=Decimal(5), **late)) == final  # type: ignore[arg-type]  # any field
    assert running.orders.get(final.order_id) == final


def test_a_larger_fill_counts_as_a_number_and_not_as_text(running: Journal, samples: Samples) -> None:
    running.orders.put(replace(samples.order, filled_quantity=Decimal("9.5")))
    running.orders.put(replace(samples.order, filled_quantity=Decimal("10")))
    order = running.orders.get(samples.order.order_id)
    assert order is not None
    assert order.filled_quantity == 10


def test_open_orders_leave_out_the_finished_and_other_symbols(running: Journal, samples: Samples) -> None:
    for status in OrderStatus:
        running.orders.put(replace(samples.order, order_id=status.value, status=status))
    running.orders.put(replace(samples.order, order_id="eth", symbol="ETHUSDT"))
    assert {order.order_id for order in running.orders.open("BTCUSDT")} == {
        "pending", "open", "cancelling", "untriggered"
    }  # fmt: skip
    assert "eth" in {order.order_id for order in running.orders.open()}


def test_of_stops_only_those_that_filled_count_as_done(running: Journal, samples: Samples) -> None:
    intent = running.intents.add(samples.intent, run_id="run-1")
    entry = replace(samples.order, order_id="1", kind="entry", intent_id=intent.intent_id)
    idle = replace(samples.order, order_id="2", kind="stop")
    hit = replace(idle, order_id="3", filled_quantity=Decimal("0.0005"), updated_ms=samples.close_ms + 1)
    foreign = replace(entry, order_id="0", intent_id=None)
    for order in (hit, idle, entry, foreign):
        running.orders.put(order)
    assert running.orders.done(newest=9) == [(foreign, ""), (entry, "d1"), (hit, "")]
    assert running.orders.done(newest=2) == [(entry, "d1"), (hit, "")]
    assert running.orders.count_done() == 3


def test_a_fill_counts_once_and_a_conflicting_copy_is_told(running: Journal, samples: Samples) -> None:
    assert running.fills.add(samples.fill) is FillOutcome.NEW
    assert running.fills.add(samples.fill) is FillOutcome.KNOWN
    assert running.fills.add(replace(samples.fill, fee=Decimal("0.386101040"))) is FillOutcome.KNOWN
    assert running.fills.add(replace(samples.fill, price=Decimal("1"))) is FillOutcome.CONFLICT
    assert running.fills.of_order(samples.fill.order_id) == [samples.fill]


def test_fills_are_found_by_time(running: Journal, samples: Samples) -> None:
    assert running.fills.latest_ms() is None
    for n in (3, 1, 2):
        symbol = "ETHUSDT" if n == 2 else "BTCUSDT"
        running.fills.add(replace(samples.fill, fill_id=str(n), time_ms=n, symbol=symbol, side=Side.SELL))
    assert [fill.fill_id for fill in running.fills.between(1, 3)] == ["1", "2", "3"]
    assert [fill.fill_id for fill in running.fills.between(2, 3, "BTCUSDT")] == ["3"]
    assert running.fills.latest_ms() == 3


@pytest.mark.parametrize(
    "order_id", ["702345678901234567", "9223372036854775807", "18446744073709551616", "00123456789012345678"]
)
def test_long_order_ids_keep_every_digit(running: Journal, samples: Samples, order_id: str) -> None:
    running.orders.put(replace(samples.order, order_id=order_id))
    running.fills.add(replace(samples.fill, order_id=order_id, fill_id=order_id))
    order = running.orders.get(order_id)
    assert order is not None
    assert order.order_id == order_id
    assert [fill.fill_id for fill in running.fills.of_order(order_id)] == [order_id]


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity"])
def test_an_amount_that_is_no_number_is_not_recorded(running: Journal, samples: Samples, amount: str) -> None:
    with pytest.raises(WeexctlError) as caught:
        running.fills.add(replace(samples.fill, fee=Decimal(amount)))
    assert caught.value.code == "NOT_FINITE"
    assert running.fills.latest_ms() is None


def sent(journal: Journal, intent: OrderIntent, *verdicts: Verdict) -> AttemptRecord:
    return journal.write_ahead(
        intent,
        verdicts,
        run_id="run-1",
        now_ms=7,
        client_order_id=lambda n: f"wx{n:02}",
        request_digest="r1",
    )


def test_write_ahead_is_intent_verdicts_and_attempt_in_one_link(running: Journal, samples: Samples) -> None:
    before = running.head.seq
    refusing = Verdict(guard="volatility", action=GuardAction.REDUCE_ONLY, code="LEVEL_1", reason="z 5.2")
    attempt = sent(running, samples.intent, Verdict(guard="limits"), refusing, Verdict(guard="limits"))
    assert running.head.seq == before + 1
    assert (attempt.n, attempt.client_order_id, attempt.signed_ms) == (1, "wx01", 7)
    record = stored(running, attempt.intent_id)
    assert (record.state, record.state_ms, record.run_id) == (S.SENDING, 7, "run-1")
    assert record.order_intent() == samples.intent
    assert running.attempts.of_intent(record.intent_id) == [attempt]
    assert [(v.guard, v.code) for v in running.verdicts.of_decision("d1")] == [
        ("limits", ""),
        ("volatility", "LEVEL_1"),
    ]


def test_an_intent_that_was_proven_not_placed_gets_its_next_attempt(running: Journal, samples: Samples) -> None:
    first = sent(running, samples.intent)
    running.intents.move(first.intent_id, S.NOT_PLACED, at_ms=8)
    second = sent(running, samples.intent)
    assert (second.intent_id, second.n, second.client_order_id) == (first.intent_id, 2, "wx02")
    assert stored(running, first.intent_id).state is S.SENDING


@pytest.mark.parametrize("state", [S.SENDING, S.UNKNOWN, S.ACCEPTED, S.REJECTED])
def test_an_intent_that_is_under_way_or_over_is_never_written_ahead_again(
    running: Journal, samples: Samples, state: IntentState
) -> None:
    first = sent(running, samples.intent)
    if state is not S.SENDING:
        running.intents.move(first.intent_id, state, at_ms=8)
    before = running.head
    with pytest.raises(WeexctlError) as caught:
        sent(running, samples.intent, Verdict(guard="limits"))
    assert caught.value.code == "ILLEGAL_TRANSITION"
    assert running.head == before
    assert running.verdicts.of_decision("d1") == []


def test_a_limit_order_comes_back_with_its_price_and_time_in_force(running: Journal, samples: Samples) -> None:
    limit = replace(
        samples.intent, type=OrderType.LIMIT, price=Decimal("37000.10"), time_in_force=TimeInForce.POST_ONLY
    )
    added = running.intents.add(limit, run_id="run-1")
    assert stored(running, added.intent_id).order_intent() == limit
