"""Bringing the run's memory up to what the exchange says: balance, funding, fills, positions that ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from weexctl.errors import ExchangeError, RejectedError
from weexctl.execution.open_trade import OpenTrade
from weexctl.execution.order_row import order_record
from weexctl.execution.reading import Unavailable, read
from weexctl.journal.fills import FillOutcome
from weexctl.journal.journal import Journal
from weexctl.kill_points import passes
from weexctl.model.account import Balance, Position
from weexctl.model.fill import Fill
from weexctl.model.order import Leg, OrderStatus
from weexctl.ports import Exchange
from weexctl.run.positions import by_key, closed_trade, position_record, rounded_price, trade_record
from weexctl.run.risk_state import RiskState

__all__ = ["AccountSync", "AccountView"]

Key = tuple[str, str]
_LIQUIDATION = "liquidation"
_LIQUIDATION_IDS = ("burst_liquidate", "offset_liquidate")
"""How the exchange names the orders by which it takes a position over."""
_OVERLAP_MS = 60_000
"""Fills are asked for again this far back: one may become visible after others that are younger."""
_PENNY = Decimal("0.00000001")
_LATE_MS = 600_000
"""Funding is asked for again this far back: a settlement may be booked some time after its moment."""


def _keep_nothing() -> None:
    """The run's memory is saved by somebody else."""


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
    unsettled: tuple[Key, ...]
    """Trades whose fills do not add up to what is held; their symbols take no entries until they do."""

    @property
    def blocked(self) -> dict[str, str]:
        """Symbols that take no entries now, with the code of why."""
        unsettled = {symbol: "FILLS_MISSING" for symbol, _ in self.unsettled}
        return unsettled | {symbol: "EXTERNAL_POSITION" for symbol, _ in self.external}


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
        remember: Callable[[], None] = _keep_nothing,
        *,
        tells_profit: bool = True,
    ) -> None:
        """The account, as far as `trades` and `state` know it.

        Args:
            exchange: for reading.
            journal: where fills, positions and trades are kept.
            state: the run's memory.
            trades: its open positions.
            run_id: the run in the journal.
            on_fill: is told of each new fill.
            remember: saves `state`; called within the transaction that changed it.
            tells_profit: False where fills come without their profit; it is then made from the average entry price.
        """
        self._exchange = exchange
        self._journal = journal
        self._state = state
        self._run_id = run_id
        self._on_fill = on_fill
        self._ended: list[OpenTrade] = []
        self._short: set[Key] = set()
        """Trades whose newest fills did not make books and exchange agree: all of theirs are asked for again."""
        self.remember = remember
        self._tells_profit = tells_profit
        self.trades = trades

    def refresh(self, now_ms: int, held: Mapping[Key, Position] | None = None) -> AccountView | Unavailable:
        """The account now. Funding is taken in before closings, so that each trade carries its own.

        Args:
            now_ms: the venue's time.
            held: the positions, when they were read a moment ago.
        """
        if held is None:
            positions = read("positions", self._exchange.fetch_positions)
            if isinstance(positions, Unavailable):
                return positions
            held = by_key(positions)
        try:
            if self.trades:
                if self._funding_moved(held):
                    self._take_funding(now_ms)
                self._take_fills(held, now_ms)
            balance = self._exchange.fetch_balance()
        except ExchangeError as error:
            return Unavailable("the account", error)
        ended, self._ended = self._ended, []  # kept while reads fail, so that none is left unswept
        return AccountView(
            balance=balance,
            positions=held,
            ended=tuple(ended),
            external=tuple(key for key in held if key not in self.trades),
            unsettled=tuple(key for key, trade in self.trades.items() if not _agree(trade, held.get(key))),
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
        key = (trade.symbol, trade.side.value)
        if key in self.trades:
            self.trades[key] = trade
        else:  # in the journal's order: sums of floats must not depend on whether the run was interrupted
            self.trades = dict(sorted((self.trades | {key: trade}).items()))
        self._journal.positions.put(position_record(trade))

    def _funding_moved(self, held: Mapping[Key, Position]) -> bool:
        """True when a position shows other funding than its trade has taken in, or is gone."""
        return any(
            (position := held.get(key)) is None or position.funding != trade.funding
            for key, trade in self.trades.items()
        )

    def _take_funding(self, now_ms: int) -> None:
        """Payments since the last read; the run's trades hold one side of a symbol at a time."""
        since = max(self._state.funding_from_ms, self._state.funding_ms - _LATE_MS) + 1
        payments = self._exchange.fetch_funding_payments(start_ms=since, end_ms=now_ms)
        with self._books():
            for payment in payments:
                if not self._journal.payments.add(payment):
                    continue
                self._state.funding += payment.amount
                for key, trade in self.trades.items():
                    if key[0] == payment.symbol and trade.opened_ms < payment.time_ms:
                        self.keep(replace(trade, funding=trade.funding + payment.amount))
                        break
            self._state.funding_ms = now_ms

    @contextmanager
    def _books(self) -> Iterator[None]:
        """A block whose rows and whose effect on the run's memory are kept together."""
        with self._journal.transaction():
            yield
            self.remember()

    def _take_fills(self, held: Mapping[Key, Position], now_ms: int) -> None:
        """Executions that happened without us: stops, targets, liquidations. Notes the trades they ended."""
        for key, trade in list(self.trades.items()):
            if _agree(trade, held.get(key)):
                continue
            since_ms = trade.opened_ms if key in self._short else trade.last_fill_ms
            fills = self._fills_of(trade.symbol, since_ms - _OVERLAP_MS, now_ms + _OVERLAP_MS)
            entry = self._journal.orders.get(trade.entry_order_id)
            from_ms = 0 if entry is None else entry.created_ms  # what was filled before it belongs to nobody here
            mine = tuple(f for f in fills if f.position_side is trade.side and f.time_ms >= from_ms)
            self._meet_strangers(mine)
            with self._books():
                self._take_mine(trade, mine)
        self._short = {key for key, trade in self.trades.items() if not _agree(trade, held.get(key))}

    def _fills_of(self, symbol: str, start_ms: int, end_ms: int) -> list[Fill]:
        try:
            return self._exchange.fetch_fills(symbol, start_ms=start_ms, end_ms=end_ms)
        except RejectedError:  # a symbol that was delisted is unknown; what was filled there is still told
            everything = self._exchange.fetch_fills(None, start_ms=start_ms, end_ms=end_ms)
            return [fill for fill in everything if fill.symbol == symbol]

    def _take_mine(self, trade: OpenTrade, mine: tuple[Fill, ...]) -> None:
        trade = self._apply(trade, mine, until_flat=True)  # what comes after its end is somebody else's
        passes("K19")
        fired = {order_id for order_id in {fill.order_id for fill in mine} if self._mark_filled(order_id)}
        trade = replace(trade, stop_order_ids=tuple(o for o in trade.stop_order_ids if o not in fired))
        self.keep(trade)
        if trade.quantity <= 0:
            self._close(trade, *self._closing_reason(trade))
            self._ended.append(trade)

    def _apply(self, trade: OpenTrade, fills: tuple[Fill, ...], *, until_flat: bool = False) -> OpenTrade:
        """Each fill counts once, however often it is read."""
        for told in sorted(fills, key=lambda f: (f.time_ms, f.fill_id)):
            if until_flat and trade.quantity <= 0:
                break
            fill = told if self._tells_profit else _with_profit(told, trade)
            if self._journal.fills.add(fill) is not FillOutcome.NEW:
                continue
            trade = trade.with_fill(fill, self._reference(fill.order_id))
            self._state.realised += fill.realised
            self._state.fees += fill.fee
            self._on_fill(fill)
        self.keep(trade)
        return trade

    def _reference(self, order_id: str) -> Decimal | None:
        """The price an order was decided at: a stop's or target's trigger, else the intent's; None for others'."""
        order = self._journal.orders.get(order_id)
        if order is not None and order.kind in (Leg.STOP, Leg.TARGET):
            return order.trigger_price
        intent = self._journal.intents.by_order_id(order_id)
        return None if intent is None else intent.reference_price

    def _closing_reason(self, trade: OpenTrade) -> tuple[str, str | None]:
        """What ended a position: told by the order of its last fill, with our decision when it was an order of ours."""
        order_id = trade.last_order_id
        intent = self._journal.intents.by_order_id(order_id)
        if intent is not None and intent.leg is Leg.EXIT:  # its fills became visible only now
            return intent.reason, intent.decision_id
        known = self._journal.orders.get(order_id)
        kind = "external" if known is None else known.kind
        if kind == _LIQUIDATION:
            self._state.locked[trade.symbol] = "LIQUIDATED"
        reasons = {"stop": "STOP_HIT", "target": "TARGET_HIT", _LIQUIDATION: "LIQUIDATED"}
        return reasons.get(kind) or _told_by_price(trade), None

    def _meet_strangers(self, fills: tuple[Fill, ...]) -> None:
        """Put orders on record that are not ours; one that cannot be read stays unknown."""
        for order_id in dict.fromkeys(fill.order_id for fill in fills):
            if self._journal.orders.get(order_id) or self._journal.intents.by_order_id(order_id):
                continue
            order = read("the order", partial(self._exchange.fetch_order, order_id))
            if not isinstance(order, Unavailable):
                kind = _LIQUIDATION if order.client_order_id.startswith(_LIQUIDATION_IDS) else "external"
                self._journal.orders.put(order_record(order, None, kind))

    def _mark_filled(self, order_id: str) -> bool:
        """Bring a stop or target that has fired to its end on record; False for any other order."""
        order = self._journal.orders.get(order_id)
        if order is None or order.kind not in (Leg.STOP, Leg.TARGET):
            return False
        fills = self._journal.fills.of_order(order_id)
        quantity = sum((fill.quantity for fill in fills), Decimal(0))
        self._journal.orders.put(
            replace(
                order,
                status=OrderStatus.FILLED,
                filled_quantity=quantity,
                average_price=rounded_price(sum((fill.value for fill in fills), Decimal(0)) / quantity),
                updated_ms=fills[-1].time_ms,
            )
        )
        return True

    def _close(self, trade: OpenTrade, reason: str, decision_id: str | None) -> None:
        record = trade_record(
            trade, run_id=self._run_id, closed_ms=trade.last_fill_ms, reason=reason, exit_decision=decision_id
        )
        self._journal.trades.add(record)
        self._journal.positions.remove(trade.symbol, trade.side)
        del self.trades[trade.symbol, trade.side.value]
        self._state.trades.append(closed_trade(record))


def _with_profit(fill: Fill, trade: OpenTrade) -> Fill:
    """A fill with what it realises against what is still held; opening ones realise nothing."""
    if fill.side is trade.side.opening or trade.quantity <= 0:
        return fill
    sign = trade.side.sign
    cost = trade.opened_value - trade.closed_value + trade.realised * sign  # of what is still held
    profit = (fill.value - cost * fill.quantity / trade.quantity) * sign
    return replace(fill, realised=profit.quantize(_PENNY))


def _told_by_price(trade: OpenTrade) -> str:
    """What an order that is not ours was, by where it was filled: a trigger may fill under another id than its own."""
    price, sign = trade.exit_price, trade.side.sign
    if trade.stop_price is not None and (price - trade.stop_price) * sign <= 0:
        return "STOP_HIT"
    if trade.target_price is not None and (price - trade.target_price) * sign >= 0:
        return "TARGET_HIT"
    return "EXCHANGE_CLOSE"


def _agree(trade: OpenTrade, position: Position | None) -> bool:
    """Whether the fills on record come to what the exchange holds."""
    return position is not None and position.quantity == trade.quantity
