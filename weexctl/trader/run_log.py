"""What a run says in the log: a line where something happened, and none for a candle at which nothing did."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from weexctl.execution.breaker_state import BreakerState
from weexctl.execution.breakers import Breakers
from weexctl.model.order import OrderIntent
from weexctl.ports import Observer

__all__ = ["RunLog"]

_log = logging.getLogger(__name__)


class RunLog:
    """An observer that logs, and passes on to another one.

    Args:
        inner: is told everything too.
    """

    def __init__(self, inner: Observer | None = None) -> None:
        self._inner = inner
        self._refused: dict[str, str] = {}

    def started(self, *, profile: str, venue: str, symbols: int) -> None:
        """A run begins or goes on."""
        _say(logging.INFO, "run started", profile=profile, venue=venue, symbols=symbols)

    def stopped(self, *, steps: int, equity: str, why: str) -> None:
        """A run ended in good order."""
        _say(logging.INFO, "run stopped", steps=steps, equity=equity, why=why)

    def reconciled(self, agreed: bool, detail: str = "") -> None:
        """Journal and exchange were compared."""
        level = logging.INFO if agreed else logging.WARNING
        _say(level, "reconciled" if agreed else "journal and exchange differ", detail=detail)

    def refusals(self, by_symbol: Mapping[str, str]) -> None:
        """Which code keeps each symbol's wish back at this candle, empty for none; only a change is logged."""
        for symbol, code in by_symbol.items():
            if code == self._refused.get(symbol, ""):
                continue
            self._refused[symbol] = code
            _say(logging.INFO, f"refused: {code}" if code else "refused no longer", symbol=symbol)

    def breakers(self, before: Breakers, after: Breakers) -> None:
        """An event was taken; only a change is logged."""
        if after.transport.phase != before.transport.phase:
            level = logging.WARNING if after.transport.phase == "open" else logging.INFO
            _say(level, f"the way to the exchange is {after.transport.phase}")
        for trip in after.latches:
            if (trip.code, trip.symbol) not in before.latched:
                level = logging.ERROR if trip.state is BreakerState.HALTED else logging.WARNING
                _say(level, f"breaker opened: {trip.text}", symbol=trip.symbol, state=trip.state.word)
        for trip in before.latches:
            if (trip.code, trip.symbol) not in after.latched:
                _say(logging.INFO, f"breaker closed: {trip.code}", symbol=trip.symbol)

    def on_decision(self, decision: dict[str, Any]) -> None:
        """Pass it on; an order that comes of it has a line of its own."""
        if self._inner is not None:
            self._inner.on_decision(decision)

    def on_order(self, intent: OrderIntent, order_id: str, state: str) -> None:
        """One line for each order."""
        facts = {
            "symbol": intent.symbol,
            "side": intent.side.value,
            "position_side": intent.position_side.value,
            "leg": intent.leg.value,
            "quantity": str(intent.quantity),
            "reason": intent.reason,
            "order_id": order_id,
            "decision_id": intent.decision_id,
            "time_ms": intent.created_ms,
        }
        _say(logging.INFO, f"order {state}", **facts)
        if self._inner is not None:
            self._inner.on_order(intent, order_id, state)

    def on_fill(self, fill: dict[str, Any]) -> None:
        """For who looks closely; the order has its line."""
        _say(logging.DEBUG, "fill", **fill)
        if self._inner is not None:
            self._inner.on_fill(fill)


def _say(level: int, message: str, **fields: object) -> None:
    if _log.isEnabledFor(level):
        _log.log(level, "%s", message, extra={"fields": {k: v for k, v in fields.items() if v != ""}})
