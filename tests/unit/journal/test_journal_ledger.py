"""start + realised − fees + funding = wallet, and what it finds when it is not so."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from weexctl.journal import Journal
from weexctl.journal.finding import Check
from weexctl.model.payment import FundingPayment

if TYPE_CHECKING:
    from tests.unit.journal.conftest import Samples

HOUR_MS = 3_600_000


def ledger(journal: Journal) -> Check:
    return next(check for check in journal.verify() if check.name == "ledger")


def books(journal: Journal, samples: Samples, *, venue: str = "sim") -> None:
    """A fee of 0.38610104, a gain of 5, funding of −0.25, and the wallet after each."""
    at = samples.close_ms
    journal.runs.add(replace(samples.run, venue=venue, manifest={"start_equity": "10000"}))
    journal.equity.add(samples.equity)
    journal.fills.add(samples.fill)
    journal.equity.add(replace(samples.equity, time_ms=at + HOUR_MS, wallet=Decimal("9999.61389896")))
    journal.payments.add(
        FundingPayment(bill_id="b1", symbol="BTCUSDT", amount=Decimal("-0.25"), time_ms=at + 2 * HOUR_MS)
    )
    journal.fills.add(
        replace(samples.fill, fill_id="f2", realised=Decimal(5), fee=Decimal(0), time_ms=at + HOUR_MS + 1)
    )
    journal.equity.add(replace(samples.equity, time_ms=at + 2 * HOUR_MS, wallet=Decimal("10004.36389896")))


def test_books_that_agree_are_in_order_at_every_moment(journal: Journal, samples: Samples) -> None:
    books(journal, samples)
    check = ledger(journal)
    assert (check.state, check.examined) == ("ok", 3)


def test_a_difference_of_more_than_the_eighth_digit_is_found_from_its_moment_on(
    journal: Journal, samples: Samples
) -> None:
    books(journal, samples)
    last = samples.close_ms + 2 * HOUR_MS
    journal.equity.add(replace(samples.equity, time_ms=last, wallet=Decimal("10004.363898970")))
    assert ledger(journal).state == "ok"
    journal.equity.add(replace(samples.equity, time_ms=last, wallet=Decimal("10004.363898971")))
    assert [(f.code, f.place) for f in ledger(journal).findings] == [("WALLET_DIFFERS", f"equity {last}")]


def test_at_live_a_wallet_that_was_read_a_while_after_its_close_is_explained_by_what_came_between(
    journal: Journal, samples: Samples
) -> None:
    books(journal, samples, venue="live")
    late, at = samples.close_ms + HOUR_MS + HOUR_MS // 2, samples.close_ms + HOUR_MS
    journal.fills.add(replace(samples.fill, fill_id="f3", realised=Decimal(1), fee=Decimal(0), time_ms=late))
    journal.fills.add(replace(samples.fill, fill_id="f4", realised=Decimal(-1), fee=Decimal(0), time_ms=late + 1))
    between = replace(samples.equity, time_ms=at, wallet=Decimal("10005.61389896"))  # with the gain half an hour later
    journal.equity.add(between)
    assert ledger(journal).state == "ok"
    journal.equity.add(replace(between, wallet=Decimal("10003.61389896")))
    assert [f.place for f in ledger(journal).findings] == [f"equity {at}"]


def test_a_fill_that_was_never_taken_in_is_found(journal: Journal, samples: Samples) -> None:
    books(journal, samples)
    journal.fills.add(replace(samples.fill, fill_id="f0", realised=Decimal(1), time_ms=samples.close_ms - 1))
    assert len(ledger(journal).findings) == 3


def test_what_it_cannot_know_it_does_not_test(journal: Journal, samples: Samples) -> None:
    assert "no run" in ledger(journal).not_tested
    journal.runs.add(replace(samples.run, manifest={"start_equity": "10000"}))
    assert "no step" in ledger(journal).not_tested


def test_moments_before_funding_was_kept_singly_are_left_out(journal: Journal, samples: Samples) -> None:
    books(journal, samples)
    carried = FundingPayment(bill_id="carried", symbol="", amount=Decimal(2), time_ms=samples.close_ms + 3 * HOUR_MS)
    journal.payments.add(carried)
    assert ledger(journal).state == "not_tested"
    later = replace(samples.equity, time_ms=samples.close_ms + 3 * HOUR_MS, wallet=Decimal("10006.36389896"))
    journal.equity.add(later)
    check = ledger(journal)
    assert (check.state, check.examined) == ("ok", 1)


def test_a_payment_that_is_read_twice_counts_once(journal: Journal) -> None:
    payment = FundingPayment(bill_id="b1", symbol="BTCUSDT", amount=Decimal("-0.25"), time_ms=5)
    assert journal.payments.add(payment)
    assert not journal.payments.add(payment)
    assert journal.payments.all() == [payment]
