from __future__ import annotations

import itertools
import random

import pytest

from weexctl.errors import RateLimitedError
from weexctl.exchange.lane import Lane
from weexctl.exchange.rate_limiter import NO_SHARES, SHARES, RateLimiter, Unlimited


class Hours:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.ms = 0.0
        self.slept: list[float] = []

    def now_ms(self) -> float:
        return self.ms

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.ms += seconds * 1000


def limiter_on(hours: Hours, *, max_wait_ms: int = 15_000) -> RateLimiter:
    return RateLimiter(now_ms=hours.now_ms, sleep=hours.sleep, max_wait_ms=max_wait_ms)


def test_requests_within_the_budget_never_wait() -> None:
    hours = Hours()
    limiter = limiter_on(hours)
    for _ in range(45):
        limiter.acquire(10, order=False, lane=Lane.PROTECT)
    assert hours.slept == []


def test_the_request_beyond_the_budget_waits_until_the_oldest_is_ten_seconds_old() -> None:
    hours = Hours()
    limiter = limiter_on(hours)
    limiter.acquire(10, order=False, lane=Lane.PROTECT)
    hours.ms = 4_000
    limiter.acquire(440, order=False, lane=Lane.PROTECT)
    limiter.acquire(10, order=False, lane=Lane.PROTECT)
    assert hours.slept == [6.0]


def test_the_tenth_order_call_of_a_second_waits() -> None:
    hours = Hours()
    limiter = limiter_on(hours)
    for _ in range(9):
        limiter.acquire(1, order=True, lane=Lane.PROTECT)
    limiter.acquire(1, order=False, lane=Lane.PROTECT)
    assert hours.slept == []
    limiter.acquire(1, order=True, lane=Lane.PROTECT)
    assert hours.slept == [1.0]


def test_no_ten_seconds_hold_more_than_the_budget_and_no_second_more_than_nine_orders() -> None:
    hours = Hours()
    limiter = limiter_on(hours)
    chance = random.Random(7)
    passed: list[tuple[float, int, bool]] = []
    for _ in range(2_000):
        hours.ms += chance.choice((0, 0, 0, 13, 170))
        weight, order = chance.choice((1, 5, 40)), chance.random() < 0.5
        limiter.acquire(weight, order=order, lane=chance.choice(list(Lane)))
        passed.append((hours.ms, weight, order))
    for start, (at, _, _) in enumerate(passed):
        window = itertools.takewhile(lambda row, at=at: row[0] < at + 10_000, passed[start:])  # type: ignore[misc]  # mypy cannot see a lambda's default
        assert sum(weight for _, weight, _ in window) <= 450
        second = itertools.takewhile(lambda row, at=at: row[0] < at + 1_000, passed[start:])  # type: ignore[misc]  # as above
        assert sum(order for _, _, order in second) <= 9
    assert hours.slept


def test_a_freeze_holds_everything_back() -> None:
    hours = Hours()
    limiter = limiter_on(hours)
    assert limiter.freeze(3_000) == 3_000
    limiter.acquire(1, order=False, lane=Lane.RECONCILE)
    assert hours.slept == [3.0]


def test_while_frozen_only_what_protects_may_knock_every_five_seconds() -> None:
    hours = Hours()
    limiter = limiter_on(hours)
    limiter.freeze(60_000)
    for _ in range(3):
        limiter.acquire(1, order=True, lane=Lane.PROTECT)
    assert hours.slept == [5.0, 5.0, 5.0]
    for lane in (Lane.RECONCILE, Lane.ENTRY, Lane.RESEARCH):
        with pytest.raises(RateLimitedError):
            limiter.acquire(1, order=False, lane=lane)


def test_after_a_ban_the_knocks_are_half_a_minute_apart() -> None:
    hours = Hours()
    limiter = limiter_on(hours, max_wait_ms=40_000)
    limiter.freeze(300_000, banned=True)
    limiter.acquire(1, order=False, lane=Lane.PROTECT)
    limiter.acquire(1, order=False, lane=Lane.PROTECT)
    assert hours.slept == [30.0, 30.0]


def test_a_freeze_without_a_wish_lasts_ten_seconds_and_each_repeat_doubles_it_up_to_five_minutes() -> None:
    limiter = limiter_on(Hours())
    assert [limiter.freeze(None) for _ in range(7)] == [10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]


def test_strikes_are_forgotten_after_ten_quiet_minutes() -> None:
    hours = Hours()
    limiter = limiter_on(hours)
    limiter.freeze(None)
    hours.ms += 600_001
    assert limiter.freeze(None) == 10_000


def test_the_third_strike_within_ten_minutes_halves_the_budget_and_quiet_gives_it_back() -> None:
    hours = Hours()
    limiter = limiter_on(hours)
    limits = [limiter.weight_limit]
    for _ in range(3):
        limiter.freeze(None)
        limits.append(limiter.weight_limit)
    assert limits == [450, 450, 450, 225]
    hours.ms += 599_999
    assert limiter.weight_limit == 225
    hours.ms += 1
    assert limiter.weight_limit == 270
    hours.ms += 6_000_000
    assert limiter.weight_limit == 450


def test_strikes_far_apart_halve_nothing() -> None:
    hours = Hours()
    limiter = limiter_on(hours)
    for _ in range(12):
        limiter.freeze(None)
        hours.ms += 310_000
        limiter.freeze(None)
        hours.ms += 601_000
    assert limiter.weight_limit == 450


def _spent_at_once(lane: Lane, limiter: RateLimiter, hours: Hours) -> int:
    """How much weight a lane gets without waiting."""
    spent = 0
    while not hours.slept:
        limiter.acquire(5, order=False, lane=lane)
        spent += 0 if hours.slept else 5
    return spent


@pytest.mark.parametrize(
    ("lane", "most"), [(Lane.PROTECT, 450), (Lane.RECONCILE, 270), (Lane.ENTRY, 135), (Lane.RESEARCH, 45)]
)
def test_an_idle_exchange_still_keeps_the_shares_of_the_lanes_above(lane: Lane, most: int) -> None:
    hours = Hours()
    assert _spent_at_once(lane, limiter_on(hours), hours) == most


def test_without_shares_market_data_may_use_everything() -> None:
    hours = Hours()
    limiter = RateLimiter(now_ms=hours.now_ms, sleep=hours.sleep, shares=NO_SHARES)
    assert _spent_at_once(Lane.RESEARCH, limiter, hours) == 450


def test_a_flood_of_research_never_makes_a_stop_wait() -> None:
    hours = Hours()
    limiter = limiter_on(hours, max_wait_ms=10)
    refused = 0
    for _ in range(200):
        try:
            limiter.acquire(5, order=False, lane=Lane.RESEARCH)
        except RateLimitedError:
            refused += 1
    assert refused == 191
    for _ in range(36):
        limiter.acquire(5, order=False, lane=Lane.PROTECT)
    assert hours.slept == []


def test_entries_leave_four_order_calls_a_second_to_exits() -> None:
    hours = Hours()
    limiter = limiter_on(hours, max_wait_ms=10)
    for _ in range(4):
        limiter.acquire(2, order=True, lane=Lane.ENTRY)
    with pytest.raises(RateLimitedError):
        limiter.acquire(2, order=True, lane=Lane.ENTRY)
    for _ in range(5):
        limiter.acquire(2, order=True, lane=Lane.PROTECT)
    assert hours.slept == []


def test_a_request_larger_than_its_lanes_share_passes_an_unused_window() -> None:
    hours = Hours()
    limiter = limiter_on(hours)
    for _ in range(3):
        limiter.freeze(1)
    hours.ms += 1_000
    assert limiter.weight_limit * SHARES[Lane.RESEARCH] < 40
    limiter.acquire(40, order=False, lane=Lane.RESEARCH)
    assert hours.slept == []


def test_a_wait_that_is_too_long_is_refused_at_once() -> None:
    hours = Hours()
    limiter = limiter_on(hours)
    limiter.freeze(60_000)
    with pytest.raises(RateLimitedError, match="nothing was sent") as caught:
        limiter.acquire(1, order=False, lane=Lane.ENTRY)
    assert caught.value.retry_after_ms == 60_000
    assert hours.slept == []


def test_unlimited_passes_everything_and_keeps_the_exchanges_own_wish() -> None:
    limiter = Unlimited()
    limiter.acquire(10_000, order=True, lane=Lane.RESEARCH)
    assert (limiter.freeze(2_000), limiter.freeze(None)) == (2_000, 10_000)
