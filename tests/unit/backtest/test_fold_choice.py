"""Each fold chooses by its train window alone: candles that close later change nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from weexctl.backtest.bench import Bench
from weexctl.backtest.composed import Composed
from weexctl.backtest.crew import local_crew
from weexctl.backtest.fold_choice import Chooser, FoldChoice, train_plan
from weexctl.backtest.folds import Fold, FoldPlan, plan_folds
from weexctl.backtest.preparation import fit_symbols
from weexctl.backtest.sweep import Plan
from weexctl.backtest.sweep_check import own_values
from weexctl.backtest.sweep_record import SweepRecord, TrialRecord
from weexctl.backtest.sweep_space import Choices, Dimension, Params, Range, Space
from weexctl.config.compose import build_pipeline
from weexctl.config.profile import Profile, load_profile
from weexctl.errors import UsageError
from weexctl.model.candle import Candles, Timeframe
from weexctl.plugin_host import load_offers
from weexctl.run import schedule as scheduling
from weexctl.run.market_source import MarketSource, generated_source
from weexctl.run.schedule import plan_schedule

HOUR_MS = 3_600_000
OFFERS = load_offers(environ={})
STOP = Range("pipeline.exits[0].multiple", 0.5, 6)
WINDOWS = FoldPlan(train_days=4, test_days=2, purge_hours=0, embargo_hours=0, anchored=False)
Poison = Callable[[Candles], Candles]


@pytest.fixture(autouse=True)
def _fits_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduling, "REFIT_CANDLES", 70)


def profile_of(params: Params) -> Profile:
    """A profile that trades often, whose classifier is cheap to fit."""
    trend = {"use": "trend", "pairs": [[4, 16]], "vwap_window": 12}
    laid: dict[str, Any] = {
        "pipeline.regime": {"use": "rules", "train_candles": 800, "min_train_candles": 500, "smoothing_hours": 1},
        "pipeline.strategies": {"trending": trend, "ranging": trend, "unstable": trend},
        "pipeline.risk": [{"use": "regime-budget", "trending": 1.0, "ranging": 0.8, "unstable": 0.6}],
        "pipeline.guards": [],
        "pipeline.sizer": {"use": "volatility-target", "annual_volatility": 0.2, "half_life_hours": 24},
        "pipeline.exits": [{"use": "atr-stop", "multiple": 3.0, "block": 4, "half_life": 24}],
        "pipeline.rebalance_band": 0.2,
        "venue.symbols": ["BTCUSDT"],
    }
    return load_profile("balanced", offers=OFFERS, overrides={**laid, **params})


def a_plan(*dimensions: Dimension, market: MarketSource, trials: int = 4) -> Plan:
    profile, space = profile_of({}), Space(dimensions)
    schedule = plan_schedule(
        market, HOUR_MS, history=3_700, from_ms=None, to_ms=None, steps=240, run_from_ms=None, done_ms=None
    )
    return Plan(
        space=space,
        metric="total_return",
        trials=trials if dimensions else 1,
        batch=2,
        seed=1,
        profile=profile,
        base=own_values(space, profile),
        profile_of=profile_of,
        composed=Composed.of(profile, build_pipeline(profile, OFFERS)),
        manifest={},
        bench=Bench(market, schedule, {}),
    )


@pytest.fixture(scope="module")
def market() -> MarketSource:
    """Four thousand hours of one symbol."""
    return generated_source(3, ("BTCUSDT",), Timeframe.H1, 4_000)


@pytest.fixture(scope="module")
def whole(market: MarketSource, tmp_path_factory: pytest.TempPathFactory) -> list[FoldChoice]:
    """What is chosen when nobody asks for an end."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(scheduling, "REFIT_CANDLES", 70)
        return chosen(a_plan(STOP, market=market), tmp_path_factory.mktemp("whole"))


def folds_of(plan: Plan) -> tuple[Fold, ...]:
    return plan_folds(WINDOWS, plan.bench.schedule)


def never() -> bool:
    return False


def chosen(plan: Plan, folder: Path, told: list[TrialRecord] | None = None, **changes: Any) -> list[FoldChoice]:
    """Every choice, made in this process."""
    folds = folds_of(plan)
    stop = changes.get("should_stop", never)
    with local_crew(plan.bench, 1, stop) as crew:
        chooser = Chooser(
            plan,
            {fold.number: SweepRecord(folder / f"{fold.number}.jsonl", {}) for fold in folds},
            crew,
            on_fit=lambda _: None,
            on_trial=lambda fold, part, trial: told.append(trial) if told is not None else None,
            should_stop=stop,
        )
        return list(chooser.choices(folds))


def poisoned(market: MarketSource, from_ms: int) -> MarketSource:
    """The market with other candles from the one that opens at `from_ms` on: they rise, and a hundredfold."""

    def other(candles: Candles) -> Candles:
        late = candles.open_time_ms >= from_ms
        factor = np.where(late, 100.0 * 1.01 ** np.cumsum(late), 1.0)
        prices = {name: getattr(candles, name) * factor for name in ("open", "high", "low", "close")}
        return replace(candles, **prices)

    return replace(market, candles={symbol: other(known) for symbol, known in market.candles.items()})


def without_time(choice: FoldChoice) -> TrialRecord:
    return replace(choice.chosen, seconds=0.0)


def test_candles_after_the_train_window_change_nothing_of_a_choice(
    market: MarketSource, whole: list[FoldChoice], tmp_path: Path
) -> None:
    ours, folds = whole, folds_of(a_plan(STOP, market=market))
    # With no gap the test window's first candle opens when the train window's last one closes.
    plan = a_plan(STOP, market=poisoned(market, folds[1].train.last_ms))

    theirs = chosen(plan, tmp_path)

    assert [choice.fold.number for choice in ours] == [1, 2, 3]
    assert len({choice.chosen.number for choice in ours}) > 1
    assert [without_time(choice) for choice in theirs[:2]] == [without_time(choice) for choice in ours[:2]]
    assert without_time(theirs[2]) != without_time(ours[2])  # its train window has them


def test_a_bench_of_a_window_has_no_candle_that_closes_later(market: MarketSource) -> None:
    finer = generated_source(3, ("BTCUSDT",), Timeframe.M15, 16_000)
    plan = a_plan(STOP, market=replace(market, detail=finer.candles))
    for fold in folds_of(plan):
        bench = train_plan(plan, fold).bench

        assert [fine.last_close_ms for fine in bench.market.detail.values()] == [fold.train.last_ms]
        assert [candles.last_close_ms for candles in bench.market.candles.values()] == [fold.train.last_ms]
        assert (bench.schedule.first_ms, bench.schedule.last_ms) == (fold.train.first_ms, fold.train.last_ms)
        assert bench.schedule.run_from_ms == plan.bench.schedule.run_from_ms


def test_the_best_of_a_train_window_is_chosen_and_its_fits_are_those_of_a_run(
    market: MarketSource, tmp_path: Path
) -> None:
    told: list[TrialRecord] = []
    plan = a_plan(STOP, market=market)

    choices = chosen(plan, tmp_path, told)

    assert len(told) == 12
    with local_crew(plan.bench, 1, never) as crew:
        fits = fit_symbols(plan.composed, plan.bench, crew, on_symbol=lambda _: None, should_stop=never)
    for number, choice in enumerate(choices):
        values = [trial.figures["total_return"] or 0.0 for trial in told[4 * number : 4 * number + 4]]
        assert choice.chosen.figures["total_return"] == max(values)
        assert choice.profile == profile_of(choice.chosen.params)
        assert (choice.trials, choice.failed) == (4, 0)
        assert choice.fits == fits
        assert choice.stint().closes == choice.fold.test


def test_a_varied_classifier_is_fitted_for_its_own_window(market: MarketSource, tmp_path: Path) -> None:
    plan = a_plan(Choices("pipeline.regime.train_candles", (600, 700)), market=market, trials=3)

    choices = chosen(plan, tmp_path)

    for choice in choices:
        moments = list(choice.fits["BTCUSDT"])
        assert moments[0] <= choice.fold.train.first_ms
        assert choice.fold.test.last_ms - 70 * HOUR_MS < moments[-1] <= choice.fold.test.last_ms
        for fitted_ms, artefact in choice.fits["BTCUSDT"].items():
            assert artefact.train_to_ms < fitted_ms


def test_without_a_space_the_profile_as_it_is_is_tried_on_every_fold(market: MarketSource, tmp_path: Path) -> None:
    choices = chosen(a_plan(market=market), tmp_path)

    assert [(c.chosen.number, c.chosen.params, c.trials) for c in choices] == [(0, {}, 1)] * 3
    assert all(choice.profile == profile_of({}) for choice in choices)


@pytest.mark.parametrize("after", [1, 5])
def test_what_is_on_record_is_not_made_again(
    after: int, market: MarketSource, whole: list[FoldChoice], tmp_path: Path
) -> None:
    plan = a_plan(STOP, market=market)
    told: list[TrialRecord] = []

    part = chosen(plan, tmp_path / "part", told, should_stop=lambda: len(told) >= after)
    made = len(told)
    rest = chosen(plan, tmp_path / "part", told)

    assert after <= made < 12
    assert len(part) == made // 4
    assert len(told) == 12
    assert [without_time(choice) for choice in rest] == [without_time(choice) for choice in whole]


def test_a_fold_of_which_no_trial_runs_is_refused_with_the_reason(market: MarketSource, tmp_path: Path) -> None:
    plan = a_plan(market=market)
    for fold in folds_of(plan):
        record = SweepRecord(tmp_path / f"{fold.number}.jsonl", {})
        record.add(TrialRecord(number=0, params={}, config_hash="x", failure="the plugin is broken"))

    with pytest.raises(UsageError, match=r"no trial of a train window could be run.*the plugin is broken"):
        chosen(plan, tmp_path)


def test_where_no_trial_has_a_value_the_profile_as_it_is_is_taken(market: MarketSource, tmp_path: Path) -> None:
    plan = a_plan(STOP, market=market)
    for fold in folds_of(plan):
        record = SweepRecord(tmp_path / f"{fold.number}.jsonl", {})
        for trial in made_up():
            record.add(trial)

    assert [choice.chosen.number for choice in chosen(plan, tmp_path)] == [1, 1, 1]


def made_up() -> Iterator[TrialRecord]:
    """Four trials, the first of which failed and none of which has a value."""
    for number in range(4):
        yield TrialRecord(
            number=number,
            params={STOP.path: 1.0},
            config_hash=str(number),
            figures={} if number == 0 else {"total_return": None},
            failure="no" if number == 0 else "",
        )
