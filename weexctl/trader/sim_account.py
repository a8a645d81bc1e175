"""The simulated account of the newest run: its market made again, its venue brought to where the run stopped.

Simulated time stands still but for the latency of requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from weexctl.errors import ConfigError, UsageError
from weexctl.journal.journal import Journal
from weexctl.model.candle import Timeframe
from weexctl.run.market_source import MarketSource, file_source, generated_source
from weexctl.run.risk_state import RiskState
from weexctl.run.schedule import HISTORY_CANDLES
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
    """The market that a run trades on, made or read again.

    Args:
        earlier: the run.
        data: its candle files; empty for a generated market.

    Raises:
        UsageError: files are missing, or were not asked for, or are others than the run's.
        DataError: a file is not what it should be.
    """
    run, timeframe = earlier.run, Timeframe(earlier.run.timeframe)
    if run.seed is not None:
        if data:
            raise UsageError(
                "the run on record trades a synthetic market and takes no --data; nothing was done",
                hint="leave --data out",
            )
        return generated_source(run.seed, run.symbols, timeframe, HISTORY_CANDLES + 1 + run.steps + _SPARE_CANDLES)
    if not data:
        raise UsageError(
            "the run on record trades candle files, and they are needed to go on; nothing was done",
            hint="name them as in `weexctl trade`: --data PATH",
            code="DATA_NEEDED",
        )
    market = file_source(data, run.symbols, timeframe)
    if market.source != run.source:
        raise UsageError(
            f"these are not the candles of the run on record ({run.source}); nothing was done",
            hint="name the files that `weexctl trade` was given",
            code="ANOTHER_MARKET",
        )
    return market


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
