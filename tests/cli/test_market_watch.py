"""`weexctl market watch` at a served simulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from weexctl.actions.context import Context
from weexctl.actions.market_watch import Input, Output, run
from weexctl.model.instrument import SYMBOLS
from weexctl.simulator import Simulator, SimulatorSettings
from weexctl.simulator.generator import generate_market
from weexctl.simulator.pace import Pace
from weexctl.simulator.server import SimulatorServer


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    """A simulated exchange whose time goes twenty times as fast as ours."""
    market = generate_market(7, count=60)
    start_ms = market["BTCUSDT"].first_ms + 30 * 3_600_000
    simulator = Simulator(market, seed=7, start_ms=start_ms, settings=SimulatorSettings(latency_ms=0))
    with SimulatorServer(simulator, pace=Pace(20, start_ms), control=True) as served:
        yield served


def watch(home: Any, server: SimulatorServer, *flags: str) -> Any:
    return home("market", "watch", "--venue", "paper", *flags, WEEX_API_BASE=server.url)


def test_it_stops_after_so_many_pushes_and_sums_up(home: Any, server: SimulatorServer) -> None:
    ran = watch(home, server, "--symbols", "BTCUSDT,ETHUSDT", "--count", "4", "--seconds", "30")
    data = ran.document["data"]
    assert ran.code == 0
    assert sum(row["pushes"] for row in data["tickers"]) == 4
    assert [(row["symbol"], row["source"]) for row in data["tickers"]] == [("BTCUSDT", "stream"), ("ETHUSDT", "stream")]
    assert (data["feed"], data["connections"], data["malformed"], data["error"]) == ("live", 1, 0, None)
    assert ran.err.count(" last ") == 4
    assert {warning["code"] for warning in ran.document["warnings"]} == {"SYNTHETIC"}


def test_without_symbols_it_is_all_of_them(home: Any, server: SimulatorServer) -> None:
    data = watch(home, server, "--count", "1", "--seconds", "30").document["data"]
    assert [row["symbol"] for row in data["tickers"]] == list(SYMBOLS)


def test_a_feed_that_says_nothing_leaves_reads_and_says_so(home: Any, server: SimulatorServer) -> None:
    server.reply("POST", "/control/feed", {"host": "localhost", "content-type": "application/json"}, b'{"silent":true}')
    data = watch(home, server, "--symbols", "BTCUSDT", "--seconds", "0.3").document["data"]
    (row,) = data["tickers"]
    assert (row["pushes"], row["source"]) == (0, "read")


def test_who_interrupts_it_gets_the_summary(server: SimulatorServer, tmp_path: Path) -> None:
    notes: list[str] = []
    context = Context(
        environment={"WEEX_API_BASE": server.url, "WEEXCTL_DATA_DIR": str(tmp_path)},
        cwd=tmp_path,
        note=notes.append,
        should_stop=lambda: len(notes) >= 2,
    )
    found = run(Input(venue="paper", symbols=("BTCUSDT",), seconds=86_400), context).data
    assert isinstance(found, Output)
    assert [row.pushes for row in found.tickers] == [2]


def test_the_market_of_a_run_has_no_feed(home: Any) -> None:
    ran = home("market", "watch")
    assert (ran.code, ran.document["error"]["code"]) == (2, "NO_FEED")
    assert "sim serve" in ran.out
