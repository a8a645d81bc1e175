"""The identity of the account: start + realised − fees + funding = wallet, at every moment it was written down."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from decimal import Decimal, InvalidOperation
from itertools import accumulate

from weexctl.journal.database import Database
from weexctl.journal.finding import Check, Finding
from weexctl.journal.payments import CARRIED

__all__ = ["TOLERANCE", "check_ledger"]

TOLERANCE = Decimal("1e-8")
"""Quote."""
_LAG_MS = 60_000
"""How far an account that is read over a wire may be ahead of its list of fills, or behind it."""
_SHOWN = 3
"""Moments that are named; a difference once made stays for all later ones."""


def check_ledger(database: Database) -> Check:
    """Add up fills and funding to the wallet of every equity point; inside one snapshot.

    Deposits and withdrawals are no records of ours: an account that had any cannot be tested by this.
    """
    first = database.row("SELECT manifest, venue FROM run ORDER BY sequence")
    start = None if first is None else json.loads(first[0]).get("start_equity")
    if first is None or start is None:
        return Check("ledger", 0, not_tested="no run says what the account began with")
    if first[1] == "demo":
        return Check("ledger", 0, not_tested="the demo account does not tell what it books")
    lag_ms = _LAG_MS if first[1] == "live" else 0
    carried = database.row("SELECT time_ms FROM payment WHERE bill_id = ?", (CARRIED,))
    points = database.rows(
        "SELECT time_ms, wallet FROM equity WHERE time_ms >= ? ORDER BY time_ms", (carried[0] if carried else 0,)
    )
    if not points:
        return Check("ledger", 0, not_tested="no step has written the wallet down yet")
    try:
        wrong = _differences(Decimal(start), points, _events(database), lag_ms)
    except InvalidOperation:
        return Check("ledger", len(points), (Finding("WALLET_DIFFERS", "", "an amount is no number"),))
    shown = tuple(
        Finding("WALLET_DIFFERS", f"equity {at}", f"at {at} the wallet was {wallet}, the records add up to {sum_}")
        for at, wallet, sum_ in wrong[:_SHOWN]
    )
    return Check("ledger", len(points), shown)


def _events(database: Database) -> list[tuple[int, Decimal]]:
    """What changed the wallet, in the order it did; the exchange's ids tell the order within a millisecond."""
    fills = database.rows("SELECT time_ms, fill_id, realised, fee FROM fill")
    payments = database.rows("SELECT time_ms, bill_id, amount FROM payment")
    booked = [(at, len(id_), id_, Decimal(realised) - Decimal(fee)) for at, id_, realised, fee in fills]
    paid = [(at, len(id_), id_, Decimal(amount)) for at, id_, amount in payments]
    return [(at, amount) for at, _, _, amount in sorted(booked + paid)]


def _differences(
    start: Decimal, points: list[tuple[int, str]], events: list[tuple[int, Decimal]], lag_ms: int
) -> list[tuple[int, Decimal, Decimal]]:
    """Points whose wallet is none of the sums around their moment, with the sum at it.

    Over a wire a point bears the close it belongs to, and the wallet was read when the step was made: at once, or as
    late as a restart came, but before the next point.
    """
    sums = list(accumulate((amount for _, amount in events), initial=start))
    moments = [at for at, _ in events]
    wrong = []
    for number, (at, text) in enumerate(points):
        wallet, now = Decimal(text), bisect_right(moments, at)
        first = last = now
        if lag_ms:
            until = points[number + 1][0] if number + 1 < len(points) else at
            first, last = bisect_left(moments, at - lag_ms), bisect_right(moments, max(at + lag_ms, until))
        if all(abs(sum_ - wallet) > TOLERANCE for sum_ in sums[first : last + 1]):
            wrong.append((at, wallet, sums[now]))
    return wrong
