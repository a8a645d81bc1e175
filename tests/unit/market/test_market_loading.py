"""Reading candles and funding, and refusing what is wrong with them."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from weexctl.errors import ConfigError, DataError, UsageError
from weexctl.market import candle_file_name, load_candles, load_funding, write_candles
from weexctl.market.gaps import Gaps, gaps_of
from weexctl.model.candle import Candles, Timeframe

if TYPE_CHECKING:
    from tests.unit.market.conftest import WriteRows

START_MS = 1_672_531_200_000
HOUR_MS = 3_600_000


def lines(count: int = 5, *, start_ms: int = START_MS, step_ms: int = HOUR_MS) -> list[str]:
    return [f"{start_ms + n * step_ms},{100 + n},{102.5 + n},{98.75 + n},{101 + n},{10 + n}" for n in range(count)]


def changed(row: int, column: int, value: str) -> list[str]:
    """Good rows but for one cell; rows and columns count from 0."""
    rows = [line.split(",") for line in lines()]
    rows[row][column] = value
    return [",".join(cells) for cells in rows]


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_good_rows_come_back_as_candles(write_rows: WriteRows, suffix: str) -> None:
    path = write_rows(f"BTCUSDT-1h{suffix}")
    candles = load_candles([path], timeframe=Timeframe.H1)["BTCUSDT"]
    assert (candles.symbol, candles.timeframe, candles.synthetic) == ("BTCUSDT", Timeframe.H1, False)
    assert candles.open_time_ms.tolist() == [START_MS + n * HOUR_MS for n in range(5)]
    assert candles.open_time_ms.dtype == np.int64
    assert candles.low.tolist() == [98.75, 99.75, 100.75, 101.75, 102.75]
    assert candles.volume.tolist() == [10.0, 11.0, 12.0, 13.0, 14.0]
    assert not candles.close.flags.writeable


def test_numbers_are_read_to_the_last_bit(write_rows: WriteRows) -> None:
    price = "0.30000000000000004"
    rows = [f"{START_MS},{price},123456.78901234567,1.7976e-300,{price},9007199254740993.5"]
    candles = load_candles([write_rows("BTCUSDT-1h.csv", rows)])["BTCUSDT"]
    read = [candles.open[0], candles.high[0], candles.low[0], candles.volume[0]]
    assert [value.hex() for value in map(float, read)] == [
        float(text).hex() for text in (price, "123456.78901234567", "1.7976e-300", "9007199254740993.5")
    ]


def test_the_timeframe_comes_from_the_rows_when_nobody_says_it(write_rows: WriteRows) -> None:
    path = write_rows("mine.csv", lines(step_ms=900_000))
    assert load_candles([f"ETHUSDT={path}"])["ETHUSDT"].timeframe is Timeframe.M15


def test_weeks_begin_on_monday(write_rows: WriteRows) -> None:
    monday, thursday = START_MS + 24 * HOUR_MS, START_MS + 4 * 24 * HOUR_MS
    good = write_rows("BTCUSDT-1w.csv", lines(start_ms=monday, step_ms=7 * 24 * HOUR_MS))
    bad = write_rows("ETHUSDT-1w.csv", lines(start_ms=thursday, step_ms=7 * 24 * HOUR_MS))
    assert len(load_candles([good])["BTCUSDT"]) == 5
    with pytest.raises(DataError, match="no 1w candle opens"):
        load_candles([bad])


def test_a_candle_at_which_nothing_was_traded_is_good(write_rows: WriteRows) -> None:
    path = write_rows("BTCUSDT-1h.csv", [f"{START_MS},5,5,5,5,0"])
    assert load_candles([path])["BTCUSDT"].volume.tolist() == [0.0]


BAD_ROWS = {
    "unsorted": ([*lines(3), lines(2)[1]], "row 4, 2023-01-01T01:00:00Z: earlier than the row before"),
    "duplicated": ([*lines(3), lines(3)[2]], "row 4, 2023-01-01T02:00:00Z: this time is there twice"),
    "gapped": (
        [*lines(3), *lines(8)[5:]],
        "row 4, 2023-01-01T05:00:00Z: there is a hole of 2 × 1h before this candle, after 2023-01-01T02:00:00Z",
    ),
    "off-grid": (lines(start_ms=START_MS + 60_000), "row 1, 2023-01-01T00:01:00Z: no 1h candle opens"),
    "wrong-timeframe": (lines(step_ms=900_000), "these are 15m candles .* not 1h"),
    "odd-timeframe": (lines(step_ms=7 * 60_000), "7 minutes apart"),
    "seconds": (lines(start_ms=START_MS // 1000, step_ms=3600), "row 1, .*not in milliseconds"),
    "microseconds": (lines(start_ms=START_MS * 1000, step_ms=HOUR_MS * 1000), "row 1, .*not in milliseconds"),
    "empty-time": (changed(2, 0, ""), "row 3, open_time_ms is nan"),
    "broken-time": (changed(2, 0, "1672538400000.5"), "row 3, open_time_ms is 1672538400000.5"),
    "word-time": (changed(2, 0, "noon"), "row 3, open_time_ms is 'noon'"),
    "infinite-time": (changed(2, 0, "inf"), "row 3, open_time_ms is inf"),
    "nan": (changed(1, 4, "NaN"), "row 2, 2023-01-01T01:00:00Z: close is missing or not finite"),
    "no-cell": (changed(4, 5, ""), "row 5, 2023-01-01T04:00:00Z: volume is missing"),
    "short-row": (
        [*lines(3), f"{START_MS + 3 * HOUR_MS},100"],
        "row 4, has 2 cells instead of 6: '1672542000000,100'",
    ),
    "infinite": (changed(1, 2, "inf"), "row 2, 2023-01-01T01:00:00Z: high is missing or not finite"),
    "word": (changed(1, 1, "cheap"), "row 2, open is 'cheap', which is no number"),
    "zero-price": (changed(0, 3, "0"), "row 1, 2023-01-01T00:00:00Z: low is zero or negative"),
    "negative-price": (changed(3, 1, "-1"), "row 4, 2023-01-01T03:00:00Z: open is zero or negative"),
    "negative-volume": (changed(3, 5, "-1"), "row 4, 2023-01-01T03:00:00Z: volume is negative"),
    "low-above-high": (changed(2, 3, "200"), "row 3, 2023-01-01T02:00:00Z: low is above high"),
    "open-above-high": (changed(2, 1, "150"), "row 3, 2023-01-01T02:00:00Z: open is not between low and high"),
    "close-below-low": (changed(2, 4, "50"), "row 3, 2023-01-01T02:00:00Z: close is not between low and high"),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_a_bad_row_is_named_and_nothing_is_read(write_rows: WriteRows, case: str) -> None:
    rows, message = BAD_ROWS[case]
    path = write_rows("BTCUSDT-1h.csv.gz", rows)
    with pytest.raises(DataError, match=message) as caught:
        load_candles([path], timeframe=Timeframe.H1)
    assert caught.value.exit_code == 2
    assert str(path) in caught.value.message
    assert "nothing was read" in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    "header",
    [
        "time,open,high,low,close,volume",
        "open_time_ms,high,open,low,close,volume",
        "open_time_ms,open,high,low,close",
        "open_time_ms,open,high,low,close,volume,trades",
        "1672531200000,100,102.5,98.75,101,10",
    ],
)
def test_another_header_is_refused_with_the_right_one(write_rows: WriteRows, header: str) -> None:
    path = write_rows("BTCUSDT-1h.csv", header=header)
    with pytest.raises(DataError) as caught:
        load_candles([path])
    assert "nothing was read" in caught.value.message
    assert "open_time_ms,open,high,low,close,volume" in caught.value.hint


def test_rows_longer_than_the_header_are_refused(write_rows: WriteRows) -> None:
    every = write_rows("BTCUSDT-1h.csv", [f"{line},7" for line in lines()])
    one = write_rows("ETHUSDT-1h.csv", [*lines(3), f"{lines(4)[3]},7"])
    for path in (every, one):
        with pytest.raises(DataError, match=re.escape(str(path))):
            load_candles([path])


def test_a_file_without_rows_is_refused(write_rows: WriteRows) -> None:
    with pytest.raises(DataError, match="not one row"):
        load_candles([write_rows("BTCUSDT-1h.csv", [])])


@pytest.mark.parametrize("name", ["BTCUSDT-1h.csv", "BTCUSDT-1h.csv.gz", "BTCUSDT-1h.parquet"])
def test_an_empty_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(DataError, match=r"is empty|cannot be read"):
        load_candles([tmp_path / name])


@pytest.mark.parametrize("text", ["xx", "xx\n", "1,2,2,3\r\n4,5,5,6\r\n"])
@pytest.mark.parametrize("name", ["BTCUSDT-1h.csv", "BTCUSDT-1h.csv.gz"])
def test_a_file_without_a_header_is_refused_with_its_first_line(tmp_path: Path, name: str, text: str) -> None:
    raw = text.encode()
    (tmp_path / name).write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    line = text.splitlines()[0]
    with pytest.raises(DataError, match=f"has no header line open_time_ms,.*, its first line is '{line}'"):
        load_candles([tmp_path / name])


def test_a_gzip_file_that_is_cut_off_is_refused(write_rows: WriteRows) -> None:
    path = write_rows("BTCUSDT-1h.csv.gz", lines(2000))
    whole = path.read_bytes()
    for kept in (15, len(whole) // 2, len(whole) - 9, len(whole) - 1):
        path.write_bytes(whole[:kept])
        with pytest.raises(DataError, match="cut off or damaged"):
            load_candles([path])


def test_a_gzip_file_with_a_flipped_byte_is_refused(write_rows: WriteRows) -> None:
    path = write_rows("BTCUSDT-1h.csv.gz", lines(2000))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(data)
    with pytest.raises(DataError, match=re.escape(str(path))):
        load_candles([path])


def test_a_parquet_file_that_is_cut_off_is_refused(write_rows: WriteRows, tmp_path: Path) -> None:
    candles = load_candles([write_rows("BTCUSDT-1h.csv", lines(2000))])["BTCUSDT"]
    path = write_candles(candles, tmp_path / "ETHUSDT-1h.parquet")
    whole = path.read_bytes()
    for kept in (2, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:kept])
        with pytest.raises(DataError, match="is cut off, damaged or no parquet file; nothing was read") as caught:
            load_candles([path])
        assert caught.value.message.count(str(path)) == 1


@pytest.mark.parametrize("suffix", ["csv", "csv.gz"])
def test_a_last_row_that_is_cut_off_is_named(write_rows: WriteRows, suffix: str) -> None:
    path = write_rows(f"BTCUSDT-1h.{suffix}", [*lines(2000), "1679731200000,100,10"])
    with pytest.raises(DataError, match="row 2001, has 3 cells instead of 6: '1679731200000,100,10'") as caught:
        load_candles([path])
    assert "cut off" in caught.value.hint


@pytest.mark.parametrize("name", ["BTCUSDT-1h.csv.gz", "BTCUSDT-1h.parquet", "BTCUSDT-1h.csv"])
def test_bytes_of_another_kind_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\xff\xfe\x00\x9f no candles here")
    with pytest.raises(DataError, match=re.escape(name)) as caught:
        load_candles([tmp_path / name])
    assert caught.value.hint


def test_a_folder_called_like_a_candle_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "BTCUSDT-1h.csv").mkdir()
    with pytest.raises(DataError, match="cannot be read"):
        load_candles([tmp_path])


def test_a_file_with_holes_is_read_by_who_asks_for_it(write_rows: WriteRows) -> None:
    rows = [*lines(3), *lines(8)[5:6], *lines(12)[9:]]
    candles = load_candles([write_rows("BTCUSDT-1h.csv", rows)], gaps=True)["BTCUSDT"]
    assert gaps_of(candles) == Gaps(count=2, missing=5, longest=3, first_ms=START_MS + 3 * HOUR_MS)
    assert candles.index_of_close(START_MS + 3 * HOUR_MS) == 2
    with pytest.raises(DataError, match="no 1h candle closes"):
        candles.index_of_close(START_MS + 5 * HOUR_MS)


def test_a_whole_file_has_no_gap(write_rows: WriteRows) -> None:
    assert gaps_of(load_candles([write_rows("BTCUSDT-1h.csv")])["BTCUSDT"]) == Gaps()


@pytest.mark.parametrize("case", ["unsorted", "duplicated", "off-grid", "wrong-timeframe", "nan"])
def test_holes_are_the_only_thing_that_may_be_asked_for(write_rows: WriteRows, case: str) -> None:
    rows, message = BAD_ROWS[case]
    with pytest.raises(DataError, match=message):
        load_candles([write_rows("BTCUSDT-1h.csv", rows)], timeframe=Timeframe.H1, gaps=True)


def test_symbols_without_a_file_are_absent_unless_required(write_rows: WriteRows, tmp_path: Path) -> None:
    write_rows("BTCUSDT-1h.csv")
    assert list(load_candles([tmp_path], symbols=["ETHUSDT", "BTCUSDT"])) == ["BTCUSDT"]
    with pytest.raises(UsageError, match="no candles of ETHUSDT") as caught:
        load_candles([tmp_path], required=["ETHUSDT", "BTCUSDT"])
    assert "--symbols BTCUSDT" in caught.value.hint


def test_files_of_different_timeframes_are_refused(write_rows: WriteRows) -> None:
    hourly = write_rows("one.csv")
    quarterly = write_rows("two.csv", lines(step_ms=900_000))
    with pytest.raises(DataError, match="BTCUSDT 1h, ETHUSDT 15m"):
        load_candles([f"BTCUSDT={hourly}", f"ETHUSDT={quarterly}"])


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".csv.gz"])
def test_written_candles_come_back_to_the_last_bit(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(3).standard_normal(500)
    middle = 100 * np.exp(np.cumsum(noise) / 100)
    candles = Candles(
        "SOLUSDT", Timeframe.H4, START_MS + np.arange(500) * 4 * HOUR_MS,
        middle, middle * 1.01, middle * 0.99, middle * 1.001, noise**2, synthetic=True,
    )  # fmt: skip
    path = write_candles(candles, tmp_path / candle_file_name(candles, suffix))
    assert path.name == f"SOLUSDT-4h-synthetic{suffix}"
    read = load_candles([path])["SOLUSDT"]
    assert read.digest() == candles.digest()
    assert read.synthetic
    assert list(tmp_path.iterdir()) == [path]


def test_writing_is_the_same_twice_and_refuses_what_it_cannot(write_rows: WriteRows, tmp_path: Path) -> None:
    candles = load_candles([write_rows("BTCUSDT-1h.csv")])["BTCUSDT"]
    first = write_candles(candles, tmp_path / "first.csv.gz").read_bytes()
    second = write_candles(candles, tmp_path / "second.csv.gz").read_bytes()
    assert first == second
    assert gzip.decompress(first).startswith(b"open_time_ms,open,high,low,close,volume\n1672531200000,100.0,102.5,")
    with pytest.raises(UsageError, match="no candle file"):
        write_candles(candles, tmp_path / "candles.xlsx")
    with pytest.raises(ConfigError, match="cannot be written"):
        write_candles(candles, tmp_path / "nowhere" / "BTCUSDT-1h.csv")


def test_whoever_reads_a_file_while_it_is_replaced_reads_the_whole_old_one(write_rows: WriteRows) -> None:
    path = write_rows("BTCUSDT-1h.csv")
    before = path.read_bytes()
    longer = load_candles([write_rows("ETHUSDT-1h.csv", lines(9))])["ETHUSDT"]
    with path.open("rb") as reader:
        write_candles(longer, path)
        assert reader.read() == before
    assert len(load_candles([path])["BTCUSDT"]) == 9


def test_generated_candles_are_not_written_under_a_name_that_hides_it(write_rows: WriteRows, tmp_path: Path) -> None:
    candles = load_candles([write_rows("BTCUSDT-1h-synthetic.csv")])["BTCUSDT"]
    assert candles.synthetic
    with pytest.raises(UsageError, match="generated") as caught:
        write_candles(candles, tmp_path / "BTCUSDT-1h.parquet")
    assert "BTCUSDT-1h-synthetic.parquet" in caught.value.hint


def test_a_parquet_file_with_its_times_as_index_is_refused(tmp_path: Path, write_rows: WriteRows) -> None:
    frame = pd.read_csv(write_rows("BTCUSDT-1h.csv")).set_index("open_time_ms")
    frame.to_parquet(tmp_path / "ETHUSDT-1h.parquet")
    frame.reset_index().set_index(pd.Index(["a", "b", "c", "d", "e"])).to_parquet(tmp_path / "BTCUSDT-1h.parquet")
    for name in ("ETHUSDT-1h.parquet", "BTCUSDT-1h.parquet"):
        with pytest.raises(DataError, match="the columns are"):
            load_candles([tmp_path / name])


def test_funding_may_be_uneven(write_rows: WriteRows) -> None:
    rows = [f"{START_MS},0.0001", f"{START_MS + 2 * HOUR_MS},-0.02", f"{START_MS + 10 * HOUR_MS},0.00003"]
    path = write_rows("SOLUSDT-funding.csv.gz", rows, header="open_time_ms,funding_rate")
    history = load_funding([path])["SOLUSDT"]
    assert history.symbol == "SOLUSDT"
    assert history.time_ms.tolist() == [START_MS, START_MS + 2 * HOUR_MS, START_MS + 10 * HOUR_MS]
    assert history.rate.tolist() == [0.0001, -0.02, 0.00003]
    assert not history.rate.flags.writeable


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([f"{START_MS},0.0001", f"{START_MS},0.0001"], "row 2, .*twice"),
        ([f"{START_MS},0.0001", f"{START_MS - 1},0.0001"], "row 2, .*not sorted"),
        ([f"{START_MS},"], "row 1, .*funding_rate is missing"),
        ([f"{START_MS},inf"], "row 1, .*funding_rate is missing or not finite"),
        ([f"{START_MS},0.01", f"{START_MS + 1},-1"], "row 2, .*100 % or more"),
        ([], "not one row"),
    ],
)
def test_bad_funding_is_refused(write_rows: WriteRows, rows: list[str], message: str) -> None:
    path = write_rows("BTCUSDT-funding.csv", rows, header="open_time_ms,funding_rate")
    with pytest.raises(DataError, match=message):
        load_funding([path])
