"""weex-sdk, a client that others wrote for the V2 generation, trades at `sim serve` over TCP, unchanged.

Its clock is the machine's and cannot be set; the served simulator takes that too, and nothing else depends on the time
of day. The server is that of `weexctl sim serve`, and once it is the command itself, in a process of its own. Where
the client misreads WEEX, the test says so.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from weexctl.model.candle import Candles, Timeframe
from weexctl.simulator import CONTRACTS, Simulator, SimulatorSettings
from weexctl.simulator.server import SimulatorServer

weex_sdk = pytest.importorskip("weex_sdk", reason="weex-sdk is not installed")

BTC = "cmt_btcusdt"
START_MS = 1_704_067_200_000
HOUR_MS = 3_600_000
EXACT = SimulatorSettings(spread_bps=0, slippage_bps=0, slippage_minor_bps=0, impact=0, real_clock=True, latency_ms=1)


def _candles(symbol: str, closes: list[float]) -> Candles:
    opened = np.asarray([closes[0], *closes[:-1]], dtype=np.float64)
    close = np.asarray(closes, dtype=np.float64)
    times = START_MS + HOUR_MS * np.arange(len(closes), dtype=np.int64)
    high, low = np.maximum(opened, close), np.minimum(opened, close)
    return Candles(symbol, Timeframe.H1, times, opened, high, low, close, np.full(len(closes), 1e9), synthetic=True)


@dataclass
class Floor:
    """A simulator, its address, and the outside client in front of it."""

    simulator: Simulator
    url: str
    client: Any

    def next_candle(self) -> None:
        hour = (self.simulator.now_ms - START_MS) // HOUR_MS
        self.simulator.advance(START_MS + (hour + 1) * HOUR_MS)

    def with_keys(self, *keys: str) -> Any:
        """Another client at the same address."""
        return weex_sdk.WeexClient(*keys, base_url=self.url)


@pytest.fixture(params=[EXACT])
def floor(request: pytest.FixtureRequest) -> Iterator[Floor]:
    """The client at a market of 50 000 that goes to 52 000 within the hour."""
    market = {symbol: _candles(symbol, [1.0] * 40) for symbol in CONTRACTS}
    market["BTCUSDT"] = _candles("BTCUSDT", [50_000.0, *[52_000.0] * 39])
    simulator = Simulator(market, seed=3, start_ms=START_MS + HOUR_MS, settings=request.param)
    with SimulatorServer(simulator, control=True) as server:
        client = _client(server.url)
        yield Floor(simulator, server.url, client)
        client.close()


def _client(url: str) -> Any:
    client = weex_sdk.WeexClient("sim", "sim", "sim", base_url=url)
    # One connection for all requests, and no proxy of this machine's in between.
    client.session.trust_env = False
    return client


def _buy(floor: Floor, number: int = 1, **changes: Any) -> str:
    members = {
        "symbol": BTC,
        "client_oid": f"sdk-{number}",
        "size": "0.1",
        "order_type": "0",
        "match_price": "1",
        "price": "0",
        "type": "1",
    }
    answer = floor.client.trade.place_order(**{**members, **changes})
    return str(answer["order_id"])


def test_it_reads_the_market(floor: Floor) -> None:
    market = floor.client.market
    assert market.get_server_time()["timestamp"] == floor.simulator.now_ms
    assert [row["symbol"] for row in market.get_contracts()] == [f"cmt_{name.lower()}" for name in CONTRACTS]
    assert market.get_contracts(BTC)[0]["size_increment"] == "4"
    assert market.get_depth(BTC, 15)["asks"][0][0] == "50000.0"
    assert len(market.get_tickers()) == 8
    assert market.get_ticker(BTC)["last"] == "50000.0"
    assert market.get_trades(BTC, 1)[0]["price"] == "50000.0"
    assert market.get_candles(BTC, "1h")[-1][4] == "50000.0"
    assert market.get_index(BTC)["index"] == "50000.0"
    assert market.get_open_interest(BTC)[0]["symbol"] == BTC
    assert market.get_funding_time(BTC)["fundingTime"] == START_MS + 8 * HOUR_MS
    assert market.get_history_fund_rate(BTC) == []
    assert len(market.get_current_fund_rate()) == 8


def test_it_reads_past_candles_up_to_a_moment(floor: Floor) -> None:
    for _ in range(10):
        floor.next_candle()
    asked = START_MS + 6 * HOUR_MS
    rows = floor.client.market.get_history_candles(BTC, "1h", end_time=asked, limit=4)
    assert [int(row[0]) for row in rows] == [asked - hour * HOUR_MS for hour in (3, 2, 1, 0)]
    # The client offers a start and an end together; WEEX then looks at the end alone.
    both = floor.client.market.get_history_candles(BTC, "1h", start_time=START_MS, end_time=asked, limit=4)
    assert both == rows


def test_it_reads_the_account(floor: Floor) -> None:
    account = floor.client.account
    assert account.get_assets()[0]["equity"] == "10000.00000000"
    assert account.get_accounts()["collateral"][0]["legacy_amount"] == "10000.00000000"
    assert account.get_account("USDT")["account"]["leverageSetting"][0]["symbol"] == BTC
    assert account.get_settings(BTC)[BTC]["cross_leverage"] == "20.00"
    assert account.get_all_positions() == []


def test_it_asks_for_bills_with_an_empty_body(floor: Floor) -> None:
    # The documentation shows a JSON object with empty members; this client sends no body at all, and signs none.
    _buy(floor)
    (bill,) = floor.client.account.get_bills()["items"]
    assert (bill["businessType"], bill["amount"]) == ("position_open_long", "-4.00000000")
    assert floor.client.account.get_bills(business_type="position_funding", limit=5)["items"] == []


def test_it_opens_and_closes_a_position_at_a_profit(floor: Floor) -> None:
    order_id = _buy(floor)
    order = floor.client.trade.get_order_detail(order_id)
    assert (order["status"], order["price_avg"], order["client_oid"]) == ("filled", "50000.0", "sdk-1")
    floor.next_candle()
    (position,) = floor.client.account.get_all_positions()
    entry = Decimal(position["open_value"]) / Decimal(position["size"])
    assert (entry, position["unrealizePnl"]) == (Decimal(50_000), "200.00000")
    # Typed by the client as one mapping; WEEX answers a list, one row for each side.
    assert floor.client.account.get_single_position(BTC) == [position]
    _buy(floor, 2, type="3")
    assert floor.client.account.get_all_positions() == []
    fills = floor.client.trade.get_order_fills(symbol=BTC)
    assert [row["realizePnl"] for row in fills["list"]] == ["200.00000", "0"]
    assert [row["order_id"] for row in floor.client.trade.get_order_history(page_size=10)][-1] == order_id
    # Fees of 4 and 4.16.
    assert floor.client.account.get_assets()[0]["equity"] == "10191.84000000"


def test_it_follows_a_limit_order_to_its_end(floor: Floor) -> None:
    trade = floor.client.trade
    order_id = _buy(floor, match_price="0", price="40000")
    assert [row["order_id"] for row in trade.get_current_orders(symbol=BTC, page=0)] == [order_id]
    assert trade.get_current_orders(order_id=order_id, limit=1)[0]["status"] == "open"
    assert trade.cancel_order(order_id=order_id)["result"] is True
    second = _buy(floor, 2, match_price="0", price="40000")
    assert trade.cancel_order(client_oid="sdk-2")["order_id"] == second
    assert [trade.get_order_detail(row)["status"] for row in (order_id, second)] == ["canceled"] * 2


def test_it_places_and_cancels_in_batches(floor: Floor) -> None:
    rows = [
        {"client_oid": f"b{k}", "size": "0.01", "type": "1", "order_type": "0", "match_price": "0", "price": "40000"}
        for k in range(3)
    ]
    rows.append({**rows[0], "client_oid": "b3", "size": "0.00001"})
    answer = floor.client.trade.batch_orders(BTC, rows)
    assert [row["result"] for row in answer["order_info"]] == [True, True, True, False]
    # The client sees no exception where an order of a batch fails: HTTP 200 is all it looks at.
    assert answer["order_info"][3]["error_code"] == "40015"
    first, second, third = (row["order_id"] for row in answer["order_info"][:3])
    assert floor.client.trade.cancel_batch_orders(ids=[first])["orderIds"] == [first]
    assert floor.client.trade.cancel_batch_orders(cids=["b1"])["result"] is True
    (last,) = floor.client.trade.cancel_all_orders("normal", BTC)
    assert (last, second != third) == ({"orderId": int(third), "success": True}, True)


def test_it_protects_a_position_and_moves_its_stop(floor: Floor) -> None:
    trade = floor.client.trade
    _buy(floor, preset_take_profit_price="60000", preset_stop_loss_price="45000")
    assert sorted(row["triggerPrice"] for row in trade.get_current_plan(symbol=BTC)) == ["45000.0", "60000.0"]
    (placed,) = trade.place_tp_sl_order(BTC, "sl-1", "loss_plan", "46000", "0.1", "long")
    assert placed["success"] is True
    assert trade.modify_tp_sl_order(placed["orderId"], "47000", trigger_price_type=3)["code"] == "00000"
    (row,) = trade.get_current_plan(order_id=str(placed["orderId"]))
    assert (row["triggerPrice"], row["triggerPriceType"]) == ("47000.0", "3")
    assert len(trade.cancel_all_orders("plan")) == 3
    assert len(trade.get_history_plan(BTC)["list"]) == 3


def test_a_failed_stop_is_no_exception_to_it(floor: Floor) -> None:
    # There is no position to protect. The answer says so with HTTP 200, and the client looks no further.
    assert floor.client.trade.place_tp_sl_order(BTC, "sl-1", "loss_plan", "46000", "0.1", "long") == [
        {"orderId": 0, "success": False}
    ]


def test_it_places_a_plan_whose_size_is_in_coins(floor: Floor) -> None:
    # The client calls this size "lots"; it is in base coin, like every other.
    trade = floor.client.trade
    answer = trade.place_plan_order(BTC, "plan1", "0.1", "1", "1", "0", "51000")
    second = trade.place_plan_order(BTC, "plan2", "0.1", "1", "1", "0", "53000")
    floor.next_candle()
    (position,) = floor.client.account.get_all_positions()
    assert position["size"] == "0.1000"
    assert [row["order_id"] for row in trade.get_history_plan(BTC, delegate_type=1)["list"]] == [answer["order_id"]]
    assert trade.cancel_plan(second["order_id"])["result"] is True


def test_it_sets_leverage_and_margin_mode(floor: Floor) -> None:
    account = floor.client.account
    assert account.set_leverage(BTC, 1, "5")["code"] == "200"
    assert account.get_settings()[BTC]["cross_leverage"] == "5.00"
    assert account.change_hold_model(BTC, 3, 1)["msg"] == "success"
    assert account.set_leverage(BTC, 3, "4", "8")["code"] == "200"
    assert account.get_settings(BTC)[BTC]["isolated_short_leverage"] == "8.00"


def test_it_moves_margin_of_an_isolated_position(floor: Floor) -> None:
    account = floor.client.account
    account.change_hold_model(BTC, 3)
    _buy(floor)
    position_id = account.get_all_positions()[0]["id"]
    assert account.adjust_margin(position_id, "100")["code"] == "200"
    assert account.modify_auto_append_margin(position_id, True)["msg"] == "success"
    (position,) = account.get_all_positions()
    assert (position["isolated_margin"], position["is_auto_append_isolated_margin"]) == ("350.00000", True)


def test_it_closes_everything_with_an_empty_body(floor: Floor) -> None:
    # No symbol means an empty object in the documentation; the client sends nothing.
    _buy(floor)
    _buy(floor, 2, type="2")
    rows = floor.client.trade.close_positions()
    assert [row["success"] for row in rows] == [True, True]
    assert floor.client.account.get_all_positions() == []
    assert floor.client.trade.close_positions(BTC) == []


def test_it_uploads_an_ai_log(floor: Floor) -> None:
    answer = floor.client.ai.upload_ai_log("Decision Making", "m", {"a": 1}, {"b": 2}, "because", order_id=7)
    assert answer["data"] == "upload success"
    # Its documentation allows 500 words; what counts is 1000 characters.
    with pytest.raises(weex_sdk.WeexValidationError):
        floor.client.ai.upload_ai_log("Decision Making", "m", {}, {}, "word " * 300)


def test_it_tells_kinds_of_refusal_apart(floor: Floor) -> None:
    with pytest.raises(weex_sdk.WeexValidationError, match="40020"):
        floor.client.market.get_candles(BTC, "1H")
    with pytest.raises(weex_sdk.WeexAPIError, match="50005"):
        floor.client.trade.get_order_detail("700000000000000001")
    with pytest.raises(weex_sdk.WeexAPIError, match="stepSize"):
        _buy(floor, size="0.00001")
    _buy(floor, match_price="0", price="40000")
    with pytest.raises(weex_sdk.WeexAPIError, match="open orders"):
        floor.client.account.set_leverage(BTC, 1, "5")
    with pytest.raises(weex_sdk.WeexAPIError, match="50007"):
        floor.client.account.set_leverage(BTC, 1, "500")


@pytest.mark.parametrize(
    ("keys", "code"),
    [(("x", "sim", "sim"), "40006"), (("sim", "x", "sim"), "40009"), (("sim", "sim", "x"), "40012")],
)
def test_it_is_told_which_of_its_secrets_is_wrong(floor: Floor, keys: tuple[str, str, str], code: str) -> None:
    other = floor.with_keys(*keys)
    with pytest.raises(weex_sdk.WeexAuthenticationError, match=code):
        other.account.get_assets()
    other.close()


@pytest.mark.parametrize("floor", [replace(EXACT, real_clock=False)], indirect=True)
def test_its_requests_expire(floor: Floor) -> None:
    # The machine's clock is years past the simulator's.
    with pytest.raises(weex_sdk.WeexAuthenticationError, match="40008"):
        floor.client.account.get_assets()


@pytest.mark.parametrize("floor", [replace(EXACT, ip_allowed=False)], indirect=True)
def test_it_takes_an_unlisted_address_for_an_authentication_error(floor: Floor) -> None:
    # It goes by the code in the body; the HTTP status, 521, means nothing to it.
    with pytest.raises(weex_sdk.WeexAuthenticationError, match="40018"):
        floor.client.account.get_assets()


@pytest.mark.parametrize("floor", [replace(EXACT, rate_limits=True)], indirect=True)
def test_it_understands_429(floor: Floor) -> None:
    for _ in range(25):
        floor.client.market.get_tickers()
    with pytest.raises(weex_sdk.WeexRateLimitError) as told:
        floor.client.market.get_tickers()
    # No Retry-After is documented, so the client has no time to wait for.
    assert told.value.retry_after is None


def test_it_trades_at_the_command_in_a_process_of_its_own() -> None:
    command = [sys.executable, "-m", "weexctl", "sim", "serve", "--port", "0", "--history", "300", "-o", "json"]
    with subprocess.Popen([*command, "--seed", "3"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            client = _client(json.loads(process.stdout.readline())["data"]["url"])
            price = Decimal(client.market.get_ticker(BTC)["last"])
            members = {"symbol": BTC, "size": "0.1", "order_type": "0", "price": "0"}
            opened = client.trade.place_order(**members, client_oid="sdk-1", match_price="1", type="1")
            (position,) = client.account.get_all_positions()
            entry = Decimal(position["open_value"]) / Decimal(position["size"])
            assert abs(entry / price - 1) < Decimal("0.01")
            low = {**members, "price": str(price // 2)}
            resting = client.trade.place_order(**low, client_oid="sdk-2", match_price="0", type="1")
            assert client.trade.cancel_order(order_id=resting["order_id"])["result"] is True
            client.trade.place_order(**members, client_oid="sdk-3", match_price="1", type="3")
            assert client.account.get_all_positions() == []
            assert client.trade.get_order_detail(opened["order_id"])["status"] == "filled"
            assert Decimal(client.account.get_assets()[0]["equity"]) < 10_000
            client.close()
        finally:
            process.kill()
