"""The charts, as plotly draws them. A colour is the name of a property of the page's style, so that it fits light and
dark alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weexctl.backtest.equity_curve import EquityCurve
from weexctl.backtest.path_risk import drawdowns
from weexctl.backtest.report.ablation_document import EvidencePart
from weexctl.backtest.report.run_document import RunDocument
from weexctl.backtest.report.thinning import thin

__all__ = ["Chart", "base_layout", "cost_steps", "costs_chart", "difference_chart", "equity_chart", "exposure_chart"]

Chart = dict[str, Any]
"""`data` and `layout` of a plotly figure."""


def equity_chart(curve: EquityCurve, name: str, other: EquityCurve | None = None, other_name: str = "") -> Chart:
    """Equity above, how far it is below its peak beneath.

    Args:
        curve: the run.
        name: of the run, for the hover box.
        other: a run to be shown beside it, scaled to begin with the same money.
        other_name: its name.
    """
    data = [*_equity_lines(curve, name, "--ours", 1.0)]
    if other is not None:
        data += _equity_lines(other, other_name, "--theirs", float(curve.equity[0] / other.equity[0]), fill=False)
    layout = base_layout(hovermode="x unified")
    layout["xaxis"] |= {"anchor": "y2"}
    layout["yaxis"] |= {"domain": [0.36, 1.0], "title": {"text": "equity, USDT", "standoff": 12}, "tickformat": "~s"}
    layout["yaxis2"] = _axis() | {
        "domain": [0.0, 0.28],
        "title": {"text": "below peak", "standoff": 12},
        "tickformat": ".0~%",
        "rangemode": "tozero",
        "anchor": "x",
    }
    return {"data": data, "layout": layout}


def _equity_lines(curve: EquityCurve, name: str, colour: str, scale: float, *, fill: bool = True) -> list[Chart]:
    worth = curve.worth
    below = -drawdowns(worth)
    rows, low = thin(worth), thin(below)
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": escape(name),
            "x": _whole(curve.time_ms[rows]),
            "y": _rounded(worth[rows] * scale, 2),
            "line": {"color": colour, "width": 1.6},
            "hovertemplate": "%{y:,.2f} USDT",
        },
        {
            "type": "scatter",
            "mode": "lines",
            "name": f"{escape(name)}, below its peak",
            "x": _whole(curve.time_ms[low]),
            "y": _rounded(below[low], 5),
            "yaxis": "y2",
            "line": {"color": "--loss" if fill else colour, "width": 1},
            "hovertemplate": "%{y:.2%}",
            **({"fill": "tozeroy", "fillcolor": "--loss-soft"} if fill else {}),
        },
    ]


def exposure_chart(curve: EquityCurve) -> Chart:
    """The gross exposure, and its mean."""
    exposure = curve.gross_exposure
    rows, mean = thin(exposure), float(np.mean(exposure))
    layout = base_layout(hovermode="x")
    layout["yaxis"] |= {"tickformat": ".0~%", "rangemode": "tozero", "title": {"text": "of equity", "standoff": 12}}
    layout["shapes"] = [
        {
            "type": "line",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": mean,
            "y1": mean,
            "line": {"color": "--ink-soft", "width": 1, "dash": "dot"},
        }
    ]
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines",
                "name": "exposure",
                "x": _whole(curve.time_ms[rows]),
                "y": _rounded(exposure[rows], 4),
                "line": {"color": "--ours", "width": 1, "shape": "hv"},
                "fill": "tozeroy",
                "fillcolor": "--ours-soft",
                "hovertemplate": "%{y:.1%} of equity<extra></extra>",
            }
        ],
        "layout": layout,
    }


def cost_steps(run: RunDocument) -> list[tuple[str, float]]:
    """What the equity changed by, step by step; their sum is the change."""
    slippage = run.metrics.totals.slippage
    price = float(run.pnl.realised + run.pnl.unrealised) + slippage
    return [
        ("Prices", price),
        ("Slippage", -slippage),
        ("Fees", -float(run.pnl.fees)),
        ("Funding", float(run.pnl.funding)),
    ]


def costs_chart(run: RunDocument) -> Chart:
    """From what prices brought to what was left."""
    steps = cost_steps(run)
    total = sum(value for _, value in steps)
    names, values = [name for name, _ in steps], [value for _, value in steps]
    layout = base_layout(hovermode="x")
    layout["xaxis"] |= {"type": "category", "showgrid": False}
    layout["yaxis"] |= {"title": {"text": "USDT", "standoff": 12}, "tickformat": "~s", "zeroline": True}
    return {
        "data": [
            {
                "type": "waterfall",
                "x": [*names, "Left"],
                "y": [*_rounded(np.array(values), 2), round(total, 2)],
                "measure": [*["relative"] * len(steps), "total"],
                "text": [f"{value:+,.2f}".replace("-", "−") for value in (*values, total)],
                "textposition": "outside",
                "cliponaxis": False,
                "increasing": {"marker": {"color": "--gain"}},
                "decreasing": {"marker": {"color": "--loss"}},
                "totals": {"marker": {"color": "--ours"}},
                "connector": {"line": {"color": "--rule", "width": 1}},
                "hovertemplate": "%{x}: %{delta:,.2f} USDT<extra></extra>",
                "width": 0.6,
            }
        ],
        "layout": layout,
    }


def difference_chart(evidence: EvidencePart) -> Chart | None:
    """The maximum drawdown of the profile minus that of others, with intervals; None when there is none."""
    rows = [(name, found.max_drawdown) for name, found in evidence.comparisons.items()]
    known = [(name, found) for name, found in reversed(rows) if found is not None]
    if not known:
        return None
    layout = base_layout(hovermode="closest")
    layout["xaxis"] |= {"type": "linear", "tickformat": "~f", "zeroline": True, "zerolinecolor": "--ink-soft"}
    layout["xaxis"]["title"] = {"text": "maximum drawdown, points; left of 0 is better", "standoff": 8}
    layout["yaxis"] |= {"type": "category", "showgrid": False, "side": "left"}
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "markers",
                "x": [round(found.median * 100, 3) for _, found in known],
                "y": [f"F − {escape(name)}" for name, _ in known],
                "error_x": {
                    "type": "data",
                    "symmetric": False,
                    "array": [round((found.high - found.median) * 100, 3) for _, found in known],
                    "arrayminus": [round((found.median - found.low) * 100, 3) for _, found in known],
                    "color": "--ours",
                    "thickness": 2,
                    "width": 5,
                },
                "marker": {"color": "--ours", "size": 9},
                "text": [f"better in {found.p_improvement:.0%} of the draws" for _, found in known],
                "hovertemplate": "%{y}: %{x:+.2f} points, %{text}<extra></extra>",
            }
        ],
        "layout": layout,
    }


def base_layout(hovermode: str) -> Chart:
    """What all charts have in common."""
    return {
        "margin": {"l": 66, "r": 14, "t": 10, "b": 34},
        "paper_bgcolor": "--none",
        "plot_bgcolor": "--none",
        "font": {"color": "--ink-soft", "size": 12},
        "hovermode": hovermode,
        "hoverlabel": {"bgcolor": "--card", "bordercolor": "--rule", "font": {"color": "--ink"}},
        "showlegend": False,
        "xaxis": _axis() | {"type": "date", "showgrid": False},
        "yaxis": _axis(),
        "dragmode": "zoom",
    }


def _axis() -> Chart:
    return {
        "gridcolor": "--grid",
        "linecolor": "--rule",
        "zeroline": False,
        "zerolinecolor": "--rule",
        "automargin": True,
        "ticks": "",
    }


def _whole(values: NDArray[np.int64]) -> list[int]:
    return [int(value) for value in values]


def _rounded(values: NDArray[np.float64] | Sequence[float], digits: int) -> list[float]:
    return [round(float(value), digits) for value in values]
