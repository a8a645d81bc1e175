"""Two kept runs side by side."""

from __future__ import annotations

from weexctl.backtest.bootstrap import Comparison, compare
from weexctl.backtest.equity_curve import EquityCurve, daily_returns
from weexctl.backtest.report.ablation_section import difference_cell
from weexctl.backtest.report.figures_section import figure_rows
from weexctl.backtest.report.markup import Markup, element, minute, section, table
from weexctl.backtest.report.run_document import RunDocument
from weexctl.errors import WeexctlError

__all__ = ["comparison_section"]

_SEED = 7


def comparison_section(ours: RunDocument, theirs: RunDocument, curves: tuple[EquityCurve, EquityCurve]) -> Markup:
    """The figures of both, what differs in what they were made from, and whether the difference could be chance."""
    pairs = zip(figure_rows(ours.metrics), figure_rows(theirs.metrics), strict=True)
    rows = ((name, value, other) for (_, name, value, _), (_, _, other, _) in pairs)
    parts = [table(("figure", "this run", "the other"), rows)]
    found = _compared(*curves)
    if isinstance(found, Comparison):
        cells = (
            difference_cell(found.max_drawdown, 100, 1),
            difference_cell(found.calmar, 1, 2),
            difference_cell(found.cvar95, 100, 2),
            difference_cell(found.ulcer, 100, 1),
        )
        drawn = f"Median of {found.draws} draws of the same {found.days} days"
        words = f"{drawn}, the middle 95 %, and how often this run is better."
        parts += [
            element("h3", "This run minus the other"),
            element("p", words, class_="lead"),
            table(("", "max DD, points", "Calmar", "CVaR, points", "Ulcer, points"), [("difference", *cells)]),
        ]
    else:
        parts.append(element("p", f"No intervals: {found}.", class_="note"))
    span = f"{minute(theirs.from_ms)} to {minute(theirs.to_ms)} UTC"
    lead = f"The other is run {theirs.run_id} of {theirs.profile}, {span}, {', '.join(theirs.symbols)}."
    if differences := _differences(ours, theirs):
        parts.insert(0, element("p", f"They differ in {', '.join(differences)}.", class_="note"))
    return section("Beside another run", "comparison", *parts, lead=lead)


def _differences(ours: RunDocument, theirs: RunDocument) -> list[str]:
    """What the two were not made alike from, in words."""
    pairs = (
        ("the profile", ours.manifest.get("profile_digest"), theirs.manifest.get("profile_digest")),
        ("the candles", ours.manifest.get("source"), theirs.manifest.get("source")),
        ("the symbols", ours.symbols, theirs.symbols),
        ("the span", (ours.from_ms, ours.to_ms), (theirs.from_ms, theirs.to_ms)),
    )
    return [words for words, left, right in pairs if left != right]


def _compared(ours: EquityCurve, theirs: EquityCurve) -> Comparison | str:
    """The intervals, or why there are none."""
    if int(ours.time_ms[0]) != int(theirs.time_ms[0]) or int(ours.time_ms[-1]) != int(theirs.time_ms[-1]):
        return "the runs do not cover the same days"
    try:
        return compare(daily_returns(ours), daily_returns(theirs), seed=_SEED)
    except WeexctlError as error:
        return error.message
