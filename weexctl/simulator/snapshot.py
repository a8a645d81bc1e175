"""The simulator's state as JSON can hold it, and back. Market data and credentials are not in it."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from typing import Any

from weexctl.errors import DataError
from weexctl.model.account import MarginMode
from weexctl.model.fill import Fill
from weexctl.model.order import OrderStatus, OrderType, TimeInForce, TriggerSource
from weexctl.model.side import PositionSide, Side
from weexctl.simulator.demo import demo_of
from weexctl.simulator.ledger import Bill
from weexctl.simulator.orders import Preset, SimOrder, Trigger, TriggerKind
from weexctl.simulator.position import SimPosition
from weexctl.simulator.rate import RateCounter
from weexctl.simulator.venue import Leverage, Venue

__all__ = ["SCHEMA", "load", "save"]

SCHEMA = 2

_WORDS = (PositionSide, Side, OrderType, OrderStatus, TimeInForce, TriggerKind, TriggerSource, MarginMode)


def save(venue: Venue, rate: RateCounter) -> dict[str, Any]:
    """Everything that decides the future of a venue over a given market."""
    ledger = venue.ledger
    return {
        "now_ms": venue.now_ms,
        "version": venue.version,
        "ids_used": venue.ids.used,
        "wallet": str(ledger.wallet),
        "realised": str(ledger.realised),
        "fees": str(ledger.fees),
        "funding": str(ledger.funding),
        "turnover": {kind: str(value) for kind, value in ledger.turnover.items()},
        "positions": [_plain(row) for row in ledger.positions.values()],
        "fills": [_plain(row) for row in ledger.fills],
        "bills": [_plain(row) for row in ledger.bills],
        "live": [_plain(row) for row in venue.orders()],
        "closed": [_plain(row) for row in venue.closed],
        "leverages": {symbol: _plain(row) for symbol, row in venue.leverages.items()},
        "trail": [[time_ms, [_plain(row) for row in rows]] for time_ms, rows in venue.trail],
        "client_ids": sorted(venue.client_ids),
        "rate": _plain(rate),
        **({} if venue.demo is None else {"demo": save(venue.demo, rate)}),
    }


def load(venue: Venue, rate: RateCounter, data: dict[str, Any]) -> None:
    """Put a saved state into a fresh venue.

    Raises:
        DataError: it names a symbol that this market does not have.
    """
    unknown = set(data["leverages"]) - set(venue.contracts)
    if unknown:
        raise DataError(f"the saved simulator also trades {', '.join(sorted(unknown))}; nothing was restored")
    ledger = venue.ledger
    venue.now_ms, venue.version, venue.ids.used = data["now_ms"], data["version"], data["ids_used"]
    for name in ("wallet", "realised", "fees", "funding"):
        setattr(ledger, name, Decimal(data[name]))
    ledger.turnover.update({kind: Decimal(value) for kind, value in data.get("turnover", {}).items()})
    for row in data["positions"]:
        position = _built(SimPosition, row)
        ledger.positions[position.key] = position
    ledger.fills.extend(_built(Fill, row) for row in data["fills"])
    ledger.bills.extend(_built(Bill, row) for row in data["bills"])
    for row in data["live"]:
        order = _order(row)
        venue.live.setdefault(order.symbol, []).append(order)
    venue.closed.extend(_order(row) for row in data["closed"])
    for symbol, row in data["leverages"].items():
        venue.leverages[symbol] = _built(Leverage, row)
    venue.trail.extend((time_ms, [_built(SimPosition, row) for row in rows]) for time_ms, rows in data["trail"])
    venue.client_ids.update(data["client_ids"])
    for name, value in data["rate"].items():
        setattr(rate, name, value)
    if "demo" in data:
        load(demo_of(venue), rate, data["demo"])


def _plain(record: Any) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name in _names(type(record)):
        value = getattr(record, name)
        if isinstance(value, Decimal):
            value = str(value)
        elif isinstance(value, Trigger | Preset):
            value = _plain(value)
        out[name] = value.value if isinstance(value, _WORDS) else value
    return out


def _built(kind: type[Any], row: dict[str, Any]) -> Any:
    return kind(**{name: _READERS.get(_types(kind)[name], _same)(value) for name, value in row.items()})


def _order(row: dict[str, Any]) -> SimOrder:
    values = dict(row)
    for name, kind in (("trigger", Trigger), ("target", Preset), ("stop", Preset)):
        values[name] = None if row[name] is None else _built(kind, row[name])
    values["price"] = None if row["price"] is None else Decimal(row["price"])
    order: SimOrder = _built(SimOrder, values)
    return order


def _same(value: Any) -> Any:
    return value


_READERS: dict[str, Any] = {"Decimal": Decimal, **{kind.__name__: kind for kind in _WORDS}}
_TYPES: dict[type[Any], dict[str, str]] = {}


def _types(kind: type[Any]) -> dict[str, str]:
    # Annotations are text here (PEP 563), so a field's type is a word.
    if kind not in _TYPES:
        _TYPES[kind] = {field.name: str(field.type) for field in fields(kind) if field.init}
    return _TYPES[kind]


def _names(kind: type[Any]) -> list[str]:
    return list(_types(kind))
