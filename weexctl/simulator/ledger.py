"""The account's money, and where it came from.

At every moment, exactly: start + realised - fees + funding = wallet.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

from weexctl.model.copying import quick
from weexctl.model.fill import Fill
from weexctl.model.side import PositionSide
from weexctl.simulator.ids import IdSequence
from weexctl.simulator.instruments import Contract
from weexctl.simulator.orders import SimOrder
from weexctl.simulator.position import CENTI_MICRO, SimPosition

__all__ = ["Bill", "Ledger"]

ZERO = Decimal(0)


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """One change of the wallet."""

    id: int
    symbol: str
    kind: str
    """The exchange's word, `position_funding`."""
    amount: Decimal
    fee: Decimal
    balance: Decimal
    """The wallet afterwards."""
    time_ms: int


class Ledger:
    """Wallet, running totals, open positions, and the newest fills and bills.

    Attributes:
        start: what the account began with.
        wallet: what it has, without unrealised P&L.
        realised: P&L of everything closed, before fees.
        fees: paid so far, positive.
        funding: received less paid.
        turnover: value traded so far, by the exchange's word for what it did (`position_open_long`).
        positions: by symbol, side and, when separated, opening order; a closed position is not in it.
        fills: the newest ones, oldest first.
    """

    def __init__(self, start: Decimal, ids: IdSequence, kept: int) -> None:
        self.start = start
        self.wallet = start
        self.realised = ZERO
        self.fees = ZERO
        self.funding = ZERO
        self.turnover: dict[str, Decimal] = {}
        self.positions: dict[tuple[str, PositionSide, int], SimPosition] = {}
        self.fills: deque[Fill] = deque(maxlen=kept)
        self.bills: deque[Bill] = deque(maxlen=kept)
        self._ids = ids

    def held(self, symbol: str, side: PositionSide) -> Decimal:
        """The size held on one side of a symbol, zero when there is none."""
        return sum((row.size for row in self.rows(symbol, side)), ZERO)

    def rows(self, symbol: str, side: PositionSide, bound: int = 0) -> list[SimPosition]:
        """The positions of one side, oldest first: several when they are separated, one of them when `bound`."""
        return [
            row
            for row in self.positions.values()
            if row.symbol == symbol and row.side is side and bound in (0, row.opened_by)
        ]

    def fill(
        self,
        order: SimOrder,
        contract: Contract,
        quantity: Decimal,
        price: Decimal,
        *,
        fee_rate: Decimal,
        maker: bool,
        time_ms: int,
        bound: int = 0,
        margin: Decimal = ZERO,
    ) -> Fill:
        """Book one execution: position, wallet, totals, fill and bill.

        `bound` names a separated position; `margin` is what an isolated one takes along when it opens.
        """
        value = quantity * price
        fee = (value * fee_rate).quantize(CENTI_MICRO, ROUND_UP)
        position = self._position(order, bound, time_ms)
        realised = ZERO
        if order.opening:
            position.add(quantity, value, fee, margin)
        else:
            step = Decimal(1).scaleb(-contract.value_decimals)
            realised = position.reduce(quantity, value, fee, value_step=step)
        fill_id = self._ids.next()
        position.updated_ms = time_ms
        position.updated_sequence = self._ids.sequence
        if not position.size:
            del self.positions[position.key]
        self._book(realised, fee)
        order.executed += quantity
        order.quote += value
        order.fee += fee
        order.realised += realised
        order.updated_ms = time_ms
        done = Fill(
            fill_id=str(fill_id),
            order_id=str(order.id),
            symbol=order.symbol,
            side=order.side,
            position_side=order.position_side,
            quantity=quantity,
            price=price,
            value=value,
            fee=fee,
            realised=realised,
            maker=maker,
            time_ms=time_ms,
        )
        self.fills.append(done)
        kind = f"position_{'open' if order.opening else 'close'}_{order.position_side.value}"
        self.turnover[kind] = self.turnover.get(kind, ZERO) + value
        self._bill(order.symbol, kind, realised - fee, fee, time_ms)
        return done

    def cover(self, shortfall: Decimal) -> None:
        """Book the exchange's insurance fund as realised P&L, so that the wallet ends at zero and not below."""
        self._book(shortfall, ZERO)

    def pay_funding(self, position: SimPosition, amount: Decimal, time_ms: int) -> None:
        """Book a settlement; positive when received."""
        position.funding += amount
        position.cum_funding += amount
        self.funding += amount
        self.wallet += amount
        self._bill(position.symbol, "position_funding", amount, ZERO, time_ms)

    def _position(self, order: SimOrder, bound: int, time_ms: int) -> SimPosition:
        key = (order.symbol, order.position_side, bound)
        if (position := self.positions.get(key)) is None:
            position = SimPosition(
                id=self._ids.next(),
                symbol=order.symbol,
                side=order.position_side,
                opened_by=bound,
                created_ms=time_ms,
                updated_ms=time_ms,
                created_sequence=self._ids.sequence,
                updated_sequence=self._ids.sequence,
            )
            self.positions[key] = position
        return position

    def _book(self, realised: Decimal, fee: Decimal) -> None:
        self.realised += realised
        self.fees += fee
        self.wallet += realised - fee

    def _bill(self, symbol: str, kind: str, amount: Decimal, fee: Decimal, time_ms: int) -> None:
        self.bills.append(
            Bill(
                id=self._ids.next(),
                symbol=symbol,
                kind=kind,
                amount=amount,
                fee=fee,
                balance=self.wallet,
                time_ms=time_ms,
            )
        )
