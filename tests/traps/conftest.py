"""A desk for each trap that lies on the order path, and somebody who looks after it between candles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.unit.execution.orders import LIMITS, a_book
from tests.unit.trader.desk import Desk, open_desk
from weexctl.execution.gate import Gate
from weexctl.execution.reading import Unavailable
from weexctl.trader.keeper import Keeper, Watch

WATCH_MS = 4_000
"""Between two looks while something is open, as the loop has it."""


@dataclass(slots=True)
class Kept:
    """A desk that is looked after."""

    desk: Desk

    def keeper(self) -> Keeper:
        """Who looks; a new one knows nothing that is not on record."""
        desk = self.desk
        return Keeper(
            desk.exchange,
            Gate(desk.exchange, LIMITS),
            desk.orders,
            desk.sync,
            desk.journal,
            desk.clock,
            ("BTCUSDT", "ETHUSDT"),
            book_of=lambda _: a_book(now_ms=desk.clock.now_ms()),
        )

    def look(self, for_ms: int = 0) -> Watch | Unavailable:
        """Look now, and again every few seconds for so long; the last look."""
        keeper, until_ms = self.keeper(), self.desk.clock.now_ms() + for_ms
        watch = keeper.look()
        while self.desk.clock.now_ms() < until_ms:
            self.desk.clock.sleep_ms(WATCH_MS)
            watch = keeper.look()
        return watch


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as opened:
        yield opened


@pytest.fixture
def kept(desk: Desk) -> Kept:
    return Kept(desk)
