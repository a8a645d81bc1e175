"""Traps on the way of an order and around its stop, each a test under its number (docs/traps.md)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.unit.execution.orders import an_entry
from tests.unit.trader.desk import Desk
from tests.unit.trader.live_workshop import LiveWorkshop
from weexctl.errors import OrderNotFoundError, OutcomeUnknownError, RejectedError, UnavailableError
from weexctl.execution.reading import Unavailable
from weexctl.journal.intent_state import IntentState
from weexctl.journal.journal import Journal
from weexctl.kill_points import armed
from weexctl.model.order import Leg
from weexctl.model.side import PositionSide
from weexctl.pipeline.decide import StopMove
from weexctl.simulator.faults.others import liquidate
from weexctl.simulator.orders import SimOrder
from weexctl.simulator.settings import SimulatorSettings
from weexctl.trader.keeper import Watch

if TYPE_CHECKING:
    from tests.traps.conftest import Kept

BTC, LONG = "BTCUSDT", PositionSide.LONG
KEY = (BTC, LONG.value)
DOWN = UnavailableError("down")
LOST = OutcomeUnknownError("no answer", order_state="unknown")
READS = (
    "fetch_order",
    "fetch_open_orders",
    "fetch_order_history",
    "fetch_fills",
    "fetch_positions",
    "fetch_conditional_orders",
    "fetch_balance",
)
DAY_MS = 86_400_000

# T2: a death between sending and writing down -------------------------------------------------------------------------

POINTS = ("K03", "K04", "K05", "K06", "K08", "K10", "K11", "K12", "K13", "K15", "K16", "K19")


class Killed(BaseException):
    """The process ends here."""


def _die() -> None:
    raise Killed


@pytest.mark.parametrize("point", POINTS)
def test_t02_a_death_on_the_order_path_leaves_no_orphan_and_no_duplicate(tmp_path: Path, point: str) -> None:
    """The second order of the run dies at the point; stops do not come with entries, so that they are sent too."""
    shop = LiveWorkshop(tmp_path, settings=SimulatorSettings(presets_on_market=False, history_kept=5_000))
    with ExitStack() as armings:
        early = point in ("K03", "K04")
        armings.enter_context(
            armed(point, 2, _die)
            if early
            else armed("K05", 2, lambda: armings.enter_context(armed(point, 1, _die)) and None)
        )
        with pytest.raises(Killed):
            shop.run(6)
    report = shop.run(2)
    venue = shop.simulator.venue
    ours = [order for order in (*venue.closed, *venue.orders()) if order.client_id.startswith("wx")]
    names = Counter(order.client_id for order in ours)
    assert [name for name, times in names.items() if times > 1] == []
    with Journal.read(shop.path) as journal:
        sent = {a.client_order_id for i in journal.intents.all() for a in journal.attempts.of_intent(i.intent_id)}
        assert {order.client_id for order in ours} <= sent
        assert journal.intents.in_states(IntentState.SENDING, IntentState.UNKNOWN) == []
        waiting = journal.intents.in_states(IntentState.ACCEPTED)
        assert [record for record in waiting if record.leg is not Leg.STOP] == []
    held = {(p.symbol, p.side.value): p.size for p in venue.ledger.positions.values()}
    assert {(t.symbol, t.side.value): t.quantity for t in report.open_trades} == held
    assert {key: _covered(shop, *key) >= size for key, size in held.items()} == dict.fromkeys(held, True)


def _covered(shop: LiveWorkshop, symbol: str, side: str) -> Decimal:
    stops = [o for o in shop.stops(symbol) if o.position_side.value == side and o.leg is Leg.STOP]
    return sum((stop.quantity for stop in stops), Decimal(0))


# T3: accepted, unanswered, unreadable ---------------------------------------------------------------------------------


def test_t03_an_order_nobody_can_see_for_a_minute_freezes_its_symbol_and_is_then_protected(desk: Desk) -> None:
    desk.exchange.attaches_stops = False
    desk.exchange.lose_answer("place_order", LOST)
    for name in READS:
        desk.exchange.always_fail(name, DOWN)
    assert desk.enter().state is IntentState.UNKNOWN
    until_ms = desk.clock.now_ms() + 60_000
    while desk.clock.now_ms() < until_ms:
        desk.clock.sleep_ms(5_000)
        desk.orders.settle()
        assert desk.orders.executor.frozen_symbols() == {BTC: "OUTCOME_UNKNOWN"}
    assert desk.act(an_entry(decision_id="d-next")) == []
    assert desk.state.refusals["OUTCOME_UNKNOWN"] >= 1
    for name in READS:
        desk.exchange.always_fail(name, None)
    (settled,) = desk.orders.settle()
    assert settled.state is IntentState.FILLED
    assert len(desk.exchange.named("place_order")) == 1
    (stop,) = desk.exchange.fetch_conditional_orders(BTC)
    assert (stop.leg, stop.quantity, stop.trigger_price) == (Leg.STOP, Decimal("0.02"), Decimal(48_000))
    assert desk.trade.stop_order_ids == (stop.order_id,)


# T4: what cannot be read is not old -----------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [1, 40])
@pytest.mark.parametrize("failing", READS[1:5])
def test_t04_an_order_that_cannot_be_looked_for_stays_unknown_however_old(desk: Desk, failing: str, days: int) -> None:
    desk.exchange.fail("place_order", LOST)
    desk.exchange.always_fail(failing, DOWN)
    desk.enter()
    desk.clock.sleep_ms(days * DAY_MS)
    assert desk.orders.settle() == []
    assert desk.orders.executor.frozen_symbols() == {BTC: "OUTCOME_UNKNOWN"}
    (record,) = desk.journal.intents.in_states(IntentState.UNKNOWN)
    assert record.decision_id == "d-entry"


@pytest.mark.parametrize("error", [DOWN, OrderNotFoundError("no such order")])
def test_t04_an_accepted_order_that_cannot_be_fetched_is_not_given_up(desk: Desk, error: Exception) -> None:
    assert isinstance(error, UnavailableError | OrderNotFoundError)
    desk.exchange.always_fail("fetch_order", error)
    assert desk.enter().state is IntentState.ACCEPTED
    desk.clock.sleep_ms(40 * DAY_MS)
    desk.orders.settle()
    assert desk.orders.executor.frozen_symbols() == {BTC: "OUTCOME_UNKNOWN"}
    desk.exchange.always_fail("fetch_order", None)
    (settled,) = desk.orders.settle()
    assert settled.state is IntentState.FILLED


# T5: 502 is no invitation ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("carried_out", [True, False])
def test_t05_an_order_that_got_502_is_on_the_wire_exactly_once(tmp_path: Path, carried_out: bool) -> None:
    shop = LiveWorkshop(tmp_path)
    answer, posted = shop.handle, Counter[str]()

    def gateway(request: httpx.Request) -> httpx.Response:
        if request.method != "POST" or request.url.path != "/capi/v3/order":
            return answer(request)
        posted[json.loads(request.content)["newClientOrderId"]] += 1
        if sum(posted.values()) > 1:
            return answer(request)
        if carried_out:
            answer(request)
        return httpx.Response(502, text="<html>Bad Gateway</html>", headers={"content-type": "text/html"})

    shop.handle = gateway
    shop.run(2)
    assert len(posted) > 1
    assert set(posted.values()) == {1}


# T6: a list that did not come is not an empty list --------------------------------------------------------------------


def _timeout(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("no answer", request=request)


def _said(status: int, text: str, kind: str = "application/json") -> Callable[[httpx.Request], httpx.Response]:
    return lambda _: httpx.Response(status, text=text, headers={"content-type": kind})


UNREAD = {
    "timeout": _timeout,
    "429": _said(429, '{"code":-1003,"msg":"Too many requests"}'),
    "page": _said(200, "<html>maintenance</html>", "text/html"),
    "null": _said(200, "null"),
    "refusal": _said(200, '{"code":-1054,"msg":"system error"}'),
    "envelope": _said(200, '{"code":"40000","msg":"failed","data":[]}'),
}


@pytest.mark.parametrize("word", list(UNREAD))
def test_t06_positions_that_cannot_be_read_are_never_flat(tmp_path: Path, word: str) -> None:
    shop = LiveWorkshop(tmp_path)
    before = shop.run(4)
    assert before.open_trades
    answer, sent = shop.handle, []

    def deaf(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/allPosition"):
            return UNREAD[word](request)
        if request.method == "POST":
            sent.append(request.url.path)
        return answer(request)

    shop.handle = deaf
    during = shop.run(3)
    assert [path for path in sent if path.endswith("/order")] == []
    assert during.open_trades == before.open_trades
    assert during.trades == before.trades
    shop.handle = answer
    after = shop.run(1)
    held = {(p.symbol, p.side.value): p.size for p in shop.simulator.ledger.positions.values()}
    assert {(t.symbol, t.side.value): t.quantity for t in after.open_trades} == held


# T7: a stop and a person act while nobody looks -----------------------------------------------------------------------


def test_t07_a_stop_that_fired_and_a_persons_order_during_a_restart_are_told_apart(kept: Kept) -> None:
    desk = kept.desk
    desk.enter()
    (stop,) = desk.stops
    desk.clock.sleep_ms(1_000)
    desk.exchange.fire(stop, "48000")
    desk.clock.sleep_ms(1_000)
    desk.exchange.act_by_hand("ETHUSDT", LONG, "0.5", opens=True)
    desk.restart()
    for _ in range(3):  # again and again: no crash, nothing twice
        watch = kept.look()
        assert isinstance(watch, Watch)
        assert watch.blocked == {"ETHUSDT": "EXTERNAL_POSITION"}
    (trade,) = desk.journal.trades.of_run("run-1")
    assert (trade.symbol, trade.exit_reason, trade.exit_order_id) == (BTC, "STOP_HIT", stop)
    assert desk.sync.trades == {}
    assert desk.exchange.quantity("ETHUSDT") == Decimal("0.5")


def test_t07_what_a_person_opens_after_our_stop_on_the_same_side_is_not_ours(kept: Kept) -> None:
    desk = kept.desk
    desk.enter()
    (stop,) = desk.stops
    desk.clock.sleep_ms(1_000)
    desk.exchange.fire(stop, "48000")
    desk.clock.sleep_ms(1_000)
    desk.exchange.act_by_hand(BTC, LONG, "0.01", opens=True)
    desk.restart()
    watch = kept.look()
    (trade,) = desk.journal.trades.of_run("run-1")
    assert (trade.quantity, trade.exit_reason) == (Decimal("0.02"), "STOP_HIT")
    assert desk.sync.trades == {}
    assert isinstance(watch, Watch)
    assert watch.blocked == {BTC: "EXTERNAL_POSITION"}


# T8: a stop is moved, never taken away and put back -------------------------------------------------------------------


@pytest.mark.parametrize("in_place", [True, False])
def test_t08_while_stops_are_moved_every_position_has_one_at_every_moment(tmp_path: Path, in_place: bool) -> None:
    shop = LiveWorkshop(tmp_path, settings=SimulatorSettings(modify_in_place=in_place))
    answer, moved = shop.handle, Counter[tuple[int, str]]()
    bare: list[tuple[str, str]] = []

    def watched(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/modifyTpSlOrder"):
            moved[shop.clock.now_ms() // 3_600_000, request.content.decode()] += 1
        answered = answer(request)
        bare.extend(key for key in _positions(shop) if not _stopped(shop, key))
        return answered

    shop.handle = watched
    shop.run(20)
    assert sum(moved.values()) > 5
    assert bare == []
    assert max(moved.values()) == 1  # one request for one move of one stop: no storm


def _positions(shop: LiveWorkshop) -> list[tuple[str, str]]:
    return [(p.symbol, p.side.value) for p in shop.simulator.ledger.positions.values()]


def _stopped(shop: LiveWorkshop, key: tuple[str, str]) -> bool:
    def guards(order: SimOrder) -> bool:
        return order.waiting and not order.opening and (order.symbol, order.position_side.value) == key

    return any(guards(order) for order in shop.simulator.venue.orders())


def _move(price: str) -> StopMove:
    return StopMove(BTC, LONG, Decimal(price), "d-move")


def test_t08_a_stop_that_is_gone_when_it_is_moved_is_put_back_and_asked_for_once(kept: Kept) -> None:
    desk = kept.desk
    desk.enter()
    desk.exchange.remove_stops()
    for price in ("48500", "48600", "48700"):
        desk.act(moves=(_move(price),))
    kept.look(60_000)
    (stop,) = desk.exchange.fetch_conditional_orders(BTC)
    assert stop.quantity == Decimal("0.02")
    assert len(desk.exchange.named("place_stop")) == 1
    assert len(desk.exchange.named("modify_stop")) == 3
    assert desk.exchange.named("cancel_conditional_order") == []


def test_t08_a_stop_that_fires_while_it_is_moved_leaves_a_flat_symbol_without_stops(kept: Kept) -> None:
    desk = kept.desk
    desk.enter()
    (stop,) = desk.stops
    desk.exchange.on_call["modify_stop"] = lambda: desk.exchange.fire(stop, "48400")
    desk.act(moves=(_move("48500"),))
    desk.exchange.on_call.clear()
    kept.look(60_000)
    assert desk.exchange.quantity(BTC) == 0
    assert desk.exchange.fetch_conditional_orders() == []
    assert desk.exchange.named("place_stop") == []
    (trade,) = desk.journal.trades.of_run("run-1")
    assert trade.exit_reason == "STOP_HIT"


# T9: liquidated before the stop could be placed -----------------------------------------------------------------------


def test_t09_a_liquidation_before_the_stop_is_placed_is_called_one_and_locks_the_symbol(kept: Kept) -> None:
    desk = kept.desk
    desk.exchange.attaches_stops = False

    def liquidate() -> None:
        desk.exchange.on_call.clear()
        desk.exchange.price = Decimal(30_000)
        desk.exchange.act_by_hand(BTC, LONG, "0.02", opens=False, client="burst_liquidate0123")

    desk.exchange.on_call["place_stop"] = liquidate
    desk.exchange.always_fail("place_stop", RejectedError("no position", code="REJECTED"))
    desk.enter()
    kept.look(60_000)
    assert desk.exchange.quantity(BTC) == 0
    (trade,) = desk.journal.trades.of_run("run-1")
    assert trade.exit_reason == "LIQUIDATED"
    assert desk.state.locked == {BTC: "LIQUIDATED"}
    desk.restart()
    assert desk.act(an_entry(decision_id="d-next")) == []
    assert desk.state.refusals["LIQUIDATED"] == 1


def test_t09_a_liquidation_between_two_steps_is_called_one_and_nothing_opens_there(tmp_path: Path) -> None:
    shop = LiveWorkshop(tmp_path)
    before = shop.run(4)
    symbols = {trade.symbol for trade in before.open_trades}
    assert symbols
    liquidate(shop.simulator.venue)
    report = shop.run(3)
    ended = {trade.symbol: trade.exit_reason for trade in report.trades[len(before.trades) :]}
    assert ended == dict.fromkeys(symbols, "LIQUIDATED")
    assert report.state.locked == dict.fromkeys(symbols, "LIQUIDATED")
    assert not symbols & {trade.symbol for trade in report.open_trades}


# T10: the trigger fired and nothing was filled ------------------------------------------------------------------------


def test_t10_a_stop_that_fired_without_a_fill_is_followed_by_a_close_at_market(kept: Kept) -> None:
    desk = kept.desk
    desk.enter()
    desk.exchange.remove_stops()  # it was released, and what it released never traded
    desk.exchange.price = Decimal(47_000)
    desk.exchange.always_fail("place_stop", RejectedError("the trigger lies beyond the price", code="REJECTED"))
    began_ms = desk.clock.now_ms()
    kept.look(30_000)
    assert desk.exchange.quantity(BTC) == 0
    closing = desk.exchange.named("place_order")[-1]
    assert closing.given.side is LONG.closing
    assert closing.given.price is None
    assert closing.at_ms - began_ms <= 30_000
    (trade,) = desk.journal.trades.of_run("run-1")
    assert trade.exit_reason == "STOP_UNPROVEN"


# T11: what a close leaves behind --------------------------------------------------------------------------------------


def test_t11_a_stop_that_shows_up_two_seconds_after_the_close_is_swept_within_thirty(kept: Kept) -> None:
    desk = kept.desk
    desk.exchange.stop_lag_ms = 2_000
    desk.enter()
    desk.exchange.act_by_hand(BTC, LONG, "0.02", opens=False)  # the stop stays, as it does at the exchange
    kept.look()
    desk.exchange.stop_lag_ms = 0
    began_ms = desk.clock.now_ms()
    while desk.stops:
        kept.look()
        assert desk.clock.now_ms() - began_ms <= 30_000
        desk.clock.sleep_ms(4_000)
    desk.clock.sleep_ms(60_000)
    assert desk.exchange.fetch_conditional_orders() == []


def test_t11_no_trigger_order_outlives_its_position_in_a_whole_run(tmp_path: Path) -> None:
    shop = LiveWorkshop(tmp_path, settings=SimulatorSettings(visibility_delay_ms=2_000, presets_survive=True))
    report = shop.run(20)
    assert report.trades
    held = set(_positions(shop))
    waiting = {(o.symbol, o.position_side.value) for o in shop.simulator.venue.orders() if o.waiting}
    assert waiting <= held


def test_t11_reads_that_fail_while_it_is_swept_are_not_taken_for_an_empty_list(kept: Kept) -> None:
    desk = kept.desk
    desk.enter()
    desk.exchange.always_fail("fetch_conditional_orders", DOWN)
    desk.leave()
    assert isinstance(kept.look(), Unavailable)
    assert desk.state.locked == {BTC: "LEFTOVER_STOPS"}
    desk.exchange.always_fail("fetch_conditional_orders", None)
    kept.look(30_000)
    assert desk.stops == []


def test_t10_a_close_that_never_arrived_is_sent_again_once_that_is_proven(kept: Kept) -> None:
    desk = kept.desk
    desk.enter()
    desk.exchange.fail("place_order", LOST)
    assert desk.leave().state is IntentState.UNKNOWN
    kept.look(70_000)  # the horizon, and two searches
    assert desk.exchange.quantity(BTC) == 0
    names = [call.given.client_order_id for call in desk.exchange.named("place_order")]
    assert len(set(names)) == len(names) == 3  # the entry, the exit that was lost, and its second attempt
    (trade,) = desk.journal.trades.of_run("run-1")
    assert trade.exit_reason == "DIRECTION_FLIP"
