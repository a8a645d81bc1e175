"""The page: one file with its style, its script and its data in it."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from weexctl.backtest.kept_run import KeptRun
from weexctl.backtest.report.ablation_document import AblationDocument
from weexctl.backtest.report.ablation_section import ablation_section, claims_section
from weexctl.backtest.report.attribution_section import attribution_section, costs_section, refusals_section
from weexctl.backtest.report.charts import Chart, costs_chart, difference_chart, equity_chart, exposure_chart
from weexctl.backtest.report.comparison_section import comparison_section
from weexctl.backtest.report.figures_section import figures_section, headline_cards
from weexctl.backtest.report.making_section import making_section, not_modelled_section
from weexctl.backtest.report.market_chart import market_chart
from weexctl.backtest.report.markup import Markup, chart, day, element, legend, percent, section, signed, tone
from weexctl.backtest.report.run_document import RunDocument

__all__ = ["Reported", "report_page"]

_MARKS = (
    ("ribbon trending", "", "trending"),
    ("ribbon ranging", "", "ranging"),
    ("ribbon unstable", "", "unstable"),
    ("sign long", "▲", "entry long"),
    ("sign short", "▼", "entry short"),
    ("sign", "○", "exit"),
    ("sign stop", "×", "stopped out"),
    ("line stop", "", "stop"),
)
_FEWEST = 2
"""Closes that a line needs."""
_NOTHING = element("p", "The run has a single close: there is nothing to draw.", class_="empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A kept run with its document read."""

    kept: KeptRun
    run: RunDocument


def report_page(
    ours: Reported, plotly: str, *, ablation: AblationDocument | None = None, other: Reported | None = None
) -> str:
    """The whole report as the text of one HTML file, which loads nothing from anywhere.

    Args:
        ours: the run.
        plotly: the text of plotly.js.
        ablation: of the same profile and candles.
        other: a run to set beside it.
    """
    drawn = {"charts": _charts(ours, ablation, other), "markets": _markets(ours)}
    data = json.dumps(drawn, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    sections = _sections(ours, ablation, other)
    script = _resource("page.js")
    run = ours.run
    head = (
        '<meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(plotly, script)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"{element('title', f'Backtest of {run.profile}, {day(run.from_ms)} to {day(run.to_ms)}')}"
        f"<style>{_resource('page.css')}</style>"
    )
    body = "".join((_header(run, ablation), *sections))
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}</head><body><main>{body}{_footer(run)}</main>'
        f'<script type="application/json" id="data">{data}</script>'
        f"<script>{plotly}</script><script>{script}</script></body></html>\n"
    )


def _sections(ours: Reported, ablation: AblationDocument | None, other: Reported | None) -> list[Markup]:
    run, curve = ours.run, ours.kept.curve
    parts = [_equity(ours, other), _exposure(ours), figures_section(run, curve)]
    if other is not None:
        parts.append(comparison_section(run, other.run, (curve, other.kept.curve)))
    if ablation is not None:
        parts += [claims_section(ablation), ablation_section(ablation, run)]
    parts += [_market(ours), attribution_section(run), costs_section(run), refusals_section(run)]
    return [*parts, not_modelled_section(run), making_section(run)]


def _charts(ours: Reported, ablation: AblationDocument | None, other: Reported | None) -> dict[str, Chart]:
    curve, name = ours.kept.curve, ours.run.profile
    if other is None:
        charts = {"equity": equity_chart(curve, name)}
    else:
        charts = {"equity": equity_chart(curve, name, other.kept.curve, f"the other, {other.run.profile}")}
    charts |= {"exposure": exposure_chart(curve), "costs": costs_chart(ours.run)}
    if ablation is not None and ablation.evidence is not None:
        differences = difference_chart(ablation.evidence)
        charts |= {} if differences is None else {"differences": differences}
    return charts


def _markets(ours: Reported) -> list[dict[str, Any]]:
    return [{"symbol": symbol, **market_chart(ours.kept, ours.run, symbol)} for symbol in ours.kept.closes]


def _header(run: RunDocument, ablation: AblationDocument | None) -> Markup:
    """What this is, in one look."""
    candles = f"{run.manifest.get('timeframe', '')} candles"
    span = f"{day(run.from_ms)} to {day(run.to_ms)} · {candles} · {', '.join(run.symbols)}"
    parts = [
        element("p", "weexctl backtest", class_="kind"),
        element("h1", run.profile),
        element("p", span, class_="span"),
    ]
    if run.synthetic:
        banner = "SYNTHETIC: the candles were generated. These results say nothing about a market."
        parts.append(element("p", banner, class_="banner", role="note"))
    if run.interrupted:
        parts.append(element("p", "ENDED EARLY: the run was stopped before its last candle.", class_="banner"))
    parts += [headline_cards(run), element("p", _sentence(run), class_="sentence"), _contents(ablation)]
    return element("header", *parts)


def _sentence(run: RunDocument) -> str:
    """The run in plain words."""
    metrics, start, end = run.metrics, run.equity.start, run.equity.end
    span = f"{metrics.years:.1f} years" if metrics.years >= 1 else f"{metrics.days} whole days"
    span = span if metrics.days else f"{run.steps} close{'' if run.steps == 1 else 's'}"
    first = f"{start:,.0f} USDT {'grew to' if end > start else 'came to'} {end:,.0f} in {span}."
    if not metrics.max_drawdown:
        return f"{first} The account was never below an earlier peak."
    deepest, share = percent(metrics.max_drawdown), percent(metrics.time_under_water, 0)
    return (
        f"{first} At worst the account was {deepest} below an earlier peak, and it was below one {share} of the time."
    )


def _contents(ablation: AblationDocument | None) -> Markup:
    parts = [("equity", "Equity"), ("figures", "Figures")]
    if ablation is not None:
        parts += [("claims", "Claims"), ("ablation", "Controls")]
    parts += [("market", "Market"), ("attribution", "Attribution"), ("costs", "Costs"), ("refusals", "Refusals")]
    parts += [("not-modelled", "Not modelled"), ("making", "How it was made")]
    links = [element("a", words, href=f"#{name}") for name, words in parts]
    return element("nav", *links, aria_label="Parts of this report")


def _equity(ours: Reported, other: Reported | None) -> Markup:
    entries = [("line ours", "", ours.run.profile)]
    if other is not None:
        entries.append(("line theirs", "", f"{other.run.profile}, run {other.run.run_id}, from the same start"))
    entries.append(("area loss", "", "below the peak so far"))
    log = element("button", "Logarithmic", type="button", data_log="equity", aria_pressed="false")
    tools = element("div", legend(entries), log, class_="tools")
    plain = element("noscript", element("p", "The charts need JavaScript; the tables do not.", class_="note"))
    drawn = chart("equity", "Equity over time, and how far it was below its peak", "high")
    hint = element("p", "Drag over a chart to look closer, click twice to look at all of it.", class_="hint")
    if _too_short(ours):
        return section("Equity and drawdown", "equity", _NOTHING)
    return section("Equity and drawdown", "equity", tools, drawn, hint, plain)


def _too_short(ours: Reported) -> bool:
    return len(ours.kept.curve.time_ms) < _FEWEST


def _exposure(ours: Reported) -> Markup:
    if _too_short(ours):
        return section("Exposure", "exposure", _NOTHING)
    lead = "The value of all positions together, shorts counted like longs, as a share of equity. Dotted: its mean."
    return section("Exposure", "exposure", chart("exposure", "Gross exposure over time", "low"), lead=lead)


def _market(ours: Reported) -> Markup:
    run = ours.run
    if _too_short(ours):
        return section("Market and trades", "market", _NOTHING)
    nets = run.metrics.trades.by_symbol
    buttons = [
        element(
            "button",
            symbol,
            *([element("small", signed(nets[symbol]), class_=tone(nets[symbol]))] if symbol in nets else []),
            type="button",
            data_symbol=symbol,
            aria_pressed="false",
        )
        for symbol in run.symbols
    ]
    choice = element("div", *buttons, class_="choice", role="group", aria_label="Symbol")
    lead = "Closing prices with what was done, and the regime that the classifier saw at each close."
    drawn = chart("market", "Price, regimes, entries, exits and stops of the chosen symbol", "high")
    return section("Market and trades", "market", choice, legend(_MARKS), drawn, lead=lead)


def _footer(run: RunDocument) -> Markup:
    version = str(run.manifest.get("weexctl", ""))
    return element("footer", f"weexctl {version} · run {run.run_id} · what happened in the past need not happen again")


def _policy(*scripts: str) -> str:
    """Only these scripts run, and nothing is loaded or sent."""
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in scripts)
    return f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:"


def _resource(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
