"""The words of the V2 generation (weex-api 5): symbols, directions, times in force, modes, states."""

from __future__ import annotations

from weexctl.model.account import MarginMode
from weexctl.model.order import OrderStatus, OrderType, TimeInForce, TriggerSource
from weexctl.model.side import PositionSide, Side
from weexctl.simulator.liquidation import LIQUIDATION_CLIENT_ID
from weexctl.simulator.orders import SimOrder, TriggerKind

__all__ = [
    "DIRECTIONS",
    "MATCH_TYPES",
    "MODES",
    "MODE_WORDS",
    "PLAN_TYPES",
    "POSITION_SIDES",
    "SOURCES",
    "SOURCE_WORDS",
    "STATUS_WORDS",
    "TIMES_IN_FORCE",
    "TIME_IN_FORCE_WORDS",
    "direction_word",
    "symbol_v2",
    "symbol_v3",
]

DIRECTIONS = {
    "1": (Side.BUY, PositionSide.LONG),
    "2": (Side.SELL, PositionSide.SHORT),
    "3": (Side.SELL, PositionSide.LONG),
    "4": (Side.BUY, PositionSide.SHORT),
}
MATCH_TYPES = {"0": OrderType.LIMIT, "1": OrderType.MARKET}
TIMES_IN_FORCE = {
    "0": TimeInForce.GTC,
    "1": TimeInForce.POST_ONLY,
    "2": TimeInForce.FOK,
    "3": TimeInForce.IOC,
}
TIME_IN_FORCE_WORDS = {
    TimeInForce.GTC: "normal",
    TimeInForce.POST_ONLY: "postOnly",
    TimeInForce.FOK: "fok",
    TimeInForce.IOC: "ioc",
}
MODES = {"1": MarginMode.CROSS, "3": MarginMode.ISOLATED}
MODE_WORDS = {MarginMode.CROSS: "SHARED", MarginMode.ISOLATED: "ISOLATED"}
SOURCES = {"1": TriggerSource.LAST, "3": TriggerSource.MARK}
SOURCE_WORDS = {source: number for number, source in SOURCES.items()}
PLAN_TYPES = {"profit_plan": TriggerKind.TARGET, "loss_plan": TriggerKind.STOP}
POSITION_SIDES = {"long": PositionSide.LONG, "short": PositionSide.SHORT}
STATUS_WORDS = {
    OrderStatus.PENDING: "pending",
    OrderStatus.OPEN: "open",
    OrderStatus.CANCELLING: "canceling",
    OrderStatus.UNTRIGGERED: "untriggered",
    OrderStatus.FILLED: "filled",
    OrderStatus.CANCELLED: "canceled",
    OrderStatus.EXPIRED: "canceled",
}


def symbol_v2(symbol: str) -> str:
    """`cmt_btcusdt` for `BTCUSDT`."""
    return f"cmt_{symbol.lower()}"


def symbol_v3(text: str) -> str:
    """`BTCUSDT` for `cmt_btcusdt`; an empty text for anything that is not written in the V2 way."""
    bare = text.removeprefix("cmt_").upper()
    return bare if symbol_v2(bare) == text else ""


def direction_word(order: SimOrder) -> str:
    """`open_long`, `close_short`, or `burst_liquidate_long` where a long position was liquidated."""
    if order.client_id == LIQUIDATION_CLIENT_ID:
        return f"burst_liquidate_{order.position_side.value}"
    return f"{'open' if order.opening else 'close'}_{order.position_side.value}"
