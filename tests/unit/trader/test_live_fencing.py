"""A run whose account somebody else took over ends, and sends nothing from then on."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.unit.trader.live_workshop import LiveWorkshop
from weexctl.errors import LockHeldError
from weexctl.journal.journal import Journal


def test_a_run_that_was_taken_over_sends_nothing_more(tmp_path: Path) -> None:
    shop, sent = LiveWorkshop(tmp_path), 0
    answer, steps = shop.handle, 0

    def noted(request: httpx.Request) -> httpx.Response:
        nonlocal sent
        if request.method != "GET" and not request.url.path.endswith("/income"):
            sent += 1
        return answer(request)

    def taken_over_after_three(note: str) -> None:
        nonlocal steps, sent
        steps += 1
        if steps == 3:
            assert sent > 0
            shop.path.with_name(shop.path.name + ".lock").unlink()
            Journal.open(shop.path, venue="live", account="main").close()
            sent = 0

    shop.handle = noted
    session = shop.session()
    with pytest.raises(LockHeldError) as caught:
        session.run(steps=20, should_stop=lambda: False, on_step=taken_over_after_three)
    session.venue.close()
    assert (caught.value.code, steps, sent) == ("FENCED", 3, 0)
    report = shop.run(2)  # whoever goes on finds books that agree
    held = {(p.symbol, p.side.value): p.size for p in shop.simulator.ledger.positions.values()}
    assert {(t.symbol, t.side.value): t.quantity for t in report.open_trades} == held
