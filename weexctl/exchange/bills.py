"""Lines of the account's statement, as both generations give them."""

from __future__ import annotations

from collections.abc import Iterable

from weexctl.model.payment import Bill, FundingPayment

__all__ = ["asked_bills", "funding_of"]


def asked_bills(
    bills: Iterable[Bill], *, start_ms: int, end_ms: int, kind: str | None, symbol: str | None
) -> list[Bill]:
    """Those bills that were asked for, oldest first; the exchange may send others along."""
    kept = (
        bill
        for bill in bills
        if start_ms <= bill.time_ms <= end_ms and kind in (None, bill.kind) and symbol in (None, bill.symbol)
    )
    return sorted(kept, key=lambda bill: (bill.time_ms, bill.bill_id))


def funding_of(bill: Bill) -> FundingPayment:
    """The settlement that a bill books."""
    return FundingPayment(bill_id=bill.bill_id, symbol=bill.symbol or "", amount=bill.amount, time_ms=bill.time_ms)
