from __future__ import annotations

from collections.abc import Iterator

import pytest

from weexctl.errors import NotSentError, UnavailableError
from weexctl.exchange.server_clock import ServerClock, VenueClock, boot_ms

TRUE_OFFSET_MS = 1_775_000_000_000


class Network:
    """An exchange whose clock is `TRUE_OFFSET_MS` ahead, reached in given trips: milliseconds there and back."""

    def __init__(self, *trips: tuple[float, float]) -> None:
        self.local_ms = 1_000.0
        self.asked = 0
        self.failing = False
        self._trips: Iterator[tuple[float, float]] = iter(trips)
        self._last = (10.0, 10.0)

    def now(self) -> float:
        return self.local_ms

    def fetch(self) -> int:
        self.asked += 1
        if self.failing:
            raise UnavailableError("down")
        self._last = next(self._trips, self._last)
        there, back = self._last
        self.local_ms += there
        server_ms = int(self.local_ms + TRUE_OFFSET_MS)
        self.local_ms += back
        return server_ms

    def clock(self) -> ServerClock:
        return ServerClock(self.fetch, local_ms=self.now, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.local_ms += seconds * 1000


def test_symmetric_trips_give_the_exchanges_time_exactly() -> None:
    network = Network()
    assert network.clock().now_ms() == int(network.local_ms + TRUE_OFFSET_MS)
    assert network.asked == 5


def test_the_error_never_exceeds_the_uncertainty() -> None:
    network = Network((90, 1), (1, 90), (5, 80), (60, 3), (2, 70))
    clock = network.clock()
    error_ms = abs(clock.now_ms() - (network.local_ms + TRUE_OFFSET_MS))
    assert 0 < error_ms <= clock.uncertainty_ms + 1


def test_a_slow_sample_does_not_move_the_clock() -> None:
    network = Network((10, 10), (10, 10), (4_000, 10), (10, 10), (10, 10))
    clock = network.clock()
    assert clock.now_ms() == int(network.local_ms + TRUE_OFFSET_MS)
    assert clock.uncertainty_ms == 10


def test_two_lost_samples_of_five_are_borne() -> None:
    network = Network()
    answers = iter([False, True, False, True, False])

    def fetch() -> int:
        network.failing = next(answers)
        return network.fetch()

    assert ServerClock(fetch, local_ms=network.now).now_ms() == int(network.local_ms + TRUE_OFFSET_MS)


def test_a_third_lost_sample_is_not() -> None:
    network = Network()
    answers = iter([False, True, True, True, False])

    def fetch() -> int:
        network.failing = next(answers)
        return network.fetch()

    with pytest.raises(UnavailableError):
        ServerClock(fetch, local_ms=network.now).now_ms()


def test_a_dead_exchange_is_asked_once_and_not_five_times() -> None:
    network = Network()
    network.failing = True
    with pytest.raises(UnavailableError):
        network.clock().now_ms()
    assert network.asked == 1


def test_uncertainty_grows_by_twenty_millionths_of_the_age() -> None:
    network = Network()
    clock = network.clock()
    clock.sync()
    before_ms = clock.uncertainty_ms
    network.local_ms += 1_000_000
    assert clock.uncertainty_ms - before_ms == pytest.approx(20.0)


def test_it_is_measured_again_after_ten_minutes_and_not_before() -> None:
    network = Network()
    clock = network.clock()
    clock.now_ms()
    network.local_ms += 599_000
    clock.now_ms()
    assert network.asked == 5
    network.local_ms += 1_001
    clock.now_ms()
    assert network.asked == 10


def test_a_failed_new_measurement_keeps_the_old_time() -> None:
    network = Network()
    clock = network.clock()
    clock.now_ms()
    network.failing = True
    network.local_ms += 700_000
    assert clock.now_ms() == int(network.local_ms + TRUE_OFFSET_MS)


def test_signing_stops_when_the_time_is_known_only_to_within_five_seconds() -> None:
    network = Network()
    clock = network.clock()
    clock.now_ms()
    network.failing = True
    network.local_ms += 4_900 / 20e-6
    clock.signing_time_ms()
    network.local_ms += 200 / 20e-6
    with pytest.raises(NotSentError, match="nothing was sent") as caught:
        clock.signing_time_ms()
    assert caught.value.code == "CLOCK_UNCERTAIN"


def test_a_stale_clock_is_measured_again_at_once() -> None:
    network = Network()
    clock = network.clock()
    clock.now_ms()
    clock.mark_stale()
    clock.signing_time_ms()
    assert network.asked == 10


def test_sleeping_lets_the_clock_move() -> None:
    network = Network()
    clock = network.clock()
    before_ms = clock.now_ms()
    clock.sleep_ms(2_500)
    assert clock.now_ms() - before_ms == 2_500


def test_a_venue_that_owns_its_clock_is_believed() -> None:
    clock = VenueClock(Network().clock())
    clock.mark_stale()
    assert clock.signing_time_ms() > TRUE_OFFSET_MS


def test_the_local_clock_never_runs_backwards() -> None:
    readings = [boot_ms() for _ in range(100)]
    assert readings == sorted(readings)


def test_a_local_clock_that_seems_to_run_back_is_no_error() -> None:
    network = Network((10, -30), (10, 10), (10, 10), (10, 10), (10, 10))
    error_ms = abs(network.clock().now_ms() - (network.local_ms + TRUE_OFFSET_MS))
    assert error_ms <= 30
