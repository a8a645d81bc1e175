"""Several symbols together."""

from __future__ import annotations

import numpy as np
import pytest

from weexctl.errors import DataError
from weexctl.market import common_window, cut_to_window, dataset_digest
from weexctl.model.candle import Candles, Timeframe
from weexctl.model.funding import FundingHistory

START_MS = 1_672_531_200_000
HOUR_MS = 3_600_000


def series(symbol: str, first: int, count: int, price: float = 100.0) -> Candles:
    """Flat candles, the first of which opens `first` hours after the start."""
    times = START_MS + (first + np.arange(count, dtype=np.int64)) * HOUR_MS
    flat = np.full(count, price)
    return Candles(symbol, Timeframe.H1, times, flat, flat, flat, flat, np.zeros(count))


def hours(candles: Candles) -> list[int]:
    return [int(time_ms - START_MS) // HOUR_MS for time_ms in candles.open_time_ms]


def test_the_common_window_is_what_every_symbol_covers() -> None:
    market = {"BTCUSDT": series("BTCUSDT", 0, 10), "ETHUSDT": series("ETHUSDT", 3, 10)}
    assert common_window(market) == (START_MS + 3 * HOUR_MS, START_MS + 10 * HOUR_MS)
    cut = cut_to_window(market)
    assert {symbol: hours(candles) for symbol, candles in cut.items()} == {key: list(range(3, 10)) for key in market}


def test_a_candle_belongs_to_a_window_when_it_opens_and_closes_inside() -> None:
    market = {"BTCUSDT": series("BTCUSDT", 0, 10)}

    def cut(from_ms: int | None, to_ms: int | None) -> list[int]:
        return hours(cut_to_window(market, from_ms=from_ms, to_ms=to_ms)["BTCUSDT"])

    at_two, at_five = START_MS + 2 * HOUR_MS, START_MS + 5 * HOUR_MS
    assert cut(at_two, at_five) == [2, 3, 4]
    assert cut(at_two + 1, at_five - 1) == [3]
    assert cut(None, at_two) == [0, 1]
    assert cut(at_five, None) == [5, 6, 7, 8, 9]
    assert cut(0, 10**14) == list(range(10))


def test_a_window_with_nothing_in_it_is_refused() -> None:
    market = {"BTCUSDT": series("BTCUSDT", 0, 10)}
    with pytest.raises(DataError, match=r"BTCUSDT 2023-01-01T00:00:00Z to 2023-01-01T10:00:00Z"):
        cut_to_window(market, from_ms=START_MS + 20 * HOUR_MS)
    with pytest.raises(DataError, match="no candles between"):
        cut_to_window(market, from_ms=START_MS + HOUR_MS + 1, to_ms=START_MS + 2 * HOUR_MS)


def test_symbols_that_never_meet_are_refused() -> None:
    market = {"BTCUSDT": series("BTCUSDT", 0, 5), "ETHUSDT": series("ETHUSDT", 5, 5)}
    with pytest.raises(DataError, match="no candle in common"):
        common_window(market)
    for empty in ({}, {"BTCUSDT": series("BTCUSDT", 0, 0)}):
        with pytest.raises(DataError, match="there are no candles"):
            common_window(empty)


def test_the_digest_depends_on_every_value_and_on_nothing_else() -> None:
    bitcoin, ether = series("BTCUSDT", 0, 5), series("ETHUSDT", 0, 5)
    plain = dataset_digest({"BTCUSDT": bitcoin, "ETHUSDT": ether})
    rate = FundingHistory("BTCUSDT", np.array([START_MS]), np.array([0.0001]))
    other_rate = FundingHistory("BTCUSDT", np.array([START_MS]), np.array([0.0002]))
    assert plain == dataset_digest({"ETHUSDT": series("ETHUSDT", 0, 5), "BTCUSDT": bitcoin}, {})
    different = {
        plain,
        dataset_digest({"BTCUSDT": bitcoin}),
        dataset_digest({"BTCUSDT": series("BTCUSDT", 0, 5, price=100.00000000000001), "ETHUSDT": ether}),
        dataset_digest({"BTCUSDT": series("BTCUSDT", 1, 5), "ETHUSDT": ether}),
        dataset_digest({"BTCUSDT": bitcoin, "ETHUSDT": ether}, {"BTCUSDT": rate}),
        dataset_digest({"BTCUSDT": bitcoin, "ETHUSDT": ether}, {"BTCUSDT": other_rate}),
        dataset_digest({"BTCUSDT": bitcoin, "ETHUSDT": ether}, {"ETHUSDT": rate}),
    }
    assert len(different) == 7
