"""The front door: an exchange, ready to be asked."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx

from weexctl.exchange.base_url import DEFAULT_BASE_URL
from weexctl.exchange.rate_limiter import Limiter
from weexctl.exchange.server_clock import ServerClock, VenueClock, boot_ms
from weexctl.exchange.signing import Credentials
from weexctl.exchange.transport import Transport, WireTrace
from weexctl.exchange.v3 import WeexV3
from weexctl.exchange.v3_market import fetch_server_time
from weexctl.ports import Clock

__all__ = ["connect"]


def connect(
    base_url: str = DEFAULT_BASE_URL,
    credentials: Credentials | None = None,
    *,
    transport: httpx.BaseTransport | None = None,
    clock: Clock | None = None,
    limiter: Limiter | None = None,
    sleep: Callable[[float], None] = time.sleep,
    local_ms: Callable[[], float] = boot_ms,
    on_exchange: Callable[[WireTrace], None] | None = None,
) -> WeexV3:
    """WEEX through its V3 API. Nothing is sent and no connection is opened before the first call.

    Args:
        base_url: WEEX itself, or a loopback address.
        credentials: without them only public data can be read.
        transport: stands in for the network: `httpx.MockTransport(simulator.handle)`.
        clock: the venue's own clock, as a simulator has it. Without it the exchange is asked for its time.
        limiter: a shared `RateLimiter`, or `Unlimited()` for a simulator in process. Without it a new one.
        sleep: lets time pass, seconds.
        local_ms: a clock that never jumps, milliseconds.
        on_exchange: told about every attempt on the wire, without headers.

    Raises:
        ConfigError: the base URL is neither WEEX nor loopback.
    """
    wire = Transport(
        base_url,
        credentials,
        transport=transport,
        limiter=limiter,
        sleep=sleep,
        local_ms=local_ms,
        on_exchange=on_exchange,
    )
    if clock is not None:
        wire.clock = VenueClock(clock)
        return WeexV3(wire, clock)
    measured = ServerClock(lambda: fetch_server_time(wire), local_ms=local_ms, sleep=sleep)
    wire.clock = measured
    return WeexV3(wire, measured)
