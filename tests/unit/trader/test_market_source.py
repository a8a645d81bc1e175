"""Where candles come from, and what makes them what they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from weexctl.errors import WeexctlError
from weexctl.model.candle import Candles, Timeframe
from weexctl.run.market_source import file_source, generated_source


def _write(path: Path, candles: Candles) -> Path:
    rows = zip(
        candles.open_time_ms, candles.open, candles.high, candles.low, candles.close, candles.volume, strict=True
    )
    lines = ["open_time_ms,open,high,low,close,volume", *(",".join(repr(v.item()) for v in row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of two symbols."""
    folder = tmp_path_factory.mktemp("candles")
    market = generated_source(9, ("BTCUSDT", "ETHUSDT"), Timeframe.H1, 50)
    for symbol, candles in market.candles.items():
        _write(folder / f"{symbol}-1h.csv", candles)
    return folder


def test_a_longer_generated_market_begins_with_the_shorter_one() -> None:
    short, long = (generated_source(4, ("BTCUSDT",), Timeframe.H1, count) for count in (50, 80))
    assert np.array_equal(short.candles["BTCUSDT"].close, long.candles["BTCUSDT"].close[:50])
    assert short.source == long.source == "seed:4:1h"


def test_leaving_symbols_out_changes_none_of_the_others() -> None:
    one, two = (generated_source(4, symbols, Timeframe.H1, 50) for symbols in (("ETHUSDT",), ("BTCUSDT", "ETHUSDT")))
    assert np.array_equal(one.candles["ETHUSDT"].close, two.candles["ETHUSDT"].close)
    assert list(one.candles) == list(one.funding) == ["ETHUSDT"]


def test_a_generated_market_says_that_it_is_one() -> None:
    market = generated_source(4, ("BTCUSDT",), Timeframe.H1, 50)
    assert market.synthetic
    assert market.seed == 4
    assert market.not_modelled


def test_files_are_known_by_their_content(folder: Path, tmp_path: Path) -> None:
    market = file_source([str(folder)], ("BTCUSDT", "ETHUSDT"), Timeframe.H1)
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    again = file_source([str(tmp_path)], ("BTCUSDT", "ETHUSDT"), Timeframe.H1)
    assert market.source == again.source
    assert (market.seed, market.synthetic) == (None, False)


def test_one_changed_price_is_other_data(folder: Path, tmp_path: Path) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    lines = (tmp_path / "BTCUSDT-1h.csv").read_text().splitlines()
    cells = lines[-1].split(",")
    lines[-1] = ",".join([*cells[:5], "1.5"])
    (tmp_path / "BTCUSDT-1h.csv").write_text("\n".join(lines) + "\n")
    known, other = (file_source([str(f)], ("BTCUSDT",), Timeframe.H1) for f in (folder, tmp_path))
    assert known.source != other.source


def test_missing_funding_is_listed_and_not_taken_for_zero(folder: Path) -> None:
    market = file_source([str(folder)], ("BTCUSDT", "ETHUSDT"), Timeframe.H1)
    assert "funding of BTCUSDT, ETHUSDT (no funding file)" in market.not_modelled


def test_a_symbol_without_a_file_is_refused(folder: Path) -> None:
    with pytest.raises(WeexctlError, match="SOLUSDT"):
        file_source([str(folder)], ("BTCUSDT", "SOLUSDT"), Timeframe.H1)


def test_the_span_is_that_of_all_symbols(folder: Path) -> None:
    market = file_source([str(folder)], ("BTCUSDT", "ETHUSDT"), Timeframe.H1)
    candles = market.candles["BTCUSDT"]
    assert (market.first_close_ms, market.last_close_ms) == (candles.first_ms + 3_600_000, candles.last_close_ms)
