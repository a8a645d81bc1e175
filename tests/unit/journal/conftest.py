"""A fresh journal, and one plausible record of every kind."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from weexctl.journal import (
    AttemptRecord,
    DecisionRecord,
    EquityRecord,
    Journal,
    OrderRecord,
    PositionRecord,
    RunRecord,
    TradeRecord,
)
from weexctl.model.fill import Fill
from weexctl.model.order import Leg, OrderIntent, OrderStatus
from weexctl.model.regime import Artefact
from weexctl.model.side import PositionSide, Side

HOUR_MS = 3_600_000
CLOSE_MS = 1_700_000_000_000 // HOUR_MS * HOUR_MS


class Samples:
    """One plausible record of every kind; `dataclasses.replace` makes the others."""

    close_ms = CLOSE_MS
    run = RunRecord(
        run_id="run-1",
        started_ms=CLOSE_MS,
        venue="sim",
        profile="safe",
        profile_digest="p1",
        profile_json='{"schema":1}',
        source="seed 7",
        symbols=("BTCUSDT", "ETHUSDT"),
        timeframe="1h",
        seed=7,
        from_ms=CLOSE_MS,
        to_ms=CLOSE_MS,
    )
    decision = DecisionRecord(
        decision_id="d1", run_id="run-1", symbol="BTCUSDT", close_ms=CLOSE_MS, full=True, body='{"regime":"trending"}'
    )
    intent = OrderIntent(
        decision_id="d1",
        symbol="BTCUSDT",
        side=Side.BUY,
        position_side=PositionSide.LONG,
        leg=Leg.ENTRY,
        quantity=Decimal("0.0130"),
        reference_price=Decimal("37123.4"),
        stop_price=Decimal("36000.0"),
        reason="ENTRY",
        rule="trend",
        created_ms=CLOSE_MS,
    )
    attempt = AttemptRecord(
        intent_id=1, n=1, client_order_id="wx00aaaaaaaaaaaaaaaae01", signed_ms=CLOSE_MS, request_digest="r1"
    )
    order = OrderRecord(
        order_id="702345678901234567",
        client_order_id="wx00aaaaaaaaaaaaaaaae01",
        intent_id=None,
        symbol="BTCUSDT",
        side=Side.BUY,
        position_side=PositionSide.LONG,
        kind="market",
        quantity=Decimal("0.0130"),
        price=None,
        trigger_price=None,
        status=OrderStatus.OPEN,
        filled_quantity=Decimal(0),
        average_price=None,
        created_ms=CLOSE_MS,
        updated_ms=CLOSE_MS,
    )
    fill = Fill(
        fill_id="f1",
        order_id="702345678901234567",
        symbol="BTCUSDT",
        side=Side.BUY,
        position_side=PositionSide.LONG,
        quantity=Decimal("0.0130"),
        price=Decimal("37125.1"),
        value=Decimal("482.6263"),
        fee=Decimal("0.38610104"),
        realised=Decimal(0),
        maker=False,
        time_ms=CLOSE_MS + 20,
    )
    position = PositionRecord(
        symbol="BTCUSDT",
        position_side=PositionSide.LONG,
        quantity=Decimal("0.0130"),
        entry_price=Decimal("37125.1"),
        opened_ms=CLOSE_MS,
        decision_id="d1",
        rule="trend",
        regime="trending",
        stop_price=Decimal("36000.0"),
        target_price=None,
        parameters={"atr": 310.5},
    )
    trade = TradeRecord(
        trade_id="t1",
        run_id="run-1",
        symbol="BTCUSDT",
        position_side=PositionSide.LONG,
        opened_ms=CLOSE_MS,
        closed_ms=CLOSE_MS + HOUR_MS,
        quantity=Decimal("0.0130"),
        entry_price=Decimal("37125.1"),
        exit_price=Decimal("37500.0"),
        gross=Decimal("4.8737"),
        fees=Decimal("0.776"),
        funding=Decimal("-0.048"),
        net=Decimal("4.0497"),
        exit_reason="STOP_HIT",
        rule="trend",
        regime="trending",
        entry_decision_id="d1",
        exit_decision_id=None,
        entry_order_id="702345678901234567",
        exit_order_id="702345678901234999",
    )
    equity = EquityRecord(
        run_id="run-1",
        time_ms=CLOSE_MS,
        equity=Decimal("10004.05"),
        wallet=Decimal("10000"),
        unrealised=Decimal("4.05"),
        gross_exposure=0.048,
        drawdown=0.0,
    )
    artefact = Artefact(
        id="a1",
        plugin="two-factor-hmm",
        symbol="BTCUSDT",
        train_from_ms=CLOSE_MS - 1000 * HOUR_MS,
        train_to_ms=CLOSE_MS,
        data_digest="x",
        parameters={"means": [[0.1, 0.2], [0.30000000000000004, -1e-9]]},
    )


@pytest.fixture
def samples() -> Samples:
    return Samples()


@pytest.fixture
def journal_path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "sim" / "journal.sqlite"


@pytest.fixture
def journal(journal_path: Path) -> Iterator[Journal]:
    with Journal.open(journal_path, venue="sim", account="acc") as opened:
        yield opened


@pytest.fixture
def running(journal: Journal, samples: Samples) -> Journal:
    """A journal in which one run has begun."""
    journal.runs.add(samples.run)
    return journal
