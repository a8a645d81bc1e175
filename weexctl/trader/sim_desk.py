"""Orders by hand on the simulated account of the newest run. What is done here is kept with the run.

An order, its decision, its fills and the venue's state are one transaction, so that the next `trade` finds all of it
or nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from weexctl.errors import UnavailableError, WeexctlError
from weexctl.execution.canceller import CancelEnd
from weexctl.execution.execution import Execution
from weexctl.execution.executor import Executor
from weexctl.execution.following import Followed, follow
from weexctl.execution.gate import Gate
from weexctl.execution.guardian import Guardian
from weexctl.execution.reading import Unavailable
from weexctl.journal.journal import Journal
from weexctl.journal.rows import DecisionRecord
from weexctl.journal.upgrade import upgrade_journal
from weexctl.model.book import HeldPosition
from weexctl.model.decision import Outcome
from weexctl.model.fill import Fill
from weexctl.model.order import ConditionalOrder, Order, OrderIntent, OrderStatus
from weexctl.model.side import PositionSide
from weexctl.model.signal import MANUAL, Signal
from weexctl.pipeline.record import Findings, full_record
from weexctl.trader.account_sync import AccountSync
from weexctl.trader.manual_order import ManualOrder, closing_order
from weexctl.trader.order_desk import OrderDesk
from weexctl.trader.positions import load_trade
from weexctl.trader.sim_account import Draft, Look, SimAccount, require_run, resumed_venue, run_market
from weexctl.trader.sim_venue import SimVenue
from weexctl.trader.trader import RISK_STATE, VENUE_STATE

__all__ = ["Patience", "Placed", "SimDesk", "Waited", "open_sim_desk"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An order that was tried, and the account before and after."""

    draft: Draft
    execution: Execution
    after: Look
    followed: Followed | None = None
    """How it was watched, when it rested and somebody waited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long an order is watched, and who is told."""

    timeout_ms: int
    """Of the venue's time."""
    should_stop: Callable[[], bool]
    on_change: Callable[[Order], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waited:
    """An order that was watched, and the account before and after."""

    followed: Followed
    before: Look
    after: Look


@contextmanager
def open_sim_desk(path: Path, data: Sequence[str], *, halted: Callable[[], str]) -> Iterator[SimDesk]:
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
            yield SimDesk(SimAccount(journal, venue, earlier, halted=halted))
        finally:
            venue.close()


class SimDesk:
    """Places orders by hand, through the one gate, and keeps the run's books."""

    def __init__(self, account: SimAccount) -> None:
        self.account = account
        self._journal = journal = account.journal
        venue = account.venue
        gate = Gate(venue.exchange, account.limits, halted=account.halted)
        trades = {(t.symbol, t.side.value): t for t in map(load_trade, journal.positions.all())}
        self._sync = AccountSync(venue.exchange, journal, account.state, trades, account.run.run_id, _unheard)
        executor = Executor(venue.exchange, gate, journal, venue.clock, account=venue.account)
        guardian = Guardian(venue.exchange, gate, journal, venue.clock, account=venue.account)
        self._desk = OrderDesk(executor, guardian, self._sync, journal, account.state)

    @property
    def held(self) -> list[tuple[str, PositionSide]]:
        """Symbol and side of every position of the run."""
        return [(trade.symbol, trade.side) for trade in self._sync.trades.values()]

    def place(self, order: ManualOrder, patience: Patience | None = None) -> Placed:
        """Send an order and follow it to its end, or until it rests; with patience, also while it rests.

        One that a guard refuses is recorded as a decision and not sent.

        Raises:
            UsageError: it cannot be meant.
            ExchangeError: the account could not be read.
        """
        with self._journal.transaction():
            self._catch_up()
            return self._send(self.account.draft(order), patience)

    def wait(self, order_id: str, patience: Patience) -> Waited:
        """Watch an order. Simulated time goes on meanwhile, but not to the next candle: that is the run's step.

        Raises:
            ExchangeError: the account or the order could not be read.
        """
        with self._journal.transaction():
            self._catch_up()
            before = self.account.look()
            followed = self._follow(order_id, patience)
            self._desk.settle()
            after = self.account.look()
            self._save()
            return Waited(followed=followed, before=before, after=after)

    def cancel(self, order: Order | ConditionalOrder) -> CancelEnd | WeexctlError:
        """Cancel an order that rests or waits, and take in what became of it.

        Returns:
            its end; or why it was not cancelled: it is the stop of an open position, nothing was sent, or the
            exchange refused and the order is still there.

        Raises:
            ExchangeError: the account could not be read.
        """
        with self._journal.transaction():
            self._catch_up()
            end: CancelEnd | WeexctlError
            try:
                end = self._end(order)
            except WeexctlError as error:  # a value, so that what was taken in before is kept
                end = error
            self._desk.settle()
            self._save()
            return end

    def _end(self, order: Order | ConditionalOrder) -> CancelEnd:
        canceller = self._desk.executor.canceller
        if not isinstance(order, ConditionalOrder):
            return canceller.resting(order.order_id)
        end = canceller.waiting(order)
        known = self._journal.orders.get(order.order_id)
        if known is not None and end.status is OrderStatus.CANCELLED:
            self._journal.orders.put(replace(known, status=OrderStatus.CANCELLED))
        return end

    def close(self, symbol: str, side: PositionSide) -> Placed | None:
        """Close a position at market; None when it is gone.

        Raises:
            ExchangeError: the account could not be read.
        """
        with self._journal.transaction():
            self._catch_up()
            trade = self._sync.trades.get((symbol, side.value))
            if trade is None:
                self._save()
                return None
            return self._send(self.account.draft(closing_order(symbol, side, trade.quantity)))

    def _catch_up(self) -> None:
        """Take in what happened since the run's last step."""
        self._desk.settle()
        view = self._sync.refresh(self.account.venue.clock.now_ms())
        if isinstance(view, Unavailable):
            raise UnavailableError("the account could not be read; nothing was sent", hint="try again")
        for trade in view.ended:
            self._desk.clean(trade)

    def _send(self, draft: Draft, patience: Patience | None = None) -> Placed:
        self._record(draft)
        execution, followed = self._desk.send(draft.reviewed, draft.look.book, draft.flow), None
        if patience is not None and execution.rests and execution.order is not None:
            followed = self._follow(execution.order.order_id, patience)
            execution = next(
                (later for later in self._desk.settle() if later.intent_id == execution.intent_id),
                replace(execution, order=followed.order),
            )
        after = self.account.look()
        self._save()
        return Placed(draft=draft, execution=execution, after=after, followed=followed)

    def _follow(self, order_id: str, patience: Patience) -> Followed:
        clock = self.account.venue.clock
        return follow(
            self.account.venue.exchange,
            clock,
            order_id,
            until_ms=min(clock.now_ms() + patience.timeout_ms, self.account.next_close_ms - 1),
            should_stop=patience.should_stop,
            on_change=patience.on_change,
        )

    def _save(self) -> None:
        self._journal.state.put(RISK_STATE, self.account.state.to_json())
        if (snapshot := self.account.venue.save()) is not None:
            self._journal.state.put(VENUE_STATE, snapshot)

    def _record(self, draft: Draft) -> None:
        """The decision, so that the order can be explained."""
        reviewed, book = draft.reviewed, draft.look.book
        intent, refusal = reviewed.intent, reviewed.refusal
        held, opens = book.positions.get(intent.symbol), not intent.reduces
        direction = intent.position_side.sign if opens else 0
        findings = Findings(
            symbol=intent.symbol,
            held=held,
            price=float(intent.reference_price),
            regime=None,
            signal=Signal(direction, 1.0, opens, "BY_HAND", MANUAL),
            artefact_id="",
            features={},
        )
        outcome, blocked = (_outcome(intent, held), "") if refusal is None else (Outcome.REFUSED, refusal.code)
        body = full_record(intent.decision_id, findings, outcome, blocked, (), book, reviewed=reviewed, stop_move=None)
        self._journal.decisions.add(
            DecisionRecord(
                decision_id=intent.decision_id,
                run_id=None,
                symbol=intent.symbol,
                close_ms=book.now_ms,
                full=True,
                body=json.dumps(body, separators=(",", ":"), allow_nan=False),
            )
        )


def _outcome(intent: OrderIntent, held: HeldPosition | None) -> Outcome:
    if not intent.reduces:
        return Outcome.ENTRY if held is None else Outcome.ADD
    return Outcome.EXIT if held is None or float(intent.quantity) >= held.quantity * (1 - 1e-9) else Outcome.REDUCE


def _unheard(fill: Fill) -> None:
    """Observers are plugins, and none is loaded here: a broken one must not stand between a person and a close."""
