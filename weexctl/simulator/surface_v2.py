"""The V2 surface: the same account and market under the older paths, with string codes and an envelope for errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial

from weexctl.simulator import auth
from weexctl.simulator.account_routes_v2 import ACCOUNT_ROUTES_V2
from weexctl.simulator.auth import Asked
from weexctl.simulator.auth_codes import CODES_V2
from weexctl.simulator.market_routes_v2 import MARKET_ROUTES_V2
from weexctl.simulator.order_routes_v2 import ORDER_ROUTES_V2
from weexctl.simulator.parameters import parse_body, parse_query
from weexctl.simulator.parameters_v2 import ParametersV2
from weexctl.simulator.plan_routes_v2 import PLAN_ROUTES_V2
from weexctl.simulator.rate import RateCounter
from weexctl.simulator.refusal import Refusal
from weexctl.simulator.refusal_v2 import refused
from weexctl.simulator.routes_v2 import RouteV2
from weexctl.simulator.surface_v3 import JSON_HEADERS, Answer
from weexctl.simulator.venue import Venue

__all__ = ["PREFIX", "answer_v2"]

PREFIX = "/capi/v2/"
NOT_FOUND = 404
WRONG_VERB = 405

ROUTES: dict[str, dict[str, RouteV2]] = {}
for _route in (*MARKET_ROUTES_V2, *ACCOUNT_ROUTES_V2, *ORDER_ROUTES_V2, *PLAN_ROUTES_V2):
    ROUTES.setdefault(PREFIX + _route.path, {})[_route.method] = _route


def answer_v2(
    venue: Venue, rate: RateCounter, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> Answer:
    """The answer to one request; never raises for what a client sends. `headers` have lower-case names.

    Order of checks: path, verb, those of the settings' `check_order`, parameters, business. A GET has its parameters
    in the query, a POST in its body; the rate budgets are those of V3.
    """
    settings, server_ms = venue.settings, venue.now_ms + venue.settings.clock_skew_ms
    try:
        route = _route_of(method, path)
        weights = partial(rate.count, venue.now_ms, route.weight, route.twin, settings)
        count = partial(weights, account_weight=route.account_weight)
        if route.private:
            auth.check(
                Asked(settings, server_ms, method, path, query, headers, body, route.writes, count, codes=CODES_V2)
            )
        else:
            count()
        values = parse_query(query) if method == "GET" else parse_body(body)
        found = route.handler(venue, ParametersV2(values, venue.contracts))
    except Refusal as no:
        return _answer(no.status, refused(no, server_ms))
    return _answer(200, found)


def _route_of(method: str, path: str) -> RouteV2:
    if (verbs := ROUTES.get(path)) is None:
        raise Refusal(NOT_FOUND, "Not Found", NOT_FOUND)
    if (route := verbs.get(method)) is None:
        raise Refusal(WRONG_VERB, f"Request method '{method}' not supported", WRONG_VERB)
    return route


def _answer(status: int, content: object) -> Answer:
    return status, JSON_HEADERS, json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()
