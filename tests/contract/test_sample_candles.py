"""The candles and books that plugins are tried on are possible ones, and the same every time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from weexctl import Timeframe
from weexctl.errors import UsageError
from weexctl.testing import as_candles, columns_of, flat, gapped, random_walk, regimes, trending
from weexctl.testing.sample_books import reducing_intents, sample_books

BUILDERS: dict[str, Callable[[int], pd.DataFrame]] = {
    "random_walk": lambda seed: random_walk(seed, 800),
    "trending": lambda seed: trending(seed, 800),
    "regimes": lambda seed: regimes(seed, 800)[0],
    "gapped": lambda seed: gapped(seed, 800).dropna(),
    "flat": lambda _: flat(800),
}


class Bystander:
    """A plugin that does not look at the market."""

    warmup_candles = 0


@pytest.mark.parametrize("name", BUILDERS)
def test_sample_candles_are_possible_ones(name: str) -> None:
    candles = BUILDERS[name](4)

    assert (candles["high"] >= candles[["open", "close"]].max(axis=1)).all()
    assert (candles["low"] <= candles[["open", "close"]].min(axis=1)).all()
    assert (candles[["open", "high", "low", "close"]] > 0).all(axis=None)
    assert (candles["volume"] >= 0).all()
    assert np.isfinite(candles.to_numpy()).all()
    assert (candles.index.to_series().diff().dropna() % 3_600_000 == 0).all()


@pytest.mark.parametrize("name", ["random_walk", "trending", "regimes", "gapped"])
def test_sample_candles_depend_on_the_seed_and_on_nothing_else(name: str) -> None:
    build = BUILDERS[name]

    assert build(4).equals(build(4))
    assert not build(4)["close"].equals(build(5)["close"])


def test_a_trend_goes_where_its_drift_points() -> None:
    assert trending(1, 500)["close"].iloc[-1] > 120
    assert trending(1, 500, drift=-0.001)["close"].iloc[-1] < 80


def test_gaps_are_where_they_were_asked_for() -> None:
    missing = gapped(1, 1000, every=100, length=2)["close"].isna()

    assert int(missing.sum()) == 20
    assert missing.iloc[98:100].all()


def test_true_regimes_differ_in_the_way_their_names_say() -> None:
    candles, truth = regimes(6, 30_000)
    returns = np.log(candles["close"]).diff()

    spread = returns.groupby(truth).std()
    # Over two days a trend goes further than its candles alone would carry it, the others less far.
    reach = returns.rolling(48).sum().groupby(truth).std() / (spread * np.sqrt(48))

    assert spread["ranging"] < spread["trending"] < spread["unstable"]
    assert reach["trending"] > 1.5
    assert reach["ranging"] < 1.0


def test_a_frame_becomes_candles_marked_synthetic() -> None:
    frame = random_walk(2, 50)

    candles = as_candles(frame, "ETHUSDT", Timeframe.H1)

    assert candles.synthetic
    assert candles.symbol == "ETHUSDT"
    pd.testing.assert_frame_equal(candles.frame(), frame)


def test_a_plugin_that_does_not_look_at_the_market_has_no_columns() -> None:
    columns = columns_of("risk", Bystander(), random_walk(1, 10))

    assert columns.shape == (10, 0)


@pytest.mark.parametrize("kind", ["regime", "policy"])
def test_columns_of_an_unknown_kind_or_an_unfitted_classifier_are_refused(kind: str) -> None:
    class Columned(Bystander):
        def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
            return candles

    with pytest.raises(UsageError):
        columns_of(kind, Columned(), random_walk(1, 10))


def test_sample_books_are_the_same_for_the_same_seed_and_cover_both_sides() -> None:
    first, second = (list(sample_books("risk", Bystander(), seed=3, count=30)) for _ in range(2))

    assert [book.equity for book in first] == [book.equity for book in second]
    assert {held.side for book in first for held in book.positions.values()} == {"long", "short"}
    assert all(intent.reduces for book in first for intent in reducing_intents(book))
    with pytest.raises(TypeError):
        first[0].positions["BTCUSDT"] = None  # type: ignore[index]  # the point of the test
