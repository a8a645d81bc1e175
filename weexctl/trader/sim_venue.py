"""The venue `sim`: the exchange client in front of the simulator, in one process, on simulated time."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx

from weexctl.exchange.connect import connect
from weexctl.exchange.rate_limiter import Unlimited
from weexctl.exchange.signing import Credentials
from weexctl.model.scope import Scope
from weexctl.ports import Exchange
from weexctl.run.market_source import MarketSource
from weexctl.simulator.simulator import Simulator

__all__ = ["SimVenue", "SimulatedClock"]

_KEY = "sim"
"""Key, secret and passphrase that the simulator accepts."""


class SimulatedClock:
    """The simulator's time. Sleeping moves it."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def now_ms(self) -> int:
        """UTC milliseconds of the simulated exchange."""
        return self._simulator.now_ms

    def sleep_ms(self, duration_ms: int) -> None:
        """Let the market go on for this long."""
        self._simulator.advance(self._simulator.now_ms + duration_ms)


class SimVenue:
    """One simulated account and the client that talks to it in the very bytes of the wire."""

    name = "sim"
    account = "sim"
    host = "00"
    scope = Scope.TRADE
    forgets = True
    proves_stops = True

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._saved_version = -1
        self.clock = SimulatedClock(simulator)
        self.exchange: Exchange = connect(
            credentials=Credentials(_KEY, _KEY, _KEY),
            transport=httpx.MockTransport(simulator.handle),
            clock=self.clock,
            sleep=lambda pause_s: self.clock.sleep_ms(round(pause_s * 1000)),
            limiter=Unlimited(),  # it would make a simulated hour wait for the wall clock
        )

    @classmethod
    def start(cls, market: MarketSource, *, seed: int, start_ms: int, start_equity: Decimal) -> SimVenue:
        """A fresh account at a moment of the market."""
        return cls(
            Simulator(
                market.candles,
                seed=seed,
                start_ms=start_ms,
                start_equity=start_equity,
                funding=market.funding,
                detail=market.detail,
            )
        )

    @classmethod
    def resume(cls, market: MarketSource, snapshot: dict[str, Any]) -> SimVenue:
        """The account as it was saved."""
        return cls(Simulator.restore(market.candles, snapshot, funding=market.funding, detail=market.detail))

    def advance(self, to_ms: int) -> None:
        """Move the market to a moment; one that requests have already passed is left alone."""
        if to_ms > self._simulator.now_ms:
            self._simulator.advance(to_ms)

    def save(self) -> dict[str, Any] | None:
        """The account's state as plain data; None when nothing has changed since the last time."""
        if self._simulator.version == self._saved_version:
            return None
        self._saved_version = self._simulator.version
        return self._simulator.snapshot()

    def close(self) -> None:
        """Let go of the client."""
        self.exchange.close()
