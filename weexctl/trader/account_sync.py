"""Bringing the run's memory up to what the exchange says: balance, funding, fills, positions that ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from weexctl.errors import ExchangeError
from weexctl.execution.open_trade import OpenTrade
from weexctl.execution.reading import Unavailable, read
from weexctl.journal.fills import FillOutcome
from weexctl.journal.journal import Journal
from weexctl.journal.rows import OrderRecord
from weexctl.model.account import Balance, Position
from weexctl.model.fill import Fill
from weexctl.model.order import OrderStatus
from weexctl.ports import Exchange
from weexctl.trader.positions import by_key, closed_trade, position_record, trade_record
from weexctl.trader.risk_state import RiskState

__all__ = ["AccountSync", "AccountView"]

Key = tuple[str, str]
_OVERLAP_MS = 1_000
"""Fills are asked for again this far back: one that was booked while the last read ran must not be missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """The account at one moment, all of it read successfully."""

    balance: Balance
    positions: Mapping[Key, Position]
    """By symbol and side."""
    ended: tuple[OpenTrade, ...]
    """Trades that the exchange ended since the last read; what they leave behind is still there."""
    external: tuple[Key, ...]
    """Positions that this run did not open: never adopted, their symbols take no entries."""


class AccountSync:
    """Reads the account and settles what happened since the last read. Keeps the run's open trades."""

    def __init__(
        self,
        exchange: Exchange,
        journal: Journal,
        state: RiskState,
        trades: dict[Key, OpenTrade],
        run_id: str,
        on_fill: Callable[[Fill], None],
    ) -> None:
        self._exchange = exchange
        self._journal = journal
        self._state = state
        self._run_id = run_id
        self._on_fill = on_fill
        self.trades = trades

    def refresh(self, now_ms: int) -> AccountView | Unavailable:
        """The account now. Funding is taken in before closings, so that each trade carries its own."""
        positions = read("positions", self._exchange.fetch_positions)
        if isinstance(positions, Unavailable):
            return positions
        held = by_key(positions)
        ended: list[OpenTrade] = []
        try:
            if self.trades:
                if self._funding_moved(held):
                    self._take_funding(now_ms)
                ended = self._take_fills(held, now_ms)
            balance = self._exchange.fetch_balance()
        except ExchangeError as error:
            return Unavailable("the account", error)
        return AccountView(
            balance=balance,
            positions=held,
            ended=tuple(ended),
            external=tuple(key for key in held if key not in self.trades),
        )

    def opened(self, trade: OpenTrade, fills: tuple[Fill, ...]) -> OpenTrade:
        """Take in the fills of an order of ours that opens or adds."""
        return self._apply(trade, fills)

    def reduced(self, key: Key, fills: tuple[Fill, ...], *, reason: str, decision_id: str) -> bool:
        """Take in the fills of an order of ours that reduces; True when the position has ended."""
        trade = self._apply(self.trades[key], fills)
        if trade.quantity > 0:
            return False
        self._close(trade, reason, decision_id)
        return True

    def keep(self, trade: OpenTrade) -> None:
        """Store a changed trade."""
        self.trades[trade.symbol, trade.side.value] = trade
        self._journal.positions.put(position_record(trade))

    def _funding_moved(self, held: Mapping[Key, Position]) -> bool:
        """True when a position shows other funding than its trade has taken in, or is gone."""
        return any(
            (position := held.get(key)) is None or position.funding != trade.funding
            for key, trade in self.trades.items()
        )

    def _take_funding(self, now_ms: int) -> None:
        """Payments since the last read; the run's trades hold one side of a symbol at a time."""
        for payment in self._exchange.fetch_funding_payments(start_ms=self._state.funding_ms + 1, end_ms=now_ms):
            self._state.funding += payment.amount
            for key, trade in self.trades.items():
                if key[0] == payment.symbol:
                    self.keep(replace(trade, funding=trade.funding + payment.amount))
                    break
        self._state.funding_ms = now_ms

    def _take_fills(self, held: Mapping[Key, Position], now_ms: int) -> list[OpenTrade]:
        """Executions that happened without us: stops, targets, liquidations. Returns the trades they ended."""
        ended = []
        for key, trade in list(self.trades.items()):
            position = held.get(key)
            if position is not None and position.quantity == trade.quantity:
                continue
            fills = self._exchange.fetch_fills(trade.symbol, start_ms=trade.last_fill_ms - _OVERLAP_MS, end_ms=now_ms)
            mine = tuple(f for f in fills if f.position_side is trade.side)
            trade = self._apply(trade, mine)
            if trade.quantity <= 0:
                self._close(trade, self._closing_reason(trade), None)
                ended.append(trade)
        return ended

    def _apply(self, trade: OpenTrade, fills: tuple[Fill, ...]) -> OpenTrade:
        """Each fill counts once, however often it is read."""
        for fill in sorted(fills, key=lambda f: (f.time_ms, f.fill_id)):
            if self._journal.fills.add(fill) is not FillOutcome.NEW:
                continue
            trade = trade.with_fill(fill)
            self._state.realised += fill.realised
            self._state.fees += fill.fee
            self._on_fill(fill)
        self.keep(trade)
        return trade

    def _closing_reason(self, trade: OpenTrade) -> str:
        """What ended a position that we did not end: told by the order of its last fill."""
        order_id = trade.last_order_id
        known = self._journal.orders.get(order_id)
        if known is not None:
            self._mark_filled(known, trade)
            return {"stop": "STOP_HIT", "target": "TARGET_HIT"}.get(known.kind, "EXCHANGE_CLOSE")
        return "EXCHANGE_CLOSE"

    def _mark_filled(self, order: OrderRecord, trade: OpenTrade) -> None:
        self._journal.orders.put(
            replace(
                order,
                status=OrderStatus.FILLED,
                filled_quantity=trade.closed_quantity,
                average_price=trade.exit_price,
                updated_ms=trade.last_fill_ms,
            )
        )

    def _close(self, trade: OpenTrade, reason: str, decision_id: str | None) -> None:
        record = trade_record(
            trade, run_id=self._run_id, closed_ms=trade.last_fill_ms, reason=reason, exit_decision=decision_id
        )
        self._journal.trades.add(record)
        self._journal.positions.remove(trade.symbol, trade.side)
        del self.trades[trade.symbol, trade.side.value]
        self._state.trades.append(closed_trade(record))
