"""Which file is chosen for which symbol."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from weexctl.errors import UsageError
from weexctl.market import find_candle_files, find_funding_files
from weexctl.model.candle import Timeframe

if TYPE_CHECKING:
    from tests.unit.market.conftest import WriteRows


def chosen(
    *paths: str | Path, symbols: list[str] | None = None, timeframe: Timeframe | None = Timeframe.H1
) -> list[str]:
    return [file.path.name for file in find_candle_files(paths, symbols=symbols, timeframe=timeframe).values()]


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_a_folder_gives_its_files_of_the_wanted_timeframe_in_the_order_of_the_symbols(tmp_path: Path) -> None:
    touch(tmp_path, "SOLUSDT-1h.csv", "BTCUSDT-1h.csv.gz", "BTCUSDT-5m.csv", "ETHUSDT-1h.parquet", "README.md")
    touch(tmp_path, "WEEX-flow-2026-01.csv.gz", "DOTUSDT-1h.csv", "BTCUSDT-funding.csv.gz", "BTCUSDT-1h.txt")
    assert chosen(tmp_path) == ["BTCUSDT-1h.csv.gz", "ETHUSDT-1h.parquet", "SOLUSDT-1h.csv"]
    assert chosen(tmp_path, timeframe=Timeframe.M5) == ["BTCUSDT-5m.csv"]
    assert chosen(tmp_path, symbols=["cmt_ethusdt"]) == ["ETHUSDT-1h.parquet"]


def test_the_name_says_symbol_timeframe_and_tags(tmp_path: Path) -> None:
    touch(tmp_path, "cmt_btcusdt-15m-spot-2021crash.csv.gz")
    file = find_candle_files([tmp_path])["BTCUSDT"]
    assert (file.symbol, file.timeframe, file.tags) == ("BTCUSDT", Timeframe.M15, frozenset(("spot", "2021crash")))
    assert file.spot
    assert not file.synthetic


def test_futures_come_before_spot_whatever_the_order(tmp_path: Path) -> None:
    touch(tmp_path, "BTCUSDT-1h-spot.csv.gz", "BTCUSDT-1h.csv.gz", "ETHUSDT-1h-spot.csv.gz")
    assert chosen(tmp_path) == ["BTCUSDT-1h.csv.gz", "ETHUSDT-1h-spot.csv.gz"]
    assert chosen(tmp_path / "BTCUSDT-1h-spot.csv.gz", tmp_path / "BTCUSDT-1h.csv.gz") == ["BTCUSDT-1h.csv.gz"]


def test_two_equally_good_files_are_both_named_with_the_way_to_choose(tmp_path: Path) -> None:
    touch(tmp_path, "BTCUSDT-5m-2022H2.csv.gz", "BTCUSDT-5m-2023.csv.gz")
    with pytest.raises(UsageError, match=r"2022H2\.csv\.gz and .*2023\.csv\.gz") as caught:
        chosen(tmp_path, timeframe=Timeframe.M5)
    assert f"BTCUSDT={tmp_path}/BTCUSDT-5m-2022H2.csv.gz" in caught.value.hint
    assert "`weexctl data import`" in caught.value.hint
    assert caught.value.exit_code == 2
    assert chosen(f"BTCUSDT={tmp_path}/BTCUSDT-5m-2023.csv.gz", tmp_path, timeframe=Timeframe.M5) == [
        "BTCUSDT-5m-2023.csv.gz"
    ]


def test_the_more_a_person_said_the_more_it_counts(tmp_path: Path) -> None:
    touch(tmp_path, "BTCUSDT-1h.csv", "other/BTCUSDT-1h-2020.csv", "mine.csv")
    assert chosen(tmp_path, tmp_path / "other/BTCUSDT-1h-2020.csv") == ["BTCUSDT-1h-2020.csv"]
    assert chosen(tmp_path, tmp_path / "other/BTCUSDT-1h-2020.csv", f"btcusdt={tmp_path}/mine.csv") == ["mine.csv"]


def test_the_same_file_named_twice_is_one_file(tmp_path: Path) -> None:
    path = touch(tmp_path, "BTCUSDT-1h.csv") / "BTCUSDT-1h.csv"
    assert chosen(path, path, f"{tmp_path}/../{tmp_path.name}/BTCUSDT-1h.csv") == ["BTCUSDT-1h.csv"]


def test_an_assignment_may_name_a_folder(tmp_path: Path) -> None:
    touch(tmp_path, "BTCUSDT-1h.csv", "ETHUSDT-1h.csv")
    assert chosen(f"ETHUSDT={tmp_path}") == ["ETHUSDT-1h.csv"]


def test_a_path_with_an_equals_sign_is_still_a_path(tmp_path: Path) -> None:
    touch(tmp_path, "year=2023/BTCUSDT-1h.csv")
    assert chosen(tmp_path / "year=2023") == ["BTCUSDT-1h.csv"]
    assert chosen(f"BTCUSDT={tmp_path}/year=2023/BTCUSDT-1h.csv") == ["BTCUSDT-1h.csv"]


def test_shorter_candles_than_wanted_are_named_with_the_way_to_make_longer_ones(tmp_path: Path) -> None:
    touch(tmp_path, "BTCUSDT-5m.csv", "BTCUSDT-1w.csv")
    with pytest.raises(UsageError, match="no 1h candles") as caught:
        chosen(tmp_path)
    assert "candles of 5m, 1w" in caught.value.hint
    assert "weexctl data resample 1h" in caught.value.hint


def test_several_timeframes_without_a_wish_are_refused(tmp_path: Path) -> None:
    touch(tmp_path, "BTCUSDT-1h.csv", "BTCUSDT-5m.csv")
    with pytest.raises(UsageError, match="5m, 1h"):
        chosen(tmp_path, timeframe=None)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("missing.csv", "no file or folder"),
        ("BTCUSDT=missing.csv", "no file or folder"),
        ("DOGUSDT=notes.csv", "unknown symbol 'DOGUSDT'"),
        ("notes.csv", "does not say which candles"),
        ("DOTUSDT-1h.csv", "does not say which candles"),
        ("BTCUSDT=notes.txt", "no candle file weexctl can read"),
        ("BTCUSDT-5m.csv", "no 1h candles in"),
        ("empty", "no 1h candles in"),
    ],
)
def test_a_path_that_does_not_help_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, message: str
) -> None:
    touch(tmp_path, "notes.csv", "notes.txt", "DOTUSDT-1h.csv", "BTCUSDT-5m.csv", "empty/readme")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=message) as caught:
        chosen(path)
    assert caught.value.hint


def test_funding_is_found_beside_the_candles(write_rows: WriteRows, tmp_path: Path) -> None:
    touch(tmp_path, "BTCUSDT-1h.csv", "BTCUSDT-funding.csv.gz", "ETHUSDT-funding.parquet", "DOTUSDT-funding.csv")

    def found(*paths: str | Path, symbols: list[str] | None = None) -> dict[str, str]:
        return {symbol: path.name for symbol, path in find_funding_files(paths, symbols=symbols).items()}

    both = {"BTCUSDT": "BTCUSDT-funding.csv.gz", "ETHUSDT": "ETHUSDT-funding.parquet"}
    assert found(tmp_path) == both
    assert found(tmp_path / "BTCUSDT-1h.csv") == both
    assert found(f"BTCUSDT={tmp_path}/BTCUSDT-1h.csv", symbols=["BTCUSDT"]) == {"BTCUSDT": "BTCUSDT-funding.csv.gz"}
    assert found() == {}


def test_funding_that_is_named_comes_before_funding_that_lies_about(tmp_path: Path) -> None:
    touch(tmp_path, "BTCUSDT-funding.csv", "b/BTCUSDT-funding.csv")
    with pytest.raises(UsageError, match="2 files hold the funding of BTCUSDT"):
        find_funding_files([tmp_path, tmp_path / "b"])
    named = tmp_path / "b" / "BTCUSDT-funding.csv"
    assert find_funding_files([tmp_path, named]) == {"BTCUSDT": named.resolve()}


def test_a_funding_file_among_the_paths_is_no_candle_file(tmp_path: Path) -> None:
    touch(tmp_path, "BTCUSDT-1h.csv", "BTCUSDT-funding.csv")
    assert chosen(tmp_path / "BTCUSDT-1h.csv", tmp_path / "BTCUSDT-funding.csv") == ["BTCUSDT-1h.csv"]
