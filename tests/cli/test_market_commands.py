"""`weexctl market`: what the venue shows, and of which market it is."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from weexctl.journal.journal import Journal
from weexctl.journal.rows import RunRecord
from weexctl.market.dataset import dataset_digest
from weexctl.market.writing import write_candles
from weexctl.model.candle import Candles
from weexctl.model.instrument import SYMBOLS
from weexctl.run.schedule import HISTORY_CANDLES
from weexctl.simulator.generator import MARKET_START_MS, generate_funding, generate_market
from weexctl.simulator.simulator import Simulator
from weexctl.trader.trader import VENUE_STATE

HOUR_MS = 3_600_000
BEGIN_MS = MARKET_START_MS + (HISTORY_CANDLES + 1) * HOUR_MS
"""Where `trade` makes its first decision."""


def data(ran: Any) -> Any:
    assert ran.code == 0, ran.out
    return ran.document["data"]


def put_on_record(home: Any, *, seed: int | None, source: str, steps: int, to_ms: int, clock_ms: int | None) -> None:
    """A run as `trade` leaves it, without making one."""
    path = home.data / "accounts" / "sim" / "sim" / "journal.sqlite"
    with Journal.open(path, venue="sim", account="sim") as journal:
        journal.runs.add(
            RunRecord(
                run_id="r1",
                started_ms=to_ms,
                venue="sim",
                profile="safe",
                profile_digest="d",
                profile_json="{}",
                source=source,
                symbols=("BTCUSDT",),
                timeframe="1h",
                seed=seed,
                from_ms=to_ms - steps * HOUR_MS,
                to_ms=to_ms,
                steps=steps,
            )
        )
        if clock_ms is not None:
            journal.state.put(VENUE_STATE, {"now_ms": clock_ms})


def test_before_any_run_it_is_the_market_where_a_run_would_begin(home: Any) -> None:
    ran = home("market", "candles", "BTCUSDT", "--count", "3")
    assert (ran.document["venue"], data(ran)["source"], data(ran)["synthetic"]) == ("sim", "seed:7:1h", True)
    expected = generate_market(7, symbols=["BTCUSDT"], count=HISTORY_CANDLES + 1)["BTCUSDT"]
    assert data(ran)["to_ms"] == BEGIN_MS == expected.last_close_ms
    assert [float(row["close"]) for row in data(ran)["candles"]] == expected.close[-3:].tolist()
    assert {notice["code"] for notice in ran.document["warnings"]} == {"SYNTHETIC"}


def test_money_is_text(home: Any) -> None:
    (row,) = data(home("market", "candles", "BTCUSDT", "--count", "1"))["candles"]
    assert {type(row[name]) for name in ("open", "high", "low", "close", "volume")} == {str}
    assert type(row["open_time_ms"]) is int


def test_with_a_run_on_record_it_is_the_market_where_that_run_stands(home: Any) -> None:
    put_on_record(home, seed=11, source="seed:11:1h", steps=5, to_ms=BEGIN_MS + 4 * HOUR_MS, clock_ms=BEGIN_MS)
    found = data(home("market", "candles", "ETHUSDT", "--count", "2"))
    expected = generate_market(11, symbols=["ETHUSDT"], count=HISTORY_CANDLES + 5)["ETHUSDT"]
    assert (found["source"], found["to_ms"]) == ("seed:11:1h", BEGIN_MS + 4 * HOUR_MS)
    assert [float(row["close"]) for row in found["candles"]] == expected.close[-2:].tolist()


def test_a_clock_that_requests_have_moved_on_counts(home: Any) -> None:
    put_on_record(home, seed=7, source="seed:7:1h", steps=1, to_ms=BEGIN_MS, clock_ms=BEGIN_MS + 5_000)
    assert data(home("market", "ticker", "BTCUSDT"))["time_ms"] > BEGIN_MS + 5_000


def test_looking_changes_nothing(home: Any) -> None:
    put_on_record(home, seed=7, source="seed:7:1h", steps=1, to_ms=BEGIN_MS, clock_ms=BEGIN_MS + 40)
    (path,) = home.journals
    before = path.read_bytes()
    first = data(home("market", "ticker", "BTCUSDT"))
    assert data(home("market", "ticker", "BTCUSDT")) == first
    assert path.read_bytes() == before


def test_a_run_on_files_needs_its_files(home: Any, tmp_path: Path) -> None:
    candles: Candles = replace(generate_market(5, symbols=["BTCUSDT"], count=60)["BTCUSDT"], synthetic=False)
    path = write_candles(candles, tmp_path / "BTCUSDT-1h.csv")
    source, to_ms = dataset_digest({"BTCUSDT": candles}), candles.first_ms + 50 * HOUR_MS
    put_on_record(home, seed=None, source=source, steps=2, to_ms=to_ms, clock_ms=None)
    missing = home("market", "candles", "BTCUSDT")
    assert (missing.code, missing.document["error"]["code"]) == (2, "NO_CANDLES")

    ran = home("market", "candles", "BTCUSDT", "--count", "1", "--data", str(path))
    assert (data(ran)["to_ms"], data(ran)["synthetic"]) == (to_ms, False)
    assert [float(row["close"]) for row in data(ran)["candles"]] == [candles.close[49]]
    assert {notice["code"] for notice in ran.document["warnings"]} == {"SIMULATED_BOOK"}

    write_candles(candles.rows(0, 59), path)
    other = home("market", "candles", "BTCUSDT", "--data", str(path))
    assert (other.code, other.document["error"]["code"]) == (2, "ANOTHER_RUN")


@pytest.mark.parametrize("run", [True, False], ids=["synthetic run", "no run"])
def test_data_is_refused_where_no_run_was_made_on_files(home: Any, run: bool) -> None:
    if run:
        put_on_record(home, seed=7, source="seed:7:1h", steps=1, to_ms=BEGIN_MS, clock_ms=None)
    assert home("market", "ticker", "--data", "x.csv").code == 2


def test_all_symbols_are_shown_and_one_has_its_best_prices(home: Any) -> None:
    rows = data(home("market", "ticker"))["tickers"]
    assert [row["symbol"] for row in rows] == list(SYMBOLS)
    (row,) = data(home("market", "ticker", "cmt_ethusdt"))["tickers"]
    assert float(row["bid"]) < float(row["last"]) < float(row["ask"])
    assert {**rows[1], **{name: row[name] for name in ("bid", "ask", "time_ms")}} == row


def test_the_book_is_as_deep_as_asked_for_and_best_first(home: Any) -> None:
    book = data(home("market", "depth", "BTCUSDT", "--levels", "20"))
    bids, asks = ([float(level["price"]) for level in book[side]] for side in ("bids", "asks"))
    assert len(bids) == len(asks) == 20
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    assert book["spread_bps"] == pytest.approx(1e4 * (asks[0] - bids[0]) / ((asks[0] + bids[0]) / 2))


def test_funding_is_that_of_the_market(home: Any) -> None:
    found = data(home("market", "funding", "BTCUSDT", "--days", "2"))
    market = generate_market(7, symbols=["BTCUSDT"], count=HISTORY_CANDLES + 2)
    history = generate_funding(7, market)["BTCUSDT"]
    known = {int(t): round(float(r), 8) for t, r in zip(history.time_ms, history.rate, strict=True)}
    rows = {row["settled_ms"]: float(row["rate"]) for row in found["settlements"]}
    expected = {t: r for t, r in known.items() if BEGIN_MS - 2 * 24 * HOUR_MS < t <= BEGIN_MS}
    assert rows == pytest.approx(expected)
    assert float(found["paid_by_long"]) == pytest.approx(sum(expected.values()))
    assert found["forecast_per_year"] == pytest.approx(float(found["forecast_rate"]) * 3 * 365)


def test_the_rules_of_a_contract_are_shown(home: Any) -> None:
    rows = data(home("market", "contracts"))["contracts"]
    assert [row["symbol"] for row in rows] == list(SYMBOLS)
    (row,) = data(home("market", "contracts", "BTCUSDT"))["contracts"]
    assert row == rows[0]
    assert float(row["quantity_step"]) <= float(row["min_quantity"])


@pytest.mark.parametrize(
    "argv",
    [("depth", "BTCUSD"), ("depth", "BTCUSDT", "--levels", "201"), ("candles", "BTCUSDT", "--timeframe", "2h")],
    ids=["symbol", "levels", "timeframe"],
)
def test_a_wrong_word_is_a_usage_error_with_a_hint(home: Any, argv: tuple[str, ...]) -> None:
    ran = home("market", *argv)
    assert (ran.code, ran.document["error"]["type"]) == (2, "usage")
    assert ran.document["error"]["suggestion"]


@pytest.mark.parametrize("word", ["ticker", "depth", "candles", "funding", "contracts"])
def test_people_get_a_table_of_the_symbol(home: Any, word: str) -> None:
    ran = home("market", word, "BTCUSDT", "-o", "table")
    assert ran.code == 0
    assert "BTCUSDT" in ran.out


@pytest.fixture
def exchange() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """The address of an exchange on this machine, and the headers of each request it got."""
    simulator = Simulator(generate_market(2, symbols=["BTCUSDT"], count=50), seed=2, start_ms=MARKET_START_MS + HOUR_MS)
    seen: list[dict[str, str]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(dict(self.headers.items()))
            answer = simulator.handle(httpx.Request("GET", f"https://sim{self.path}"))
            self.send_response(answer.status_code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's own name
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", seen
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("venue", ["paper", "demo", "live"])
def test_the_exchange_s_market_needs_no_key_and_gets_none(
    home: Any, exchange: tuple[str, list[dict[str, str]]], venue: str
) -> None:
    address, seen = exchange
    keys = {"WEEX_API_KEY": "key-of-mine", "WEEX_API_SECRET": "secret-of-mine", "WEEX_API_PASSPHRASE": "word-of-mine"}
    ran = home("market", "depth", "BTCUSDT", "--venue", venue, WEEX_API_BASE=address, **keys)
    assert (ran.document["venue"], data(ran)["source"], data(ran)["synthetic"]) == (venue, address, True)
    [warning] = ran.document["warnings"]
    assert warning["code"] == "SYNTHETIC"  # an address of this machine is a simulator, whatever the venue is called
    assert address in warning["message"]
    assert seen
    assert not any("key-of-mine" in str(headers) for headers in seen)
    assert home.journals == []


def test_an_exchange_that_cannot_be_reached_is_a_network_failure(home: Any) -> None:
    ran = home("market", "ticker", "--venue", "paper", "--timeout", "0.2", WEEX_API_BASE="http://127.0.0.1:9")
    assert (ran.code, ran.document["error"]["order_state"]) == (4, "not_sent")
