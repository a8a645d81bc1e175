"""Funding that was paid or received."""

from __future__ import annotations

from weexctl.journal.codec import Shape
from weexctl.journal.database import Database
from weexctl.model.payment import FundingPayment

__all__ = ["CARRIED", "Payments"]

CARRIED = "carried"
"""The id of the one row that stands for all payments before single ones were kept."""
_PAYMENT = Shape("payment", FundingPayment)


class Payments:
    """The table `payment`. A payment never changes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, payment: FundingPayment) -> bool:
        """Record a payment once, however often it is reported; False when it was on record."""
        sql = _PAYMENT.insert("ON CONFLICT (bill_id) DO NOTHING")
        return self._database.write(sql, _PAYMENT.values(payment)).rowcount > 0

    def all(self) -> list[FundingPayment]:
        """Every payment, oldest first."""
        return _PAYMENT.build_all(self._database.rows(f"{_PAYMENT.select} ORDER BY time_ms, rowid"))
