"""Exchange and journal compared on demand: each difference named by both sides, mended once, never twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.trader.live_workshop import LiveWorkshop
from tests.unit.trader.small_pipeline import LIMITS, small_pipeline
from weexctl.errors import RefusedError, UsageError
from weexctl.execution.reading import Unavailable
from weexctl.journal.intent_state import IntentState
from weexctl.journal.journal import Journal
from weexctl.kill_points import armed
from weexctl.model.order import Leg, OrderRequest, OrderType, StopRequest, TimeInForce
from weexctl.model.scope import Scope
from weexctl.model.side import PositionSide, Side
from weexctl.simulator.faults import Fault, Word
from weexctl.simulator.faults.others import interfere
from weexctl.trader.account_plan import Gap, Plan
from weexctl.trader.keeper import SURPLUS_MS
from weexctl.trader.reconciler import RELEASED, Carried, Reconciler
from weexctl.trader.trader import RISK_STATE

STEPS = 8


class Killed(BaseException):
    """The process ends here."""


def _die() -> None:
    raise Killed


@dataclass
class Bench:
    """An account with open positions, its journal, and the requests that were sent since the run."""

    shop: LiveWorkshop
    writes: list[str]

    @contextmanager
    def reconciler(self, *, reads: bool = False) -> Iterator[Reconciler]:
        """A process that compares."""
        venue = self.shop.venue()
        journal = Journal.read(self.shop.path) if reads else Journal.open(self.shop.path, venue="live", account="main")
        with journal:
            run = journal.runs.latest()
            assert run is not None
            yield Reconciler(journal, venue, run, halted=lambda: "")
        venue.close()

    def plan(self) -> Plan:
        with self.reconciler(reads=True) as reconciler:
            plan = reconciler.plan()
        assert isinstance(plan, Plan)
        return plan

    def apply(self) -> Carried:
        with self.reconciler() as reconciler:
            carried = reconciler.carry_out(should_stop=lambda: False)
        assert isinstance(carried, Carried)
        return carried

    def by_hand(self, act: str, symbol: str, **arguments: Any) -> None:
        """What somebody else does at the exchange."""
        interfere(self.shop.simulator.venue, Fault(word=Word.EXT, args={"act": act, "symbol": symbol} | arguments))

    @property
    def held(self) -> str:
        """A symbol with a position."""
        return next(iter(self.shop.simulator.ledger.positions.values())).symbol

    def flat(self) -> str:
        """A symbol without a position."""
        symbol = self.held
        self.by_hand("close", symbol)
        assert self.apply().after.gaps == ()
        self.writes.clear()
        return symbol

    @property
    def rows(self) -> int:
        """Links of the chain: one for each transaction that changed a record."""
        with Journal.read(self.shop.path) as journal:
            return journal.head.seq


def bench_on(folder: Path) -> Bench:
    limits = replace(LIMITS, max_leverage=2)  # as the profile on record has it
    shop = LiveWorkshop(folder, pipeline=small_pipeline(limits=limits))
    writes: list[str] = []
    answer = shop.handle

    def noted(request: httpx.Request) -> httpx.Response:
        if request.method != "GET" and not request.url.path.endswith("/income"):  # that one reads
            writes.append(f"{request.method} {request.url.path}")
        return answer(request)

    shop.handle = noted
    return Bench(shop, writes)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = bench_on(tmp_path)
    made.shop.run(STEPS)
    assert made.shop.simulator.ledger.positions
    made.writes.clear()
    return made


def only(plan: Plan) -> Gap:
    [gap] = plan.gaps
    return gap


def test_after_a_run_nothing_differs_and_looking_changes_nothing(bench: Bench) -> None:
    before = bench.rows
    assert bench.plan().gaps == ()
    carried = bench.apply()
    assert carried.before.gaps == carried.after.gaps == ()
    assert (bench.writes, bench.rows) == ([], before)


def test_a_stop_that_somebody_cancelled_is_named_and_placed_again(bench: Bench) -> None:
    symbol = bench.held
    bench.by_hand("cancel_stop", symbol)
    gap = only(bench.plan())
    assert (gap.kind, gap.symbol, gap.remedy, gap.blocks) == ("STOP_MISSING", symbol, "place-stop", True)
    assert gap.said.exchange.endswith("stops: none")
    assert "a stop on" in gap.said.record
    assert bench.writes == []  # a plan sends nothing
    carried = bench.apply()
    assert carried.after.gaps == ()
    assert [done.place for done in carried.done] == [gap.place]
    assert len([stop for stop in bench.shop.stops(symbol) if stop.leg is Leg.STOP]) == 1


def test_applied_twice_the_second_time_nothing_is_sent_or_written(bench: Bench) -> None:
    bench.by_hand("cancel_stop", bench.held)
    assert bench.apply().done
    bench.writes.clear()
    before = bench.rows
    assert bench.apply().before.gaps == ()
    assert (bench.writes, bench.rows) == ([], before)


def test_a_position_that_somebody_closed_is_booked_with_its_fills_and_its_stop_swept(bench: Bench) -> None:
    symbol = bench.held
    bench.by_hand("close", symbol)
    kinds = {gap.kind for gap in bench.plan().gaps if gap.symbol == symbol}
    assert "FILLS_MISSING" in kinds
    carried = bench.apply()
    assert carried.after.gaps == ()
    assert bench.shop.stops(symbol) == []
    ledger = bench.shop.simulator.ledger
    with Journal.read(bench.shop.path) as journal:
        memory = journal.state.get(RISK_STATE)
        assert symbol not in {position.symbol for position in journal.positions.all()}
    assert (Decimal(memory["realised"]), Decimal(memory["fees"])) == (ledger.realised, ledger.fees)


def test_a_foreign_position_and_a_foreign_order_are_named_and_left_alone(bench: Bench) -> None:
    free, venue = bench.flat(), bench.shop.venue()
    bench.by_hand("order", free, value=200)
    venue.exchange.place_order(_resting(free, "somebody-1", bench))
    venue.close()
    bench.writes.clear()
    plan = bench.plan()
    assert {(gap.kind, gap.symbol, gap.remedy) for gap in plan.gaps} == {
        ("EXTERNAL_POSITION", free, "block-entries"),
        ("EXTERNAL_ORDER", free, "block-entries"),
    }
    carried = bench.apply()
    assert carried.done == ()
    assert carried.after.gaps == carried.before.gaps
    assert bench.writes == []


def test_an_order_with_our_mark_and_no_intent_is_cancelled_and_its_symbol_locked(bench: Bench) -> None:
    symbol, venue = bench.held, bench.shop.venue()
    venue.exchange.place_order(_resting(symbol, "wxab" + "a" * 16 + "e01", bench))
    venue.close()
    assert only(bench.plan()).kind == "STRAY_ORDER"
    assert bench.apply().after.gaps == ()
    with bench.reconciler(reads=True) as reconciler:
        assert reconciler.state.locked == {symbol: "STRAY_ORDER"}


def test_a_stop_that_is_not_needed_is_cancelled_once_it_has_looked_so_for_a_while(bench: Bench) -> None:
    [position] = [p for p in bench.shop.simulator.ledger.positions.values() if p.symbol == bench.held]
    stops = [stop for stop in bench.shop.stops(position.symbol) if stop.leg is Leg.STOP]
    venue = bench.shop.venue()
    venue.exchange.place_stop(
        StopRequest(
            symbol=position.symbol,
            position_side=position.side,
            trigger_price=stops[0].trigger_price,
            quantity=position.size,
            client_order_id="somebody-2",
        )
    )
    venue.close()
    assert {gap.kind for gap in bench.plan().gaps} == {"STOP_SURPLUS"}
    began_ms = bench.shop.clock.now_ms()
    assert bench.apply().after.gaps == ()
    assert bench.shop.clock.now_ms() - began_ms >= SURPLUS_MS
    left = [stop for stop in bench.shop.stops(position.symbol) if stop.leg is Leg.STOP]
    assert len(left) <= len(stops)
    assert sum(stop.quantity for stop in left) >= position.size


def test_leverage_is_put_right_where_nothing_is_held(bench: Bench) -> None:
    flat = bench.flat()
    held = bench.held
    for symbol in (flat, held):
        bench.by_hand("leverage", symbol, leverage=7)
    remedies = {gap.symbol: gap.remedy for gap in bench.plan().gaps}
    assert remedies == {flat: "set-leverage", held: "set-leverage-when-flat"}
    carried = bench.apply()
    assert [gap.symbol for gap in carried.done] == [flat]
    assert [gap.symbol for gap in carried.after.gaps] == [held]


@pytest.mark.parametrize("point", ["K05", "K12", "K13"])
def test_an_order_whose_end_nobody_knows_is_settled_by_reading(tmp_path: Path, point: str) -> None:
    bench = bench_on(tmp_path)
    with armed(point, 2, _die), pytest.raises(Killed):
        bench.shop.run(STEPS)
    settled(bench)


@pytest.mark.parametrize("arrives", [True, False])
def test_an_order_that_was_on_its_way_when_the_process_ended_is_settled(tmp_path: Path, arrives: bool) -> None:
    bench = bench_on(tmp_path)
    answer = bench.shop.handle

    def cut(request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and request.url.path == "/capi/v3/order":
            if arrives:
                answer(request)
            raise Killed
        return answer(request)

    bench.shop.handle = cut
    with pytest.raises(Killed):
        bench.shop.run(STEPS)
    bench.shop.handle = answer
    settled(bench)
    assert bool(bench.shop.simulator.ledger.positions) is arrives


def settled(bench: Bench) -> None:
    """Found, or proven absent; never sent again; and to do it again changes nothing."""
    bench.writes.clear()
    assert "UNSETTLED" in {gap.kind for gap in bench.plan().gaps}
    carried = bench.apply()
    assert carried.after.gaps == ()
    assert [path for path in bench.writes if path.endswith("/order")] == []
    before = bench.rows
    assert bench.apply().before.gaps == ()
    assert bench.rows == before


def test_what_cannot_be_read_is_no_answer(bench: Bench) -> None:
    bench.by_hand("cancel_stop", bench.held)
    bench.shop.handle = lambda request: httpx.Response(503, text="maintenance")
    before = bench.rows
    with bench.reconciler() as reconciler:
        assert isinstance(reconciler.plan(), Unavailable)
        assert isinstance(reconciler.carry_out(should_stop=lambda: False), Unavailable)
    assert bench.rows == before


def test_a_key_that_may_only_look_mends_nothing(bench: Bench) -> None:
    bench.by_hand("cancel_stop", bench.held)
    venue: Any = bench.shop.venue()
    object.__setattr__(venue, "scope", Scope.OBSERVE)
    with Journal.open(bench.shop.path, venue="live", account="main") as journal:
        run = journal.runs.latest()
        assert run is not None
        with pytest.raises(RefusedError):
            Reconciler(journal, venue, run, halted=lambda: "").carry_out(should_stop=lambda: False)
    venue.close()
    assert bench.writes == []


@pytest.fixture
def locked(bench: Bench) -> Bench:
    """The same account, with a symbol that a person has to look at."""
    with Journal.open(bench.shop.path, venue="live", account="main") as journal:
        memory = journal.state.get(RISK_STATE)
        journal.state.put(RISK_STATE, memory | {"locked": {bench.held: "LEFTOVER_STOPS"}})
    return bench


def test_a_person_releases_a_symbol_and_why_is_on_record(locked: Bench) -> None:
    symbol, plan = locked.held, locked.plan()
    with locked.reconciler() as reconciler:
        assert reconciler.release(symbol, plan, reason="looked", now_ms=5) == "LEFTOVER_STOPS"
    with Journal.read(locked.shop.path) as journal:
        assert journal.state.get(RISK_STATE)["locked"] == {}
        entry = {"time_ms": 5, "symbol": symbol, "code": "LEFTOVER_STOPS", "reason": "looked"}
        assert journal.state.get(RELEASED) == [entry]
    with locked.reconciler() as reconciler, pytest.raises(UsageError, match="not locked"):
        reconciler.release(symbol, plan, reason="again", now_ms=6)


def test_a_symbol_that_still_differs_stays_locked(locked: Bench) -> None:
    symbol = locked.held
    locked.by_hand("cancel_stop", symbol)
    plan = locked.plan()
    with locked.reconciler() as reconciler, pytest.raises(RefusedError, match="STOP_MISSING"):
        reconciler.release(symbol, plan, reason="looked", now_ms=5)
    with locked.reconciler(reads=True) as reconciler:
        assert reconciler.state.locked == {symbol: "LEFTOVER_STOPS"}


def test_a_limit_order_of_ours_that_rests_is_no_difference(bench: Bench) -> None:
    symbol, venue = bench.held, bench.shop.venue()
    name = "wxab" + "b" * 16 + "e01"
    ack = venue.exchange.place_order(_resting(symbol, name, bench))
    venue.close()
    with Journal.open(bench.shop.path, venue="live", account="main") as journal:
        intent = journal.intents.all()[0].order_intent()
        _record_resting(journal, intent, symbol, name, ack.order_id, bench)
    assert bench.plan().gaps == ()
    venue = bench.shop.venue()
    venue.exchange.cancel_order(ack.order_id)
    venue.close()
    assert only(bench.plan()).kind == "UNSETTLED"  # it has come to an end that is not on record
    assert bench.apply().after.gaps == ()


def _resting(symbol: str, name: str, bench: Bench) -> OrderRequest:
    """A limit order far below the market."""
    price = (bench.shop.simulator.venue.price(symbol) * Decimal("0.95")).quantize(_tick(symbol, bench))
    return OrderRequest(
        symbol=symbol,
        side=Side.BUY,
        position_side=PositionSide.LONG,
        quantity=bench.shop.simulator.venue.contracts[symbol].instrument.min_quantity * 10,
        client_order_id=name,
        type=OrderType.LIMIT,
        price=price,
        time_in_force=TimeInForce.GTC,
    )


def _tick(symbol: str, bench: Bench) -> Decimal:
    return bench.shop.simulator.venue.contracts[symbol].instrument.price_step


def _record_resting(journal: Journal, intent: Any, symbol: str, name: str, order_id: str, bench: Bench) -> None:
    request = _resting(symbol, name, bench)
    limit = replace(
        intent,
        decision_id="d-by-hand",
        symbol=symbol,
        side=Side.BUY,
        position_side=PositionSide.LONG,
        leg=Leg.ENTRY,
        quantity=request.quantity,
        type=OrderType.LIMIT,
        price=request.price,
        time_in_force=TimeInForce.GTC,
        created_ms=bench.shop.clock.now_ms(),
    )
    attempt = journal.write_ahead(
        limit, (), run_id=None, now_ms=limit.created_ms, client_order_id=lambda n: name, request_digest="x"
    )
    journal.attempts.answer(attempt.intent_id, 1, outcome="accepted", answered_ms=limit.created_ms, order_id=order_id)
    journal.intents.move(attempt.intent_id, IntentState.ACCEPTED, at_ms=limit.created_ms)
