"""Orders by hand on one account, through the gate, executor, guardian and journal that a run has.

On the simulator in process an order, its decision, its fills and the venue's state are one transaction, so that the
next `trade` finds all of it or nothing. At a venue that remembers each part is on record before the next is done.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

from weexctl.errors import UnavailableError, WeexctlError
from weexctl.execution.canceller import CancelEnd
from weexctl.execution.execution import Execution
from weexctl.execution.executor import Executor
from weexctl.execution.following import Followed, follow
from weexctl.execution.gate import Gate
from weexctl.execution.guardian import Guardian, StopKeeper
from weexctl.execution.leverage import LeverageCheck
from weexctl.execution.reading import Unavailable, read
from weexctl.journal.journal import Journal
from weexctl.model.fill import Fill
from weexctl.model.order import ConditionalOrder, Order, OrderStatus
from weexctl.model.side import PositionSide
from weexctl.model.verdict import GuardAction, Verdict
from weexctl.pipeline.guards import Reviewed
from weexctl.run.positions import load_trade
from weexctl.trader.account_sync import AccountSync, AccountView
from weexctl.trader.hand_account import Draft, HandAccount, Look
from weexctl.trader.hand_brakes import HandBrakes
from weexctl.trader.hand_decision import decision_by_hand
from weexctl.trader.keeper import Keeper, Watch
from weexctl.trader.manual_order import ManualOrder, closing_order
from weexctl.trader.order_desk import OrderDesk
from weexctl.trader.trader import RISK_STATE, VENUE_STATE

__all__ = ["HandDesk", "Patience", "Placed", "Waited"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An order that was tried, and the account before and after."""

    draft: Draft
    execution: Execution
    after: Look | None
    """None when it could not be read any more."""
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


class HandDesk:
    """Places orders by hand, through the one gate, and keeps the account's books.

    Args:
        account: as it was found.
        journal: the account's, open for writing.
        guardian: looks after stops; None for one that reads them at the exchange.
        brakes: the account's breakers; None for the simulator in process, which has none.
    """

    def __init__(
        self,
        account: HandAccount,
        journal: Journal,
        *,
        guardian: StopKeeper | None = None,
        brakes: HandBrakes | None = None,
    ) -> None:
        self.account = account
        self._journal = journal
        self._brakes = brakes
        venue, run = account.venue, account.terms.run
        self._gate = gate = Gate(
            venue.exchange,
            account.limits,
            halted=account.halted,
            scope=venue.scope,
            brakes=None if brakes is None else brakes.board,
        )
        self._sync = sync = AccountSync(
            venue.exchange,
            journal,
            account.state,
            {(t.symbol, t.side.value): t for t in map(load_trade, journal.positions.all())},
            "" if run is None else run.run_id,  # without a run there is no position of ours either
            _unheard,
            self._remember,
            tells_profit=venue.proves_stops,
        )
        executor = Executor(venue.exchange, gate, journal, venue.clock, account=venue.account, host=venue.host)
        reads = Guardian(venue.exchange, gate, journal, venue.clock, account=venue.account, host=venue.host)
        self._desk = OrderDesk(executor, guardian or reads, sync, journal, account.state)
        readable = venue.proves_stops and not venue.forgets  # in this process nobody else can change it
        self._leverage = LeverageCheck(venue.exchange, gate, account.limits.max_leverage) if readable else None
        self._keeper = None if venue.forgets else self._made_keeper()

    def _made_keeper(self) -> Keeper:
        venue = self.account.venue
        self._desk.executor.mark_interrupted()  # an earlier process may have ended while it was sending
        return Keeper(
            venue.exchange,
            self._gate,
            self._desk,
            self._sync,
            self._journal,
            venue.clock,
            self.account.terms.symbols,
            book_of=self.account.book_of,
            proves_stops=venue.proves_stops,
        )

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
        with self._whole():
            self._catch_up()
            return self._send(self.account.draft(order), patience)

    def wait(self, order_id: str, patience: Patience) -> Waited:
        """Watch an order. Simulated time goes on meanwhile, but not to the next candle: that is the run's step.

        Raises:
            ExchangeError: the account or the order could not be read.
        """
        with self._whole():
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
        with self._whole():
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
        """Close a position at market, whoever opened it; None when it is gone.

        Raises:
            ExchangeError: the account could not be read; nothing was sent.
        """
        with self._whole():
            self._catch_up()
            held = self.account.look().positions.get((symbol, side.value))
            if held is None:
                self._save()
                return None
            external = (symbol, side.value) not in self._sync.trades
            placed = self._send(self.account.draft(closing_order(symbol, side, held.quantity)))
            if external and placed.execution.fills:  # its stops are nobody's, and would outlive it
                self._desk.guardian.sweep(symbol, side)
            return placed

    def _whole(self) -> AbstractContextManager[None]:
        """One transaction around everything, where what the venue did is forgotten with it."""
        return self._journal.transaction() if self.account.venue.forgets else nullcontext()

    def _catch_up(self) -> None:
        """Take in what happened since the account was last looked at, and mend what an earlier process left open."""
        seen = self._settled() if self._keeper is None else self._looked(self._keeper)
        if isinstance(seen, Unavailable):
            raise UnavailableError(
                f"the account could not be read ({seen.error.code}); nothing was sent",
                hint="`weexctl test-connection` says why; then try again",
            ) from seen.error

    def _settled(self) -> AccountView | Unavailable:
        self._desk.settle()
        view = self._sync.refresh(self.account.venue.clock.now_ms())
        if isinstance(view, AccountView):
            for trade in view.ended:
                self._desk.clean(trade)
        return view

    def _looked(self, keeper: Keeper) -> Watch | Unavailable:
        watch = keeper.look()
        if self._brakes is not None:
            self._brakes.looked(watch)
        if isinstance(watch, Watch):
            self.account.differing = watch.blocked
            self.account.state.mark(self.account.venue.clock.now_ms(), float(watch.view.balance.equity))
        return watch

    def _send(self, draft: Draft, patience: Patience | None = None) -> Placed:
        draft = self._leveraged(draft)
        self._journal.decisions.add(decision_by_hand(draft))  # so that the order can be explained
        execution, followed = self._desk.send(draft.reviewed, draft.look.book, draft.flow), None
        if patience is not None and execution.rests and execution.order is not None:
            followed = self._followed(execution.order.order_id, patience)
        if followed is not None:
            execution = next(
                (later for later in self._desk.settle() if later.intent_id == execution.intent_id),
                replace(execution, order=followed.order),
            )
        after = read("the account", self.account.look)
        self._save()
        return Placed(
            draft=draft,
            execution=execution,
            after=None if isinstance(after, Unavailable) else after,
            followed=followed,
        )

    def _leveraged(self, draft: Draft) -> Draft:
        """Before something opens its leverage is read, and set back where nothing is held; else it is refused."""
        reviewed = draft.reviewed
        intent = reviewed.intent
        if self._leverage is None or intent.reduces or not reviewed.approved:
            return draft
        flat = all(symbol != intent.symbol for symbol, _ in draft.look.positions)
        code = self._leverage.refusal(intent.symbol, flat=flat)
        if not code:
            return draft
        reason = f"the leverage of {intent.symbol} is not known to be {self.account.limits.max_leverage} or less"
        verdict = Verdict(action=GuardAction.DENY, code=code, reason=reason, guard="leverage")
        return replace(draft, reviewed=Reviewed(intent, (*reviewed.verdicts, verdict)))

    def _followed(self, order_id: str, patience: Patience) -> Followed | None:
        """How an order of ours was watched; None when the first look failed, and it rests for all anybody knows."""
        found = read("the order", lambda: self._follow(order_id, patience))
        return None if isinstance(found, Unavailable) else found

    def _follow(self, order_id: str, patience: Patience) -> Followed:
        clock, last_ms = self.account.venue.clock, self.account.until_ms
        until_ms = clock.now_ms() + patience.timeout_ms
        return follow(
            self.account.venue.exchange,
            clock,
            order_id,
            until_ms=until_ms if last_ms is None else min(until_ms, last_ms),
            should_stop=patience.should_stop,
            on_change=patience.on_change,
        )

    def _remember(self) -> None:
        """Save the memory with what changed it; inside a whole transaction it is saved once, at the end."""
        if not self.account.venue.forgets:
            self._save()

    def _save(self) -> None:
        if self.account.terms.run is not None:  # a run that begins later begins with a memory of its own
            self._journal.state.put(RISK_STATE, self.account.state.to_json())
        if (snapshot := self.account.venue.save()) is not None:
            self._journal.state.put(VENUE_STATE, snapshot)
        if self._brakes is not None:
            self._brakes.board.save()


def _unheard(fill: Fill) -> None:
    """Observers are plugins, and none is loaded here: a broken one must not stand between a person and a close."""
