"""The sum of a run so far, read from its journal. Reading it costs the same however long the run has lasted."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from weexctl.execution.open_trade import OpenTrade
from weexctl.journal.equity import CurveSum
from weexctl.journal.journal import Journal
from weexctl.journal.rows import OrderRecord, RunRecord, TradeRecord
from weexctl.model.account import Balance
from weexctl.run.risk_state import RiskState

__all__ = ["LISTED", "SessionReport"]

LISTED = 10_000
"""Longest list of orders, and of trades: more than a year of the busiest built-in profile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionReport:
    """A run so far, read from its journal and its venue."""

    run: RunRecord
    made_steps: int
    """Steps of this call; the run may have more."""
    interrupted: bool
    balance: Balance
    state: RiskState
    curve: CurveSum
    orders: list[tuple[OrderRecord, str]]
    """Entries, exits, and stops that were filled, oldest first; each with its decision id. The newest of them."""
    orders_total: int
    trades: list[TradeRecord]
    """In the order they closed. The newest of them."""
    trades_total: int
    open_trades: tuple[OpenTrade, ...]

    @property
    def start_equity(self) -> Decimal:
        """What the run began with."""
        return start_equity(self.run)

    @classmethod
    def read(
        cls,
        journal: Journal,
        run: RunRecord,
        *,
        made_steps: int,
        interrupted: bool,
        balance: Balance,
        state: RiskState,
        open_trades: tuple[OpenTrade, ...],
        listed: int = LISTED,
    ) -> SessionReport:
        """The report of a run, its curve, orders and trades taken from the journal."""
        return cls(
            run=run,
            made_steps=made_steps,
            interrupted=interrupted,
            balance=balance,
            state=state,
            curve=journal.equity.sum_of(run.run_id, start=float(start_equity(run))),
            orders=journal.orders.done(newest=listed),
            orders_total=journal.orders.count_done(),
            trades=journal.trades.of_run(run.run_id, newest=listed),
            trades_total=journal.trades.count(run.run_id),
            open_trades=open_trades,
        )


def start_equity(run: RunRecord) -> Decimal:
    """What a run began with, by its manifest."""
    return Decimal(str(run.manifest["start_equity"]))
