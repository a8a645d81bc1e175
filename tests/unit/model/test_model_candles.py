"""Candles: closed, even, read-only, and the same data has the same digest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from weexctl.errors import DataError
from weexctl.model.candle import COLUMNS, Candles, Timeframe

HOUR = 3_600_000
START = 1_700_006_400_000


def candles(rows: int = 5, **changes: Any) -> Candles:
    values: dict[str, Any] = {
        "symbol": "BTCUSDT",
        "timeframe": Timeframe.H1,
        "open_time_ms": START + HOUR * np.arange(rows, dtype=np.int64),
        **{name: 100.0 + i + np.arange(rows, dtype=np.float64) for i, name in enumerate(COLUMNS)},
    }
    return Candles(**{**values, **changes})


def test_the_nine_timeframes_have_their_lengths() -> None:
    minutes = {"1m": 1, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "4h": 240, "12h": 720, "1d": 1_440, "1w": 10_080}
    assert {t.value: t.ms // 60_000 for t in Timeframe} == minutes


def test_a_candle_is_closed_one_length_after_it_opened() -> None:
    made = candles()
    assert (made.first_ms, made.last_close_ms, len(made)) == (START, START + 5 * HOUR, 5)


@pytest.mark.parametrize(
    ("now", "closed"), [(0, 0), (HOUR - 1, 0), (HOUR, 1), (HOUR + 1, 1), (5 * HOUR, 5), (10**9, 5)]
)
def test_a_forming_candle_is_not_among_the_closed(now: int, closed: int) -> None:
    assert len(candles().closed_by(START + now)) == closed


@pytest.mark.parametrize("row", [0, 2, 4])
def test_a_candle_is_found_by_its_close(row: int) -> None:
    assert candles().index_of_close(START + (row + 1) * HOUR) == row


@pytest.mark.parametrize("close", [0, 6 * HOUR, HOUR + 1, -HOUR])
def test_a_close_that_is_none_is_an_error(close: int) -> None:
    with pytest.raises(DataError, match="no 1h candle closes at"):
        candles().index_of_close(START + close)


@pytest.mark.parametrize("name", ["open_time_ms", *COLUMNS])
def test_no_column_can_be_written_to(name: str) -> None:
    with pytest.raises(ValueError, match="read-only"):
        getattr(candles(), name)[0] = 1


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_of_different_length_are_refused(name: str) -> None:
    short: dict[str, Any] = {name: np.ones(4)}
    with pytest.raises(DataError, match=f"column {name} has another length"):
        replace(candles(), **short)


def test_a_table_is_not_a_column() -> None:
    with pytest.raises(DataError, match="column close"):
        candles(close=np.ones((5, 1)))


def test_a_cut_keeps_its_times_and_what_it_is() -> None:
    cut = candles(synthetic=True).rows(1, 3)
    assert list(cut.open_time_ms) == [START + HOUR, START + 2 * HOUR]
    assert (cut.symbol, cut.timeframe, cut.synthetic) == ("BTCUSDT", Timeframe.H1, True)
    assert list(cut.volume) == [105.0, 106.0]


def test_a_cut_that_begins_before_the_first_candle_begins_at_the_first() -> None:
    assert len(candles().rows(-3, 2)) == 2


def test_a_frame_has_the_columns_and_the_index_plugins_expect() -> None:
    frame = candles().frame()
    assert list(frame.columns) == list(COLUMNS)
    assert frame.index.name == "open_time_ms"
    assert frame.index.dtype == np.int64
    assert {str(dtype) for dtype in frame.dtypes} == {"float64"}


def test_writing_into_a_frame_reaches_nobody_else() -> None:
    made = candles()
    frame = made.frame()
    frame.loc[:, "close"] = -1.0
    assert made.close.min() > 0
    assert made.frame()["close"].min() > 0


def test_equal_data_has_an_equal_digest() -> None:
    assert candles().digest() == candles().digest() == "fb3eaa8352c3f991deb3"


@pytest.mark.parametrize(
    "other",
    [
        {"symbol": "ETHUSDT"},
        {"timeframe": Timeframe.H4},
        {"open_time_ms": START + 1 + HOUR * np.arange(5, dtype=np.int64)},
        *({name: np.full(5, 7.0)} for name in COLUMNS),
    ],
)
def test_any_other_value_gives_another_digest(other: dict[str, Any]) -> None:
    assert candles(**other).digest() != candles().digest()


def test_where_it_came_from_does_not_change_the_digest() -> None:
    assert candles(synthetic=True).digest() == candles().digest()
