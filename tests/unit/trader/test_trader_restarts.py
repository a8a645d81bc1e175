"""A run that is stopped, killed or gone on with is the same run as one that never was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.unit.trader.small_pipeline import HalfRegime, small_pipeline
from tests.unit.trader.workshop import Workshop
from weexctl.errors import OutcomeUnknownError, UnavailableError
from weexctl.exchange.v3 import WeexV3
from weexctl.journal.intent_state import IntentState
from weexctl.journal.journal import Journal
from weexctl.model.order import Order, OrderAck, OrderRequest
from weexctl.run import schedule as scheduling
from weexctl.trader.session_report import SessionReport

STEPS = 60
ROOT = Path(__file__).parents[3]
Records = dict[str, list[Any]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Records:
    """What sixty steps without interruption leave behind."""
    workshop = Workshop(tmp_path_factory.mktemp("whole"))
    workshop.run(STEPS)
    return workshop.records()


def _balanced(report: SessionReport) -> bool:
    state = report.state
    return Decimal(10_000) + state.realised - state.fees + state.funding == report.balance.wallet


def test_the_same_seed_twice_gives_the_same_bytes(tmp_path: Path, whole: Records) -> None:
    workshop = Workshop(tmp_path)
    workshop.run(STEPS)
    assert len(whole["decision"]) == 3 * STEPS
    assert len(whole["fill"]) > 20
    assert workshop.records() == whole


def test_another_seed_gives_other_ids(tmp_path: Path, whole: Records) -> None:
    workshop = Workshop(tmp_path, seed=6)
    workshop.run(STEPS)
    assert not set(workshop.records()["decision"]) & set(whole["decision"])


def test_thirty_steps_and_thirty_more_are_sixty(tmp_path: Path, whole: Records) -> None:
    workshop = Workshop(tmp_path)
    workshop.run(30)
    report = workshop.run(30)
    assert (report.run.steps, report.made_steps) == (STEPS, 30)
    assert workshop.records() == whole
    assert _balanced(report)


def test_many_small_pieces_are_sixty(tmp_path: Path, whole: Records) -> None:
    workshop = Workshop(tmp_path)
    for steps in (1, 2, 3, 5, 8, 13, 21, 7):
        workshop.run(steps)
    assert workshop.records() == whole


@pytest.mark.parametrize("stop_after", [1, 7, 24, 25, 41, 59])
def test_an_interrupted_run_goes_on_as_if_nothing_had_been(tmp_path: Path, whole: Records, stop_after: int) -> None:
    workshop = Workshop(tmp_path)
    first = workshop.run(STEPS, stop_after=stop_after)
    assert (first.interrupted, first.made_steps, first.run.status) == (True, stop_after, "stopped")
    workshop.run(STEPS - stop_after)
    assert workshop.records() == whole


def test_a_run_that_is_stopped_before_its_first_step_has_done_nothing(tmp_path: Path, whole: Records) -> None:
    workshop = Workshop(tmp_path)
    first = workshop.run(STEPS, stop_after=0)
    assert (first.made_steps, first.orders) == (0, [])
    workshop.run(STEPS)
    assert workshop.records() == whole


def test_a_failing_step_leaves_nothing_of_itself(tmp_path: Path, whole: Records) -> None:
    notes: list[str] = []

    def fail(note: str) -> None:
        notes.append(note)
        if len(notes) == 20:
            raise RuntimeError("the terminal went away")

    workshop = Workshop(tmp_path)
    with pytest.raises(RuntimeError, match="went away"):
        workshop.run(STEPS, on_step=fail)
    workshop.run(STEPS - 20)
    assert workshop.records() == whole


@pytest.mark.parametrize(
    ("method", "when", "number"),
    [
        ("place_order", "before", 5),
        ("place_order", "after", 1),
        ("place_order", "after", 9),
        ("fetch_order", "after", 4),
        ("fetch_fills", "before", 7),
        ("fetch_conditional_orders", "after", 3),
        ("modify_stop", "after", 2),
        ("cancel_conditional_order", "after", 3),
        ("fetch_balance", "after", 31),
        ("add", "after", 6),
        ("answer", "before", 8),
        ("progress", "after", 17),
    ],
)
def test_a_killed_run_goes_on_without_a_loss_or_a_double(
    tmp_path: Path, whole: Records, method: str, when: str, number: int
) -> None:
    command = [sys.executable, "-m", "tests.unit.trader.killed_run", str(tmp_path), str(STEPS), method, when]
    done = subprocess.run([*command, str(number)], cwd=ROOT, env=dict(os.environ), capture_output=True, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    workshop = Workshop(tmp_path)
    with Journal.read(workshop.path) as journal:
        run = journal.runs.latest()
        assert run is not None
        made, agreed = run.steps, _agree(journal)
    assert agreed
    report = workshop.run(STEPS - made)
    assert workshop.records() == whole
    assert _balanced(report)
    ids = [order.client_order_id for order, _ in report.orders]
    assert len(set(ids)) == len(ids)


def _agree(journal: Journal) -> bool:
    """Whether the positions on record are those of the simulator's snapshot beside them."""
    snapshot = journal.state.get("simulator") or {"positions": []}
    theirs = {(p["symbol"], p["side"]): Decimal(p["size"]) for p in snapshot["positions"]}
    return {(p.symbol, p.position_side.value): p.quantity for p in journal.positions.all()} == theirs


def test_a_position_keeps_its_entry_time_and_its_stops_across_a_restart(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path)
    before = workshop.run(30).open_trades
    assert before
    after = workshop.run(1).open_trades
    known = {trade.decision_id: trade for trade in before}
    kept = [trade for trade in after if trade.decision_id in known]
    assert kept
    for trade in kept:
        assert trade.opened_ms == known[trade.decision_id].opened_ms
        assert trade.entry_order_id == known[trade.decision_id].entry_order_id
        assert trade.stop_order_ids


def test_a_restart_over_a_refit_makes_the_fits_of_a_run_that_never_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduling, "REFIT_CANDLES", 20)
    fits, found = [], []
    for name, pieces in (("whole", [STEPS]), ("at the border", [20, 20, 20]), ("within", [7, 30, 23])):
        folder = tmp_path / name
        folder.mkdir()
        regime = HalfRegime()
        for steps in pieces:
            workshop = Workshop(folder, pipeline=small_pipeline(regime))
            workshop.run(steps)
        fits.append(regime.fits)
        found.append(workshop.records())
    assert len(fits[0]) == 9
    assert fits[1] == fits[0]
    assert fits[2] == fits[0]
    assert found[1] == found[0]
    assert found[2] == found[0]


class _Outage:
    """Loses the answer to the next order, and every read that could find it while it is down."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.down = True
        self.lost: list[str] = []
        place, find = WeexV3.place_order, WeexV3.fetch_open_orders

        def lose(client: WeexV3, request: OrderRequest) -> OrderAck:
            ack = place(client, request)
            if self.down and not self.lost:
                self.lost.append(ack.order_id)
                raise OutcomeUnknownError("no answer", order_state="unknown")
            return ack

        def look(client: WeexV3, symbol: str | None = None) -> list[Order]:
            if self.down:
                raise UnavailableError("down")
            return find(client, symbol)

        monkeypatch.setattr(WeexV3, "place_order", lose)
        monkeypatch.setattr(WeexV3, "fetch_open_orders", look)


def test_an_order_lost_in_an_outage_is_the_runs_own_after_the_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outage = _Outage(monkeypatch)
    workshop = Workshop(tmp_path)
    first = workshop.run(3)
    (lost,) = outage.lost
    assert lost not in {trade.entry_order_id for trade in first.open_trades}
    assert not _balanced(first)
    outage.down = False
    second = workshop.run(1, stop_after=0)
    assert lost in {trade.entry_order_id for trade in second.open_trades}
    assert _balanced(second)
    third = workshop.run(20)
    assert _balanced(third)
    assert third.state.locked == {}


def test_nothing_opens_on_the_symbol_of_a_lost_order_during_the_outage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outage = _Outage(monkeypatch)
    workshop = Workshop(tmp_path)
    workshop.run(1)
    with Journal.read(workshop.path) as journal:
        (unknown,) = journal.intents.in_states(IntentState.UNKNOWN)
    report = workshop.run(24)
    orders = [order for order, _ in report.orders if order.symbol == unknown.symbol]
    assert orders == []
    assert outage.lost
    assert report.state.refusals["OUTCOME_UNKNOWN"] > 1
