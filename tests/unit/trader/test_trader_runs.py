"""Whole runs on the real simulator: the money adds up, and every path of an order is taken."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.unit.trader.workshop import SYMBOLS, Workshop
from weexctl.actions.trade_notices import run_notices
from weexctl.journal.intent_state import IntentState
from weexctl.journal.journal import Journal
from weexctl.model.order import OrderStatus
from weexctl.trader.session_report import SessionReport

STEPS = 240


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def report(workshop: Workshop) -> SessionReport:
    return workshop.run(STEPS)


@pytest.fixture(scope="module")
def snapshot(report: SessionReport, workshop: Workshop) -> dict[str, Any]:
    """The simulator's own books at the end."""
    with Journal.read(workshop.path) as journal:
        return dict(journal.state.get("simulator"))


def test_the_run_takes_every_path(report: SessionReport) -> None:
    reasons = {trade.exit_reason for trade in report.trades}
    assert reasons >= {"STOP_HIT", "TARGET_HIT", "DIRECTION_FLIP"}
    assert report.state.funding != 0
    assert report.open_trades
    assert len(report.trades) > 30


def test_the_ledger_adds_up_exactly(report: SessionReport) -> None:
    state, balance = report.state, report.balance
    assert Decimal(10_000) + state.realised - state.fees + state.funding == balance.wallet
    assert balance.wallet + balance.unrealised == balance.equity


def test_the_books_agree_with_the_simulators_own(report: SessionReport, snapshot: dict[str, Any]) -> None:
    for name in ("realised", "fees", "funding"):
        assert getattr(report.state, name) == Decimal(snapshot[name]), name
    held = {(p["symbol"], p["side"]): Decimal(p["size"]) for p in snapshot["positions"]}
    assert {(t.symbol, t.side.value): t.quantity for t in report.open_trades} == held


def test_the_trades_and_open_positions_add_up_to_the_totals(report: SessionReport) -> None:
    for name, of_trade in (("realised", "gross"), ("fees", "fees"), ("funding", "funding")):
        closed = sum((getattr(trade, of_trade) for trade in report.trades), Decimal(0))
        still_open = sum((getattr(trade, name) for trade in report.open_trades), Decimal(0))
        assert closed + still_open == getattr(report.state, name), name


def test_the_fills_of_the_simulator_are_those_of_the_journal(workshop: Workshop, snapshot: dict[str, Any]) -> None:
    with Journal.read(workshop.path) as journal:
        for fill in snapshot["fills"]:  # the newest ones; older ones it forgets
            known = journal.fills.get(fill["fill_id"])
            assert known is not None
            assert [known.quantity, known.price, known.fee] == [Decimal(fill[k]) for k in ("quantity", "price", "fee")]


def test_every_open_position_has_stops_that_cover_it(report: SessionReport, snapshot: dict[str, Any]) -> None:
    for trade in report.open_trades:
        stops = [
            Decimal(order["quantity"])
            for order in snapshot["live"]
            if (order["symbol"], order["position_side"]) == (trade.symbol, trade.side.value)
            and order["trigger"]["kind"] == "stop"
        ]
        assert sum(stops) >= trade.quantity > 0


def test_nothing_is_left_on_a_symbol_that_is_flat(report: SessionReport, snapshot: dict[str, Any]) -> None:
    held = {(trade.symbol, trade.side.value) for trade in report.open_trades}
    assert {(order["symbol"], order["position_side"]) for order in snapshot["live"]} <= held


def test_the_open_stops_on_record_are_those_of_the_simulator(
    report: SessionReport, workshop: Workshop, snapshot: dict[str, Any]
) -> None:
    theirs = {str(order["id"]): Decimal(order["trigger"]["price"]) for order in snapshot["live"]}
    with Journal.read(workshop.path) as journal:
        ours = {order.order_id: order.trigger_price for order in journal.orders.open()}
    assert ours == theirs


def test_every_order_has_a_decision_and_a_client_id_of_its_own(report: SessionReport, workshop: Workshop) -> None:
    with Journal.read(workshop.path) as journal:
        for order, decision_id in report.orders:
            decision = journal.decisions.get(decision_id)
            assert decision is not None, order.order_id
            assert decision.symbol == order.symbol
    ids = [order.client_order_id for order, _ in report.orders]
    assert len(set(ids)) == len(ids)
    assert len({order.order_id for order, _ in report.orders}) == len(ids)


def test_a_stop_that_was_hit_is_listed_with_its_own_fill(report: SessionReport, workshop: Workshop) -> None:
    fired = [order for order, _ in report.orders if order.kind in ("stop", "target")]
    assert fired
    with Journal.read(workshop.path) as journal:
        for order in fired:
            fills = journal.fills.of_order(order.order_id)
            assert order.status is OrderStatus.FILLED
            assert order.filled_quantity == sum(fill.quantity for fill in fills)
            assert {fill.price for fill in fills} == {order.average_price}


def test_no_intent_is_left_in_the_air(report: SessionReport, workshop: Workshop) -> None:
    with Journal.read(workshop.path) as journal:
        open_ones = (IntentState.UNKNOWN, IntentState.SENDING, IntentState.ACCEPTED, IntentState.PLANNED)
        assert journal.intents.in_states(*open_ones) == []
        assert [check.findings for check in journal.verify()] == [()] * 4


def test_there_is_one_decision_for_each_symbol_and_candle(report: SessionReport, workshop: Workshop) -> None:
    with Journal.read(workshop.path) as journal:
        decisions = journal.decisions.of_run(report.run.run_id)
    assert len(decisions) == STEPS * len(SYMBOLS)
    assert len({(d.symbol, d.close_ms) for d in decisions}) == len(decisions)


def test_an_entry_never_fills_before_its_decision(report: SessionReport, workshop: Workshop) -> None:
    with Journal.read(workshop.path) as journal:
        for order, decision_id in report.orders:
            decision = journal.decisions.get(decision_id)
            assert decision is not None
            assert all(fill.time_ms > decision.close_ms for fill in journal.fills.of_order(order.order_id))


def test_equity_is_marked_at_every_step(report: SessionReport, workshop: Workshop) -> None:
    first, last = report.run.from_ms, report.run.to_ms
    with Journal.read(workshop.path) as journal:
        curve = journal.equity.of_run(report.run.run_id)
    assert [point.time_ms for point in curve] == list(range(first, last + 1, 3_600_000))
    assert all(point.wallet + point.unrealised == point.equity for point in curve)


def test_a_report_of_a_long_run_lists_the_newest_and_counts_all(report: SessionReport, workshop: Workshop) -> None:
    assert (report.orders_total, report.trades_total) == (len(report.orders), len(report.trades))
    assert report.trades_total > 3
    with Journal.read(workshop.path) as journal:
        short = SessionReport.read(
            journal,
            report.run,
            made_steps=0,
            interrupted=False,
            balance=report.balance,
            state=report.state,
            open_trades=(),
            listed=3,
        )
    assert short.orders == report.orders[-3:]
    assert short.trades == report.trades[-3:]
    assert (short.orders_total, short.trades_total) == (report.orders_total, report.trades_total)
    assert short.curve == report.curve
    assert run_notices(report, rehearsal=False) == []
    (notice,) = run_notices(short, rehearsal=False)
    assert notice.code == "NEWEST_ONLY"
    assert str(report.orders_total) in notice.message


def test_a_read_only_run_decides_and_sends_nothing(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path)
    report = workshop.run(40, read_only=True)
    assert report.orders == []
    assert report.balance.equity == Decimal(10_000)
    with Journal.read(workshop.path) as journal:
        outcomes = {d.record["outcome"] for d in journal.decisions.of_run(report.run.run_id, full=True)}
        assert journal.intents.in_states(*IntentState) == []
    assert "entry" in outcomes


def test_a_halt_lets_nothing_open(tmp_path: Path) -> None:
    report = Workshop(tmp_path).run(40, halted=lambda: "kill file")
    assert report.orders == []
    assert set(report.state.refusals) == {"KILL_SWITCH"}


def test_a_halt_on_the_way_only_closes(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path)
    before = workshop.run(60)
    assert before.open_trades
    known = {order.order_id for order, _ in before.orders}
    after = workshop.run(60, halted=lambda: "kill file")
    fresh = [order for order, _ in after.orders if order.order_id not in known]
    assert fresh
    assert {order.kind for order in fresh} <= {"exit", "stop", "target"}
    assert after.open_trades == ()


def test_leverage_is_set_to_the_limit_before_the_first_entry(report: SessionReport, snapshot: dict[str, Any]) -> None:
    assert {row["cross"] for row in snapshot["leverages"].values()} == {"3"}
