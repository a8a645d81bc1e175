"""The exchange's time, measured, and how sure we are of it. The wall clock of this machine is never used.

Method and numbers: reliability 6.9.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from weexctl.errors import ExchangeError, NotSentError
from weexctl.ports import Clock

__all__ = ["ServerClock", "SigningClock", "VenueClock", "boot_ms"]

SAMPLES = 5
MIN_SAMPLES = 3
DRIFT = 20e-6
"""How fast an ordinary quartz clock may run away: 20 parts per million."""
MAX_UNCERTAINTY_MS = 5_000
REFRESH_MS = 600_000


# Linux counts time asleep in CLOCK_BOOTTIME only, macOS in CLOCK_MONOTONIC, Windows in `time.monotonic`.
_CLOCK_ID: int | None = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))


def boot_ms() -> float:
    """Milliseconds since some moment before the start, time asleep included; never set by anybody."""
    return time.monotonic() * 1000 if _CLOCK_ID is None else time.clock_gettime_ns(_CLOCK_ID) / 1e6


class SigningClock(Protocol):
    """What the transport asks before it signs."""

    def signing_time_ms(self) -> int:
        """The exchange's time, good enough to sign with."""
        ...

    def mark_stale(self) -> None:
        """The exchange refused our time: measure again before the next use."""
        ...


class VenueClock:
    """A clock that is the venue's own, as the simulator's is: nothing to measure."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def signing_time_ms(self) -> int:
        """The venue's time."""
        return self._clock.now_ms()

    def mark_stale(self) -> None:
        """Nothing: there is no better time than this one."""


@dataclass(frozen=True, slots=True)
class _Sample:
    offset_ms: float
    round_trip_ms: float


class ServerClock:
    """A clock set by the exchange's own and carried on by one that nobody sets.

    The offset is the median of five samples, of which those with a round trip above twice the best are dropped.
    It is measured at first use, every ten minutes and after `mark_stale`.

    Args:
        fetch_ms: asks the exchange for its time, UTC milliseconds; may raise an `ExchangeError`.
        local_ms: a clock that never jumps, milliseconds.
        sleep: lets time pass, seconds.
    """

    def __init__(
        self,
        fetch_ms: Callable[[], int],
        *,
        local_ms: Callable[[], float] = boot_ms,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._fetch_ms = fetch_ms
        self._local_ms = local_ms
        self._sleep = sleep
        self._offset_ms = 0.0
        self._half_trip_ms = 0.0
        self._measured_ms: float | None = None
        self._due_ms = 0.0
        self._lock = threading.RLock()

    def now_ms(self) -> int:
        """The exchange's time, UTC milliseconds.

        Raises:
            ExchangeError: it was never measured and cannot be now.
        """
        with self._lock:
            local_ms = self._local_ms()
            if self._measured_ms is None:
                self.sync()
            elif local_ms >= self._due_ms:
                self._refresh(local_ms)
            return int(self._local_ms() + self._offset_ms)

    def sleep_ms(self, duration_ms: int) -> None:
        """Let time pass."""
        self._sleep(duration_ms / 1000)

    @property
    def uncertainty_ms(self) -> float:
        """How far `now_ms` may be off: half a round trip, and 20 ppm of the time since the last measurement."""
        if self._measured_ms is None:
            return float("inf")
        return self._half_trip_ms + DRIFT * (self._local_ms() - self._measured_ms)

    def signing_time_ms(self) -> int:
        """The time a request is signed with.

        Raises:
            NotSentError: the time is not known to within 5 s; nothing was sent.
        """
        now_ms = self.now_ms()
        if self.uncertainty_ms > MAX_UNCERTAINTY_MS:
            raise NotSentError(
                f"the exchange's time is known only to within {self.uncertainty_ms / 1000:.0f} s; nothing was sent",
                hint="check the network: `weexctl test-connection` measures the time again",
                code="CLOCK_UNCERTAIN",
            )
        return now_ms

    def mark_stale(self) -> None:
        """Measure again before the next use."""
        with self._lock:
            self._due_ms = float("-inf")

    def sync(self) -> None:
        """Measure the offset now.

        Raises:
            ExchangeError: fewer than three of the five samples came back.
        """
        with self._lock:
            samples = self._samples()
            best_ms = min(sample.round_trip_ms for sample in samples)
            kept = [sample for sample in samples if sample.round_trip_ms <= 2 * best_ms]
            self._offset_ms = statistics.median(sample.offset_ms for sample in kept)
            self._half_trip_ms = max(sample.round_trip_ms for sample in kept) / 2
            self._measured_ms = self._local_ms()
            self._due_ms = self._measured_ms + REFRESH_MS

    def _refresh(self, local_ms: float) -> None:
        try:
            self.sync()
        except ExchangeError:
            # The old offset still holds, less and less surely; `signing_time_ms` says when it no longer does.
            self._due_ms = local_ms + REFRESH_MS / 10

    def _samples(self) -> list[_Sample]:
        samples: list[_Sample] = []
        failures: list[ExchangeError] = []
        while len(samples) + len(failures) < SAMPLES:
            try:
                samples.append(self._sample())
            except ExchangeError as error:
                failures.append(error)
                if len(failures) > SAMPLES - MIN_SAMPLES or not samples:
                    raise
        return samples

    def _sample(self) -> _Sample:
        before_ms = self._local_ms()
        server_ms = self._fetch_ms()
        after_ms = self._local_ms()
        # A clock that was read late once may seem to run back.
        return _Sample(server_ms - (before_ms + after_ms) / 2, max(0.0, after_ms - before_ms))
