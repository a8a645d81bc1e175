"""How often a run was begun again after it died: a program that dies at once must not hammer the exchange."""

from __future__ import annotations

from weexctl.journal.journal import Journal

__all__ = ["SPAN_MS", "begin", "end", "wait_ms"]

_KEY = "deaths"
"""In the journal's state table: moments of starts that were not followed by an orderly end, oldest first."""
SPAN_MS = 600_000
"""A start longer ago than this did not die at once."""
FIRST_MS, MOST_MS = 2_000, 60_000


def begin(journal: Journal, now_ms: int) -> int:
    """Note a start, until `end` takes it back; the milliseconds to wait before anything is asked of the exchange."""
    recent = [moment for moment in journal.state.get(_KEY) or [] if now_ms - SPAN_MS < moment <= now_ms]
    journal.state.put(_KEY, [*recent, now_ms])
    return wait_ms(len(recent))


def end(journal: Journal) -> None:
    """An orderly end: nothing that came before counts any more."""
    journal.state.remove(_KEY)


def wait_ms(deaths: int) -> int:
    """After so many deaths within ten minutes: none after the first, then 2, 4, 8 … 60 s (reliability 6.7)."""
    return 0 if deaths <= 1 else min(FIRST_MS << min(deaths - 2, 16), MOST_MS)
