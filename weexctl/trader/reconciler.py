"""Exchange and journal brought together on demand, by the same keeper and through the same gate as in a run.

Nothing is mended here in another way than there. Foreign orders and positions are named and left alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial

from weexctl.config.tables import LimitsTable
from weexctl.errors import ExchangeError, RefusedError, UsageError
from weexctl.execution.differences import Kind
from weexctl.execution.executor import Executor
from weexctl.execution.gate import Gate
from weexctl.execution.guardian import Guardian, StopKeeper
from weexctl.execution.reading import Unavailable, read
from weexctl.journal.journal import Journal
from weexctl.journal.rows import RunRecord
from weexctl.model.book import Book
from weexctl.model.candle import Timeframe
from weexctl.model.fill import Fill
from weexctl.model.limits import Limits
from weexctl.model.scope import Scope
from weexctl.run.positions import load_trade
from weexctl.run.risk_state import RiskState
from weexctl.trader.account_book import account_book
from weexctl.trader.account_plan import Gap, Plan, leverages, read_plan
from weexctl.trader.account_sync import AccountSync, AccountView
from weexctl.trader.keeper import Keeper
from weexctl.trader.order_desk import OrderDesk
from weexctl.trader.own_stops import OwnStops
from weexctl.trader.trader import RISK_STATE, VENUE_STATE
from weexctl.trader.venue import Venue

__all__ = ["RELEASED", "Carried", "Reconciler"]

RELEASED = "released"
"""Key of the journal's state table: the locks that a person has opened, `[{time_ms, symbol, code, reason}]`."""
_BUDGET_MS = 90_000
"""How long orders whose end is unknown are waited for: an order that never arrived is proven absent by then."""
_PAUSE_MS = 5_000
_TAKES_TIME = (Kind.UNSETTLED, Kind.STOP_SURPLUS)
"""The end of an order has to be found or proven absent; a stop has to look unneeded for a while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """The plan before, and the one after."""

    before: Plan
    after: Plan

    @property
    def done(self) -> tuple[Gap, ...]:
        """Gaps that are closed now."""
        left = {gap.place for gap in self.after.gaps}
        return tuple(gap for gap in self.before.gaps if gap.place not in left)


class Reconciler:
    """One account and its journal. Building one sends and writes nothing.

    Args:
        journal: the account's; reading is enough for `plan`.
        venue: the account.
        run: the newest run: its symbols and its limits count.
        halted: says why trading is halted, or an empty text.
    """

    def __init__(self, journal: Journal, venue: Venue, run: RunRecord, *, halted: Callable[[], str]) -> None:
        self._journal = journal
        self._venue = venue
        self._run = run
        self._halted = halted
        self._limits: Limits = LimitsTable.model_validate(json.loads(run.profile_json)["limits"]).limits()
        saved = journal.state.get(RISK_STATE)
        self.state = RiskState(start_equity=0.0) if saved is None else RiskState.from_json(saved)
        self._gate = Gate(venue.exchange, self._limits, halted=halted, scope=venue.scope)

    def plan(self) -> Plan | Unavailable:
        """What differs now; see `read_plan`."""
        return read_plan(self._journal, self._venue, self._run.symbols, self._limits.max_leverage)

    def carry_out(self, *, should_stop: Callable[[], bool]) -> Carried | Unavailable:
        """Do what the plan asks for as far as it is safe, and look again. With no gap nothing is written or sent.

        Where the venue lives in this process, what was done there is one transaction with its record.

        Raises:
            RefusedError: the key does not reach so far.
            WeexctlError: the journal cannot be written.
        """
        with self._whole():
            before = self.plan()
            if isinstance(before, Unavailable):
                return before
            if not before.gaps:
                return Carried(before=before, after=before)
            self._venue.save()  # from here on it tells whether anything has changed
            failed = self._mend(should_stop)
            self._save()
            after = self.plan() if failed is None else failed
            return after if isinstance(after, Unavailable) else Carried(before=before, after=after)

    def release(self, symbol: str, plan: Plan, *, reason: str, now_ms: int) -> str:
        """Open the lock of a symbol that a person has looked at; returns the code it was locked with.

        Raises:
            UsageError: it is not locked.
            RefusedError: exchange and journal still differ about it.
        """
        code = self.must_be_locked(symbol)
        gap = next((gap for gap in plan.gaps if gap.symbol == symbol and gap.blocks), None)
        if gap is not None:
            raise RefusedError(
                f"exchange and journal still differ about {symbol} ({gap.kind}); it stays locked",
                hint="weexctl journal reconcile --apply, or put it right at the exchange by hand",
                code="STILL_DIFFERS",
            )
        del self.state.locked[symbol]
        entry = {"time_ms": now_ms, "symbol": symbol, "code": code, "reason": reason}
        released = self._journal.state.get(RELEASED) or []
        with self._journal.transaction(durable=True):
            self._journal.state.put(RISK_STATE, self.state.to_json())
            self._journal.state.put(RELEASED, [*released, entry])
        return code

    def must_be_locked(self, symbol: str) -> str:
        """The code a symbol is locked with.

        Raises:
            UsageError: it is not locked.
        """
        if symbol in self.state.locked:
            return self.state.locked[symbol]
        locked = ", ".join(sorted(self.state.locked))
        raise UsageError(
            f"{symbol} is not locked; nothing was changed",
            hint=f"locked are: {locked}" if locked else "no symbol is locked",
            code="NOT_LOCKED",
        )

    def _mend(self, should_stop: Callable[[], bool]) -> Unavailable | None:
        """Look and mend until all that needs time has had it, or the time for that is over."""
        keeper = self._keeper()
        until_ms = self._venue.clock.now_ms() + _BUDGET_MS
        while True:
            watch = keeper.look()
            if isinstance(watch, Unavailable):
                return watch
            waits = any(difference.kind in _TAKES_TIME for difference in watch.left)
            if not waits or should_stop() or self._venue.clock.now_ms() >= until_ms:
                break
            self._venue.clock.sleep_ms(_PAUSE_MS)
        return self._set_leverages({symbol for symbol, _ in watch.view.positions})

    def _set_leverages(self, held: set[str]) -> Unavailable | None:
        if not self._venue.scope.covers(Scope.TRADE):
            return None
        found = read("leverages", lambda: leverages(self._venue, self._run.symbols, self._limits.max_leverage))
        if isinstance(found, Unavailable):
            return found
        for symbol, (there, wanted) in found.items():
            if there != wanted and symbol not in held:
                try:
                    self._gate.set_leverage(symbol, wanted)
                except ExchangeError as error:
                    self.state.refuse(error.code)
        return None

    def _keeper(self) -> Keeper:
        venue, sync = self._venue, self._sync()
        desk = OrderDesk(self._executor(), self._guardian(), sync, self._journal, self.state)
        desk.executor.mark_interrupted()  # whoever was sending has ended: the lock is ours
        return Keeper(
            venue.exchange,
            self._gate,
            desk,
            sync,
            self._journal,
            venue.clock,
            self._run.symbols,
            book_of=partial(self._book, sync),
            proves_stops=venue.proves_stops,
        )

    def _sync(self) -> AccountSync:
        return AccountSync(
            self._venue.exchange,
            self._journal,
            self.state,
            {(t.symbol, t.side.value): t for t in map(load_trade, self._journal.positions.all())},
            self._run.run_id,
            _unheard,
            self._remember,
            tells_profit=self._venue.proves_stops,
        )

    def _executor(self) -> Executor:
        venue = self._venue
        return Executor(
            venue.exchange,
            self._gate,
            self._journal,
            venue.clock,
            account=venue.account,
            host=venue.host,
            run_id=self._run.run_id,
        )

    def _guardian(self) -> StopKeeper:
        venue = self._venue
        if not venue.proves_stops:
            return OwnStops()
        return Guardian(
            venue.exchange,
            self._gate,
            self._journal,
            venue.clock,
            account=venue.account,
            host=venue.host,
            run_id=self._run.run_id,
        )

    def _book(self, sync: AccountSync, view: AccountView) -> Book:
        return account_book(
            now_ms=self._venue.clock.now_ms(),
            candle_ms=Timeframe(self._run.timeframe).ms,
            symbols=self._run.symbols,
            balance=view.balance,
            positions=view.positions,
            trades=sync.trades,
            state=self.state,
            halted=self._halted(),
            max_leverage=self._limits.max_leverage,
        )

    def _whole(self) -> AbstractContextManager[None]:
        return self._journal.transaction() if self._venue.forgets else nullcontext()

    def _save(self) -> None:
        with self._journal.transaction():
            self._remember()
            if (snapshot := self._venue.save()) is not None:
                self._journal.state.put(VENUE_STATE, snapshot)

    def _remember(self) -> None:
        """Save the run's memory where it has changed, so that to do it again writes nothing."""
        memory = self.state.to_json()
        if memory != self._journal.state.get(RISK_STATE):
            self._journal.state.put(RISK_STATE, memory)


def _unheard(fill: Fill) -> None:
    """Observers are plugins, and none is loaded here."""
