"""Days of trading in minutes: a run at a simulator that remembers, with mild faults and a restart every night."""

from __future__ import annotations

import ctypes
import gc
import os
import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import httpx

from tests.unit.trader.small_pipeline import LIMITS, small_pipeline
from tests.unit.trader.workshop import HISTORY
from weexctl.config.profile import load_profile
from weexctl.errors import ExchangeError
from weexctl.exchange.connect import connect
from weexctl.exchange.rate_limiter import Unlimited
from weexctl.exchange.signing import Credentials
from weexctl.execution.reading import Unavailable
from weexctl.journal.journal import Journal
from weexctl.model.candle import Timeframe
from weexctl.model.instrument import SYMBOLS
from weexctl.model.scope import Scope
from weexctl.plugin_host import load_offers
from weexctl.run.market_source import generated_source
from weexctl.simulator.settings import SimulatorSettings
from weexctl.simulator.simulator import Simulator
from weexctl.trader.account_plan import Plan
from weexctl.trader.live_loop import Tempo
from weexctl.trader.live_session import LiveSession
from weexctl.trader.reconciler import Reconciler
from weexctl.trader.sim_venue import SimulatedClock
from weexctl.trader.wire_venue import WireVenue

__all__ = ["Day", "Soak", "growth"]

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
MIB = 1024 * 1024
FAULTS = 0.01
"""Share of requests that something happens to."""
RESTART_MS = 2_000
TEMPO = Tempo(watch_ms=60_000, idle_ms=300_000, slice_ms=HOUR_MS)
"""Fifteen times slower than at the exchange, so that a month takes minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What a day left behind, measured at its end."""

    number: int
    rss: float
    """MiB."""
    objects: int
    """What the garbage collector watches and could not throw away."""
    files: int
    """Open file descriptors."""
    journal: float
    """MiB, the write-ahead file included."""
    requests: int
    faults: int
    orders: int
    """Intents so far."""
    trades: int


class _Died(BaseException):
    """The process ends here."""


class Weather:
    """A way to the simulator on which one request in a hundred goes wrong."""

    def __init__(self, simulator: Simulator, clock: SimulatedClock, seed: int) -> None:
        self._simulator = simulator
        self._clock = clock
        self._dice = random.Random(seed)  # reproducible on purpose
        self.share = FAULTS
        self.requests = self.faults = 0

    def handle(self, request: httpx.Request) -> httpx.Response:
        """The answer, or what became of it."""
        self.requests += 1
        if self._dice.random() >= self.share:
            return self._simulator.handle(request)
        self.faults += 1
        match self._dice.randrange(5):
            case 0:
                raise httpx.ConnectError("no route to host", request=request)
            case 1:  # it arrived, and its answer did not
                self._simulator.handle(request)
                self._clock.sleep_ms(5_000)
                raise httpx.ReadTimeout("timed out", request=request)
            case 2:
                return httpx.Response(503, headers={"content-type": "text/html"}, text="<html>maintenance</html>")
            case 3:
                return httpx.Response(429, json={"code": -1003, "msg": "Too many requests."})
            case _:
                self._clock.sleep_ms(2_000)
                return self._simulator.handle(request)


class Soak:
    """One account, and the process that trades on it day after day."""

    def __init__(self, folder: Path, days: int, *, seed: int = 5) -> None:
        self.path = folder / "soak.sqlite"
        self.days = days
        self.refused_starts = 0
        """How often a run could not even begin, because its first reads failed."""
        market = generated_source(seed, SYMBOLS, Timeframe.H1, HISTORY + 24 * days + 48)
        self.simulator = Simulator(
            market.candles,
            seed=seed,
            start_ms=market.first_close_ms + (HISTORY - 1) * HOUR_MS,
            start_equity=Decimal(100_000),
            funding=market.funding,
            settings=SimulatorSettings(history_kept=100),  # so that the simulator itself soon grows no more,
        )
        self.clock = SimulatedClock(self.simulator)
        self.weather = Weather(self.simulator, self.clock, seed)
        self._profile = load_profile("safe", offers=load_offers(environ={}))
        limits = replace(
            LIMITS, max_leverage=2, max_order_notional=Decimal(50_000), max_positions_long=8, max_positions_short=8
        )
        self._pipeline = small_pipeline(limits=limits)

    def run(self, *, days_of_a_life: int = 1) -> Iterator[Day]:
        """Trade, restarting after so many days; each day is measured when it is over."""
        began = self.clock.now_ms()
        for number in range(1, self.days + 1, days_of_a_life):
            ends = [began + (number + more) * DAY_MS for more in range(min(days_of_a_life, self.days + 1 - number))]
            yield from self._life(number, ends)

    def calm_down(self) -> Plan | Unavailable:
        """Fine weather, one comparison that mends, and what is left of the differences."""
        self.weather.share = 0.0
        venue = self._venue()
        with Journal.open(self.path, venue="live", account="main") as journal:
            run = journal.runs.latest()
            if run is None:
                raise LookupError("no run is on record")
            made = Reconciler(journal, venue, run, halted=lambda: "").carry_out(should_stop=lambda: False)
        venue.close()
        return made if isinstance(made, Unavailable) else made.after

    def _life(self, number: int, ends: list[int]) -> list[Day]:
        """One process from its start to its sudden end; each day is measured while it is still there.

        It does not end politely: the report of a whole run is made once in a process, and never by one that died.
        """
        measured: list[Day] = []

        def over() -> bool:
            if self.clock.now_ms() >= ends[len(measured)]:
                measured.append(self._measured(number + len(measured)))
                if len(measured) == len(ends):
                    raise _Died
            return False

        while len(measured) < len(ends):
            venue = self._venue()
            session = LiveSession(
                profile=self._profile,
                pipeline=self._pipeline,
                venue=venue,
                journal_path=self.path,
                tempo=TEMPO,
                history=HISTORY,
            )
            try:
                session.run(should_stop=over)
            except _Died:
                pass
            except ExchangeError:  # before its first look a run gives up; whoever watches it starts it again
                self.refused_starts += 1
                self.clock.sleep_ms(RESTART_MS)
            finally:
                venue.close()
        return measured

    def _venue(self) -> WireVenue:
        exchange = connect(
            credentials=Credentials("sim", "sim", "sim"),
            transport=httpx.MockTransport(self.weather.handle),
            clock=self.clock,
            sleep=lambda pause_s: self.clock.sleep_ms(round(pause_s * 1000)),
            limiter=Unlimited(),
        )
        return WireVenue(name="live", account="main", exchange=exchange, clock=self.clock, scope=Scope.TRADE, host="ab")

    def _measured(self, number: int) -> Day:
        gc.collect()
        if (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:
            trim(0)  # what is free goes back, so that only what is held counts
        files = (self.path, self.path.with_name(self.path.name + "-wal"))
        size = sum(file.stat().st_size for file in files if file.exists())
        orders, trades = self._count("intent"), self._count("trade")
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return Day(
            number=number,
            rss=pages * os.sysconf("SC_PAGESIZE") / MIB,
            objects=len(gc.get_objects()),
            files=sum(1 for _ in Path("/proc/self/fd").iterdir()),
            journal=size / MIB,
            requests=self.weather.requests,
            faults=self.weather.faults,
            orders=orders,
            trades=trades,
        )

    def _count(self, table: str) -> int:
        """Rows of a table, without reading them into memory."""
        with closing(sqlite3.connect(self.path)) as raw:
            ((count,),) = raw.execute(f"SELECT count(*) FROM {table}")  # noqa: S608  # names of this file
        return int(count)


def growth(values: Sequence[float]) -> float:
    """By how much something grows over all these days: the least-squares line through two values or more."""
    middle, mean = (len(values) - 1) / 2, sum(values) / len(values)
    spread = sum((day - middle) ** 2 for day in range(len(values)))
    slope = sum((day - middle) * (value - mean) for day, value in enumerate(values)) / spread
    return slope * len(values)
