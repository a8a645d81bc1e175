"""An order as the journal keeps it."""

from __future__ import annotations

from weexctl.journal.rows import OrderRecord
from weexctl.model.order import Order

__all__ = ["order_record"]


def order_record(order: Order, intent_id: int | None, kind: str) -> OrderRecord:
    """An order as the journal keeps it. `kind` is the leg: entry, exit, stop or target."""
    return OrderRecord(
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        intent_id=intent_id,
        symbol=order.symbol,
        side=order.side,
        position_side=order.position_side,
        kind=kind,
        quantity=order.quantity,
        price=order.price,
        trigger_price=None,
        status=order.status,
        filled_quantity=order.filled_quantity,
        average_price=order.average_price,
        created_ms=order.created_ms,
        updated_ms=order.updated_ms,
    )
