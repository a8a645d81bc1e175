"""ccxt, unchanged, trades over TCP at the served simulator.

It was written by others from the exchange's own documentation, so where it and the simulator agree, two independent
readings do. Only addresses, keys and options are set. Its spot half, which this exchange does not have, is answered
by an empty spot exchange. Where ccxt reads WEEX otherwise than the documentation, the test says so.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import numpy as np
import pytest

from weexctl.model.candle import Candles, Timeframe
from weexctl.simulator import CONTRACTS, Simulator, SimulatorSettings
from weexctl.simulator.generator import MARKET_START_MS
from weexctl.simulator.server import SimulatorServer

ccxt_weex = pytest.importorskip("ccxt.weex", reason="ccxt is not installed")
ccxt_errors = pytest.importorskip("ccxt.base.errors", reason="ccxt is not installed")

BTC = "BTC/USDT:USDT"
HOUR_MS = 3_600_000
PRICES = [50_000.0] * 30 + [51_000.0] * 30
"""Hourly opens of BTC; the test begins 28 hours in, and 2 hours later it rises."""
START_HOUR = 28


def market() -> dict[str, Candles]:
    """All eight contracts, flat and then 2 % higher, deep enough that nothing moves the price."""
    found = {}
    for symbol, contract in CONTRACTS.items():
        step = float(contract.instrument.price_step)
        scale = float(contract.reference_price) if symbol != "BTCUSDT" else 50_000.0
        opened = np.round(np.asarray(PRICES) / 50_000.0 * scale / step) * step
        times = MARKET_START_MS + HOUR_MS * np.arange(len(opened), dtype=np.int64)
        volume = np.full(len(opened), 1e12 / scale)
        close = np.append(opened[1:], opened[-1])
        high, low = np.maximum(opened, close), np.minimum(opened, close)
        found[symbol] = Candles(symbol, Timeframe.H1, times, opened, high, low, close, volume, synthetic=True)
    return found


class _EmptySpot(BaseHTTPRequestHandler):
    """A spot exchange that lists nothing."""

    def do_GET(self) -> None:
        body = b"[]" if self.path.endswith("/coins") else b'{"symbols":[]}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's own name
        """Say nothing."""


@contextmanager
def empty_spot() -> Iterator[str]:
    """The address of the empty spot exchange until the block ends."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _EmptySpot) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def settings() -> SimulatorSettings:
    """Those of `sim serve`, without spread and slippage."""
    return SimulatorSettings(
        real_clock=True,
        rate_limits=True,
        latency_ms=0,
        spread_bps=0,
        slippage_bps=0,
        slippage_minor_bps=0,
        impact=0,
    )


@pytest.fixture
def url(settings: SimulatorSettings) -> Iterator[str]:
    """A served simulator whose time moves by control only."""
    simulator = Simulator(market(), seed=3, start_ms=MARKET_START_MS + START_HOUR * HOUR_MS, settings=settings)
    with SimulatorServer(simulator, control=True) as server:
        yield server.url


def outside_client(url: str, spot: str, **options: Any) -> Any:
    """A ccxt client of the exchange at this address."""
    client = ccxt_weex.weex(
        {
            "apiKey": "sim",
            "secret": "sim",
            "password": "sim",
            "enableRateLimit": False,
            "options": {"defaultType": "swap", **options},
        }
    )
    # One has to give all four: the test and the live addresses are the same ones.
    addresses = {"public": spot, "private": spot, "contract": url, "contractPrivate": url}
    client.urls["api"] = client.urls["test"] = addresses
    client.session.trust_env = False
    return client


@pytest.fixture
def client(url: str) -> Iterator[Any]:
    """The outside client, with its markets loaded."""
    with empty_spot() as spot:
        made = outside_client(url, spot)
        made.load_markets()
        yield made
        made.session.close()


@pytest.fixture
def demo_client(url: str) -> Iterator[Any]:
    """The outside client in its sandbox mode."""
    with empty_spot() as spot:
        made = outside_client(url, spot)
        made.set_sandbox_mode(True)
        made.load_markets()
        yield made
        made.session.close()


def control(url: str, name: str, **members: Any) -> Any:
    """The answer of the side door; with members, to a POST."""
    body = json.dumps(members).encode() if members else None
    request = urllib.request.Request(  # noqa: S310  # the address of the test's own server
        f"{url}/control/{name}", body, {"Content-Type": "application/json"}
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        return json.load(answer)


# Market.


def test_it_lists_the_contracts_with_their_steps(client: Any) -> None:
    for symbol, contract in CONTRACTS.items():
        found, rules = client.markets[f"{symbol.removesuffix('USDT')}/USDT:USDT"], contract.instrument
        assert found["precision"]["price"] == pytest.approx(float(rules.price_step))
        assert found["precision"]["amount"] == pytest.approx(float(rules.quantity_step))
        assert found["limits"]["leverage"]["max"] == rules.max_leverage
        assert (found["swap"], found["linear"], found["active"]) == (True, True, True)
    assert len(client.markets) == len(CONTRACTS)


def test_it_reads_prices(client: Any) -> None:
    assert client.fetch_ticker(BTC)["last"] == 50_000.0
    assert {BTC, "ETH/USDT:USDT"} <= set(client.fetch_tickers())
    book = client.fetch_order_book(BTC)
    assert (book["asks"][0][0], book["bids"][0][0]) == (50_000.0, 50_000.0)
    assert client.fetch_funding_rate(BTC)["markPrice"] == 50_000.0
    assert client.fetch_open_interest(BTC)["symbol"] == BTC
    assert all(trade["price"] == 50_000.0 for trade in client.fetch_trades(BTC))


def test_it_reads_candles_up_to_the_forming_one(client: Any, url: str) -> None:
    rows = client.fetch_ohlcv(BTC, "1h")
    assert [row[0] for row in rows][-1] == MARKET_START_MS + START_HOUR * HOUR_MS
    assert len(rows) == START_HOUR + 1
    control(url, "advance", by_ms=3 * HOUR_MS)
    later = client.fetch_ohlcv(BTC, "1h")
    assert [row[4] for row in later][-3:] == [51_000.0, 51_000.0, 51_000.0]


def test_it_reads_the_market_s_time(client: Any, url: str) -> None:
    assert client.fetch_time() == control(url, "time")["now_ms"]


# Account.


def test_it_reads_the_balance(client: Any) -> None:
    assert client.fetch_balance()["USDT"] == {"free": 10_000.0, "used": 0.0, "total": 10_000.0}


def test_it_sets_and_reads_leverage_and_margin_mode(client: Any) -> None:
    client.set_leverage(5, BTC)
    assert client.fetch_leverage(BTC)["longLeverage"] == 5
    client.set_margin_mode("isolated", BTC)
    assert client.fetch_margin_mode(BTC)["marginMode"] == "isolated"


def test_it_reads_the_fees(client: Any) -> None:
    fee = client.fetch_trading_fee(BTC)
    assert (fee["maker"], fee["taker"]) == (0.0002, 0.0008)


def test_it_moves_margin_of_an_isolated_position(client: Any) -> None:
    client.set_margin_mode("isolated", BTC)
    client.set_leverage(10, BTC, {"marginMode": "isolated", "isolatedLongLeverage": 10, "isolatedShortLeverage": 10})
    client.create_order(BTC, "market", "buy", 0.1)
    (position,) = client.fetch_positions()
    client.add_margin(BTC, 100, {"positionId": position["id"]})
    (more,) = client.fetch_positions()
    assert more["initialMargin"] - position["initialMargin"] == pytest.approx(100)
    client.reduce_margin(BTC, 40, {"positionId": position["id"]})
    (less,) = client.fetch_positions()
    assert less["initialMargin"] - position["initialMargin"] == pytest.approx(60)


def test_it_reads_the_bills(client: Any) -> None:
    client.create_order(BTC, "market", "buy", 0.1)
    rows = client.fetch_ledger(None, None, None, {"type": "swap"})
    assert [row["amount"] for row in rows] == [4.0]
    assert rows[0]["direction"] == "out"


# Orders.


def test_a_market_order_opens_and_a_position_is_closed(client: Any, url: str) -> None:
    order = client.create_order(BTC, "market", "buy", 0.1)
    (position,) = client.fetch_positions()
    assert (position["side"], position["contracts"], position["entryPrice"]) == ("long", 0.1, 50_000.0)
    done = client.fetch_order(order["id"], BTC)
    assert (done["status"], done["filled"], done["average"]) == ("closed", 0.1, 50_000.0)
    control(url, "advance", by_ms=3 * HOUR_MS)
    assert client.fetch_positions()[0]["unrealizedPnl"] == pytest.approx(100.0)
    client.close_position(BTC)
    assert client.fetch_positions() == []
    assert client.fetch_balance()["USDT"]["total"] == pytest.approx(10_000 + 100 - 4 - 4.08)
    trades = client.fetch_my_trades(BTC)
    assert [(row["side"], row["amount"], row["price"], row["fee"]["cost"]) for row in trades] == [
        ("buy", 0.1, 50_000.0, 4.0),
        ("sell", 0.1, 51_000.0, 4.08),
    ]


def test_a_limit_order_rests_and_is_cancelled(client: Any) -> None:
    order = client.create_order(BTC, "limit", "buy", 0.1, 40_000, {"clientOrderId": "mine-1"})
    assert client.fetch_order(order["id"], BTC)["status"] == "open"
    [resting] = client.fetch_open_orders(BTC)
    assert (resting["id"], resting["clientOrderId"], resting["price"]) == (order["id"], "mine-1", 40_000.0)
    assert client.fetch_balance()["USDT"]["used"] > 200
    client.cancel_order(order["id"], BTC)
    assert client.fetch_open_orders(BTC) == []
    assert client.fetch_order(order["id"], BTC)["status"] == "canceled"
    assert [row["id"] for row in client.fetch_canceled_orders(BTC)] == [order["id"]]


def test_a_limit_order_is_filled_when_the_market_comes_through(client: Any, url: str) -> None:
    order = client.create_order(BTC, "limit", "sell", 0.1, 50_500, {"positionSide": "SHORT", "timeInForce": "GTC"})
    control(url, "advance", by_ms=3 * HOUR_MS)
    done = client.fetch_order(order["id"], BTC)
    assert (done["status"], done["filled"], done["average"]) == ("closed", 0.1, 50_500.0)
    [fill] = client.fetch_my_trades(BTC)
    assert (fill["takerOrMaker"], fill["price"]) == ("maker", 50_500.0)
    assert [row["id"] for row in client.fetch_closed_orders(BTC)] == [order["id"]]


def test_a_post_only_order_that_would_cross_is_cancelled(client: Any) -> None:
    order = client.create_order(BTC, "limit", "buy", 0.1, 51_000, {"timeInForce": "POST_ONLY"})
    assert client.fetch_order(order["id"], BTC)["status"] == "canceled"
    assert client.fetch_positions() == []


def test_it_drops_the_wish_for_post_only_in_its_own_spelling(client: Any) -> None:
    # ccxt's usual `postOnly` never reaches WEEX: the order goes out as GTC, crosses, and pays as taker.
    order = client.create_order(BTC, "limit", "buy", 0.1, 51_000, {"postOnly": True})
    assert client.fetch_order(order["id"], BTC)["status"] == "closed"
    assert client.fetch_my_trades(BTC)[0]["takerOrMaker"] == "taker"


def test_attached_stop_and_target_wait_and_one_of_them_fires(client: Any, url: str) -> None:
    wishes = {"stopLoss": {"triggerPrice": 45_000}, "takeProfit": {"triggerPrice": 50_700}}
    client.create_order(BTC, "market", "buy", 0.1, None, wishes)
    plans = client.fetch_open_orders(BTC, None, None, {"trigger": True})
    assert sorted(row["triggerPrice"] for row in plans) == [45_000.0, 50_700.0]
    assert all(row["side"] == "sell" and row["reduceOnly"] for row in plans)
    control(url, "advance", by_ms=3 * HOUR_MS)
    assert client.fetch_positions() == []
    # The stop is left over, as at the exchange.
    [left] = client.fetch_open_orders(BTC, None, None, {"trigger": True})
    assert left["triggerPrice"] == 45_000.0
    client.cancel_order(left["id"], BTC, {"trigger": True})
    assert client.fetch_open_orders(BTC, None, None, {"trigger": True}) == []


def test_all_orders_of_a_symbol_are_cancelled_at_once(client: Any) -> None:
    for price in (40_000, 41_000):
        client.create_order(BTC, "limit", "buy", 0.01, price)
    assert len(client.cancel_all_orders(BTC)) == 2
    assert client.fetch_open_orders(BTC) == []


# Refusals.


def test_a_refusal_keeps_its_words_and_its_kind(client: Any) -> None:
    with pytest.raises(ccxt_errors.ExchangeError, match="margin available amount not enough"):
        client.create_order(BTC, "market", "buy", 90)
    with pytest.raises(ccxt_errors.InvalidOrder, match="orderId not exist"):
        client.cancel_order("700000000000000001", BTC)
    client.create_order(BTC, "limit", "buy", 0.01, 40_000)
    with pytest.raises(ccxt_errors.ExchangeError, match="open orders"):
        client.set_leverage(7, BTC)


def test_a_wrong_secret_is_an_authentication_error(client: Any) -> None:
    client.secret = "other"
    with pytest.raises(ccxt_errors.AuthenticationError):
        client.fetch_balance()


def test_a_clock_that_is_off_is_refused_until_it_follows_the_exchange(client: Any, url: str) -> None:
    control(url, "settings", real_clock=False)
    with pytest.raises(ccxt_errors.ExchangeError, match="-1046"):
        client.fetch_balance()
    client.load_time_difference()
    assert client.fetch_balance()["USDT"]["total"] == 10_000.0


def test_too_many_requests_are_refused(client: Any) -> None:
    # Two windows of ten seconds at most are touched: one of them gets more than 1000. What WEEX writes into a 429 is
    # documented nowhere. ccxt looks at the code in the body before the status, does not know this one, and so raises
    # its general error and not RateLimitExceeded.
    def hurry() -> None:
        for _ in range(250):
            client.fetch_positions()

    with pytest.raises(ccxt_errors.ExchangeError, match="Too many requests"):
        hurry()


# The demo account.


def test_the_sandbox_is_the_demo_account(demo_client: Any, url: str) -> None:
    assert demo_client.fetch_balance()["USDT"]["total"] == 10_000.0
    order = demo_client.create_order(BTC, "market", "buy", 0.1)
    (position,) = demo_client.fetch_positions()
    assert (position["symbol"], position["side"], position["contracts"]) == (BTC, "long", 0.1)
    [closed] = demo_client.fetch_closed_orders()
    assert (closed["id"], closed["symbol"], closed["status"]) == (order["id"], BTC, "closed")
    assert demo_client.fetch_balance()["USDT"]["total"] == pytest.approx(9_996.0)
    ledger = control(url, "ledger")
    assert (ledger["wallet"], ledger["positions"]) == ("10000", [])
