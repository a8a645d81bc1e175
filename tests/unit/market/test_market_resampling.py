"""Longer candles out of shorter ones, and the shorter ones inside them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weexctl.errors import DataError, UsageError
from weexctl.market.detail import detail_of
from weexctl.market.resampling import resampled
from weexctl.model.candle import COLUMNS, Candles, Timeframe

START_MS = 1_672_531_200_000  # 2023-01-01T00:00:00Z, a Sunday
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


def candles(opens_ms: list[int], timeframe: Timeframe = Timeframe.M15) -> Candles:
    """Candles that open then; every value tells the row."""
    rows = np.arange(len(opens_ms), dtype=np.float64)
    wave = 5 * np.sin(rows)
    return Candles(
        "BTCUSDT",
        timeframe,
        np.array(opens_ms, dtype=np.int64),
        1000 + wave,
        1010 + wave + rows % 7,
        990 + wave - rows % 5,
        1001 + wave,
        1 + rows,
    )


def quarters(count: int, *missing: int, start_ms: int = START_MS) -> Candles:
    """Quarters of an hour, some of them missing."""
    return candles([start_ms + n * 15 * MINUTE_MS for n in range(count) if n not in missing])


def test_an_hour_has_the_first_open_the_extremes_the_last_close_and_all_the_volume() -> None:
    fine = quarters(8)
    made = resampled(fine, Timeframe.H1)
    hours = made.candles
    assert (hours.symbol, hours.timeframe, made.left_out_ms.tolist()) == ("BTCUSDT", Timeframe.H1, [])
    assert hours.open_time_ms.tolist() == [START_MS, START_MS + HOUR_MS]
    assert hours.open.tolist() == [fine.open[0], fine.open[4]]
    assert hours.high.tolist() == [max(fine.high[:4]), max(fine.high[4:])]
    assert hours.low.tolist() == [min(fine.low[:4]), min(fine.low[4:])]
    assert hours.close.tolist() == [fine.close[3], fine.close[7]]
    assert hours.volume.tolist() == [1 + 2 + 3 + 4, 5 + 6 + 7 + 8]


def test_an_hour_that_lacks_a_quarter_is_left_out_and_named() -> None:
    made = resampled(quarters(20, 5, 12, 13, 14, 15), Timeframe.H1)
    assert made.candles.open_time_ms.tolist() == [START_MS + n * HOUR_MS for n in (0, 2, 4)]
    assert made.left_out_ms.tolist() == [START_MS + n * HOUR_MS for n in (1, 3)]


def test_the_begun_hours_at_both_ends_are_left_out() -> None:
    made = resampled(quarters(10, start_ms=START_MS + 15 * MINUTE_MS), Timeframe.H1)
    assert made.candles.open_time_ms.tolist() == [START_MS + HOUR_MS]
    assert made.left_out_ms.tolist() == [START_MS, START_MS + 2 * HOUR_MS]


def test_weeks_begin_on_monday() -> None:
    days = candles([START_MS + n * DAY_MS for n in range(16)], Timeframe.D1)
    made = resampled(days, Timeframe.W1)
    opens = [datetime.fromtimestamp(ms / 1000, UTC) for ms in made.candles.open_time_ms.tolist()]
    assert [(day.isoweekday(), day.day, day.hour) for day in opens] == [(1, 2, 0), (1, 9, 0)]
    assert made.left_out_ms.tolist() == [START_MS - 6 * DAY_MS, START_MS + 15 * DAY_MS]


@given(
    missing=st.sets(st.integers(0, 199), max_size=60),
    offset=st.integers(0, 95),
    timeframe=st.sampled_from([Timeframe.M30, Timeframe.H1, Timeframe.H4, Timeframe.H12]),
)
def test_what_is_made_is_what_a_plain_loop_makes(missing: set[int], offset: int, timeframe: Timeframe) -> None:
    fine = quarters(200, *missing, start_ms=START_MS + offset * 15 * MINUTE_MS)
    rows_of: dict[int, list[int]] = {}
    for row, opened in enumerate(fine.open_time_ms.tolist()):
        rows_of.setdefault(opened - opened % timeframe.ms, []).append(row)
    whole = {opened: rows for opened, rows in rows_of.items() if len(rows) == timeframe.ms // fine.timeframe.ms}
    if not whole:
        with pytest.raises(DataError, match=f"not one {timeframe} candle is whole"):
            resampled(fine, timeframe)
        return
    made = resampled(fine, timeframe)
    expected = [
        (opened, fine.open[r[0]], max(fine.high[r]), min(fine.low[r]), fine.close[r[-1]], sum(fine.volume[r]))
        for opened, r in whole.items()
    ]
    columns = [getattr(made.candles, name).tolist() for name in ("open_time_ms", *COLUMNS)]
    assert list(zip(*columns, strict=True)) == expected
    span = range(min(rows_of), max(rows_of) + 1, timeframe.ms)
    assert made.left_out_ms.tolist() == [opened for opened in span if opened not in whole]


def test_in_two_steps_as_in_one() -> None:
    fine = quarters(96 * 3)
    once = resampled(fine, Timeframe.D1).candles
    assert resampled(resampled(fine, Timeframe.H4).candles, Timeframe.D1).candles.digest() == once.digest()


@pytest.mark.parametrize("timeframe", [Timeframe.M15, Timeframe.M5])
def test_no_candle_is_made_of_longer_ones(timeframe: Timeframe) -> None:
    with pytest.raises(UsageError, match="cannot be made of 15m candles"):
        resampled(quarters(8), timeframe)


def test_generated_candles_stay_marked() -> None:
    assert resampled(replace(quarters(8), synthetic=True), Timeframe.H1).candles.synthetic


# The detail of a candle -----------------------------------------------------------------------------------------------


def test_each_hour_has_its_four_quarters() -> None:
    fine = quarters(16)
    detail = detail_of(fine, resampled(fine, Timeframe.H1).candles)
    assert detail.start.tolist() == [0, 4, 8, 12]
    assert detail.stop.tolist() == [4, 8, 12, 16]
    assert detail.covered.all()


def test_an_hour_without_all_its_quarters_has_no_detail() -> None:
    hours = resampled(quarters(24), Timeframe.H1).candles
    fine = quarters(20, 0, 9, 19)
    detail = detail_of(fine, as_in(fine, hours))
    assert detail.covered.tolist() == [False, True, False, True, False, False]
    hour = slice(detail.start[3], detail.stop[3])
    assert fine.open_time_ms[hour].tolist() == [START_MS + 3 * HOUR_MS + n * 15 * MINUTE_MS for n in range(4)]


def test_detail_of_another_time_is_none_at_all() -> None:
    hours = resampled(quarters(8), Timeframe.H1).candles
    assert not detail_of(quarters(8, start_ms=START_MS + 30 * DAY_MS), hours).covered.any()
    assert not detail_of(quarters(8).rows(0, 0), hours).covered.any()


@pytest.mark.parametrize("name", ["open", "high", "low", "close"])
def test_the_first_hour_that_disagrees_is_named_with_both_prices(name: str) -> None:
    fine = quarters(40)
    hours = resampled(fine, Timeframe.H1).candles
    changed = getattr(hours, name).copy()
    changed[[3, 7]] += 0.5
    other = replace(hours, **{name: changed})
    with pytest.raises(DataError) as caught:
        detail_of(fine, other)
    wanted = f"{name} of the 1h candle 2023-01-01T03:00:00Z, row 4, is {changed[3]}, and {changed[3] - 0.5}"
    assert wanted in caught.value.message
    assert "neither was used" in caught.value.message
    assert detail_of(fine, other, tolerance=0.001).covered.all()


def test_detail_is_of_the_same_symbol_and_shorter() -> None:
    fine = quarters(8)
    hours = resampled(fine, Timeframe.H1).candles
    for coarse in (replace(hours, symbol="ETHUSDT"), fine):
        with pytest.raises(UsageError, match="are no detail of"):
            detail_of(fine, coarse)


def as_in(fine: Candles, hours: Candles) -> Candles:
    """The hours with the prices that their quarters have here, where all four are there."""
    columns = {name: getattr(hours, name).copy() for name in ("open", "high", "low", "close")}
    for row, opened in enumerate(hours.open_time_ms.tolist()):
        inside = np.flatnonzero((fine.open_time_ms >= opened) & (fine.open_time_ms < opened + HOUR_MS))
        if len(inside) == 4:
            columns["open"][row], columns["close"][row] = fine.open[inside[0]], fine.close[inside[-1]]
            columns["high"][row], columns["low"][row] = fine.high[inside].max(), fine.low[inside].min()
    return replace(hours, **columns)
