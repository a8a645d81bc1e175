"""Whether a journal is whole and as it was recorded."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from weexctl.actions.account_access import VenueWord, asked_at
from weexctl.actions.context import Context, Result
from weexctl.actions.journal_place import read_journal
from weexctl.errors import ConfigError, RefusedError, UsageError, WeexctlError
from weexctl.journal.finding import Check
from weexctl.journal.head import Head

__all__ = ["CheckRow", "FindingRow", "Input", "Output", "run"]

_SHOWN = 100


class Input(BaseModel):
    """Which journal, and a head that was noted elsewhere."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    head: str | None = None
    run: str | None = None
    venue: VenueWord | None = None


class CheckRow(BaseModel):
    """One way of looking at it."""

    name: str
    state: str
    """`ok`, `found` or `not_tested`."""
    examined: int
    found: int
    not_tested: str
    """Why it could not look, or not everywhere; empty when it could."""


class FindingRow(BaseModel):
    """One thing that is not as it was recorded."""

    code: str
    place: str
    detail: str


class Output(BaseModel):
    """What came of every check."""

    file: str
    head: str
    """Number and hash of the newest link: noted elsewhere, it proves later that nothing up to it was changed."""
    checks: list[CheckRow]
    findings: list[FindingRow]
    """The first hundred."""


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the word of every action
    """Examine the journal."""
    expected = None if input.head is None else _parsed(input.head)
    with read_journal(input.venue, context, run=input.run) as journal:
        checks, head, file = journal.verify(expected), journal.head, journal.path
    found = [finding for check in checks for finding in check.findings]
    output = Output(
        file=str(file),
        head=str(head),
        checks=[
            CheckRow(
                name=check.name,
                state=check.state,
                examined=check.examined,
                found=len(check.findings),
                not_tested=check.not_tested,
            )
            for check in checks
        ],
        findings=[FindingRow(code=f.code, place=f.place, detail=f.detail) for f in found[:_SHOWN]],
    )
    error = _error(checks)
    return Result(
        data=output,
        venue=asked_at(input.venue, context).venue.value,
        error=error,
        exit_code=0 if error is None else error.exit_code,
    )


def _parsed(text: str) -> Head:
    head = Head.parse(text)
    if head is None:
        raise UsageError(
            f"{text!r} is no head of a journal; nothing was read",
            hint="give it as `weexctl journal verify` shows it: NUMBER:HASH",
        )
    return head


def _error(checks: list[Check]) -> WeexctlError | None:
    """Findings first; then what could not be tested."""
    found = [finding for check in checks for finding in check.findings]
    if found:
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        return RefusedError(
            f"the journal is not as it was recorded: {found[0].detail}{more}; nothing was changed",
            hint="stop trading on it, and compare with a copy from `weexctl journal backup`",
            code="JOURNAL_DIFFERS",
        )
    untested = next((check for check in checks if check.not_tested), None)
    if untested is not None:
        return ConfigError(
            f"the {untested.name} could not be tested: {untested.not_tested}; nothing else was found",
            hint="make a step with `weexctl trade`" if untested.name == "ledger" else "keep the .head file with it",
            code="NOT_TESTED",
        )
    return None
