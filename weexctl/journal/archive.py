"""Putting a simulated account's journal aside, to begin a new one."""

from __future__ import annotations

from pathlib import Path

from weexctl.errors import ConfigError, UsageError
from weexctl.journal.head import head_path
from weexctl.journal.journal import Journal

__all__ = ["archive_journal", "journal_files"]

_ARCHIVABLE = frozenset(("sim", "paper"))


def journal_files(path: str | Path) -> list[Path]:
    """The journal at this path and those archived from it, the newest first; empty when there is none."""
    file = Path(path)
    current = [file] if file.exists() else []
    return current + [archived for _, archived in sorted(_archived(file), reverse=True)]


def archive_journal(path: str | Path, *, venue: str, account: str) -> Path | None:
    """Rename the journal to `NAME-0001.EXT`, counting up, and return the new path; None when there was none.

    Raises:
        UsageError: the venue's account is real; its record is never put aside.
        LockHeldError: another process writes for this account.
        ConfigError: another process is reading it.
    """
    file = Path(path)
    if venue not in _ARCHIVABLE:
        raise UsageError(
            f"the journal of a {venue} account is never put aside; nothing was done",
            hint="leave out --new: the run goes on where the last one ended",
        )
    if not file.exists():
        return None
    number = max((number for number, _ in _archived(file)), default=0) + 1
    target = file.with_name(f"{file.stem}-{number:04d}{file.suffix}")
    with Journal.open(file, venue=venue, account=account) as journal:
        if not journal.drain():
            raise ConfigError(
                f"another program is reading {file}; it was not put aside",
                hint="end the other program and try again",
                code="JOURNAL_BUSY",
            )
        journal.detach()
        file.rename(target)
        if (note := head_path(file)).exists():
            note.rename(head_path(target))
        for leftover in ("-wal", "-shm"):  # kept open by an idle reader; empty after the checkpoint
            file.with_name(file.name + leftover).unlink(missing_ok=True)
    return target


def _archived(file: Path) -> list[tuple[int, Path]]:
    found = file.parent.glob(f"{file.stem}-[0-9][0-9][0-9][0-9]{file.suffix}")
    return [(int(path.stem[-4:]), path) for path in found]
