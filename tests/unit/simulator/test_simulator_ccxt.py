"""An outside client, written by others from the exchange's own documentation, trades here without noticing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from weexctl.simulator import CONTRACTS, Simulator

if TYPE_CHECKING:
    from tests.unit.simulator.conftest import OpenDesk

ccxt_weex = pytest.importorskip("ccxt.weex", reason="ccxt is not installed")
ccxt_errors = pytest.importorskip("ccxt.base.errors", reason="ccxt is not installed")

BTC = "BTC/USDT:USDT"
FLAT = (50_000.0, 50_000.0, 50_000.0, 50_000.0)
HIGHER = (51_000.0, 51_000.0, 51_000.0, 51_000.0)


def _client(simulator: Simulator) -> Any:
    """A ccxt client whose requests go to the simulator, and whose clock is the simulator's."""

    base: Any = ccxt_weex.weex

    class Client(base):  # type: ignore[misc]  # the library ships no types
        def fetch(self, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
            target = urlsplit(url)
            sent = body.encode() if body else b""
            status, ours, answer = simulator.answer(method, target.path, target.query, headers or {}, sent)
            text = answer.decode()
            parsed = self.parse_json(text)
            self.last_json_response = parsed
            self.handle_errors(status, "", url, method, ours, text, parsed, headers, body)
            self.handle_http_status_code(status, "", url, method, text)
            return parsed

        def milliseconds(self) -> int:
            return simulator.now_ms

        def fetch_currencies(self, params: Any = None) -> Any:
            return {}

        def public_get_api_v3_exchangeinfo(self, params: Any = None) -> Any:
            return {"symbols": []}

        publicGetApiV3ExchangeInfo = public_get_api_v3_exchangeinfo  # noqa: N815  # the library's own name

    keys = {"apiKey": "sim", "secret": "sim", "password": "sim"}
    client = Client({**keys, "enableRateLimit": False, "options": {"defaultType": "swap"}})
    client.load_markets()
    return client


@pytest.fixture
def client(open_desk: OpenDesk) -> Any:
    """The outside client at a flat market that rises after two hours."""
    return _client(open_desk([FLAT, FLAT, FLAT, *[HIGHER] * 5]).simulator)


def test_it_reads_the_contract_rules(open_desk: OpenDesk) -> None:
    desk = open_desk({symbol: [(1.0, 1.0, 1.0, 1.0)] * 3 for symbol in CONTRACTS})
    markets = _client(desk.simulator).markets
    for symbol, contract in CONTRACTS.items():
        market = markets[f"{symbol.removesuffix('USDT')}/USDT:USDT"]
        assert market["precision"]["price"] == pytest.approx(float(contract.instrument.price_step))
        assert market["precision"]["amount"] == pytest.approx(float(contract.instrument.quantity_step))


def test_it_reads_market_data(client: Any) -> None:
    assert client.fetch_ohlcv(BTC, "1h")[-1][1:5] == [50_000.0] * 4
    assert client.fetch_ticker(BTC)["last"] == 50_000.0
    assert client.fetch_order_book(BTC)["asks"][0][0] == 50_000.0
    assert client.fetch_funding_rate(BTC)["markPrice"] == 50_000.0


def test_it_opens_and_closes_a_position_with_stop_and_target(client: Any) -> None:
    wishes = {"stopLoss": {"triggerPrice": 45_000}, "takeProfit": {"triggerPrice": 60_000}}
    client.create_order(BTC, "market", "buy", 0.1, None, wishes)
    (position,) = client.fetch_positions()
    assert (position["side"], position["contracts"], position["entryPrice"]) == ("long", 0.1, 50_000.0)
    plans = client.fetch_open_orders(BTC, None, None, {"trigger": True})
    assert sorted(row["triggerPrice"] for row in plans) == [45_000.0, 60_000.0]
    client.close_position(BTC)
    assert client.fetch_positions() == []
    assert [row["side"] for row in client.fetch_my_trades(BTC)] == ["buy", "sell"]


def test_it_follows_a_limit_order_to_its_end(client: Any) -> None:
    order = client.create_order(BTC, "limit", "buy", 0.1, 40_000)
    assert client.fetch_order(order["id"], BTC)["status"] == "open"
    assert [row["id"] for row in client.fetch_open_orders(BTC)] == [order["id"]]
    assert client.fetch_balance()["USDT"]["used"] > 200
    client.cancel_order(order["id"], BTC)
    assert client.fetch_order(order["id"], BTC)["status"] == "canceled"


def test_it_sees_the_balance_move_with_the_price(open_desk: OpenDesk) -> None:
    desk = open_desk([FLAT, FLAT, HIGHER])
    other = _client(desk.simulator)
    other.create_order(BTC, "market", "buy", 0.1)
    desk.next_candle()
    # A gain of 100 on the position, a fee of 4.
    assert other.fetch_balance()["USDT"]["total"] == pytest.approx(10_096.0)
    assert other.fetch_positions()[0]["unrealizedPnl"] == pytest.approx(100.0)


def test_it_sets_leverage_and_understands_a_refusal(client: Any) -> None:
    client.set_leverage(5, BTC)
    assert client.fetch_leverage(BTC)["longLeverage"] == 5
    with pytest.raises(ccxt_errors.ExchangeError, match="margin available amount not enough"):
        client.create_order(BTC, "market", "buy", 2)
    with pytest.raises(ccxt_errors.InvalidOrder, match="orderId not exist"):
        client.cancel_order("700000000000000001", BTC)


def test_it_is_told_that_its_secret_is_wrong(client: Any) -> None:
    client.secret = "other"
    with pytest.raises(ccxt_errors.AuthenticationError):
        client.fetch_balance()
