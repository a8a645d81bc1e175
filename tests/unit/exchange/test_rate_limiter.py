from __future__ import annotations

import itertools
import random

import pytest

from weexctl.errors import RateLimitedError
from weexctl.exchange.rate_limiter import RateLimiter, Unlimited


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
        limiter.acquire(10, order=False)
    assert hours.slept == []


def test_the_request_beyond_the_budget_waits_until_the_oldest_is_ten_seconds_old() -> None:
    hours = Hours()
    limiter = limiter_on(hours)
    limiter.acquire(10, order=False)
    hours.ms = 4_000
    limiter.acquire(440, order=False)
    limiter.acquire(10, order=False)
    assert hours.slept == [6.0]


def test_the_tenth_order_call_of_a_second_waits() -> None:
    hours = Hours()
    limiter = limiter_on(hours)
    for _ in range(9):
        limiter.acquire(1, order=True)
    limiter.acquire(1, order=False)
    assert hours.slept == []
    limiter.acquire(1, order=True)
    assert hours.slept == [1.0]


def test_no_ten_seconds_hold_more_than_the_budget_and_no_second_more_than_nine_orders() -> None:
    hours = Hours()
    limiter = limiter_on(hours)
    chance = random.Random(7)
    passed: list[tuple[float, int, bool]] = []
    for _ in range(2_000):
        hours.ms += chance.choice((0, 0, 0, 13, 170))
        weight, order = chance.choice((1, 5, 40)), chance.random() < 0.5
        limiter.acquire(weight, order=order)
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
    limiter.acquire(1, order=False)
    assert hours.slept == [3.0]


def test_a_freeze_without_a_wish_lasts_ten_seconds_and_each_repeat_doubles_it_up_to_five_minutes() -> None:
    limiter = limiter_on(Hours())
    assert [limiter.freeze(None) for _ in range(7)] == [10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]


def test_strikes_are_forgotten_after_ten_quiet_minutes() -> None:
    hours = Hours()
    limiter = limiter_on(hours)
    limiter.freeze(None)
    hours.ms += 600_001
    assert limiter.freeze(None) == 10_000


def test_a_wait_that_is_too_long_is_refused_at_once() -> None:
    hours = Hours()
    limiter = limiter_on(hours)
    limiter.freeze(60_000)
    with pytest.raises(RateLimitedError, match="nothing was sent") as caught:
        limiter.acquire(1, order=False)
    assert caught.value.retry_after_ms == 60_000
    assert hours.slept == []


def test_unlimited_passes_everything_and_keeps_the_exchanges_own_wish() -> None:
    limiter = Unlimited()
    limiter.acquire(10_000, order=True)
    assert (limiter.freeze(2_000), limiter.freeze(None)) == (2_000, 10_000)
