"""Columns moved in time: by one candle for a delay, in a circle for a placebo."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.backtest.small_bench import a_bench, compose
from weexctl.backtest.block_shifts import Blocks, delayed, with_shifted_regimes
from weexctl.backtest.preparation import prepare
from weexctl.run import schedule as scheduling

ROWS = 250


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduling, "REFIT_CANDLES", 70)


@pytest.fixture
def blocks() -> Blocks:
    return prepare(compose({}), a_bench()).blocks


def regime(blocks: Blocks, symbol: str, name: str) -> NDArray[np.generic]:
    return np.concatenate([block.columns[symbol].regime[name] for block in blocks.values()])


def rule(blocks: Blocks, symbol: str) -> NDArray[np.generic]:
    return np.concatenate([block.columns[symbol].rules["swing"]["direction"] for block in blocks.values()])


def stage(blocks: Blocks, symbol: str) -> NDArray[np.generic]:
    return np.concatenate([block.columns[symbol].stages["sizer"]["wish"] for block in blocks.values()])


@pytest.mark.parametrize("candles", [1, 3])
def test_a_delay_makes_every_column_older(blocks: Blocks, candles: int) -> None:
    late = delayed(blocks, candles)

    for symbol in ("BTCUSDT", "ETHUSDT", "DOGEUSDT"):
        for part in (lambda b, s: regime(b, s, "name"), rule, stage):
            assert len(part(blocks, symbol)) == ROWS
            np.testing.assert_array_equal(part(late, symbol)[candles:], part(blocks, symbol)[:-candles])
        for number, (stretch, block) in enumerate(late.items()):
            assert block.columns[symbol].ready_row == (candles if number == 0 else 0)
            assert block.columns[symbol].candles is blocks[stretch].columns[symbol].candles


def test_a_placebo_has_the_same_regimes_at_other_times(blocks: Blocks) -> None:
    moved = with_shifted_regimes(blocks, 100, ROWS)

    for symbol in ("BTCUSDT", "ETHUSDT", "DOGEUSDT"):
        for name in ("name", "trending", "unstable", "confidence"):
            np.testing.assert_array_equal(regime(moved, symbol, name), np.roll(regime(blocks, symbol, name), 100))
        np.testing.assert_array_equal(rule(moved, symbol), rule(blocks, symbol))
        np.testing.assert_array_equal(stage(moved, symbol), stage(blocks, symbol))
        assert (regime(moved, symbol, "name") == "trending").sum() == (
            regime(blocks, symbol, "name") == "trending"
        ).sum()
        assert not np.array_equal(regime(moved, symbol, "name"), regime(blocks, symbol, "name"))


def test_a_symbol_that_comes_later_is_moved_within_its_own_rows(blocks: Blocks) -> None:
    stretches = list(blocks)
    late = dict(blocks)
    first = late[stretches[0]]
    columns = {symbol: known for symbol, known in first.columns.items() if symbol != "DOGEUSDT"}
    late[stretches[0]] = type(first)(first.fitted_ms, first.first_ms, first.last_ms, first.artefacts, columns)
    own = np.concatenate([block.columns["DOGEUSDT"].regime["name"] for block in list(blocks.values())[1:]])

    moved = with_shifted_regimes(late, 125, ROWS)

    found = np.concatenate([block.columns["DOGEUSDT"].regime["name"] for block in list(moved.values())[1:]])
    np.testing.assert_array_equal(found, np.roll(own, len(own) // 2))
