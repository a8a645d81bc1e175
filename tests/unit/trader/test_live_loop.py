"""The loop at a venue that remembers: decisions as on the simulator, and books that agree with the exchange."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.unit.trader.live_workshop import LiveWorkshop
from tests.unit.trader.workshop import Workshop
from weexctl.journal.journal import Journal
from weexctl.trader.session import SessionReport

STEPS = 120


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
