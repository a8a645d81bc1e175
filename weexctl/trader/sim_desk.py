"""The way to orders by hand on the simulated account of the newest run. What is done is kept with the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from weexctl.journal.journal import Journal
from weexctl.journal.upgrade import upgrade_journal
from weexctl.trader.hand_desk import HandDesk
from weexctl.trader.sim_account import require_run, resumed_venue, run_market, sim_account
from weexctl.trader.sim_venue import SimVenue

__all__ = ["open_sim_desk"]


@contextmanager
def open_sim_desk(path: Path, data: Sequence[str], *, halted: Callable[[], str]) -> Iterator[HandDesk]:
    """The account, ready for orders. Nothing is written before one is placed.

    Raises:
        ConfigError: there is no run yet.
        LockHeldError: a run is under way.
        UsageError, DataError: as `run_market`.
    """
    upgrade_journal(path, venue=SimVenue.name, account=SimVenue.account)
    market = run_market(require_run(path), data)
    with Journal.open(path, venue=SimVenue.name, account=SimVenue.account) as journal:
        earlier = require_run(path)  # again, now that nobody else can move it
        venue = resumed_venue(market, earlier)
        try:
            yield HandDesk(sim_account(journal, venue, earlier, halted=halted), journal)
        finally:
            venue.close()
