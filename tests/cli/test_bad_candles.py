"""Candle files that are wrong: one line says what and where, what was not done, and what to do about it."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from weexctl.market.writing import write_candles
from weexctl.model.candle import Candles, Timeframe
from weexctl.simulator.generator import generate_market

HEADER = "open_time_ms,open,high,low,close,volume"
HOUR_MS = 3_600_000


def market(timeframe: Timeframe = Timeframe.H1, count: int = 300) -> Candles:
    made = generate_market(5, symbols=["BTCUSDT"], timeframe=timeframe, count=count)["BTCUSDT"]
    return Candles(
        "BTCUSDT", made.timeframe, made.open_time_ms, made.open, made.high, made.low, made.close, made.volume
    )


def rows(candles: Candles) -> list[str]:
    columns = (candles.open_time_ms, candles.open, candles.high, candles.low, candles.close, candles.volume)
    return [",".join(str(column[n]) for column in columns) for n in range(len(candles))]


def write(path: Path, lines: list[str]) -> Path:
    text = "\n".join([HEADER, *lines]) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def overlapping(folder: Path) -> None:
    write(folder / "BTCUSDT-1h-2024.csv", rows(market())[:200])
    write(folder / "BTCUSDT-1h-2025.csv", rows(market())[150:])


def unsorted(folder: Path) -> None:
    lines = rows(market())
    write(folder / "BTCUSDT-1h.csv", [*lines[:50], *lines[20:]])


def gapped(folder: Path) -> None:
    lines = rows(market())
    write(folder / "BTCUSDT-1h.csv.gz", [*lines[:50], *lines[53:]])


def shorter_rows_later(folder: Path) -> None:
    hours, quarters = rows(market()), rows(market(Timeframe.M15, count=1300))
    write(folder / "BTCUSDT-1h.csv", [*hours[:250], *quarters[1000:1100]])


def shorter_rows(folder: Path) -> None:
    write(folder / "BTCUSDT-1h.csv", rows(market(Timeframe.M15)))


def cut_off_gzip(folder: Path) -> None:
    path = write(folder / "BTCUSDT-1h.csv.gz", rows(market()))
    path.write_bytes(path.read_bytes()[:-300])


def cut_off_text(folder: Path) -> None:
    path = write(folder / "BTCUSDT-1h.csv", rows(market()))
    text = path.read_text()
    path.write_text(text[: text.rindex(",")])


def cut_off_parquet(folder: Path) -> None:
    path = write_candles(market(), folder / "BTCUSDT-1h.parquet")
    path.write_bytes(path.read_bytes()[:-300])


def empty(folder: Path) -> None:
    (folder / "BTCUSDT-1h.csv").touch()


def without_rows(folder: Path) -> None:
    write(folder / "BTCUSDT-1h.csv", [])


@dataclass(frozen=True)
class Case:
    make: Callable[[Path], None]
    told: str
    """What has to stand in the message."""
    advice: str
    """What has to stand in the hint."""


CASES = {
    "overlapping": Case(overlapping, "2 files hold BTCUSDT 1h", "join them with one `weexctl data import` after the"),
    "unsorted": Case(unsorted, "row 51, 2024-", "fetch the file again"),
    "gapped": Case(gapped, "there is a hole of 3 × 1h before this candle", "--keep-gaps"),
    "mixed timeframes": Case(shorter_rows_later, "no 1h candle opens at this moment", "fetch the file again"),
    "another timeframe": Case(shorter_rows, "these are 15m candles", "choose the timeframe 15m"),
    "cut off gzip": Case(cut_off_gzip, "is cut off or damaged", "copy or fetch the file again"),
    "cut off text": Case(cut_off_text, "row 300, has 5 cells instead of 6", "the file is cut off"),
    "cut off parquet": Case(cut_off_parquet, "is cut off, damaged or no parquet file", "copy or fetch the file again"),
    "empty": Case(empty, "is empty", "fetch the file again"),
    "without rows": Case(without_rows, "there is a header and not one row", "fetch the file again"),
}


@pytest.mark.parametrize("command", [("trade", "--symbols", "BTCUSDT", "--data"), ("data", "import")], ids=" ".join)
@pytest.mark.parametrize("case", CASES)
def test_one_line_says_it_all_and_nothing_is_kept(
    home: Any, tmp_path: Path, case: str, command: tuple[str, ...]
) -> None:
    folder = tmp_path / "candles"
    folder.mkdir()
    CASES[case].make(folder)
    ran = home(*command, str(folder))
    error = ran.document["error"]
    assert (ran.code, error["type"]) == (2, "usage" if case == "overlapping" else "data")
    assert CASES[case].told in error["message"]
    assert all(str(path) in error["message"] for path in folder.iterdir())
    assert "nothing was read" in error["message"]
    assert CASES[case].advice in error["suggestion"]
    assert "\n" not in error["message"] + error["suggestion"]
    assert [path for path in home.data.rglob("*") if path.suffix in (".parquet", ".sqlite")] == []


@pytest.mark.parametrize(
    ("period", "told"),
    [
        (("--from", "2031-01-01"), "is outside the candles (2024-01-01 01:00 UTC to "),
        (("--from", "2020-01-01", "--to", "2020-02-01"), "is outside the candles (2024-01-01 01:00 UTC to "),
        (("--to", "2020-01-01"), "there is no candle to decide on between 2025-03-31 01:00 UTC and 2020-01-01"),
    ],
)
def test_a_period_without_candles_is_told_with_the_one_that_has_them(
    home: Any, tmp_path: Path, period: tuple[str, ...], told: str
) -> None:
    path = write(tmp_path / "BTCUSDT-1h.csv", rows(market(count=12_000)))
    ran = home("trade", "--symbols", "BTCUSDT", "--data", str(path), *period)
    error = ran.document["error"]
    assert ran.code == 2
    assert told in error["message"]
    assert error["message"].endswith("nothing was done")
    assert error["suggestion"]


def test_files_of_two_timeframes_ask_for_one(home: Any, tmp_path: Path) -> None:
    write(tmp_path / "BTCUSDT-1h.csv", rows(market()))
    write(tmp_path / "BTCUSDT-15m.csv", rows(market(Timeframe.M15)))
    error = home("data", "import", str(tmp_path)).document["error"]
    assert "the files hold candles of 15m, 1h; nothing was read" in error["message"]
    assert home("data", "import", str(tmp_path), "--timeframe", "15m").code == 0


def test_shorter_candles_than_the_profile_wants_come_with_the_way_to_make_longer_ones(
    home: Any, tmp_path: Path
) -> None:
    path = write(tmp_path / "BTCUSDT-15m.csv", rows(market(Timeframe.M15)))
    error = home("trade", "--symbols", "BTCUSDT", "--data", str(path)).document["error"]
    assert "no 1h candles" in error["message"]
    assert "weexctl data resample 1h" in error["suggestion"]


def test_candles_that_contradict_the_store_are_told_with_both_values_and_the_row(home: Any, tmp_path: Path) -> None:
    lines = rows(market())
    home("data", "import", str(write(tmp_path / "BTCUSDT-1h-a.csv", lines[:200])))
    cells = lines[160].split(",")
    lines[160] = ",".join([*cells[:5], "77.5"])
    ran = home("data", "import", str(write(tmp_path / "BTCUSDT-1h-b.csv", lines[150:])))
    error = ran.document["error"]
    assert (ran.code, error["code"]) == (2, "CONTRADICTION")
    told = f"is {float(cells[5])} in the store and 77.5 in file BTCUSDT-1h-b.csv, row 11; nothing was joined"
    assert error["message"].endswith(told)
    (row,) = home("data", "list").document["data"]["series"]
    assert row["candles"] == 200


@pytest.mark.parametrize("kept", [0, 100, -100])
def test_a_stored_file_that_is_cut_off_is_found_by_verify(home: Any, tmp_path: Path, kept: int) -> None:
    home("data", "import", str(write(tmp_path / "BTCUSDT-1h.csv", rows(market()))))
    path = home.data / "candles" / "BTCUSDT-1h.parquet"
    path.write_bytes(path.read_bytes()[:kept])
    ran = home("data", "verify")
    assert (ran.code, ran.document["error"]["code"]) == (6, "STORE_FAULT")
    assert str(path) in ran.document["error"]["message"]
    assert "--replace" in ran.document["error"]["suggestion"]
