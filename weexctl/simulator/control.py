"""The owner's side door of a served simulator: look into the ledger, move time, change settings.

It is no part of WEEX. Everything is under `/control/`, needs no key, and is offered only when asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from weexctl.errors import UsageError
from weexctl.simulator.margin import available, equity
from weexctl.simulator.settings import settings_from_json, settings_to_json
from weexctl.simulator.simulator import Simulator

__all__ = ["CONTROL", "answer_control"]

CONTROL = "/control/"
_FEED = "feed"
"""Answered by the server, whose feed it is."""
LATEST_MS = 4_102_444_800_000
"""The year 2100: a moment beyond it is a slip of the unit."""


def answer_control(simulator: Simulator, method: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
    """HTTP status and answer of one request under `/control/`; an error is `{"error": words}`."""
    verbs = _ROUTES.get(path.removeprefix(CONTROL))
    if verbs is None:
        return 404, {
            "error": f"there is no {path}; there are {', '.join(CONTROL + name for name in (*_ROUTES, _FEED))}"
        }
    if (act := verbs.get(method)) is None:
        return 405, {"error": f"{path} takes {' and '.join(verbs)}"}
    try:
        return 200, act(simulator, _members(body))
    except (UsageError, ValueError) as error:
        return 400, {"error": str(error)}


def _members(body: bytes) -> dict[str, Any]:
    members = json.loads(body or b"{}")
    if not isinstance(members, dict):
        raise ValueError("the body must be a JSON object")  # noqa: TRY004  # a request's mistake, answered as one
    return members


def _time(simulator: Simulator, _: Mapping[str, Any]) -> dict[str, Any]:
    return {"now_ms": simulator.now_ms, "ends_ms": simulator.ends_ms, "version": simulator.version}


def _ledger(simulator: Simulator, _: Mapping[str, Any]) -> dict[str, Any]:
    ledger, venue = simulator.ledger, simulator.venue
    money = {
        "start": ledger.start,
        "wallet": ledger.wallet,
        "realised": ledger.realised,
        "fees": ledger.fees,
        "funding": ledger.funding,
        "equity": equity(venue),
        "available": available(venue),
    }
    positions = [
        {"symbol": row.symbol, "side": row.side.value, "size": f"{row.size:f}", "open_value": f"{row.open_value:f}"}
        for row in ledger.positions.values()
    ]
    return {
        **_time(simulator, {}),
        **{name: f"{amount:f}" for name, amount in money.items()},
        "positions": positions,
        "open_orders": sum(1 for _ in venue.orders()),
    }


def _advance(simulator: Simulator, members: Mapping[str, Any]) -> dict[str, Any]:
    if len(members) != 1 or not members.keys() <= {"to_ms", "by_ms"}:
        raise ValueError("give either to_ms or by_ms")
    [(name, value)] = members.items()
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{name} must be a whole number of milliseconds")  # noqa: TRY004  # as above
    to_ms = value if name == "to_ms" else simulator.now_ms + value
    if to_ms > LATEST_MS:
        raise ValueError(f"{name} leads beyond the year 2100; it is in milliseconds")
    simulator.advance(to_ms)
    return _time(simulator, {})


def _settings(simulator: Simulator, _: Mapping[str, Any]) -> dict[str, Any]:
    return settings_to_json(simulator.venue.settings)


def _change_settings(simulator: Simulator, members: Mapping[str, Any]) -> dict[str, Any]:
    old = simulator.venue.settings
    known = settings_to_json(old)
    for name, value in members.items():
        if name not in known:
            raise ValueError(f"there is no setting {name}; there are {', '.join(known)}")
        if not _alike(value, known[name]):
            raise ValueError(f"{name} must be like {json.dumps(known[name])}")
    try:
        new = settings_from_json({**known, **members})
    except (ArithmeticError, TypeError, ValueError):
        raise ValueError("a number among the settings cannot be read; nothing was changed") from None
    simulator.configure(replace(new, key=old.key, secret=old.secret, passphrase=old.passphrase))
    return _settings(simulator, {})


def _alike(value: object, known: object) -> bool:
    # A whole number may stand for a fraction; true is no number.
    if isinstance(known, float):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is type(known)


_ROUTES: dict[str, dict[str, Callable[[Simulator, Mapping[str, Any]], dict[str, Any]]]] = {
    "time": {"GET": _time},
    "ledger": {"GET": _ledger},
    "advance": {"POST": _advance},
    "settings": {"GET": _settings, "POST": _change_settings},
}
