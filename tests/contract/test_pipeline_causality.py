"""What the checks of a whole pipeline catch, also where no single column gives it away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.contract.leaky_plugins import HonestStrategy, NextClose, SinceTheStart
from tests.traps.leaky_zoo import FitsOnAll, Moves, Peeks, Raises, StopBelow, Tires
from tests.unit.pipeline.fakes import FixedSizes, make_limits, stage_of
from weexctl.model.candle import Timeframe
from weexctl.model.regime import Regime
from weexctl.pipeline.stage import Pipeline
from weexctl.simulator.generator import generate_market
from weexctl.simulator.instruments import CONTRACTS
from weexctl.testing.pipeline_causality import PIPELINE_CHECKS, run_pipeline_check
from weexctl.testing.pipeline_subject import PipelineSubject, wanted_candles
from weexctl.testing.report import Finding

SYMBOLS = ("BTCUSDT", "ETHUSDT")


def pipeline(**changes: Any) -> Pipeline:
    """An honest pipeline that trades often; `changes` put plugins into its stages."""
    rule = stage_of("strategy", changes.get("strategy", HonestStrategy()))
    return Pipeline(
        regime=stage_of("regime", changes.get("regime", Moves())),
        strategies=dict.fromkeys(Regime, rule),
        sizer=stage_of("sizer", FixedSizes(0.1)),
        risk=tuple(stage_of("risk", policy) for policy in changes.get("risk", ())),
        guards=(),
        exits=(stage_of("exit", StopBelow()),),
        rebalance_band=0.3,
        limits=make_limits(),
    )


def subject(built: Pipeline, *, missing: int = 0) -> PipelineSubject:
    """It and a market long enough, or too short by some candles."""
    market = generate_market(3, symbols=SYMBOLS, timeframe=Timeframe.H1, count=wanted_candles(built) - missing)
    return PipelineSubject(built, market, {symbol: CONTRACTS[symbol].instrument for symbol in SYMBOLS})


def found(under_test: PipelineSubject) -> Mapping[str, Finding]:
    """What every check found, by check."""
    return {f.check: f for check in PIPELINE_CHECKS for f in run_pipeline_check(check, under_test)}


def test_an_honest_pipeline_passes_and_was_asked_about_every_kind_of_moment() -> None:
    honest = subject(pipeline())
    assert found(honest) == {}
    outcomes = {case["outcome"] for row in honest.rows for one in honest.early(row) for case in one.values()}
    assert outcomes >= {"entry", "add", "reduce", "exit", "hold"}


def test_a_strategy_that_knows_the_next_close_is_named_by_its_column_and_moves_decisions() -> None:
    leaks = found(subject(pipeline(strategy=NextClose())))
    assert leaks["columns"].column == "BTCUSDT.rules.nextclose.direction"
    assert leaks["columns"].row is not None
    assert leaks["decide"].column.startswith("BTCUSDT.")
    assert "reversed" in leaks["poison"].message or "replaced" in leaks["poison"].message


@pytest.mark.parametrize("policy", [Peeks, Tires])
def test_a_policy_that_knows_more_than_its_row_is_seen_in_decisions_although_no_column_differs(policy: Any) -> None:
    leaks = found(subject(pipeline(risk=(policy(),))))
    assert "columns" not in leaks
    assert leaks["decide"].column.split(".")[0] in SYMBOLS


def test_a_warmup_that_is_too_short_is_seen_on_the_shortest_history() -> None:
    leaks = found(subject(pipeline(strategy=SinceTheStart())))
    assert set(leaks) == {"window"}
    assert leaks["window"].row is not None


def test_a_fit_that_remembers_what_was_scored_is_caught() -> None:
    assert "fit" in found(subject(pipeline(regime=FitsOnAll())))


class Eager(Moves):
    """Says it was fitted on candles that come after."""

    def fit(self, candles: Any, symbol: str, previous: Any = None) -> Any:
        artefact = super().fit(candles, symbol, previous)
        return replace(artefact, train_to_ms=artefact.train_to_ms + 10 * 3_600_000)


def test_a_fit_that_claims_to_know_later_candles_is_no_pass() -> None:
    leaks = found(subject(pipeline(regime=Eager())))
    assert all(finding.raised for finding in leaks.values())  # a run refuses it before it decides anything
    assert "no fit of the past" in leaks["fit"].message


def test_too_few_candles_leave_a_pipeline_untested() -> None:
    leaks = found(subject(pipeline(), missing=1))
    assert {finding.untested for finding in leaks.values()} == {True}
    assert set(leaks) == set(PIPELINE_CHECKS)


def test_candles_that_are_missing_are_not_tried_on_a_pipeline() -> None:
    assert found(subject(pipeline(strategy=Raises()))) == {}
