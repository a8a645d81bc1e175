"""A search for settings: the best trials beside the profile as it is, what they are worth, and what to paste."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from weexctl.cli.views.cells import cell
from weexctl.cli.views.numbers import percent
from weexctl.cli.views.trade import labelled, titled

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.sweep_report import Output, TrialRow

__all__ = ["view"]


def view(data: Output) -> RenderableType:
    """How far it is, the best trials, their spread, and the best settings as a profile has them."""
    parts: list[RenderableType] = [_headline(data)]
    if data.best:
        parts.append(titled(f"Best by {data.metric}", _trials(data)))
    if data.spread is not None:
        spread = data.spread
        words = f"best {spread.best:.3f}, median {spread.median:.3f}, worst {spread.worst:.3f}"
        deviation = "" if spread.deviation is None else f", deviation {spread.deviation:.3f}"
        parts.append(labelled("Spread", cell(f"{words}{deviation}, of {spread.count} trials with a value")))
    if data.flattery is not None and data.flattery.deflated_sharpe is not None:
        worth = percent(data.flattery.deflated_sharpe)
        parts.append(
            labelled(
                "Deflated", cell(f"{worth} sure of the best one, after {data.flattery.configurations} in the ledger")
            )
        )
    if data.toml:
        parts.append(titled("For a profile", Text(data.toml.rstrip())))
    return Group(*parts)


def _headline(data: Output) -> Text:
    before = f", {data.done_before} of them before" if data.done_before else ""
    failed = f", {data.failed} could not be run" if data.failed else ""
    span = f"{_day(data.from_ms)} to {_day(data.to_ms)}"
    return Text(f"{data.name}: {data.done} of {data.trials} trials{before}{failed}; {span}")


def _trials(data: Output) -> Table:
    grid = Table.grid(padding=(0, 2))
    for _ in range(6):
        grid.add_column(justify="right")
    grid.add_column(overflow="fold")
    grid.add_row(
        *(cell(word, "bold") for word in ("trial", "Calmar", "Sharpe", "CAGR", "max DD", "trades", "settings"))
    )
    for row in data.best:
        grid.add_row(*_cells(row))
    own = data.profile_as_it_is
    if own is not None and all(row.number for row in data.best):
        grid.add_row(*_cells(own))
    return grid


def _cells(row: TrialRow) -> list[Text]:
    figures = row.figures
    settings = ", ".join(f"{path} = {value}" for path, value in row.params.items())
    own = "" if row.number else "the profile as it is: "
    return [
        cell(str(row.number)),
        cell(_number(figures.get("calmar"))),
        cell(_number(figures.get("sharpe"))),
        cell(_share(figures.get("cagr"))),
        cell(_share(figures.get("max_drawdown"))),
        cell(str(row.trades)),
        cell(f"{own}{settings}"),
    ]


def _share(value: float | None) -> str:
    return "-" if value is None else percent(value)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _day(time_ms: int) -> str:
    return f"{datetime.fromtimestamp(time_ms / 1000, UTC):%Y-%m-%d}"
