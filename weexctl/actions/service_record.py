"""What the journal of an account says of its run, read without a lock while the run goes on."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from weexctl.errors import WeexctlError
from weexctl.execution.breaker_settings import BreakerSettings
from weexctl.execution.breakers import BREAKERS, Breakers
from weexctl.journal.journal import Journal
from weexctl.journal.lock import holder

__all__ = ["RunState", "read_run"]


class RunState(BaseModel):
    """The newest run of an account, as its journal has it."""

    journal: str
    unreadable: str = ""
    """Why nothing can be said; empty otherwise."""
    process: int | None = None
    """The process that writes now; None when none does."""
    heartbeat_ms: int | None = None
    """When the journal was last written."""
    run_id: str | None = None
    profile: str | None = None
    status: str | None = None
    """running, done, stopped or failed, as the run itself wrote it last."""
    steps: int | None = None
    last_step_ms: int | None = None
    """Close of the last candle that was decided on."""
    equity: str | None = None
    """USDT, at that moment."""
    open_positions: tuple[str, ...] = ()
    """Symbol, side and quantity of each."""
    breakers: str = "active"
    latches: tuple[str, ...] = ()
    """What waits for a person, with its reason."""


def read_run(path: Path) -> RunState:
    """The state of the account whose journal lies here."""
    if not path.exists():
        return RunState(journal=str(path), unreadable="there is no journal yet: nothing has run")
    process, beat = holder(path), _heartbeat_ms(path)
    try:
        with Journal.read(path) as journal, journal.snapshot():
            return _state(journal, path, process, beat)
    except WeexctlError as error:
        return RunState(journal=str(path), unreadable=error.message, process=process, heartbeat_ms=beat)


def _state(journal: Journal, path: Path, process: int | None, beat: int | None) -> RunState:
    run, saved = journal.runs.latest(), journal.state.get(BREAKERS)
    last = journal.equity.latest(run.run_id) if run else None
    settings = BreakerSettings(daily_loss=1.0, drawdown=1.0)  # to look asks for no threshold
    breakers = Breakers(settings) if saved is None else Breakers.from_json(settings, saved)
    held = journal.positions.all()
    return RunState(
        journal=str(path),
        process=process,
        heartbeat_ms=beat,
        run_id=run.run_id if run else None,
        profile=run.profile if run else None,
        status=run.status if run else None,
        steps=run.steps if run else None,
        last_step_ms=run.to_ms if run else None,
        equity=str(last.equity) if last else None,
        open_positions=tuple(f"{p.symbol} {p.position_side.value} {p.quantity}" for p in held),
        breakers=breakers.state.word,
        latches=tuple(f"{trip.symbol} {trip.text}".strip() for trip in breakers.latches),
    )


def _heartbeat_ms(path: Path) -> int | None:
    times = []
    for file in (path, path.with_name(path.name + "-wal")):
        try:
            times.append(file.stat().st_mtime_ns // 1_000_000)
        except OSError:
            continue
    return max(times, default=None)
