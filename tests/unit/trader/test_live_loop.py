"""The loop at a venue that remembers: decisions as on the simulator, and books that agree with the exchange."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.trader.live_workshop import LiveWorkshop
from tests.unit.trader.small_pipeline import a_stage, small_pipeline
from tests.unit.trader.workshop import Workshop
from weexctl.journal.journal import Journal
from weexctl.model.book import Book, HeldPosition
from weexctl.model.verdict import ExitDecision
from weexctl.trader.session_report import SessionReport

STEPS = 120


class Wide:
    """A stop a tenth away."""

    warmup_candles = 24

    def review(self, position: HeldPosition, book: Book) -> ExitDecision:
        return ExitDecision(stop=position.entry_price * (1 - position.side.sign * 0.1))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> LiveWorkshop:
    return LiveWorkshop(tmp_path_factory.mktemp("live"))


@pytest.fixture(scope="module")
def report(shop: LiveWorkshop) -> SessionReport:
    return shop.run(STEPS)


def _decisions(path: Path) -> dict[tuple[str, int], dict[str, Any]]:
    with Journal.read(path) as journal:
        rows = journal._database.rows("SELECT symbol, close_ms, body FROM decision")
    return {(symbol, close_ms): json.loads(body) for symbol, close_ms, body in rows}


def test_the_account_at_the_exchange_is_the_one_on_record(shop: LiveWorkshop, report: SessionReport) -> None:
    assert report.made_steps == STEPS
    assert len(report.trades) > 10
    held = {(p.symbol, p.side.value): p.size for p in shop.simulator.ledger.positions.values()}
    assert {(t.symbol, t.side.value): t.quantity for t in report.open_trades} == held
    state, ledger = report.state, shop.simulator.ledger
    assert (state.realised, state.fees, state.funding) == (ledger.realised, ledger.fees, ledger.funding)
    assert Decimal(10_000) + state.realised - state.fees + state.funding == report.balance.wallet


def test_it_decides_what_the_simulated_run_decides(shop: LiveWorkshop, report: SessionReport, tmp_path: Path) -> None:
    other = Workshop(tmp_path)
    other.run(STEPS)
    live, simulated = _decisions(shop.path), _decisions(other.path)
    assert live.keys() == simulated.keys()
    different = [key for key in live if live[key].get("outcome") != simulated[key].get("outcome")]
    assert different == []


def test_the_demo_account_with_its_four_endpoints_is_traded_on_the_same_decisions(tmp_path: Path) -> None:
    """Its stops are watched from here, so they are met a little later; with stops far away nothing is different."""
    calm = replace(small_pipeline(), risk=(), exits=(a_stage("exit", Wide()),))
    demo, other = LiveWorkshop(tmp_path / "demo", demo=True, pipeline=calm), Workshop(tmp_path / "sim", pipeline=calm)
    paths: set[str] = set()
    answer = demo.handle

    def noted(request: httpx.Request) -> httpx.Response:
        if "ACCESS-SIGN" in request.headers:
            paths.add(request.url.path)
        return answer(request)

    demo.handle = noted
    report = demo.run(80)
    other.run(80)
    assert paths == {f"/capi/v3/sim/{name}" for name in ("balance", "position/allPosition", "order", "order/history")}
    made, simulated = _decisions(demo.path), _decisions(other.path)
    assert made.keys() == simulated.keys()
    assert [k for k in made if made[k].get("outcome") != simulated[k].get("outcome")] == []
    account = demo.simulator.venue.demo
    assert account is not None
    assert report.balance.wallet == account.ledger.wallet
    assert abs(report.state.realised - account.ledger.realised) < Decimal("0.05")
    assert abs(report.state.fees - account.ledger.fees) < Decimal("0.05")
    assert len(report.trades) > 5
