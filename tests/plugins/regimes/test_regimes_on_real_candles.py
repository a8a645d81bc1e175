"""On real hourly candles the classifiers are fitted, agree with themselves, and do not flicker."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from weexctl_regimes import TwoFactorConfig, offer_regimes
from weexctl_regimes.classifier import model_of
from weexctl_regimes.refitted import agreement
from weexctl_regimes.two_factor_hmm import TwoFactorHmm

pytestmark = pytest.mark.shared_data


@pytest.fixture(scope="module")
def candles(shared_folder: Path) -> pd.DataFrame:
    table = pd.read_csv(shared_folder / "data" / "BTCUSDT-1h.csv.gz", index_col="open_time_ms")
    return table.astype(np.float64).iloc[:20_000]


def test_consecutive_fits_agree_on_common_candles(candles: pd.DataFrame) -> None:
    classifier = TwoFactorHmm(TwoFactorConfig())
    first = classifier.fit(candles.iloc[:-1440], "BTCUSDT")
    second = classifier.fit(candles, "BTCUSDT", first)

    shared = agreement(model_of(first), model_of(second), classifier.features(candles).iloc[-4000:])

    assert (first.status, second.status) == ("fitted", "fitted")
    assert shared >= 0.80


@pytest.mark.parametrize("name", ["two-factor-hmm", "hmm3", "jump"])
def test_a_row_needs_no_more_history_than_the_warmup(name: str, candles: pd.DataFrame) -> None:
    offer = next(offer for offer in offer_regimes() if offer.name == name)
    classifier = offer.build(offer.config(restarts=1))
    artefact = classifier.fit(candles.iloc[:12_000], "BTCUSDT")
    whole = classifier.columns(candles, artefact)
    numbers = whole.columns.drop("name")

    assert artefact.status == "fitted"
    for row in range(12_500, 20_000, 1_500):
        window = classifier.columns(candles.iloc[row - classifier.warmup_candles : row + 1], artefact).iloc[-1]
        np.testing.assert_allclose(
            window[numbers].astype(float),
            whole[numbers].iloc[row].astype(float),
            rtol=1e-6,
            atol=1e-9,
            err_msg=f"row {row}",
        )
        assert window["name"] == whole["name"].iloc[row]


def test_names_change_less_than_once_a_day(candles: pd.DataFrame) -> None:
    classifier = TwoFactorHmm(TwoFactorConfig())
    artefact = classifier.fit(candles.iloc[:12_000], "BTCUSDT")

    names = classifier.columns(candles, artefact)["name"].iloc[12_000:]

    shares = names.value_counts(normalize=True)
    assert (names != names.shift()).mean() * 24 < 1.0
    assert set(shares.index) == {"trending", "ranging", "unstable"}
    assert 0.25 < shares["trending"] < 0.70
