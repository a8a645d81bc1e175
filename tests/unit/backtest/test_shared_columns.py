"""Columns made once for many arms are those that each arm would have made for itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.unit.backtest.small_bench import a_schedule, compose, shared
from tests.unit.trader.workshop import a_market
from weexctl.backtest.preparation import prepare
from weexctl.errors import PluginContractError
from weexctl.run import schedule as scheduling
from weexctl.run.fitting import Block

ARMS: tuple[dict[str, Any], ...] = ({}, {"bare": True}, {"sizer": {"fraction": 0.1}}, {"regime": "other"})


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduling, "REFIT_CANDLES", 70)


def same(one: Block, other: Block) -> None:
    assert one.artefacts == other.artefacts
    assert list(one.columns) == list(other.columns)
    for symbol, columns in one.columns.items():
        theirs = other.columns[symbol]
        assert columns.ready_row == theirs.ready_row
        assert columns.candles.digest() == theirs.candles.digest()
        assert set(columns.stages) == set(theirs.stages)
        parts = [(columns.regime, theirs.regime), (columns.features, theirs.features)]
        parts += [(columns.rules[rule], theirs.rules[rule]) for rule in columns.rules]
        parts += [(columns.stages[key], theirs.stages[key]) for key in columns.stages]
        for left, right in parts:
            assert list(left) == list(right)
            for name in left:
                np.testing.assert_array_equal(left[name], right[name])


@pytest.mark.parametrize("arm", ARMS)
def test_an_arm_sees_what_it_would_have_made_itself(arm: dict[str, Any]) -> None:
    composed, schedule = compose(arm), a_schedule()
    alone = prepare(composed.pipeline, a_market().candles, schedule)
    blocks = shared(*ARMS).blocks(composed)

    assert len(blocks) == 4
    for stretch, block in blocks.items():
        same(block, alone.blocks[stretch])


def test_what_nobody_made_before_is_made_when_it_is_asked_for() -> None:
    late = compose({"sizer": {"fraction": 0.3}})
    for one, other in zip(
        shared().blocks(late).values(), shared({"sizer": {"fraction": 0.3}}).blocks(late).values(), strict=True
    ):
        same(one, other)


def test_two_processes_make_the_same_as_one() -> None:
    for one, other in zip(
        shared(*ARMS).blocks(compose({})).values(), shared(*ARMS, workers=2).blocks(compose({})).values(), strict=True
    ):
        same(one, other)


def test_an_arm_whose_plugin_is_broken_spoils_no_other() -> None:
    columns = shared({"untrue": True})

    assert all(len(block.columns) == 3 for block in columns.blocks(compose({})).values())
    with pytest.raises(PluginContractError, match="direction that is not"):
        columns.blocks(compose({"untrue": True}))
