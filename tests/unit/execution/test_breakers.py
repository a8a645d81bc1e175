"""Breakers: what trips each, what clears it, and that nothing ever keeps a close back."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.execution.orders import LIMITS, NO_FLOW, a_book, an_entry, an_exit, approved
from tests.unit.execution.scripted_exchange import ScriptedClock, ScriptedExchange
from weexctl.errors import ConfigError, HaltedError
from weexctl.execution.breaker_events import (
    AuthFailed,
    BreakerEvent,
    ClockMeasured,
    DataAged,
    EquityMarked,
    LedgerChecked,
    MarketMeasured,
    OrderAccepted,
    OrderAsked,
    OrderRejected,
    PositionChanged,
    ProbeAnswered,
    Reconciled,
    RequestFailed,
    Resumed,
    SettingsChanged,
    UnknownCounted,
)
from weexctl.execution.breaker_settings import BreakerSettings
from weexctl.execution.breaker_state import BreakerState
from weexctl.execution.breakers import Breakers
from weexctl.execution.gate import Admitted, Gate
from weexctl.model.order import OrderIntent, OrderRequest

SETTINGS = BreakerSettings.of(LIMITS)  # 10 % a day, 30 % in all
DAY = 86_400_000
NOON = 1_704_067_200_000 + DAY // 2
SECOND, MINUTE = 1_000, 60_000
ACTIVE, REDUCING, HALTED = BreakerState.ACTIVE, BreakerState.REDUCING, BreakerState.HALTED
BTC, ETH = "BTCUSDT", "ETHUSDT"
Timed = tuple[BreakerEvent, int]


def after(events: Iterable[Timed], start: Breakers | None = None) -> Breakers:
    """The breakers once these have happened; moments count from noon."""
    breakers = start or Breakers(SETTINGS)
    for event, at_ms in events:
        breakers = breakers.take(event, NOON + at_ms)
    return breakers


def at_once(*events: BreakerEvent) -> Breakers:
    return after((event, n) for n, event in enumerate(events))


def codes(breakers: Breakers) -> list[str]:
    return [trip.code for trip in breakers.latches]


@pytest.mark.parametrize(
    ("events", "code", "account", "symbol"),
    [
        ([EquityMarked(1000.0), EquityMarked(899.9)], "DAILY_LOSS", REDUCING, REDUCING),
        ([EquityMarked(1000.0), EquityMarked(-1.0)], "KILL_DRAWDOWN", HALTED, HALTED),
        ([AuthFailed()], "AUTH_FAILED", REDUCING, REDUCING),
        ([LedgerChecked(-0.0011)], "LEDGER_BROKEN", HALTED, HALTED),
        ([LedgerChecked(math.nan)], "LEDGER_BROKEN", HALTED, HALTED),
        ([SettingsChanged("", "one-way mode")], "SETTINGS_CHANGED", HALTED, HALTED),
        ([SettingsChanged(BTC)], "SETTINGS_CHANGED", ACTIVE, HALTED),
        ([PositionChanged(BTC)], "POSITION_CHANGED", ACTIVE, HALTED),
        ([OrderRejected(BTC)] * 5, "REJECT_STREAK", ACTIVE, HALTED),
        ([OrderAsked(BTC)] * 50, "ORDER_STORM", ACTIVE, HALTED),
        ([RequestFailed()] * 5, "TRANSPORT_DOWN", REDUCING, REDUCING),
        ([ClockMeasured(2001.0)], "CLOCK_UNCERTAIN", ACTIVE, ACTIVE),
        ([ClockMeasured(math.inf)], "CLOCK_UNCERTAIN", ACTIVE, ACTIVE),
        ([DataAged(BTC, 3 * MINUTE + 1, 3 * MINUTE)], "STALE_DATA", ACTIVE, ACTIVE),
        ([MarketMeasured(BTC, 5.1, 0.0)], "ABNORMAL_MARKET", ACTIVE, ACTIVE),
        ([MarketMeasured(BTC, 1.0, -0.041)], "ABNORMAL_MARKET", ACTIVE, ACTIVE),
        ([MarketMeasured(BTC, math.nan, 0.0)], "ABNORMAL_MARKET", ACTIVE, ACTIVE),
        ([UnknownCounted({BTC: 1})], "OUTCOME_UNKNOWN", ACTIVE, ACTIVE),
        ([EquityMarked(math.nan)], "UNAVAILABLE", ACTIVE, ACTIVE),
    ],
)
def test_it_keeps_entries_back_and_lets_closes_go(
    events: list[BreakerEvent], code: str, account: BreakerState, symbol: BreakerState
) -> None:
    breakers = at_once(*events)

    assert (breakers.state, breakers.state_of(BTC)) == (account, symbol)
    assert breakers.refusal(an_entry()).partition(":")[0] == code
    assert breakers.refusal(an_exit()) == ""


@pytest.mark.parametrize(
    "events",
    [
        [EquityMarked(1000.0), EquityMarked(900.1)],
        [OrderRejected(BTC)] * 4,
        [OrderRejected(BTC)] * 4 + [OrderAccepted(BTC)] + [OrderRejected(BTC)] * 4,
        [OrderRejected(BTC)] * 3 + [OrderRejected(ETH)] * 3,
        [OrderAsked(BTC)] * 49,
        [OrderAsked(BTC)] * 30 + [OrderAsked(ETH)] * 30,
        [RequestFailed()] * 4,
        [ClockMeasured(2000.0)],
        [DataAged(BTC, 3 * MINUTE, 3 * MINUTE)],
        [MarketMeasured(BTC, 5.0, 0.04)],
        [LedgerChecked(0.001)],
        [UnknownCounted({})],
        [ProbeAnswered(answered=False), Reconciled(agreed=False)],
        [ClockMeasured(9000.0), ClockMeasured(100.0)],
        [DataAged(BTC, 2, 1), DataAged(BTC, 1, 1)],
        [UnknownCounted({BTC: 2}), UnknownCounted({})],
        [EquityMarked(math.nan), EquityMarked(1000.0)],
    ],
)
def test_just_below_the_threshold_or_once_a_reading_is_good_again_entries_go(events: list[BreakerEvent]) -> None:
    breakers = at_once(*events)

    assert (breakers.state_of(BTC), breakers.entry_refusal(BTC)) == (ACTIVE, "")


def test_a_breaker_of_a_symbol_is_no_matter_of_another() -> None:
    breakers = at_once(PositionChanged(BTC), DataAged(ETH, 2, 1))

    assert breakers.entry_refusal(BTC).startswith("POSITION_CHANGED")
    assert breakers.entry_refusal(ETH).startswith("STALE_DATA")
    assert breakers.entry_refusal("SOLUSDT") == ""


def test_two_unknown_outcomes_anywhere_stop_every_symbol() -> None:
    breakers = at_once(UnknownCounted({BTC: 1, ETH: 1}))

    assert breakers.entry_refusal("SOLUSDT").startswith("OUTCOME_UNKNOWN")


def test_failures_and_orders_spread_over_more_than_a_minute_trip_nothing() -> None:
    failures = after((RequestFailed(), n * 15 * SECOND) for n in range(50))
    orders = after((OrderAsked(BTC), n * 1_225) for n in range(500))

    assert (failures.entry_refusal(BTC), orders.entry_refusal(BTC)) == ("", "")


def test_an_unusual_market_rests_five_minutes_from_its_last_unusual_minute() -> None:
    shock, calm = MarketMeasured(BTC, 9.0, 0.0), MarketMeasured(BTC, 1.0, 0.0)
    breakers = after([(shock, 0), (shock, 2 * MINUTE), (calm, 7 * MINUTE - 1)])

    assert breakers.entry_refusal(BTC)
    assert after([(calm, 7 * MINUTE)], breakers).entry_refusal(BTC) == ""


def test_the_way_to_the_exchange_opens_by_a_probe_in_time_and_a_comparison_that_agrees() -> None:
    down = after([(RequestFailed(), n) for n in range(5)])
    early = after([(ProbeAnswered(answered=True), 9 * SECOND)], down)
    proven = after([(ProbeAnswered(answered=True), 10 * SECOND + 4)], early)
    back = after([(Reconciled(agreed=True), 11 * SECOND)], proven)

    assert (early.reconcile_due, early.probe_due) == (False, False)
    assert (proven.reconcile_due, proven.state) == (True, REDUCING)
    assert (back.state, back.entry_refusal(BTC)) == (ACTIVE, "")


def test_a_comparison_alone_opens_nothing() -> None:
    down = after([(RequestFailed(), n) for n in range(5)])

    assert after([(Reconciled(agreed=True), 60 * SECOND)], down).state is REDUCING


@pytest.mark.parametrize(
    "setback", [[ProbeAnswered(answered=False)], [ProbeAnswered(answered=True), Reconciled(agreed=False)]]
)
def test_each_setback_doubles_the_wait_up_to_five_minutes(setback: list[BreakerEvent]) -> None:
    breakers, waits = after([(RequestFailed(), 0)] * 5), []
    for _ in range(8):
        waits.append(breakers.transport.probe_ms - breakers.now_ms)
        for event in setback:
            breakers = breakers.take(event, breakers.transport.probe_ms)

    assert [wait // SECOND for wait in waits] == [10, 20, 40, 80, 160, 300, 300, 300]


def test_a_failure_while_comparing_takes_the_way_off_again() -> None:
    proven = after([*[(RequestFailed(), 0)] * 5, (ProbeAnswered(answered=True), 10 * SECOND)])
    again = after([(RequestFailed(), 11 * SECOND), (Reconciled(agreed=True), 12 * SECOND)], proven)

    assert (again.state, again.reconcile_due) == (REDUCING, False)


def test_money_comes_back_on_its_own_and_the_latch_stays() -> None:
    breakers = at_once(EquityMarked(1000.0), EquityMarked(600.0), EquityMarked(5000.0))

    assert set(codes(breakers)) == {"DAILY_LOSS", "KILL_DRAWDOWN"}


def test_a_person_clears_every_latch_but_a_daily_loss_of_today() -> None:
    tripped = at_once(EquityMarked(1000.0), EquityMarked(600.0), PositionChanged(BTC), AuthFailed())
    today = after([(Resumed(), MINUTE)], tripped)
    tomorrow = after([(Resumed(), DAY // 2)], today)

    assert (codes(today), today.state) == (["DAILY_LOSS"], REDUCING)
    assert after([(EquityMarked(600.0), DAY)], today).state is REDUCING  # the day alone clears nothing
    assert tomorrow.state is ACTIVE


def test_after_a_resume_the_drawdown_counts_from_there() -> None:
    resumed = after([(Resumed(), DAY)], at_once(EquityMarked(1000.0), EquityMarked(700.0)))
    held = after([(EquityMarked(700.0), DAY + 1)], resumed)
    lost = after([(EquityMarked(489.0), 2 * DAY)], after([(EquityMarked(500.0), 2 * DAY)], held))

    assert held.state is ACTIVE
    assert "KILL_DRAWDOWN" in codes(lost)


def test_a_resume_without_a_drawdown_breaker_forgives_no_loss() -> None:
    breakers = after([(Resumed(), 1), (EquityMarked(690.0), DAY)], at_once(EquityMarked(1000.0), EquityMarked(950.0)))

    assert "KILL_DRAWDOWN" in codes(breakers)


def test_the_day_begins_at_midnight_utc() -> None:
    night = after([(EquityMarked(1000.0), 0), (EquityMarked(950.0), DAY // 2), (EquityMarked(860.0), DAY)])

    assert codes(night) == []
    assert codes(after([(EquityMarked(854.0), DAY + 1)], night)) == ["DAILY_LOSS"]


def test_the_first_reason_of_a_latch_stays() -> None:
    breakers = at_once(SettingsChanged(BTC, "leverage 20"), SettingsChanged(BTC, "leverage 5"))

    assert [trip.text for trip in breakers.latches] == ["SETTINGS_CHANGED: leverage 20"]


def test_the_strictest_reason_is_told_first_and_then_the_oldest() -> None:
    breakers = at_once(DataAged(BTC, 2, 1), AuthFailed(), PositionChanged(BTC), SettingsChanged(BTC))

    assert breakers.entry_refusal(BTC).startswith("POSITION_CHANGED")


def test_what_was_saved_wrongly_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        Breakers.from_json(SETTINGS, {"latched": []})
    assert caught.value.code == "BREAKERS_UNREADABLE"


symbols = st.sampled_from([BTC, ETH])
reads = st.floats(allow_nan=True, allow_infinity=True)
events: st.SearchStrategy[BreakerEvent] = st.one_of(
    st.builds(EquityMarked, st.one_of(st.floats(0, 2000), reads)),
    st.builds(OrderAsked, symbols),
    st.builds(OrderAccepted, symbols),
    st.builds(OrderRejected, symbols),
    st.builds(RequestFailed),
    st.builds(ProbeAnswered, st.booleans()),
    st.builds(Reconciled, st.booleans()),
    st.builds(AuthFailed),
    st.builds(DataAged, symbols, st.integers(0, 10), st.just(5)),
    st.builds(ClockMeasured, reads),
    st.builds(PositionChanged, symbols),
    st.builds(SettingsChanged, st.sampled_from([BTC, ETH, ""])),
    st.builds(MarketMeasured, symbols, reads, reads),
    st.builds(LedgerChecked, st.one_of(st.floats(-0.002, 0.002), reads)),
    st.builds(UnknownCounted, st.dictionaries(symbols, st.integers(0, 3))),
    st.builds(Resumed),
)
steps = st.lists(st.tuples(events, st.integers(0, 3 * DAY // 4)), max_size=40)


def moving(happened: list[Timed]) -> list[Timed]:
    """The same with moments that go on."""
    now, found = 0, []
    for event, wait in happened:
        now += wait if wait % 3 == 0 else wait % MINUTE
        found.append((event, now))
    return found


class Sent(ScriptedExchange):
    """Takes whatever comes."""


def placed(gate: Gate, intent: OrderIntent) -> bool:
    admitted = gate.admit(approved(intent), a_book(), NO_FLOW)
    assert isinstance(admitted, Admitted)
    request = OrderRequest(
        symbol=intent.symbol,
        side=intent.side,
        position_side=intent.position_side,
        quantity=intent.quantity,
        client_order_id="wx00aaaaaaaaaaaaaaaae01",
        stop_price=intent.stop_price,
        target_price=intent.target_price,
    )
    try:
        gate.place(admitted, request)
    except HaltedError:
        return False
    return True


def test_every_kind_of_event_has_a_rule() -> None:
    assert len(get_args(BreakerEvent)) == 16
    for kind in get_args(BreakerEvent):
        example = next(iter(e for e in _one_of_each() if isinstance(e, kind)))
        Breakers(SETTINGS).take(example, NOON)


def _one_of_each() -> list[BreakerEvent]:
    return [
        EquityMarked(1.0), OrderAsked(BTC), OrderAccepted(BTC), OrderRejected(BTC), RequestFailed(),
        ProbeAnswered(answered=True), Reconciled(agreed=True), AuthFailed(), DataAged(BTC, 1, 1), ClockMeasured(1.0),
        PositionChanged(BTC), SettingsChanged(BTC), MarketMeasured(BTC, 1.0, 0.0), LedgerChecked(0.0),
        UnknownCounted(), Resumed(),
    ]  # fmt: skip


@given(steps)
def test_whatever_happens_a_close_goes_out_and_an_entry_only_when_nothing_objects(happened: list[Timed]) -> None:
    breakers = after(moving(happened))
    gate = Gate(Sent(ScriptedClock()), LIMITS, halted=lambda: breakers.entry_refusal(BTC))
    gate_open = breakers.entry_refusal(BTC) == ""

    assert placed(gate, an_entry()) is gate_open
    assert placed(gate, an_exit())
    assert breakers.refusal(an_exit()) == ""


@given(steps)
def test_only_a_person_clears_a_latch_and_only_the_transport_loosens_by_itself(happened: list[Timed]) -> None:
    breakers = Breakers(SETTINGS)
    for event, at_ms in moving(happened):
        before, breakers = breakers, breakers.take(event, NOON + at_ms)
        if isinstance(event, Resumed):
            continue
        assert set(before.latched) <= set(breakers.latched)
        for symbol in ("", BTC, ETH):
            if breakers.state_of(symbol) < before.state_of(symbol):
                assert isinstance(event, Reconciled)
                assert before.reconcile_due


@given(steps, steps)
def test_breakers_that_were_saved_go_on_as_those_that_were_not(first: list[Timed], then: list[Timed]) -> None:
    before = after(moving(first))
    restored = Breakers.from_json(SETTINGS, json.loads(json.dumps(before.to_json())))

    assert restored == before
    assert after(moving(then), restored) == after(moving(then), before)


@given(steps)
def test_what_restricts_more_refuses_too(happened: list[Timed]) -> None:
    breakers = after(moving(happened))

    for symbol in (BTC, ETH):
        assert breakers.state_of(symbol) >= breakers.state
        if breakers.state_of(symbol) > ACTIVE:
            assert breakers.entry_refusal(symbol)
