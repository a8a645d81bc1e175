"""Moving margin of isolated positions (weex-api 14.8, 14.9)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from weexctl.model.account import MarginMode
from weexctl.simulator.margin import movable, require_margin
from weexctl.simulator.parameters import INVALID, Parameters
from weexctl.simulator.position import SimPosition
from weexctl.simulator.refusal import Refusal, business
from weexctl.simulator.routes import Route
from weexctl.simulator.venue import Venue

__all__ = ["MARGIN_ROUTES"]

ADD, REMOVE = 1, 2


def _move(venue: Venue, parameters: Parameters) -> Any:
    position_id = parameters.integer("isolatedPositionId")
    amount = parameters.decimal("amount")
    kind = parameters.integer("type")
    if amount <= 0:
        raise Refusal(INVALID, "Parameter amount is invalid.")
    if kind not in (ADD, REMOVE):
        raise Refusal(INVALID, "Parameter type is invalid.")
    position = _isolated(venue, position_id)
    if kind == ADD:
        require_margin(venue, amount)
        position.margin += amount
    else:
        _take_back(venue, position, amount)
    return _changed(venue, position)


def _take_back(venue: Venue, position: SimPosition, amount: Decimal) -> None:
    if amount > (most := movable(venue, position)):
        raise business(
            "FAILED_PRECONDITION: Move margin available amount not enough. "
            f"Move out available amount is {most:.8f}, move out amount is {amount:.8f}"
        )
    position.margin -= amount


def _auto_append(venue: Venue, parameters: Parameters) -> Any:
    position_id = parameters.integer("positionId")
    wanted = parameters.needed("autoAppendMargin")
    if not isinstance(wanted, bool):
        raise Refusal(INVALID, "Parameter autoAppendMargin is invalid.")
    position = _isolated(venue, position_id)
    position.auto_append = wanted
    return _changed(venue, position)


def _isolated(venue: Venue, position_id: int) -> SimPosition:
    position = next((row for row in venue.ledger.positions.values() if row.id == position_id), None)
    if position is None:
        raise business("FAILED_PRECONDITION: The position does not exist")
    if venue.leverages[position.symbol].mode is not MarginMode.ISOLATED:
        raise business("FAILED_PRECONDITION: The position is not an isolated one")
    return position


def _changed(venue: Venue, position: SimPosition) -> Any:
    position.updated_ms = venue.now_ms
    venue.version += 1
    return {"code": "200", "msg": "success", "requestTime": venue.now_ms}


MARGIN_ROUTES = (
    Route("POST", "/capi/v3/account/positionMargin", _move, 15, writes=True),
    Route("POST", "/capi/v3/account/modifyAutoAppendMargin", _auto_append, 15, writes=True),
)
"""Margin goes between the account and its own positions; nothing leaves the account."""
