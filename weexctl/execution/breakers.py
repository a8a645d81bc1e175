"""The breakers of an account: a value that takes events and says whether anything may open. No clock, no I/O."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from weexctl.errors import ConfigError
from weexctl.execution.breaker_events import (
    AuthFailed,
    BreakerEvent,
    ClockMeasured,
    DataAged,
    EquityMarked,
    LedgerChecked,
    MarketMeasured,
    OrderAccepted,
    OrderAsked,
    OrderRejected,
    PositionChanged,
    ProbeAnswered,
    Reconciled,
    RequestFailed,
    Resumed,
    SettingsChanged,
    UnknownCounted,
)
from weexctl.execution.breaker_settings import BreakerSettings
from weexctl.execution.breaker_state import BreakerState
from weexctl.execution.equity_marks import DAY_MS, EquityMarks
from weexctl.execution.transport_breaker import TransportBreaker
from weexctl.execution.trip import Trip
from weexctl.model.order import OrderIntent

__all__ = ["BREAKERS", "LEDGER_BASE", "Breakers"]

BREAKERS = "breakers"
"""Key of the journal's state table under which they are saved."""
LEDGER_BASE = "ledger_base"
"""Key beside it: the wallet less everything that runs added to it, a decimal text in USDT."""
_MINUTE_MS = 60_000
_DAILY_LOSS, _KILL_DRAWDOWN, _TRANSPORT, _UNKNOWN = "DAILY_LOSS", "KILL_DRAWDOWN", "TRANSPORT_DOWN", "OUTCOME_UNKNOWN"

Trips = Mapping[tuple[str, str], Trip]
"""By code and symbol."""


@dataclass(frozen=True, slots=True)
class Breakers:
    """What restricts an account and its symbols. Frozen: `take` returns what comes after an event.

    Latches stay until a person resumes. The transport breaker closes by itself, after a read and a comparison. Readings
    (age of data, clock, market, unknown outcomes) keep entries back for as long as they say so. None of them ever
    concerns what closes, protects or cancels.
    """

    settings: BreakerSettings
    now_ms: int = 0
    """The moment of the newest event."""
    latched: Trips = field(default_factory=dict)
    readings: Trips = field(default_factory=dict)
    transport: TransportBreaker = field(default_factory=TransportBreaker)
    equity: EquityMarks = field(default_factory=EquityMarks)
    rejects: Mapping[str, int] = field(default_factory=dict)
    """Orders of each symbol refused one after the other."""
    asked_ms: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Orders of each symbol asked for within a minute."""

    def take(self, event: BreakerEvent, now_ms: int) -> Breakers:
        """The breakers after an event.

        Args:
            event: what happened.
            now_ms: when; a moment before the newest one counts as that one.
        """
        moved = _without_past(replace(self, now_ms=max(self.now_ms, now_ms)))
        return _RULES[type(event)](moved, event)

    @property
    def state(self) -> BreakerState:
        """Of the whole account."""
        return self.state_of("")

    def state_of(self, symbol: str) -> BreakerState:
        """Of a symbol: the strictest of its own and the account's."""
        return max((t.state for t in self._open() if t.covers(symbol)), default=BreakerState.ACTIVE)

    def entry_block(self, symbol: str) -> Trip | None:
        """The strictest, then oldest, reason why nothing may open or add in a symbol; None when there is none."""
        found = [trip for trip in (*self._open(), *self.readings.values()) if trip.covers(symbol)]
        return min(found, key=lambda trip: (-trip.state, trip.since_ms, trip.code), default=None)

    def entry_refusal(self, symbol: str) -> str:
        """The same in words; empty when entries may go out."""
        block = self.entry_block(symbol)
        return "" if block is None else block.text

    def refusal(self, intent: OrderIntent) -> str:
        """Why this order may not go out; always empty for one that reduces."""
        return "" if intent.reduces else self.entry_refusal(intent.symbol)

    @property
    def latches(self) -> tuple[Trip, ...]:
        """What only a person clears, oldest first."""
        return tuple(sorted(self.latched.values(), key=lambda trip: (trip.since_ms, trip.code, trip.symbol)))

    @property
    def probe_due(self) -> bool:
        """Whether one read should be tried now, its outcome told as `ProbeAnswered`."""
        return self.transport.phase == "open" and self.now_ms >= self.transport.probe_ms

    @property
    def reconcile_due(self) -> bool:
        """Whether journal and exchange should be compared now, the outcome told as `Reconciled`."""
        return self.transport.phase == "proven"

    def to_json(self) -> dict[str, Any]:
        """Plain data, without the settings; `from_json` gives equal breakers."""
        return {
            "now_ms": self.now_ms,
            "latched": [trip.to_json() for trip in self.latched.values()],
            "readings": [trip.to_json() for trip in self.readings.values()],
            "transport": self.transport.to_json(),
            "equity": self.equity.to_json(),
            "rejects": dict(self.rejects),
            "asked_ms": {symbol: list(times) for symbol, times in self.asked_ms.items()},
        }

    @classmethod
    def from_json(cls, settings: BreakerSettings, data: Mapping[str, Any]) -> Self:
        """The breakers that were saved.

        Raises:
            ConfigError: it is not what `to_json` makes; whoever reads it must not trade on.
        """
        try:
            return cls(
                settings,
                now_ms=int(data["now_ms"]),
                latched=_by_key(data["latched"]),
                readings=_by_key(data["readings"]),
                transport=TransportBreaker.from_json(data["transport"]),
                equity=EquityMarks.from_json(data["equity"]),
                rejects={str(symbol): int(count) for symbol, count in data["rejects"].items()},
                asked_ms={str(symbol): tuple(times) for symbol, times in data["asked_ms"].items()},
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ConfigError(
                "the breakers on record cannot be read, so nobody knows what is halted; nothing was sent",
                hint="look into the journal's state `breakers`; a version of weexctl that wrote it can read it",
                code="BREAKERS_UNREADABLE",
            ) from error

    def _open(self) -> tuple[Trip, ...]:
        if self.transport.phase == "closed":
            return tuple(self.latched.values())
        waits = "an answered read" if self.transport.phase == "open" else "a comparison with the exchange"
        reason = f"requests went unanswered; waiting for {waits}"
        off = Trip(code=_TRANSPORT, reason=reason, since_ms=self.transport.opened_ms, state=BreakerState.REDUCING)
        return (*self.latched.values(), off)


def _without_past(breakers: Breakers) -> Breakers:
    kept = {key: t for key, t in breakers.readings.items() if t.until_ms is None or t.until_ms > breakers.now_ms}
    return breakers if len(kept) == len(breakers.readings) else replace(breakers, readings=kept)


def _latch(breakers: Breakers, code: str, reason: str, state: BreakerState, symbol: str = "") -> Breakers:
    """Open a breaker; one that is open keeps its first reason."""
    trip = Trip(code=code, symbol=symbol, reason=reason, since_ms=breakers.now_ms, state=state)
    return replace(breakers, latched={(code, symbol): trip, **breakers.latched})


def _read(
    breakers: Breakers, bad: bool, code: str, reason: str = "", *, symbol: str = "", until_ms: int | None = None
) -> Breakers:
    """Take in a reading: a bad one keeps entries back, a good one ends that."""
    key = (code, symbol)
    others = {known: trip for known, trip in breakers.readings.items() if known != key}
    if not bad:
        return replace(breakers, readings=others)
    since_ms = breakers.readings[key].since_ms if key in breakers.readings else breakers.now_ms
    trip = Trip(code=code, symbol=symbol, reason=reason, since_ms=since_ms, until_ms=until_ms)
    return replace(breakers, readings={**others, key: trip})


def _equity(breakers: Breakers, event: EquityMarked) -> Breakers:
    if not math.isfinite(event.equity):
        return _read(breakers, True, "UNAVAILABLE", "equity is not known")
    known = _read(breakers, False, "UNAVAILABLE")
    known = replace(known, equity=breakers.equity.mark(event.equity, breakers.now_ms))
    lost, limits = known.equity, breakers.settings
    if lost.day_loss >= limits.daily_loss:
        reason = f"lost {lost.day_loss:.2%} today, limit {limits.daily_loss:.2%}"
        known = _latch(known, _DAILY_LOSS, reason, BreakerState.REDUCING)
    if lost.drawdown >= limits.drawdown:
        reason = f"lost {lost.drawdown:.2%} since the start, limit {limits.drawdown:.2%}"
        known = _latch(known, _KILL_DRAWDOWN, reason, BreakerState.HALTED)
    return known


def _asked(breakers: Breakers, event: OrderAsked) -> Breakers:
    recent = (
        *(t for t in breakers.asked_ms.get(event.symbol, ()) if t > breakers.now_ms - _MINUTE_MS),
        breakers.now_ms,
    )
    recent = recent[-breakers.settings.orders_per_minute :]
    counted = replace(breakers, asked_ms={**breakers.asked_ms, event.symbol: recent})
    if len(recent) < breakers.settings.orders_per_minute:
        return counted
    reason = f"{len(recent)} orders within a minute"
    return _latch(counted, "ORDER_STORM", reason, BreakerState.HALTED, event.symbol)


def _accepted(breakers: Breakers, event: OrderAccepted) -> Breakers:
    return replace(breakers, rejects={symbol: n for symbol, n in breakers.rejects.items() if symbol != event.symbol})


def _rejected(breakers: Breakers, event: OrderRejected) -> Breakers:
    count = breakers.rejects.get(event.symbol, 0) + 1
    counted = replace(breakers, rejects={**breakers.rejects, event.symbol: count})
    if count < breakers.settings.rejects:
        return counted
    reason = f"the exchange refused {count} orders one after the other"
    return _latch(counted, "REJECT_STREAK", reason, BreakerState.HALTED, event.symbol)


def _failed(breakers: Breakers, event: RequestFailed) -> Breakers:
    return replace(breakers, transport=breakers.transport.failed(breakers.now_ms, breakers.settings))


def _probed(breakers: Breakers, event: ProbeAnswered) -> Breakers:
    return replace(breakers, transport=breakers.transport.probed(event.answered, breakers.now_ms, breakers.settings))


def _reconciled(breakers: Breakers, event: Reconciled) -> Breakers:
    return replace(breakers, transport=breakers.transport.reconciled(event.agreed, breakers.now_ms, breakers.settings))


def _auth(breakers: Breakers, event: AuthFailed) -> Breakers:
    return _latch(breakers, "AUTH_FAILED", event.reason or "the exchange refused the key", BreakerState.REDUCING)


def _aged(breakers: Breakers, event: DataAged) -> Breakers:
    reason = f"the newest candle is {event.age_ms / 1000:.0f} s old, limit {event.limit_ms / 1000:.0f} s"
    return _read(breakers, event.age_ms > event.limit_ms, "STALE_DATA", reason, symbol=event.symbol)


def _clock(breakers: Breakers, event: ClockMeasured) -> Breakers:
    reason = f"the exchange's time is known to within {event.uncertainty_ms / 1000:.1f} s only"
    return _read(breakers, not event.uncertainty_ms <= breakers.settings.clock_ms, "CLOCK_UNCERTAIN", reason)


def _position(breakers: Breakers, event: PositionChanged) -> Breakers:
    reason = event.reason or "the position changed without an order of ours"
    return _latch(breakers, "POSITION_CHANGED", reason, BreakerState.HALTED, event.symbol)


def _setting(breakers: Breakers, event: SettingsChanged) -> Breakers:
    reason = event.reason or "leverage, mode or contract is not what it was set to"
    return _latch(breakers, "SETTINGS_CHANGED", reason, BreakerState.HALTED, event.symbol)


def _market(breakers: Breakers, event: MarketMeasured) -> Breakers:
    wide = not event.spread_ratio <= breakers.settings.spread_ratio  # NaN is not normal either
    if not (wide or not abs(event.minute_move) <= breakers.settings.minute_move):
        return breakers  # it rests its time out, whatever the next minute looks like
    what = f"the spread is {event.spread_ratio:.1f} × usual" if wide else f"moved {event.minute_move:+.1%} a minute"
    until_ms = breakers.now_ms + breakers.settings.market_rest_ms
    return _read(breakers, True, "ABNORMAL_MARKET", what, symbol=event.symbol, until_ms=until_ms)


def _ledger(breakers: Breakers, event: LedgerChecked) -> Breakers:
    if abs(event.difference) <= breakers.settings.ledger_difference:
        return breakers
    reason = f"the wallet is {event.difference:+.2%} away from what the journal adds up to"
    return _latch(breakers, "LEDGER_BROKEN", reason, BreakerState.HALTED)


def _unknown(breakers: Breakers, event: UnknownCounted) -> Breakers:
    others = {key: trip for key, trip in breakers.readings.items() if key[0] != _UNKNOWN}
    counted = replace(breakers, readings=others)
    for symbol, count in event.by_symbol.items():
        bad = count >= breakers.settings.unknown_per_symbol
        counted = _read(counted, bad, _UNKNOWN, f"{count} of its orders may have arrived", symbol=symbol)
    total = sum(event.by_symbol.values())
    bad = total >= breakers.settings.unknown_per_account
    return _read(counted, bad, _UNKNOWN, f"{total} orders may have arrived")


def _resumed(breakers: Breakers, event: Resumed) -> Breakers:
    """All latches cleared but a daily loss of today; what was counted towards them begins anew."""
    today = breakers.now_ms // DAY_MS
    kept = {k: t for k, t in breakers.latched.items() if t.code == _DAILY_LOSS and t.since_ms // DAY_MS >= today}
    drawn = (_KILL_DRAWDOWN, "") in breakers.latched
    equity = breakers.equity.rebased() if drawn else breakers.equity
    return replace(breakers, latched=kept, rejects={}, asked_ms={}, equity=equity)


_RULES: Mapping[type, Callable[[Breakers, Any], Breakers]] = {
    EquityMarked: _equity,
    OrderAsked: _asked,
    OrderAccepted: _accepted,
    OrderRejected: _rejected,
    RequestFailed: _failed,
    ProbeAnswered: _probed,
    Reconciled: _reconciled,
    AuthFailed: _auth,
    DataAged: _aged,
    ClockMeasured: _clock,
    PositionChanged: _position,
    SettingsChanged: _setting,
    MarketMeasured: _market,
    LedgerChecked: _ledger,
    UnknownCounted: _unknown,
    Resumed: _resumed,
}


def _by_key(rows: list[Mapping[str, Any]]) -> dict[tuple[str, str], Trip]:
    trips = [Trip.from_json(row) for row in rows]
    return {(trip.code, trip.symbol): trip for trip in trips}
