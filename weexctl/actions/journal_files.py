"""A journal as files: tables for other programs, and whole copies."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from weexctl.actions.account_access import VenueWord, asked_at
from weexctl.actions.context import Context, NextCommand, Result
from weexctl.actions.journal_place import read_journal
from weexctl.journal.backup import KEPT

__all__ = [
    "BackupInput",
    "BackupOutput",
    "ExportInput",
    "ExportOutput",
    "TableRow",
    "backup",
    "export",
]


class ExportInput(BaseModel):
    """Where to, and in which form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    to: Path
    format: Literal["parquet", "csv"] = "parquet"
    force: bool = False
    run: str | None = None
    venue: VenueWord | None = None


class TableRow(BaseModel):
    """One table."""

    table: str
    file: str
    rows: int


class ExportOutput(BaseModel):
    """The files that were written."""

    folder: str
    head: str
    """Number and hash of the newest link of what was exported."""
    tables: list[TableRow]


class BackupInput(BaseModel):
    """Where to, and how many copies to keep."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    to: Path | None = None
    keep: int = Field(default=KEPT, ge=1)
    force: bool = False
    venue: VenueWord | None = None


class BackupOutput(BaseModel):
    """The copy."""

    file: str
    bytes: int
    head: str
    """Number and hash of its newest link."""


def export(input: ExportInput, context: Context) -> Result:  # noqa: A002  # the word of every action
    """Write every table to a file."""
    folder = context.cwd / input.to.expanduser()
    with read_journal(input.venue, context, run=input.run) as journal, journal.snapshot():
        head = journal.head
        written = journal.export(folder, input.format, force=input.force)
    rows = [TableRow(table=name, file=str(file), rows=count) for name, file, count in written]
    output = ExportOutput(folder=str(folder), head=str(head), tables=rows)
    return Result(data=output, venue=asked_at(input.venue, context).venue.value)


def backup(input: BackupInput, context: Context) -> Result:  # noqa: A002
    """Copy the journal."""
    place = None if input.to is None else context.cwd / input.to.expanduser()
    with read_journal(input.venue, context) as journal, journal.snapshot():
        head = journal.head
        file = journal.backup(place, keep=input.keep, force=input.force)
    output = BackupOutput(file=str(file), bytes=file.stat().st_size, head=str(head))
    following = (NextCommand(f"weexctl journal verify --head {head}", "later, that nothing up to here was changed"),)
    return Result(data=output, venue=asked_at(input.venue, context).venue.value, next=following)
