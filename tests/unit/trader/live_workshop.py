"""Runs of the small pipeline at a simulator that remembers by itself, as an exchange does."""

from __future__ import annotations

import functools
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import httpx

from tests.unit.trader.small_pipeline import small_pipeline
from tests.unit.trader.workshop import HISTORY, SYMBOLS, a_market
from weexctl.config.profile import Profile, load_profile
from weexctl.exchange.connect import Wiring, connect
from weexctl.exchange.rate_limiter import Unlimited
from weexctl.exchange.signing import Credentials
from weexctl.model.order import ConditionalOrder
from weexctl.model.scope import Scope
from weexctl.pipeline.stage import Pipeline
from weexctl.plugin_host import load_offers
from weexctl.ports import Exchange
from weexctl.simulator.settings import SimulatorSettings
from weexctl.simulator.simulator import Simulator
from weexctl.trader.address import Address
from weexctl.trader.demo_exchange import DemoExchange
from weexctl.trader.live_loop import Tempo
from weexctl.trader.live_session import LiveSession
from weexctl.trader.own_stops import OwnStops
from weexctl.trader.session_report import SessionReport
from weexctl.trader.sim_venue import SimulatedClock
from weexctl.trader.wire_venue import WireVenue

__all__ = ["FAST", "LiveWorkshop"]

HOUR_MS = 3_600_000
FAST = Tempo(watch_ms=600_000, idle_ms=1_800_000, slice_ms=HOUR_MS)
"""Looks rarely, so that a test takes milliseconds; nothing else is different."""


@functools.cache
def _profile() -> Profile:
    """The built-in profile `safe` on the market's three symbols."""
    return load_profile("safe", offers=load_offers(environ={}), overrides={"venue.symbols": list(SYMBOLS)})


class LiveWorkshop:
    """One account at a simulator that outlives the processes that trade on it."""

    def __init__(
        self,
        folder: Path,
        *,
        pipeline: Pipeline | None = None,
        settings: SimulatorSettings | None = None,
        demo: bool = False,
    ) -> None:
        self.path = folder / "live.sqlite"
        self.demo = demo
        self.market = a_market()
        self.pipeline = pipeline or small_pipeline()
        self.simulator = Simulator(
            self.market.candles,
            seed=5,
            start_ms=self.market.first_close_ms + (HISTORY - 1) * HOUR_MS,
            start_equity=Decimal(10_000),
            funding=self.market.funding,
            settings=settings or SimulatorSettings(history_kept=5_000),
        )
        self.clock = SimulatedClock(self.simulator)
        self.handle: Callable[[httpx.Request], httpx.Response] = self.simulator.handle

    def venue(self) -> WireVenue:
        """A new client, as a new process has it."""
        wiring: Wiring = {
            "transport": httpx.MockTransport(lambda request: self.handle(request)),
            "clock": self.clock,
            "sleep": lambda pause_s: self.clock.sleep_ms(round(pause_s * 1000)),
            "limiter": Unlimited(),
        }
        keys = Credentials("sim", "sim", "sim")
        if self.demo:
            account = DemoExchange(connect(credentials=keys, demo=True, **wiring), self.clock)
            return self._venue("demo", cast("Exchange", account), proves_stops=False)
        return self._venue("live", connect(credentials=keys, **wiring), proves_stops=True)

    def _venue(self, name: str, exchange: Exchange, *, proves_stops: bool) -> WireVenue:
        return WireVenue(
            name=name,
            account="main",
            exchange=exchange,
            clock=self.clock,
            scope=Scope.TRADE,
            host="ab",
            proves_stops=proves_stops,
            address=Address("http://127.0.0.1:1"),  # a simulator, and no account at the exchange
        )

    def session(self, **changes: Any) -> LiveSession:
        """What a new process would run."""
        guardian = OwnStops() if self.demo else None
        values: dict[str, Any] = {"tempo": FAST, "history": HISTORY, "guardian": guardian} | changes
        return LiveSession(
            profile=_profile(), pipeline=self.pipeline, venue=self.venue(), journal_path=self.path, **values
        )

    def run(self, steps: int, **changes: Any) -> SessionReport:
        """Make so many steps."""
        session = self.session(**changes)
        try:
            return session.run(steps=steps, should_stop=lambda: False)
        finally:
            session.venue.close()

    def stops(self, symbol: str) -> list[ConditionalOrder]:
        """What waits for its trigger at the exchange."""
        venue = self.venue()
        try:
            return venue.exchange.fetch_conditional_orders(symbol)
        finally:
            venue.close()
