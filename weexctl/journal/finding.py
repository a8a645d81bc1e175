"""What an examination of a journal found wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Check", "Finding"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was recorded."""

    code: str
    """Stable upper-case word: PAGE_DAMAGED, POINTS_NOWHERE, LINK_MISSING, LINK_CHANGED, TAIL_MISSING, ROW_CHANGED,
    ROW_MISSING, ROW_ADDED, WALLET_DIFFERS."""
    place: str
    """Table and key, or link; empty when it is the whole file."""
    detail: str
    """One sentence for people."""


@dataclass(frozen=True, slots=True)
class Check:
    """One way of looking at a journal, and what came of it."""

    name: Literal["pages", "references", "chain", "ledger"]
    examined: int
    """Pages, rows, links and rows, or moments that were looked at."""
    findings: tuple[Finding, ...] = ()
    not_tested: str = ""
    """Why it could not look, or not everywhere; empty when it could."""

    @property
    def state(self) -> Literal["ok", "found", "not_tested"]:
        """Found beats not tested."""
        if self.findings:
            return "found"
        return "not_tested" if self.not_tested else "ok"
