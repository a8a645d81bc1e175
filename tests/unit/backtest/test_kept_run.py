"""A run is kept whole or not at all, and read back as it was."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from tests.unit.backtest.reported_runs import RUN_ID, document, kept, short_run
from tests.unit.trader.workshop import a_market
from weexctl.backtest import kept_run
from weexctl.backtest.kept_run import ABLATION, RESULT, keep_ablation, keep_run, kept_ids, read_kept
from weexctl.errors import ConfigError, DataError


def test_what_is_kept_is_read_back_as_it_was(tmp_path: Path) -> None:
    run, folder = short_run(), kept(tmp_path)
    found = read_kept(tmp_path, RUN_ID)

    assert folder == tmp_path / RUN_ID
    assert found.result.decode() == document()
    np.testing.assert_array_equal(found.curve.time_ms, run.curve.time_ms)
    np.testing.assert_array_equal(found.curve.equity, run.curve.equity)
    np.testing.assert_array_equal(found.curve.gross_exposure, run.curve.gross_exposure)
    assert list(found.regimes) == list(a_market().candles)
    for symbol, regimes in run.regimes.items():
        np.testing.assert_array_equal(found.regimes[symbol], regimes)
    assert found.stop_moves == tuple(run.stop_moves)


def test_the_closes_are_those_of_the_candles_that_close_then(tmp_path: Path) -> None:
    kept(tmp_path)
    found = read_kept(tmp_path, RUN_ID)

    for symbol, candles in a_market().candles.items():
        expected = [candles.close[candles.index_of_close(int(moment))] for moment in found.curve.time_ms]
        np.testing.assert_array_equal(found.closes[symbol], expected)


def test_a_close_without_a_candle_has_no_price(tmp_path: Path) -> None:
    run, candles = short_run(), dict(a_market().candles)
    late = int(run.curve.time_ms[10])
    first = candles["ETHUSDT"].index_of_close(late)
    candles["ETHUSDT"] = candles["ETHUSDT"].rows(first, len(candles["ETHUSDT"]))
    keep_run(tmp_path, RUN_ID, document(), run, candles)
    closes = read_kept(tmp_path, RUN_ID).closes

    assert np.isnan(closes["ETHUSDT"]).nonzero()[0].tolist() == list(range(10))
    assert not np.isnan(closes["BTCUSDT"]).any()


def test_every_position_has_its_first_stop_and_stops_only_tighten(tmp_path: Path) -> None:
    run = short_run()
    sides = {trade.entry_order_id: trade.position_side.sign for trade in run.trades}
    sides |= {trade.entry_order_id: trade.side.sign for trade in run.open_trades}
    paths: dict[str, list[float]] = {}
    for move in run.stop_moves:
        paths.setdefault(move.entry_order_id, []).append(float(move.price))

    assert set(paths) == set(sides)
    assert max(map(len, paths.values())) > 1
    assert all(sides[order] * step >= 0 for order, path in paths.items() for step in np.diff(path))


def test_a_second_run_takes_the_place_of_the_first_and_leaves_the_ablation(tmp_path: Path) -> None:
    folder = kept(tmp_path)
    (folder / ABLATION).write_text("{}")
    (folder / "report.html").write_text("of the first")
    kept(tmp_path, 50)
    found = read_kept(tmp_path, RUN_ID)

    assert (len(found.curve.time_ms), found.ablation) == (50, b"{}")
    assert not (folder / "report.html").exists()
    assert [path.name for path in tmp_path.iterdir()] == [RUN_ID]


def test_an_ablation_is_kept_before_its_run_or_after(tmp_path: Path) -> None:
    place = keep_ablation(tmp_path, RUN_ID, '{"n": 1}')
    assert kept_ids(tmp_path) == ()
    kept(tmp_path)
    assert read_kept(tmp_path, RUN_ID).ablation == b'{"n": 1}'
    keep_ablation(tmp_path, RUN_ID, '{"n": 2}')

    assert read_kept(tmp_path, RUN_ID).ablation == b'{"n": 2}'
    assert not [path for path in place.parent.iterdir() if path.name.startswith(".")]


def test_an_ablation_that_cannot_be_kept_is_said(tmp_path: Path) -> None:
    (tmp_path / RUN_ID).write_text("a file where the folder would be")

    with pytest.raises(ConfigError, match="the ablation cannot be kept") as caught:
        keep_ablation(tmp_path, RUN_ID, "{}")

    assert caught.value.code == "NOT_KEPT"


@pytest.mark.parametrize("name", ["_write_table", "_exchange"])
def test_what_cannot_be_written_leaves_what_was_there(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(tmp_path)

    def full(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(kept_run, name, full)
    with pytest.raises(ConfigError, match="its result is complete all the same") as caught:
        kept(tmp_path, 50)

    assert caught.value.code == "NOT_KEPT"
    assert len(read_kept(tmp_path, RUN_ID).curve.time_ms) == 200
    assert [path.name for path in tmp_path.iterdir()] == [RUN_ID]


def test_the_newest_run_comes_first_and_drafts_are_none(tmp_path: Path) -> None:
    for age, name in enumerate(("r1", "r2", ".r3.draft")):
        (tmp_path / name).mkdir()
        (tmp_path / name / RESULT).write_text("{}")
        os.utime(tmp_path / name / RESULT, (100 + age, 100 + age))
    (tmp_path / "r4").mkdir()

    assert kept_ids(tmp_path) == ("r2", "r1")
    assert kept_ids(tmp_path / "nowhere") == ()


@pytest.mark.parametrize(
    ("file", "size"),
    [
        ("result.json", None),
        *((f"{name}.parquet", size) for name in ("curve", "market", "stops") for size in (None, 0, 100)),
    ],
)
def test_a_folder_that_is_not_whole_is_one_clear_error(file: str, size: int | None, tmp_path: Path) -> None:
    path = kept(tmp_path) / file
    content = path.read_bytes()
    path.unlink()
    if size is not None:
        path.write_bytes(content[:size])

    with pytest.raises(DataError, match="cannot be read") as caught:
        read_kept(tmp_path, RUN_ID)

    assert (caught.value.code, "run the backtest again" in caught.value.hint) == ("BAD_RUN", True)
