"""What became of each part of a request with several: success and failure side by side, as values."""

from __future__ import annotations

from dataclasses import dataclass

from weexctl.errors import ExchangeError
from weexctl.model.order import OrderAck

__all__ = ["CancelResult", "CloseResult", "PlaceResult"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceResult:
    """What became of one order of a batch: an acknowledgement or an error, never both."""

    client_order_id: str
    ack: OrderAck | None
    error: ExchangeError | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelResult:
    """What became of one order that was to end; without an error it was asked for, which only a read proves."""

    order_id: str
    """Empty when the exchange names none."""
    client_order_id: str
    """As far as it is known."""
    error: ExchangeError | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseResult:
    """What became of one position that was to close; without an error its closing order was accepted."""

    position_id: str
    order_id: str | None
    """The closing order's."""
    error: ExchangeError | None
