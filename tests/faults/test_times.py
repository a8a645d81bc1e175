"""How long things take at an exchange that answers after 100 ms; simulated time, printed as a table at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import pytest

from tests.unit.trader.live_workshop import HOUR_MS, LiveWorkshop
from weexctl.journal.intent_state import IntentState
from weexctl.journal.intents import Intents
from weexctl.kill_points import armed
from weexctl.simulator.faults import Fault, Word
from weexctl.simulator.faults.others import interfere
from weexctl.simulator.settings import SimulatorSettings
from weexctl.trader.live_loop import Tempo

ORDER = "/capi/v3/order"
TEMPO = Tempo(slice_ms=HOUR_MS)
"""That of a real run; only the pauses in which nothing happens are one sleep instead of many."""
RESTART_S = 2.0
"""How long a service manager waits before it starts a process again."""
RECOVERY = [*(f"K{n:02}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 17, 18, 19, 20)), "order lost"]


@dataclass
class Times:
    """What was measured, in seconds, by what it is about; with how long it may take."""

    measured: dict[str, list[float]] = field(default_factory=dict)
    limits: dict[str, str] = field(default_factory=dict)

    def note(self, what: str, seconds: float, limit: str) -> float:
        self.measured.setdefault(what, []).append(seconds)
        self.limits[what] = limit
        return seconds

    def table(self) -> str:
        rows = [f"{'':40}{'count':>6}{'median':>9}{'worst':>9}  may take"]
        for what, values in self.measured.items():
            rows.append(f"{what:40}{len(values):6}{median(values):8.1f}s{max(values):8.1f}s  {self.limits[what]}")
        return "\n".join(rows)


@pytest.fixture(scope="module")
def times(request: pytest.FixtureRequest) -> Iterator[Times]:
    """Collects; printed when all is measured."""
    times = Times()
    yield times
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(f"\n{times.table()}")  # noqa: T201  # what this module is for


class Killed(BaseException):
    """The process ends here."""


def _die() -> None:
    raise Killed


class Readiness:
    """When exchange and books first agreed."""

    def __init__(self, shop: LiveWorkshop) -> None:
        self._clock = shop.clock
        self.at_ms: int | None = None

    def ready(self, status: str) -> None:
        """Told below, where it says whether they agree."""

    def alive(self, status: str, *, agreed: bool) -> None:
        if agreed and self.at_ms is None:
            self.at_ms = self._clock.now_ms()


def a_shop(folder: Path, **habits: Any) -> LiveWorkshop:
    """An account with positions, at an exchange 100 ms away; its habits begin afterwards."""
    shop = LiveWorkshop(folder, settings=SimulatorSettings(latency_ms=100))
    shop.run(2)
    shop.simulator.configure(SimulatorSettings(latency_ms=100, **habits))
    assert shop.simulator.ledger.positions
    return shop


def to_close(shop: LiveWorkshop) -> None:
    """Let time go on until half a minute before the next candle closes."""
    now_ms = shop.clock.now_ms()
    shop.clock.sleep_ms(now_ms // HOUR_MS * HOUR_MS + HOUR_MS - 30_000 - now_ms)


def go_on(shop: LiveWorkshop, *, seconds: float = 0, until: Callable[[], bool] = lambda: False, **changes: Any) -> None:
    """A process at the tempo of a real run: for so long, or until something is so."""
    session = shop.session(**({"tempo": TEMPO} | changes))
    until_ms = shop.clock.now_ms() + round(seconds * 1000) if seconds else None
    try:
        session.run(until_ms=until_ms, should_stop=until)
    finally:
        session.venue.close()


@pytest.mark.parametrize("point", RECOVERY)
def test_after_a_kill_it_is_ready_within_15_seconds(tmp_path: Path, times: Times, point: str) -> None:
    shop = a_shop(tmp_path)
    if point == "order lost":
        shop.handle = _losing(shop, 1, arrives=False, error=Killed())
    with armed(point, 1, _die), pytest.raises(Killed):
        shop.run(12)
    shop.handle = shop.simulator.handle
    killed_ms = shop.clock.now_ms()
    shop.clock.sleep_ms(round(RESTART_S * 1000))
    readiness = Readiness(shop)
    go_on(shop, seconds=90, until=lambda: readiness.at_ms is not None, pulse=readiness)
    assert readiness.at_ms is not None
    assert times.note("from kill -9 to ready", (readiness.at_ms - killed_ms) / 1000, "15 s") <= 15


def test_a_stop_that_is_gone_is_noticed_within_10_seconds_and_there_again_within_15(
    tmp_path: Path, times: Times
) -> None:
    shop = a_shop(tmp_path)
    symbol = next(iter(shop.simulator.ledger.positions.values())).symbol
    gone: list[int] = []
    noticed: list[int] = []
    back: list[int] = []

    def stopped() -> bool:
        return any(row.waiting and not row.opening for row in shop.simulator.venue.orders(symbol))

    def watched(request: httpx.Request) -> httpx.Response:
        answer = shop.simulator.handle(request)
        if len(gone) > len(noticed) and request.method == "POST" and "TpSl" in request.url.path:
            noticed.append(shop.clock.now_ms())
        if len(gone) > len(back) and stopped():
            back.append(shop.clock.now_ms())
        return answer

    began_ms = shop.clock.now_ms()
    pauses_s = [7.0, 8.3, 9.1, 11.7, 13.9, 10.2]

    def meddle() -> bool:
        """Cancel the stop some time after it was there again, at ever another moment between two looks."""
        now_ms = shop.clock.now_ms()
        last_ms = back[-1] if back else began_ms
        if len(gone) == len(back) < len(pauses_s) and now_ms >= last_ms + pauses_s[len(gone)] * 1000:
            interfere(shop.simulator.venue, Fault(word=Word.EXT, args={"act": "cancel_stop", "symbol": symbol}))
            gone.append(now_ms)
        return len(back) == len(pauses_s)

    shop.handle = watched
    go_on(shop, seconds=240, until=meddle, tempo=Tempo())
    assert len(gone) == len(noticed) == len(back) == len(pauses_s)
    for gone_ms, noticed_ms, back_ms in zip(gone, noticed, back, strict=True):
        assert times.note("from a stop gone to noticed", (noticed_ms - gone_ms) / 1000, "10 s") <= 10
        assert times.note("from a stop gone to there again", (back_ms - gone_ms) / 1000, "15 s") <= 15


@dataclass
class Ends:
    """When intents came into which state, milliseconds."""

    moved: dict[tuple[int, IntentState], int] = field(default_factory=dict)

    def seconds(self, first: IntentState, last: IntentState) -> list[float]:
        """From one state to another, of every intent that came from the one to the other."""
        began = {intent: at for (intent, state), at in self.moved.items() if state is first}
        ended = {intent: at for (intent, state), at in self.moved.items() if state is last}
        return [(ended[intent] - at) / 1000 for intent, at in began.items() if intent in ended]


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Ends:
    ends, move = Ends(), Intents.move

    def noted(self: Intents, intent_id: int, state: IntentState, *, at_ms: int, detail: str = "") -> None:
        ends.moved.setdefault((intent_id, state), at_ms)
        move(self, intent_id, state, at_ms=at_ms, detail=detail)

    monkeypatch.setattr(Intents, "move", noted)
    return ends


def _losing(
    shop: LiveWorkshop, number: int, *, arrives: bool, error: BaseException | None = None
) -> Callable[[httpx.Request], httpx.Response]:
    """The exchange, but for one order: it, or its answer, is lost."""
    count = 0

    def handle(request: httpx.Request) -> httpx.Response:
        nonlocal count
        if request.method == "POST" and request.url.path == ORDER:
            count += 1
            if count == number:
                if arrives:
                    shop.simulator.handle(request)
                raise error or httpx.ReadTimeout("timed out", request=request)
        return shop.simulator.handle(request)

    return handle


@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_order_whose_answer_was_lost_is_found_by_looking(
    tmp_path: Path, times: Times, ends: Ends, number: int
) -> None:
    shop = a_shop(tmp_path)
    shop.handle = _losing(shop, number, arrives=True)
    to_close(shop)
    ends.moved.clear()
    go_on(shop, seconds=90)
    [seconds] = ends.seconds(IntentState.UNKNOWN, IntentState.ACCEPTED)
    assert times.note("from unknown to found", seconds, "3 s") <= 3


@pytest.mark.parametrize("seen_late_ms", [500, 1_000, 2_000, 4_000])
@pytest.mark.parametrize("number", [1, 3])
def test_also_where_orders_are_listed_late(
    tmp_path: Path, times: Times, ends: Ends, seen_late_ms: int, number: int
) -> None:
    """It is looked for before the other orders go on, so that it is found little later than it can be."""
    shop = a_shop(tmp_path, order_delay_ms=seen_late_ms)
    shop.handle = _losing(shop, number, arrives=True)
    to_close(shop)
    ends.moved.clear()
    go_on(shop, seconds=90)
    [seconds] = ends.seconds(IntentState.UNKNOWN, IntentState.ACCEPTED)
    assert times.note("the same, listed 0.5 to 4 s late", seconds, "lag + 1.5 s") <= seen_late_ms / 1000 + 1.5


@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_order_that_never_arrived_is_known_to_be_absent_within_55_seconds(
    tmp_path: Path, times: Times, ends: Ends, number: int
) -> None:
    shop = a_shop(tmp_path)
    shop.handle = _losing(shop, number, arrives=False)
    to_close(shop)
    ends.moved.clear()
    go_on(shop, seconds=120)
    [seconds] = ends.seconds(IntentState.UNKNOWN, IntentState.NOT_PLACED)
    assert 45 <= times.note("from unknown to proven absent", seconds, "55 s") <= 55


def test_also_when_the_process_died_while_it_was_sent(tmp_path: Path, times: Times, ends: Ends) -> None:
    shop = a_shop(tmp_path)
    shop.handle = _losing(shop, 1, arrives=False, error=Killed())
    to_close(shop)
    with pytest.raises(Killed):
        go_on(shop, seconds=90)
    shop.handle = shop.simulator.handle
    shop.clock.sleep_ms(round(RESTART_S * 1000))
    go_on(shop, seconds=120)
    [seconds] = ends.seconds(IntentState.UNKNOWN, IntentState.NOT_PLACED)
    assert times.note("the same, from the restart", seconds, "55 s") <= 55


def test_a_kill_switch_lets_nothing_more_out_that_adds_risk(tmp_path: Path, times: Times) -> None:
    """Pulled while a step's orders are on their way: what leaves after that may only reduce or protect."""
    shop = a_shop(tmp_path)
    pulled_ms = 0
    last_ms: list[int] = []

    def watched(request: httpx.Request) -> httpx.Response:
        nonlocal pulled_ms
        if request.method == "POST" and request.url.path == ORDER and _opens(request):
            if pulled_ms:
                last_ms.append(shop.clock.now_ms())
            pulled_ms = pulled_ms or shop.clock.now_ms()
        return shop.simulator.handle(request)

    shop.handle = watched
    entries = _count_of_entries(tmp_path / "other")
    to_close(shop)
    go_on(shop, seconds=90, halted=lambda: "pulled" if pulled_ms else "")
    assert pulled_ms > 0
    assert entries > 1  # without it there would have been more
    last = max(last_ms, default=pulled_ms)
    assert times.note("from the kill switch to the last entry", (last - pulled_ms) / 1000, "1 s") <= 1


def _opens(request: httpx.Request) -> bool:
    body = request.content
    return (b'"BUY"' in body and b'"LONG"' in body) or (b'"SELL"' in body and b'"SHORT"' in body)


def _count_of_entries(folder: Path) -> int:
    """How many entries the same step makes when nobody halts it."""
    folder.mkdir()
    shop, count = a_shop(folder), 0

    def counted(request: httpx.Request) -> httpx.Response:
        nonlocal count
        count += request.method == "POST" and request.url.path == ORDER and _opens(request)
        return shop.simulator.handle(request)

    shop.handle = counted
    to_close(shop)
    go_on(shop, seconds=90)
    return count
