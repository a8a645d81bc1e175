"""Entries spaced out: the queue of a day, rests after exits, and losing streaks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.plugins.books import HOUR_MS, NOW_MS, make_book, make_position, make_signal, make_trade
from weexctl import SYMBOLS, Book, RiskPolicy
from weexctl_risk import TradeClusteringConfig, build_trade_clustering
from weexctl_risk.trade_clustering import streak_threshold

EVERYONE = {symbol: make_signal(1) for symbol in SYMBOLS}


def multipliers(book: Book, **settings: float) -> list[float]:
    policy = build_trade_clustering(TradeClusteringConfig.model_validate(settings))
    return [policy.assess(book, symbol).multiplier for symbol in book.symbols]


def test_only_the_first_symbols_of_the_queue_may_open() -> None:
    assert isinstance(build_trade_clustering(TradeClusteringConfig()), RiskPolicy)
    assert multipliers(make_book(signals=EVERYONE), max_entries_per_day=3) == [1, 1, 1, 0, 0, 0, 0, 0]


def test_entries_of_the_last_day_count_and_older_ones_do_not() -> None:
    moments = (NOW_MS - 24 * HOUR_MS, NOW_MS - 24 * HOUR_MS + 1, NOW_MS - HOUR_MS)
    book = make_book(signals=EVERYONE, entries_ms=moments)

    assert multipliers(book, max_entries_per_day=3) == [1, 0, 0, 0, 0, 0, 0, 0]


def test_only_symbols_that_wish_to_enter_stand_in_the_queue() -> None:
    signals = EVERYONE | {"BTCUSDT": make_signal(0), "ETHUSDT": make_signal(1, entry=False)}
    book = make_book(signals=signals, positions={"SOLUSDT": make_position(symbol="SOLUSDT")})

    assert multipliers(book, max_entries_per_day=2) == [1, 1, 1, 1, 1, 0, 0, 0]


def test_a_held_position_is_never_touched() -> None:
    moments = tuple(NOW_MS - hour * HOUR_MS for hour in range(20, 0, -1))
    trades = tuple(make_trade("BTCUSDT", -1.0, hours_ago=hours) for hours in range(30, 0, -1))
    book = make_book(
        signals=EVERYONE,
        positions={"BTCUSDT": make_position()},
        entries_ms=moments,
        trades=trades,
        suspended_until_ms=1,
    )

    assert multipliers(book) == [1, 0, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(("reason", "hours"), [("STOP_HIT", 24), ("EXCHANGE_CLOSE", 24), ("TIME_LIMIT", 6)])
def test_a_symbol_rests_after_its_exit(reason: str, hours: int) -> None:
    policy = build_trade_clustering(TradeClusteringConfig(cooldown_hours=24))
    tired, rested = (
        policy.assess(
            make_book(signals=EVERYONE, trades=(make_trade("BTCUSDT", 5.0, hours_ago=ago, reason=reason),)), "BTCUSDT"
        )
        for ago in (hours - 1, hours)
    )

    assert (tired.multiplier, tired.code, tired.reason) == (0.0, "COOLDOWN", "rests 1 h more after its exit")
    assert tired.cooldown_until_ms == NOW_MS + HOUR_MS
    assert (rested.multiplier, rested.cooldown_until_ms) == (1.0, None)


def test_a_later_exit_does_not_shorten_the_rest_after_a_stop() -> None:
    trades = (
        make_trade("BTCUSDT", -5.0, hours_ago=10),
        make_trade("BTCUSDT", 5.0, hours_ago=7, reason="TIME_LIMIT"),
    )

    assert multipliers(make_book(signals=EVERYONE, trades=trades))[0] == 0


def test_the_rest_of_one_symbol_neither_stops_the_others_nor_costs_them_a_place() -> None:
    book = make_book(signals=EVERYONE, trades=(make_trade("BTCUSDT", -5.0, hours_ago=1),))

    rested = make_book(signals=EVERYONE, trades=(make_trade("BTCUSDT", -5.0, hours_ago=24),))

    assert multipliers(book, max_entries_per_day=3) == [0, 1, 1, 1, 0, 0, 0, 0]
    assert multipliers(rested, max_entries_per_day=3) == [1, 1, 1, 0, 0, 0, 0, 0]


def test_a_streak_that_chance_does_not_explain_suspends_everything() -> None:
    losses = tuple(make_trade("LTCUSDT", -1.0, hours_ago=ago, reason="TIME_LIMIT") for ago in range(16 + 7, 7, -1))
    policy = build_trade_clustering(TradeClusteringConfig())
    decision = policy.assess(make_book(signals=EVERYONE, trades=losses), "BTCUSDT")

    assert (decision.multiplier, decision.code) == (0.0, "LOSING_STREAK")
    assert decision.suspend_until_ms == losses[-1].closed_ms + 24 * HOUR_MS


@pytest.mark.parametrize(
    ("losses", "newest_pnl", "hours_ago"),
    [(15, -1.0, 8), (30, 1.0, 8), (30, 0.0, 8), (30, -1.0, 24)],
    ids=["short", "won", "even", "long ago"],
)
def test_other_streaks_suspend_nothing(losses: int, newest_pnl: float, hours_ago: int) -> None:
    older = tuple(make_trade("LTCUSDT", -1.0, hours_ago=hours_ago + ago) for ago in range(losses - 1, 0, -1))
    trades = (*older, make_trade("LTCUSDT", newest_pnl, hours_ago=hours_ago))
    policy = build_trade_clustering(TradeClusteringConfig())

    assert policy.assess(make_book(signals=EVERYONE, trades=trades), "BTCUSDT").multiplier == 1.0


@pytest.mark.parametrize(("loss_probability", "trades", "threshold"), [(0.65, 100, 16), (0.5, 100, 10), (0.45, 100, 9)])
def test_the_threshold_respects_how_often_a_rule_loses(loss_probability: float, trades: int, threshold: int) -> None:
    assert streak_threshold(loss_probability, trades) == threshold


def test_a_healthy_rule_rarely_exceeds_the_threshold() -> None:
    def chance_of_run(run: int, trades: int, loss: float) -> float:
        """Exact probability of a run of losses of at least this length, by the length of the current one."""
        current = [1.0] + [0.0] * (run - 1)
        for _ in range(trades):
            current = [(1 - loss) * sum(current), *(loss * share for share in current[:-1])]
        return 1 - sum(current)

    threshold = streak_threshold(0.65, 100)
    assert chance_of_run(threshold, 100, 0.65) < 0.05 < chance_of_run(threshold - 2, 100, 0.65)


@given(
    st.lists(st.sampled_from([-1, 0, 1]), min_size=8, max_size=8),
    st.lists(st.booleans(), min_size=8, max_size=8),
    st.sets(st.sampled_from(SYMBOLS)),
    st.integers(0, 6),
    st.integers(1, 6),
)
def test_the_day_never_sees_more_entries_than_its_limit(
    direction: list[int], entry: list[bool], held: set[str], recent: int, limit: int
) -> None:
    signals = {s: make_signal(d, entry=e) for s, d, e in zip(SYMBOLS, direction, entry, strict=True)}
    positions = {symbol: make_position(symbol=symbol) for symbol in held}
    book = make_book(signals=signals, positions=positions, entries_ms=(NOW_MS - HOUR_MS,) * recent)
    answers = multipliers(book, max_entries_per_day=limit)
    opening = [
        answer
        for symbol, answer in zip(SYMBOLS, answers, strict=True)
        if symbol not in held and signals[symbol].entry and signals[symbol].direction
    ]

    assert set(answers) <= {0.0, 1.0}
    assert recent + sum(opening) <= max(limit, recent)


def test_a_limit_of_no_entries_is_refused() -> None:
    with pytest.raises(ValidationError):
        TradeClusteringConfig(max_entries_per_day=0)
