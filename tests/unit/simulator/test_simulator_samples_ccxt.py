"""The simulator understands the twelve requests of ccxt's tests, and answers like the three answers they hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.simulator.shapes import alike
from weexctl.simulator import CONTRACTS

if TYPE_CHECKING:
    from tests.unit.simulator.conftest import Desk, OpenDesk

pytestmark = pytest.mark.shared_data


def _cases(shared: Path, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((shared / "weex-fixtures" / "ccxt" / name).read_text("utf-8"))["cases"]
    return rows


@pytest.fixture
def wide_desk(open_desk: OpenDesk) -> Desk:
    """A desk over all contracts, with a position in Dogecoin."""
    rows = {symbol: [(float(row.reference_price),) * 4] * 30 for symbol, row in CONTRACTS.items()}
    desk = open_desk(rows)
    desk.order("open long", "300", symbol="DOGEUSDT")
    return desk


def test_all_twelve_requests_are_understood(wide_desk: Desk, shared_folder: Path) -> None:
    taken = []
    cases = _cases(shared_folder, "request-vectors.json")
    for case in cases:
        target = case["url"].removeprefix("https://api-contract.weex.com")
        path, _, query = target.partition("?")
        status, answer = wide_desk.raw(case["method"], path, query, (case["body"] or "").encode())
        # The position whose margin is to be moved is one of theirs.
        foreign = path.endswith("positionMargin") and "position does not exist" in answer["msg"]
        assert status == 200 or foreign, (case["case"], answer)
        taken.append(case["case"])
    assert len(taken) == len(cases) == 12


def test_all_three_answers_have_a_like(wide_desk: Desk, shared_folder: Path) -> None:
    cases = _cases(shared_folder, "response-samples.json")
    for case in cases:
        verb, path = case["endpoint"].split(" ")
        members = {} if path.endswith("userTrades") else {"symbol": "ETHUSDT", "interval": "1m"}
        members = members and {**members, "interval": "1h"}
        status, found = wide_desk.call(verb, path, **members)
        assert status == 200
        # ccxt quotes every number of an object, to lose no digit of an id.
        theirs = [
            {name: int(value) if name in ("id", "orderId", "time") else value for name, value in row.items()}
            if isinstance(row, dict)
            else row
            for row in case["httpResponse"]
        ]
        alike(theirs, found, case["case"])
        assert all(len(one) == len(other) for one, other in zip(theirs, found, strict=False))
    assert len(cases) == 3
