"""Whether what stands behind an explanation is as it was recorded."""

from __future__ import annotations

from pydantic import BaseModel

from weexctl.errors import RefusedError
from weexctl.journal.finding import Finding
from weexctl.journal.journal import Journal

__all__ = ["Verified", "difference", "verify_decision"]

_LINK = "link "
"""How the place of a finding begins that concerns the chain, and so every row."""


class Verified(BaseModel):
    """The rows of a decision against the hash chain."""

    rows: int
    """Rows that stand behind the explanation: decision, intents, attempts, verdicts, orders, fills, trades."""
    head: str
    """Number and hash of the newest link."""
    findings: list[str]
    """What is wrong with them, or with the chain as a whole; empty when all is as it was recorded."""
    elsewhere: int
    """Findings about other rows of the same journal."""


def verify_decision(journal: Journal, decision_id: str) -> Verified:
    """Compare every row of a decision, its orders and its trades with what the chain says of them."""
    places = journal.places_of(decision_id)
    findings = [finding for check in journal.verify() for finding in check.findings]
    mine = [finding for finding in findings if _concerns(finding, places)]
    return Verified(
        rows=len(places),
        head=str(journal.head),
        findings=[finding.detail for finding in mine],
        elsewhere=len(findings) - len(mine),
    )


def _concerns(finding: Finding, places: set[str]) -> bool:
    """A row that is gone may have been of any decision, so it concerns every one."""
    everybody = not finding.place or finding.place.startswith(_LINK) or finding.code == "ROW_MISSING"
    return everybody or finding.place in places


def difference(verified: Verified) -> RefusedError | None:
    """The failure of a check that found something; None when it did not."""
    if not verified.findings:
        return None
    return RefusedError(
        f"this is not as it was recorded: {verified.findings[0]}; the explanation cannot be trusted",
        hint="`weexctl journal verify` shows everything that was changed",
        code="JOURNAL_DIFFERS",
    )
