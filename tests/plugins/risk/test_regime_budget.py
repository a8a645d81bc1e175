"""Budgets weighted with regime probabilities."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.plugins.books import make_book, make_view
from weexctl import RegimeView, RiskDecision, RiskPolicy
from weexctl_risk import RegimeBudgetConfig, build_regime_budget

share = st.floats(0.0, 1.0)


def assessed(config: RegimeBudgetConfig, view: RegimeView) -> RiskDecision:
    return build_regime_budget(config).assess(make_book(regimes={"BTCUSDT": view}), "BTCUSDT")


def test_the_multiplier_is_the_weighted_budget_and_says_why() -> None:
    config = RegimeBudgetConfig(trending=1.0, ranging=0.5, unstable=0.25)
    decision = assessed(config, make_view(0.72, 0.20, 0.08))

    assert isinstance(build_regime_budget(config), RiskPolicy)
    assert decision.multiplier == pytest.approx(0.72 + 0.10 + 0.02)
    assert decision.reason == "trending 72 %, ranging 20 %, unstable 8 %"
    assert decision.code == "REGIME_BUDGET"


def test_a_certain_trend_is_left_alone() -> None:
    decision = assessed(RegimeBudgetConfig(), make_view(1.0, 0.0, 0.0))

    assert (decision.multiplier, decision.stop_multiplier, decision.code) == (1.0, 1.0, "")


def test_an_unsure_classifier_brings_stops_closer() -> None:
    sure = assessed(RegimeBudgetConfig(), make_view(0.6, 0.3, 0.1, confidence=0.55))
    unsure = assessed(RegimeBudgetConfig(), make_view(0.6, 0.3, 0.1, confidence=0.54))

    assert (sure.stop_multiplier, unsure.stop_multiplier) == (1.0, 0.8)
    assert "54 %" in unsure.reason


def test_an_unknown_regime_gets_the_smallest_budget() -> None:
    policy = build_regime_budget(RegimeBudgetConfig(trending=1.0, ranging=0.5, unstable=0.25))
    decision = policy.assess(make_book(), "BTCUSDT")

    assert (decision.multiplier, decision.code) == (0.25, "REGIME_UNKNOWN")


@given(share, share, share)
def test_it_stays_between_nothing_and_everything(a: float, b: float, c: float) -> None:
    total = a + b + c or 1.0
    decision = assessed(RegimeBudgetConfig(), make_view(a / total, b / total, c / total))

    assert 0.0 <= decision.multiplier <= 1.0


@given(share, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_more_trend_is_never_less_size(split: float, first: float, second: float) -> None:
    low, high = sorted((first, second))
    config = RegimeBudgetConfig(trending=1.0, ranging=0.5, unstable=0.25)
    smaller, larger = (assessed(config, make_view(p, (1 - p) * split, (1 - p) * (1 - split))) for p in (low, high))

    assert smaller.multiplier <= larger.multiplier + 1e-12


def test_a_budget_above_one_is_refused() -> None:
    with pytest.raises(ValidationError):
        RegimeBudgetConfig(trending=1.2)
