"""`weexctl data fetch`: pages of a venue's market, joined to what is stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from weexctl.actions import data_fetch
from weexctl.actions.context import Context
from weexctl.actions.data_fetch import Input, Output, run
from weexctl.errors import UnavailableError
from weexctl.exchange.v3 import WeexV3
from weexctl.market.loading import load_candles, load_funding
from weexctl.run.schedule import HISTORY_CANDLES
from weexctl.simulator import Simulator
from weexctl.simulator.generator import MARKET_START_MS, generate_funding, generate_market
from weexctl.simulator.server import SimulatorServer

HOUR_MS = 3_600_000
BEGIN_MS = MARKET_START_MS + (HISTORY_CANDLES + 1) * HOUR_MS
"""Where the simulated market stands before any run."""
FETCH = ("data", "fetch", "--symbols", "BTCUSDT")


def data(ran: Any) -> Any:
    assert ran.code == 0, ran.out
    return ran.document["data"]


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_fetch, "_PAGE", 7)
    monkeypatch.setattr(data_fetch, "_FETCHED_BY_ITSELF", 30)


def test_what_is_fetched_is_what_the_market_was(home: Any) -> None:
    found = data(home(*FETCH))
    (row,) = found["series"]
    assert (row["candles"], row["added"], row["to_ms"], found["complete"]) == (30, 30, BEGIN_MS, True)
    market = generate_market(7, symbols=["BTCUSDT"], count=HISTORY_CANDLES + 1)["BTCUSDT"]
    (stored,) = load_candles([found["folder"]]).values()
    assert stored.digest() == market.rows(len(market) - 30, len(market)).digest() == row["digest"]
    assert stored.synthetic


def test_generated_candles_are_labelled(home: Any) -> None:
    document = home(*FETCH).document
    assert (document["venue"], document["data"]["series"][0]["synthetic"]) == ("sim", True)
    assert {notice["code"] for notice in document["warnings"]} == {"SYNTHETIC"}


def test_a_second_fetch_has_nothing_to_add(home: Any) -> None:
    first = data(home(*FETCH))["series"][0]
    assert data(home(*FETCH))["series"][0] == {**first, "added": 0, "funding_added": 0}


def test_an_earlier_start_and_a_later_end_are_joined_to_what_is_there(home: Any) -> None:
    data(home(*FETCH, "--from", str(BEGIN_MS - 40 * HOUR_MS), "--to", str(BEGIN_MS - 20 * HOUR_MS)))
    (row,) = data(home(*FETCH, "--from", str(BEGIN_MS - 60 * HOUR_MS)))["series"]
    assert (row["candles"], row["added"], row["from_ms"]) == (60, 40, BEGIN_MS - 60 * HOUR_MS)
    assert data(home("data", "verify"))["faults"] == 0


def test_a_fetch_that_is_stopped_keeps_its_pages_and_goes_on_later(tmp_path: Path) -> None:
    answers = iter([False, False, True])
    environment = {"WEEXCTL_DATA_DIR": str(tmp_path / "d"), "WEEXCTL_CONFIG_DIR": str(tmp_path / "c")}
    stopped = Context(environment=environment, cwd=tmp_path, should_stop=lambda: next(answers))
    first = run(Input(symbols=("BTCUSDT",)), stopped).data
    assert isinstance(first, Output)
    assert ([row.candles for row in first.series], first.complete) == ([14], False)
    second = run(Input(symbols=("BTCUSDT",)), Context(environment=environment, cwd=tmp_path)).data
    assert isinstance(second, Output)
    assert ([(row.candles, row.added) for row in second.series], second.complete) == ([(30, 16)], True)


def test_a_timeframe_the_market_does_not_have_says_what_to_change(home: Any) -> None:
    error = home(*FETCH, "--timeframe", "1m").document["error"]
    assert (error["code"], "below 1h" in error["exchange_message"]) == ("BAD_PARAMETER", True)
    assert "another value" in error["suggestion"]


def test_a_span_without_a_candle_is_refused(home: Any) -> None:
    ran = home(*FETCH, "--from", str(BEGIN_MS + HOUR_MS))
    assert (ran.code, ran.document["error"]["type"]) == (2, "usage")
    assert not (home.data / "candles").exists()


@pytest.mark.parametrize("stored", [False, True])
def test_a_span_turned_around_is_refused_whatever_is_stored(home: Any, stored: bool) -> None:
    if stored:
        data(home(*FETCH))
    ran = home(*FETCH, "--from", str(BEGIN_MS - 5 * HOUR_MS), "--to", str(BEGIN_MS - 9 * HOUR_MS))
    assert (ran.code, ran.document["error"]["type"]) == (2, "usage")


EARLY = str(MARKET_START_MS - 3_000 * HOUR_MS)
"""Long before the first candle there is."""


def test_history_begins_at_the_first_candle_there_is(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_fetch, "_PAGE", 1_000)
    span = ("--from", EARLY, "--to", str(MARKET_START_MS + 50 * HOUR_MS))
    ran = home("data", "fetch", "--symbols", "BTCUSDT,ETHUSDT", *span)
    found = data(ran)
    begins = [(row["symbol"], row["from_ms"], row["candles"]) for row in found["series"]]
    assert begins == [("BTCUSDT", MARKET_START_MS, 50), ("ETHUSDT", MARKET_START_MS, 50)]
    assert found["complete"]
    late = [warning["message"] for warning in ran.document["warnings"] if warning["code"] == "BEGINS_LATER"]
    assert [text.partition(":")[0] for text in late] == ["BTCUSDT", "ETHUSDT"]
    again = data(home(*FETCH, *span))["series"][0]
    assert (again["candles"], again["added"]) == (50, 0)


def test_a_stored_series_grows_down_to_the_first_candle_there_is(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_fetch, "_PAGE", 1_000)
    end = ("--to", str(MARKET_START_MS + 50 * HOUR_MS))
    data(home(*FETCH, "--from", str(MARKET_START_MS + 40 * HOUR_MS), *end))
    (row,) = data(home(*FETCH, "--from", EARLY, *end))["series"]
    assert (row["from_ms"], row["candles"], row["added"]) == (MARKET_START_MS, 50, 40)


def test_a_span_before_the_first_candle_is_no_series(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_fetch, "_PAGE", 1_000)
    ran = home(*FETCH, "--from", EARLY, "--to", str(MARKET_START_MS - HOUR_MS))
    assert (ran.code, ran.document["error"]["code"]) == (2, "NO_CANDLES")
    assert "later --to" in ran.document["error"]["suggestion"]
    assert not (home.data / "candles").exists()


def test_one_series_that_cannot_be_had_keeps_none_of_the_others_back(home: Any) -> None:
    folder = Path(data(home(*FETCH, "--to", str(BEGIN_MS - 9 * HOUR_MS)))["folder"])
    path = folder / "BTCUSDT-1h-synthetic.parquet"
    path.write_bytes(path.read_bytes()[:100])
    ran = home("data", "fetch", "--symbols", "BTCUSDT,ETHUSDT")
    assert (ran.code, ran.document["data"]["complete"]) == (2, False)
    assert "BTCUSDT" in ran.document["error"]["message"]
    added = {row["symbol"]: row["added"] for row in ran.document["data"]["series"]}
    assert added == {"BTCUSDT": 0, "ETHUSDT": 30}


def test_what_was_stored_before_the_venue_fell_silent_is_told(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = iter(range(9))
    fetch = WeexV3.fetch_candles

    def falls_silent(self: WeexV3, *args: Any, **more: Any) -> Any:
        if next(asked) == 2:
            raise UnavailableError("the exchange did not answer; nothing changed", hint="try again later")
        return fetch(self, *args, **more)

    monkeypatch.setattr(WeexV3, "fetch_candles", falls_silent)
    ran = home(*FETCH)
    (row,) = ran.document["data"]["series"]
    assert (ran.code, row["added"], ran.document["data"]["complete"]) == (4, 14, False)
    monkeypatch.undo()
    assert data(home(*FETCH))["complete"]


def test_candles_of_a_simulator_at_an_address_are_synthetic_too(home: Any) -> None:
    count = HISTORY_CANDLES + 1
    simulator = Simulator(generate_market(5, symbols=["BTCUSDT"], count=count), seed=5, start_ms=BEGIN_MS)
    with SimulatorServer(simulator) as server:
        ran = home(*FETCH, "--venue", "paper", WEEX_API_BASE=server.url)
    (row,) = data(ran)["series"]
    assert (row["synthetic"], row["source"]) == (True, server.url)
    assert {notice["code"] for notice in ran.document["warnings"]} == {"SYNTHETIC"}


def test_an_exchange_that_cannot_be_reached_leaves_the_store_alone(home: Any) -> None:
    ran = home(*FETCH, "--venue", "paper", "--timeout", "0.2", WEEX_API_BASE="http://127.0.0.1:9")
    assert ran.code == 4
    assert not (home.data / "candles").exists()


def test_funding_comes_with_the_candles_and_is_not_fetched_twice(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_fetch, "_FUNDING_PAGE_MS", 11 * HOUR_MS)
    (row,) = data(home(*FETCH))["series"]
    market = generate_market(7, symbols=["BTCUSDT"], count=HISTORY_CANDLES + 1)
    made = generate_funding(7, market)["BTCUSDT"]
    due = [t for t in made.time_ms.tolist() if BEGIN_MS - 30 * HOUR_MS <= t <= BEGIN_MS]
    assert (row["funding"], row["funding_added"]) == (len(due), len(due)) != (0, 0)
    (stored,) = load_funding([data(home("data", "list"))["folder"] + "/synthetic"]).values()
    assert stored.time_ms.tolist() == due
    (listed,) = data(home("data", "list"))["funding"]
    assert (listed["symbol"], listed["settlements"], listed["synthetic"]) == ("BTCUSDT", len(due), True)
    (longer,) = data(home(*FETCH, "--from", str(BEGIN_MS - 60 * HOUR_MS)))["series"]
    assert longer["funding"] == longer["funding_added"] + len(due) > len(due)
    files = {found["file"]: found["ok"] for found in data(home("data", "verify"))["files"]}
    assert files["synthetic/BTCUSDT-funding.parquet"] is True


def test_a_damaged_funding_file_is_found(home: Any) -> None:
    folder = Path(data(home(*FETCH))["folder"])
    path = folder / "BTCUSDT-funding.parquet"
    path.write_bytes(path.read_bytes()[:100])
    ran = home("data", "verify")
    assert (ran.code, ran.document["data"]["faults"]) == (6, 1)
    assert "BTCUSDT-funding" in ran.document["error"]["message"]


def test_fetched_candles_and_funding_carry_a_run(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_fetch, "_PAGE", 1_000)
    folder = data(home(*FETCH, "--from", str(BEGIN_MS - 4_000 * HOUR_MS)))["folder"]
    since = str(BEGIN_MS - 10 * HOUR_MS)
    ran = home("trade", "--data", folder, "--symbols", "BTCUSDT", "--from", since, "--steps", "5")
    assert ran.code == 0, ran.out
    assert not [line for line in ran.document["data"]["not_modelled"] if "funding" in line]
