"""From arms to evidence: what is there is weighed, what is missing is said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.backtest.small_bench import a_bench, a_schedule, compose
from weexctl.backtest.ablation import Ablation, ArmOutcome
from weexctl.backtest.ablation_evidence import Evidence, weigh
from weexctl.backtest.arm_run import ArmRun, score_odds
from weexctl.backtest.arms import Arm, Group
from weexctl.backtest.claims import Verdict, nothing_looked_ahead
from weexctl.backtest.equity_curve import EquityCurve
from weexctl.backtest.metrics import measure
from weexctl.backtest.shelf import Shelf
from weexctl.backtest.trial_ledger import Trial, TrialLedger

DAY_MS = 86_400_000
MIDNIGHT_MS = 1_704_067_200_000
DAYS = 300


def arm_run(name: str, mean: float, deviation: float, *, seed: int = 1) -> ArmRun:
    """An arm whose days have this mean and deviation; the same seed moves all of them together."""
    random = np.random.default_rng(seed)
    returns = mean + deviation * random.standard_normal(DAYS)
    times = MIDNIGHT_MS + DAY_MS * np.arange(DAYS + 1, dtype=np.int64)
    curve = EquityCurve(times, 1e4 * np.cumprod(np.concatenate([[1.0], 1 + returns])), np.full(DAYS + 1, 0.3))
    return ArmRun(name, curve, measure(curve), name)


def outcome(run: ArmRun, group: Group = Group.ARM) -> ArmOutcome:
    return ArmOutcome(arm=Arm(name=run.name, title=run.name, group=group), run=run)


def ablation(*, placebo_mean: float = 0.0002) -> Ablation:
    """Ours has the calmest days and the best mean."""
    arms = [arm_run("F", 0.001, 0.006), arm_run("A", 0.001, 0.03), arm_run("B", 0.0008, 0.008)]
    controls = [arm_run("K1", 0.0004, 0.008), arm_run("K2", 0.0004, 0.0062), arm_run("K3", 0.0009, 0.006, seed=2)]
    placebos = [arm_run(f"K4-{n:02}", placebo_mean, 0.006, seed=n + 10) for n in range(30)]
    found = [*map(outcome, arms), *(outcome(run, Group.CONTROL) for run in controls)]
    found += [outcome(run, Group.PLACEBO) for run in placebos]
    found += [outcome(arm_run(f"N-{n:02}", -0.0002, 0.006, seed=n + 50), Group.NULL) for n in range(5)]
    return Ablation({one.arm.name: one for one in found})


def odds(symbol: str) -> NDArray[np.float64]:
    """Of the small pipeline, whose classifier gives none."""
    bench, shelf = a_bench(), Shelf()
    fits = {symbol: shelf.fits(compose({}), bench.market.candles[symbol], bench.stretches)}
    return score_odds(bench, shelf, compose({}), fits, symbol, should_stop=lambda: False)


def weighed(found: Ablation, **changes: Any) -> Evidence:
    ledger = TrialLedger(
        trials=tuple(
            Trial(config_hash=str(n), metric="sharpe", value=float(n % 3), date_ms=n, profile="p") for n in range(50)
        )
    )
    given: dict[str, Any] = {"target": 0.13, "ledger": ledger, "looked_ahead": nothing_looked_ahead({"x": ""})}
    return weigh(found, a_bench(), from_ms=a_schedule().first_ms, odds=odds, **{**given, **changes})


def claim(evidence: Evidence, name: str) -> Any:
    return next(one for one in evidence.claims if one.name == name)


def test_all_that_can_be_weighed_is() -> None:
    evidence = weighed(ablation())

    assert list(evidence.comparisons) == ["A", "K1", "K2", "K3", "B"]
    assert evidence.comparisons["A"].max_drawdown is not None
    assert evidence.comparisons["A"].max_drawdown.high < 0
    assert list(evidence.reality_checks) == ["K2", "K3"]
    assert evidence.reality_checks["K2"].best == "F"
    assert evidence.nulls is not None
    assert evidence.nulls.count == 5
    assert evidence.overfitting is not None
    assert evidence.overfitting.variants == 3
    assert [one.name for one in evidence.claims] == ["C1", "C2", "C3", "C4", "C5", "C6", "C7"]
    assert {one.name: one.verdict for one in evidence.claims if one.name not in ("C4", "C5")} == dict.fromkeys(
        ("C1", "C2", "C3", "C6", "C7"), Verdict.PASS
    )


def test_more_trials_deflate_more() -> None:
    few = TrialLedger(trials=())
    evidence, none = weighed(ablation()), weighed(ablation(), ledger=few)

    assert evidence.trials == 50
    assert evidence.probabilistic_sharpe is not None
    assert evidence.deflated_sharpe is not None
    assert evidence.deflated_sharpe < evidence.probabilistic_sharpe
    assert none.deflated_sharpe is None
    assert "fewer than two" in none.missing["deflated_sharpe"]


def test_placebos_that_are_as_good_break_the_claim() -> None:
    assert claim(weighed(ablation(placebo_mean=0.003)), "C3").verdict is Verdict.FAIL


def test_what_did_not_run_leaves_its_claims_open() -> None:
    found = ablation()
    outcomes = dict(found.outcomes)
    outcomes["K1"] = replace(outcomes["K1"], run=None, failure="no")
    outcomes["K4-07"] = replace(outcomes["K4-07"], run=None, failure="no")
    outcomes["N-03"] = replace(outcomes["N-03"], run=None, failure="no")
    evidence = weighed(Ablation(outcomes))

    assert evidence.nulls is None
    assert evidence.missing["nulls"] == "1 of 5 markets by a coin did not run"
    assert "K1" not in evidence.comparisons
    assert claim(evidence, "C1").verdict is claim(evidence, "C3").verdict is Verdict.NOT_EVALUATED
    assert claim(evidence, "C1").because == "arm K1 did not run"
    assert claim(evidence, "C3").because == "1 of 30 placebos did not run"
    assert claim(evidence, "C2").verdict is Verdict.PASS


def test_without_odds_or_target_the_claims_are_open() -> None:
    evidence = weighed(ablation(), target=None)

    assert claim(evidence, "C4").verdict is claim(evidence, "C6").verdict is Verdict.NOT_EVALUATED
    assert "no odds of a loud day" in claim(evidence, "C4").because
    assert claim(evidence, "C6").because == "the profile's sizer has no target"


@pytest.mark.parametrize("target", [0.07, 0.4])
def test_a_target_far_from_what_came_breaks_the_claim(target: float) -> None:
    assert claim(weighed(ablation(), target=target), "C6").verdict is Verdict.FAIL
