"""The newest records of a journal, also while they are made."""

from __future__ import annotations

import time

from pydantic import BaseModel, ConfigDict, Field

from weexctl.actions.account_access import VenueWord, asked_at
from weexctl.actions.context import Context, Result
from weexctl.actions.journal_place import read_journal
from weexctl.actions.moment import iso_utc
from weexctl.journal.tail import Entry

__all__ = ["EntryRow", "Input", "Output", "run"]

_LOOK_S = 0.5
"""How often a journal that is followed is looked at."""
_MOST = 10_000


class Input(BaseModel):
    """How many, of whose journal."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    count: int = Field(default=20, ge=1, le=_MOST)
    follow: bool = False
    venue: VenueWord | None = None


class EntryRow(BaseModel):
    """One record that was made or changed, as it is now."""

    seq: int
    """Link of the chain."""
    table: str
    key: str
    time_ms: int
    text: str


class Output(BaseModel):
    """The newest records, the oldest of them first."""

    head: str
    """Number and hash of the newest link."""
    entries: list[EntryRow]


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the word of every action
    """Show the end of the journal, and with `follow` what comes until somebody stops it."""
    with read_journal(input.venue, context) as journal:
        head, entries = journal.head, journal.tail(input.count)
        if input.follow:
            for entry in entries:
                context.note(_line(entry))
            while not context.should_stop():
                new = journal.tail(_MOST, after=head.seq)
                for entry in new:
                    context.note(_line(entry))
                entries = [*entries, *new][-_MOST:]
                newest = journal.head
                if newest == head:
                    time.sleep(_LOOK_S)
                head = newest
    rows = [
        EntryRow(seq=entry.seq, table=entry.table, key=entry.key, time_ms=entry.time_ms, text=entry.text)
        for entry in entries
    ]
    return Result(data=Output(head=str(head), entries=rows), venue=asked_at(input.venue, context).venue.value)


def _line(entry: Entry) -> str:
    return f"{iso_utc(entry.time_ms)}  {entry.table} {entry.key}: {entry.text}"
