"""Fewer points, and every extreme among them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weexctl.backtest.report.thinning import thin


@given(
    values=st.lists(st.floats(-1e9, 1e9) | st.just(float("nan")), min_size=1, max_size=400),
    buckets=st.integers(1, 40),
)
def test_no_stretch_loses_an_extreme(values: list[float], buckets: int) -> None:
    array = np.array(values)
    rows = thin(array, buckets)

    assert len(rows) <= 2 * buckets + 2 or len(rows) == len(array)
    assert np.all(np.diff(rows) > 0)
    assert (rows[0], rows[-1]) == (0, len(array) - 1)
    edges = np.linspace(0, len(array), buckets + 1).astype(int)
    for start, stop in pairwise(edges):
        part, shown = array[start:stop], array[rows[(rows >= start) & (rows < stop)]]
        if not np.all(np.isnan(part)):
            assert (np.nanmin(shown), np.nanmax(shown)) == (np.nanmin(part), np.nanmax(part))


def test_one_spike_in_a_year_is_seen() -> None:
    calm = np.zeros(8760)
    calm[4321] = -1.0

    assert 4321 in thin(calm, 100)


def test_a_gap_stays_a_gap() -> None:
    values = np.arange(1000.0)
    values[400:500] = np.nan

    assert np.isnan(values[thin(values, 50)]).any()


@pytest.mark.parametrize("count", [1, 2, 20])
def test_what_is_few_is_kept(count: int) -> None:
    assert thin(np.zeros(count), 10).tolist() == list(range(count))
