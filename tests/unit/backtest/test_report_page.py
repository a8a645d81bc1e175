"""The page of a run: one file, nothing loaded, every part there, names escaped, charts that plotly knows."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.unit.backtest.reported_runs import RUN_ID, document, reported
from weexctl.backtest.equity_curve import EquityCurve
from weexctl.backtest.metrics import measure
from weexctl.backtest.report.ablation_document import AblationDocument
from weexctl.backtest.report.charts import cost_steps
from weexctl.backtest.report.figures_section import _monthly
from weexctl.backtest.report.page import Reported, report_page
from weexctl.backtest.report.run_document import parse_document, parse_run
from weexctl.errors import DataError

PLOTLY = "/* stands in for plotly */"
SECTIONS = [
    "equity",
    "exposure",
    "figures",
    "market",
    "attribution",
    "costs",
    "refusals",
    "not-modelled",
    "making",
]
DIFFERENCE = {"observed": -0.1, "median": -0.05, "low": -0.09, "high": 0.01, "p_improvement": 0.9, "draws": 2000}
ABLATION = {
    "from_ms": 0,
    "to_ms": 86_400_000,
    "symbols": ["BTCUSDT"],
    "synthetic": True,
    "interrupted": False,
    "arms": [
        {"name": "F", "title": "the profile as it is", "group": "arm", "cagr": 0.1, "calmar": 1.5},
        {"name": "A", "title": "<b>no engine</b>", "group": "arm", "cagr": 0.4},
        {"name": "K1", "title": "scaled", "group": "control", "failure": "the limits refuse it"},
        {"name": "K4-1", "title": "moved", "group": "placebo", "cagr": 0.02},
        {"name": "K4-2", "title": "moved", "group": "placebo", "cagr": 0.04},
    ],
    "evidence": {
        "comparisons": {
            "A": {
                "max_drawdown": DIFFERENCE,
                "calmar": None,
                "cvar95": DIFFERENCE,
                "ulcer": DIFFERENCE,
                "days": 50,
                "draws": 2000,
                "mean_block_days": 20,
                "seed": 7,
            }
        },
        "claims": [
            {"name": "C1", "statement": "smaller drawdown", "verdict": "pass", "because": "1 % < 2 %", "sure": True},
            {"name": "C2", "statement": "the same", "verdict": "fail", "because": "3 % > 2 %", "sure": False},
            {"name": "C3", "statement": "placebos", "verdict": "not evaluated", "because": "none ran"},
        ],
        "missing": {"overfitting": "too few days"},
    },
}


class Page(HTMLParser):
    """What a browser would make of it, as far as it matters here."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.elements: list[str] = []
        self.scripts: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.policy = ""
        self._in: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.elements.append(tag)
        if tag == "section":
            self.ids.append(found["id"])
        self.addresses += [value for name, value in found.items() if name in ("src", "href", "action", "data")]
        self.handlers += [name for name in found if name.startswith("on")]
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found["content"]
        self._in.append((tag, found.get("type", "")))

    def handle_endtag(self, tag: str) -> None:
        while self._in and self._in.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._in and self._in[-1][0] == "script":
            self.scripts.append((self._in[-1][1], data))
        elif self._in and self._in[-1][0] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        """What is read."""
        return " ".join(self.words)

    @property
    def drawn(self) -> dict[str, Any]:
        """The data of the charts."""
        [found] = [json.loads(text) for kind, text in self.scripts if kind == "application/json"]
        assert isinstance(found, dict)
        return found


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Reported:
    return reported(tmp_path_factory.mktemp("kept"))


@pytest.fixture(scope="module")
def ablation() -> AblationDocument:
    return parse_document(AblationDocument, json.dumps(ABLATION).encode(), Path("ablation.json"))


def test_it_has_every_part_and_says_that_the_market_is_synthetic(ours: Reported) -> None:
    page = Page(report_page(ours, PLOTLY))

    assert page.ids == SECTIONS
    assert "SYNTHETIC" in page.text
    assert RUN_ID in page.text
    assert all(digest in page.text for digest in ours.run.manifest["data"].values())
    assert all(code in page.text for code in ours.run.refusals)
    assert all(words in page.text for words in ours.run.not_modelled)


def test_it_loads_nothing_and_lets_only_its_own_scripts_run(ours: Reported) -> None:
    text = report_page(ours, PLOTLY)
    page = Page(text)

    assert all(address.startswith("#") for address in page.addresses)
    assert page.handlers == []
    assert not {"link", "img", "iframe", "object", "embed", "form", "base"} & set(page.elements)
    assert not re.search(r"https?:|@import|url\(", text)
    assert page.policy.startswith("default-src 'none'; ")
    run = [script for kind, script in page.scripts if kind == ""]
    assert len(run) == 2
    for script in run:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in page.policy


def test_a_name_is_never_taken_for_markup(tmp_path: Path, ours: Reported) -> None:
    name = "</script><script>alert(1)</script>"
    manifest = ours.run.manifest | {"profile": name}
    trades = json.loads(document())["trades"]
    found = reported(tmp_path, manifest=manifest, not_modelled=[name], trades=[t | {"rule": name} for t in trades])
    plain, page = Page(report_page(ours, PLOTLY)), Page(report_page(found, PLOTLY))

    assert page.elements.count("script") == plain.elements.count("script") == 3
    assert name in page.text
    entries = [trace["text"] for trace in page.drawn["markets"][0]["data"] if trace.get("name") == "entry long"]
    assert entries
    assert all("<script" not in text for texts in entries for text in texts)


def test_shorter_candles_are_named_like_the_others(tmp_path: Path, ours: Reported) -> None:
    found = reported(tmp_path, manifest=ours.run.manifest | {"detail": {"BTCUSDT": "0123fine"}})
    page = Page(report_page(found, plotly=PLOTLY))

    assert "Shorter candles" in page.text
    assert "0123fine" in page.text
    assert "{" not in page.text
    assert "Shorter candles" not in Page(report_page(ours, plotly=PLOTLY)).text


def test_every_chart_is_one_that_plotly_knows(ours: Reported, ablation: AblationDocument) -> None:
    graphs = pytest.importorskip("plotly.graph_objects")
    drawn = Page(report_page(ours, PLOTLY, ablation=ablation, other=ours)).drawn
    charts = [*drawn["charts"].values(), *drawn["markets"]]

    assert set(drawn["charts"]) == {"equity", "exposure", "costs", "differences"}
    assert [market["symbol"] for market in drawn["markets"]] == ours.run.symbols
    for chart in charts:
        graphs.Figure(painted({"data": chart["data"], "layout": chart["layout"]}))


def painted(value: Any) -> Any:
    """The names of colours as a colour."""
    if isinstance(value, dict):
        return {key: painted(one) for key, one in value.items()}
    if isinstance(value, list):
        return [painted(one) for one in value]
    return "#123456" if isinstance(value, str) and value.startswith("--") else value


def test_every_colour_has_a_value_in_light_and_in_dark(ours: Reported, ablation: AblationDocument) -> None:
    text = report_page(ours, PLOTLY, ablation=ablation, other=ours)
    style = text[text.index("<style>") : text.index("</style>")]
    light, dark = re.findall(r":root[^{]*\{([^}]*--paper[^}]*)\}", style)
    used = set(re.findall(r'"(--[a-z-]+)"', json.dumps(Page(text).drawn)))

    assert used - {"--none"} <= set(re.findall(r"(--[a-z-]+):", dark))
    assert used <= set(re.findall(r"(--[a-z-]+):", light))


def test_entries_exits_and_stops_are_those_of_the_run(ours: Reported) -> None:
    drawn = Page(report_page(ours, PLOTLY)).drawn
    marks: dict[str, int] = {}
    stops = 0
    for market in drawn["markets"]:
        for trace in market["data"]:
            if trace.get("mode") == "markers":
                marks[trace["name"]] = marks.get(trace["name"], 0) + len(trace["x"])
            if trace.get("name") == "stop":
                stops += sum(price is not None for price in trace["y"])
    sides = [trade.position_side for trade in ours.run.trades]
    sides += [position.position_side for position in ours.run.open_positions]
    stopped = sum(trade.exit_reason == "STOP_HIT" for trade in ours.run.trades)

    assert stopped
    assert marks == {
        "entry long": sides.count("long"),
        "entry short": sides.count("short"),
        "stopped": stopped,
        "exit": len(ours.run.trades) - stopped,
    }
    assert stops == len(ours.kept.stop_moves) + len(sides)  # each line goes on to its position's end


def test_the_ribbon_says_each_closes_regime(ours: Reported) -> None:
    for market in Page(report_page(ours, PLOTLY)).drawn["markets"]:
        [ribbon] = [trace for trace in market["data"] if trace["type"] == "heatmap"]
        edges, kinds = ribbon["x"], ribbon["z"][0]
        times = ours.kept.curve.time_ms
        blocks = np.searchsorted(edges, times, side="left") - 1
        expected = ours.kept.regimes[market["symbol"]]

        assert [kinds[block] for block in blocks] == [3 if regime < 0 else regime for regime in expected]


def test_the_costs_add_up_to_the_change_of_equity(ours: Reported) -> None:
    change = float(ours.run.equity.end - ours.run.equity.start)

    assert sum(value for _, value in cost_steps(ours.run)) == pytest.approx(change, abs=1e-6)
    [bars] = Page(report_page(ours, PLOTLY)).drawn["charts"]["costs"]["data"]
    assert bars["y"][-1] == pytest.approx(sum(bars["y"][:-1]), abs=0.03)


def test_the_months_of_a_year_make_up_the_year() -> None:
    times = np.arange(1_704_067_200_000, 1_735_689_600_000, 3_600_000, dtype=np.int64)
    curve = EquityCurve(times, 100 + np.sin(times / 4e9) * 20, np.zeros(len(times)))
    months = _monthly(curve)

    assert list(months) == [(2024, month) for month in range(1, 13)]
    whole = float(np.prod([1 + value for value in months.values()]) - 1)
    assert whole == pytest.approx(measure(curve).total_return)


def test_an_ablation_beside_the_run_is_shown_with_every_verdict(ours: Reported, ablation: AblationDocument) -> None:
    page = Page(report_page(ours, PLOTLY, ablation=ablation))

    assert page.ids == [*SECTIONS[:3], "claims", "ablation", *SECTIONS[3:]]
    for words in ("PASS", "FAIL", "NOT EVALUATED", "1 of 3 held, 1 failed, 1 could not be looked at"):
        assert words in page.text
    assert "Within the intervals it could be otherwise." in page.text
    assert "mean of 2 placebos" in page.text
    assert "3.0 %" in page.text  # their CAGR
    assert "the limits refuse it" in page.text
    assert "too few days" in page.text
    assert "<b>no engine</b>" in page.text
    assert "it differs in the span, the profile, the candles." in page.text


def test_an_ablation_of_this_very_run_is_not_remarked_upon(ours: Reported, ablation: AblationDocument) -> None:
    made = {"from_ms": ours.run.from_ms, "to_ms": ours.run.to_ms, "manifest": ours.run.manifest}
    same = ablation.model_copy(update=made)

    assert "it differs in" not in Page(report_page(ours, PLOTLY, ablation=same)).text


def test_another_run_is_set_beside_it(ours: Reported, tmp_path: Path) -> None:
    other = reported(tmp_path, 50)
    page = Page(report_page(ours, PLOTLY, other=other))
    lines = [trace for trace in page.drawn["charts"]["equity"]["data"] if trace.get("yaxis") is None]

    assert "comparison" in page.ids
    assert "They differ in the span." in page.text
    assert "No intervals: the runs do not cover the same days." in page.text
    assert lines[0]["y"][0] == lines[1]["y"][0]


@pytest.mark.parametrize("steps", [1, 2])
def test_a_run_without_trades_has_a_page(steps: int, tmp_path: Path) -> None:
    found = reported(tmp_path, steps, refusals={})
    page = Page(report_page(found, PLOTLY))

    assert found.run.trades == []
    assert page.ids == SECTIONS
    assert "No trade was closed in this run." in page.text
    assert "Nothing was refused." in page.text
    assert ("nothing to draw" in page.text) is (steps == 1)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"run_id": "r"}', b"\xff"])
def test_a_document_of_another_kind_is_one_clear_error(content: bytes) -> None:
    with pytest.raises(DataError, match="not what this version writes") as caught:
        parse_run(content, Path("result.json"))

    assert caught.value.code == "BAD_RUN"
