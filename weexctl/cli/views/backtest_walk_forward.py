"""A walk-forward: every fold on a line, then all test windows as one run, and what choosing was worth."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from weexctl.cli.views.backtest_run import figures
from weexctl.cli.views.cells import cell
from weexctl.cli.views.numbers import percent
from weexctl.cli.views.trade import headline, labelled, refusals, sums, titled

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.walk_report import FoldRow, Output
    from weexctl.backtest.walk_figures import Drift

__all__ = ["view"]


def view(data: Output) -> RenderableType:
    """The sum above, the folds, the figures, then what they are worth and how the settings moved."""
    parts: list[RenderableType] = [
        headline(data),
        sums(data),
        labelled("Windows", cell(_windows(data))),
        titled(f"Folds, chosen by {data.metric}", _folds(data)),
        titled("All test windows as one run", figures(data)),
    ]
    parts.append(titled("What that is worth, over whole days", _worth(data)))
    if data.drift:
        parts.append(titled("How the settings moved", _drifts(data)))
    if data.refusals:
        parts.append(refusals(data.refusals))
    if data.not_modelled:
        parts.append(labelled("Not modelled", cell("; ".join(data.not_modelled))))
    if data.toml:
        parts.append(titled("For a profile, as the last fold chose", Text(data.toml.rstrip())))
    if data.kept:
        parts.append(labelled("Kept in", cell(data.kept)))
    return Group(*parts)


def _windows(data: Output) -> str:
    windows = data.windows
    way = "anchored" if windows.anchored else "rolling"
    before = f", {data.done_before} of them before" if data.done_before else ""
    return (
        f"{windows.train_days} days to choose on ({way}), {windows.test_days} days to try on, {windows.purge_hours} h"
        f" of purge and {windows.embargo_hours} h of embargo between; {len(data.folds)} of {data.folds_planned} folds,"
        f" {data.trials} trials{before}"
    )


def _folds(data: Output) -> Table:
    grid = Table.grid(padding=(0, 2))
    for _ in range(7):
        grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    words = ("fold", "test from", "to", "in sample", "out", "return", "trades", "settings")
    grid.add_row(*(cell(word, "bold") for word in words))
    for row in data.folds:
        grid.add_row(*_cells(row))
    return grid


def _cells(row: FoldRow) -> Iterator[Text]:
    found = row.out_of_sample_figures
    yield from (cell(word) for word in (str(row.number), _day(row.test_from_ms), _day(row.test_to_ms)))
    yield from (cell(_number(value)) for value in (row.in_sample, row.out_of_sample))
    total = None if found is None else found.total_return
    yield cell("-" if total is None else percent(total), "red" if total is not None and total < 0 else "")
    yield cell("-" if found is None else str(found.trades))
    settings = ", ".join(f"{path} = {value}" for path, value in row.params.items())
    yield cell(settings if row.chosen else f"as it is{': ' if settings else ''}{settings}")


def _worth(data: Output) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, words in (*_efficiency(data), *_intervals(data), *_deflated(data)):
        grid.add_row(cell(name, "bold"), cell(words))
    return grid


def _efficiency(data: Output) -> Iterator[tuple[str, str]]:
    growth = data.in_sample_cagr
    if data.efficiency is not None:
        yield "Efficiency", f"{_number(data.efficiency)} of the annual growth in sample came out of sample"
    elif growth is not None and data.metrics.cagr is not None:
        yield "Efficiency", f"none: in sample the choices grew by {percent(growth)} a year"


def _intervals(data: Output) -> Iterator[tuple[str, str]]:
    for name, label in (("sharpe", "Sharpe"), ("cagr", "CAGR"), ("max_drawdown", "Max drawdown")):
        if (found := data.intervals.get(name)) is not None:
            shown = _number if name == "sharpe" else percent
            yield label, f"{shown(found.value)}, 95 % of redrawn histories {shown(found.low)} to {shown(found.high)}"
    if data.no_intervals:
        yield "No intervals", data.no_intervals


def _deflated(data: Output) -> Iterator[tuple[str, str]]:
    flattery = data.flattery
    if flattery is not None and flattery.deflated_sharpe is not None:
        sure = percent(flattery.deflated_sharpe)
        yield "Deflated", f"{sure} sure of the Sharpe ratio, after {flattery.configurations} in the ledger"


def _drifts(data: Output) -> Table:
    grid = Table.grid(padding=(0, 2))
    for found in data.drift:
        grid.add_row(cell(found.path, "bold"), cell(_moves(found)))
    return grid


def _moves(found: Drift) -> str:
    span = "" if found.low is None or found.high is None else f"{found.low:g} to {found.high:g}, "
    values = ", ".join(f"{value:g}" if isinstance(value, float) else str(value) for value in found.values)
    return f"{span}{found.changes} change{'' if found.changes == 1 else 's'}: {values}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}".replace("-", "−")


def _day(time_ms: int) -> str:
    return f"{datetime.fromtimestamp(time_ms / 1000, UTC):%Y-%m-%d}"
