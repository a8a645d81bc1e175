"""Each claim, on numbers that hold it, that break it, and that decide nothing."""

from __future__ import annotations

import pytest

from weexctl.backtest.bootstrap import Comparison, Difference
from weexctl.backtest.claims import (
    Risk,
    Verdict,
    beats_control,
    beats_placebos,
    forecast_beats_average,
    not_evaluated,
    nothing_looked_ahead,
    odds_have_skill,
    volatility_on_target,
)
from weexctl.backtest.estimate import Estimate
from weexctl.backtest.placebo import Placebos


def compared(low: float, high: float, *, calmar: tuple[float, float]) -> Comparison:
    def difference(low: float, high: float) -> Difference:
        middle = (low + high) / 2
        return Difference(observed=middle, median=middle, low=low, high=high, p_improvement=0.9, draws=2000)

    deeper = difference(low, high)
    return Comparison(
        max_drawdown=deeper,
        calmar=difference(*calmar),
        cvar95=None,
        ulcer=None,
        days=1000,
        draws=2000,
        mean_block_days=20,
        seed=1,
    )


def around(value: float, half: float = 0.01) -> Estimate:
    return Estimate(value=value, low=value - half, high=value + half, days=1000)


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [
        (Risk(0.15, 1.0), Risk(0.20, 0.6), Verdict.PASS),
        (Risk(0.15, 0.6), Risk(0.20, 0.6), Verdict.PASS),
        (Risk(0.20, 1.0), Risk(0.20, 0.6), Verdict.FAIL),
        (Risk(0.15, 0.5), Risk(0.20, 0.6), Verdict.FAIL),
        (Risk(0.15, None), Risk(0.20, 0.6), Verdict.NOT_EVALUATED),
    ],
)
@pytest.mark.parametrize(("name", "control"), [("C1", "K1"), ("C2", "K2")])
def test_both_drawdown_and_calmar_have_to_be_better(
    name: str, control: str, ours: Risk, theirs: Risk, verdict: Verdict
) -> None:
    claim = beats_control(name, control, ours, theirs, None)

    assert (claim.name, claim.verdict, claim.sure) == (name, verdict, None)


@pytest.mark.parametrize(
    ("drawdown", "calmar", "sure"),
    [((-0.10, -0.02), (0.1, 1.0), True), ((-0.10, 0.02), (0.1, 1.0), False), ((-0.10, -0.02), (-0.1, 1.0), False)],
)
def test_it_is_sure_when_neither_interval_holds_zero(
    drawdown: tuple[float, float], calmar: tuple[float, float], sure: bool
) -> None:
    claim = beats_control("C1", "K1", Risk(0.15, 1.0), Risk(0.2, 0.6), compared(*drawdown, calmar=calmar))

    assert (claim.verdict, claim.sure) == (Verdict.PASS, sure)
    assert "15.0 % against 20.0 %" in claim.because


@pytest.mark.parametrize(("share", "verdict"), [(0.0, Verdict.PASS), (0.2, Verdict.PASS), (0.233, Verdict.FAIL)])
def test_a_fifth_of_the_placebos_may_be_as_good(share: float, verdict: Verdict) -> None:
    claim = beats_placebos(Placebos(ours=1.0, count=30, share_as_good=share, mean=0.8, best=1.2))

    assert claim.verdict is verdict
    assert claim.sure is (share == 0.0)
    assert claim.numbers["low"] <= share <= claim.numbers["high"]


def test_every_symbol_has_to_have_skill() -> None:
    plain = {"BTCUSDT": around(0.2), "ETHUSDT": around(0.1)}
    good = odds_have_skill({"BTCUSDT": around(0.1), "ETHUSDT": around(0.005)}, plain)
    bad = odds_have_skill({"BTCUSDT": around(0.1), "ETHUSDT": around(-0.005)}, plain)

    assert (good.verdict, good.sure) == (Verdict.PASS, False)
    assert (bad.verdict, bad.sure) == (Verdict.FAIL, False)
    assert "above zero on 2 of 2" in bad.because
    assert bad.numbers == {"BTCUSDT": 0.1, "ETHUSDT": -0.005, "BTCUSDT_plain": 0.2, "ETHUSDT_plain": 0.1}


def test_the_forecast_has_to_lose_less_on_every_symbol() -> None:
    good = forecast_beats_average({"BTCUSDT": around(-0.1), "ETHUSDT": around(-0.2)})
    bad = forecast_beats_average({"BTCUSDT": around(-0.1), "ETHUSDT": around(0.2)})

    assert (good.verdict, good.sure) == (Verdict.PASS, True)
    assert (bad.verdict, bad.sure) == (Verdict.FAIL, True)
    assert forecast_beats_average({}).verdict is Verdict.NOT_EVALUATED


@pytest.mark.parametrize(
    ("realised", "verdict"),
    [(0.119, Verdict.FAIL), (0.121, Verdict.PASS), (0.229, Verdict.PASS), (0.231, Verdict.FAIL)],
)
def test_volatility_has_to_be_near_its_target(realised: float, verdict: Verdict) -> None:
    claim = volatility_on_target(around(realised), 0.2)

    assert (claim.verdict, claim.sure) == (verdict, False)
    assert volatility_on_target(around(0.17), 0.2).sure is True
    assert volatility_on_target(around(0.05), 0.2).sure is True


def test_one_plugin_that_looks_ahead_is_enough() -> None:
    good = nothing_looked_ahead({"regime x": "", "strategy y": ""})
    bad = nothing_looked_ahead({"regime x": "", "strategy y": "prefix: columns changed"})

    assert (good.verdict, good.numbers["violations"]) == (Verdict.PASS, 0)
    assert bad.verdict is Verdict.FAIL
    assert bad.because == "strategy y: prefix: columns changed"


def test_what_was_not_evaluated_says_why() -> None:
    claim = not_evaluated("C4", "no odds")

    assert (claim.verdict, claim.because, claim.sure) == (Verdict.NOT_EVALUATED, "no odds", None)
    assert "Brier" in claim.statement
