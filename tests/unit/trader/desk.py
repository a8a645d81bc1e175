"""An order desk over a scripted exchange and a real journal, and the steps it is given."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.unit.execution.orders import LIMITS, NO_FLOW, a_book, an_entry, an_exit, approved
from tests.unit.execution.scripted_exchange import ScriptedClock, ScriptedExchange
from weexctl.execution.execution import Execution
from weexctl.execution.executor import Executor
from weexctl.execution.gate import Gate
from weexctl.execution.guardian import Guardian
from weexctl.execution.open_trade import OpenTrade
from weexctl.execution.reading import Unavailable
from weexctl.journal.journal import Journal
from weexctl.journal.rows import DecisionRecord, RunRecord
from weexctl.model.decision import Decision, Outcome
from weexctl.model.fill import Fill
from weexctl.model.order import OrderIntent
from weexctl.model.side import PositionSide
from weexctl.pipeline.decide import Step, StopMove
from weexctl.run.positions import load_trade
from weexctl.run.risk_state import RiskState
from weexctl.trader.account_sync import AccountSync, AccountView
from weexctl.trader.order_desk import OrderDesk

__all__ = ["HOUR_MS", "Desk", "open_desk"]

HOUR_MS = 3_600_000
_RUN = RunRecord(
    run_id="run-1",
    started_ms=0,
    venue="live",
    profile="safe",
    profile_digest="p",
    profile_json="{}",
    source="s",
    symbols=("BTCUSDT", "ETHUSDT"),
    timeframe="1h",
    seed=None,
    from_ms=0,
    to_ms=0,
)


@dataclass(slots=True)
class Desk:
    """The desk, and what a test looks at beside it."""

    exchange: ScriptedExchange
    clock: ScriptedClock
    journal: Journal
    state: RiskState
    sync: AccountSync
    orders: OrderDesk
    fills: list[Fill]
    now_ms: int

    def act(
        self, *intents: OrderIntent, moves: tuple[StopMove, ...] = (), blocked: dict[str, str] | None = None
    ) -> list[Execution]:
        """One step that came to these orders and stop moves."""
        self._decide(*intents)
        ours = {intent.symbol: intent.decision_id for intent in intents}
        decisions = tuple(
            Decision(ours.get(s, f"d-{s}-{self.now_ms}"), s, self.now_ms, Outcome.NONE, "", {}, full=False)
            for s in ("BTCUSDT", "ETHUSDT")
        )
        step = Step(
            orders=tuple(approved(intent) for intent in intents),
            stop_moves=moves,
            book=a_book(now_ms=self.now_ms),
            cooldowns={},
            suspended_until_ms=0,
            blocked={},
            write=lambda: decisions,
        )
        return self.orders.carry_out(step, NO_FLOW, blocked or {})

    def enter(self, quantity: str = "0.02", decision: str = "d-entry", **changes: Any) -> Execution:
        """One entry or add."""
        intent = an_entry(decision_id=decision, quantity=Decimal(quantity), created_ms=self.now_ms, **changes)
        (execution,) = self.act(intent)
        return execution

    def leave(self, quantity: str = "0.02", decision: str = "d-exit", **changes: Any) -> Execution:
        """One reduction or exit."""
        intent = an_exit(decision_id=decision, quantity=Decimal(quantity), created_ms=self.now_ms, **changes)
        (execution,) = self.act(intent)
        return execution

    def next_hour(self) -> AccountView:
        """Let an hour pass, settle and read the account; everything must be readable."""
        view = self.look()
        assert not isinstance(view, Unavailable)
        return view

    def look(self) -> AccountView | Unavailable:
        """Let an hour pass, settle and read the account, as the trader does."""
        self.now_ms += HOUR_MS
        self.clock.sleep_ms(max(0, self.now_ms - self.clock.now_ms()))
        self.orders.settle()
        view = self.sync.refresh(self.clock.now_ms())
        if isinstance(view, AccountView):
            for trade in view.ended:
                self.orders.clean(trade)
        return view

    @property
    def trade(self) -> OpenTrade:
        """The long of BTCUSDT."""
        return self.sync.trades["BTCUSDT", PositionSide.LONG.value]

    @property
    def stops(self) -> list[str]:
        """Ids of the stops and targets that wait at the exchange."""
        return [order.order_id for order in self.exchange.fetch_conditional_orders()]

    def restart(self) -> None:
        """Forget everything that is not in the journal or the state."""
        trades = {(t.symbol, t.side.value): t for t in map(load_trade, self.journal.positions.all())}
        state = RiskState.from_json(json.loads(json.dumps(self.state.to_json())))
        self.state, self.fills = state, []
        self.sync = AccountSync(self.exchange, self.journal, state, trades, "run-1", self.fills.append)
        self.orders = OrderDesk(self.orders.executor, self.orders.guardian, self.sync, self.journal, state)

    def _decide(self, *intents: OrderIntent) -> None:
        self.journal.decisions.add_many(
            DecisionRecord(
                decision_id=intent.decision_id,
                run_id="run-1",
                symbol=intent.symbol,
                close_ms=self.now_ms,
                full=True,
                body=json.dumps({"regime": {"name": "ranging"}}),
            )
            for intent in intents
        )


@contextmanager
def open_desk(folder: Path) -> Iterator[Desk]:
    """A desk with a journal in this folder."""
    clock = ScriptedClock()
    exchange = ScriptedExchange(clock)
    with Journal.open(folder / "journal.sqlite", venue="live", account="acc") as journal:
        journal.runs.add(_RUN)
        fills: list[Fill] = []
        state = RiskState(start_equity=10_000.0, funding_ms=clock.now_ms())
        sync = AccountSync(exchange, journal, state, {}, "run-1", fills.append)
        gate = Gate(exchange, LIMITS)
        executor = Executor(exchange, gate, journal, clock, account="acc", run_id="run-1")
        guardian = Guardian(exchange, gate, journal, clock, account="acc")
        orders = OrderDesk(executor, guardian, sync, journal, state)
        yield Desk(exchange, clock, journal, state, sync, orders, fills, clock.now_ms())
