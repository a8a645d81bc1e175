"""What runs share is what each would have made for itself, and it is made once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.unit.backtest.small_bench import a_bench, compose
from weexctl.backtest.bench import Bench
from weexctl.backtest.composed import Composed
from weexctl.backtest.crew import StoppedError
from weexctl.backtest.preparation import prepare
from weexctl.backtest.shelf import Shelf
from weexctl.backtest.stretch import Prepared
from weexctl.config.compose import build_pipeline
from weexctl.config.profile import load_profile
from weexctl.errors import PluginContractError
from weexctl.model.candle import Timeframe
from weexctl.plugin_host import load_offers
from weexctl.run import schedule as scheduling
from weexctl.run.fitting import Block, Blocks
from weexctl.run.market_source import MarketSource, generated_source
from weexctl.run.schedule import plan_schedule

OFFERS = load_offers(environ={})
ARMS: tuple[dict[str, Any], ...] = ({}, {"bare": True}, {"sizer": {"fraction": 0.1}}, {"regime": "other"})


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduling, "REFIT_CANDLES", 70)


@pytest.fixture(scope="module")
def market() -> MarketSource:
    """Three thousand hours of two symbols."""
    return generated_source(3, ("BTCUSDT", "ETHUSDT"), Timeframe.H1, 3_000)


@pytest.fixture
def bench(market: MarketSource, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Two hundred closes with a fit every ninety: three stretches of two symbols."""
    monkeypatch.setattr(scheduling, "REFIT_CANDLES", 90)
    schedule = plan_schedule(
        market, 3_600_000, history=2_700, from_ms=None, to_ms=None, steps=200, run_from_ms=None, done_ms=None
    )
    return Bench(market, schedule)


def composed(**overrides: Any) -> Composed:
    """`safe` with the classifier that is cheap to fit, and values by path with `__` for dots."""
    laid = {
        "pipeline.regime": {"use": "rules", "train_candles": 1000, "min_train_candles": 500},
        "venue.symbols": ["BTCUSDT", "ETHUSDT"],
    }
    laid |= {path.replace("__", "."): value for path, value in overrides.items()}
    profile = load_profile("safe", offers=OFFERS, overrides=laid)
    return Composed.of(profile, build_pipeline(profile, OFFERS))


def put_together(shelf: Shelf, of: Composed, bench: Bench, **given: Any) -> Prepared:
    return shelf.prepared(of, bench.market.candles, bench.stretches, **given)


def same(one: Block, other: Block) -> None:
    """From the first row of the stretch on, both say the same."""
    assert one.artefacts == other.artefacts
    assert list(one.columns) == list(other.columns)
    for symbol, columns in one.columns.items():
        theirs = other.columns[symbol]
        start = len(theirs.candles) - len(columns.candles)
        assert columns.ready_row == max(0, theirs.ready_row - start)
        assert columns.candles.digest() == theirs.candles.rows(start, len(theirs.candles)).digest()
        assert columns.rules.keys() == theirs.rules.keys()
        assert columns.stages.keys() == theirs.stages.keys()
        parts = [(columns.regime, theirs.regime), (columns.features, theirs.features)]
        parts += [(columns.rules[rule], theirs.rules[rule]) for rule in columns.rules]
        parts += [(columns.stages[key], theirs.stages[key]) for key in columns.stages]
        for left, right in parts:
            assert list(left) == list(right)
            for name in left:
                np.testing.assert_array_equal(left[name], right[name][start:])


def test_what_is_put_together_is_what_a_run_makes_as_it_goes(often: None) -> None:
    bench, shelf = a_bench(), Shelf()
    for arm in (*ARMS, *ARMS):
        as_it_goes = Blocks(compose(arm).pipeline, bench.market.candles)
        found = put_together(shelf, compose(arm), bench)

        assert len(found.blocks) == 4
        for stretch, block in found.blocks.items():
            same(block, as_it_goes.compute(*stretch))


def test_it_is_the_same_for_the_plugins_of_a_profile(bench: Bench) -> None:
    as_it_goes = Blocks(composed().pipeline, bench.market.candles)
    found = put_together(Shelf(), composed(), bench)

    assert list(found.blocks) == list(bench.stretches)
    for stretch, block in found.blocks.items():
        same(block, as_it_goes.compute(*stretch))


def test_two_processes_make_the_same_as_one(often: None) -> None:
    told: dict[int, list[str]] = {1: [], 2: []}
    one, two = (prepare(compose({}), a_bench(), workers=n, on_fit=told[n].append) for n in told)

    assert sorted(told[1]) == sorted(told[2])
    assert len(told[1]) == sum(len(block.artefacts) for block in one.blocks.values())
    assert list(one.blocks) == list(two.blocks)
    for stretch, block in one.blocks.items():
        same(two.blocks[stretch], block)


def test_a_pipeline_whose_plugin_is_broken_spoils_no_other() -> None:
    bench, shelf = a_bench(), Shelf()
    with pytest.raises(PluginContractError, match="direction that is not"):
        put_together(shelf, compose({"untrue": True}), bench)

    assert all(len(block.columns) == 3 for block in put_together(shelf, compose({}), bench).blocks.values())


@pytest.mark.parametrize(
    ("path", "value", "refitted", "sources"),
    [
        ("limits__per_trade_risk", 0.005, False, 0),
        ("pipeline__rebalance_band", 0.2, False, 0),
        ("pipeline__risk[0].ranging", 0.1, False, 0),
        ("pipeline__exits[2].candles", 100, False, 0),
        ("pipeline__sizer.annual_volatility", 0.2, False, 1),
        ("pipeline__exits[0].multiple", 2.0, False, 1),
        ("pipeline__regime.confirm_candles", 6, True, 2),  # its view, and what it observed
    ],
)
def test_only_the_columns_of_the_stage_that_a_trial_changes_are_made_again(
    path: str, value: object, refitted: bool, sources: int, bench: Bench
) -> None:
    shelf = Shelf()
    put_together(shelf, composed(), bench)
    fits, columns = shelf.fitted, shelf.computed
    assert (fits, columns) == (6, 6 * sum(1 for _ in composed().sources()))

    put_together(shelf, composed(**{path: value}), bench)
    put_together(shelf, composed(), bench)

    assert shelf.fitted - fits == (6 if refitted else 0)
    assert shelf.computed - columns == 6 * sources


def test_fits_that_somebody_made_are_not_made_again(bench: Bench) -> None:
    made = {symbol: Shelf().fits(composed(), known, bench.stretches) for symbol, known in bench.market.candles.items()}
    shelf = Shelf()

    found = put_together(shelf, composed(), bench, fits=made)

    assert shelf.fitted == 0
    for block in found.blocks.values():
        assert all(block.artefacts[symbol] is made[symbol][block.fitted_ms] for symbol in made)


def test_a_full_shelf_forgets_what_was_asked_for_longest_ago(bench: Bench) -> None:
    shelf = Shelf(room=1)  # nothing but what is needed
    wide, narrow = (composed(**{"pipeline__exits[0].multiple": multiple}) for multiple in (3.0, 2.0))
    put_together(shelf, wide, bench)
    everything = shelf.computed

    put_together(shelf, wide, bench)
    assert shelf.computed == everything
    for pipeline in (narrow, wide, narrow):
        put_together(shelf, pipeline, bench)
    assert shelf.computed == everything + 3 * 6  # the stops of one made room for those of the other


def test_work_that_was_ended_is_gone_on_with(bench: Bench) -> None:
    shelf, calls = Shelf(), []

    def stop() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise StoppedError

    with pytest.raises(StoppedError):
        put_together(shelf, composed(), bench, go_on=stop)
    before = shelf.computed
    found = put_together(shelf, composed(), bench)

    sources = sum(1 for _ in composed().sources())
    assert (before, shelf.computed, shelf.fitted) == (2 * sources, 6 * sources, 6)
    for stretch, block in put_together(Shelf(), composed(), bench).blocks.items():
        same(found.blocks[stretch], block)
