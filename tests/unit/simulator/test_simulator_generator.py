"""The synthetic market: reproducible, consistent, and with the statistics it promises."""

from __future__ import annotations

import numpy as np
import pytest

from weexctl.errors import UsageError
from weexctl.model.candle import COLUMNS, Candles, Timeframe
from weexctl.model.instrument import SYMBOLS
from weexctl.simulator import CONTRACTS, MARKET_START_MS, generate_funding, generate_market
from weexctl.simulator.generator import (
    DWELL_HOURS,
    FUNDING_INTERVAL_MS,
    JUMPS_PER_YEAR,
    RANGING,
    TRENDING,
    _jumps,
    regime_path,
)

COUNT = 13_000
YEAR_HOURS = 8766.0


@pytest.fixture(scope="module")
def market() -> dict[str, Candles]:
    return generate_market(11, count=COUNT)


def test_a_longer_market_begins_with_the_shorter_one(market: dict[str, Candles]) -> None:
    longer = generate_market(11, count=COUNT + 2_345)
    for symbol, candles in market.items():
        for column in ("open_time_ms", *COLUMNS):
            assert np.array_equal(getattr(candles, column), getattr(longer[symbol], column)[:COUNT])


def test_a_longer_market_begins_with_the_shorter_ones_funding(market: dict[str, Candles]) -> None:
    short = generate_funding(11, {symbol: candles.rows(0, 2_000) for symbol, candles in market.items()})
    for symbol, history in generate_funding(11, market).items():
        assert np.array_equal(short[symbol].rate, history.rate[: len(short[symbol].rate)])


def test_fewer_symbols_are_the_same_market_with_columns_left_out(market: dict[str, Candles]) -> None:
    alone = generate_market(11, symbols=("SOLUSDT",), count=COUNT)
    assert alone["SOLUSDT"].digest() == market["SOLUSDT"].digest()


def test_equal_seeds_give_equal_markets_and_others_do_not() -> None:
    digests = {seed: generate_market(seed, count=200)["BTCUSDT"].digest() for seed in (1, 2)}
    assert generate_market(1, count=200)["BTCUSDT"].digest() == digests[1]
    assert digests[1] != digests[2]


def test_every_symbol_is_there_marked_synthetic_from_the_fixed_date(market: dict[str, Candles]) -> None:
    assert tuple(market) == SYMBOLS
    assert all(row.synthetic and row.first_ms == MARKET_START_MS and len(row) == COUNT for row in market.values())


def test_candles_are_consistent_and_on_the_price_step(market: dict[str, Candles]) -> None:
    for symbol, row in market.items():
        assert np.all(row.low <= np.minimum(row.open, row.close))
        assert np.all(row.high >= np.maximum(row.open, row.close))
        assert np.all(row.low > 0)
        assert np.array_equal(row.open[1:], row.close[:-1])
        decimals = CONTRACTS[symbol].price_decimals
        for column in COLUMNS[:4]:
            assert np.array_equal(getattr(row, column), np.round(getattr(row, column), decimals))
        assert np.all(np.isfinite(row.volume) & (row.volume >= 0))


def test_volatility_tails_and_correlation_are_those_of_crypto(market: dict[str, Candles]) -> None:
    returns = np.stack([np.diff(np.log(row.close)) for row in market.values()], axis=1)
    volatility = returns.std(axis=0) * np.sqrt(YEAR_HOURS)
    assert np.all((volatility > 0.45) & (volatility < 1.25))
    centred = returns - returns.mean(axis=0)
    kurtosis = (centred**4).mean(axis=0) / (centred**2).mean(axis=0) ** 2
    assert np.all(kurtosis > 6)
    pairs = np.corrcoef(returns.T)[np.triu_indices(len(market), 1)]
    assert 0.55 < pairs.mean() < 0.75


def test_volatility_clusters_and_volume_rises_with_it(market: dict[str, Candles]) -> None:
    for row in market.values():
        size = np.abs(np.diff(np.log(row.close)))
        assert np.corrcoef(size[1:], size[:-1])[0, 1] > 0.1
        assert np.corrcoef(size, row.volume[1:] * row.close[1:])[0, 1] > 0.3


def test_regimes_stay_for_days_and_come_to_every_kind() -> None:
    path = regime_path(5, 400_000, 1.0)
    lengths = np.bincount(path.episode)
    kinds = path.regime[np.cumsum(lengths) - 1]
    for kind, mean in enumerate(DWELL_HOURS):
        assert lengths[:-1][kinds[:-1] == kind].mean() == pytest.approx(mean, rel=0.1)
    assert np.all(kinds[1:] != kinds[:-1])


def test_prices_drift_in_the_direction_of_a_trend_and_not_elsewhere() -> None:
    market = generate_market(3, count=60_000)
    path = regime_path(3, 60_000, 1.0)
    returns = np.stack([np.diff(np.log(row.close)) for row in market.values()]).mean(axis=0)
    along = returns * path.direction[1:] / returns.std()
    trending = path.regime[1:] == TRENDING
    assert along[trending].mean() > 0.04
    assert abs(along[~trending].mean()) < 0.02


def test_a_range_draws_the_price_back() -> None:
    market = generate_market(3, count=60_000)
    ranging = regime_path(3, 60_000, 1.0).regime == RANGING
    window = 24
    inside = np.convolve(ranging[1:], np.ones(window), "valid") == window
    for row in market.values():
        returns = np.diff(np.log(row.close))
        days = np.convolve(returns, np.ones(window), "valid")[inside]
        # An even walk would have a ratio of one.
        assert days.var() / (window * returns[ranging[1:]].var()) < 0.85


def test_jumps_are_rare_and_never_small() -> None:
    years = 40
    jumps = _jumps(1, [CONTRACTS["BTCUSDT"]], round(years * YEAR_HOURS), np.asarray([0.01]), 1.0)[:, 0]
    hits = jumps[jumps != 0]
    assert len(hits) / years == pytest.approx(JUMPS_PER_YEAR, rel=0.25)
    assert np.abs(hits).min() >= 0.05
    assert 0.3 < (hits > 0).mean() < 0.7


@pytest.mark.parametrize("timeframe", [Timeframe.M15, Timeframe.H4, Timeframe.D1])
def test_other_timeframes_keep_the_annual_volatility(timeframe: Timeframe) -> None:
    row = generate_market(4, symbols=("ETHUSDT",), timeframe=timeframe, count=12_000)["ETHUSDT"]
    per_year = YEAR_HOURS * 3_600_000 / timeframe.ms
    volatility = np.diff(np.log(row.close)).std() * np.sqrt(per_year)
    assert 0.4 < volatility < 1.1


def test_funding_settles_three_times_a_day_at_about_a_basis_point(market: dict[str, Candles]) -> None:
    histories = generate_funding(11, market)
    rates = np.concatenate([row.rate for row in histories.values()])
    assert 0.6e-4 < rates.mean() < 1.4e-4
    assert np.abs(rates).max() <= 3e-3
    for symbol, row in histories.items():
        assert np.all(row.time_ms % FUNDING_INTERVAL_MS == 0)
        assert np.all(np.diff(row.time_ms) == FUNDING_INTERVAL_MS)
        assert row.time_ms[0] > market[symbol].first_ms
        assert row.time_ms[-1] <= market[symbol].last_close_ms


def test_an_unknown_symbol_or_an_empty_market_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown symbol"):
        generate_market(1, symbols=("PEPEUSDT",), count=10)
    with pytest.raises(UsageError, match="at least one candle"):
        generate_market(1, count=0)
