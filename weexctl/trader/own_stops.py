"""Stops that are not at the exchange, because they could be neither read nor cancelled there: watched from here."""

from __future__ import annotations

from decimal import Decimal

from weexctl.execution.guardian import Proof
from weexctl.execution.open_trade import OpenTrade
from weexctl.model.side import PositionSide

__all__ = ["OwnStops", "passed"]


class OwnStops:
    """Stops are kept on record only; the loop closes a position when the mark price passes its stop.

    While no run is under way nothing protects the position: this is for accounts without money in them.
    """

    def prove(self, trade: OpenTrade, quantity: Decimal) -> Proof:  # noqa: ARG002  # the port's arguments
        """On record is all there is."""
        return Proof((), covered=True)

    def ensure(self, trade: OpenTrade, quantity: Decimal) -> Proof:
        """Believed."""
        return self.prove(trade, quantity)

    def tighten(self, trade: OpenTrade, price: Decimal) -> str:  # noqa: ARG002  # as above
        """Nothing at the exchange."""
        return ""

    def sweep(self, symbol: str, side: PositionSide, *, hidden_until_ms: int = 0) -> str:  # noqa: ARG002  # as above
        """Nothing can be seen, so nothing is left as far as anybody knows."""
        return ""


def passed(trade: OpenTrade, mark: Decimal) -> str:
    """The exit reason when the mark price has passed a trade's stop or target; empty when it has not."""
    sign = trade.side.sign
    if trade.stop_price is not None and (mark - trade.stop_price) * sign <= 0:
        return "STOP_HIT"
    if trade.target_price is not None and (mark - trade.target_price) * sign >= 0:
        return "TARGET_HIT"
    return ""
