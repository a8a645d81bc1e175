"""What a check of causality answers: a row for each plugin, and the error when one of them failed."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from weexctl.errors import PluginContractError, WeexctlError
from weexctl.pipeline.stage import Stage
from weexctl.testing.report import Finding

__all__ = ["FAILED", "FindingRow", "Output", "Row", "exit_code_of", "failure_of", "row_of"]

FAILED = "NOT_CAUSAL"
"""Code of the error when something was found."""
_FOUND, _NOT_TESTED = 1, 2
"""Exit codes of this check alone."""
_NO_PROOF = ("protocol",)
"""Checks whose finding says that nothing could be looked at."""


class FindingRow(BaseModel):
    """One thing that was found, or that could not be tested."""

    check: str
    state: Literal["found", "not_tested"]
    message: str
    column: str
    """The first column that differs, or the path of the first value of a decision; empty when it is no column."""
    row: int | None
    """The first row that differs, counted from 0 in the candles it was tried on."""
    open_time_ms: int | None
    """Open time of that candle."""


class Row(BaseModel):
    """One plugin, or the pipeline as a whole."""

    kind: str
    name: str
    distribution: str
    version: str
    state: Literal["ok", "found", "not_tested"]
    checks: list[str]
    """The checks that were made."""
    own_candle: list[str]
    """The values of a row's own candle that moved the row: it can be known at that candle's close, no earlier."""
    findings: list[FindingRow]


class Output(BaseModel):
    """What came of every check."""

    passed: bool
    target: str
    """`profile safe`, or `plugin trend`."""
    market: str
    """What the candles are: `seed:7:1h`, or the digest of the files."""
    synthetic: bool
    symbols: list[str]
    candles: int
    """Of each symbol."""
    rows: list[Row]
    digest: str | None
    """Of the pipeline: its plugins' code and versions, and the profile's settings; None for a plugin alone."""
    recorded: str | None
    """The file that the pass was written to, which live trading asks for; None when nothing was."""


def row_of(stage: Stage[Any], made: list[str], found: list[Finding], own: list[str], times: list[int]) -> Row:
    """The row of a plugin: the checks made, what they found, what its own candle moved; `times` are open times."""
    findings = [_finding(finding, times) for finding in found]
    states = {finding.state for finding in findings}
    return Row(
        kind=stage.kind,
        name=stage.name,
        distribution=stage.distribution,
        version=stage.version,
        state="found" if "found" in states else "not_tested" if states else "ok",
        checks=made,
        own_candle=own,
        findings=findings,
    )


def _finding(finding: Finding, times: list[int]) -> FindingRow:
    """What raised proves nothing: it is no leak, and it is no pass."""
    untested = finding.untested or finding.raised or finding.check in _NO_PROOF
    row = finding.row
    return FindingRow(
        check=finding.check,
        state="not_tested" if untested else "found",
        message=finding.message,
        column=finding.column,
        row=row,
        open_time_ms=times[row] if row is not None and row < len(times) else None,
    )


def failure_of(rows: list[Row], target: str) -> WeexctlError | None:
    """The error of the first row that failed, or else could not be tested; None when all passed."""
    for state, words, code in (
        ("found", "failed the check of causality", FAILED),
        ("not_tested", "could not be tested", "NOT_TESTED"),
    ):
        if bad := [row for row in rows if row.state == state]:
            first = next(finding for finding in bad[0].findings if finding.state == state)
            place = f", column {first.column}" if first.column else ""
            place += f", row {first.row}" if first.row is not None else ""
            others = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
            return PluginContractError(
                f"{target}: {bad[0].kind} {bad[0].name}{others} {words}"
                f" ({first.check}: {first.message}{place}); no pass was recorded",
                hint=_hint(bad[0], state),
                code=code,
                details={"kind": bad[0].kind, "name": bad[0].name, "check": first.check},
            )
    return None


def _hint(row: Row, state: str) -> str:
    if state == "not_tested":
        return "give longer candles with --data, or correct what the plugin raised"
    if row.kind == "pipeline":
        return "look at the plugin whose column differs: weexctl check causality --plugin NAME"
    return f"choose another {row.kind}, or report this to the author of {row.distribution}"


def exit_code_of(error: WeexctlError | None, *, whole: bool) -> int:
    """0 clean, 1 found, 2 not tested; 0 also when someone ended it early, which has a code of its own."""
    if error is None:
        return 0
    if error.code == FAILED:
        return _FOUND
    return _NOT_TESTED if whole else 0
