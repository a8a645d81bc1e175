"""What happens at the exchange in the course of a run, put into the timeline."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from weexctl.simulator.faults.fault import Fault
from weexctl.simulator.faults.others import adl, delist, interfere, liquidate, reset_account
from weexctl.simulator.faults.timeline import Timeline
from weexctl.simulator.faults.weather import Weather
from weexctl.simulator.faults.words import Word
from weexctl.simulator.venue import Venue

__all__ = ["arrange"]


def arrange(faults: Sequence[Fault], timeline: Timeline, weather: Weather, venue: Venue) -> None:
    """Let each of these happen at its moment; one with an end ends there."""
    for fault in faults:
        begin, end = _acts(fault, weather, venue)
        timeline.at(timeline.start_ms + round(fault.match.from_s * 1000), begin)
        if end is not None and fault.match.to_s is not None:
            timeline.at(timeline.start_ms + round(fault.match.to_s * 1000), end)


Act = Callable[[], None]


def _acts(fault: Fault, weather: Weather, venue: Venue) -> tuple[Act, Act | None]:
    symbol = fault.text("symbol")
    match fault.word:
        case Word.MAINT:
            return _switch(weather, "maintenance", True), _switch(weather, "maintenance", False)
        case Word.KEY_REVOKED:
            return _switch(weather, "revoked", True), _switch(weather, "revoked", False)
        case Word.IP_BLOCK:
            return _switch(weather, "blocked", fault.text("as", "-1056")), _switch(weather, "blocked", "")
        case Word.SUSPEND_SYMBOL:
            return lambda: weather.suspended.add(symbol), lambda: weather.suspended.discard(symbol)
        case Word.DELIST:
            return lambda: _delist(weather, venue, symbol), None
        case Word.ADL:
            return lambda: adl(venue, symbol, fault.number("percent", 50)), None
        case Word.LIQ:
            return lambda: liquidate(venue), None
        case Word.ACCOUNT_RESET:
            return lambda: reset_account(venue), None
        case _:
            return lambda: interfere(venue, fault), None


def _switch(weather: Weather, name: str, value: bool | str) -> Act:
    return lambda: setattr(weather, name, value)


def _delist(weather: Weather, venue: Venue, symbol: str) -> None:
    delist(venue, symbol)
    weather.delisted.add(symbol)
