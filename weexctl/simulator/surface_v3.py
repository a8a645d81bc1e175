"""The V3 surface: which path and verb lead where, and what each kind of failure looks like on the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial

from weexctl.simulator import auth
from weexctl.simulator.account_routes import ACCOUNT_ROUTES
from weexctl.simulator.algo_routes import ALGO_ROUTES
from weexctl.simulator.auth import Asked
from weexctl.simulator.demo_routes import DEMO_ROUTES, account_of
from weexctl.simulator.margin_routes import MARGIN_ROUTES
from weexctl.simulator.market_routes import MARKET_ROUTES
from weexctl.simulator.order_routes import ORDER_ROUTES
from weexctl.simulator.parameters import Parameters, parse_body, parse_query
from weexctl.simulator.rate import RateCounter
from weexctl.simulator.refusal import Refusal
from weexctl.simulator.routes import Route
from weexctl.simulator.settings import SimulatorSettings
from weexctl.simulator.venue import Venue

__all__ = ["Answer", "answer_v3"]

Answer = tuple[int, dict[str, str], bytes]
"""HTTP status, headers, body."""

METHOD_NOT_SUPPORTED = -1150
JSON_HEADERS = {"content-type": "application/json"}

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode

ROUTES: dict[str, dict[str, Route]] = {}
for _route in (*MARKET_ROUTES, *ACCOUNT_ROUTES, *MARGIN_ROUTES, *ORDER_ROUTES, *ALGO_ROUTES, *DEMO_ROUTES):
    ROUTES.setdefault(_route.path, {})[_route.method] = _route


def answer_v3(
    venue: Venue, rate: RateCounter, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> Answer:
    """The answer to one request; never raises for what a client sends. `headers` have lower-case names.

    Order of checks: path, verb, those of the settings' `check_order`, parameters, business.
    """
    settings = venue.settings
    try:
        route = _route_of(method, path)
        endpoint = f"{method} {path}" if route.counted else None
        count = partial(rate.count, venue.now_ms, route.weight, endpoint, settings, orders=route.orders)
        if route.private:
            server_ms = venue.now_ms + settings.clock_skew_ms
            auth.check(Asked(settings, server_ms, method, path, query, headers, body, route.writes, count))
        else:
            count()
        values = parse_query(query)
        if body:
            values.update(parse_body(body))
        account = account_of(venue, route)
        found = route.handler(account, Parameters(values, account.contracts))
    except Refusal as no:
        return _answer(no.status, {"code": no.code, "msg": no.message}, rate, settings)
    return _answer(200, found, rate, settings)


def _route_of(method: str, path: str) -> Route:
    if (verbs := ROUTES.get(path)) is None:
        raise Refusal(-1000, "Not found.", 404)
    if (route := verbs.get(method)) is None:
        raise Refusal(METHOD_NOT_SUPPORTED, f"Request method '{method}' not supported")
    return route


def _answer(status: int, content: object, rate: RateCounter, settings: SimulatorSettings) -> Answer:
    headers = JSON_HEADERS | rate.headers() if settings.count_headers else JSON_HEADERS
    return status, headers, _encode(content).encode()
