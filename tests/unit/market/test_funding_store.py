"""Funding in the store: joined without a contradiction, proven by its manifest, fetched without a gap."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from weexctl.errors import DataError
from weexctl.market.funding_store import FundingManifest, FundingStore, missing_spans
from weexctl.market.loading import load_funding
from weexctl.model.funding import FundingHistory

CYCLE_MS = 8 * 3_600_000
START_MS = 1_704_067_200_000


@pytest.fixture
def store(tmp_path: Path) -> FundingStore:
    return FundingStore(tmp_path / "candles")


def rates(first: int, last: int, *, rate: float = 0.0001) -> FundingHistory:
    """Settlements number `first` to `last`, rising by a hundredth of a basis point."""
    numbers = np.arange(first, last + 1, dtype=np.int64)
    return FundingHistory("ETHUSDT", START_MS + numbers * CYCLE_MS, np.asarray(rate + numbers * 1e-6, dtype=np.float64))


def at(number: int) -> int:
    return START_MS + number * CYCLE_MS


def keep(store: FundingStore, history: FundingHistory, covers: tuple[int, int] | None = None) -> int:
    return store.keep(history, synthetic=False, source="venue", covers=covers, replace=False)[1]


def test_two_stretches_become_one_and_the_shared_part_counts_once(store: FundingStore) -> None:
    assert keep(store, rates(5, 9), (at(5), at(10) - 1)) == 5
    assert keep(store, rates(3, 6), (at(2), at(7))) == 2
    found = load_funding([store.folder])["ETHUSDT"]
    assert found.time_ms.tolist() == [at(number) for number in range(3, 10)]
    assert found.rate.tolist() == rates(3, 9).rate.tolist()
    known = store.find("ETHUSDT", synthetic=False)
    assert known is not None
    assert (known.settlements, known.from_ms, known.to_ms) == (7, at(2), at(10) - 1)
    assert [problem for _, problem in store.faults()] == [""]


def test_another_rate_for_the_same_settlement_is_refused_and_nothing_changes(store: FundingStore) -> None:
    keep(store, rates(5, 9))
    before = store.find("ETHUSDT", synthetic=False)
    with pytest.raises(DataError, match="in one and") as caught:
        keep(store, rates(9, 12, rate=0.0002))
    assert caught.value.code == "CONTRADICTION"
    assert store.find("ETHUSDT", synthetic=False) == before


def test_a_rate_that_was_printed_with_eight_decimals_is_the_same_rate(store: FundingStore) -> None:
    keep(store, rates(1, 3))
    printed = rates(1, 3)
    rounded = FundingHistory("ETHUSDT", printed.time_ms, np.round(printed.rate + 3e-9, 8))
    assert keep(store, rounded) == 0


def test_generated_funding_lies_apart(store: FundingStore) -> None:
    store.keep(rates(1, 3), synthetic=True, source="seed:7")
    assert store.find("ETHUSDT", synthetic=False) is None
    [stored] = store.series()
    assert stored.path.parent.name == "synthetic"


@pytest.mark.parametrize("damage", ["other values", "no manifest", "cut off"])
def test_damage_is_found(store: FundingStore, damage: str) -> None:
    keep(store, rates(1, 50))
    [stored] = store.series()
    if damage == "other values":
        good = stored.path.with_suffix(".json").read_text()
        store.keep(rates(1, 50, rate=0.0003), synthetic=False, source="venue")
        stored.path.with_suffix(".json").write_text(good)
    elif damage == "no manifest":
        stored.path.with_suffix(".json").unlink()
    else:
        stored.path.write_bytes(stored.path.read_bytes()[:200])
    [(_, problem)] = store.faults()
    assert str(stored.path) in problem


def manifest(from_ms: int, to_ms: int) -> FundingManifest:
    return FundingManifest(
        symbol="ETHUSDT", source="s", digest="d", settlements=1, from_ms=from_ms, to_ms=to_ms, synthetic=False
    )


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (None, [(0, 39), (40, 79), (80, 99)]),
        ((0, 99), []),
        ((-5, 200), []),
        ((0, 49), [(50, 89), (90, 99)]),
        ((45, 99), [(40, 44), (0, 39)]),
        ((10, 89), [(0, 9), (90, 99)]),
    ],
)
def test_what_is_missing_is_asked_for_once_and_touches_what_is_there(
    known: tuple[int, int] | None, expected: list[tuple[int, int]]
) -> None:
    assert missing_spans(0, 99, None if known is None else manifest(*known), longest_ms=40) == expected
