"""Traps that other engines fell into while deciding, each a test under its number (docs/traps.md).

T21 has a file of its own. Two of the thirty-two wait: T27 for the backtester, T28 for the AI log.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.plugins.books import make_book, make_intent, make_position, make_row, make_trade
from tests.unit.pipeline.fakes import (
    BTC,
    HOUR_MS,
    NOW_MS,
    Raising,
    StopAt,
    World,
    make_columns,
    make_limits,
    make_pipeline,
)
from tests.unit.trader.desk import Desk
from tests.unit.trader.live_workshop import LiveWorkshop
from tests.unit.trader.small_pipeline import HalfRegime, a_stage, small_pipeline
from tests.unit.trader.workshop import HISTORY, Workshop, a_market
from weexctl.errors import PluginError
from weexctl.execution.breaker_events import EquityMarked, Resumed
from weexctl.execution.breaker_settings import BreakerSettings
from weexctl.execution.breaker_state import BreakerState
from weexctl.execution.breakers import Breakers
from weexctl.execution.open_trade import OpenTrade
from weexctl.journal.journal import Journal
from weexctl.model.book import Book, HeldPosition
from weexctl.model.fill import Fill
from weexctl.model.limits import Limits
from weexctl.model.order import OrderIntent
from weexctl.model.regime import Artefact
from weexctl.model.side import PositionSide, Side
from weexctl.model.verdict import Verdict
from weexctl.pipeline import guards
from weexctl.pipeline.columns import SymbolColumns
from weexctl.pipeline.guards import ESSENTIAL_GUARDS, Flow
from weexctl.pipeline.stage import Pipeline
from weexctl.run.fitting import Blocks
from weexctl.run.risk_state import DAY_MS, RiskState
from weexctl.testing import regimes
from weexctl_exits import (
    AtrStopConfig,
    EarlyFailureConfig,
    TimeLimitConfig,
    build_atr_stop,
    build_early_failure,
    build_time_limit,
)
from weexctl_regimes import TwoFactorConfig, build_two_factor
from weexctl_risk import DrawdownBrakeConfig, build_drawdown_brake
from weexctl_strategies import TrendConfig, build_trend

LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
QUIET_MS = 20 * 60_000


def _failing(kind: str) -> Pipeline:
    changes: dict[str, Any] = {
        "sizer": {"sizer": Raising()},
        "risk": {"risk": (Raising(),)},
        "guard": {"guards": (Raising(),)},
    }
    return make_pipeline(**changes[kind])


# T1: a veto that crashes is a veto ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sizer", "risk", "guard"])
def test_t01_a_stage_that_crashes_lets_nothing_open(kind: str) -> None:
    assert World().orders()
    world = World(pipeline=_failing(kind))
    assert world.orders() == []
    decision = world.decision()
    assert decision.blocked == "PLUGIN_FAULT"
    assert "ZeroDivisionError" in json.dumps(decision.body)


def test_t01_an_exit_that_crashes_opens_nothing_without_a_stop() -> None:
    world = World(pipeline=make_pipeline(exits=(Raising(),)))
    assert world.orders() == []
    assert "PLUGIN_FAULT" in json.dumps(world.decision().body)


@pytest.mark.parametrize("name", list(ESSENTIAL_GUARDS))
def test_t01_an_essential_guard_that_crashes_keeps_the_order_off_the_wire(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def crash(intent: OrderIntent, book: Book, limits: Limits, flow: Flow) -> Verdict:
        raise ZeroDivisionError(name)

    monkeypatch.setattr(guards, "ESSENTIAL_GUARDS", {**ESSENTIAL_GUARDS, name: crash})
    execution = desk.enter()
    assert execution.code == "PLUGIN_FAULT"
    assert desk.exchange.writes == []
    assert desk.state.refusals == {"PLUGIN_FAULT": 1}


class _Broken(HalfRegime):
    def columns(self, candles: pd.DataFrame, artefact: Artefact) -> pd.DataFrame:
        raise ZeroDivisionError("regime")


def test_t01_a_classifier_that_crashes_refuses_the_run_before_anything_is_sent(tmp_path: Path) -> None:
    shop = LiveWorkshop(tmp_path, pipeline=small_pipeline(_Broken()))
    with pytest.raises(PluginError, match="ZeroDivisionError"):
        shop.run(3)
    assert shop.simulator.ledger.positions == {}
    with Journal.read(shop.path) as journal:
        assert journal.runs.latest() is None


# T12: every guard is alive --------------------------------------------------------------------------------------------

_GUARDED: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], Flow]] = {
    "kill-switch": ({}, {"halted": "by hand"}, {}, Flow()),
    "kill-drawdown": ({}, {"start_equity": 30_000.0}, {}, Flow()),
    "daily-loss": ({}, {"day_start_equity": 25_000.0}, {}, Flow()),
    "symbol-list": ({}, {"symbols": ("ETHUSDT",)}, {}, Flow()),
    "leverage": ({}, {}, {"max_leverage": 21}, Flow()),
    "stop-required": ({"stop_price": None}, {}, {}, Flow()),
    "price-collar": ({"reference_price": Decimal(102)}, {}, {}, Flow()),
    "order-notional": ({}, {}, {"max_order_notional": Decimal(499)}, Flow()),
    "exposure": ({}, {}, {"max_symbol_exposure": 0.049}, Flow()),
    "position-count": ({}, {}, {"max_positions_long": 1}, Flow(opened_long=1)),
    "duplicate": ({}, {}, {}, Flow(sent=frozenset({("d", "entry", BTC)}))),
    "data-age": ({}, {}, {}, Flow(data_age_ms={BTC: 100 * HOUR_MS})),
    "order-frequency": ({}, {}, {"max_orders_per_minute": 1}, Flow(order_times_ms=(NOW_MS,))),
}
"""What one guard alone objects to: changes of intent, book and limits, and the flow."""


def test_t12_every_essential_guard_has_its_case() -> None:
    assert list(_GUARDED) == list(ESSENTIAL_GUARDS)


@pytest.mark.parametrize("name", list(_GUARDED))
def test_t12_without_the_guard_the_order_would_go_out(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    intent, book, limits, flow = _GUARDED[name]

    def refusers() -> list[str]:
        verdicts = guards.review_essential(make_intent(**intent), make_book(**book), make_limits(**limits), flow)
        return [v.guard for v in verdicts if guards.Reviewed(make_intent(**intent), (v,)).refusal]

    assert refusers() == [name]
    monkeypatch.setattr(guards, "ESSENTIAL_GUARDS", {n: g for n, g in ESSENTIAL_GUARDS.items() if n != name})
    assert refusers() == []


# T13: the drawdown is that of the account, from its peak --------------------------------------------------------------


def _brake(book: Book) -> float:
    return build_drawdown_brake(DrawdownBrakeConfig(soft=0.06, max=0.16)).assess(book, BTC).multiplier


def _book_of(state: RiskState, equity: float) -> Book:
    return make_book(
        equity=equity,
        start_equity=state.start_equity,
        peak_equity=state.peak_equity,
        day_start_equity=state.day_start_equity,
    )


def test_t13_an_unrealised_loss_counts_and_the_peak_outlives_a_restart(desk: Desk) -> None:
    desk.state.mark(desk.now_ms - DAY_MS, 12_000.0)
    desk.enter()
    before = float(desk.exchange.fetch_balance().equity)
    desk.exchange.price = Decimal(45_000)
    equity = float(desk.exchange.fetch_balance().equity)
    assert equity < before
    assert float(desk.exchange.wallet) == pytest.approx(before, abs=1.0)  # nothing of it is realised
    desk.state.mark(desk.now_ms, equity)
    desk.restart()
    assert desk.state.peak_equity == 12_000.0
    book = _book_of(desk.state, equity)
    assert book.drawdown == pytest.approx(1 - equity / 12_000.0)
    assert _brake(book) < 1.0
    assert _brake(replace(book, peak_equity=book.start_equity)) == 1.0  # what a run that begins anew would believe


def test_t13_the_equity_a_run_decides_on_is_wallet_and_unrealised_together(tmp_path: Path) -> None:
    shop = LiveWorkshop(tmp_path)
    report = shop.run(30)
    with Journal.read(shop.path) as journal:
        curve = journal.equity.of_run(report.run.run_id)
    assert any(point.unrealised for point in curve)
    assert all(point.equity == point.wallet + point.unrealised for point in curve)
    peak = 10_000.0
    for point in curve:
        peak = max(peak, float(point.equity))
        assert point.drawdown == pytest.approx(1 - float(point.equity) / peak)


# T14: what risk has closed stays closed, and a halt says why ----------------------------------------------------------


def test_t14_a_signal_from_before_the_flatten_does_not_enter_again() -> None:
    loss = {"equity": 3_000.0, "start_equity": 10_000.0}
    held = {BTC: make_position(LONG, symbol=BTC, exposure=0.2)}
    world = World(book=make_book(symbols=(BTC,), positions=held, **loss))
    (closing,) = world.orders()
    assert closing.reduces
    later = World(
        columns={BTC: make_columns(end_ms=NOW_MS + HOUR_MS)},
        book=make_book(symbols=(BTC,), now_ms=NOW_MS + HOUR_MS, trades=(make_trade(BTC, -1.0, hours_ago=0),), **loss),
    )
    assert later.orders() == []
    assert later.decision().blocked == "KILL_DRAWDOWN"


def test_t14_a_daily_loss_ends_with_the_day_and_a_halt_with_a_person() -> None:
    settings = BreakerSettings(daily_loss=0.05, drawdown=0.2)
    breakers = Breakers(settings).take(EquityMarked(10_000.0), NOW_MS).take(EquityMarked(7_900.0), NOW_MS + 1)
    assert breakers.state is BreakerState.HALTED
    assert "limit 20.00%" in breakers.entry_refusal(BTC)
    for hour in range(1, 49):
        breakers = breakers.take(EquityMarked(7_900.0), NOW_MS + hour * HOUR_MS)
    assert breakers.state is BreakerState.HALTED  # time alone clears nothing
    freed = breakers.take(Resumed(), NOW_MS + 49 * HOUR_MS)
    assert (freed.state, freed.entry_refusal(BTC)) == (BreakerState.ACTIVE, "")
    assert freed.take(EquityMarked(7_900.0), NOW_MS + 50 * HOUR_MS).state is BreakerState.ACTIVE


# T15: a short is a long upside down -----------------------------------------------------------------------------------


@pytest.mark.parametrize("moved", [-6.0, -2.0, 0.0, 3.0, 12.0])
def test_t15_exits_treat_a_short_as_a_long_upside_down(moved: float) -> None:
    exits = (
        build_atr_stop(AtrStopConfig()),
        build_early_failure(EarlyFailureConfig()),
        build_time_limit(TimeLimitConfig(candles=20)),
    )
    answers = []
    for side in (LONG, SHORT):
        price = 100.0 + moved * side.sign
        best = 100.0 + max(moved, 0.0) * side.sign
        held = make_position(side, price=price, best_price=best, candles_held=5)
        book = make_book(rows={BTC: make_row(atr=2.0)})
        stops = [(a.stop, a.close, a.code) for a in (rule.review(held, book) for rule in exits)]
        answers.append([(None if s is None else round((s - 100.0) * side.sign, 9), c, w) for s, c, w in stops])
    assert answers[0] == answers[1]


@pytest.mark.parametrize("exit_price", [90, 110])
def test_t15_the_books_of_a_short_are_those_of_a_long_upside_down(exit_price: int) -> None:
    nets, best = [], []
    for side in (LONG, SHORT):
        trade = _closed(side, Decimal(exit_price) if side is LONG else Decimal(200 - exit_price))
        nets.append(trade.realised)
        best.append(trade.exit_slippage)
    assert nets[0] == nets[1] == Decimal(exit_price - 100)
    assert best[0] == best[1]


def _closed(side: PositionSide, price: Decimal) -> OpenTrade:
    trade = OpenTrade(
        symbol=BTC,
        side=side,
        opened_ms=0,
        decision_id="d",
        entry_order_id="1",
        rule="trend",
        regime="trending",
        stop_price=None,
        target_price=None,
    )
    trade = trade.with_fill(_fill("1", side.opening, side, Decimal(100), Decimal(0)), Decimal(100))
    realised = (price - 100) * side.sign
    return trade.with_fill(_fill("2", side.closing, side, price, realised), price - side.sign)


def _fill(name: str, side: Side, position: PositionSide, price: Decimal, realised: Decimal) -> Fill:
    return Fill(
        fill_id=name,
        order_id=name,
        symbol=BTC,
        side=side,
        position_side=position,
        quantity=Decimal(1),
        price=price,
        value=price,
        fee=Decimal(0),
        realised=realised,
        maker=False,
        time_ms=1,
    )


# T16: could not decide is not hold ------------------------------------------------------------------------------------


def test_t16_three_candles_without_a_regime_are_named_and_are_no_hold() -> None:
    outcomes = []
    for hour in range(3):
        absent: Mapping[str, SymbolColumns] = {BTC: make_columns(end_ms=NOW_MS - HOUR_MS)}
        world = World(columns=absent, book=make_book(symbols=(BTC,), now_ms=NOW_MS + hour * HOUR_MS))
        decision = world.decision()
        outcomes.append((decision.outcome.value, decision.body["why"]))
    assert outcomes == [("none", ["NO_CANDLE"])] * 3
    quiet = World(columns={BTC: make_columns(direction=0)}).decision()
    assert quiet.body["why"] == ["NO_DIRECTION"]


def test_t16_a_position_that_nobody_could_judge_is_told_from_one_that_was_kept() -> None:
    held = {BTC: make_position(LONG, symbol=BTC, exposure=0.2)}
    book = make_book(symbols=(BTC,), positions=held)
    blind = World(columns={BTC: make_columns(end_ms=NOW_MS - HOUR_MS)}, book=book).decision()
    kept = World(book=book).decision()
    assert blind.body["why"] == ["NO_CANDLE"]
    assert "NO_CANDLE" not in json.dumps(kept.body)


class _FailsFrom(HalfRegime):
    """A classifier that stops working in the middle of a run."""

    broken = False

    def columns(self, candles: pd.DataFrame, artefact: Artefact) -> pd.DataFrame:
        if self.broken:
            raise ZeroDivisionError("no regime")
        return super().columns(candles, artefact)


def test_t16_a_classifier_that_stops_working_ends_the_run_loudly_and_leaves_its_stops(tmp_path: Path) -> None:
    regime = _FailsFrom()
    shop = LiveWorkshop(tmp_path, pipeline=small_pipeline(regime))
    shop.run(8)
    assert shop.simulator.ledger.positions
    regime.broken = True
    for _ in range(3):
        with pytest.raises(PluginError, match="no regime"):
            shop.run(1)
    with Journal.read(shop.path) as journal:
        run = journal.runs.latest()
        assert run is not None
        decided = {close for (close,) in journal._database.rows("SELECT DISTINCT close_ms FROM decision")}
    assert max(decided) == run.to_ms  # no candle was decided on without a regime
    _assert_protected(shop)


def _assert_protected(shop: LiveWorkshop) -> None:
    for position in shop.simulator.ledger.positions.values():
        stops = [o for o in shop.stops(position.symbol) if o.position_side is position.side and o.leg.value == "stop"]
        assert sum((stop.quantity for stop in stops), Decimal(0)) >= position.size


# T17: a restored position keeps its entry time ------------------------------------------------------------------------


class _Wide:
    """A stop a fifth away."""

    warmup_candles = 24

    def review(self, position: HeldPosition, book: Book) -> Any:
        return StopAt(position.price * 0.2).review(position, book)


def _patient() -> Pipeline:
    limit = build_time_limit(TimeLimitConfig(candles=7))
    return replace(small_pipeline(), risk=(), exits=(a_stage("exit", _Wide()), a_stage("exit", limit)))


def test_t17_the_longest_holding_time_counts_from_the_entry_across_restarts(tmp_path: Path) -> None:
    whole, pieces = (LiveWorkshop(tmp_path / name, pipeline=_patient()) for name in ("whole", "pieces"))
    expected = whole.run(24)
    for _ in range(24):
        report = pieces.run(1)
    ended = [(t.symbol, t.opened_ms, t.closed_ms // HOUR_MS, t.exit_reason) for t in report.trades]
    assert ended == [(t.symbol, t.opened_ms, t.closed_ms // HOUR_MS, t.exit_reason) for t in expected.trades]
    held = {
        (t.closed_ms // HOUR_MS * HOUR_MS - t.opened_ms) // HOUR_MS
        for t in report.trades
        if t.exit_reason == "TIME_LIMIT"
    }
    assert held == {7}


# T18: the machine's time zone is nobody's business --------------------------------------------------------------------


@pytest.fixture
def local_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Sets the time zone of this process."""

    def use(zone: str) -> None:
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield use
    monkeypatch.undo()
    time.tzset()


def test_t18_the_time_zone_and_a_change_of_the_clocks_change_no_exit(tmp_path: Path, local_time: Any) -> None:
    market = a_market()
    first = market.first_close_ms + HISTORY * HOUR_MS
    change = datetime.fromtimestamp((first + 20 * HOUR_MS) / 1000, UTC).timetuple().tm_yday
    records = []
    for name, zone in (("utc", "UTC"), ("tokyo", "JST-9"), ("changing", f"AAA8BBB,{change}/0,{change + 30}/0")):
        local_time(zone)
        shop = Workshop(tmp_path / name)
        shop.run(60)
        records.append(shop.records())
    assert len(records[0]["trade"]) > 3
    assert records[0] == records[1] == records[2]


# T20: a label knows nothing of the return after it --------------------------------------------------------------------


def _sentinel(candles: pd.DataFrame, row: int) -> pd.DataFrame:
    """The same candles up to a row, and a return that cannot be missed in the next."""
    changed = candles.copy()
    prices = ["open", "high", "low", "close"]
    changed.loc[changed.index[row + 1 :], prices] = 3.0 * candles.loc[candles.index[row + 1 :], prices]
    return changed


@pytest.mark.parametrize("row", [5_000, 5_400, 5_998])
def test_t20_a_return_after_the_row_changes_neither_regime_nor_direction(row: int) -> None:
    candles = regimes(3, 6_000, mean_candles=250)[0]
    classifier = build_two_factor(TwoFactorConfig(train_candles=3000, min_train_candles=2000, restarts=1))
    artefact = classifier.fit(candles.iloc[:4_000], BTC)
    rule = build_trend(TrendConfig())
    changed = _sentinel(candles, row)
    for columns in (lambda frame: classifier.columns(frame, artefact), rule.columns):
        one, other = columns(candles), columns(changed)
        pd.testing.assert_frame_equal(one.iloc[: row + 1], other.iloc[: row + 1])
    seen = classifier.columns(candles, artefact).iloc[row + 1], classifier.columns(changed, artefact).iloc[row + 1]
    assert not seen[0].equals(seen[1])  # and one row later it is seen


def test_t20_a_fit_ends_before_the_first_candle_it_is_used_on() -> None:
    market, regime = a_market(), HalfRegime()
    blocks = Blocks(small_pipeline(regime), market.candles)
    fitted = market.first_close_ms + (HISTORY - 1) * HOUR_MS
    blocks.compute(fitted, fitted + HOUR_MS, fitted + 3 * HOUR_MS)
    assert regime.fits
    assert max(last + HOUR_MS for _, _, last, _ in regime.fits) <= fitted


# T22: a refit on the same candles renames nothing ---------------------------------------------------------------------


def test_t22_a_refit_that_finds_the_states_in_another_order_decides_the_same() -> None:
    candles = regimes(3, 5_000, mean_candles=250)[0]
    named = []
    for seed in (0, 1, 2):
        config = TwoFactorConfig(train_candles=3000, min_train_candles=2000, restarts=2, seed=seed)
        classifier = build_two_factor(config)
        artefact = classifier.fit(candles.iloc[:4_000], BTC)
        named.append(classifier.columns(candles, artefact)["name"].iloc[4_000:].to_numpy())
    for other in named[1:]:
        assert np.mean(other == named[0]) > 0.98
