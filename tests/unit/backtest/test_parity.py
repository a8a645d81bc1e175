"""A backtest and a run at the venue sim are one and the same: decisions, orders, fills, trades and money."""

from __future__ import annotations

import functools
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.unit.trader.small_pipeline import Bracket, a_stage, small_pipeline
from tests.unit.trader.workshop import HISTORY, Workshop, a_market, a_profile
from weexctl.backtest.backtest import Backtest
from weexctl.backtest.engine import BacktestRun, Engine
from weexctl.config.compose import build_pipeline
from weexctl.config.profile import load_profile
from weexctl.config.profile_file import list_profiles
from weexctl.journal.journal import Journal
from weexctl.model.book import Book, HeldPosition
from weexctl.model.candle import Timeframe
from weexctl.model.decision import Decision
from weexctl.model.regime import Regime
from weexctl.model.verdict import ExitDecision
from weexctl.pipeline.decide import Identity
from weexctl.pipeline.stage import Pipeline
from weexctl.plugin_host import load_offers
from weexctl.run import schedule as scheduling
from weexctl.run.fitting import Blocks
from weexctl.run.market_source import MarketSource, generated_source
from weexctl.run.schedule import HISTORY_CANDLES, plan_schedule
from weexctl.trader.session import Session
from weexctl.trader.session_report import SessionReport

STEPS = 300
HOUR_MS = 3_600_000


def backtested(pipeline: Pipeline, seed: int, decisions: list[Decision] | None = None) -> BacktestRun:
    """The same stretch that `Workshop.run` trades."""
    market, profile = a_market(seed), a_profile()
    schedule = plan_schedule(
        market, HOUR_MS, history=HISTORY, from_ms=None, to_ms=None, steps=STEPS, run_from_ms=None, done_ms=None
    )
    engine = Engine.over(
        market,
        pipeline,
        start_ms=schedule.first_ms,
        start_equity=profile.simulator.start_equity,
        identity=Identity(profile.digest, market.source),
        run_id="r",
        on_decisions=None if decisions is None else decisions.extend,
    )
    return engine.run(schedule, Blocks(pipeline, market.candles))


@pytest.mark.parametrize("seed", [5, 6, 9])
def test_a_backtest_is_the_run_at_sim(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduling, "REFIT_CANDLES", 70)
    workshop, decisions = Workshop(tmp_path, seed=seed), []  # type: ignore[var-annotated]
    report = workshop.run(STEPS)
    found = backtested(small_pipeline(), seed, decisions)

    must_be_one(workshop.path, report, found, decisions)
    assert len(decisions) == STEPS * len(workshop.market.candles)
    assert len(found.trades) > 20
    assert {trade.exit_reason for trade in found.trades} >= {"STOP_HIT", "TARGET_HIT", "DIRECTION_FLIP"}


def must_be_one(journal_path: Path, report: SessionReport, found: BacktestRun, decisions: list[Decision]) -> None:
    """What a run at sim left on record is what the backtest found, field by field."""
    with Journal.read(journal_path) as journal:
        for decision in decisions:
            record = journal.decisions.get(decision.decision_id)
            assert record is not None
            assert json.loads(json.dumps(decision.body)) == record.record
        assert journal.decisions.count() == len(decisions)
        points = journal.equity.of_run(report.run.run_id)
        fills = [fill for order, _ in report.orders for fill in journal.fills.of_order(order.order_id)]
    assert sorted(map(money, (e.fill for e in found.executed))) == sorted(map(money, fills))
    assert list(map(account, found.trades)) == list(map(account, report.trades))
    assert found.refusals == report.state.refusals
    np.testing.assert_allclose(found.curve.equity, [float(point.equity) for point in points], rtol=1e-12)
    np.testing.assert_allclose(found.curve.gross_exposure, [point.gross_exposure for point in points], rtol=1e-9)


BUILT_IN = [found.name for found in list_profiles() if found.path is None]
SHORT = 160


@functools.cache
def a_long_market() -> MarketSource:
    """A market with as much history as the classifiers of the built-in profiles fit on."""
    return generated_source(7, ("BTCUSDT", "DOGEUSDT", "XRPUSDT"), Timeframe.H1, HISTORY_CANDLES + 1 + SHORT)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_backtest_of_every_built_in_profile_is_its_run_at_sim(name: str, tmp_path: Path) -> None:
    offers, market = load_offers(environ={}), a_long_market()
    profile = load_profile(name, offers=offers)
    pipeline = build_pipeline(profile, offers)
    schedule = plan_schedule(
        market, HOUR_MS, history=HISTORY_CANDLES, from_ms=None, to_ms=None, steps=SHORT, run_from_ms=None, done_ms=None
    )
    session = Session(
        profile=profile, pipeline=pipeline, market=market, schedule=schedule, blocks=Blocks(pipeline, market.candles),
        journal_path=tmp_path / "journal.sqlite", earlier=None,
    )  # fmt: skip
    report = session.run(on_step=lambda _: None, should_stop=lambda: False)
    backtest = Backtest(profile=profile, pipeline=pipeline, market=market, schedule=schedule)
    decisions: list[Decision] = []
    prepared = backtest.prepare(workers=1, on_fit=lambda _: None, should_stop=lambda: False)
    found = backtest.run(prepared, on_step=lambda _: None, should_stop=lambda: False, on_decisions=decisions.extend)

    must_be_one(session.journal_path, report, found, decisions)
    assert len(decisions) == SHORT * len(market.candles)
    assert len(found.executed) > 4
    assert found.trades


def money(fill: Any) -> tuple[Any, ...]:
    """What an execution was, to the hour."""
    return fill.symbol, fill.time_ms // HOUR_MS, fill.side, fill.quantity, fill.price, fill.fee, fill.realised


def account(trade: Any) -> dict[str, Any]:
    """A closed trade without the run's name; moments to the hour, for requests take milliseconds at sim."""
    fields = ("symbol", "position_side", "opened_ms", "quantity", "entry_price", "exit_price", "gross", "fees", "net")
    more = ("funding", "exit_reason", "rule", "regime", "entry_decision_id", "entry_slippage", "exit_slippage")
    return {name: getattr(trade, name) for name in (*fields, *more)} | {"hour": trade.closed_ms // HOUR_MS}


class Cross:
    """Enters where the close crosses its mean of the last hours, and leaves the rest to the exits."""

    warmup_candles = 24
    ends_on_flip = False

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        above = (candles["close"] > candles["close"].rolling(6).mean()).to_numpy()
        crossed = np.r_[False, above[1:] != above[:-1]]
        return pd.DataFrame(
            {"direction": np.where(above, 1, -1), "strength": 1.0, "entry": crossed, "reason": "CROSS"},
            index=candles.index,
        )


class Fence(Bracket):
    """Stop and target once, when the position opens."""

    def __init__(self, *, quiet: bool) -> None:
        self.at_entry_only = quiet

    def review(self, position: HeldPosition, book: Book) -> ExitDecision:
        return ExitDecision() if position.stop is not None else super().review(position, book)


@pytest.mark.parametrize("patient", [True, False])
@pytest.mark.parametrize("seed", [5, 6])
def test_passing_over_candles_changes_nothing(seed: int, patient: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cross, "ends_on_flip", not patient)

    def fenced(*, quiet: bool) -> Pipeline:
        rule = a_stage("strategy", Cross())
        return replace(
            small_pipeline(),
            strategies=dict.fromkeys(Regime, rule),
            risk=(),
            exits=(a_stage("exit", Fence(quiet=quiet)),),
            rebalance_band=1.0,
        )

    leaping, walking = backtested(fenced(quiet=True), seed), backtested(fenced(quiet=False), seed)

    assert leaping.trades == walking.trades
    assert len(leaping.trades) > 20
    assert leaping.executed == walking.executed
    assert leaping.decided < 0.7 * walking.decided
    np.testing.assert_allclose(leaping.curve.equity, walking.curve.equity, rtol=1e-12)
    np.testing.assert_allclose(leaping.curve.gross_exposure, walking.curve.gross_exposure, rtol=1e-9)


def test_what_ends_everything_is_seen_in_time() -> None:
    """The kill limit is met between two closes that would have been decided on."""
    limits = replace(small_pipeline().limits, kill_drawdown=0.004)

    def fenced(*, quiet: bool) -> Pipeline:
        rule = a_stage("strategy", Cross())
        exits = (a_stage("exit", Fence(quiet=quiet)),)
        pipeline = replace(small_pipeline(limits=limits), strategies=dict.fromkeys(Regime, rule), risk=(), exits=exits)
        return replace(pipeline, rebalance_band=1.0)

    leaping, walking = backtested(fenced(quiet=True), 5), backtested(fenced(quiet=False), 5)

    assert "KILL_DRAWDOWN" in {trade.exit_reason for trade in walking.trades}
    assert leaping.trades == walking.trades
    assert sum((t.net for t in leaping.trades), Decimal(0)) < 0
