"""A place to look at the market from: the exchange's public data, or the simulated market where its run stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from weexctl.config.venue import Venue
from weexctl.errors import UsageError
from weexctl.exchange.base_url import DEFAULT_BASE_URL, checked_base_url, is_loopback
from weexctl.exchange.connect import connect
from weexctl.exchange.rate_limiter import Unlimited
from weexctl.exchange.signing import Credentials
from weexctl.journal.journal import Journal
from weexctl.journal.rows import RunRecord
from weexctl.model.candle import Timeframe
from weexctl.model.instrument import SYMBOLS
from weexctl.ports import Clock, ExchangeDesk
from weexctl.run.market_source import MarketSource, file_source, generated_source
from weexctl.run.recorded_market import generated_count
from weexctl.run.schedule import HISTORY_CANDLES
from weexctl.simulator.simulator import Simulator
from weexctl.trader.sim_venue import SimulatedClock
from weexctl.trader.trader import VENUE_STATE

__all__ = ["MarketDesk", "open_market"]

_SEED = 7
"""Of the synthetic market before there is a run; the same as that of `trade`."""


@dataclass(frozen=True, slots=True)
class MarketDesk:
    """An open client for public data, and what kind of market it shows."""

    exchange: ExchangeDesk
    clock: Clock
    source: str
    """The address that is asked, or what the simulated market is made of: `seed:7:1h`."""
    synthetic: bool
    """True when the prices were generated, as far as anybody here can tell those of an address on this machine."""
    simulated: bool
    """True when a simulator in this process answers: then even a market of real candles has a made-up order book."""


def open_market(
    venue: Venue, *, journal_path: Path, data: Sequence[str] = (), base_url: str | None = None, timeout_s: float
) -> MarketDesk:
    """The market of a venue. Nothing is sent yet, and nothing is ever written.

    At `sim` it is the market of the run on record at the moment the run has reached, and without a run the synthetic
    market where `trade` would begin. The other venues share the exchange's own market; no key is needed.

    Args:
        venue: whose market.
        journal_path: the journal of the simulated account, which need not exist.
        data: the candles of a run that was not made on the synthetic market.
        base_url: an address instead of the exchange's.
        timeout_s: longest wait for one answer.

    Raises:
        UsageError: the run on record needs its candles, and they were not given.
        ConfigError: the address is no exchange, or the journal cannot be read.
        DataError: a candle file is wrong.
    """
    if venue is not Venue.SIM:
        address = checked_base_url(base_url or DEFAULT_BASE_URL)
        exchange = connect(address, timeout_s=timeout_s)
        made_up = is_loopback(urlsplit(address).hostname or "")
        return MarketDesk(exchange, exchange.clock, address, synthetic=made_up, simulated=False)
    market, now_ms = _market(journal_path, data)
    seed = _SEED if market.seed is None else market.seed
    simulator = Simulator(market.candles, seed=seed, start_ms=now_ms, funding=market.funding, detail=market.detail)
    clock = SimulatedClock(simulator)
    client = connect(
        credentials=Credentials("sim", "sim", "sim"),
        transport=httpx.MockTransport(simulator.handle),
        clock=clock,
        limiter=Unlimited(),
    )
    return MarketDesk(client, clock, market.source, synthetic=market.synthetic, simulated=True)


def _market(journal_path: Path, data: Sequence[str]) -> tuple[MarketSource, int]:
    """The simulated market, and the moment to look at it."""
    run, now_ms = _reached(journal_path)
    if run is None:
        return _before_any_run(data)
    symbols, timeframe = run.symbols, Timeframe(run.timeframe)
    if run.seed is not None:
        if data:
            raise UsageError(
                f"the run {run.run_id} on record is on the synthetic market; nothing was read",
                hint="leave --data out",
                code="ANOTHER_RUN",
            )
        # A candle beyond the last decision: the one that is forming.
        return generated_source(run.seed, SYMBOLS, timeframe, generated_count(run) + 1), now_ms
    if not data:
        raise UsageError(
            f"the run {run.run_id} on record was made on candles of yours; nothing was read",
            hint="name them with --data PATH, as for `weexctl trade`",
            code="NO_CANDLES",
        )
    market = file_source(data, symbols, timeframe)
    if market.source != run.source:
        raise UsageError(
            f"these are not the candles of the run {run.run_id} on record; nothing was read",
            hint="name the files the run was made on with --data PATH",
            code="ANOTHER_RUN",
        )
    return market, now_ms


def _before_any_run(data: Sequence[str]) -> tuple[MarketSource, int]:
    if data:
        raise UsageError(
            "there is no run on record whose candles --data could name; nothing was read",
            hint="leave --data out, or begin a run on them: `weexctl trade --data PATH`",
            code="NO_RUN",
        )
    market = generated_source(_SEED, SYMBOLS, Timeframe.H1, HISTORY_CANDLES + 2)
    return market, market.first_close_ms + HISTORY_CANDLES * Timeframe.H1.ms


def _reached(path: Path) -> tuple[RunRecord | None, int]:
    """The newest run, None where there is none, and the moment its market has reached.

    The account is saved only when something in it changes, so that its clock may be behind the last decision.
    """
    if not path.exists():
        return None, 0
    with Journal.read(path) as journal:
        run, state = journal.runs.latest(), journal.state.get(VENUE_STATE)
    if run is None:
        return None, 0
    return run, max(run.to_ms, 0 if state is None else int(state["now_ms"]))
