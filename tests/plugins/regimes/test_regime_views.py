"""Views: probabilities halve in the hours the settings say, sum to one, and the confidence is that of the name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from weexctl import REGIMES, Regime
from weexctl_regimes import RulesConfig
from weexctl_regimes.regime_views import RegimeViews

HOUR_MS = 3_600_000
NAMES = [regime.value for regime in REGIMES]


def _rows(count: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    rows = np.random.default_rng(2).dirichlet((0.3, 0.3, 0.3), count)
    rows[:5] = np.nan
    return rows


def _columns(views: RegimeViews, rows: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> pd.DataFrame:
    return views.columns(rows, pd.RangeIndex(len(rows)))


@pytest.mark.parametrize(("candle_ms", "candles"), [(HOUR_MS, 48), (HOUR_MS // 4, 192), (4 * HOUR_MS, 12)])
def test_half_of_a_change_is_there_after_the_smoothing_hours(candle_ms: int, candles: int) -> None:
    views = RegimeViews.of(RulesConfig(smoothing_hours=48), candle_ms)
    rows = np.array([[1.0, 0.0, 0.0]] + [[0.0, 1.0, 0.0]] * candles)

    columns = _columns(views, rows)

    assert columns["trending"].iloc[-1] == pytest.approx(0.5, abs=1e-12)


def test_probabilities_sum_to_one_and_the_confidence_belongs_to_the_name() -> None:
    columns = _columns(RegimeViews.of(RulesConfig(), HOUR_MS), _rows(600)).iloc[5:]

    np.testing.assert_allclose(columns[NAMES].sum(axis=1), 1.0, atol=1e-12)
    expected = [row[row["name"]] for _, row in columns.iterrows()]
    assert columns["confidence"].tolist() == expected


def test_before_anything_is_known_numbers_are_nan_and_the_name_is_empty() -> None:
    columns = _columns(RegimeViews.of(RulesConfig(), HOUR_MS), _rows(20)).iloc[:5]

    assert columns[[*NAMES, "confidence"]].isna().all(axis=None)
    assert columns["name"].tolist() == [""] * 5


def test_stepping_gives_the_rows_of_the_bulk() -> None:
    views, rows = RegimeViews.of(RulesConfig(), HOUR_MS), _rows(800)
    columns = _columns(views, rows)
    state = None

    for number, (a, b, c) in enumerate(rows.tolist()[5:], start=5):
        state, view = views.advance(state, (a, b, c))
        stepped = [view.trending, view.ranging, view.unstable, view.confidence]
        np.testing.assert_allclose(stepped, columns[[*NAMES, "confidence"]].iloc[number], rtol=0, atol=1e-12)
        assert view.name is Regime(columns["name"].iloc[number])
