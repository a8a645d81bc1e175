"""Every kill point in at least three scenarios: the process dies there, another one starts, and nothing is broken."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from tests.unit.execution.orders import an_entry, an_exit
from tests.unit.trader.desk import open_desk
from weexctl.config.private_file import locked_folder, write_private
from weexctl.execution.kill_switch import KillSwitch
from weexctl.journal.database import migrate
from weexctl.journal.journal import Journal
from weexctl.journal.migrations import MIGRATIONS
from weexctl.kill_points import armed
from weexctl.model.order import OrderType, TimeInForce
from weexctl.model.side import PositionSide
from weexctl.simulator.faults import Fault, Match, Schedule, Word
from weexctl.simulator.faults.kill import Kill
from weexctl.testing.scenario.run import Plan, run_plan
from weexctl.testing.scenario.wish import Wish

ALL = {f"K{number:02}" for number in range(1, 29)} - {"K23", "K26", "K27"}
"""Without those of an exchange of settings, a sentinel, and a log that is rotated: there are none of these."""

ENTER = Wish(step=2, act="enter", symbol="BTCUSDT", stop=0.05)
ADD = Wish(step=4, act="enter", symbol="BTCUSDT", stop=0.05)
LEAVE = Wish(step=8, act="leave", symbol="BTCUSDT")
TIGHTEN = Wish(step=5, act="tighten", symbol="BTCUSDT")
OTHER = Wish(step=2, act="enter", symbol="ETHUSDT", side=PositionSide.SHORT, stop=0.05)
ORDER = {"method": "POST", "path": "v3/order$", "nth": 1}
GONE = Fault(word=Word.EXT, match=Match(from_s=330), args={"act": "cancel_stop", "symbol": "BTCUSDT"})
AGAIN = Fault(word=Word.EXT, match=Match(from_s=400), args={"act": "cancel_stop", "symbol": "BTCUSDT"})
CLOSED = Fault(word=Word.EXT, match=Match(from_s=330), args={"act": "close", "symbol": "BTCUSDT"})
CLOSED_LATER = replace(CLOSED, match=Match(from_s=400))
LOST = Fault(word=Word.RESP_LOST, match=Match(method="POST", path="v3/order$", nth=1))
NO_ORDER = Fault(word=Word.REQ_LOST, match=Match(method="POST", path="v3/order$", nth=1))
STOP_LOST = Fault(word=Word.RESP_LOST, match=Match(path="placeTpSl", nth=1))
MOVE_LOST = Fault(word=Word.REQ_LOST, match=Match(path="modifyTpSl", nth=1))


def plan(*parts: Fault | Wish) -> Plan:
    """A small run of these faults and wishes."""
    faults = tuple(part for part in parts if isinstance(part, Fault))
    wishes = tuple(sorted((part for part in parts if isinstance(part, Wish)), key=lambda wish: wish.step))
    return Plan(schedule=Schedule(11, faults), wishes=wishes, symbols=("BTCUSDT", "ETHUSDT"), steps=12)


RUNS: dict[str, Plan] = {
    "in and out": plan(ENTER, LEAVE),
    "two positions": plan(ENTER, OTHER, LEAVE),
    "an answer is lost": plan(ENTER, LEAVE, LOST),
    "a request is lost": plan(ENTER, OTHER, LEAVE, NO_ORDER),
    "a stop is gone": plan(ENTER, GONE, LEAVE),
    "two stops are gone": plan(ENTER, GONE, AGAIN, LEAVE),
    "a stop's answer is lost": plan(ENTER, GONE, STOP_LOST, LEAVE),
    "a stop is moved": plan(ENTER, TIGHTEN, LEAVE),
    "a stop is moved twice": plan(ENTER, TIGHTEN, replace(TIGHTEN, step=6), LEAVE),
    "a move is lost": plan(ENTER, TIGHTEN, MOVE_LOST, LEAVE),
    "closed by hand": plan(ENTER, CLOSED),
    "added to and left": plan(ENTER, ADD, LEAVE),
    "closed by hand later": plan(ENTER, ADD, CLOSED_LATER),
}
_ORDERLY = ("in and out", "two positions", "an answer is lost", "a request is lost")
_STOPS = ("a stop is gone", "two stops are gone", "a stop's answer is lost")
_MOVES = ("a stop is moved", "a stop is moved twice", "a move is lost")
_ENDS = ("in and out", "added to and left", "closed by hand", "closed by hand later")
PASSED: dict[str, tuple[tuple[str, int], ...]] = {
    **{f"K{number:02}": tuple((name, 3) for name in _ORDERLY[:3]) for number in (1, 2)},
    **{f"K{number:02}": tuple((name, 1) for name in _ORDERLY[:3]) for number in (3, 4, 5, 6, 14, 19)},
    **{f"K{number:02}": tuple((name, 30) for name in _ORDERLY[:3]) for number in (7, 8, 9, 10, 11)},
    **{f"K{number:02}": (("in and out", 1), ("in and out", 2), ("two positions", 2)) for number in (12, 13)},
    **{f"K{number:02}": tuple((name, 1) for name in _STOPS) for number in (15, 16)},
    "K17": tuple((name, 1) for name in _MOVES),
    "K18": tuple((name, 1) for name in _ENDS),
    "K20": tuple((name, 5) for name in _ORDERLY),
}
"""Where each point of a trading process is passed: the run, and at which pass it dies there."""


@pytest.mark.parametrize(
    ("point", "name", "hit"),
    [(point, name, hit) for point, places in PASSED.items() for name, hit in places],
    ids=lambda value: str(value).replace(" ", "-"),
)
def test_a_trading_process_that_dies_there_leaves_nothing_broken(point: str, name: str, hit: int) -> None:
    kill = Fault(word=Word.KILL, args={"point": point, "hit": hit})
    calm = RUNS[name]
    outcome = run_plan(replace(calm, schedule=Schedule(11, (*calm.schedule.faults, kill))))

    assert outcome.errors.get(f"KILL {point}") == 1, "the point was not passed"
    assert [violation.text() for violation in outcome.violations] == []


def _die() -> NoReturn:
    raise Kill("here")


def _checkpoint_while_idle(folder: Path) -> None:
    _checkpointed(folder, lambda journal: journal.checkpoint(), hit=1)


def _checkpoint_done(folder: Path) -> None:
    _checkpointed(folder, lambda journal: journal.checkpoint(), hit=2)


def _drained(folder: Path) -> None:
    _checkpointed(folder, lambda journal: journal.drain(), hit=1)


def _checkpointed(folder: Path, act: Callable[[Journal], object], *, hit: int) -> None:
    path = folder / "journal.sqlite"
    with Journal.open(path, venue="live", account="acc") as journal:
        journal.state.put("risk", {"peak": "10000"})
        with armed("K21", hit, _die), pytest.raises(Kill):
            act(journal)
    with Journal.open(path, venue="live", account="acc") as journal:
        assert journal.state.get("risk") == {"peak": "10000"}
        assert [finding for check in journal.verify() for finding in check.findings] == []


def _migrated(folder: Path, *, hit: int) -> None:
    path = folder / "journal.sqlite"
    raw = sqlite3.connect(path, isolation_level=None)
    with armed("K22", hit, _die), pytest.raises(Kill):
        migrate(raw)
    assert raw.execute("PRAGMA user_version").fetchone() == (hit - 1,)
    migrate(raw)
    assert raw.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    raw.close()


def _pulled(folder: Path, *, reason: str, before: bool = False) -> None:
    switch = KillSwitch(folder / "acc" / "KILL")
    if before:
        switch.pull("first", 1)
        switch.clear("over", 2)
    with armed("K24", 1, _die), pytest.raises(Kill):
        switch.pull(reason, 3)
    assert "exists" in KillSwitch(switch.file).why()
    assert switch.reason == reason
    assert switch.pull("again", 4) is False


def _taken_back(folder: Path, *, hit: int, beside: bool = False) -> None:
    limit = {"type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC}
    with open_desk(folder) as desk:
        if beside:
            desk.enter()
            desk.act(an_exit(decision_id="d-out", price=an_entry().reference_price * 2, **limit))
        desk.act(
            an_entry(decision_id="d-1", price=an_entry().reference_price * 49 / 50, **limit),
            an_entry(decision_id="d-2", symbol="ETHUSDT", price=an_entry().reference_price * 49 / 50, **limit),
        )
        with armed("K25", hit, _die), pytest.raises(Kill):
            desk.orders.take_back()
        desk.restart()
        desk.orders.take_back()
        left = [order for order in desk.exchange.fetch_open_orders() if order.side is order.position_side.opening]
        assert left == []


def _rewritten(folder: Path, *, before: bytes | None, others: bool = False) -> None:
    place = folder / "keys"
    with locked_folder(place, what="the keys"):
        if before is not None:
            write_private(place / "vault", before, what="the keys")
        if others:
            write_private(place / "other", b"other", what="the keys")
        with armed("K28", 1, _die), pytest.raises(Kill):
            write_private(place / "vault", b"new", what="the keys")
        assert (place / "vault").exists() is (before is not None)
        assert before is None or (place / "vault").read_bytes() == before
        write_private(place / "vault", b"newer", what="the keys")
    assert sorted(file.name for file in place.iterdir()) == (["other", "vault"] if others else ["vault"])
    assert (place / "vault").read_bytes() == b"newer"


BESIDE: dict[str, dict[str, Callable[[Path], None]]] = {
    "K21": {"before": _checkpoint_while_idle, "after": _checkpoint_done, "at the end": _drained},
    "K22": {f"step {n}": lambda folder, n=n: _migrated(folder, hit=n) for n in range(1, len(MIGRATIONS) + 1)},  # type: ignore[misc]
    "K24": {
        "pulled": lambda folder: _pulled(folder, reason="the news"),
        "pulled again": lambda folder: _pulled(folder, reason="the news", before=True),
        "without a reason": lambda folder: _pulled(folder, reason=""),
    },
    "K25": {
        "at the first": lambda folder: _taken_back(folder, hit=1),
        "at the second": lambda folder: _taken_back(folder, hit=2),
        "beside an exit": lambda folder: _taken_back(folder, hit=1, beside=True),
    },
    "K28": {
        "the first key": lambda folder: _rewritten(folder, before=None),
        "another key": lambda folder: _rewritten(folder, before=b"old"),
        "beside another file": lambda folder: _rewritten(folder, before=b"old", others=True),
    },
}


@pytest.mark.parametrize(
    ("point", "name"), [(p, n) for p, scenarios in BESIDE.items() for n in scenarios], ids=lambda v: v.replace(" ", "-")
)
def test_what_is_beside_the_trading_survives_it_too(point: str, name: str, tmp_path: Path) -> None:
    BESIDE[point][name](tmp_path)


def test_every_point_is_passed_in_three_scenarios() -> None:
    counted = {point: len(set(places)) for point, places in PASSED.items()}
    counted |= {point: len(scenarios) for point, scenarios in BESIDE.items()}

    assert counted.keys() == ALL
    assert {point: count for point, count in counted.items() if count < 3} == {}
