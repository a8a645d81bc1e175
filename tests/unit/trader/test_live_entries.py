"""What keeps the live loop from opening anything: not ready, blind, late, halted; and the leverage it opens with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx

from tests.unit.trader.live_workshop import HOUR_MS, LiveWorkshop
from tests.unit.trader.small_pipeline import LIMITS
from weexctl.journal.journal import Journal
from weexctl.trader.live_loop import Tempo

ORDER, STOPS, LEVERAGE = "/capi/v3/order", "/capi/v3/openAlgoOrders", "/capi/v3/account/leverage"


def _no() -> httpx.Response:
    return httpx.Response(400, json={"code": -1140, "msg": "not now"})


def _entries(shop: LiveWorkshop, refused: str = "") -> list[dict[str, Any]]:
    """From here on requests to one path are refused; returns the entries that are posted."""
    real, posted = shop.handle, []

    def handle(request: httpx.Request) -> httpx.Response:
        if refused and request.url.path == refused and (refused != LEVERAGE or request.method == "POST"):
            return _no()
        if request.method == "POST" and request.url.path == ORDER:
            members: dict[str, Any] = json.loads(request.content)
            if (members["side"] == "BUY") == (members["positionSide"] == "LONG"):
                posted.append(members)
        return real(request)

    shop.handle = handle
    return posted


def test_positions_are_opened_with_the_profiles_leverage_and_not_with_the_accounts(tmp_path: Path) -> None:
    shop = LiveWorkshop(tmp_path)
    posted = _entries(shop)
    shop.run(3)
    assert posted
    assert {setting.cross for setting in shop.simulator.venue.leverages.values()} == {LIMITS.max_leverage}


def test_nothing_opens_before_leverages_are_what_they_should_be(tmp_path: Path) -> None:
    shop = LiveWorkshop(tmp_path)
    posted = _entries(shop, LEVERAGE)
    report = shop.run(3)
    assert posted == []
    assert report.state.refusals["NOT_READY"] > 0


def test_nothing_opens_while_stops_cannot_be_read(tmp_path: Path) -> None:
    shop = LiveWorkshop(tmp_path)
    posted = _entries(shop)
    real, before = shop.handle, []

    def go_blind(note: str) -> None:
        """From the first close on."""
        before.append(len(posted))
        shop.handle = lambda request: _no() if request.url.path == STOPS else real(request)

    session = shop.session()
    report = session.run(steps=5, on_step=go_blind, should_stop=lambda: False)
    session.venue.close()
    assert report.made_steps == 5
    assert before[0] > 0
    assert before == [before[0]] * 5
    assert report.state.refusals["UNAVAILABLE"] > 0


def test_a_close_that_is_minutes_old_opens_nothing(tmp_path: Path) -> None:
    shop = LiveWorkshop(tmp_path)
    posted = _entries(shop)
    real, late = shop.handle, [True]

    def asleep(request: httpx.Request) -> httpx.Response:
        """The first candles after a close come six minutes later: the machine slept."""
        if late and "lines" in request.url.path and shop.clock.now_ms() % HOUR_MS < 60_000 and shop.path.exists():
            with Journal.read(shop.path) as journal:
                running = journal.runs.latest() is not None
            if running:
                late.clear()
                shop.simulator.advance(shop.simulator.now_ms + 360_000)
        return real(request)

    shop.handle = asleep
    first = shop.run(1)
    assert late == []
    assert posted == []
    assert first.state.refusals["SIGNAL_EXPIRED"] > 0
    shop.run(2)
    assert posted  # and the next one is on time


def test_a_halt_in_the_middle_of_a_run_is_seen_at_the_next_close(tmp_path: Path) -> None:
    shop = LiveWorkshop(tmp_path)
    reason = [""]
    posted = _entries(shop)

    def pull(note: str) -> None:
        reason[0] = "by hand"

    session = shop.session(halted=lambda: reason[0])
    report = session.run(steps=8, on_step=pull, should_stop=lambda: False)
    session.venue.close()
    assert report.state.refusals["KILL_SWITCH"] > 0
    with Journal.read(shop.path) as journal:
        opening = {intent.decision_id for intent in journal.intents.all() if not intent.order_intent().reduces}
    assert len(opening) == len(posted)  # what the halt stopped was not even written down
    first_close = report.run.from_ms
    assert {int(intent.created_ms) for intent in _opened(shop)} == {first_close}


def _opened(shop: LiveWorkshop) -> list[Any]:
    with Journal.read(shop.path) as journal:
        return [intent for intent in journal.intents.all() if not intent.order_intent().reduces]


def test_the_loop_lives_by_the_venues_clock(tmp_path: Path) -> None:
    shop = LiveWorkshop(tmp_path)
    began_ms = shop.clock.now_ms()
    session = shop.session(tempo=Tempo(watch_ms=600_000, idle_ms=600_000, slice_ms=HOUR_MS))
    report = session.run(until_ms=began_ms + 3 * HOUR_MS + 60_000, should_stop=lambda: False)
    session.venue.close()
    assert report.made_steps == 3
    assert 0 <= shop.clock.now_ms() - (began_ms + 3 * HOUR_MS + 60_000) < 60_000
