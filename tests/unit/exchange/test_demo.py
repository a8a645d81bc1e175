from __future__ import annotations

import inspect
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from weexctl.errors import ConfigError, OrderNotFoundError, OutcomeUnknownError, UsageError
from weexctl.exchange.connect import connect
from weexctl.exchange.v3_demo import WeexV3Demo
from weexctl.model.order import OrderRequest
from weexctl.model.side import PositionSide, Side
from weexctl.ports import ExchangeDesk

if TYPE_CHECKING:
    from tests.unit.exchange.conftest import Venue

ORDER = "/capi/v3/sim/order"
REQUEST = OrderRequest(
    symbol="BTCUSDT",
    side=Side.BUY,
    position_side=PositionSide.LONG,
    quantity=Decimal("0.001"),
    client_order_id="my-order-0001",
    stop_price=Decimal(48_000),
)


def test_an_order_goes_to_the_demo_account_under_the_demo_symbol(demo: WeexV3Demo, venue: Venue) -> None:
    venue.answers(ORDER, {"orderId": "702345678901234567", "success": True})
    assert demo.place_order(REQUEST).order_id == "702345678901234567"
    assert (venue.last.url.path, venue.last_body["symbol"]) == (ORDER, "BTCSUSDT")
    assert venue.last_body["slTriggerPrice"] == "48000"


def test_a_demo_order_without_proof_is_unknown(demo: WeexV3Demo, venue: Venue) -> None:
    venue.answers(ORDER, {"success": True})
    with pytest.raises(OutcomeUnknownError):
        demo.place_order(REQUEST)


def test_the_history_is_asked_for_without_a_symbol(demo: WeexV3Demo, venue: Venue) -> None:
    venue.answers("/capi/v3/sim/order/history", [])
    assert demo.fetch_order_history("BTCUSDT", start_ms=1, end_ms=2) == []
    assert "symbol" not in venue.last_query
    with pytest.raises(OrderNotFoundError):
        demo.fetch_order("7")


CANNOT = sorted(name for name, value in vars(WeexV3Demo).items() if getattr(value, "__name__", "") == "refuse")


@pytest.mark.parametrize("name", CANNOT)
def test_what_the_demo_account_cannot_do_is_refused_before_anything_leaves(
    demo: WeexV3Demo, venue: Venue, name: str
) -> None:
    with pytest.raises(UsageError, match="nothing was sent") as caught:
        getattr(demo, name)()
    assert caught.value.code == "NOT_IN_DEMO"
    assert caught.value.hint
    assert venue.requests == []


def test_every_method_of_the_port_is_there_or_refused() -> None:
    port = {name for name, _ in inspect.getmembers(ExchangeDesk, inspect.isfunction) if not name.startswith("_")}
    assert len(CANNOT) == 26
    assert {name for name in port if not hasattr(WeexV3Demo, name)} == set()


def test_there_is_no_demo_account_in_v2() -> None:
    with pytest.raises(ConfigError, match="nothing was sent"):
        connect(api="v2", demo=True)


def test_every_client_is_the_whole_port() -> None:
    desks: list[ExchangeDesk] = [connect(), connect(api="v2"), connect(demo=True)]
    assert len({type(desk) for desk in desks}) == 3
