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


OVER = ("--symbols", "BTCUSDT", "--data")
SPACE = ("--set", "limits.daily_loss=0.01..0.02")
COMMANDS = [("trade", *OVER), ("backtest", "run", *OVER), ("data", "import")]
RESEARCH = [("backtest", "ablate", *OVER), ("backtest", "sweep", *SPACE, *OVER)]


@pytest.mark.parametrize(
    ("case", "command"),
    [(case, command) for case in CASES for command in COMMANDS] + [("gapped", command) for command in RESEARCH],
    ids=lambda value: value if isinstance(value, str) else " ".join(value[:2]),
)
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
    assert "Traceback" not in ran.err
    assert [path for path in home.data.rglob("*") if path.is_file()] == []


@pytest.fixture(scope="module")
def long_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """More than a year of hours, which is what a first decision needs."""
    return str(write(tmp_path_factory.mktemp("long") / "BTCUSDT-1h.csv", rows(market(count=12_000))))


@pytest.mark.parametrize(
    "command", [("trade",), ("backtest", "run"), ("backtest", "ablate"), ("backtest", "sweep", *SPACE)], ids=" ".join
)
@pytest.mark.parametrize(
    ("period", "told"),
    [
        (("--from", "2031-01-01"), "is outside the candles (2024-01-01 01:00 UTC to "),
        (("--from", "2020-01-01", "--to", "2020-02-01"), "is outside the candles (2024-01-01 01:00 UTC to "),
        (("--to", "2020-01-01"), "there is no candle to decide on between 2025-03-31 01:00 UTC and 2020-01-01"),
    ],
)
def test_a_period_without_candles_is_told_with_the_one_that_has_them(
    home: Any, long_file: str, command: tuple[str, ...], period: tuple[str, ...], told: str
) -> None:
    ran = home(*command, *OVER, long_file, *period)
    error = ran.document["error"]
    assert ran.code == 2
    assert told in error["message"]
    assert error["message"].endswith("nothing was done")
    assert error["suggestion"]


@pytest.mark.parametrize(
    ("kept", "period", "told", "way_out"),
    [
        (slice(0, 200), (), "end at 2024-01-09 08:00 UTC, before the last decision", "--to 2024-01-09T08:00"),
        (slice(150, 300), ("--from", "2024-01-05"), "begin at 2024-01-07 06:00 UTC, after", "--from 2024-01-07T06:00"),
    ],
)
@pytest.mark.parametrize("command", [("trade",), ("backtest", "run")], ids=" ".join)
def test_a_file_that_does_not_reach_as_far_as_the_others_is_told_with_the_way_out(
    home: Any, tmp_path: Path, command: tuple[str, ...], kept: slice, period: tuple[str, ...], told: str, way_out: str
) -> None:
    write(tmp_path / "BTCUSDT-1h.csv", rows(market()))
    write(tmp_path / "ETHUSDT-1h.csv", rows(market())[kept])
    argv = (*command, "--symbols", "BTCUSDT,ETHUSDT", "--data", str(tmp_path), *(period or ("--from", "2024-01-03")))
    error = home(*argv).document["error"]
    assert error["code"] == "UNEVEN_CANDLES"
    assert f"the candles of ETHUSDT {told}" in error["message"]
    assert "--symbols BTCUSDT)" in error["suggestion"]
    assert way_out in error["suggestion"]
    assert home.journals == []
    assert home(*argv, *way_out.split()).code == 0


def test_a_run_that_had_too_little_to_fit_on_says_so(home: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "BTCUSDT-1h.csv", rows(market()))
    ran = home("backtest", "run", *OVER, str(path), "--from", "2024-01-05")
    (notice,) = ran.document["warnings"]
    assert (ran.code, notice["code"]) == (0, "NOT_FITTED")
    assert "no regime of BTCUSDT at any close" in notice["message"]


def test_the_funding_of_a_symbol_without_candles_is_refused(home: Any, tmp_path: Path, long_file: str) -> None:
    stray = tmp_path / "ETHUSDT-funding.csv"
    stray.write_text("open_time_ms,funding_rate\n1704067200000,0.0001\n")
    ran = home("backtest", "run", *OVER, long_file, "--data", str(stray))
    assert (ran.code, ran.document["error"]["type"]) == (2, "usage")
    told = f"{stray} holds the funding of ETHUSDT, and nothing here holds its candles; nothing was read"
    assert ran.document["error"]["message"] == told


def test_funding_that_ends_within_the_run_is_listed_as_not_modelled(home: Any, tmp_path: Path, long_file: str) -> None:
    (tmp_path / "BTCUSDT-funding.csv").write_text("open_time_ms,funding_rate\n1704412800000,0.0001\n")
    few = ("--from", "2024-01-05", "--steps", "10")
    for command in (("trade",), ("backtest", "run")):
        ran = home(*command, *OVER, long_file, "--data", str(tmp_path / "BTCUSDT-funding.csv"), *few)
        told = "funding of BTCUSDT from 2024-01-05T00:00:00Z to 2024-01-05T09:00:00Z (none in its file)"
        assert told in ran.document["data"]["not_modelled"]


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


def test_a_stored_file_that_is_gone_is_found_by_verify(home: Any, tmp_path: Path) -> None:
    home("data", "import", str(write(tmp_path / "BTCUSDT-1h.csv", rows(market()))))
    path = home.data / "candles" / "BTCUSDT-1h.parquet"
    path.unlink()
    ran = home("data", "verify")
    assert (ran.code, ran.document["error"]["code"]) == (6, "STORE_FAULT")
    assert f"{path}: it is gone, and only its manifest is left" in ran.document["error"]["message"]
    assert home("data", "list").document["data"]["unlisted"] == [
        "BTCUSDT-1h.parquet: it is gone, and only its manifest is left"
    ]


@pytest.mark.parametrize(
    ("harm", "told", "advice"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-100]), "is cut off, damaged", "with --replace"),
        (lambda path: path.with_suffix(".json").unlink(), "no candles shorter than 1h", "`weexctl data verify` says"),
    ],
    ids=["cut off", "without manifest"],
)
def test_what_cannot_be_resampled_is_told_with_the_way_out(
    home: Any, tmp_path: Path, harm: Callable[[Path], Any], told: str, advice: str
) -> None:
    home("data", "import", str(write(tmp_path / "BTCUSDT-15m.csv", rows(market(Timeframe.M15)))))
    harm(home.data / "candles" / "BTCUSDT-15m.parquet")
    ran = home("data", "resample", "1h")
    assert ran.code == 2
    assert told in ran.document["error"]["message"]
    assert advice in ran.document["error"]["suggestion"]
    assert not list(home.data.rglob("BTCUSDT-1h.*"))


def test_a_table_with_an_index_beside_its_columns_says_so(home: Any, tmp_path: Path) -> None:
    import pandas as pd

    path = write_candles(market(), tmp_path / "BTCUSDT-1h.parquet")
    pd.read_parquet(path).iloc[[0, 1, 3]].to_parquet(path)
    error = home("data", "import", str(path)).document["error"]
    assert f"the columns are {HEADER} and an index" in error["message"]
    assert "with no index" in error["suggestion"]
