"""A way to a venue without a run: for checks, and for commands that only look."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import httpx

from weexctl.config.credentials import SIM_CREDENTIALS, Credentials
from weexctl.config.venue import Venue
from weexctl.errors import ConfigError
from weexctl.exchange import signing
from weexctl.exchange.connect import connect
from weexctl.exchange.rate_limiter import Unlimited
from weexctl.journal.place import Place
from weexctl.model.candle import Timeframe
from weexctl.ports import Clock, Exchange
from weexctl.simulator.generator import generate_market
from weexctl.simulator.simulator import START_EQUITY, Simulator
from weexctl.trader.address import address_of
from weexctl.trader.sim_venue import SimulatedClock

__all__ = ["Connection", "open_connection"]

_CANDLES = 48
_SEED = 7


@dataclass(frozen=True, slots=True)
class Connection:
    """An open client, the venue's clock, and this machine's."""

    exchange: Exchange
    clock: Clock
    base_url: str
    """What is asked; `in process` for the simulator."""
    place: Place
    """What stands there."""
    local_ms: Callable[[], float]
    """This machine's idea of UTC, milliseconds."""


def open_connection(
    venue: Venue,
    *,
    base_url: str | None,
    credentials: Credentials | None,
    timeout_s: float,
    start_equity: Decimal = START_EQUITY,
) -> Connection:
    """A client for this venue. Nothing is sent yet.

    Args:
        venue: `sim` without an address is a simulator in this process.
        base_url: an address instead of the venue's own.
        credentials: None for the simulator's.
        timeout_s: longest wait for one answer.
        start_equity: USDT of the simulator in this process; other venues have what they have.

    Raises:
        ConfigError: the address is neither the exchange nor on this machine, or sim was asked for elsewhere.
    """
    keys = credentials or SIM_CREDENTIALS
    signer = signing.Credentials(
        keys.key.get_secret_value(), keys.secret.get_secret_value(), keys.passphrase.get_secret_value()
    )
    if venue is Venue.SIM and base_url is None:
        return _in_process(signer, start_equity)
    address = address_of(base_url)
    if venue is Venue.SIM and address.place is Place.EXCHANGE:
        raise ConfigError(
            f"the venue sim never leaves this machine, and {address.url} is not on it; nothing was sent",
            hint="give the address of a simulator on this machine, or name the venue you mean with --venue",
            code="BASE_URL",
        )
    exchange = connect(address.url, signer, timeout_s=timeout_s)
    return Connection(exchange, exchange.clock, address.url, address.place, lambda: time.time() * 1000)


def _in_process(credentials: signing.Credentials, start_equity: Decimal) -> Connection:
    market = generate_market(_SEED, timeframe=Timeframe.H1, count=_CANDLES)
    start_ms = min(candles.last_close_ms for candles in market.values()) - Timeframe.H1.ms
    simulator = Simulator(market, seed=_SEED, start_ms=start_ms, start_equity=start_equity)
    clock = SimulatedClock(simulator)
    exchange = connect(
        credentials=credentials, transport=httpx.MockTransport(simulator.handle), clock=clock, limiter=Unlimited()
    )
    return Connection(exchange, clock, "in process", Place.LOOPBACK, lambda: float(simulator.now_ms))
