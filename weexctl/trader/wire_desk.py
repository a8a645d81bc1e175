"""The way to an account at `live` or `demo` for orders by hand: read only, or with its lock and its journal.

Orders by hand come under the limits of the newest run of the account. Where there was none, the first order that opens
begins one, which `trade` goes on with.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import weexctl
from weexctl.config.profile import AccountTables, Profile
from weexctl.errors import ConfigError
from weexctl.journal.journal import Journal
from weexctl.journal.place import keep_place, require_place
from weexctl.journal.rows import RunRecord
from weexctl.journal.upgrade import upgrade_journal
from weexctl.pipeline.identity import run_id
from weexctl.run.risk_state import RiskState
from weexctl.trader.hand_account import HandAccount, Terms
from weexctl.trader.hand_brakes import BrakesOnRecord, HandBrakes
from weexctl.trader.hand_desk import HandDesk
from weexctl.trader.trader import RISK_STATE
from weexctl.trader.wire_venue import WireVenue

__all__ = ["WireWay", "latest_run"]


def latest_run(path: Path) -> RunRecord | None:
    """The newest run of a journal; None when there is no journal or no run.

    Raises:
        ConfigError: the journal cannot be read.
    """
    if not path.exists():
        return None
    with Journal.read(path) as journal:
        return journal.runs.latest()


@dataclass(frozen=True, slots=True, kw_only=True)
class WireWay:
    """Everything needed to get at an account at the exchange."""

    path: Path
    """Of its journal."""
    venue: str
    account: str
    connect: Callable[[], AbstractContextManager[WireVenue]]
    tables: Callable[[], AccountTables]
    """The limits that count where there was no run yet."""
    halted: Callable[[], str]

    @contextmanager
    def read(self) -> Iterator[HandAccount]:
        """The account for looking only, also while a run is under way.

        Raises:
            MissingCredentialsError, ConfigError: key or profile cannot be used, or the journal is of elsewhere.
            ExchangeError: it could not be read.
        """
        known = Journal.read(self.path) if self.path.exists() else nullcontext()
        with known as journal, self.connect() as venue:
            if journal is not None:
                require_place(journal, venue.address.place)
            terms = self._terms(None if journal is None else journal.runs.latest())
            equity = venue.exchange.fetch_balance().equity
            state = _state(journal, equity, venue)
            brakes = BrakesOnRecord(journal, terms.limits, float(equity), terms.symbols, venue.clock)
            yield HandAccount(journal, venue, terms, state, halted=self.halted, brakes=brakes)

    @contextmanager
    def desk(self, begin: Callable[[RunRecord | None], Profile | None] | None = None) -> Iterator[HandDesk]:
        """The account, locked and ready for orders.

        Args:
            begin: asked before something may open, with the run on record: refuses, or returns the profile that a
                first run begins with; None where nothing is to open.

        Raises:
            NotArmedError: whatever `begin` refuses with; before anything is written or sent.
            LockHeldError: a run is under way.
            MissingCredentialsError, RefusedError, ConfigError: as `connect`; the journal is of elsewhere.
            ExchangeError: it could not be read.
        """
        if begin is not None:
            begin(latest_run(self.path))
        upgrade_journal(self.path, venue=self.venue, account=self.account)
        with (
            self.connect() as venue,
            Journal.open(self.path, venue=self.venue, account=self.account) as journal,
        ):
            keep_place(journal, venue.address.place)
            equity = venue.exchange.fetch_balance().equity
            state, run = _state(journal, equity, venue), journal.runs.latest()
            profile = None if begin is None else begin(run)  # again, now that nobody else can begin one
            if run is None and profile is not None:
                run = _begun(journal, profile, venue, state, equity)
            terms = self._terms(run)
            brakes = _brakes(journal, venue, terms, state, opens=begin is not None)
            board = None if brakes is None else brakes.board
            account = HandAccount(journal, venue, terms, state, halted=self.halted, brakes=board)
            yield HandDesk(account, journal, guardian=venue.guardian, brakes=brakes)

    def _terms(self, run: RunRecord | None) -> Terms:
        if run is not None:
            return Terms.of_run(run)
        tables = self.tables()
        return Terms(
            run=None,
            profile=tables.name,
            symbols=tuple(tables.venue.symbols),
            timeframe=tables.venue.timeframe,
            limits=tables.limits,
        )


def _brakes(journal: Journal, venue: WireVenue, terms: Terms, state: RiskState, *, opens: bool) -> HandBrakes | None:
    """The breakers; None when they cannot be read and nothing is to open: they never concern what closes.

    Raises:
        ConfigError: they cannot be read, and something is to open.
    """
    try:
        return HandBrakes(journal, venue, terms, state)
    except ConfigError:
        if opens:
            raise
        return None


def _state(journal: Journal | None, equity: Decimal, venue: WireVenue) -> RiskState:
    """What is remembered of the account, at the equity of this moment."""
    saved, now_ms = None if journal is None else journal.state.get(RISK_STATE), venue.clock.now_ms()
    state = (
        RiskState(start_equity=float(equity), funding_from_ms=now_ms, funding_ms=now_ms)
        if saved is None
        else RiskState.from_json(saved)
    )
    state.mark(now_ms, float(equity))
    return state


def _begun(journal: Journal, profile: Profile, venue: WireVenue, state: RiskState, equity: Decimal) -> RunRecord:
    """The first run of an account, as `trade` would begin it now; it has made no step yet."""
    timeframe, symbols, now_ms = profile.venue.timeframe, tuple(profile.venue.symbols), venue.clock.now_ms()
    source, from_ms = f"weex:{timeframe.value}", (now_ms // timeframe.ms + 1) * timeframe.ms
    record = RunRecord(
        run_id=run_id(profile.digest, source, venue.name, venue.account, from_ms, symbols),
        started_ms=now_ms,
        venue=venue.name,
        profile=profile.name,
        profile_digest=profile.digest,
        profile_json=json.dumps(profile.to_toml_dict(), sort_keys=True, separators=(",", ":")),
        source=source,
        symbols=symbols,
        timeframe=timeframe.value,
        seed=None,
        from_ms=from_ms,
        to_ms=from_ms - timeframe.ms,
        manifest={
            "weexctl": weexctl.__version__,
            "source": source,
            "synthetic": False,
            "plugins": [],
            "start_equity": str(equity),
        },
    )
    with journal.transaction():  # a run without its memory could not be gone on with
        journal.runs.add(record)
        journal.state.put(RISK_STATE, state.to_json())
    return record
