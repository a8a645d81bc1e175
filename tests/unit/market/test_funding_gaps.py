"""Stretches of a run without funding on file."""

from __future__ import annotations

import numpy as np
import pytest

from weexctl.market.funding_gaps import unsettled
from weexctl.model.funding import FundingHistory

HOUR_MS = 3_600_000


def history(*hours: float) -> FundingHistory:
    times = np.array([int(hour * HOUR_MS) for hour in hours], dtype=np.int64)
    return FundingHistory("BTCUSDT", times, np.full(len(times), 1e-4))


@pytest.mark.parametrize(
    ("settled", "span", "expected"),
    [
        ((0, 8, 16, 24), (0, 24), []),
        ((0, 8, 16, 24), (1, 23), []),
        ((0, 4, 6, 14, 22), (0, 30), []),
        ((0.001, 8, 16.002), (0, 24), []),
        ((8, 16), (0, 24), []),
        ((16,), (0, 24), [(0, 16)]),
        ((0, 8), (0, 24), [(8, 24)]),
        ((0, 8, 24, 32), (0, 32), [(8, 24)]),
        ((0, 24), (5, 20), [(5, 20)]),
        ((0, 20, 28, 48), (4, 40), [(4, 20), (28, 40)]),
        ((100, 108), (0, 24), [(0, 24)]),
        ((0, 8), (50, 74), [(50, 74)]),
        ((100, 108), (0, 7), [(0, 7)]),
    ],
)
def test_what_is_missing_is_found(
    settled: tuple[float, ...], span: tuple[int, int], expected: list[tuple[int, int]]
) -> None:
    found = unsettled(history(*settled), span[0] * HOUR_MS, span[1] * HOUR_MS)
    assert found == [(low * HOUR_MS, high * HOUR_MS) for low, high in expected]
