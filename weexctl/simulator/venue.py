"""Everything the simulated exchange knows: the state that its rules (matching, margin, triggers …) work on."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from weexctl.model.account import MarginMode
from weexctl.model.fill import Fill
from weexctl.model.order import OrderStatus
from weexctl.model.side import PositionSide
from weexctl.simulator.funding import FundingSchedule
from weexctl.simulator.history import Event, History
from weexctl.simulator.ids import IdSequence
from weexctl.simulator.instruments import Contract
from weexctl.simulator.ledger import Ledger
from weexctl.simulator.market import MarketView
from weexctl.simulator.orders import SimOrder
from weexctl.simulator.position import SimPosition
from weexctl.simulator.settings import SimulatorSettings

if TYPE_CHECKING:
    from weexctl.simulator.quiet import Calm

__all__ = ["Leverage", "Venue"]

ZERO = Decimal(0)


@dataclass(slots=True, kw_only=True)
class Leverage:
    """Margin mode and leverage of one symbol."""

    mode: MarginMode = MarginMode.CROSS
    cross: Decimal
    long: Decimal
    short: Decimal
    separated: bool = False

    def of(self, side: PositionSide) -> Decimal:
        """The leverage that counts for a position of this side."""
        if self.mode is MarginMode.CROSS:
            return self.cross
        return self.long if side is PositionSide.LONG else self.short


class Venue:
    """State, lookups, and the three things that may happen to an order's place in it: enter, settle, finish.

    Attributes:
        now_ms: the exchange's time.
        calm: what is known of the candles ahead, as far as somebody has looked.
        version: grows with every change of an order, a position, the wallet or a setting.
        live: orders that rest or wait, by symbol, oldest first.
        closed: finished orders, oldest first, the newest ones only.
        asset: what the account holds.
        trail: moments of change and the positions before each, oldest first; kept while lists lie behind.
        demo: the demo account beside this one; None until somebody uses it.
        history: everything that happens to orders, when somebody wants it remembered; None otherwise.
    """

    def __init__(
        self,
        *,
        settings: SimulatorSettings,
        contracts: Mapping[str, Contract],
        market: MarketView,
        funding: FundingSchedule,
        ids: IdSequence,
        ledger: Ledger,
        now_ms: int,
        asset: str = "USDT",
    ) -> None:
        self.asset = asset
        self.demo: Venue | None = None
        self.settings = settings
        self.contracts = {symbol: contracts[symbol] for symbol in market.tapes}
        self.market = market
        self.funding = funding
        self.ids = ids
        self.ledger = ledger
        self.now_ms = now_ms
        self.version = 0
        self.calm: Calm | None = None
        self.live: dict[str, list[SimOrder]] = {}
        self.closed: deque[SimOrder] = deque(maxlen=settings.history_kept)
        self.client_ids: set[str] = set()
        self.trail: deque[tuple[int, list[SimPosition]]] = deque()
        self.history: History | None = None
        self.ai_logs: deque[dict[str, object]] = deque(maxlen=settings.history_kept)
        start = Decimal(settings.default_leverage)
        self.leverages = {symbol: Leverage(cross=start, long=start, short=start) for symbol in market.tapes}

    def price(self, symbol: str) -> Decimal:
        """Last and mark price now."""
        return self.market.price(symbol, self.now_ms)

    def orders(self, symbol: str | None = None) -> Iterator[SimOrder]:
        """Live orders, oldest first within a symbol."""
        if symbol is not None:
            yield from self.live.get(symbol, ())
            return
        for orders in self.live.values():
            yield from orders

    def find(self, order_id: int) -> SimOrder | None:
        """A live or remembered order by id."""
        for order in self.orders():
            if order.id == order_id:
                return order
        return next((order for order in reversed(self.closed) if order.id == order_id), None)

    def seen(self, order: SimOrder) -> bool:
        """Whether those who ask know of it already."""
        return order.visible_ms <= self.now_ms

    def find_client(self, client_id: str) -> SimOrder | None:
        """A live order by the client's id."""
        return next((order for order in self.orders() if order.client_id == client_id), None)

    def listed_fills(self) -> Iterator[Fill]:
        """The fills that those who ask know of, newest first."""
        until_ms = self.now_ms - self.settings.fill_delay_ms
        return (fill for fill in reversed(self.ledger.fills) if fill.time_ms <= until_ms)

    def listed_positions(self) -> list[SimPosition]:
        """The positions as those who ask see them: as they were a while ago, if the settings say so."""
        seen_ms = self.now_ms - self.settings.position_delay_ms
        while self.trail and self.trail[0][0] <= seen_ms:
            self.trail.popleft()
        return self.trail[0][1] if self.trail else list(self.ledger.positions.values())

    def before_change(self, time_ms: int) -> None:
        """Remember the positions as they are, for lists that lie behind."""
        if self.settings.position_delay_ms:
            self.trail.append((time_ms, [replace(row) for row in self.ledger.positions.values()]))

    def enter(self, order: SimOrder) -> None:
        """Let an order rest or wait."""
        self.live.setdefault(order.symbol, []).append(order)
        self.version += 1
        self.note(Event.ENTERED, order, order.updated_ms)

    def finish(self, order: SimOrder, status: OrderStatus, time_ms: int) -> None:
        """End an order, whether it was live or never rested."""
        order.status = status
        order.updated_ms = time_ms
        order.reserved = Decimal(0)
        orders = self.live.get(order.symbol)
        if orders and order in orders:
            orders.remove(order)
            if not orders:
                del self.live[order.symbol]
        self.closed.append(order)
        self.version += 1
        self.note(Event.FINISHED, order, time_ms)

    def forget_presets(self, closing: SimOrder, time_ms: int) -> None:
        """End the presets of positions that this order closed, where the settings say that they do not survive."""
        if self.settings.presets_survive:
            return
        held = {row.opened_by for row in self.ledger.rows(closing.symbol, closing.position_side)}
        for plan in list(self.orders(closing.symbol)):
            preset = plan.waiting and plan.parent_id is not None and plan is not closing
            if preset and plan.position_side is closing.position_side and plan.bound not in held:
                self.finish(plan, OrderStatus.CANCELLED, time_ms)

    def note(
        self, event: Event, order: SimOrder, time_ms: int, *, quantity: Decimal = ZERO, price: Decimal = ZERO
    ) -> None:
        """Remember what happened to an order, when there is a history to remember it in."""
        if self.history is not None:
            leverage = self.leverages[order.symbol].of(order.position_side)
            self.history.add(event, order, time_ms, quantity=quantity, price=price, leverage=leverage)
