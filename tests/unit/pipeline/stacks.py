"""Random books, limits and stacks of policies, for what has to hold whatever the numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.plugins.books import make_book, make_position
from tests.unit.pipeline.fakes import (
    NOW_MS,
    Answering,
    FixedSizes,
    Opinion,
    Raising,
    World,
    make_columns,
    make_limits,
    make_pipeline,
)
from weexctl.model.book import Book, HeldPosition
from weexctl.model.instrument import SYMBOLS
from weexctl.model.side import PositionSide
from weexctl.model.verdict import ExitDecision, GuardAction, RiskDecision, Verdict

__all__ = ["FEW", "FOUR", "LONG", "MANY", "SHORT", "policies", "rough", "worlds"]

FOUR = SYMBOLS[:4]
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT

MANY = settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
FEW = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


@dataclass
class ByName:
    """A policy with an answer for each symbol."""

    answers: Mapping[str, Any]
    warmup_candles: int = 0

    def assess(self, book: Book, symbol: str) -> RiskDecision:
        answer: RiskDecision = self.answers[symbol]
        return answer


@dataclass
class StopsByName:
    """An exit with a stop distance for each symbol; None gives none."""

    distances: Mapping[str, float | None]
    warmup_candles: int = 0

    def review(self, position: HeldPosition, book: Book) -> ExitDecision:
        distance = self.distances[position.symbol]
        return ExitDecision(stop=None if distance is None else position.price - distance * position.side.sign)


shares = st.floats(0.0, 1.0) | st.sampled_from([0.0, 1.0])
waits = st.sampled_from([None, NOW_MS - 1, NOW_MS + 1])
decisions = st.builds(
    RiskDecision,
    multiplier=shares | st.sampled_from([math.nan, -0.5, 1.5]),
    stop_multiplier=st.floats(0.01, 1.0) | st.sampled_from([0.0, math.nan]),
    cooldown_until_ms=waits,
    suspend_until_ms=waits,
)
gentle = st.builds(
    RiskDecision,
    multiplier=st.sampled_from([0.1, 0.25, 0.4, 0.6, 0.8, 1.0]),
    stop_multiplier=st.sampled_from([0.5, 0.7, 1.0, 1.0]),
)
rough = st.builds(Raising) | st.just(Opinion(None)) | st.fixed_dictionaries(dict.fromkeys(FOUR, decisions)).map(ByName)
policies = st.fixed_dictionaries(dict.fromkeys(FOUR, gentle)).map(ByName)
distances = st.sampled_from([2.0, 5.0, 8.0, 12.0, 30.0])
often = st.sampled_from([True, True, True, False])
wide = st.builds(make_limits, max_gross_exposure=st.sampled_from([0.75, 1.5, 2.5, 4.0]))
narrow = st.builds(
    make_limits,
    max_gross_exposure=st.sampled_from([0.2, 0.75, 2.0]),
    max_symbol_exposure=st.sampled_from([0.15, 0.4, 1.0]),
    max_order_notional=st.sampled_from([Decimal(800), Decimal(1_000_000)]),
    per_trade_risk=st.sampled_from([0.003, 0.02, 0.5]),
    max_positions_long=st.integers(0, 4),
    max_positions_short=st.integers(0, 4),
)


@st.composite
def held(draw: st.DrawFn, symbol: str) -> HeldPosition | None:
    """A position of any size on either side, under a stop, or none."""
    side = draw(st.sampled_from([None, LONG, SHORT]))
    if side is None:
        return None
    units = draw(st.integers(1, 90_000))
    stop = draw(st.none() | distances)
    return make_position(
        side,
        symbol=symbol,
        quantity=units / 1_000,
        exposure=side.sign * units / 1_000 * 100.0 / 10_000,
        stop=None if stop is None else 100.0 - stop * side.sign,
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Four symbols with any wishes, sizes, stops and holdings under any limits."""
    positions = {symbol: position for symbol in FOUR if (position := draw(held(symbol)))}
    columns = {s: make_columns(s, draw(st.sampled_from([-1, 0, 1, 1])), entry=draw(often)) for s in FOUR}
    sizes = {symbol: draw(st.floats(0.0, 1.5)) for symbol in FOUR}
    stops = {symbol: draw(st.sampled_from([2.0, 5.0, 8.0, 12.0, 30.0, None])) for symbol in FOUR}
    pipeline = make_pipeline(
        sizer=FixedSizes(sizes),
        risk=[] if draw(often) else [draw(policies | rough)],
        guards=[] if draw(often) else [Answering(Verdict(action=GuardAction.REDUCE_ONLY))],
        exits=[StopsByName(stops)],
        band=draw(st.sampled_from([0.0, 0.25, 0.5])),
        limits=draw(wide if draw(often) else narrow),
    )
    book = make_book(
        symbols=FOUR,
        positions=positions,
        cooldowns={} if draw(often) else {FOUR[1]: NOW_MS + 1},
    )
    return World(pipeline, columns, book)
