"""WEEX through its V2 API, the one of the first season: the whole exchange port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from weexctl.exchange import v2_endpoints as endpoints
from weexctl.exchange.v2_orders import V2Orders
from weexctl.exchange.v2_requests import adjust_margin_body, leverage_body, margin_mode_body
from weexctl.exchange.wire_values import checked_log, checked_order_id, encoded
from weexctl.model.account import LeverageSetting, MarginMode

__all__ = ["WeexV2"]


class WeexV2(V2Orders):
    """The exchange in neutral words; every method raises an `ExchangeError` when it cannot answer.

    Writes go out once. They succeed only when the answer proves it; otherwise they raise `OutcomeUnknownError`.
    """

    def set_leverage(
        self, symbol: str, leverage: int, *, margin_mode: MarginMode = MarginMode.CROSS
    ) -> LeverageSetting:
        """Set the leverage of a symbol for one margin mode, which must be the one the symbol is in.

        The answer names nothing: what is returned is what was read before, with the change.

        Raises:
            OpenOrdersError: it has orders or stops.
        """
        before, value = self.fetch_leverage(symbol), Decimal(leverage)
        self._coded(endpoints.SET_LEVERAGE, leverage_body(symbol, leverage, margin_mode))
        if margin_mode is MarginMode.CROSS:
            return replace(before, cross=value)
        return replace(before, isolated_long=value, isolated_short=value)

    def set_margin_mode(self, symbol: str, margin_mode: MarginMode, *, separated: bool = False) -> None:
        """Set whether positions of a symbol share the account's margin."""
        self._coded(endpoints.SET_MARGIN_MODE, margin_mode_body(symbol, margin_mode, separated=separated))

    def adjust_margin(self, position_id: str, amount: Decimal) -> None:
        """Move margin into an isolated position, or out of it when the amount is negative."""
        self._coded(endpoints.ADJUST_MARGIN, adjust_margin_body(position_id, amount))

    def set_auto_margin(self, position_id: str, *, enabled: bool) -> None:
        """Let the exchange add margin to an isolated position by itself, or stop it."""
        number = int(checked_order_id(position_id))
        self._coded(endpoints.SET_AUTO_MARGIN, encoded({"positionId": number, "autoAppendMargin": enabled}))

    def upload_ai_log(
        self,
        *,
        order_id: str | None,
        stage: str,
        model: str,
        input: Mapping[str, Any],  # noqa: A002  # the API's own word
        output: Mapping[str, Any],
        explanation: str,
    ) -> None:
        """Send one AI log; the explanation has at most 1 000 characters."""
        log = checked_log(
            order_id=order_id, stage=stage, model=model, given=input, answered=output, explanation=explanation
        )
        self._coded(endpoints.AI_LOG, log)

    def close(self) -> None:
        """Let go of the connection."""
        self._wire.close()
