from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import numpy as np
import pytest

from weexctl.errors import DataError, UsageError, WireError
from weexctl.exchange.v3 import WeexV3
from weexctl.model.candle import Timeframe

if TYPE_CHECKING:
    from tests.unit.exchange.conftest import Venue

HOUR = 3_600_000
KLINES, HISTORY = "/capi/v3/market/klines", "/capi/v3/market/historyKlines"


def row_at(open_ms: int, *, length_ms: int = HOUR) -> list[object]:
    price = 100 + (open_ms // HOUR) % 50
    return [
        open_ms,
        f"{price}.0",
        f"{price + 2}.5",
        f"{price - 2}.5",
        f"{price + 1}.0",
        "12.5",
        open_ms + length_ms,
        "1260.0",
        17,
        "6.0",
        "600.0",
    ]


class CandleVenue:
    """An exchange with a listing date, a forming candle and the two endpoints' own rules."""

    def __init__(self, venue: Venue, *, listed_ms: int, by_close: bool = False, newest_first: bool = False) -> None:
        self.venue = venue
        self.listed_ms = listed_ms
        self.by_close = by_close
        self.newest_first = newest_first
        self.missing: set[int] = set()
        venue.answers(KLINES, self.recent)
        venue.answers(HISTORY, self.history)

    def _rows(self, last_open_ms: int, count: int) -> httpx.Response:
        opens = range(max(self.listed_ms, last_open_ms - (count - 1) * HOUR), last_open_ms + 1, HOUR)
        rows = [row_at(at) for at in opens if at not in self.missing]
        return httpx.Response(200, json=rows[::-1] if self.newest_first else rows)

    def recent(self, request: httpx.Request) -> httpx.Response:
        limit = int(request.url.params["limit"])
        assert 1 <= limit <= 1_000
        return self._rows(self.venue.clock.time_ms // HOUR * HOUR, limit)

    def history(self, request: httpx.Request) -> httpx.Response:
        limit, end_ms = int(request.url.params["limit"]), int(request.url.params["endTime"])
        assert 1 <= limit <= 100
        assert end_ms <= self.venue.clock.time_ms
        last_ms = (end_ms - HOUR if self.by_close else end_ms) // HOUR * HOUR
        return self._rows(last_ms, limit)


def opens_of(start_ms: int, count: int) -> list[int]:
    return list(range(start_ms, start_ms + count * HOUR, HOUR))


@pytest.fixture
def top(venue: Venue) -> int:
    """The hour that is forming; the clock stands 20 minutes into it."""
    hour = venue.clock.time_ms // HOUR * HOUR
    venue.clock.time_ms = hour + 1_200_000
    return hour


def test_the_forming_candle_is_dropped(exchange: WeexV3, venue: Venue, top: int) -> None:
    CandleVenue(venue, listed_ms=0)
    candles = exchange.fetch_candles("BTCUSDT", Timeframe.H1, limit=3)
    assert candles.open_time_ms.tolist() == opens_of(top - 3 * HOUR, 3)
    assert candles.last_close_ms == top
    assert len(venue.requests) == 1


def test_a_candle_counts_from_the_millisecond_it_closes(exchange: WeexV3, venue: Venue, top: int) -> None:
    CandleVenue(venue, listed_ms=0)
    venue.clock.time_ms = top + HOUR
    assert exchange.fetch_candles("BTCUSDT", Timeframe.H1, limit=1).last_close_ms == top + HOUR
    venue.clock.time_ms = top + HOUR - 1
    assert exchange.fetch_candles("BTCUSDT", Timeframe.H1, limit=1).last_close_ms == top


def test_the_columns_are_the_exchanges_own(exchange: WeexV3, venue: Venue, top: int) -> None:
    CandleVenue(venue, listed_ms=0)
    candles = exchange.fetch_candles("BTCUSDT", Timeframe.H1, limit=1)
    expected = [float(str(value)) for value in row_at(top - HOUR)[1:6]]
    got = [column[0] for column in (candles.open, candles.high, candles.low, candles.close, candles.volume)]
    assert got == expected
    assert candles.open_time_ms.dtype == np.int64


@pytest.mark.parametrize("by_close", [False, True])
@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("limit", [999, 1_000, 1_001, 1_098, 1_099, 1_100, 2_345])
def test_pages_beyond_a_thousand_have_no_hole_and_no_double(
    exchange: WeexV3, venue: Venue, top: int, limit: int, newest_first: bool, by_close: bool
) -> None:
    CandleVenue(venue, listed_ms=0, by_close=by_close, newest_first=newest_first)
    candles = exchange.fetch_candles("BTCUSDT", Timeframe.H1, limit=limit)
    assert candles.open_time_ms.tolist() == opens_of(top - limit * HOUR, limit)


@pytest.mark.parametrize("behind", [0, 1, 500, 998, 999, 1_000, 5_000])
@pytest.mark.parametrize("rest_ms", [0, 1, HOUR - 1])
def test_an_end_in_the_past_gives_the_candles_closed_by_then(
    exchange: WeexV3, venue: Venue, top: int, behind: int, rest_ms: int
) -> None:
    CandleVenue(venue, listed_ms=0)
    end_ms = top - behind * HOUR - rest_ms
    last_close_ms = end_ms // HOUR * HOUR
    candles = exchange.fetch_candles("BTCUSDT", Timeframe.H1, limit=150, end_ms=end_ms)
    assert candles.open_time_ms.tolist() == opens_of(last_close_ms - 150 * HOUR, 150)


def test_an_end_in_the_future_is_now(exchange: WeexV3, venue: Venue, top: int) -> None:
    CandleVenue(venue, listed_ms=0)
    candles = exchange.fetch_candles("BTCUSDT", Timeframe.H1, limit=2, end_ms=top + 99 * HOUR)
    assert candles.last_close_ms == top


def test_a_young_symbol_gives_what_there_is(exchange: WeexV3, venue: Venue, top: int) -> None:
    CandleVenue(venue, listed_ms=top - 1_150 * HOUR)
    candles = exchange.fetch_candles("BTCUSDT", Timeframe.H1, limit=3_000)
    assert (len(candles), candles.first_ms) == (1_150, top - 1_150 * HOUR)


@pytest.mark.parametrize("age", [3, 1_050])
def test_a_hole_is_refused_and_not_filled(exchange: WeexV3, venue: Venue, top: int, age: int) -> None:
    market = CandleVenue(venue, listed_ms=0)
    market.missing = {top - age * HOUR}
    with pytest.raises(DataError, match="missing at the exchange") as caught:
        exchange.fetch_candles("BTCUSDT", Timeframe.H1, limit=1_100)
    assert caught.value.details["after_ms"] == top - (age + 1) * HOUR


def test_no_candle_at_all_is_an_error_and_not_an_empty_frame(exchange: WeexV3, venue: Venue, top: int) -> None:
    venue.answers(KLINES, [])
    venue.answers(HISTORY, [])
    with pytest.raises(DataError, match="no closed 1h candle"):
        exchange.fetch_candles("BTCUSDT", Timeframe.H1, limit=10)


def test_fewer_than_one_candle_cannot_be_asked_for(exchange: WeexV3) -> None:
    with pytest.raises(UsageError):
        exchange.fetch_candles("BTCUSDT", Timeframe.H1, limit=0)


def test_candles_of_another_length_than_asked_for_are_refused(exchange: WeexV3, venue: Venue, top: int) -> None:
    venue.answers(KLINES, [row_at(top - HOUR, length_ms=60_000)])
    with pytest.raises(WireError, match="not 1h long"):
        exchange.fetch_candles("BTCUSDT", Timeframe.H1, limit=1)


def test_a_close_time_one_millisecond_early_and_a_twelfth_column_are_borne(
    exchange: WeexV3, venue: Venue, top: int
) -> None:
    venue.answers(KLINES, [[*row_at(top - HOUR, length_ms=HOUR - 1), "new"]])
    venue.answers(HISTORY, [])
    assert len(exchange.fetch_candles("BTCUSDT", Timeframe.H1, limit=1)) == 1


@pytest.mark.parametrize("column", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("bad", ["NaN", "Infinity", None, "", "abc"])
def test_a_value_that_is_no_finite_number_is_refused(
    exchange: WeexV3, venue: Venue, top: int, column: int, bad: str | None
) -> None:
    row = row_at(top - HOUR)
    row[column] = bad
    venue.answers(KLINES, [row])
    with pytest.raises(WireError):
        exchange.fetch_candles("BTCUSDT", Timeframe.H1, limit=1)


@pytest.mark.parametrize(("column", "bad"), [(3, "0"), (3, "-1"), (2, "99.9"), (3, "149.9"), (5, "-0.1")])
def test_prices_that_cannot_be_are_refused_and_not_repaired(
    exchange: WeexV3, venue: Venue, top: int, column: int, bad: str
) -> None:
    row: list[object] = [top - HOUR, "120", "130", "110", "121", "5", top, "600", 3, "1", "1"]
    row[column] = bad
    venue.answers(KLINES, [row])
    with pytest.raises(DataError, match="cannot be"):
        exchange.fetch_candles("BTCUSDT", Timeframe.H1, limit=1)


@pytest.mark.parametrize("body", ['{"code":"200"}', "[[1,2,3]]", "[1]", '[["x","1","1","1","1","1",2,"0",1,"0","0"]]'])
def test_a_body_that_is_no_list_of_rows_is_refused(exchange: WeexV3, venue: Venue, body: str) -> None:
    venue.answers(KLINES, body)
    with pytest.raises(WireError):
        exchange.fetch_candles("BTCUSDT", Timeframe.H1, limit=1)
