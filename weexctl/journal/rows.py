"""What the journal's tables hold: one frozen record per table, its fields in the order of the columns.

Money and sizes are `Decimal` (stored as text), times are UTC milliseconds, ids are text. Fills and artefacts are
the model's own `Fill` and `Artefact`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from weexctl.journal.intent_state import IntentState
from weexctl.model.copying import quick
from weexctl.model.order import Leg, OrderIntent, OrderStatus, OrderType, TimeInForce
from weexctl.model.side import PositionSide, Side
from weexctl.model.verdict import GuardAction

__all__ = [
    "AttemptRecord",
    "DecisionRecord",
    "EquityRecord",
    "IntentRecord",
    "OrderRecord",
    "PositionRecord",
    "RunRecord",
    "TimingRecord",
    "TradeRecord",
    "VerdictRecord",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run of the trader or the backtester, continued runs included."""

    run_id: str
    started_ms: int
    venue: str
    profile: str
    """The profile's name."""
    profile_digest: str
    profile_json: str
    """The resolved profile as JSON text, byte for byte."""
    source: str
    """Where the candles came from: the digest of the data, or the seed's market."""
    symbols: tuple[str, ...]
    timeframe: str
    seed: int | None
    from_ms: int
    to_ms: int
    """Close of the last candle that was decided on."""
    steps: int = 0
    status: str = "running"
    """`running`, `done`, `stopped`, `halted` or `failed`."""
    manifest: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """What one step decided for one symbol."""

    decision_id: str
    run_id: str | None
    """None when it came from a person or a tool, outside any run."""
    symbol: str
    close_ms: int
    full: bool
    """False for the compact record of a candle at which nothing happened."""
    body: str
    """The decision as JSON text, byte for byte."""

    @property
    def record(self) -> dict[str, Any]:
        """The body, parsed."""
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class IntentRecord:
    """An order intent and how far it got."""

    intent_id: int
    run_id: str | None
    decision_id: str
    leg: Leg
    symbol: str
    side: Side
    position_side: PositionSide
    quantity: Decimal
    reference_price: Decimal
    stop_price: Decimal | None
    target_price: Decimal | None
    reason: str
    rule: str
    created_ms: int
    state: IntentState
    state_ms: int
    """When it came into this state."""
    detail: str = ""
    """What the last arrow was about, for people."""
    type: OrderType = OrderType.MARKET
    price: Decimal | None = None
    time_in_force: TimeInForce | None = None

    def order_intent(self) -> OrderIntent:
        """The intent as it was planned."""
        return OrderIntent(
            decision_id=self.decision_id,
            symbol=self.symbol,
            side=self.side,
            position_side=self.position_side,
            leg=self.leg,
            quantity=self.quantity,
            reference_price=self.reference_price,
            stop_price=self.stop_price,
            target_price=self.target_price,
            reason=self.reason,
            rule=self.rule,
            created_ms=self.created_ms,
            type=self.type,
            price=self.price,
            time_in_force=self.time_in_force,
        )


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """One request that carries an intent to the exchange. On record before the request leaves."""

    intent_id: int
    n: int
    """1 for the first attempt."""
    client_order_id: str
    signed_ms: int
    """The time in the signature, as far as it is known: 30 s later the exchange refuses the request."""
    request_digest: str
    outcome: str = ""
    """Empty until answered: accepted, rejected, unknown, not_sent, not_placed."""
    http_status: int | None = None
    code: str | None = None
    """The exchange's code."""
    order_id: str | None = None
    answered_ms: int | None = None
    evidence: str = ""
    """What proved the outcome, JSON text or a sentence; never a secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictRecord:
    """One guard's answer to one intent."""

    decision_id: str
    leg: Leg
    guard: str
    action: GuardAction
    code: str
    reason: str
    time_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    """An order as the exchange last reported it, conditional ones included."""

    order_id: str
    client_order_id: str
    intent_id: int | None
    """The intent it serves; None for an order that is not ours."""
    symbol: str
    side: Side
    position_side: PositionSide
    kind: str
    """market, limit, stop or target."""
    quantity: Decimal
    price: Decimal | None
    trigger_price: Decimal | None
    status: OrderStatus
    filled_quantity: Decimal
    average_price: Decimal | None
    created_ms: int
    updated_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionRecord:
    """What we believe to hold on one side of one symbol, and the rule it belongs to."""

    symbol: str
    position_side: PositionSide
    quantity: Decimal
    entry_price: Decimal
    opened_ms: int
    decision_id: str
    rule: str
    regime: str
    stop_price: Decimal | None
    target_price: Decimal | None
    parameters: dict[str, Any] = field(default_factory=dict)
    """What the position's exits need to remember."""


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class TradeRecord:
    """A position that ended, with what it earned and who answers for it."""

    trade_id: str
    run_id: str | None
    symbol: str
    position_side: PositionSide
    opened_ms: int
    closed_ms: int
    quantity: Decimal
    """Largest quantity held."""
    entry_price: Decimal
    exit_price: Decimal
    gross: Decimal
    """Before fees and funding, quote."""
    fees: Decimal
    """Positive when paid."""
    funding: Decimal
    """Positive when received."""
    net: Decimal
    exit_reason: str
    rule: str
    regime: str
    entry_decision_id: str
    exit_decision_id: str | None
    """None when the exchange closed it: a stop, a target, a liquidation."""
    entry_order_id: str
    exit_order_id: str
    entry_slippage: Decimal = Decimal(0)
    """Part of `gross`: what the opening fills brought against the prices they were decided at; negative when worse."""
    exit_slippage: Decimal = Decimal(0)
    """The same for the closing fills, of a stop against its trigger; a fill without a price of ours counts nothing."""

    @property
    def slippage(self) -> Decimal:
        """Of both legs, quote; negative when the fills were worse than the prices decided at."""
        return self.entry_slippage + self.exit_slippage

    @property
    def price(self) -> Decimal:
        """What the trade would have earned at the prices it was decided at, before fees and funding, quote."""
        return self.gross - self.slippage


@dataclass(frozen=True, slots=True, kw_only=True)
class EquityRecord:
    """The account at one moment of a run."""

    run_id: str
    time_ms: int
    equity: Decimal
    wallet: Decimal
    unrealised: Decimal
    gross_exposure: float
    drawdown: float
    """Positive fraction of the peak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingRecord:
    """How long one stage took in a run, all calls together."""

    run_id: str
    stage: str
    calls: int
    seconds: float
