"""WEEX's demo account as an exchange: what its four endpoints do not tell is made up from what they do.

Fills come from the order history, one for each order, with the fee that the contract asks for and without their
profit, which the trader makes from its own books. Resting orders are those of the history that are not at their end.
Leverage cannot be read there at all, and funding is not listed: the venue says so, and nobody asks. Stops can be sent
and neither be read nor cancelled, and would outlive their position to close the next one: none is sent, the run watches
the price instead.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from weexctl.exchange.v3_demo import WeexV3Demo
from weexctl.model.fill import Fill
from weexctl.model.instrument import Instrument
from weexctl.model.order import Order, OrderAck, OrderRequest
from weexctl.model.payment import FundingPayment
from weexctl.ports import Clock

__all__ = ["DemoExchange"]

_BORN_MS = 30 * 86_400_000
"""How long before it is filled an order may have been made: a stop is as old as its position."""
_ZERO = Decimal(0)


class DemoExchange:
    """The demo account behind the port that the trader uses.

    Args:
        client: the four endpoints, and market data.
        clock: the venue's time.
    """

    def __init__(self, client: WeexV3Demo, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._instruments: dict[str, Instrument] = {}

    def __getattr__(self, name: str) -> Any:
        """Everything that the demo account has of its own, as it is."""
        return getattr(self._client, name)

    def fetch_instruments(self) -> dict[str, Instrument]:
        """Every instrument weexctl trades, by symbol."""
        self._instruments = self._client.fetch_instruments()
        return self._instruments

    def place_order(self, request: OrderRequest) -> OrderAck:
        """Place an order, without the stop and the target that it was to carry."""
        return self._client.place_order(replace(request, stop_price=None, target_price=None))

    def fetch_open_orders(self, symbol: str | None = None) -> list[Order]:
        """Orders of the last thirty days that are not at their end."""
        now_ms = self._clock.now_ms()
        orders = self._client.fetch_order_history(symbol, start_ms=now_ms - _BORN_MS, end_ms=now_ms)
        return [order for order in orders if not order.status.final]

    def fetch_fills(self, symbol: str | None, *, start_ms: int, end_ms: int, order_id: str | None = None) -> list[Fill]:
        """One fill for each order that was filled in a span of time, oldest first; the fee is the contract's."""
        orders = self._client.fetch_order_history(symbol, start_ms=start_ms - _BORN_MS, end_ms=end_ms)
        instruments = self._instruments or self.fetch_instruments()
        fills = [_fill(o, instruments[o.symbol].taker_fee) for o in orders if o.filled_quantity > 0]
        fills.sort(key=lambda fill: (fill.time_ms, fill.fill_id))
        return [f for f in fills if start_ms <= f.time_ms <= end_ms and order_id in (None, f.order_id)]

    def fetch_funding_payments(self, *, start_ms: int, end_ms: int) -> list[FundingPayment]:  # noqa: ARG002  # the port's
        """None: the demo account does not list them."""
        return []

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()


def _fill(order: Order, rate: Decimal) -> Fill:
    """The order as one fill, without its profit."""
    price = order.average_price or order.price or _ZERO
    value = order.filled_quantity * price
    return Fill(
        fill_id=f"demo-{order.order_id}",
        order_id=order.order_id,
        symbol=order.symbol,
        side=order.side,
        position_side=order.position_side,
        quantity=order.filled_quantity,
        price=price,
        value=value,
        fee=value * rate,
        realised=_ZERO,
        maker=False,
        time_ms=order.updated_ms,
    )
