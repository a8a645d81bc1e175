"""Two directions, one time: a mirrored market is traded mirrored, and nothing after a candle counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

from tests.plugins.books import make_book, make_position
from tests.unit.pipeline.fakes import HOUR_MS, NOW_MS, FixedSizes, StopAt, TargetAt, World, make_columns, make_pipeline
from tests.unit.pipeline.stacks import FOUR, LONG, MANY, SHORT, worlds
from weexctl.model.book import Book, HeldPosition
from weexctl.model.candle import COLUMNS
from weexctl.pipeline.columns import SymbolColumns
from weexctl.pipeline.decide import Step

# Mirror ---------------------------------------------------------------------------------------------------------------


def mirrored_position(position: HeldPosition) -> HeldPosition:
    return replace(
        position,
        side=SHORT if position.side is LONG else LONG,
        exposure=-position.exposure,
        stop=None if position.stop is None else 200.0 - position.stop,
    )


def mirrored(world: World) -> World:
    """The world in which everything that wanted up wants down."""
    columns = {
        symbol: replace(
            known,
            rules={rule: {**values, "direction": -values["direction"]} for rule, values in known.rules.items()},
        )
        for symbol, known in world.columns.items()
    }
    positions = {symbol: mirrored_position(position) for symbol, position in world.book.positions.items()}
    bounds = world.pipeline.limits
    turned = replace(
        bounds, max_positions_long=bounds.max_positions_short, max_positions_short=bounds.max_positions_long
    )
    return replace(
        world,
        columns=columns,
        book=replace(world.book, positions=positions),
        pipeline=replace(world.pipeline, limits=turned),
    )


def shape(step: Step, sign: int) -> list[Any]:
    """Orders and stops of a step, prices as distances from 100 in favour."""
    level = Decimal(100)
    orders = [
        (
            r.intent.symbol,
            r.intent.position_side.sign * sign,
            r.intent.leg,
            r.intent.quantity,
            r.intent.reason,
            r.intent.stop_price and (r.intent.stop_price - level) * sign,
            r.intent.target_price and (r.intent.target_price - level) * sign,
        )
        for r in step.orders
    ]
    moves = [(m.symbol, m.side.sign * sign, (m.stop_price - level) * sign) for m in step.stop_moves]
    return [orders, moves, [(d.symbol, d.outcome, d.blocked) for d in step.decisions]]


@MANY
@given(world=worlds())
def test_a_market_upside_down_is_traded_upside_down(world: World) -> None:
    world = replace(world, pipeline=replace(world.pipeline, risk=(), exits=make_pipeline(exits=EXACT).exits))
    assert shape(mirrored(world).step(), -1) == shape(world.step(), 1)


EXACT = [StopAt(7.5), TargetAt(12.25)]
"""Distances that binary fractions hold exactly, so that both sides are rounded from the same number."""


# Future ---------------------------------------------------------------------------------------------------------------


def garbage(array: NDArray[Any], keep: int) -> NDArray[Any]:
    """The array with everything after the first `keep` rows turned into nonsense."""
    poisoned = array.copy()
    match array.dtype.kind:
        case "f":
            poisoned[keep:] = np.nan
        case "b":
            poisoned[keep:] = ~array[keep:]
        case "O":
            poisoned[keep:] = "garbage"
        case _:
            poisoned[keep:] = 77
    return poisoned


def poisoned(known: SymbolColumns, keep: int) -> SymbolColumns:
    def spoil(columns: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        return {name: garbage(array, keep) for name, array in columns.items()}

    prices: dict[str, Any] = {name: garbage(getattr(known.candles, name), keep) for name in COLUMNS}
    return replace(
        known,
        candles=replace(known.candles, **prices),
        regime=spoil(known.regime),
        features=spoil(known.features),
        rules={rule: spoil(columns) for rule, columns in known.rules.items()},
        stages={key: spoil(columns) for key, columns in known.stages.items()},
    )


class Peeking(FixedSizes):
    """A sizer that uses all it is given of its own columns."""

    def size(self, book: Book) -> dict[str, float]:
        return {symbol: 0.5 * row["volatility"] for symbol, row in book.rows.items()}


def test_a_decision_reads_no_row_after_its_own_candle() -> None:
    columns = {s: make_columns(s, rows=30, end_ms=NOW_MS + 18 * HOUR_MS) for s in FOUR}
    book = make_book(symbols=FOUR, positions={FOUR[0]: make_position(exposure=0.7, quantity=70.0)})
    world = World(make_pipeline(sizer=Peeking()), columns, book)
    spoiled = replace(world, columns={symbol: poisoned(known, 12) for symbol, known in columns.items()})
    one, other = world.step(), spoiled.step()
    assert len(one.orders) == 4
    assert one.decisions == other.decisions
    assert (one.orders, one.stop_moves, one.book) == (other.orders, other.stop_moves, other.book)


def test_a_decision_does_read_its_own_candle() -> None:
    columns = make_columns(rows=30, end_ms=NOW_MS + 18 * HOUR_MS)
    spoiled = World(make_pipeline(sizer=Peeking()), {FOUR[0]: poisoned(columns, 11)})
    with pytest.raises(ValueError, match="garbage"):
        spoiled.step()
