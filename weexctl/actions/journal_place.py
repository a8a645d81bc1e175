"""Which journal a command is about, opened for reading: no lock, and a run may be under way meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from weexctl.actions.account_access import VenueWord, asked_at
from weexctl.actions.context import Context
from weexctl.errors import UsageError
from weexctl.journal.archive import journal_files
from weexctl.journal.journal import Journal

__all__ = ["read_journal"]


@contextmanager
def read_journal(venue: VenueWord | None, context: Context, *, run: str | None = None) -> Iterator[Journal]:
    """The journal of an account; with a run, the newest one that has it, those put aside included.

    Raises:
        ConfigError: there is none, or it cannot be read.
        UsageError: no journal has the run.
    """
    asked = asked_at(venue, context)
    path = asked.paths.journal(asked.venue, asked.account)
    if run is None:
        with Journal.read(path) as journal:
            yield journal
        return
    for file in journal_files(path):
        with Journal.read(file) as journal:
            if journal.runs.get(run) is not None:
                yield journal
                return
    raise UsageError(
        f"no run {run!r} is on record at {asked.venue.value}; nothing was read",
        hint="`weexctl trade` names its run",
        code="UNKNOWN_ID",
    )
