"""Runs, decisions, positions, trades, equity, artefacts, state, and whose id is whose."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from weexctl.errors import WeexctlError
from weexctl.journal import Found, Journal, TimingRecord, VerdictRecord
from weexctl.journal.equity import CurveSum
from weexctl.model.order import Leg
from weexctl.model.side import PositionSide
from weexctl.model.verdict import GuardAction, Verdict

if TYPE_CHECKING:
    from tests.unit.journal.conftest import Samples


def test_the_latest_run_is_the_one_recorded_last(journal: Journal, samples: Samples) -> None:
    assert journal.runs.latest() is None
    later = replace(samples.run, run_id="run-0", started_ms=0, seed=None)
    journal.runs.add(samples.run)
    journal.runs.add(later)
    assert journal.runs.latest() == later
    assert journal.runs.all() == [later, samples.run]
    with pytest.raises(WeexctlError, match="UNIQUE"):
        journal.runs.add(samples.run)


def test_a_run_records_its_progress_and_its_end(running: Journal, samples: Samples) -> None:
    running.runs.progress("run-1", to_ms=5, steps=3)
    assert running.runs.get("run-1") == replace(samples.run, to_ms=5, steps=3)
    running.runs.finish("run-1", to_ms=6, steps=4, status="done", manifest={"git": None, "cost": Decimal("1.50")})
    assert running.runs.get("run-1") == replace(
        samples.run, to_ms=6, steps=4, status="done", manifest={"git": None, "cost": "1.50"}
    )
    with pytest.raises(WeexctlError) as caught:
        running.runs.progress("run-2", to_ms=5, steps=3)
    assert caught.value.code == "UNKNOWN_RUN"


def test_timings_add_up_over_a_continued_run(running: Journal) -> None:
    slow = TimingRecord(run_id="run-1", stage="regime", calls=2, seconds=0.5)
    fast = TimingRecord(run_id="run-1", stage="sizer", calls=2, seconds=0.25)
    running.timings.add([fast, slow])
    running.timings.add([slow])
    assert running.timings.of_run("run-1") == [replace(slow, calls=4, seconds=1.0), fast]


def test_decisions_are_found_by_candle_and_by_time(running: Journal, samples: Samples) -> None:
    for n in (10, 20, 30):
        running.decisions.add(replace(samples.decision, decision_id=f"b{n}", close_ms=n, full=n == 20))
        running.decisions.add(replace(samples.decision, decision_id=f"e{n}", close_ms=n, symbol="ETHUSDT"))

    def at_or_before(time_ms: int) -> str | None:
        found = running.decisions.at_or_before("BTCUSDT", time_ms)
        return None if found is None else found.decision_id

    assert [at_or_before(t) for t in (9, 10, 19, 20, 10**15)] == [None, "b10", "b10", "b20", "b30"]
    assert running.decisions.at("BTCUSDT", 15) is None
    found = running.decisions.at("BTCUSDT", 20)
    assert found is not None
    assert found.decision_id == "b20"
    assert running.decisions.last_close_ms("run-1") == 30
    assert running.decisions.last_close_ms("run-2") is None
    of_run = running.decisions.of_run("run-1", symbol="BTCUSDT")
    assert [decision.decision_id for decision in of_run] == ["b10", "b20", "b30"]
    full = running.decisions.of_run("run-1", symbol="BTCUSDT", full=True)
    assert [decision.decision_id for decision in full] == ["b20"]
    assert len(running.decisions.of_run("run-1")) == 6


def test_of_two_runs_over_the_same_candle_the_newer_one_answers(running: Journal, samples: Samples) -> None:
    running.runs.add(replace(samples.run, run_id="run-2"))
    running.decisions.add(samples.decision)
    running.decisions.add(replace(samples.decision, decision_id="d2", run_id="run-2"))
    newest = running.decisions.at("BTCUSDT", samples.close_ms)
    asked = running.decisions.at("BTCUSDT", samples.close_ms, "run-1")
    assert newest is not None
    assert asked is not None
    assert (newest.decision_id, asked.decision_id) == ("d2", "d1")


def test_a_step_done_again_replaces_its_decision_but_never_by_a_compact_one(running: Journal, samples: Samples) -> None:
    compact = replace(samples.decision, full=False, body="{}")
    again = replace(samples.decision, body='{"again":true}')
    running.decisions.add(compact)
    running.decisions.add(samples.decision)
    assert running.decisions.get("d1") == samples.decision
    running.decisions.add(compact)
    assert running.decisions.get("d1") == samples.decision
    running.decisions.add(again)
    stored = running.decisions.get("d1")
    assert stored == again
    assert stored is not None
    assert stored.record == {"again": True}
    assert running.decisions.count() == 1


def test_a_decision_names_a_run_on_record_or_none(running: Journal, samples: Samples) -> None:
    running.decisions.add(replace(samples.decision, run_id=None))
    with pytest.raises(WeexctlError, match="FOREIGN KEY"):
        running.decisions.add(replace(samples.decision, decision_id="d2", run_id="nobody"))


def test_verdicts_come_back_in_the_order_they_were_given(running: Journal) -> None:
    verdicts = [
        Verdict(guard="limits"),
        Verdict(guard="volatility", action=GuardAction.REDUCE_ONLY, code="LEVEL_1", reason="z 5.2"),
    ]
    running.verdicts.add("d1", Leg.ENTRY, verdicts, time_ms=4)
    assert running.verdicts.of_decision("d1") == [
        VerdictRecord(
            decision_id="d1", leg=Leg.ENTRY, guard="limits", action=GuardAction.ALLOW, code="", reason="", time_ms=4
        ),
        VerdictRecord(
            decision_id="d1",
            leg=Leg.ENTRY,
            guard="volatility",
            action=GuardAction.REDUCE_ONLY,
            code="LEVEL_1",
            reason="z 5.2",
            time_ms=4,
        ),
    ]


def test_a_position_is_kept_replaced_and_removed(running: Journal, samples: Samples) -> None:
    short = replace(samples.position, position_side=PositionSide.SHORT)
    running.positions.put(short)
    running.positions.put(samples.position)
    assert running.positions.all() == [samples.position, short]
    larger = replace(samples.position, quantity=Decimal("0.02"))
    running.positions.put(larger)
    assert running.positions.get("BTCUSDT", PositionSide.LONG) == larger
    assert running.positions.remove("BTCUSDT", PositionSide.LONG)
    assert not running.positions.remove("BTCUSDT", PositionSide.LONG)
    assert running.positions.all() == [short]


def test_trades_are_found_by_run_order_and_decision(running: Journal, samples: Samples) -> None:
    second = replace(
        samples.trade, trade_id="t2", closed_ms=samples.close_ms, entry_order_id="7", exit_order_id="8",
        entry_decision_id="d7", exit_decision_id="d8",
    )  # fmt: skip
    running.trades.add(samples.trade)
    running.trades.add(second)
    assert running.trades.of_run("run-1") == [second, samples.trade]
    assert running.trades.of_run("run-1", newest=1) == [samples.trade]
    assert running.trades.count("run-1") == 2
    assert running.trades.count("run-2") == 0
    assert running.trades.get("t1") == samples.trade
    assert running.trades.get("t3") is None
    assert running.trades.by_order("7") == running.trades.by_order("8") == [second]
    assert running.trades.by_decision("d7") == running.trades.by_decision("d8") == [second]
    assert running.trades.closed_since(samples.close_ms + 1) == [samples.trade]


def test_the_equity_curve_is_in_time_order_with_one_point_a_moment(running: Journal, samples: Samples) -> None:
    later = replace(samples.equity, time_ms=samples.close_ms + 1, equity=Decimal("9999.5"))
    running.equity.add_many([later, samples.equity])
    running.equity.add(later)
    assert running.equity.of_run("run-1") == [samples.equity, later]
    assert running.equity.of_run("run-1", from_ms=later.time_ms) == [later]
    assert running.equity.latest("run-1") == later
    assert running.equity.latest("run-2") is None


@pytest.mark.parametrize(
    ("start", "marks", "drawdown"),
    [
        (100, [120, 90, 130, 104, 131], 0.25),
        (100, [110, 121.5, 130], 0.0),
        (200, [150, 180, 100, 190], 0.5),  # the start is a peak too
        (9, [10, 8], 0.2),  # by number and not as text
    ],
)
def test_the_drawdown_of_a_curve_is_its_largest_fall_from_a_peak(
    running: Journal, samples: Samples, start: float, marks: list[float], drawdown: float
) -> None:
    for hour, mark in enumerate(marks):
        running.equity.add(
            replace(samples.equity, time_ms=hour, equity=Decimal(str(mark)), gross_exposure=0.1 * (hour % 2))
        )
    found = running.equity.sum_of("run-1", start=start)
    assert found.max_drawdown == pytest.approx(drawdown)
    assert found.exposure == pytest.approx(0.1 * (len(marks) // 2) / len(marks))


def test_a_run_without_a_point_has_no_drawdown(running: Journal, samples: Samples) -> None:
    running.equity.add(replace(samples.equity, gross_exposure=0.5, equity=Decimal(1)))
    assert running.equity.sum_of("run-2", start=100.0) == CurveSum(0.0, 0.0)


def test_an_artefact_comes_back_to_the_last_bit(running: Journal, samples: Samples) -> None:
    running.artefacts.add(samples.artefact, fitted_ms=1, run_id="run-1")
    running.artefacts.add(samples.artefact, fitted_ms=1, run_id="run-1")
    assert running.artefacts.get("a1") == samples.artefact
    kept = replace(samples.artefact, status="kept", age=1)
    running.artefacts.add(kept, fitted_ms=2)
    assert running.artefacts.get("a1") == kept
    assert running.artefacts.latest("two-factor-hmm", "BTCUSDT") == kept
    assert running.artefacts.latest("two-factor-hmm", "BTCUSDT", "run-1") == samples.artefact
    assert running.artefacts.latest("two-factor-hmm", "ETHUSDT") is None


def test_state_is_kept_by_key(journal: Journal) -> None:
    journal.state.put("latch", {"kill": True, "limit": Decimal("1e-8")})
    journal.state.put("latch", {"kill": False, "limit": Decimal("1e-8"), "naïve": "ü"})
    assert journal.state.get("latch") == {"kill": False, "limit": "0.00000001", "naïve": "ü"}
    assert journal.state.remove("latch")
    assert not journal.state.remove("latch")
    assert journal.state.get("latch") is None


@pytest.mark.parametrize("value", [float("nan"), {"x": float("inf")}, {1, 2}, object()])
def test_what_json_cannot_hold_is_refused(journal: Journal, value: object) -> None:
    with pytest.raises(WeexctlError) as caught:
        journal.state.put("x", value)
    assert caught.value.code == "NOT_JSON"
    assert journal.state.names() == []


def test_every_id_leads_to_its_decision(running: Journal, samples: Samples) -> None:
    number = running.intents.add(samples.intent, run_id="run-1").intent_id
    assert running.find("d1") == Found("decision", "d1", "d1")  # the intent is there before the decision's record
    running.decisions.add(samples.decision)
    running.attempts.add(replace(samples.attempt, intent_id=number))
    running.attempts.answer(number, 1, outcome="accepted", answered_ms=1, order_id="1")
    stop = replace(samples.order, order_id="2", client_order_id="wx00aaaaaaaaaaaaaaaae01sl", intent_id=number)
    running.orders.put(stop)
    running.orders.put(replace(samples.order, order_id="3", client_order_id="theirs"))
    running.trades.add(replace(samples.trade, entry_order_id="4", exit_order_id="5"))
    running.fills.add(replace(samples.fill, fill_id="f1", order_id="2"))
    running.fills.add(replace(samples.fill, fill_id="f2", order_id="6"))
    expected = {
        "d1": ("decision", "d1"),
        samples.attempt.client_order_id: ("client_order", "d1"),
        "wx00aaaaaaaaaaaaaaaae01sl": ("client_order", "d1"),
        "theirs": ("client_order", None),
        "1": ("order", "d1"),
        "2": ("order", "d1"),
        "3": ("order", None),
        "4": ("order", "d1"),
        "5": ("order", "d1"),
        "6": ("order", None),
        "t1": ("trade", "d1"),
        "f1": ("fill", "d1"),
        "f2": ("fill", None),
        "run-1": ("run", None),
    }
    found = {any_id: running.find(any_id) for any_id in expected}
    assert {any_id: (hit.noun, hit.decision_id) for any_id, hit in found.items() if hit} == expected
    assert running.find("nowhere") is None
    assert running.find("") is None
