"""What would let an order by hand through that a guard refused."""

from __future__ import annotations

from weexctl.model.order import OrderIntent

__all__ = ["way_out"]

_SMALLER = "give a smaller --size; `weexctl account risk` shows what each limit leaves"
_REDUCING = "closing still works; `weexctl account risk` shows how near each limit is"
_HINTS = {
    "MAX_ORDER_NOTIONAL": _SMALLER,
    "MAX_SYMBOL_EXPOSURE": _SMALLER,
    "MAX_GROSS_EXPOSURE": _SMALLER,
    "MAX_MARGIN": _SMALLER,
    "PER_TRADE_RISK": "give a smaller --size, or a --stop nearer to {price}",
    "LIQUIDATION_TOO_NEAR": "give a smaller --size, or a --stop nearer to {price}",
    "STOP_REQUIRED": "add --stop {beyond} {price}",
    "PRICE_COLLAR": "give a --price nearer to {market}",
    "MAX_POSITIONS": "close one first: `weexctl account positions` lists them",
    "OTHER_SIDE": "`weexctl close {symbol}` ends what is held and what waits on the other side",
    "RULE_POSITION": "`weexctl close {symbol}` ends the rule's position; then it is yours to open",
    "ORDER_FREQUENCY": "wait: an hour later at the most it may go out",
    "DAILY_LOSS": _REDUCING,
    "KILL_DRAWDOWN": _REDUCING,
    "NO_EQUITY": _REDUCING,
    "KILL_SWITCH": "closing still works; a person at a terminal runs `weexctl resume`",
}


def way_out(code: str, intent: OrderIntent) -> str:
    """What to change about the order, or to do first; empty for a refusal that only its story can explain.

    Args:
        code: of the guard that refused it.
        intent: the order.
    """
    return _HINTS.get(code, "").format(
        price=f"{intent.expected_price:f}",
        market=f"{intent.reference_price:f}",
        beyond="below" if intent.position_side.sign > 0 else "above",
        symbol=intent.symbol,
    )
