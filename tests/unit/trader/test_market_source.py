"""Where candles come from, and what makes them what they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from weexctl.errors import WeexctlError
from weexctl.market.loading import load_candles
from weexctl.market.resampling import resampled
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


# Shorter candles inside the others -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of hours and of the half hours in them; of ETHUSDT the last hour's are missing."""
    folder = tmp_path_factory.mktemp("halves")
    market = generated_source(9, ("BTCUSDT", "ETHUSDT"), Timeframe.M30, 48).candles
    for symbol, fine in market.items():
        _write(folder / f"{symbol}-1h.csv", resampled(fine, Timeframe.H1).candles)
        _write(folder / f"{symbol}-30m.csv", fine if symbol == "BTCUSDT" else fine.rows(0, 46))
    return folder


def test_shorter_candles_are_part_of_the_data(halves: Path) -> None:
    plain = file_source([str(halves)], ("BTCUSDT",), Timeframe.H1)
    fine = file_source([str(halves), f"BTCUSDT@30m={halves / 'BTCUSDT-30m.csv'}"], ("BTCUSDT",), Timeframe.H1)

    assert (dict(plain.detail), list(fine.detail), len(fine.detail["BTCUSDT"])) == ({}, ["BTCUSDT"], 48)
    assert plain.source != fine.source
    assert [words for words in plain.not_modelled if "prices came" in words]
    assert not [words for words in fine.not_modelled if "prices came" in words]


def test_a_folder_of_shorter_candles_is_taken_whole_and_what_it_lacks_is_said(halves: Path) -> None:
    market = file_source([str(halves), f"@30m={halves}"], ("BTCUSDT", "ETHUSDT"), Timeframe.H1)

    assert list(market.detail) == ["BTCUSDT", "ETHUSDT"]
    assert [words.partition(": ")[2] for words in market.not_modelled if "prices came" in words] == ["ETHUSDT in part"]
    one = file_source([str(halves), f"ETHUSDT@30m={halves}"], ("BTCUSDT", "ETHUSDT"), Timeframe.H1)
    assert [words.partition(": ")[2] for words in one.not_modelled if "prices came" in words] == [
        "BTCUSDT, ETHUSDT in part"
    ]


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ("BTCUSDT@1h={folder}", "BTCUSDT 1h candles are no detail of BTCUSDT 1h candles"),
        ("BTCUSDT@30m={folder}/nowhere.csv", "no file or folder"),
        ("BTCUSDT@5m={folder}", "no 5m candles of BTCUSDT"),
        ("NOPE@30m={folder}", "NOPE"),
        ("BTCUSDT@7m={folder}", "names no timeframe"),
        ("BTCUSDT@={folder}", "names no timeframe"),
    ],
)
def test_shorter_candles_that_are_none_are_refused(halves: Path, flag: str, words: str) -> None:
    with pytest.raises(WeexctlError, match=words):
        file_source([str(halves), flag.format(folder=halves)], ("BTCUSDT",), Timeframe.H1)


def test_shorter_candles_of_several_timeframes_are_refused(halves: Path, tmp_path: Path) -> None:
    quarter = generated_source(9, ("ETHUSDT",), Timeframe.M15, 96).candles["ETHUSDT"]
    path = _write(tmp_path / "ETHUSDT-15m.csv", quarter)
    with pytest.raises(WeexctlError, match="15m and 30m"):
        file_source([str(halves), f"@30m={halves}", f"ETHUSDT@15m={path}"], ("BTCUSDT", "ETHUSDT"), Timeframe.H1)


def test_shorter_candles_of_another_market_are_refused(halves: Path, tmp_path: Path) -> None:
    other = generated_source(10, ("BTCUSDT",), Timeframe.M30, 48).candles["BTCUSDT"]
    path = _write(tmp_path / "BTCUSDT-30m.csv", other)
    with pytest.raises(WeexctlError, match="neither was used"):
        file_source([str(halves), f"BTCUSDT@30m={path}"], ("BTCUSDT",), Timeframe.H1)


def test_where_nothing_is_filled_shorter_candles_play_no_part(halves: Path) -> None:
    with pytest.raises(WeexctlError, match="play no part here"):
        load_candles([f"BTCUSDT@30m={halves / 'BTCUSDT-30m.csv'}"])
