"""What an observer is told of a run."""

from __future__ import annotations

from weexctl.execution.execution import Execution
from weexctl.model.fill import Fill
from weexctl.pipeline.decide import Step
from weexctl.ports import Observer

__all__ = ["Telling"]


class Telling:
    """Tells one observer, or nobody."""

    def __init__(self, observer: Observer | None) -> None:
        self._observer = observer

    def step(self, step: Step, executions: list[Execution]) -> None:
        """Every decision that changed anything, then the orders."""
        if self._observer is None:
            return
        for decision in step.decisions:
            if decision.full:
                self._observer.on_decision(decision.body)
        self.orders(executions)

    def orders(self, executions: list[Execution]) -> None:
        """Those that the exchange has."""
        for execution in executions:
            if self._observer is not None and execution.order is not None:
                self._observer.on_order(execution.intent, execution.order.order_id, execution.state.value)

    def fill(self, fill: Fill) -> None:
        """One execution; money as text."""
        if self._observer is None:
            return
        money = {name: str(getattr(fill, name)) for name in ("quantity", "price", "value", "fee", "realised")}
        ids = {"fill_id": fill.fill_id, "order_id": fill.order_id, "symbol": fill.symbol, "time_ms": fill.time_ms}
        sides = {"side": fill.side.value, "position_side": fill.position_side.value, "maker": fill.maker}
        self._observer.on_fill(ids | sides | money)
