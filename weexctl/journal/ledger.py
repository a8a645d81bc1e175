"""The identity of the account: start + realised − fees + funding = wallet, at every moment it was written down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from weexctl.journal.database import Database
from weexctl.journal.finding import Check, Finding
from weexctl.journal.payments import CARRIED

__all__ = ["TOLERANCE", "check_ledger"]

TOLERANCE = Decimal("1e-8")
"""Quote."""
_SHOWN = 3
"""Moments that are named; a difference once made stays for all later ones."""


def check_ledger(database: Database) -> Check:
    """Add up fills and funding to the wallet of every equity point; inside one snapshot.

    Deposits and withdrawals are no records of ours: an account that had any cannot be tested by this.
    """
    first = database.row("SELECT manifest FROM run ORDER BY sequence")
    start = None if first is None else json.loads(first[0]).get("start_equity")
    if start is None:
        return Check("ledger", 0, not_tested="no run says what the account began with")
    carried = database.row("SELECT time_ms FROM payment WHERE bill_id = ?", (CARRIED,))
    points = database.rows(
        "SELECT time_ms, wallet FROM equity WHERE time_ms >= ? ORDER BY time_ms", (carried[0] if carried else 0,)
    )
    if not points:
        return Check("ledger", 0, not_tested="no step has written the wallet down yet")
    try:
        wrong = _differences(Decimal(start), points, _events(database))
    except InvalidOperation:
        return Check("ledger", len(points), (Finding("WALLET_DIFFERS", "", "an amount is no number"),))
    shown = tuple(
        Finding("WALLET_DIFFERS", f"equity {at}", f"at {at} the wallet was {wallet}, the records add up to {sum_}")
        for at, wallet, sum_ in wrong[:_SHOWN]
    )
    return Check("ledger", len(points), shown)


def _events(database: Database) -> list[tuple[int, Decimal]]:
    fills = database.rows("SELECT time_ms, realised, fee FROM fill")
    payments = database.rows("SELECT time_ms, amount FROM payment")
    booked = [(at, Decimal(realised) - Decimal(fee)) for at, realised, fee in fills]
    return sorted(booked + [(at, Decimal(amount)) for at, amount in payments])


def _differences(
    start: Decimal, points: list[tuple[int, str]], events: list[tuple[int, Decimal]]
) -> list[tuple[int, Decimal, Decimal]]:
    """Points whose wallet no moment between them and the next one explains.

    A point bears the close it belongs to; the wallet was read when the step was made, somewhat later.
    """
    wrong, sum_, done = [], start, 0
    for number, (at, text) in enumerate(points):
        while done < len(events) and events[done][0] <= at:
            sum_ += events[done][1]
            done += 1
        until = points[number + 1][0] if number + 1 < len(points) else None
        wallet = Decimal(text)
        if all(abs(seen - wallet) > TOLERANCE for seen in _sums(sum_, events, done, until)):
            wrong.append((at, wallet, sum_))
    return wrong


def _sums(sum_: Decimal, events: list[tuple[int, Decimal]], done: int, until: int | None) -> Iterator[Decimal]:
    """The sum as it is, and after each event up to a moment."""
    yield sum_
    for number in range(done, len(events)):
        at, amount = events[number]
        if until is not None and at > until:
            return
        sum_ += amount
        yield sum_
