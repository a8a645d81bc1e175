"""Arms that are run together are what they are alone; what fails is said; what is scaled reaches its target."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest

from tests.unit.backtest.small_bench import HOUR_MS, a_bench, a_footing, a_schedule, compose
from tests.unit.trader.small_pipeline import WARMUP
from tests.unit.trader.workshop import a_market
from weexctl.backtest.ablation import Ablation, run_arms
from weexctl.backtest.arms import FULL, Arm, Group, Match
from weexctl.backtest.bench import Bench
from weexctl.backtest.controls import mean_exposure, realised_volatility
from weexctl.backtest.crew import local_crew
from weexctl.backtest.engine import Engine
from weexctl.errors import PluginContractError
from weexctl.pipeline.decide import Identity
from weexctl.run import schedule as scheduling
from weexctl.run.fitting import Blocks

OURS = Arm(name=FULL, title="ours")
BARE = Arm(name="A", title="bare", overrides={"bare": True, "sizer": {"fraction": 0.2}})
LATE = Arm(name="late", title="late", delay=1)
DEAR = Arm(name="dear", title="dear", costs=2.0)
OTHER = Arm(name="other", title="other classifier", overrides={"regime": "other"})
PLACEBO = Arm(name="K4-01", title="placebo", group=Group.PLACEBO, shift=90)
REFUSED = Arm(name="refused", title="refused", overrides={"refuse": True})
BROKEN = Arm(name="broken", title="broken", overrides={"untrue": True})


def ablated(
    *arms: Arm,
    bench: Bench | None = None,
    workers: int = 1,
    on_arm: Callable[[str], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Ablation:
    bench = bench or a_bench()
    with local_crew(bench, workers, should_stop) as crew:
        return run_arms(crew, a_footing(crew, bench), arms, compose, on_arm=on_arm, should_stop=should_stop)


def scaled(name: str, figure: str) -> Arm:
    return Arm(
        name=name,
        title=name,
        overrides=BARE.overrides,
        match=Match("sizer.fraction", 0.2, figure, "A"),  # type: ignore[arg-type]
    )


ALL = (OURS, BARE, scaled("K1", "exposure"), scaled("K2", "volatility"), LATE, DEAR, OTHER, PLACEBO, REFUSED, BROKEN)


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduling, "REFIT_CANDLES", 70)


@pytest.fixture
def together(often: None) -> Ablation:  # several fits
    return ablated(*ALL)


def test_ours_is_the_plain_run(together: Ablation) -> None:
    market, composed = a_market(), compose({})
    engine = Engine.over(
        market,
        composed.pipeline,
        start_ms=a_schedule().first_ms,
        start_equity=Decimal(10_000),
        identity=Identity(composed.digest, market.source),
        run_id="r",
    )
    alone = engine.run(a_schedule(), Blocks(composed.pipeline, market.candles))

    run = together.run(FULL)
    assert run is not None
    np.testing.assert_array_equal(run.curve.equity, alone.curve.equity)
    assert run.metrics.trades.count == len(alone.trades) > 10


def test_every_other_arm_is_another_run(together: Ablation) -> None:
    ends = {name: outcome.run.metrics.end for name, outcome in together.outcomes.items() if outcome.run}

    assert list(ends) == ["F", "A", "K1", "K2", "late", "dear", "other", "K4-01"]
    assert len({ends[name] for name in ("F", "A", "K1", "K2", "late", "dear")}) == 6
    assert ends["dear"] < ends["F"]


def test_double_costs_cost_twice_as_much(together: Ablation) -> None:
    ours, dear = together.run(FULL), together.run("dear")
    assert ours is not None
    assert dear is not None
    rate = ours.metrics.totals.fees / ours.metrics.totals.turnover
    assert dear.metrics.totals.fees / dear.metrics.totals.turnover == pytest.approx(2 * rate, rel=0.05)
    assert dear.metrics.totals.slippage / dear.metrics.totals.turnover > 1.4 * (
        ours.metrics.totals.slippage / ours.metrics.totals.turnover
    )


def test_controls_reach_their_target(together: Ablation) -> None:
    ours = together.run(FULL)
    assert ours is not None
    for name, figure in (("K1", mean_exposure), ("K2", realised_volatility)):
        run, outcome = together.run(name), together.outcomes[name]
        assert run is not None
        assert figure(run.curve) == pytest.approx(figure(ours.curve), rel=0.01)
        assert outcome.solved is not None
        assert outcome.solved != 0.2


def test_an_arm_that_fails_is_said_and_the_others_go_on(together: Ablation) -> None:
    assert together.outcomes["refused"].failure == "the profile says no; nothing was run"
    assert "direction that is not" in together.outcomes["broken"].failure
    assert sum(1 for outcome in together.outcomes.values() if outcome.run) == 8
    assert not together.interrupted


def test_controls_of_something_that_failed_say_so() -> None:
    ours = Arm(name=FULL, title="ours", overrides={"refuse": True})
    found = ablated(ours, BARE, scaled("K1", "exposure"))

    assert found.run("A") is not None
    assert found.outcomes["K1"].failure.startswith("F did not run")


def test_two_processes_find_what_one_finds() -> None:
    told: list[str] = []
    together = ablated(*ALL)
    found = ablated(*ALL, workers=2, on_arm=told.append)

    assert sorted(told) == sorted(arm.name for arm in ALL)
    for name, outcome in found.outcomes.items():
        one = together.outcomes[name]
        assert (outcome.failure, outcome.solved, outcome.attempts) == (one.failure, one.solved, one.attempts)
        if outcome.run is not None and one.run is not None:
            np.testing.assert_array_equal(outcome.run.curve.equity, one.run.curve.equity)
            assert outcome.run.metrics == one.run.metrics


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_done_when_somebody_asks_for_an_end_is_kept(workers: int) -> None:
    done: list[str] = []
    found = ablated(*ALL, workers=workers, on_arm=done.append, should_stop=lambda: bool(done))

    assert found.interrupted
    assert {name for name, outcome in found.outcomes.items() if outcome.run} == set(done)
    assert 1 <= len(done) <= 2
    assert list(found.outcomes) == [arm.name for arm in ALL]


def test_all_arms_are_measured_from_the_end_of_our_warm_up() -> None:
    history = 10
    from_ms = a_schedule(history).first_ms + (WARMUP - history) * HOUR_MS
    found = ablated(OURS, BARE, LATE, bench=a_bench(history))

    for name in ("F", "A", "late"):
        run = found.run(name)
        assert run is not None
        assert run.curve.time_ms[0] == from_ms
        assert run.curve.equity[0] == 10_000


def test_a_crew_that_is_lost_leaves_the_arms_that_are_done() -> None:
    deadly = Arm(name="deadly", title="deadly", overrides={"sizer": {"deadly": True}})
    found = ablated(OURS, LATE, deadly, DEAR, workers=2)

    assert found.lost is not None
    assert found.lost.code == "WORKER_LOST"
    assert found.interrupted
    assert found.run(FULL) is not None
    assert found.outcomes["deadly"].run is None
    assert not any(outcome.failure for outcome in found.outcomes.values())


def test_a_broken_plugin_of_ours_refuses_everything() -> None:
    ours = Arm(name=FULL, title="ours", overrides={"untrue": True})

    with pytest.raises(PluginContractError, match="direction that is not"):
        ablated(ours, BARE)
