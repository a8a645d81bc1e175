"""What a conformance run found."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Finding", "Report"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken promise, or one that could not be put to the test."""

    check: str
    """The check that found it: `prefix`, `poison`, `window` …"""
    message: str
    """What happened, in one clause."""
    column: str = ""
    row: int | None = None
    """The row of the frame, counted from 0."""
    untested: bool = False
    """True when the check could not be made; the plugin is then neither good nor bad."""
    raised: bool = False
    """True when the plugin raised instead of answering: a broken promise, but no proof of what the check looks for."""

    def __str__(self) -> str:
        place = f" in column {self.column!r}" if self.column else ""
        place += f" at row {self.row}" if self.row is not None else ""
        return f"{self.check}: {'not tested, ' if self.untested else ''}{self.message}{place}"


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was checked about one plugin, and what came of it."""

    kind: str
    name: str
    checks: tuple[str, ...]
    """The checks that were made."""
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """True when every check was made and none found anything."""
        return not self.findings

    @property
    def broken(self) -> tuple[Finding, ...]:
        """The promises that were broken."""
        return tuple(finding for finding in self.findings if not finding.untested)

    @property
    def untested(self) -> tuple[Finding, ...]:
        """The checks that could not be made."""
        return tuple(finding for finding in self.findings if finding.untested)

    def failed(self, check: str) -> bool:
        """Whether this check found a broken promise."""
        return any(finding.check == check for finding in self.broken)

    def text(self) -> str:
        """The report for people: one line per finding."""
        head = f"{self.kind} {self.name}: {len(self.checks)} checks, {len(self.broken)} broken"
        head += f", {len(self.untested)} not tested" if self.untested else ""
        return "\n".join([head, *(f"  {finding}" for finding in self.findings)])
