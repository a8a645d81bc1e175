"""The one gate: whoever asks, a request that changes anything at the exchange leaves here or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from weexctl.errors import ExchangeError, HaltedError, RefusedError
from weexctl.execution.brakes import Brakes, NoBrakes, brake_verdicts, order_outcome, require_unbraked
from weexctl.execution.scoping import (
    require_not_the_stop,
    require_scope,
    require_tighter,
    require_unneeded,
    scope_needed,
    scope_verdicts,
)
from weexctl.model.account import LeverageSetting
from weexctl.model.book import Book
from weexctl.model.limits import HARD_MAX_LEVERAGE, Limits
from weexctl.model.order import OrderAck, OrderIntent, OrderRequest, StopRequest
from weexctl.model.scope import Scope
from weexctl.model.verdict import Verdict
from weexctl.pipeline.guards import Flow, Reviewed, review_essential
from weexctl.ports import Exchange

__all__ = ["Admitted", "Gate", "Refused"]


@dataclass(frozen=True, slots=True)
class Admitted:
    """An intent that passed every guard a moment ago. Only the gate makes these, and only these can be sent."""

    intent: OrderIntent
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """An intent that a guard stopped, in the guard's own words."""

    intent: OrderIntent
    verdict: Verdict
    verdicts: tuple[Verdict, ...]


class Gate:
    """The writing half of an exchange, behind the essential guards.

    Args:
        exchange: where the requests go.
        limits: the profile's limits.
        read_only: refuse everything that changes anything.
        halted: says why trading is halted, or an empty text; asked before every request that adds risk.
        scope: how far the key that signs reaches; what lies beyond is refused before anything is signed.
        brakes: the account's breakers; asked before every request that adds risk, told what becomes of orders.
    """

    def __init__(
        self,
        exchange: Exchange,
        limits: Limits,
        *,
        read_only: bool = False,
        halted: Callable[[], str] = lambda: "",
        scope: Scope = Scope.TRADE,
        brakes: Brakes | None = None,
    ) -> None:
        self._exchange = exchange
        self._limits = limits
        self._read_only = read_only
        self._halted = halted
        self._scope = scope
        self._brakes = brakes or NoBrakes()

    def admit(self, reviewed: Reviewed, book: Book, flow: Flow) -> Admitted | Refused:
        """The last word on an intent: the verdicts it came with, and the essential guards asked once more."""
        again = review_essential(reviewed.intent, book, self._limits, flow)
        braked = brake_verdicts(reviewed.intent, self._brakes)
        verdicts = (*reviewed.verdicts, *again, *scope_verdicts(reviewed.intent, self._scope), *braked)
        refusal = Reviewed(reviewed.intent, verdicts).refusal
        if refusal is not None:
            return Refused(reviewed.intent, refusal, verdicts)
        return Admitted(reviewed.intent, verdicts)

    def place(self, admitted: Admitted, request: OrderRequest) -> OrderAck:
        """Send an admitted order, once.

        Raises:
            RefusedError: read-only, beyond the key's scope, or the request says something else than what was admitted.
            HaltedError: it adds risk, and trading is halted or a breaker is open.
            ExchangeError: as `Exchange.place_order`.
        """
        self._may_write(f"the {admitted.intent.leg.value} order on {request.symbol}", scope_needed(admitted.intent))
        _same(admitted.intent, request)
        if not admitted.intent.reduces and (why := self._halted()):
            raise HaltedError(
                f"trading is halted ({why}); the order on {request.symbol} was not sent",
                hint="closing still works; a person has to clear the halt",
            )
        require_unbraked(admitted.intent, self._brakes)
        try:
            ack = self._exchange.place_order(request)
        except ExchangeError as error:
            self._tell(request.symbol, error)
            raise
        self._tell(request.symbol, None)
        return ack

    def _tell(self, symbol: str, error: ExchangeError | None) -> None:
        if (event := order_outcome(symbol, error)) is not None:
            self._brakes.take(event)

    def protect(self, request: StopRequest) -> OrderAck:
        """Send a stop or target on an existing position: it can only close, so only read-only and the scope stop it."""
        self._may_write(f"the {request.leg.value} on {request.symbol}")
        return self._exchange.place_stop(request)

    def tighten(self, order_id: str, trigger_price: Decimal) -> None:
        """Move the trigger of a stop; a key that may only reduce moves it towards the price."""
        self._may_write(f"the change of stop {order_id}")
        if not self._scope.covers(Scope.TRADE):
            require_tighter(self._exchange, order_id, trigger_price)
        self._exchange.modify_stop(order_id, trigger_price)

    def cancel(self, order_id: str) -> None:
        """Cancel a resting order."""
        self._may_write(f"the cancel of {order_id}")
        self._exchange.cancel_order(order_id)

    def cancel_conditional(self, order_id: str, *, by_hand: bool = False) -> None:
        """Cancel a stop or target that protects nothing any more; by hand, that is proven first."""
        self._may_write(f"the cancel of {order_id}")
        if by_hand:
            require_not_the_stop(self._exchange, order_id)
        elif not self._scope.covers(Scope.TRADE):
            require_unneeded(self._exchange, order_id)
        self._exchange.cancel_conditional_order(order_id)

    def set_leverage(self, symbol: str, leverage: int) -> LeverageSetting:
        """Set a symbol's leverage, never above the profile's limit or the hard one."""
        self._may_write(f"the leverage of {symbol}", Scope.TRADE)
        if leverage > min(self._limits.max_leverage, HARD_MAX_LEVERAGE):
            raise RefusedError(
                f"leverage {leverage} on {symbol} is above the limit {self._limits.max_leverage}; nothing was sent",
                hint="choose a lower leverage",
                code="MAX_LEVERAGE",
            )
        return self._exchange.set_leverage(symbol, leverage)

    def probe_ai_log(self) -> None:
        """Ask the AI-log endpoint with an empty log, which it has to refuse: nothing is stored.

        Raises:
            RejectedError: the endpoint is there, and this key may use it, when the code is one for parameters.
        """
        self._may_write("the empty AI log")
        self._exchange.upload_ai_log(
            order_id=None, stage="", model="", input={}, output={}, explanation="connection test"
        )

    def _may_write(self, what: str, needed: Scope = Scope.REDUCE) -> None:
        if self._read_only:
            raise RefusedError(
                f"read-only: {what} was not sent", hint="run again without --read-only", code="READ_ONLY"
            )
        require_scope(self._scope, needed, what)


def _same(intent: OrderIntent, request: OrderRequest) -> None:
    """A request may carry nothing that the guards did not see."""
    if request != intent.request(request.client_order_id):
        raise RefusedError(
            f"the order on {request.symbol} differs from the intent that was approved; it was not sent",
            hint="this is a defect in weexctl, please report it",
            code="NOT_ADMITTED",
        )
