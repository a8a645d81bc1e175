"""Closing what a person asks a run to close, by the run's own hand: its gate, its books, its guardian."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from weexctl.errors import JournalUnavailableError, LockHeldError, WeexctlError
from weexctl.execution.close_requests import CloseRequest, CloseRequests
from weexctl.execution.execution import Execution
from weexctl.journal.journal import Journal
from weexctl.model.side import PositionSide
from weexctl.trader.account_sync import AccountSync
from weexctl.trader.hand_account import HandAccount
from weexctl.trader.hand_decision import decision_by_hand
from weexctl.trader.manual_order import closing_order
from weexctl.trader.order_desk import OrderDesk

__all__ = ["AskedClosing"]


class AskedClosing:
    """Serves the requests of an account.

    Args:
        requests: where they lie.
        account: the account by hand, made when the first request comes.
        desk: the run's; everything goes through it.
        sync: the run's books.
        journal: the account's.
    """

    def __init__(
        self,
        requests: CloseRequests,
        account: Callable[[], HandAccount],
        desk: OrderDesk,
        sync: AccountSync,
        journal: Journal,
    ) -> None:
        self._requests = requests
        self._account = account
        self._desk = desk
        self._sync = sync
        self._journal = journal

    def serve(self) -> bool:
        """Close what was asked for; False when nobody asked.

        Raises:
            LockHeldError: another process has taken over the account's journal.
        """
        served = False
        for request in self._requests.waiting():
            if self._requests.take(request.name):
                self._requests.answer(request.name, self._closed(request))
                served = True
        return served

    def _closed(self, request: CloseRequest) -> dict[str, Any]:
        """What was done: `{cancelled: [order id], orders: [{decision_id, order_id, code, reason}], failures: […]}`."""
        done: dict[str, Any] = {"cancelled": [], "orders": [], "failures": []}
        try:
            account = self._account()
            self._cancel(account, request, done)
            for symbol, side in [key for key in account.look().positions if request.means(*key)]:
                self._close(account, symbol, PositionSide(side), done)
        except LockHeldError:
            raise
        except WeexctlError as error:
            done["failures"].append(_failure(error))
        return done

    def _cancel(self, account: HandAccount, request: CloseRequest, done: dict[str, Any]) -> None:
        """What rests goes first: one that fills later would open again."""
        for order in account.venue.exchange.fetch_open_orders():
            if not request.means(order.symbol, order.position_side.value):
                continue
            try:
                end = self._desk.executor.canceller.resting(order.order_id)
            except WeexctlError as error:  # it keeps nothing else back
                done["failures"].append(_failure(error))
                continue
            if end.proven:
                done["cancelled"].append(order.order_id)
        self._desk.settle()

    def _close(self, account: HandAccount, symbol: str, side: PositionSide, done: dict[str, Any]) -> None:
        """One position at market, whoever opened it. One that fails keeps no other back."""
        try:
            held = account.look().positions.get((symbol, side.value))
            if held is None:
                return
            ours = (symbol, side.value) in self._sync.trades
            draft = account.draft(closing_order(symbol, side, held.quantity))
            with suppress(JournalUnavailableError):  # closing goes on, in the emergency record
                self._journal.decisions.add(decision_by_hand(draft))
            execution = self._desk.send(draft.reviewed, draft.look.book, draft.flow)
            if not ours and execution.fills:  # its stops are nobody's, and would outlive it
                self._desk.guardian.sweep(symbol, side)
        except LockHeldError:
            raise
        except WeexctlError as error:
            done["failures"].append(_failure(error))
        else:
            done["orders"].append(_row(execution))


def _row(execution: Execution) -> dict[str, Any]:
    return {
        "decision_id": execution.intent.decision_id,
        "order_id": None if execution.order is None else execution.order.order_id,
        "code": execution.code,
        "reason": execution.reason,
    }


def _failure(error: WeexctlError) -> dict[str, Any]:
    return {"code": error.code, "message": error.message, "hint": error.hint}
