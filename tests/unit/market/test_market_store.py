"""The candle store keeps what it was given, joins what fits, and notices what has changed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from weexctl.errors import DataError
from weexctl.market.files import find_candle_files
from weexctl.market.funding_store import FundingStore
from weexctl.market.gaps import Gaps
from weexctl.market.joining import joined
from weexctl.market.loading import load_candles, load_funding
from weexctl.market.store import CandleStore, faults, read_checked
from weexctl.model.candle import COLUMNS, Candles, Timeframe
from weexctl.simulator.generator import generate_funding, generate_market

COUNT = 40


def real(count: int = COUNT) -> Candles:
    """Candles without the mark of a generator."""
    return replace(generate_market(3, symbols=["ETHUSDT"], count=count)["ETHUSDT"], synthetic=False)


def without(candles: Candles, *rows: int) -> Candles:
    """The candles but for some."""
    columns: dict[str, Any] = {name: np.delete(getattr(candles, name), rows) for name in ("open_time_ms", *COLUMNS)}
    return replace(candles, **columns)


@pytest.fixture
def store(tmp_path: Path) -> CandleStore:
    return CandleStore(tmp_path / "candles")


def test_two_overlapping_stretches_become_the_whole_whichever_comes_first() -> None:
    whole = real()
    early, late = whole.rows(0, 25), whole.rows(20, COUNT)
    assert joined(early, late).digest() == whole.digest()
    assert joined(late, early).digest() == whole.digest()


def test_a_stretch_inside_another_adds_nothing() -> None:
    whole = real()
    assert joined(whole, whole.rows(5, 9)).digest() == whole.digest()


def test_stretches_that_touch_are_joined_and_one_candle_apart_is_a_hole() -> None:
    whole = real()
    assert joined(whole.rows(0, 20), whole.rows(20, COUNT)).digest() == whole.digest()
    with pytest.raises(DataError, match="nothing lies between") as caught:
        joined(whole.rows(0, 20), whole.rows(21, COUNT))
    assert caught.value.code == "HOLE"


def test_a_gap_is_filled_from_the_other_and_one_between_the_two_stays_when_it_may() -> None:
    whole = real()
    holed = without(whole, 10, 11, 30)
    assert joined(holed, whole.rows(5, 20)).digest() == without(whole, 30).digest()
    apart = joined(whole.rows(0, 20), whole.rows(25, COUNT), keep_gaps=True)
    assert apart.digest() == without(whole, *range(20, 25)).digest()


def test_candles_that_contradict_each_other_are_not_joined() -> None:
    whole = real()
    close = whole.close.copy()
    close[22] += 0.5
    other = replace(whole, close=close).rows(20, COUNT)
    where = rf"close of the candle .* is {whole.close[22]} in the store and {close[22]} in file b, row 3; nothing was"
    with pytest.raises(DataError, match=where) as caught:
        joined(whole.rows(0, 25), other, names=("the store", "file b"))
    assert caught.value.code == "CONTRADICTION"


def test_candles_of_another_timeframe_are_no_part_of_a_series() -> None:
    with pytest.raises(DataError, match="no one series"):
        joined(real(), replace(real(), timeframe=Timeframe.H4))


def test_what_is_stored_comes_back_to_the_last_bit_with_its_manifest(store: CandleStore) -> None:
    whole = real()
    manifest, added = store.keep(whole, source="file a")
    (stored,) = store.series()
    assert read_checked(stored).digest() == whole.digest() == manifest.digest
    assert stored.manifest == manifest
    assert (added, manifest.candles, manifest.from_ms, manifest.to_ms) == (
        COUNT,
        COUNT,
        whole.first_ms,
        whole.last_close_ms,
    )


def test_a_second_delivery_is_joined_and_both_sources_are_named(store: CandleStore) -> None:
    whole = real()
    store.keep(whole.rows(0, 25), source="file a")
    manifest, added = store.keep(whole.rows(20, COUNT), source="file b")
    assert (manifest.digest, added, manifest.source) == (whole.digest(), COUNT - 25, "file a; file b")
    assert store.keep(whole, source="file b") == (manifest, 0)


def test_a_delivery_that_contradicts_leaves_the_store_as_it_was(store: CandleStore) -> None:
    whole = real()
    store.keep(whole, source="file a")
    before = {path.name: path.read_bytes() for path in store.folder.iterdir()}
    with pytest.raises(DataError):
        store.keep(replace(whole, close=np.minimum(whole.high, whole.close + 0.01)), source="file b")
    assert {path.name: path.read_bytes() for path in store.folder.iterdir()} == before


def test_replacing_forgets_what_was_there(store: CandleStore) -> None:
    whole = real()
    store.keep(whole, source="file a")
    manifest, _ = store.keep(whole.rows(30, COUNT), source="file b", replace=True)
    assert (manifest.candles, manifest.source) == (10, "file b")
    assert [problem for _, problem in faults(store.series())] == [""]


def test_generated_candles_are_kept_out_of_the_folder_of_real_ones(store: CandleStore) -> None:
    store.keep(replace(real(), synthetic=True), source="seed:3:1h")
    store.keep(real(), source="file a")
    assert [file.synthetic for file in find_candle_files([store.folder]).values()] == [False]
    (made,) = load_candles([store.folder_of(synthetic=True)]).values()
    assert made.synthetic


def test_spot_candles_have_a_series_of_their_own(store: CandleStore) -> None:
    store.keep(real(), source="file a")
    store.keep(real().rows(0, 5), source="file b", spot=True)
    assert [(row.manifest.spot, row.manifest.candles) for row in store.series() if row.manifest] == [
        (True, 5),
        (False, COUNT),
    ]
    assert not find_candle_files([store.folder])["ETHUSDT"].spot


def test_funding_is_found_beside_its_candles(store: CandleStore) -> None:
    history = generate_funding(3, {"ETHUSDT": real()})["ETHUSDT"]
    store.keep(real(), source="file a")
    FundingStore(store.folder).keep(history, synthetic=False, source="file a")
    found = load_funding([store.folder])["ETHUSDT"]
    assert found.time_ms.tolist() == history.time_ms.tolist()
    assert found.rate.tolist() == history.rate.tolist()
    assert len(list(store.series())) == 1


def test_a_changed_value_is_noticed(store: CandleStore) -> None:
    whole = real()
    store.keep(whole, source="file a")
    (stored,) = store.series()
    changed = replace(whole, volume=whole.volume + 1)
    changed.frame().reset_index().to_parquet(stored.path, index=False)
    ((_, problem),) = faults(store.series())
    assert "other values than when it was stored" in problem


@pytest.mark.parametrize(
    "text", ["", "[]", '{"schema": 3}', '{"schema": 2, "symbol": "ETHUSDT"}'], ids=["empty", "list", "newer", "half"]
)
def test_a_manifest_that_proves_nothing_is_a_fault(store: CandleStore, text: str) -> None:
    store.keep(real(), source="file a")
    (stored,) = store.series()
    stored.path.with_suffix(".json").write_text(text)
    ((found, problem),) = faults(store.series())
    assert found.manifest is None
    assert "manifest is not usable" in problem


def test_a_manifest_with_a_symbol_nobody_trades_is_a_fault(store: CandleStore) -> None:
    store.keep(real(), source="file a")
    (stored,) = store.series()
    path = stored.path.with_suffix(".json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "symbol": "../x"}))
    assert next(store.series()).manifest is None


def test_the_manifest_counts_the_gaps_and_the_candles_come_back_with_them(store: CandleStore) -> None:
    holed = without(real(), 10, 11, 30)
    manifest, _ = store.keep(holed, source="file a")
    assert manifest.gaps == Gaps(count=2, missing=3, longest=2, first_ms=holed.first_ms + 10 * holed.timeframe.ms)
    (stored,) = store.series()
    assert stored.manifest == manifest
    assert read_checked(stored).digest() == holed.digest()
    with pytest.raises(DataError, match="there is a hole of 2"):
        load_candles([store.folder])
    manifest, added = store.keep(real(), source="file b")
    assert (manifest.gaps, added) == (Gaps(), 3)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"gaps": {"count": 0, "missing": 0, "longest": 0, "first_ms": None}}, "there is a hole of 1"),
        ({"gaps": {"count": 2, "missing": 1, "longest": 1, "first_ms": 5}}, "its manifest counts other candles"),
        ({"candles": 7}, "its manifest counts other candles"),
        ({"gaps": {"count": 1, "missing": 1, "longest": 1, "first_ms": None}}, "gaps is missing or wrong"),
        ({"gaps": {"count": True}}, "gaps is missing or wrong"),
        ({"gaps": None}, "gaps is missing or wrong"),
    ],
)
def test_a_manifest_that_miscounts_is_a_fault(store: CandleStore, change: dict[str, object], problem: str) -> None:
    store.keep(without(real(), 10), source="file a")
    (stored,) = store.series()
    path = stored.path.with_suffix(".json")
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    ((_, found),) = faults(store.series())
    assert problem in found


def test_a_file_nobody_stored_is_a_fault(store: CandleStore) -> None:
    store.keep(real(), source="file a")
    (stored,) = store.series()
    stored.path.with_suffix(".json").unlink()
    ((_, problem),) = faults(store.series())
    assert "it has no manifest" in problem
