"""What trials share is what each would have made for itself, and it is made once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from weexctl.backtest.preparation import prepare
from weexctl.backtest.shared_fits import Shelf, columns_of, make_fits
from weexctl.backtest.sweep_trial import StoppedError
from weexctl.config.compose import build_pipeline
from weexctl.config.profile import Profile, load_profile
from weexctl.model.candle import Timeframe
from weexctl.plugin_host import load_offers
from weexctl.run import schedule as scheduling
from weexctl.run.market_source import MarketSource, generated_source
from weexctl.run.schedule import Schedule, plan_schedule

OFFERS = load_offers(environ={})


def a_profile(**overrides: Any) -> Profile:
    """`safe` with the classifier that is cheap to fit, and values by path with `__` for dots."""
    laid = {
        "pipeline.regime": {"use": "rules", "train_candles": 1000, "min_train_candles": 500},
        "venue.symbols": ["BTCUSDT", "ETHUSDT"],
    }
    laid |= {path.replace("__", "."): value for path, value in overrides.items()}
    return load_profile("safe", offers=OFFERS, overrides=laid)


@pytest.fixture(scope="module")
def market() -> MarketSource:
    """Three thousand hours of two symbols."""
    return generated_source(3, ("BTCUSDT", "ETHUSDT"), Timeframe.H1, 3_000)


@pytest.fixture
def schedule(market: MarketSource, monkeypatch: pytest.MonkeyPatch) -> Schedule:
    """Two hundred closes with a fit every ninety."""
    monkeypatch.setattr(scheduling, "REFIT_CANDLES", 90)
    return plan_schedule(
        market, 3_600_000, history=2_700, from_ms=None, to_ms=None, steps=200, run_from_ms=None, done_ms=None
    )


def test_fits_and_columns_are_those_of_a_run_that_shares_nothing(market: MarketSource, schedule: Schedule) -> None:
    pipeline = build_pipeline(a_profile(), OFFERS)
    fitted: list[str] = []
    fits = make_fits(pipeline, market.candles, schedule, on_fit=fitted.append)
    shared = columns_of(pipeline, market.candles, schedule, fits)
    alone = prepare(pipeline, market.candles, schedule)

    assert fitted == ["BTCUSDT", "ETHUSDT"] * 3
    assert list(shared.blocks) == list(alone.blocks)
    for stretch, block in shared.blocks.items():
        assert block.artefacts == alone.blocks[stretch].artefacts
        for symbol, columns in block.columns.items():
            other = alone.blocks[stretch].columns[symbol]
            assert columns.ready_row == other.ready_row
            assert len(columns.candles) == len(other.candles)
            same(columns.regime, other.regime)
            same(columns.features, other.features)
            for key in other.rules.keys() | columns.rules.keys():
                same(columns.rules[key], other.rules[key])
            for key in other.stages.keys() | columns.stages.keys():
                same(columns.stages[key], other.stages[key])


def same(ours: Any, theirs: Any) -> None:
    """Two sets of columns are equal."""
    assert list(ours) == list(theirs)
    for name, column in ours.items():
        np.testing.assert_array_equal(column, theirs[name])


@pytest.mark.parametrize(
    ("path", "value", "fitted", "computed"),
    [
        ("limits__per_trade_risk", 0.005, 1, 1),
        ("pipeline__rebalance_band", 0.2, 1, 1),
        ("pipeline__risk[0].ranging", 0.1, 1, 1),
        ("pipeline__exits[2].candles", 100, 1, 1),
        ("pipeline__sizer.annual_volatility", 0.2, 1, 2),
        ("pipeline__exits[0].multiple", 2.0, 1, 2),
        ("pipeline__regime.confirm_candles", 6, 2, 2),
    ],
)
def test_only_what_a_trial_changes_is_made_again(
    path: str, value: object, fitted: int, computed: int, market: MarketSource, schedule: Schedule
) -> None:
    shelf = Shelf()
    for profile in (a_profile(), a_profile(**{path: value}), a_profile()):
        shelf.prepared(profile.pipeline, build_pipeline(profile, OFFERS), market.candles, schedule)

    assert (shelf.fitted, shelf.computed) == (fitted, computed)


def test_fits_that_somebody_made_are_not_made_again(market: MarketSource, schedule: Schedule) -> None:
    profile, shelf = a_profile(), Shelf()
    pipeline = build_pipeline(profile, OFFERS)
    fits = make_fits(pipeline, market.candles, schedule, on_fit=lambda _: None)

    prepared = shelf.prepared(profile.pipeline, pipeline, market.candles, schedule, fits=fits)

    assert (shelf.fitted, shelf.computed) == (0, 1)
    assert all(block.artefacts is fits[block.fitted_ms] for block in prepared.blocks.values())


def test_a_shelf_forgets_what_was_asked_for_longest_ago(market: MarketSource, schedule: Schedule) -> None:
    shelf = Shelf()
    multiples = [2.0, 2.5, 2.0, 3.0, 2.0, 2.5]
    for multiple in multiples:
        profile = a_profile(**{"pipeline__exits[0].multiple": multiple})
        shelf.prepared(profile.pipeline, build_pipeline(profile, OFFERS), market.candles, schedule)

    assert (shelf.fitted, shelf.computed) == (1, 4)  # 2.5 had to make room for 3.0


def test_work_that_was_ended_leaves_nothing_behind(market: MarketSource, schedule: Schedule) -> None:
    profile, shelf = a_profile(), Shelf()
    pipeline = build_pipeline(profile, OFFERS)
    calls = []

    def stop() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise StoppedError

    with pytest.raises(StoppedError):
        shelf.prepared(profile.pipeline, pipeline, market.candles, schedule, on_work=stop)
    shelf.prepared(profile.pipeline, pipeline, market.candles, schedule)

    assert (len(calls), shelf.fitted, shelf.computed) == (3, 2, 1)
