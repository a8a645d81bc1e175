"""Columns computed once over a block, and on the trailing window that live trading has: the same decisions."""

from __future__ import annotations

import numpy as np
import pytest

from weexctl.config.compose import build_pipeline
from weexctl.config.profile import load_profile
from weexctl.config.venue import Venue
from weexctl.model.book import Book
from weexctl.model.instrument import Instrument
from weexctl.pipeline.columns import Columns, SymbolColumns, compute_columns
from weexctl.pipeline.decide import Identity, decide
from weexctl.pipeline.guards import Flow
from weexctl.pipeline.stage import Pipeline
from weexctl.plugin_host import load_offers
from weexctl.simulator.generator import generate_market
from weexctl.trader.connection import open_connection

SYMBOL = "BTCUSDT"
ROWS = (0, 37, 411, 1203, 1490)
"""Rows after the warm-up at which block and window are compared."""


@pytest.fixture(scope="module", params=["safe", "balanced", "competition"])
def pipeline(request: pytest.FixtureRequest) -> Pipeline:
    offers = load_offers(environ={})
    return build_pipeline(load_profile(request.param, offers=offers), offers)


@pytest.fixture(scope="module")
def block(pipeline: Pipeline) -> SymbolColumns:
    candles = generate_market(11, count=pipeline.warmup_candles + 1_500)[SYMBOL]
    fitted = candles.rows(0, pipeline.warmup_candles)
    artefact = pipeline.regime.plugin.fit(fitted.frame(), SYMBOL)
    return compute_columns(pipeline, candles, artefact)


@pytest.fixture(scope="module")
def instruments() -> dict[str, Instrument]:
    connection = open_connection(Venue.SIM, base_url=None, credentials=None, timeout_s=1)
    return connection.exchange.fetch_instruments()


def _window(pipeline: Pipeline, block: SymbolColumns, row: int) -> SymbolColumns:
    candles = block.candles.rows(row - pipeline.warmup_candles, row + 1)
    return compute_columns(pipeline, candles, block.artefact)


def _same(block: Columns, window: Columns, row: int) -> None:
    assert set(block) == set(window)
    for name, values in block.items():
        whole, trailing = values[row], window[name][-1]
        if isinstance(whole, float | np.floating):
            assert trailing == pytest.approx(whole, rel=1e-6, abs=1e-9, nan_ok=True), name
        else:
            assert trailing == whole, name


@pytest.mark.parametrize("offset", ROWS)
def test_every_column_is_the_same_on_the_trailing_window(pipeline: Pipeline, block: SymbolColumns, offset: int) -> None:
    row = pipeline.warmup_candles + offset
    window = _window(pipeline, block, row)
    _same(block.regime, window.regime, row)
    for rule, columns in block.rules.items():
        _same(columns, window.rules[rule], row)
    for key, columns in block.stages.items():
        _same(columns, window.stages[key], row)


@pytest.mark.parametrize("offset", ROWS)
def test_the_decision_is_the_same_on_the_trailing_window(
    pipeline: Pipeline, block: SymbolColumns, instruments: dict[str, Instrument], offset: int
) -> None:
    row = pipeline.warmup_candles + offset
    steps = [
        decide(pipeline, {SYMBOL: columns}, _book(block, row), instruments, Identity("profile", "data"), Flow())
        for columns in (block, _window(pipeline, block, row))
    ]
    whole, trailing = (step.decisions[0] for step in steps)
    assert (trailing.outcome, trailing.blocked) == (whole.outcome, whole.blocked)
    assert trailing.decision_id == whole.decision_id
    assert [order.intent for order in steps[1].orders] == [order.intent for order in steps[0].orders]


def _book(block: SymbolColumns, row: int) -> Book:
    candles = block.candles
    return Book(
        now_ms=int(candles.open_time_ms[row]) + candles.timeframe.ms,
        candle_ms=candles.timeframe.ms,
        symbols=(SYMBOL,),
        equity=10_000.0,
        start_equity=10_000.0,
        peak_equity=10_000.0,
        day_start_equity=10_000.0,
        prices={SYMBOL: float(candles.close[row])},
        positions={},
        signals={},
        regimes={},
    )
