"""The pages that are missing: together they fill the span, and each touches what is there by then."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from weexctl.market.spans import Page, missing_pages
from weexctl.model.candle import Timeframe

HOUR_MS = 3_600_000


def hours(*pages: Page) -> list[tuple[float, float]]:
    return [(low / HOUR_MS, high / HOUR_MS) for low, high in pages]


def test_an_empty_store_is_filled_from_the_start() -> None:
    pages = missing_pages(Timeframe.H1, HOUR_MS, 6 * HOUR_MS, candles=2)
    assert hours(*pages) == [(1, 3), (3, 5), (5, 6)]


def test_what_is_older_is_fetched_backwards_and_what_is_newer_forwards() -> None:
    stored = (10 * HOUR_MS, 12 * HOUR_MS)
    pages = missing_pages(Timeframe.H1, 7 * HOUR_MS, 15 * HOUR_MS, stored=stored, candles=2)
    assert hours(*pages) == [(8, 10), (7, 8), (12, 14), (14, 15)]


def test_a_span_is_cut_to_whole_candles() -> None:
    pages = missing_pages(Timeframe.H1, HOUR_MS + 1, 4 * HOUR_MS - 1, candles=100)
    assert hours(*pages) == [(2, 3)]


def test_weeks_begin_on_monday() -> None:
    ((low, high),) = missing_pages(Timeframe.W1, 0, 30 * 24 * HOUR_MS, candles=100)
    assert (low, high) == (4 * 24 * HOUR_MS, 25 * 24 * HOUR_MS)


@given(
    span=st.tuples(st.integers(0, 400), st.integers(0, 400)).map(sorted),
    held=st.tuples(st.integers(0, 400), st.integers(0, 400)).filter(lambda pair: pair[0] < pair[1]),
    size=st.integers(1, 50),
)
def test_every_page_touches_what_is_there_and_nothing_is_fetched_twice(
    span: list[int], held: tuple[int, int], size: int
) -> None:
    low, high = held[0] * HOUR_MS, held[1] * HOUR_MS
    wanted = (span[0] * HOUR_MS, span[1] * HOUR_MS)
    for start, end in missing_pages(Timeframe.H1, *wanted, stored=(low, high), candles=size):
        assert 0 < end - start <= size * HOUR_MS
        assert end == low or start == high
        low, high = min(low, start), max(high, end)
    assert (low, high) == (min(held[0] * HOUR_MS, wanted[0]), max(held[1] * HOUR_MS, wanted[1]))
