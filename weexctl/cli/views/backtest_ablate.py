"""An ablation: the arms one below the other, what the differences are worth, and the claims."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import fmean
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from weexctl.cli.views.cells import cell
from weexctl.cli.views.numbers import minute, percent
from weexctl.cli.views.trade import labelled, titled

if TYPE_CHECKING:
    from rich.console import RenderableType

    from weexctl.actions.ablation_report import ArmRow, Output
    from weexctl.backtest.ablation_evidence import Evidence
    from weexctl.backtest.bootstrap import Difference

__all__ = ["view"]

_FIGURES = (
    ("CAGR\n%", "cagr", 100, 1),
    ("vol\n%", "volatility", 100, 1),
    ("Sharpe", "sharpe", 1, 2),
    ("max\nDD %", "max_drawdown", 100, 1),
    ("CVaR\n%", "cvar95", 100, 1),
    ("Calmar", "calmar", 1, 2),
    ("Ulcer\n%", "ulcer", 100, 1),
    ("ex-\npos.", "exposure", 1, 2),
    ("turn-\nover", "turnover_per_year", 1, 0),
    ("trades", "trades", 1, 0),
)
_MANY = {"placebo": "K4", "null": "N"}
"""Groups whose arms are shown as one, and its name."""
_WORDS = {"K4": "F with its regimes at other times, {} placebos", "N": "F where a coin decides, {} markets"}
_COLOURS = {"pass": "green", "fail": "red", "not evaluated": "yellow"}


def view(data: Output) -> RenderableType:
    """The arms above, then the differences, the tests and the claims."""
    many = {name: [arm for arm in data.arms if arm.group == group] for group, name in _MANY.items()}
    arms = [arm for arm in data.arms if arm.group not in _MANY]
    parts: list[RenderableType] = [_headline(data), _table(arms, many), titled("Arms", _legend(arms, many))]
    if failed := [arm for arm in data.arms if arm.failure]:
        parts.append(titled("Without figures", _words((arm.name, arm.failure or "") for arm in failed)))
    if data.left_out:
        parts.append(titled("Left out", _words((row.name, row.reason) for row in data.left_out)))
    if data.evidence is not None:
        parts += _evidence(data.evidence)
    if data.not_modelled:
        parts.append(labelled("Not modelled", cell("; ".join(data.not_modelled))))
    return Group(*parts)


def _headline(data: Output) -> Text:
    text = Text(f"{minute(data.from_ms)} to {minute(data.to_ms)} UTC, {', '.join(data.symbols)}")
    if data.synthetic:
        text.append(" (synthetic)", style="yellow")
    if data.interrupted:
        text.append(" (ended early)", style="yellow")
    return text


def _table(arms: list[ArmRow], many: Mapping[str, list[ArmRow]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("arm", overflow="fold")
    for header, *_ in _FIGURES:
        table.add_column(header, justify="right", no_wrap=True)
    for arm in arms:
        if not arm.failure:
            shown = (_number(getattr(arm, name), by, digits) for _, name, by, digits in _FIGURES)
            table.add_row(cell(arm.name, "bold" if arm.name == "F" else ""), *map(cell, shown))
    for group, rows in many.items():
        if known := [arm for arm in rows if not arm.failure]:
            means = (_number(_mean(known, name), by, digits) for _, name, by, digits in _FIGURES)
            table.add_row(cell(f"{group} mean"), *map(cell, means))
    return table


def _mean(arms: list[ArmRow], name: str) -> float | None:
    values = [value for arm in arms if (value := getattr(arm, name)) is not None]
    return fmean(values) if values else None


def _number(value: float | None, by: int, digits: int) -> str:
    return "–" if value is None else f"{value * by:.{digits}f}".replace("-", "−")


def _legend(arms: list[ArmRow], many: Mapping[str, list[ArmRow]]) -> Table:
    rows = [(arm.name, _title(arm)) for arm in arms if not arm.failure]
    return _words([*rows, *((name, _WORDS[name].format(len(group))) for name, group in many.items() if group)])


def _title(arm: ArmRow) -> str:
    if arm.solved is None or arm.solved_path is None:
        return arm.title
    return f"{arm.title} ({arm.solved_path.rpartition('.')[2]} {arm.solved:.4g})"


def _words(rows: Iterable[tuple[str, str]]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, words in rows:
        grid.add_row(cell(name), cell(words))
    return grid


def _evidence(evidence: Evidence) -> list[RenderableType]:
    parts: list[RenderableType] = []
    if evidence.comparisons:
        parts.append(
            titled("F minus the others: median, how often F is better, and the middle 95 %", _comparisons(evidence))
        )
    parts.append(titled("Was it luck?", _words(_luck(evidence))))
    parts.append(titled("Claims", _claims(evidence)))
    if evidence.missing:
        parts.append(titled("Not computed", _words(evidence.missing.items())))
    return parts


def _comparisons(evidence: Evidence) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="bold")
    for header in ("", "max DD, points", "CVaR, points", "Ulcer, points", "Calmar"):
        table.add_column(header)
    for name, found in evidence.comparisons.items():
        shares = (found.max_drawdown, found.cvar95, found.ulcer)
        cells = [_difference(share, 100, 1) for share in shares]
        table.add_row(cell(name), *cells, _difference(found.calmar, 1, 2))
    return table


def _difference(found: Difference | None, by: int, digits: int) -> Text:
    """The median and how often ours is better, and the interval below."""
    if found is None:
        return cell(None)
    median, low, high = (
        f"{value * by:+.{digits}f}".replace("-", "−") for value in (found.median, found.low, found.high)
    )
    return Text(f"{median}, {found.p_improvement * 100:.0f} %\n[{low}, {high}]")


def _luck(evidence: Evidence) -> list[tuple[str, str]]:
    rows = []
    if (placebo := evidence.placebos) is not None:
        mean = "–" if placebo.mean is None else f"{placebo.mean:.2f}"
        share = percent(placebo.share_as_good, 0)
        rows.append(
            ("placebos", f"{share} of {placebo.count} reach F's Calmar of {placebo.ours:.2f}; their mean {mean}")
        )
    if (coin := evidence.nulls) is not None:
        mean = "–" if coin.mean is None else f"{coin.mean:.2f}"
        rows.append(("a coin", f"F's mean Calmar is {mean} over {coin.count} markets where nothing can be known ahead"))
    if evidence.probabilistic_sharpe is not None:
        rows.append(("Sharpe above zero", f"probability {evidence.probabilistic_sharpe:.2f}"))
    if evidence.deflated_sharpe is not None:
        words = f"probability {evidence.deflated_sharpe:.2f} after {evidence.trials} trials in the ledger"
        rows.append(("the same, deflated", words))
    for name, check in evidence.reality_checks.items():
        p = "–" if check.consistent is None else f"{check.consistent:.2f}"
        best = f", the best being {check.best}" if check.best else ""
        rows.append((f"better than {name}", f"by luck with p = {p} (Hansen){best}"))
    if (chosen := evidence.overfitting) is not None:
        words = (
            f"in {percent(chosen.probability, 0)} of the halves the best of {chosen.variants} arms is below the median"
        )
        rows.append(("overfitting", f"{words} of the other half"))
    return rows


def _claims(evidence: Evidence) -> Table:
    grid = Table.grid(padding=(0, 2))
    for fold in (False, False, True):
        grid.add_column(no_wrap=not fold, overflow="fold" if fold else "ellipsis")
    for claim in evidence.claims:
        words = Text(f"{claim.statement}: {claim.because}")
        if claim.sure is not None:
            words.append(" (the intervals agree)" if claim.sure else " (within the intervals it could be otherwise)")
        grid.add_row(cell(claim.name), cell(claim.verdict.value, _COLOURS[claim.verdict.value]), words)
    return grid
