"""The simulated account of the newest run: its market made again, its venue brought to where the run stopped.

Simulated time stands still but for the latency of requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from weexctl.errors import ConfigError
from weexctl.journal.journal import Journal
from weexctl.run.market_source import MarketSource
from weexctl.run.recorded_market import recorded_market
from weexctl.run.risk_state import RiskState
from weexctl.trader.hand_account import HandAccount, Terms
from weexctl.trader.session import Earlier, read_earlier
from weexctl.trader.sim_venue import SimVenue

__all__ = ["read_sim_account", "require_run", "resumed_venue", "run_market", "sim_account"]

_SPARE_CANDLES = 24
"""Candles generated beyond the run's end, for what happens while an order is followed to its end."""


def require_run(path: Path) -> Earlier:
    """The newest run of this journal.

    Raises:
        ConfigError: there is none.
    """
    earlier = read_earlier(path)
    if earlier is None:
        raise ConfigError(
            "the simulated account begins with the first run, and there is none yet; nothing was done",
            hint="weexctl trade",
            code="NO_RUN",
        )
    return earlier


def run_market(earlier: Earlier, data: Sequence[str]) -> MarketSource:
    """The market that a run trades on, with some candles to go on with.

    Raises:
        UsageError, DataError: as `recorded_market`.
    """
    return recorded_market(earlier.run, data, beyond=_SPARE_CANDLES)


def resumed_venue(market: MarketSource, earlier: Earlier) -> SimVenue:
    """The venue at the run's last step: it is saved only when something changed, which may be longer ago."""
    venue = SimVenue.resume(market, earlier.venue)
    venue.advance(earlier.run.to_ms)
    return venue


@contextmanager
def read_sim_account(path: Path, data: Sequence[str], *, halted: Callable[[], str]) -> Iterator[HandAccount]:
    """The account for looking only, also while a run is under way: then as it was after the last finished step.

    Raises:
        ConfigError: there is no run yet.
        UsageError, DataError: as `run_market`.
    """
    earlier = require_run(path)
    venue = resumed_venue(run_market(earlier, data), earlier)
    try:
        with Journal.read(path) as journal:
            yield sim_account(journal, venue, earlier, halted=halted)
    finally:
        venue.close()


def sim_account(journal: Journal, venue: SimVenue, earlier: Earlier, *, halted: Callable[[], str]) -> HandAccount:
    """The account under the terms of its run."""
    return HandAccount(journal, venue, Terms.of_run(earlier.run), RiskState.from_json(earlier.risk), halted=halted)
