"""The synthetic book keeps its promises for any order."""

from __future__ import annotations

import math
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from weexctl.model.side import Side
from weexctl.simulator.book import Book

STEP = Decimal("0.1")
ANY = settings(max_examples=200, deadline=None, derandomize=True, database=None)


def _book(turnover: float) -> Book:
    return Book(
        mid=Decimal(50_000),
        bid=Decimal("49995.0"),
        ask=Decimal("50005.0"),
        step=STEP,
        turnover=turnover,
        slippage=2.5e-4,
        impact=0.1,
        max_impact=0.05,
        touch=0.02 * turnover,
    )


@ANY
@given(steps=st.integers(0, 20_000), turnover=st.floats(1e3, 1e9), side=st.sampled_from(Side))
def test_what_lies_within_a_limit_never_costs_more_than_the_limit(steps: int, turnover: float, side: Side) -> None:
    book = _book(turnover)
    limit = book.ask + steps * STEP if side is Side.BUY else book.bid - steps * STEP
    quantity = Decimal(repr(book.within(side, limit)))
    price = book.limit_price(side, quantity)
    assert book.ask <= price <= limit if side is Side.BUY else limit <= price <= book.bid


@ANY
@given(small=st.floats(1e-4, 1e3), more=st.floats(0, 1e3), side=st.sampled_from(Side))
def test_a_larger_order_never_gets_a_better_price(small: float, more: float, side: Side) -> None:
    book = _book(1e6)
    first, second = (book.taker_price(side, Decimal(repr(size))) for size in (small, small + more))
    assert first <= second if side is Side.BUY else first >= second
    assert first > book.mid if side is Side.BUY else first < book.mid


def test_the_depth_up_to_a_limit_is_the_touch_and_half_the_inverse_of_the_impact() -> None:
    # One per cent beyond the best price: 0.02 minutes at the touch, and 0.01 / (2 * 0.1) minutes beyond.
    value = _book(1e6).within(Side.BUY, Decimal("50505.05")) * 50_005
    assert abs(value - (0.02 + 0.05) * 1e6) < 1


def test_nothing_lies_within_a_limit_that_does_not_cross() -> None:
    book = _book(1e6)
    assert book.within(Side.BUY, book.ask - STEP) == 0
    assert book.within(Side.SELL, book.bid + STEP) == 0
    assert book.within(Side.BUY, book.ask) * 50_005 > 0.99 * book.touch
    assert math.isfinite(book.within(Side.BUY, Decimal(60_000)))
