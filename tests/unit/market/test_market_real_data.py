"""Real candles and funding, against what their own list says of them."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from weexctl.errors import DataError, UsageError
from weexctl.market import cut_to_window, load_candles, load_funding
from weexctl.market.detail import detail_of
from weexctl.market.gaps import gaps_of
from weexctl.market.resampling import resampled
from weexctl.market.validation import iso_time
from weexctl.model.candle import Timeframe

pytestmark = pytest.mark.shared_data

REWRITTEN = "2023-11-10T15:00:00Z"
"""An hour that has other trades in the two timeframes."""
HOURLY = {"BTCUSDT": 37807, "ETHUSDT": 35897, "SOLUSDT": 28889, "XRPUSDT": 34936, "ADAUSDT": 34336, "LTCUSDT": 34864}
"""Rows of the hourly futures files, from the folder's README."""


def test_the_hourly_futures_are_whole(real_data: Path) -> None:
    market = load_candles([real_data], timeframe=Timeframe.H1)
    assert {symbol: len(candles) for symbol, candles in market.items()} == HOURLY
    assert market["BTCUSDT"].low.min() == 3621.81
    cut = cut_to_window(market)
    assert {len(candles) for candles in cut.values()} == {28889}
    assert all((candles.open_time_ms == cut["SOLUSDT"].open_time_ms).all() for candles in cut.values())


def test_values_equal_the_text_of_the_file(real_data: Path) -> None:
    path = real_data / "XRPUSDT-1h.csv.gz"
    rows = [line.split(",") for line in gzip.decompress(path.read_bytes()).decode().splitlines()[1:]]
    candles = load_candles([path])["XRPUSDT"]
    assert candles.open_time_ms.tolist() == [int(row[0]) for row in rows]
    for column, name in enumerate(("open", "high", "low", "close", "volume"), start=1):
        assert getattr(candles, name).tolist() == [float(row[column]) for row in rows]


def test_funding_keeps_its_real_times(real_data: Path) -> None:
    funding = load_funding([real_data / "BTCUSDT-1h.csv.gz", real_data / "SOLUSDT-1h.csv.gz"])
    assert len(funding["BTCUSDT"].time_ms) == 4721
    assert funding["SOLUSDT"].rate.min() == pytest.approx(-0.02, rel=0.3)
    assert 2 * 3_600_000 in {int(step) for step in funding["SOLUSDT"].time_ms[1:] - funding["SOLUSDT"].time_ms[:-1]}
    assert "BNBUSDT" not in funding


def test_a_spot_series_with_holes_is_refused_and_a_whole_one_is_read(real_data: Path) -> None:
    with pytest.raises(DataError, match="there is a hole of"):
        load_candles([real_data / "BTCUSDT-1h-spot.csv.gz"])
    whole = load_candles([real_data / "BTCUSDT-5m-spot-2022.csv.gz"])
    assert len(whole["BTCUSDT"]) == 61998


@pytest.mark.parametrize("symbol", ["BTCUSDT", "LTCUSDT"])
def test_hours_made_of_five_minutes_are_the_hours_of_the_exchange(real_data: Path, symbol: str) -> None:
    fine = load_candles([real_data / f"{symbol}-5m-2023.csv.gz"])[symbol]
    coarse = load_candles([real_data / f"{symbol}-1h.csv.gz"])[symbol]
    made = resampled(fine, Timeframe.H1)
    assert (len(made.candles), made.left_out_ms.tolist()) == (8760, [])
    theirs = coarse.rows(len(coarse) - 8760, len(coarse))
    rewritten = np.flatnonzero(~np.isclose(made.candles.volume, theirs.volume, rtol=1e-9))
    assert [iso_time(int(theirs.open_time_ms[row])) for row in rewritten] == [REWRITTEN]
    same = np.delete(np.arange(8760), rewritten)
    for name in ("open_time_ms", "open", "high", "low", "close"):
        assert getattr(made.candles, name)[same].tolist() == getattr(theirs, name)[same].tolist(), name


def test_five_minutes_are_the_detail_of_the_hours_but_for_one_that_was_rewritten(real_data: Path) -> None:
    files = [
        real_data / f"{symbol}-{length}.csv.gz" for symbol in ("BTCUSDT", "LTCUSDT") for length in ("5m-2023", "1h")
    ]
    minutes, hours, other_minutes, other_hours = (next(iter(load_candles([file]).values())) for file in files)
    detail = detail_of(minutes, hours, tolerance=0.0)
    assert detail.covered.sum() == 8760
    assert (detail.start[-1], detail.stop[-1]) == (len(minutes) - 12, len(minutes))
    with pytest.raises(DataError, match=f"high of the 1h candle {REWRITTEN}, row 33632, is 72.29, and 72.25 in its 5m"):
        detail_of(other_minutes, other_hours)


def test_hours_with_holes_are_left_out_and_a_rewritten_hour_is_no_detail(real_data: Path) -> None:
    fine = load_candles([real_data / "BTCUSDT-5m-spot-2021.csv.gz"], gaps=True)["BTCUSDT"]
    assert (gaps_of(fine).count, gaps_of(fine).missing) == (6, 177)
    coarse = load_candles([real_data / "BTCUSDT-1h-spot.csv.gz"], gaps=True)["BTCUSDT"]
    assert (gaps_of(coarse).count, gaps_of(coarse).missing, gaps_of(coarse).longest) == (20, 108, 33)
    made = resampled(fine, Timeframe.H1)
    assert len(made.candles) + len(made.left_out_ms) == 5_494
    with pytest.raises(DataError, match="high of the 1h candle 2020-12-21T13:00:00Z") as caught:
        detail_of(fine, coarse)
    assert caught.value.code == "CONTRADICTION"


def test_two_years_of_one_symbol_ask_for_a_choice(real_data: Path) -> None:
    with pytest.raises(UsageError, match="2 files hold BTCUSDT 5m"):
        load_candles([real_data], timeframe=Timeframe.M5)


def test_importing_the_room_loads_no_heavy_library() -> None:
    code = "import sys, weexctl.market; sys.exit(bool({'pandas', 'numpy', 'pyarrow'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
