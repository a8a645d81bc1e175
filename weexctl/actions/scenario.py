"""Runs of the order path under faults: cases of the catalogue, or schedules from seeds."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

from weexctl.actions.context import Context, NextCommand, Result
from weexctl.errors import DataError, UsageError
from weexctl.testing.scenario.case import Case, find_case, list_cases
from weexctl.testing.scenario.run import Outcome, Plan, run_plan
from weexctl.testing.scenario.seeded import seeded_plan
from weexctl.testing.scenario.shrink import shrink

__all__ = ["Input", "Output", "Row", "run"]

ALL = "all"
_FOUND = 6


class Input(BaseModel):
    """Which runs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str | None = None
    seed: int | None = Field(default=None, ge=0)
    schedules: int = Field(default=1, ge=1, le=1_000_000)
    harshness: float = Field(default=1.0, ge=0, le=3)
    shrink: bool = False


class Row(BaseModel):
    """One run, or one case that could be run."""

    name: str
    title: str
    status: str
    """ok, failed, open (broken as it is known to be) or listed."""
    broken: tuple[str, ...] = ()
    """Invariants that did not hold."""
    found: tuple[str, ...] = ()
    """Each violation, with the books of both sides."""
    trace: str = ""
    """Equal runs have equal ones."""
    entries: int = 0
    lives: int = 0
    """How often the process was started."""
    calls: int = 0
    unprotected_ms: int = 0
    """The longest time a position of ours had no whole stop."""
    equity_before: Decimal = Decimal(0)
    equity_after: Decimal = Decimal(0)
    worst_drawdown: float = 0.0
    """Fraction of the highest equity before."""
    ended_by: dict[str, int] = Field(default_factory=dict)
    """What ended a life of the process, and how often."""
    smallest: str = ""
    """The faults and wishes that are enough to break the same, one JSON object on each line."""


class Output(BaseModel):
    """Every run."""

    runs: int
    failed: int
    rows: tuple[Row, ...]
    """All cases; of many schedules only those that failed."""


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the word of every action
    """Run what was asked for; without a name or a seed, list the catalogue."""
    if input.name is not None and input.seed is not None:
        raise UsageError(
            "a case has its own faults, and --seed makes others; nothing was run", hint="leave one of them out"
        )
    if input.seed is not None:
        return _seeded(input, input.seed, context)
    if input.name is None:
        rows = tuple(Row(name=case.id, title=case.title, status="listed") for case in map(find_case, list_cases()))
        listed = Output(runs=0, failed=0, rows=rows)
        return Result(data=listed, next=(NextCommand("weexctl sim scenario all", "run every case"),), venue="sim")
    return _cases(list_cases() if input.name == ALL else (input.name,), input, context)


def _cases(names: tuple[str, ...], input: Input, context: Context) -> Result:  # noqa: A002  # as above
    cases = [find_case(name) for name in names]
    rows = []
    with context.progress(len(cases), "cases") as track:
        for case in cases:
            if context.should_stop():
                break
            outcome = run_plan(case.plan)
            rows.append(_case_row(case, outcome, input))
            track.advance(note=case.id)
    return _result(len(rows), tuple(rows), f"weexctl sim scenario {names[0] if len(names) == 1 else ALL}")


def _seeded(input: Input, first: int, context: Context) -> Result:  # noqa: A002  # as above
    rows, runs = [], 0
    with context.progress(input.schedules, "schedules") as track:
        for seed in range(first, first + input.schedules):
            if context.should_stop():
                break
            outcome = run_plan(seeded_plan(seed, harshness=input.harshness))
            runs += 1
            if outcome.violations or input.schedules == 1:
                rows.append(_row(f"seed {seed}", "a schedule of its own", outcome, input))
            track.advance(note=f"seed {seed}")
    rows_failed = [row for row in rows if row.status == "failed"]
    again = rows_failed[0].name.removeprefix("seed ") if rows_failed else str(first)
    mix = "" if input.harshness == 1.0 else f" --harshness {input.harshness:g}"
    return _result(runs, tuple(rows), f"weexctl sim scenario --seed {again}{mix} --shrink")


def _case_row(case: Case, outcome: Outcome, input: Input) -> Row:  # noqa: A002  # as above
    unexpected = case.unexpected(outcome)
    row = _row(case.id, case.title, outcome, input)
    broken = (*outcome.broken, *(("EXPECT",) if unexpected else ()))
    status = "ok" if not broken else "open" if set(broken) <= set(case.expect.open) else "failed"
    return row.model_copy(update={"broken": broken, "found": (*row.found, *unexpected), "status": status})


def _row(name: str, title: str, outcome: Outcome, input: Input) -> Row:  # noqa: A002  # as above
    return Row(
        name=name,
        title=title,
        status="failed" if outcome.violations else "ok",
        broken=outcome.broken,
        found=tuple(violation.text() for violation in outcome.violations),
        trace=outcome.trace,
        entries=outcome.entries,
        lives=outcome.lives,
        calls=outcome.calls,
        unprotected_ms=outcome.unprotected_ms,
        equity_before=outcome.equity_before,
        equity_after=outcome.equity_after,
        worst_drawdown=round(outcome.worst_drawdown, 6),
        ended_by=outcome.errors,
        smallest="\n".join(_lines(shrink(outcome))) if input.shrink and outcome.violations else "",
    )


def _lines(plan: Plan) -> Iterator[str]:
    yield from plan.schedule.text().splitlines()
    for wish in plan.wishes:
        yield f"step {wish.step}: {wish.act} {wish.symbol} {wish.side.value}".rstrip()


def _result(runs: int, rows: tuple[Row, ...], again: str) -> Result:
    failed = [row for row in rows if row.status == "failed"]
    output = Output(runs=runs, failed=len(failed), rows=rows)
    if not failed:
        return Result(data=output, venue="sim")
    first = failed[0]
    error = DataError(
        f"{len(failed)} of {runs} runs broke an invariant, {first.name} first: {', '.join(first.broken)}; "
        "nothing left this machine",
        hint=f"the same run again: `{again}`",
        code="INVARIANT_BROKEN",
    )
    return Result(data=output, error=error, venue="sim", exit_code=_FOUND)
