"""A market by a coin keeps how far prices go, and nothing about where."""

from __future__ import annotations

import numpy as np
import pytest

from weexctl.backtest.coin_toss import nulls, tossed
from weexctl.model.candle import Timeframe
from weexctl.run.market_source import MarketSource, generated_source


@pytest.fixture(scope="module")
def market() -> MarketSource:
    return generated_source(7, ("BTCUSDT", "ETHUSDT"), Timeframe.H1, 4_000)


def moves(market: MarketSource, symbol: str) -> np.ndarray:
    close = market.candles[symbol].close
    return close[1:] / close[:-1] - 1.0


def test_every_move_is_as_large_as_it_was_and_up_or_down_together(market: MarketSource) -> None:
    coin = tossed(market, seed=1)
    turned = {}
    for symbol in market.candles:
        real, made = moves(market, symbol), moves(coin, symbol)
        np.testing.assert_allclose(np.abs(made), np.abs(real), rtol=1e-6, atol=1e-12)
        turned[symbol] = np.sign(made) != np.sign(real)

    assert 0.45 < turned["BTCUSDT"].mean() < 0.55
    assert (turned["BTCUSDT"] == turned["ETHUSDT"])[np.abs(moves(market, "ETHUSDT")) > 1e-6].all()
    assert coin.funding is market.funding
    assert coin.source != market.source


def test_candles_stay_candles_around_the_same_price(market: MarketSource) -> None:
    for symbol, made in tossed(market, seed=2).candles.items():
        real = market.candles[symbol]
        assert (made.high >= np.maximum(made.open, made.close)).all()
        assert (made.low <= np.minimum(made.open, made.close)).all()
        assert (made.low > 0).all()
        assert np.log(made.close).mean() == pytest.approx(np.log(real.close).mean())
        before = np.concatenate([real.open[:1], real.close[:-1]])
        scaled = np.concatenate([made.open[:1], made.close[:-1]])
        np.testing.assert_allclose(
            (made.high - made.low)[1:] / scaled[1:], (real.high - real.low)[1:] / before[1:], rtol=1e-6
        )
        np.testing.assert_array_equal(made.volume, real.volume)
        assert made.synthetic


def test_a_seed_is_one_market_and_another_another(market: MarketSource) -> None:
    digests = [tossed(market, seed=seed).candles["BTCUSDT"].digest() for seed in (3, 3, 4)]

    assert digests[0] == digests[1] != digests[2]


def test_the_next_price_is_expected_to_be_this_one(market: MarketSource) -> None:
    ends = [tossed(market, seed=seed).candles["BTCUSDT"].close for seed in range(200)]
    gains = np.array([close[-1] / close[0] - 1.0 for close in ends])

    assert abs(gains.mean()) < 4 * gains.std() / np.sqrt(len(gains))
    assert gains.std() > 0.05


def test_ratios_without_a_value_are_counted_and_not_averaged() -> None:
    found = nulls([-0.4, None, 0.2, -0.1])

    assert (found.count, found.best, found.above_zero) == (4, 0.2, 1)
    assert found.mean == pytest.approx(-0.1)
    assert nulls([None]).mean is None
