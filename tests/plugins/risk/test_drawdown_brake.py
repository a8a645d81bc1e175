"""Smaller as the drawdown grows, with a floor and one suspension at the end of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.plugins.books import HOUR_MS, NOW_MS, make_book
from weexctl import RiskDecision, RiskPolicy
from weexctl_risk import DrawdownBrakeConfig, build_drawdown_brake

DAY_MS = 24 * HOUR_MS


def braked(drawdown: float, *, suspended_until_ms: int = 0, config: DrawdownBrakeConfig | None = None) -> RiskDecision:
    policy = build_drawdown_brake(config or DrawdownBrakeConfig())
    book = make_book(equity=10_000 * (1 - drawdown), suspended_until_ms=suspended_until_ms)
    return policy.assess(book, "BTCUSDT")


def test_a_small_drawdown_changes_nothing() -> None:
    decision = braked(0.0599)

    assert isinstance(build_drawdown_brake(DrawdownBrakeConfig()), RiskPolicy)
    assert (decision.multiplier, decision.stop_multiplier, decision.code) == (1.0, 1.0, "")
    assert decision.suspend_until_ms is None


@pytest.mark.parametrize(("drawdown", "multiplier"), [(0.07, 0.9), (0.11, 0.5), (0.13, 0.3), (0.15, 0.25), (0.5, 0.25)])
def test_size_falls_on_a_line_to_the_floor(drawdown: float, multiplier: float) -> None:
    assert braked(drawdown).multiplier == pytest.approx(multiplier)


def test_braking_brings_stops_closer_and_says_so() -> None:
    decision = braked(0.11)

    assert (decision.stop_multiplier, decision.code) == (0.8, "DRAWDOWN_BRAKE")
    assert decision.reason == "drawdown 11.0 % of at most 16.0 %, size × 0.50"
    assert decision.suspend_until_ms is None


def test_the_largest_drawdown_suspends_entries_for_a_day() -> None:
    decision = braked(0.161)

    assert (decision.multiplier, decision.code) == (0.25, "DRAWDOWN_MAX")
    assert decision.suspend_until_ms == NOW_MS + DAY_MS


@pytest.mark.parametrize("ended_ms", [NOW_MS + HOUR_MS, NOW_MS, NOW_MS - 29 * DAY_MS])
def test_a_suspension_is_not_followed_by_another_one_at_once(ended_ms: int) -> None:
    decision = braked(0.2, suspended_until_ms=ended_ms)

    assert (decision.multiplier, decision.suspend_until_ms) == (0.25, None)


def test_a_month_later_it_may_suspend_again() -> None:
    assert braked(0.2, suspended_until_ms=NOW_MS - 31 * DAY_MS).suspend_until_ms == NOW_MS + DAY_MS


def test_soft_itself_is_still_free_and_max_itself_already_suspends() -> None:
    config = DrawdownBrakeConfig(soft=0.25, max=0.5, floor=0.125)

    assert braked(0.25, config=config).code == ""
    assert braked(0.5, config=config).suspend_until_ms == NOW_MS + DAY_MS


@given(st.floats(0.0, 0.99), st.floats(0.0, 0.99))
def test_a_deeper_drawdown_is_never_more_size(first: float, second: float) -> None:
    low, high = sorted((first, second))

    assert 0.25 <= braked(high).multiplier <= braked(low).multiplier <= 1.0


def test_soft_has_to_come_before_max() -> None:
    with pytest.raises(ValidationError, match="soft has to be below max"):
        DrawdownBrakeConfig(soft=0.2, max=0.16)
