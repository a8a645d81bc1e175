"""A run whose journal refuses: it decides nothing, what is open keeps its stops, and it goes on when it can."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.trader.live_workshop import HOUR_MS, LiveWorkshop
from weexctl.errors import JournalUnavailableError, LockHeldError
from weexctl.journal.database import Database
from weexctl.journal.journal import Journal
from weexctl.simulator.faults import Fault, Word
from weexctl.simulator.faults.others import interfere
from weexctl.trader.live_loop import Tempo

TEMPO = Tempo(slice_ms=HOUR_MS)


class Status:
    """Hears what a service manager hears."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def ready(self, status: str) -> None:
        """Said once more with every look."""

    def alive(self, status: str, *, agreed: bool) -> None:
        self.heard.append(f"{agreed}: {status}")


@pytest.fixture
def shop(tmp_path: Path) -> LiveWorkshop:
    """An account with positions."""
    shop = LiveWorkshop(tmp_path)
    shop.run(2)
    assert shop.simulator.ledger.positions
    return shop


def refusing(patch: pytest.MonkeyPatch, wanted: Callable[[], bool]) -> None:
    """No journal takes a record while this is so."""
    begin = Database._begin

    def begun(self: Database, durable: bool) -> None:
        if wanted():
            raise JournalUnavailableError("no room left", code="DISK_FULL")
        begin(self, durable)

    patch.setattr(Database, "_begin", begun)


def take_stop(shop: LiveWorkshop) -> str:
    """Somebody cancels a position's stop; its symbol."""
    symbol = next(iter(shop.simulator.ledger.positions.values())).symbol
    interfere(shop.simulator.venue, Fault(word=Word.EXT, args={"act": "cancel_stop", "symbol": symbol}))
    assert not stopped(shop, symbol)
    return symbol


def stopped(shop: LiveWorkshop, symbol: str) -> bool:
    return any(row.waiting and not row.opening for row in shop.simulator.venue.orders(symbol))


def run_for(
    shop: LiveWorkshop, seconds: float, *, should_stop: Callable[[], bool] = lambda: False, **changes: Any
) -> None:
    session = shop.session(**({"tempo": TEMPO} | changes))
    try:
        session.run(until_ms=shop.clock.now_ms() + round(seconds * 1000), should_stop=should_stop)
    finally:
        session.venue.close()


def test_a_stop_that_goes_missing_meanwhile_is_there_again_soon(
    shop: LiveWorkshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    began_ms, taken, back = shop.clock.now_ms(), list[int](), list[int]()
    symbol, status = "", Status()

    def meddle() -> bool:
        nonlocal symbol
        now_ms = shop.clock.now_ms()
        if not taken and now_ms >= began_ms + 20_000:
            symbol = take_stop(shop)
            taken.append(now_ms)
        if taken and not back and stopped(shop, symbol):
            back.append(now_ms)
        return False

    refusing(monkeypatch, lambda: True)
    with pytest.raises(JournalUnavailableError):
        run_for(shop, 60, should_stop=meddle, tempo=Tempo(), pulse=status)
    assert back[0] - taken[0] <= 10_000
    assert set(status.heard) == {"False: the journal refuses (DISK_FULL); nothing opens, stops are looked after"}


def test_it_goes_on_by_itself_and_has_on_record_what_was_done(
    shop: LiveWorkshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    symbol = take_stop(shop)
    works_ms, status = shop.clock.now_ms() + 30_000, Status()
    refusing(monkeypatch, lambda: shop.clock.now_ms() < works_ms)
    run_for(shop, 120, pulse=status)
    assert status.heard[-1].startswith("True: equity")
    (stop,) = [row for row in shop.simulator.venue.orders(symbol) if row.waiting and not row.opening]
    with Journal.read(shop.path) as journal:
        attempt = journal.attempts.by_client_order_id(stop.client_id)
        assert attempt is not None
        assert attempt.order_id == str(stop.id)
        assert str(stop.id) in [order.order_id for order in journal.orders.open(symbol)]


def test_the_journal_is_tried_less_and_less_often(shop: LiveWorkshop, monkeypatch: pytest.MonkeyPatch) -> None:
    opened, tried = Journal.open, list[int]()

    def noted(*args: Any, **given: Any) -> Journal:
        tried.append(shop.clock.now_ms())
        return opened(*args, **given)

    monkeypatch.setattr(Journal, "open", noted)
    refusing(monkeypatch, lambda: True)
    with pytest.raises(JournalUnavailableError):
        run_for(shop, 300, tempo=Tempo(slice_ms=HOUR_MS))
    pauses = [round((later - earlier) / 1000) for earlier, later in pairwise(tried)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (4, 60)


@pytest.mark.parametrize("works", [True, False])
def test_nothing_is_decided_meanwhile(shop: LiveWorkshop, monkeypatch: pytest.MonkeyPatch, works: bool) -> None:
    orders, answer = list[str](), shop.handle

    def noted(request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and request.url.path == "/capi/v3/order":
            orders.append(request.content.decode())
        return answer(request)

    shop.handle = noted
    if works:
        run_for(shop, 3 * 3_600)
    else:
        refusing(monkeypatch, lambda: True)
        with pytest.raises(JournalUnavailableError):
            run_for(shop, 3 * 3_600)
    assert bool(orders) is works


def test_a_run_of_so_many_steps_looks_once_and_ends(shop: LiveWorkshop, monkeypatch: pytest.MonkeyPatch) -> None:
    symbol = take_stop(shop)
    refusing(monkeypatch, lambda: True)
    with pytest.raises(JournalUnavailableError, match="no room left"):
        shop.run(1)
    assert stopped(shop, symbol)


def test_with_nothing_open_it_ends_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = LiveWorkshop(tmp_path)
    with Journal.open(shop.path, venue="live", account="main"):
        pass
    refusing(monkeypatch, lambda: True)
    began_ms = shop.clock.now_ms()
    with pytest.raises(JournalUnavailableError):
        run_for(shop, 600)
    assert shop.clock.now_ms() - began_ms < 1_000


def test_it_ends_when_asked_to(shop: LiveWorkshop, monkeypatch: pytest.MonkeyPatch) -> None:
    refusing(monkeypatch, lambda: True)
    end_ms = shop.clock.now_ms() + 15_000
    with pytest.raises(JournalUnavailableError):
        run_for(shop, 600, should_stop=lambda: shop.clock.now_ms() >= end_ms, tempo=Tempo())
    assert shop.clock.now_ms() - end_ms < 1_000


def test_a_rehearsal_places_nothing(shop: LiveWorkshop, monkeypatch: pytest.MonkeyPatch) -> None:
    symbol = take_stop(shop)
    refusing(monkeypatch, lambda: True)
    with pytest.raises(JournalUnavailableError):
        run_for(shop, 60, read_only=True)
    assert not stopped(shop, symbol)


def test_it_keeps_out_of_an_account_that_another_process_has(
    shop: LiveWorkshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    symbol = take_stop(shop)
    others: list[Journal] = []

    opened = Journal.open

    def refused(*args: Any, **given: Any) -> Journal:
        monkeypatch.setattr(Journal, "open", opened)
        others.append(Journal.open(shop.path, venue="live", account="main"))
        raise JournalUnavailableError("no room left", code="DISK_FULL")

    monkeypatch.setattr(Journal, "open", refused)
    with pytest.raises(LockHeldError):
        run_for(shop, 60)
    others[0].close()
    assert not stopped(shop, symbol)


def test_at_the_demo_account_it_waits_and_says_that_nobody_watches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, status = LiveWorkshop(tmp_path, demo=True), Status()
    assert shop.run(2).open_trades
    refusing(monkeypatch, lambda: True)
    with pytest.raises(JournalUnavailableError):
        run_for(shop, 30, pulse=status)
    assert set(status.heard) == {"False: the journal refuses (DISK_FULL); nothing opens, nobody watches the stops"}
