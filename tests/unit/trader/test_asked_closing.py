"""A run that is asked to close something does it itself, between two candles, and goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.trader.live_workshop import LiveWorkshop
from weexctl.execution.close_requests import CloseRequests
from weexctl.journal.journal import Journal
from weexctl.model.order import Leg
from weexctl.trader.live_session import LiveSession
from weexctl.trader.session_report import SessionReport

ORDER = "/capi/v3/order"
Key = tuple[str, str]


class Person:
    """Asks for one close as soon as something is held, and reads the answer at the next step."""

    def __init__(self, shop: LiveWorkshop, *, everything: bool = False) -> None:
        self.shop = shop
        self.requests = CloseRequests.beside(shop.path)
        self.everything = everything
        self.before: set[Key] = set()
        self.after: set[Key] = set()
        self.answer: dict[str, Any] | None = None
        self.on_ask: Callable[[], None] = lambda: None
        self._name = ""

    @property
    def held(self) -> set[Key]:
        return {(p.symbol, p.side.value) for p in self.shop.simulator.ledger.positions.values() if p.size}

    def __call__(self, note: str) -> None:
        if self._name:
            if self.answer is None:
                self.answer = self.requests.answered(self._name)
            return
        if self.held:
            self.before = self.held
            self._name = self.requests.ask(None if self.everything else sorted(self.before)[:1], 1)
            self.on_ask()

    def look(self) -> bool:
        """At every pause: the account right after the run has answered."""
        if self._name and not self.after and self.requests.open and not self.requests.waiting():
            self.after = self.held | {("answered", "")}
        return False


def _run(shop: LiveWorkshop, person: Person, steps: int = 12) -> SessionReport:
    session: LiveSession = shop.session()
    try:
        return session.run(steps=steps, on_step=person, should_stop=person.look)
    finally:
        session.venue.close()


@pytest.mark.parametrize("everything", [False, True])
def test_what_was_asked_for_is_closed_by_the_run_and_is_on_record(tmp_path: Path, everything: bool) -> None:
    shop = LiveWorkshop(tmp_path)
    person = Person(shop, everything=everything)
    report = _run(shop, person)
    assert report.made_steps == 12
    wanted = person.before if everything else set(sorted(person.before)[:1])
    assert person.after - {("answered", "")} == person.before - wanted
    assert person.answer is not None
    assert (person.answer["failures"], len(person.answer["orders"])) == ([], len(wanted))
    by_hand = [trade for trade in report.trades if trade.exit_reason == "MANUAL_CLOSE"]
    assert {(trade.symbol, trade.position_side.value) for trade in by_hand} == wanted
    with Journal.read(shop.path) as journal:
        for row in person.answer["orders"]:
            record = journal.intents.of_leg(row["decision_id"], Leg.EXIT)
            assert record is not None
            assert record.run_id == report.run.run_id
            assert journal.decisions.get(row["decision_id"]) is not None
    held = {(p.symbol, p.side.value): p.size for p in shop.simulator.ledger.positions.values() if p.size}
    assert {(t.symbol, t.side.value): t.quantity for t in report.open_trades} == held
    assert not person.requests.open


def test_an_exchange_that_refuses_is_told_of_and_the_run_goes_on(tmp_path: Path) -> None:
    shop = LiveWorkshop(tmp_path)
    person, real = Person(shop), shop.handle

    def refuse(request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and request.url.path == ORDER:
            return httpx.Response(400, json={"code": -1140, "msg": "not now"})
        return real(request)

    def shut() -> None:
        shop.handle = refuse

    person.on_ask = shut
    report = _run(shop, person)
    assert report.made_steps == 12
    assert person.answer is not None
    [row] = person.answer["orders"]
    assert (row["order_id"], bool(row["code"])) == (None, True)
    assert person.after - {("answered", "")} == person.before


def test_an_account_that_cannot_be_read_is_told_of_and_nothing_is_sent(tmp_path: Path) -> None:
    shop = LiveWorkshop(tmp_path)
    person, real = Person(shop), shop.handle

    def blind(request: httpx.Request) -> httpx.Response:
        if request.method == "GET" and "position" in request.url.path.lower():
            return httpx.Response(400, json={"code": -1140, "msg": "not now"})
        return real(request)

    def shut() -> None:
        shop.handle = blind

    person.on_ask = shut
    _run(shop, person)
    assert person.answer is not None
    assert (person.answer["orders"], len(person.answer["failures"])) == ([], 1)
    assert all(person.answer["failures"][0].values())
