"""A page of a backtest that was kept."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from weexctl.actions.context import Context, Notice, Result
from weexctl.actions.spelling import did_you_mean
from weexctl.backtest.kept_run import ABLATION, RESULT, kept_ids, read_kept
from weexctl.backtest.metrics import Metrics, YearMetrics
from weexctl.backtest.report.ablation_document import AblationDocument, ClaimRow
from weexctl.backtest.report.page import Reported, report_page
from weexctl.backtest.report.plotly_script import plotly_script
from weexctl.backtest.report.run_document import Pnl, Span, parse_document, parse_run
from weexctl.config.paths import find_paths
from weexctl.errors import ConfigError, UsageError

__all__ = ["Input", "Output", "run"]

_REPORT = "report.html"
_NAMED = 12
"""Known runs that an error lists."""


class Input(BaseModel):
    """Which run, and where to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    run: str | None = None
    to: Path | None = None
    compare: str | None = None


class Output(BaseModel):
    """The page, and what it says in figures."""

    run_id: str
    profile: str
    file: str
    bytes: int
    synthetic: bool
    interrupted: bool
    from_ms: int
    to_ms: int
    symbols: list[str]
    equity: Span
    pnl: Pnl
    metrics: Metrics
    years: list[YearMetrics]
    refusals: dict[str, int]
    not_modelled: list[str]
    compared: str | None
    """The run that was set beside it."""
    claims: list[ClaimRow]
    """The verdicts of the ablation beside the run; empty without one."""


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the word of every action
    """Read a kept run and write its page."""
    root = find_paths(context.environment).backtests
    known = kept_ids(root)
    ours = _reported(root, _known(input.run, known, root))
    other = None if input.compare is None else _reported(root, _known(input.compare, known, root))
    ablation = _ablation(ours)
    page = report_page(ours, plotly_script(), ablation=ablation, other=other)
    place = ours.kept.folder / _REPORT if input.to is None else context.cwd / input.to.expanduser()
    content = page.encode()
    _write(place, content)
    claims = [] if ablation is None or ablation.evidence is None else ablation.evidence.claims
    document = ours.run
    return Result(
        data=Output(
            run_id=document.run_id,
            profile=document.profile,
            file=str(place),
            bytes=len(content),
            synthetic=document.synthetic,
            interrupted=document.interrupted,
            from_ms=document.from_ms,
            to_ms=document.to_ms,
            symbols=document.symbols,
            equity=document.equity,
            pnl=document.pnl,
            metrics=document.metrics,
            years=document.years,
            refusals=document.refusals,
            not_modelled=document.not_modelled,
            compared=None if other is None else other.run.run_id,
            claims=claims,
        ),
        warnings=_warnings(ours),
        venue="sim",
        profile=document.profile,
    )


def _known(word: str | None, known: tuple[str, ...], root: Path) -> str:
    """The run that a word names; the newest without one."""
    if not known:
        raise UsageError(
            f"no backtest is kept in {root}; no report was made", hint="weexctl backtest run", code="UNKNOWN_RUN"
        )
    if word is None:
        return known[0]
    if word not in known:
        raise UsageError(
            f"no backtest {word!r} is kept in {root}; no report was made",
            hint=did_you_mean(word, known[:_NAMED]),
            code="UNKNOWN_RUN",
        )
    return word


def _reported(root: Path, run_id: str) -> Reported:
    kept = read_kept(root, run_id)
    return Reported(kept=kept, run=parse_run(kept.result, kept.folder / RESULT))


def _ablation(ours: Reported) -> AblationDocument | None:
    content = ours.kept.ablation
    return None if content is None else parse_document(AblationDocument, content, ours.kept.folder / ABLATION)


def _write(place: Path, content: bytes) -> None:
    """The file, whole or not at all."""
    draft = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        try:
            draft.write_bytes(content)
            draft.replace(place)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(
            f"{place} cannot be written ({error.strerror or error}); no report was made",
            hint="name a file in a folder that is there and yours: --to FILE",
            code="NOT_SAVED",
        ) from error


def _warnings(ours: Reported) -> tuple[Notice, ...]:
    found = []
    if ours.run.synthetic:
        found.append(Notice("SYNTHETIC", "the candles were generated; these results say nothing about a market"))
    if len(ours.run.trades) < ours.run.trades_total:
        words = f"{ours.run.trades_total - len(ours.run.trades)} closed trades are not in the kept document"
        found.append(Notice("TRADES_LEFT_OUT", words))
    return tuple(found)
