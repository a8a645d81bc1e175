"""The four endpoints of the demo account (weex-api 16). They are those of the real one, on the other ledger."""

from __future__ import annotations

from dataclasses import replace

from weexctl.simulator.account_routes import ACCOUNT_ROUTES
from weexctl.simulator.algo_routes import ALGO_ROUTES
from weexctl.simulator.demo import demo_of
from weexctl.simulator.order_routes import ORDER_ROUTES
from weexctl.simulator.routes import Route
from weexctl.simulator.venue import Venue

__all__ = ["DEMO_ROUTES", "account_of"]

LIKE = {
    ("GET", "/capi/v3/account/balance"): "/capi/v3/sim/balance",
    ("GET", "/capi/v3/account/position/allPosition"): "/capi/v3/sim/position/allPosition",
    ("POST", "/capi/v3/order"): "/capi/v3/sim/order",
    ("GET", "/capi/v3/order/history"): "/capi/v3/sim/order/history",
}
"""Nothing else is there: no cancelling, no asking for one order, no leverage."""

DEMO_ROUTES = tuple(
    replace(route, path=LIKE[route.method, route.path])
    for route in (*ACCOUNT_ROUTES, *ORDER_ROUTES)
    if (route.method, route.path) in LIKE
)
"""Every endpoint of the demo account."""

_DEMO_PATHS = frozenset(route.path for route in DEMO_ROUTES)
_CONDITIONAL_PATHS = frozenset(route.path for route in ALGO_ROUTES)


def account_of(venue: Venue, route: Route) -> Venue:
    """The account a request acts on; with a demo key, conditional orders are the demo account's."""
    conditional = venue.settings.demo_key and route.path in _CONDITIONAL_PATHS
    return demo_of(venue) if conditional or route.path in _DEMO_PATHS else venue
