"""A process that dies at a named point, and the one that goes on: nothing twice, nothing bare, nothing lost."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.unit.trader.live_workshop import LiveWorkshop
from weexctl.journal.intent_state import IntentState
from weexctl.journal.journal import Journal
from weexctl.kill_points import armed

POINTS = [f"K{n:02}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 18, 19, 20)]
STEPS = 14


class Killed(BaseException):
    """The process ends here; nothing that is not in the journal or at the exchange survives."""


def _die() -> None:
    raise Killed


@pytest.mark.parametrize("hit", [1, 5, 17])
@pytest.mark.parametrize("point", POINTS)
def test_a_run_that_was_killed_goes_on_with_books_that_agree(tmp_path: Path, point: str, hit: int) -> None:
    shop = LiveWorkshop(tmp_path)
    with armed(point, hit, _die):
        try:
            shop.run(STEPS)
        except Killed:
            pass
        else:
            pytest.skip(f"{point} is not passed {hit} times")
    report = shop.run(4)
    ledger = shop.simulator.ledger
    held = {(p.symbol, p.side.value): p.size for p in ledger.positions.values()}
    assert {(t.symbol, t.side.value): t.quantity for t in report.open_trades} == held
    state = report.state
    assert (state.realised, state.fees, state.funding) == (ledger.realised, ledger.fees, ledger.funding)
    with Journal.read(shop.path) as journal:
        assert [finding for check in journal.verify() for finding in check.findings] == []
        assert journal.intents.in_states(IntentState.SENDING, IntentState.UNKNOWN, IntentState.ACCEPTED) == []
        sent = [attempt for intent in journal.intents.all() for attempt in journal.attempts.of_intent(intent.intent_id)]
    assert len({attempt.client_order_id for attempt in sent}) == len(sent)
    for trade in report.open_trades:
        stops = [
            o for o in shop.venue().exchange.fetch_conditional_orders(trade.symbol) if o.position_side is trade.side
        ]
        assert sum((o.quantity for o in stops if o.leg == "stop"), Decimal(0)) >= trade.quantity
