"""A failed read cannot be mistaken for an answer, and a trade adds up."""

from __future__ import annotations

from decimal import Decimal

import pytest

from weexctl.errors import RejectedError, UnavailableError, UsageError
from weexctl.execution.open_trade import OpenTrade
from weexctl.execution.reading import Unavailable, read
from weexctl.model.fill import Fill
from weexctl.model.side import PositionSide


def _unavailable() -> Unavailable:
    def fetch() -> list[str]:
        raise UnavailableError("down")

    found = read("positions", fetch)
    assert isinstance(found, Unavailable)
    return found


def test_an_unavailable_read_has_no_truth_value() -> None:
    with pytest.raises(TypeError, match="positions is unavailable"):
        bool(_unavailable())


def test_an_unavailable_read_has_no_length() -> None:
    with pytest.raises(TypeError, match="no length"):
        len(_unavailable())


def test_an_unavailable_read_cannot_be_gone_through() -> None:
    with pytest.raises(TypeError):
        list(_unavailable())  # type: ignore[call-overload]  # that it is no list is what is tested


def test_an_empty_answer_is_an_answer() -> None:
    assert read("positions", list) == []


def test_a_refusal_is_no_answer_either() -> None:
    def fetch() -> int:
        raise RejectedError("no")

    assert isinstance(read("the balance", fetch), Unavailable)


def test_an_error_that_is_not_the_exchanges_is_not_swallowed() -> None:
    def fetch() -> int:
        raise UsageError("wrong argument")

    with pytest.raises(UsageError):
        read("the balance", fetch)


def _fill(side: PositionSide, opens: bool, quantity: str, price: str, realised: str, time_ms: int) -> Fill:
    amount, rate = Decimal(quantity), Decimal(price)
    return Fill(
        fill_id=f"f{time_ms}",
        order_id=f"o{time_ms}",
        symbol="BTCUSDT",
        side=side.opening if opens else side.closing,
        position_side=side,
        quantity=amount,
        price=rate,
        value=amount * rate,
        fee=Decimal(1),
        realised=Decimal(realised),
        maker=False,
        time_ms=time_ms,
    )


@pytest.mark.parametrize(("side", "gain"), [(PositionSide.LONG, 1), (PositionSide.SHORT, -1)])
def test_a_trade_of_two_entries_and_two_exits_adds_up(side: PositionSide, gain: int) -> None:
    trade = OpenTrade(
        symbol="BTCUSDT",
        side=side,
        opened_ms=0,
        decision_id="d",
        entry_order_id="o1",
        rule="trend",
        regime="trending",
        stop_price=None,
        target_price=None,
    )
    for fill in (
        _fill(side, True, "1", "100", "0", 1),
        _fill(side, True, "3", "120", "0", 2),
        _fill(side, False, "1", "130", str(15 * gain), 3),
        _fill(side, False, "3", "110", str(-15 * gain), 4),
    ):
        trade = trade.with_fill(fill)
    assert (trade.quantity, trade.opened_quantity, trade.closed_quantity) == (Decimal(0), Decimal(4), Decimal(4))
    assert (trade.entry_price, trade.exit_price) == (Decimal(115), Decimal(115))
    assert (trade.realised, trade.fees, trade.net) == (Decimal(0), Decimal(4), Decimal(-4))
    assert (trade.last_order_id, trade.last_fill_ms) == ("o4", 4)
