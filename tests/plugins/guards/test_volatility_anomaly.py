"""The guard against extreme moves: what it sees, whom it stops, and for how long."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from tests.plugins.books import HOUR_MS, NOW_MS, make_book, make_intent, make_row
from tests.plugins.frames import frame_of, mirrored_returns, walk
from weexctl import SYMBOLS, Book, Guard, GuardAction, PositionSide, Row
from weexctl.ports import MarketColumns
from weexctl_guards import VolatilityAnomalyConfig, build_volatility_anomaly
from weexctl_guards.volatility_anomaly import VolatilityAnomaly

LONG, SHORT = PositionSide.LONG, PositionSide.SHORT


def guard(**settings: float) -> VolatilityAnomaly:
    built = build_volatility_anomaly(VolatilityAnomalyConfig.model_validate(settings))
    assert isinstance(built, VolatilityAnomaly)
    return built


def calm_then(move: float, *, rows: int = 300) -> pd.DataFrame:
    """Closes that alternate by 0.5 %, then one log return of `move`, then the ripple again."""
    returns = np.where(np.arange(rows + 30) % 2 == 0, 0.005, -0.005)
    returns[rows] = move
    return frame_of(100 * np.exp(np.cumsum(returns)))


def rows_with(**until: list[str]) -> dict[str, Row]:
    """Rows of every symbol in which the named moves count for two more hours."""
    names = ("up_until_ms", "down_until_ms", "shock_until_ms")
    return {s: make_row(**{n: NOW_MS + 2 * HOUR_MS if s in until.get(n, []) else 0 for n in names}) for s in SYMBOLS}


def action(book: Book, side: PositionSide = LONG) -> GuardAction:
    return guard().review(make_intent(side), book).action


def test_its_warm_up_covers_every_window_behind_a_day_of_shock() -> None:
    assert guard().warmup_candles == 2160 + 720 + 24


def test_it_is_a_guard_with_market_columns() -> None:
    assert isinstance(guard(), Guard)
    assert isinstance(guard(), MarketColumns)


@pytest.mark.parametrize(("deviations", "level"), [(5.0, 0), (7.0, 1), (-7.0, 1), (11.0, 2), (-11.0, 2)])
def test_a_move_counts_in_robust_deviations_of_the_week_before_it(deviations: float, level: int) -> None:
    move = deviations * 1.4826 * 0.005
    # The other detectors are moved out of the way: this is about the return alone.
    row = guard(range_multiple=1e6).columns(calm_then(move)).iloc[300]

    assert row["z"] == pytest.approx(deviations)
    assert (row["level"], row["move"]) == (level, math.copysign(1, deviations))


def test_a_caution_counts_for_six_hours_and_a_shock_for_a_day() -> None:
    candles = calm_then(-11 * 1.4826 * 0.005)
    columns = guard(range_multiple=1e6).columns(candles)
    close_ms = int(candles.index[300]) + HOUR_MS

    assert columns["down_until_ms"].iloc[300] == close_ms + 6 * HOUR_MS
    assert columns["shock_until_ms"].iloc[300] == close_ms + 24 * HOUR_MS
    assert (columns["down_until_ms"] > 0).sum() == 6
    assert (columns["shock_until_ms"] > 0).sum() == 24
    assert not columns["up_until_ms"].any()


def test_a_candle_far_larger_than_the_average_before_it_is_a_caution() -> None:
    candles = calm_then(0.005)
    candles.loc[candles.index[300], "high"] *= 1.04

    assert guard().columns(candles)["level"].iloc[300] == 1
    assert guard().columns(calm_then(0.005))["level"].iloc[300] == 0


def test_a_candle_is_held_against_the_average_range_before_it() -> None:
    candles = calm_then(0.005)
    before = float(np.log((candles["high"] / candles["low"]).to_numpy()[250:300]).mean())
    candles.loc[candles.index[300], "high"] = candles["low"].iloc[300] * math.exp(4.2 * before)

    # Were the candle part of its own average, 4.2 ranges would count as 3.4.
    assert guard().columns(candles)["level"].iloc[300] == 1


def test_a_wild_candle_that_ends_where_it_began_counts_against_nobody() -> None:
    candles = calm_then(0.0)
    candles.loc[candles.index[300], "high"] *= 1.05
    row = guard().columns(candles).iloc[300]

    assert (row["level"], row["move"], row["up_until_ms"], row["down_until_ms"]) == (1, 0, 0, 0)


def test_unusual_volume_needs_a_large_move_beside_it() -> None:
    rng = np.random.default_rng(31)
    volume = 1_000 * np.exp(0.3 * rng.standard_normal(630))
    volume[600] = 1_000 * math.exp(3)
    quiet, moved = calm_then(0.005, rows=600), calm_then(4 * 1.4826 * 0.005, rows=600)
    watch = guard(range_multiple=1e6)

    assert watch.columns(quiet.assign(volume=volume))["level"].iloc[600] == 0
    assert watch.columns(moved)["level"].iloc[600] == 0
    assert watch.columns(moved.assign(volume=volume))["level"].iloc[600] == 1


@pytest.mark.parametrize(("louder", "level"), [(1.0, 0), (2.5, 1)])
def test_volatility_that_expands_as_rarely_before_is_a_caution(louder: float, level: int) -> None:
    returns = np.where(np.arange(1_000) % 2 == 0, 0.005, -0.005) * (1 + 0.2 * np.sin(np.arange(1_000)))
    returns[-6:] *= louder
    row = guard(range_multiple=1e6).columns(frame_of(100 * np.exp(np.cumsum(returns)))).iloc[-1]

    assert abs(row["z"]) < 6
    assert row["level"] == level


def test_nothing_is_seen_in_a_market_without_movement_or_volume() -> None:
    candles = frame_of(np.full(400, 100.0), np.zeros(400))
    candles[["high", "low"]] = 100.0

    assert set(guard().columns(candles)["level"]) == {0}


def test_mirrored_returns_give_the_mirrored_columns() -> None:
    candles = walk(32, 6_000)
    columns, turned = guard().columns(candles), guard().columns(mirrored_returns(candles))

    assert {0, 1, 2} == set(columns["level"])
    pd.testing.assert_series_equal(turned["level"], columns["level"])
    pd.testing.assert_series_equal(turned["up_until_ms"], columns["down_until_ms"], check_names=False)
    pd.testing.assert_series_equal(turned["down_until_ms"], columns["up_until_ms"], check_names=False)
    pd.testing.assert_series_equal(turned["shock_until_ms"], columns["shock_until_ms"])


def test_later_candles_change_no_earlier_anomaly() -> None:
    candles = walk(33, 1_200)
    poisoned = candles.copy()
    poisoned.iloc[900:] *= np.linspace(1, 3, 300)[:, None]

    pd.testing.assert_frame_equal(guard().columns(poisoned).iloc[:900], guard().columns(candles).iloc[:900])


def test_after_its_warm_up_an_anomaly_does_not_depend_on_where_the_frame_starts() -> None:
    candles, watch = walk(34, 4_000), guard()
    columns = watch.columns(candles)

    for last in range(3_000, 4_000, 199):
        window = watch.columns(candles.iloc[last - watch.warmup_candles : last + 1])
        pd.testing.assert_series_equal(window.iloc[-1], columns.iloc[last], rtol=1e-6)


def test_a_move_stops_entries_against_it_and_no_others() -> None:
    book = make_book(rows=rows_with(down_until_ms=["BTCUSDT"]))
    verdict = guard().review(make_intent(LONG), book)

    assert (verdict.action, verdict.code) == (GuardAction.DENY, "ADVERSE_MOVE")
    assert verdict.expires_ms == NOW_MS + 2 * HOUR_MS
    assert action(book, SHORT) is GuardAction.ALLOW


def test_a_shock_stops_entries_both_ways() -> None:
    book = make_book(rows=rows_with(shock_until_ms=["BTCUSDT"]))

    assert guard().review(make_intent(LONG), book).code == "SHOCK"
    assert guard().review(make_intent(SHORT), book).code == "SHOCK"


def test_what_is_over_stops_nothing() -> None:
    rows = rows_with(down_until_ms=list(SYMBOLS), shock_until_ms=list(SYMBOLS))

    assert action(make_book(rows=rows, now_ms=NOW_MS + 2 * HOUR_MS)) is GuardAction.ALLOW


@pytest.mark.parametrize(("side", "column"), [(LONG, "down_until_ms"), (SHORT, "up_until_ms")])
def test_a_third_of_the_symbols_moving_against_a_side_stops_it_everywhere(side: PositionSide, column: str) -> None:
    two, three = (make_book(rows=rows_with(**{column: list(SYMBOLS[-n:])})) for n in (2, 3))
    verdict = guard().review(make_intent(side), three)

    assert action(two, side) is GuardAction.ALLOW
    assert (verdict.action, verdict.code) == (GuardAction.REDUCE_ONLY, "BOOK_SHOCK")
    assert action(three, LONG if side is SHORT else SHORT) is GuardAction.ALLOW


def test_a_third_of_six_symbols_is_two() -> None:
    rows = rows_with(down_until_ms=["XRPUSDT", "ADAUSDT"])
    book = make_book(symbols=SYMBOLS[:6], rows={symbol: rows[symbol] for symbol in SYMBOLS[:6]})

    assert action(book) is GuardAction.REDUCE_ONLY


def test_a_single_other_symbol_is_no_book() -> None:
    rows = rows_with(down_until_ms=["ETHUSDT"])
    book = make_book(symbols=SYMBOLS[:2], rows={symbol: rows[symbol] for symbol in SYMBOLS[:2]})

    assert action(book) is GuardAction.ALLOW


def test_a_move_of_the_whole_book_lasts_until_too_few_symbols_are_left() -> None:
    ends = dict(zip(SYMBOLS[1:], (1, 2, 3, 4), strict=False))
    rows = {
        s: make_row(up_until_ms=0, shock_until_ms=0, down_until_ms=NOW_MS + ends[s] * HOUR_MS if s in ends else 0)
        for s in SYMBOLS
    }

    assert guard().review(make_intent(LONG), make_book(rows=rows)).expires_ms == NOW_MS + 2 * HOUR_MS


def test_an_order_that_reduces_always_passes() -> None:
    everything = rows_with(down_until_ms=list(SYMBOLS), up_until_ms=list(SYMBOLS), shock_until_ms=list(SYMBOLS))

    assert guard().review(make_intent(LONG, reduces=True), make_book(rows=everything)).action is GuardAction.ALLOW
    assert guard().review(make_intent(LONG, reduces=True), make_book()).action is GuardAction.ALLOW


def test_a_symbol_without_columns_takes_no_entry() -> None:
    assert guard().review(make_intent(), make_book()).code == "ANOMALY_UNKNOWN"


def test_the_levels_have_to_be_in_order() -> None:
    with pytest.raises(ValidationError, match="level1_z has to be below level2_z"):
        VolatilityAnomalyConfig(level1_z=8, level2_z=8)
