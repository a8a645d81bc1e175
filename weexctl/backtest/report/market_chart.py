"""One symbol: its price, the regime under it, and what was done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weexctl.backtest.account import StopMove
from weexctl.backtest.kept_run import KeptRun
from weexctl.backtest.report.charts import Chart, base_layout
from weexctl.backtest.report.run_document import OpenRow, RunDocument, TradeRow
from weexctl.backtest.report.thinning import thin
from weexctl.model.regime import REGIMES

__all__ = ["market_chart"]

_STOPPED = "STOP_HIT"
_NO_REGIME = len(REGIMES)


def market_chart(kept: KeptRun, run: RunDocument, symbol: str) -> Chart:
    """Price with entries, exits and stops, and a ribbon of regimes beneath."""
    closes, time_ms = kept.closes[symbol], kept.curve.time_ms
    rows = thin(closes)
    trades = [trade for trade in run.trades if trade.symbol == symbol]
    opened = [trade for trade in run.open_positions if trade.symbol == symbol]
    layout = base_layout(hovermode="closest")
    layout["xaxis"] |= {"anchor": "y2", "range": [int(time_ms[0]), int(time_ms[-1])] if len(time_ms) > 1 else None}
    layout["yaxis"] |= {"domain": [0.13, 1.0], "title": {"text": "price, USDT", "standoff": 12}, "tickformat": "~s"}
    layout["yaxis2"] = {"domain": [0.0, 0.09], "visible": False, "fixedrange": True, "anchor": "x"}
    return {
        "data": [
            _ribbon(kept.regimes[symbol], time_ms),
            {
                "type": "scatter",
                "mode": "lines",
                "name": "price",
                "x": [int(moment) for moment in time_ms[rows]],
                "y": [None if np.isnan(value) else float(f"{value:.7g}") for value in closes[rows]],
                "line": {"color": "--ink", "width": 1.1},
                "hovertemplate": "%{x|%Y-%m-%d %H:%M} UTC<br>%{y}<extra></extra>",
            },
            *_stops(kept.stop_moves, symbol, trades, int(time_ms[-1])),
            *_entries([*trades, *opened]),
            *_exits(trades),
        ],
        "layout": layout,
    }


def _ribbon(regimes: NDArray[np.int8], time_ms: NDArray[np.int64]) -> Chart:
    """One block per stretch of the same regime."""
    step = int(time_ms[1] - time_ms[0]) if len(time_ms) > 1 else 3_600_000
    starts = np.flatnonzero(np.concatenate([[True], regimes[1:] != regimes[:-1]]))
    kinds = np.where(regimes[starts] < 0, _NO_REGIME, regimes[starts])
    edges = [int(moment) - step for moment in time_ms[starts]] + [int(time_ms[-1])]
    names = [*(regime.value for regime in REGIMES), "no regime yet"]
    colours = [*(f"--{regime.value}" for regime in REGIMES), "--no-regime"]
    steps = len(names)
    scale = [
        [place, colour] for number, colour in enumerate(colours) for place in (number / steps, (number + 1) / steps)
    ]
    return {
        "type": "heatmap",
        "x": edges,
        "y": ["regime"],
        "z": [[int(kind) for kind in kinds]],
        "text": [[names[kind] for kind in kinds]],
        "zmin": -0.5,
        "zmax": steps - 0.5,
        "colorscale": scale,
        "showscale": False,
        "yaxis": "y2",
        "hovertemplate": "%{text}<extra></extra>",
    }


def _stops(moves: Sequence[StopMove], symbol: str, trades: Iterable[TradeRow], last_ms: int) -> list[Chart]:
    """Where the stop of each position lay: a line in steps, from its entry to its end."""
    ends = {trade.entry_order_id: trade.closed_ms for trade in trades}
    times: list[int | None] = []
    prices: list[float | None] = []
    ours = sorted((move for move in moves if move.symbol == symbol), key=_position)
    for order, of_one in groupby(ours, key=lambda move: move.entry_order_id):
        path = list(of_one)
        end_ms = ends.get(order, last_ms)
        times += [*(move.time_ms for move in path), max(end_ms, path[-1].time_ms), None]
        prices += [*(float(move.price) for move in path), float(path[-1].price), None]
    if not times:
        return []
    line = {"color": "--loss", "width": 1.2, "shape": "hv", "dash": "dot"}
    hover = "stop %{y}<extra></extra>"
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": "stop",
            "x": times,
            "y": prices,
            "line": line,
            "connectgaps": False,
            "hovertemplate": hover,
        }
    ]


def _position(move: StopMove) -> tuple[str, int]:
    return move.entry_order_id, move.time_ms


def _entries(rows: Sequence[TradeRow | OpenRow]) -> list[Chart]:
    charts = []
    for side, mark, colour in (("long", "triangle-up", "--long"), ("short", "triangle-down", "--short")):
        found = [row for row in rows if row.position_side == side]
        if found:
            text = [f"{side} by {escape(row.rule)}, {_moment(row.opened_ms)}" for row in found]
            places = [(row.opened_ms, float(row.entry_price)) for row in found]
            charts.append(_markers(f"entry {side}", places, text, {"symbol": mark, "color": colour, "size": 10}))
    return charts


def _exits(trades: Sequence[TradeRow]) -> list[Chart]:
    charts = []
    for stopped, mark, colour in ((False, "circle-open", "--ink-soft"), (True, "x-thin-open", "--loss")):
        found = [trade for trade in trades if (trade.exit_reason == _STOPPED) is stopped]
        if found:
            text = [f"{_words(t.exit_reason)}, {_moment(t.closed_ms)}: {_signed(t.net)} USDT" for t in found]
            places = [(trade.closed_ms, float(trade.exit_price)) for trade in found]
            look = {"symbol": mark, "color": colour, "size": 7, "line": {"width": 1.8, "color": colour}}
            charts.append(_markers("stopped" if stopped else "exit", places, text, look))
    return charts


def _markers(name: str, places: Sequence[tuple[int, float]], text: list[str], look: dict[str, Any]) -> Chart:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [moment for moment, _ in places],
        "y": [price for _, price in places],
        "text": text,
        "marker": {"line": {"width": 1, "color": "--card"}, **look},
        "hovertemplate": "%{text}<br>at %{y}<extra></extra>",
    }


def _words(code: str) -> str:
    return escape(code.lower().replace("_", " "))


def _signed(value: Any) -> str:
    return f"{value:+,.2f}".replace("-", "−")


def _moment(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
