"""The front door: an exchange, ready to be asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal, TypedDict, Unpack, overload

import httpx

from weexctl.errors import ConfigError
from weexctl.exchange import v2_market, v3_market
from weexctl.exchange.base_url import DEFAULT_BASE_URL
from weexctl.exchange.rate_limiter import NO_SHARES, Limiter, RateLimiter
from weexctl.exchange.server_clock import ServerClock, VenueClock, boot_ms
from weexctl.exchange.signing import Credentials
from weexctl.exchange.transport import Transport, WireTrace
from weexctl.exchange.v2 import WeexV2
from weexctl.exchange.v2_errors import V2_ERRORS
from weexctl.exchange.v3 import WeexV3
from weexctl.exchange.v3_demo import WeexV3Demo
from weexctl.exchange.v3_errors import V3_ERRORS
from weexctl.ports import Clock

__all__ = ["Api", "Wiring", "connect"]

Api = Literal["v3", "v2"]


class Wiring(TypedDict, total=False):
    """What stands between the client and the exchange; whatever is left out is the real thing."""

    transport: httpx.BaseTransport | None
    """Stands in for the network: `httpx.MockTransport(simulator.handle)`."""
    clock: Clock | None
    """The venue's own clock, as a simulator has it. Without it the exchange is asked for its time."""
    limiter: Limiter | None
    """A shared `RateLimiter`, or `Unlimited()` for a simulator in process. Without it a new one."""
    sleep: Callable[[float], None]
    """Lets time pass, seconds."""
    local_ms: Callable[[], float]
    """A clock that never jumps, milliseconds."""
    on_exchange: Callable[[WireTrace], None] | None
    """Told about every attempt on the wire, without headers."""
    timeout_s: float | None
    """Longest wait for one answer; caps every endpoint's own deadline."""


@overload
def connect(
    base_url: str = ...,
    credentials: Credentials | None = ...,
    *,
    api: Literal["v3"] = ...,
    demo: Literal[False] = ...,
    **wiring: Unpack[Wiring],
) -> WeexV3: ...
@overload
def connect(
    base_url: str = ..., credentials: Credentials | None = ..., *, api: Literal["v2"], **wiring: Unpack[Wiring]
) -> WeexV2: ...
@overload
def connect(
    base_url: str = ...,
    credentials: Credentials | None = ...,
    *,
    api: Literal["v3"] = ...,
    demo: Literal[True],
    **wiring: Unpack[Wiring],
) -> WeexV3Demo: ...
@overload
def connect(
    base_url: str = ...,
    credentials: Credentials | None = ...,
    *,
    api: Api = ...,
    demo: bool = ...,
    **wiring: Unpack[Wiring],
) -> WeexV3 | WeexV2 | WeexV3Demo: ...
def connect(
    base_url: str = DEFAULT_BASE_URL,
    credentials: Credentials | None = None,
    *,
    api: Api = "v3",
    demo: bool = False,
    **wiring: Unpack[Wiring],
) -> WeexV3 | WeexV2 | WeexV3Demo:
    """WEEX in neutral words. Nothing is sent and no connection is opened before the first call.

    Args:
        base_url: WEEX itself, or a loopback address.
        credentials: without them only public data can be read.
        api: the generation of the API that is spoken.
        demo: WEEX's own demo account instead of the real one; V3 only.
        **wiring: see `Wiring`.

    Raises:
        ConfigError: the base URL is neither WEEX nor loopback, or a demo account was asked for through V2.
    """
    if demo and api == "v2":
        raise ConfigError(
            "WEEX has no demo account in V2; nothing was sent",
            hint='set `api = "v3"` under [venue] in the profile',
            code="NO_DEMO",
        )
    v2 = api == "v2"
    wire = _transport(base_url, credentials, v2, wiring)
    clock = wiring.get("clock")
    if clock is not None:
        wire.clock = VenueClock(clock)
    else:
        clock = wire.clock = _measured(wire, v2, wiring)
    if v2:
        return WeexV2(wire, clock)
    return WeexV3Demo(wire, clock) if demo else WeexV3(wire, clock)


def _transport(base_url: str, credentials: Credentials | None, v2: bool, wiring: Wiring) -> Transport:
    sleep, local_ms = wiring.get("sleep", time.sleep), wiring.get("local_ms", boot_ms)
    limiter = wiring.get("limiter")
    if limiter is None and credentials is None:
        limiter = RateLimiter(now_ms=local_ms, sleep=sleep, shares=NO_SHARES)
    return Transport(
        base_url,
        credentials,
        transport=wiring.get("transport"),
        limiter=limiter,
        sleep=sleep,
        local_ms=local_ms,
        on_exchange=wiring.get("on_exchange"),
        timeout_s=wiring.get("timeout_s"),
        errors=V2_ERRORS if v2 else V3_ERRORS,
    )


def _measured(wire: Transport, v2: bool, wiring: Wiring) -> ServerClock:
    fetch = v2_market.fetch_server_time if v2 else v3_market.fetch_server_time
    sleep, local_ms = wiring.get("sleep", time.sleep), wiring.get("local_ms", boot_ms)
    return ServerClock(lambda: fetch(wire), local_ms=local_ms, sleep=sleep)
