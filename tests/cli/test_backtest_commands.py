"""Backtests from outside: the run of `trade` without its journal, and a recorded run made again."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Home
from tests.cli.sweep_line import a_profile
from weexctl.market.resampling import resampled
from weexctl.market.writing import candle_file_name, write_candles
from weexctl.model.candle import Timeframe
from weexctl.run.schedule import HISTORY_CANDLES
from weexctl.simulator.generator import generate_market

SPAN = ("--symbols", "BTCUSDT,SOLUSDT", "--steps", "120")
PROFILE = ("--profile", "balanced")


@pytest.fixture
def traded(home: Home) -> Home:
    """A home with a short run at sim."""
    assert home("trade", *PROFILE, *SPAN, "-o", "json").code == 0
    return home


def test_a_backtest_is_what_trade_makes_of_the_same_candles(home: Home) -> None:
    traded = home("trade", *PROFILE, *SPAN, "-o", "json").document["data"]
    tried = home("backtest", "run", *PROFILE, *SPAN, "--workers", "1", "-o", "json").document["data"]

    for name in ("from_ms", "to_ms", "steps", "equity", "pnl", "max_drawdown", "refusals", "not_modelled"):
        assert tried[name] == traded[name], name
    assert [plain(order) for order in tried["orders"]] == [plain(order) for order in traded["orders"]]
    assert [without(trade, "trade_id", "closed_ms") for trade in tried["trades"]] == [
        without(trade, "trade_id", "closed_ms") for trade in traded["trades"]
    ]
    assert len(tried["orders"]) > 3
    assert 0 < tried["decided"] <= tried["steps"]
    assert tried["metrics"]["max_drawdown"] == tried["max_drawdown"]
    assert tried["manifest"]["data"] == traded["manifest"]["data"]
    assert tried["exposure"] == pytest.approx(traded["exposure"], rel=1e-9)


@pytest.fixture(scope="module")
def quarters(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """Flags that name hours and the quarters in them."""
    folder = tmp_path_factory.mktemp("quarters")
    fine = generate_market(5, timeframe=Timeframe.M15, count=4 * (HISTORY_CANDLES + 400))["BTCUSDT"]
    for candles in (fine, resampled(fine, Timeframe.H1).candles):
        write_candles(candles, folder / candle_file_name(candles, ".csv.gz"))
    return "--data", str(folder), "--data", f"@15m={folder}"


def test_with_shorter_candles_a_backtest_is_still_what_trade_makes_of_them(
    home: Home, quarters: tuple[str, ...]
) -> None:
    span = (*PROFILE, "--symbols", "BTCUSDT", "-o", "json")
    traded = home("trade", *span, *quarters).document["data"]
    tried = home("backtest", "run", *span, *quarters, "--workers", "1").document["data"]
    coarse = home("backtest", "run", *span, *quarters[:2], "--workers", "1").document["data"]

    assert tried["equity"] == traded["equity"]
    assert [plain(order) for order in tried["orders"]] == [plain(order) for order in traded["orders"]]
    assert any(order["leg"] == "stop" for order in tried["orders"])
    assert tried["manifest"]["detail"] == traded["manifest"]["detail"]
    assert list(tried["manifest"]["detail"]) == ["BTCUSDT"]
    assert tried["manifest"]["source"] != coarse["manifest"]["source"]
    again = home("journal", "replay", *quarters, "--workers", "1", "-o", "json")
    assert (again.code, again.document["data"]["differing"]) == (0, 0)
    other = home("journal", "replay", *quarters[:2], "-o", "json")
    assert (other.code, other.document["error"]["code"]) == (2, "ANOTHER_MARKET")


def test_at_five_minutes_warm_ups_are_long_and_all_of_them_are_there(home: Home, tmp_path: Path) -> None:
    profile = Path(a_profile(tmp_path))
    profile.write_text(profile.read_text() + '[venue]\ntimeframe = "5m"\n')
    span = ("--profile", str(profile), "--symbols", "BTCUSDT", "--steps", "60", "-o", "json")
    traded = home("trade", *span).document["data"]
    tried = home("backtest", "run", *span).document["data"]

    assert tried["equity"] == traded["equity"]
    assert tried["decided"] > 0
    assert all("WARMING_UP" not in body for body in bodies(home))
    again = home("journal", "replay", "--workers", "1", "-o", "json").document["data"]
    assert (again["steps"], again["differing"]) == (60, 0)


def bodies(home: Home) -> list[str]:
    """What the journal says of every close, as it stands there."""
    raw = sqlite3.connect(home.data / "accounts" / "sim" / "sim" / "journal.sqlite")
    rows = [str(row[0]) for row in raw.execute("SELECT body FROM decision")]
    raw.close()
    assert rows
    return rows


def plain(order: dict[str, Any]) -> dict[str, Any]:
    """An order to the hour, without what only a stop that fired is told differently by."""
    names = ("order_id", "symbol", "side", "position_side", "leg", "filled_quantity", "price", "status")
    return {name: order[name] for name in names} | {"hour": order["time_ms"] // 3_600_000}


def without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    """The row without these."""
    return {name: value for name, value in row.items() if name not in names}


def test_several_processes_come_to_the_same(home: Home) -> None:
    span = ("--steps", "40", "--symbols", "BTCUSDT,ETHUSDT,SOLUSDT,XRPUSDT,ADAUSDT,LTCUSDT")
    one = home("backtest", "run", *span, "--workers", "1", "-o", "json").document["data"]
    two = home("backtest", "run", *span, "--workers", "2", "-o", "json").document["data"]

    assert one == two


def test_no_journal_is_written(home: Home) -> None:
    assert home("backtest", "run", "--symbols", "BTCUSDT", "--steps", "5", "--workers", "1").code == 0
    assert home.journals == []
    assert [path.name for path in home.data.iterdir()] == ["backtests"]


@pytest.mark.parametrize(
    "flags",
    [
        ("--seed", "3", "--data", "BTCUSDT=x.csv"),
        ("--from", "2024-01-01"),
        ("--steps", "0"),
        ("--workers", "0"),
        ("--symbols", "NOPEUSDT"),
        ("--data", "BTCUSDT=/nowhere/BTCUSDT-1h.csv", "--symbols", "BTCUSDT"),
        ("--profile", "balancd"),
    ],
)
def test_what_makes_no_sense_is_one_clear_line(flags: tuple[str, ...], home: Home) -> None:
    ran = home("backtest", "run", *flags, "-o", "json")

    assert ran.code == 2
    error = ran.document["error"]
    assert "\n" not in error["message"]
    assert "nothing was" in error["message"] or "did you mean" in error["message"] or error.get("hint")
    assert "Traceback" not in ran.err


def test_a_run_made_again_is_what_was_recorded(traded: Home) -> None:
    ran = traded("journal", "replay", "--workers", "1", "-o", "json")

    assert ran.code == 0
    data = ran.document["data"]
    assert data["differing"] == 0
    assert data["compared"] >= 240
    assert data["differences"] == []


def test_a_record_that_was_changed_differs(traded: Home) -> None:
    journal = traded.data / "accounts" / "sim" / "sim" / "journal.sqlite"
    raw = sqlite3.connect(journal, isolation_level=None)
    changed = raw.execute("UPDATE trade SET net = '123.45' WHERE rowid = 1").rowcount
    raw.close()
    assert changed == 1
    ran = traded("journal", "replay", "--workers", "1", "-o", "json")

    assert ran.code == 6
    assert ran.document["error"]["code"] == "REPLAY_DIFFERS"
    (difference,) = ran.document["data"]["differences"]
    assert (difference["field"], difference["recorded"]) == ("net", '"123.45"')


@pytest.mark.parametrize(
    ("flags", "code"),
    [(("--run", "r0"), "UNKNOWN_ID"), (("--data", "BTCUSDT=x.csv"), None)],
)
def test_a_run_that_cannot_be_made_again_is_told_why(flags: tuple[str, ...], code: str | None, traded: Home) -> None:
    ran = traded("journal", "replay", *flags, "-o", "json")

    assert ran.code == 2
    assert code is None or ran.document["error"]["code"] == code


def test_without_a_run_there_is_nothing_to_make_again(home: Home) -> None:
    assert home("journal", "replay", "-o", "json").code == 3
