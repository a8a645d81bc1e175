from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weexctl.errors import UnavailableError
from weexctl.exchange.span import Page, fetch_span

Row = tuple[int, int]


def capped(rows: list[Row], cap: int, *, newest: bool, ends_in: bool) -> object:
    """An endpoint that gives at most `cap` rows, cut at one side, with its ends counted in or not."""

    def fetch(low_ms: int, high_ms: int) -> Page[Row]:
        inside = [row for row in rows if low_ms <= row[0] and (row[0] <= high_ms if ends_in else row[0] < high_ms)]
        inside.sort(reverse=newest)
        return Page(inside[:cap], len(inside) >= cap)

    return fetch


@given(
    times=st.lists(st.integers(0, 5_000), max_size=60, unique=True),
    newest=st.booleans(),
    ends_in=st.booleans(),
    cap=st.integers(3, 12),
)
def test_no_row_is_lost_or_doubled_whichever_end_is_cut(
    times: list[int], newest: bool, ends_in: bool, cap: int
) -> None:
    rows = [(at, number) for number, at in enumerate(times)]
    fetch = capped(rows, cap, newest=newest, ends_in=ends_in)
    assert callable(fetch)
    found = fetch_span(fetch, lambda row: str(row[1]), start_ms=0, end_ms=6_000, max_span_ms=1_700, max_requests=10_000)
    assert sorted(found) == sorted(rows)


def test_no_span_is_longer_than_the_endpoint_takes() -> None:
    asked: list[tuple[int, int]] = []

    def fetch(low_ms: int, high_ms: int) -> Page[Row]:
        asked.append((low_ms, high_ms))
        return Page([], False)

    fetch_span(fetch, str, start_ms=100, end_ms=2_350, max_span_ms=1_000)
    assert sorted(asked) == [(100, 1_100), (1_100, 2_100), (2_100, 2_350)]


def test_a_moment_is_a_span_too() -> None:
    asked: list[tuple[int, int]] = []

    def fetch(low_ms: int, high_ms: int) -> Page[Row]:
        asked.append((low_ms, high_ms))
        return Page([(5, 5)], False)

    assert fetch_span(fetch, str, start_ms=5, end_ms=5, max_span_ms=1_000) == [(5, 5)]
    assert asked == [(5, 5)]


def test_more_rows_in_one_moment_than_a_page_is_an_error_and_not_a_shorter_list() -> None:
    rows = [(700, number) for number in range(12)]
    fetch = capped(rows, 10, newest=True, ends_in=True)
    assert callable(fetch)
    with pytest.raises(UnavailableError, match="not complete"):
        fetch_span(fetch, str, start_ms=0, end_ms=1_000, max_span_ms=1_000)


def test_an_exchange_that_ignores_the_times_is_given_up() -> None:
    asked = []

    def fetch(low_ms: int, high_ms: int) -> Page[Row]:
        asked.append(low_ms)
        return Page([(number, number) for number in range(10)], True)

    with pytest.raises(UnavailableError):
        fetch_span(fetch, str, start_ms=0, end_ms=10**9, max_span_ms=10**9, max_requests=25)
    assert len(asked) <= 26
