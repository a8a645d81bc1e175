"""Market data in V2: every public endpoint, member by member."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from weexctl.simulator import CONTRACTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.simulator.conftest import Desk, OpenDesk
    from weexctl.model.funding import FundingHistory

BTC = "cmt_btcusdt"
START_MS = 1_704_067_200_000
HOUR_MS = 3_600_000
FLAT = (50_000.0, 50_000.0, 50_000.0, 50_000.0)
ROWS = [(100.0 + k, 102.0 + k, 99.0 + k, 101.0 + k) for k in range(150)]


@pytest.fixture
def late_desk(open_desk: OpenDesk) -> Desk:
    """A desk in the hundred and twenty-first candle of a market that rises by one an hour."""
    desk = open_desk(ROWS)
    desk.next_candle(119)
    return desk


def test_the_time_is_told_in_three_ways(calm_desk: Desk) -> None:
    now_ms = calm_desk.simulator.now_ms + 20
    assert calm_desk.v2("GET", "market/time") == {
        "epoch": f"{now_ms / 1000:.3f}",
        "iso": "2024-01-01T01:00:00.020Z",
        "timestamp": now_ms,
    }


def test_a_contract_is_listed_with_its_documented_members(calm_desk: Desk) -> None:
    (row,) = calm_desk.v2("GET", "market/contracts", symbol=BTC)
    assert row == {
        "symbol": BTC,
        "underlying_index": "BTC",
        "quote_currency": "USDT",
        "coin": "USDT",
        "contract_val": "0.0001",
        "delivery": ["00:00:00", "08:00:00", "16:00:00"],
        "size_increment": "4",
        "tick_size": "1",
        "forwardContractFlag": True,
        "priceEndStep": 1,
        "minLeverage": 1,
        "maxLeverage": 400,
        "buyLimitPriceRatio": "0.01",
        "sellLimitPriceRatio": "0.01",
        "makerFeeRate": "0.0002",
        "takerFeeRate": "0.0008",
        "minOrderSize": "0.0001",
        "maxOrderSize": "1200",
        "maxPositionSize": "6000",
        "marketOpenLimitSize": "100",
    }


def test_a_coarse_step_is_a_negative_number_of_decimals(open_desk: OpenDesk) -> None:
    desk = open_desk({symbol: [(1.0, 1.0, 1.0, 1.0)] * 3 for symbol in CONTRACTS})
    found = {row["symbol"]: row["size_increment"] for row in desk.v2("GET", "market/contracts")}
    assert len(found) == 8
    assert (found["cmt_dogeusdt"], found["cmt_xrpusdt"], found["cmt_ethusdt"]) == ("-2", "-1", "3")


@pytest.mark.parametrize("limit", [15, 200])
def test_the_book_is_ordered_from_the_best_price_outward(calm_desk: Desk, limit: int) -> None:
    book = calm_desk.v2("GET", "market/depth", symbol=BTC, limit=limit)
    asks, bids = ([float(price) for price, _ in book[side]] for side in ("asks", "bids"))
    assert (asks, bids) == (sorted(asks), sorted(bids, reverse=True))
    assert len(asks) == len(bids) == limit
    assert book["timestamp"] == str(calm_desk.simulator.now_ms)


def test_the_book_has_fifteen_levels_or_two_hundred(calm_desk: Desk) -> None:
    assert calm_desk.refused_v2("GET", "market/depth", symbol=BTC, limit=20)[0] == "40020"


def test_a_ticker_is_all_text(late_desk: Desk) -> None:
    row = late_desk.v2("GET", "market/ticker", symbol=BTC)
    members = (
        "symbol last best_ask best_bid high_24h low_24h volume_24h timestamp priceChangePercent base_volume "
        "markPrice indexPrice"
    )
    assert set(row) == set(members.split())
    assert all(isinstance(value, str) for value in row.values())
    # Twenty-four hours ago the price was 196, now it is 220; volume is a billion an hour.
    assert (row["last"], row["high_24h"], row["low_24h"]) == ("220.0", "221.0", "195.0")
    assert row["priceChangePercent"] == f"{220 / 196 - 1:.6f}"
    assert float(row["base_volume"]) == 24e9
    assert float(row["volume_24h"]) == pytest.approx(24e9 * 208.5)


def test_tickers_are_a_list_of_all(open_desk: OpenDesk) -> None:
    desk = open_desk({symbol: [(1.0, 1.0, 1.0, 1.0)] * 3 for symbol in ("BTCUSDT", "ETHUSDT")})
    assert [row["symbol"] for row in desk.v2("GET", "market/tickers")] == [BTC, "cmt_ethusdt"]


def test_a_trade_names_its_symbol_and_contract_value(late_desk: Desk) -> None:
    rows = late_desk.v2("GET", "market/trades", symbol=BTC, limit=2)
    assert len(rows) == 2
    assert {name: type(value) for name, value in rows[0].items()} == {
        "ticketId": str,
        "time": int,
        "price": str,
        "size": str,
        "value": str,
        "symbol": str,
        "isBestMatch": bool,
        "isBuyerMaker": bool,
        "contractVal": str,
    }
    assert (rows[0]["symbol"], rows[0]["contractVal"]) == (BTC, "0.0001")


def test_candles_are_seven_texts_oldest_first_and_end_with_the_open_one(late_desk: Desk) -> None:
    rows = late_desk.v2("GET", "market/candles", symbol=BTC, granularity="1h", limit=3)
    assert all(len(row) == 7 and all(isinstance(value, str) for value in row) for row in rows)
    times = [int(row[0]) for row in rows]
    assert times == [START_MS + hour * HOUR_MS for hour in (118, 119, 120)]
    assert rows[1][1:5] == ["219.0", "221.0", "218.0", "220.0"]
    assert rows[2][1:6] == ["220.0", "220.0", "220.0", "220.0", "0"]
    assert (float(rows[1][5]), float(rows[1][6])) == (1e9, 1e9 * 219.5)


def test_candles_are_a_hundred_unless_told_and_at_most_a_thousand(late_desk: Desk) -> None:
    assert len(late_desk.v2("GET", "market/candles", symbol=BTC, granularity="1h")) == 100
    assert len(late_desk.v2("GET", "market/candles", symbol=BTC, granularity="1h", limit=1000)) == 121
    assert late_desk.refused_v2("GET", "market/candles", symbol=BTC, granularity="1h", limit=1001)[0] == "40020"


@pytest.mark.parametrize("granularity", ["1D", "1H", "2h", "60"])
def test_the_granularity_is_lower_case_and_one_of_nine(calm_desk: Desk, granularity: str) -> None:
    code, words = calm_desk.refused_v2("GET", "market/candles", symbol=BTC, granularity=granularity)
    assert code == "40020"
    assert "granularity" in words


def test_mark_and_index_candles_have_no_volume(late_desk: Desk) -> None:
    for kind in ("MARK", "INDEX"):
        rows = late_desk.v2("GET", "market/candles", symbol=BTC, granularity="1h", limit=3, priceType=kind)
        assert [row[5:] for row in rows] == [["0", "0"]] * 3


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ({"startTime": 10}, (10, 14)),
        ({"endTime": 30}, (26, 30)),
        ({"startTime": 10, "endTime": 30}, (26, 30)),
        ({}, (116, 120)),
        ({"endTime": 500}, (116, 120)),
        ({"startTime": 10, "endTime": -1_000_000}, (116, 120)),
    ],
)
def test_an_end_beats_a_start_and_a_wrong_time_asks_for_the_newest(
    late_desk: Desk, hours: dict[str, int], expected: tuple[int, int]
) -> None:
    times = {name: START_MS + hour * HOUR_MS for name, hour in hours.items()}
    rows = late_desk.v2("GET", "market/historyCandles", symbol=BTC, granularity="1h", limit=5, **times)
    first, last = ((int(rows[k][0]) - START_MS) // HOUR_MS for k in (0, -1))
    assert ((first, last), len(rows)) == (expected, 5)


def test_a_history_has_at_most_a_hundred_candles(late_desk: Desk) -> None:
    ask: dict[str, Any] = {"symbol": BTC, "granularity": "1h"}
    assert len(late_desk.v2("GET", "market/historyCandles", **ask)) == 100
    assert late_desk.refused_v2("GET", "market/historyCandles", **ask, limit=101)[0] == "40020"


@pytest.mark.parametrize("kind", [{}, {"priceType": "MARK"}])
def test_the_index_price_is_text(calm_desk: Desk, kind: dict[str, str]) -> None:
    row = calm_desk.v2("GET", "market/index", symbol=BTC, **kind)
    assert row == {"symbol": BTC, "index": "50000.0", "timestamp": str(calm_desk.simulator.now_ms)}


def test_open_interest_is_a_list_of_one(calm_desk: Desk) -> None:
    (row,) = calm_desk.v2("GET", "market/open_interest", symbol=BTC)
    assert all(isinstance(value, str) for value in row.values())
    assert float(row["target_volume"]) == pytest.approx(50_000 * float(row["base_volume"]))


def test_funding_is_told_past_now_and_next(
    open_desk: OpenDesk, make_settlements: Callable[..., FundingHistory]
) -> None:
    history = make_settlements("BTCUSDT", {8: 0.0001, 16: 0.0002, 24: -0.0003, 32: 0.9})
    desk = open_desk([FLAT] * 40, funding={"BTCUSDT": history})
    desk.next_candle(25)
    assert desk.v2("GET", "market/funding_time", symbol=BTC) == {
        "symbol": BTC,
        "fundingTime": START_MS + 32 * HOUR_MS,
    }
    past = desk.v2("GET", "market/getHistoryFundRate", symbol=BTC, limit=2)
    assert past == [
        {"symbol": BTC, "fundingRate": "0.00020000", "fundingTime": START_MS + 16 * HOUR_MS},
        {"symbol": BTC, "fundingRate": "-0.00030000", "fundingTime": START_MS + 24 * HOUR_MS},
    ]
    (now,) = desk.v2("GET", "market/currentFundRate")
    assert (now["fundingRate"], now["collectCycle"]) == ("-0.00030000", 480)
    assert (now["symbol"], now["timestamp"]) == (BTC, desk.simulator.now_ms)


@pytest.mark.parametrize("symbol", ["BTCUSDT", "cmt_BTCUSDT", "cmt_nousdt", "btcusdt"])
def test_a_symbol_of_another_spelling_is_refused(calm_desk: Desk, symbol: str) -> None:
    assert calm_desk.refused_v2("GET", "market/ticker", symbol=symbol) == ("40020", "Parameter symbol is invalid")


@pytest.mark.parametrize(
    "path", ["ticker", "depth", "trades", "candles", "historyCandles", "index", "open_interest", "funding_time"]
)
def test_a_missing_symbol_is_an_empty_parameter(calm_desk: Desk, path: str) -> None:
    assert calm_desk.refused_v2("GET", f"market/{path}", granularity="1h")[0] == "40019"
