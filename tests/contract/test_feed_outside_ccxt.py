"""ccxt's own WebSocket client, unchanged, listens to the served simulator's feed.

Where it and the simulator agree, two independent readings of the exchange's pages do. Only addresses and keys are set;
the name before the host is how ccxt tells the futures' feed from that of the spot exchange.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.contract.test_outside_ccxt import BTC, HOUR_MS, START_HOUR, control, empty_spot, market
from weexctl.simulator import Simulator, SimulatorSettings
from weexctl.simulator.generator import MARKET_START_MS
from weexctl.simulator.server import SimulatorServer

ccxt_pro = pytest.importorskip("ccxt.pro", reason="ccxt is not installed")

WAIT_S = 10.0
Listen = Callable[[Callable[["Outside"], Awaitable[Any]]], Any]


class Outside:
    """An outside client, and the simulator it listens to."""

    def __init__(self, client: Any, server: SimulatorServer) -> None:
        self.client = client
        self._url = server.url

    async def subscribed(self, *words: str) -> None:
        """Until the exchange knows these channels."""
        while not {*words} <= {*(await asyncio.to_thread(control, self._url, "feed"))["channels"]}:
            pass


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Runs a conversation with an outside client whose markets are loaded."""
    with ExitStack() as stack:
        settings = SimulatorSettings(real_clock=True, latency_ms=0, spread_bps=0, slippage_bps=0, impact=0)
        simulator = Simulator(market(), seed=3, start_ms=MARKET_START_MS + START_HOUR * HOUR_MS, settings=settings)
        server = stack.enter_context(SimulatorServer(simulator, control=True))
        spot = stack.enter_context(empty_spot())

        async def conversation(talk: Callable[[Outside], Awaitable[Any]]) -> Any:
            client = ccxt_pro.weex(
                {
                    "apiKey": "sim",
                    "secret": "sim",
                    "password": "sim",
                    "enableRateLimit": False,
                    "options": {"defaultType": "swap"},
                }
            )
            addresses = {"public": spot, "private": spot, "contract": server.url, "contractPrivate": server.url}
            feed = f"{server.feed_url.replace('ws://', 'ws://contract@')}/v3/ws"
            client.urls["api"] = client.urls["test"] = {**addresses, "ws": {"contract": feed, "spot": feed}}
            try:
                await client.load_markets()
                return await asyncio.wait_for(talk(Outside(client, server)), WAIT_S)
            finally:
                await client.close()

        yield lambda talk: asyncio.run(conversation(talk))


def test_it_reads_the_ticker(listen: Listen) -> None:
    async def talk(outside: Outside) -> Any:
        return await outside.client.watch_ticker(BTC), await outside.client.fetch_ticker(BTC)

    watched, fetched = listen(talk)
    for name in ("symbol", "last", "high", "low", "baseVolume", "quoteVolume", "markPrice"):
        assert watched[name] == fetched[name] is not None


def test_it_reads_the_book(listen: Listen) -> None:
    async def talk(outside: Outside) -> Any:
        return await outside.client.watch_order_book(BTC), await outside.client.fetch_order_book(BTC, 200)

    watched, fetched = listen(talk)
    assert watched["bids"] == fetched["bids"]
    assert watched["asks"] == fetched["asks"]


def test_it_reads_candles(listen: Listen) -> None:
    async def talk(outside: Outside) -> Any:
        rows = await outside.client.watch_ohlcv(BTC, "1h")
        return [list(row) for row in rows], await outside.client.fetch_ohlcv(BTC, "1h")

    watched, fetched = listen(talk)
    assert len(watched) > 10
    assert watched[-10:] == fetched[-10:]


def test_it_reads_trades(listen: Listen) -> None:
    async def talk(outside: Outside) -> Any:
        return list(await outside.client.watch_trades(BTC)), await outside.client.fetch_trades(BTC)

    watched, fetched = listen(talk)
    ids = [trade["id"] for trade in watched]
    assert ids == [trade["id"] for trade in fetched][-len(ids) :]
    assert {trade["side"] for trade in watched} <= {"buy", "sell"}


def test_it_follows_an_order(listen: Listen) -> None:
    async def talk(outside: Outside) -> Any:
        watched = asyncio.ensure_future(outside.client.watch_orders(BTC))
        fills = asyncio.ensure_future(outside.client.watch_my_trades(BTC))
        await outside.subscribed("orders", "fill")
        await outside.client.create_order(BTC, "market", "buy", 0.01, None, {"positionSide": "LONG"})
        return list(await watched), list(await fills)

    orders, fills = listen(talk)
    assert [order["status"] for order in orders] == ["closed"]
    assert (orders[0]["filled"], orders[0]["side"], orders[0]["symbol"]) == (0.01, "buy", BTC)
    assert fills[0]["order"] == orders[0]["id"]
    assert fills[0]["cost"] == orders[0]["cost"]
