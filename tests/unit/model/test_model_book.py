"""The book: losses, exposures and wishes as plugins see them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from tests.plugins.books import make_book, make_position, make_signal
from weexctl.model.book import Row
from weexctl.model.order import Leg, OrderIntent, OrderStatus
from weexctl.model.side import PositionSide, Side

LONG, SHORT = PositionSide.LONG, PositionSide.SHORT


@pytest.mark.parametrize(
    ("measure", "reference"),
    [("drawdown", "peak_equity"), ("day_loss", "day_start_equity"), ("run_loss", "start_equity")],
)
def test_each_loss_is_counted_from_its_own_mark(measure: str, reference: str) -> None:
    book = make_book(equity=7_500.0)
    assert getattr(book, measure) == 0.25
    for mark, loss in ((15_000.0, 0.5), (5_000.0, 0.0), (0.0, 1.0)):
        assert getattr(make_book(equity=7_500.0, **{reference: mark}), measure) == loss


def test_gross_exposure_adds_both_sides() -> None:
    positions = {"BTCUSDT": make_position(exposure=0.2), "ETHUSDT": make_position(SHORT, exposure=-0.3)}
    assert make_book(positions=positions).gross_exposure == 0.5
    assert make_book().gross_exposure == 0.0


@pytest.mark.parametrize(
    ("held", "direction", "entry", "wanted"),
    [
        (None, 1, True, 1),
        (None, -1, True, -1),
        (None, 1, False, 0),
        (None, 0, True, 0),
        (LONG, 1, False, 1),
        (LONG, 0, True, 0),
        (LONG, -1, True, 0),
        (SHORT, -1, False, -1),
        (SHORT, 1, True, 0),
    ],
)
def test_a_wish_counts_as_long_as_its_rule_holds_and_opens_only_where_it_may(
    held: PositionSide | None, direction: int, entry: bool, wanted: int
) -> None:
    positions = {} if held is None else {"BTCUSDT": make_position(held)}
    book = make_book(positions=positions, signals={"BTCUSDT": make_signal(direction, entry=entry)})
    assert book.wanted("BTCUSDT") == wanted


def test_a_symbol_nobody_speaks_of_is_not_wanted() -> None:
    assert make_book(positions={"BTCUSDT": make_position()}).wanted("BTCUSDT") == 0


@pytest.mark.parametrize(("side", "gain", "best"), [(LONG, -2.0, 5.0), (SHORT, 2.0, 0.0)])
def test_gains_are_counted_in_the_positions_own_direction(side: PositionSide, gain: float, best: float) -> None:
    position = make_position(side, price=98.0, best_price=105.0)
    assert (position.gain, position.best_gain) == (gain, best)


def test_a_row_gives_plain_numbers_of_one_candle() -> None:
    row = Row({"atr": np.array([1.5, 2.5]), "name": np.array(["a", "b"], dtype=object)}, 1)
    assert dict(row) == {"atr": 2.5, "name": "b"}
    assert type(row["atr"]) is float
    assert len(row) == 2


def test_a_row_knows_no_other_columns() -> None:
    with pytest.raises(KeyError):
        Row({"atr": np.array([1.5])}, 0)["rsi"]


@pytest.mark.parametrize(
    ("side", "sign", "opening", "closing"), [(LONG, 1, Side.BUY, Side.SELL), (SHORT, -1, Side.SELL, Side.BUY)]
)
def test_a_side_is_opened_and_closed_by_opposite_orders(
    side: PositionSide, sign: int, opening: Side, closing: Side
) -> None:
    assert (side.sign, side.opening, side.closing) == (sign, opening, closing)
    assert PositionSide.of(0.3 * sign) is side


def test_a_flat_position_has_no_side() -> None:
    with pytest.raises(ValueError, match="flat"):
        PositionSide.of(0)


@pytest.mark.parametrize(
    ("side", "position_side", "reduces"),
    [(Side.BUY, LONG, False), (Side.SELL, LONG, True), (Side.SELL, SHORT, False), (Side.BUY, SHORT, True)],
)
def test_an_order_reduces_when_it_is_the_closing_side_of_its_position(
    side: Side, position_side: PositionSide, reduces: bool
) -> None:
    values: dict[str, Any] = {"decision_id": "d", "symbol": "BTCUSDT", "leg": Leg.ENTRY}
    intent = OrderIntent(
        side=side, position_side=position_side, quantity=Decimal("0.5"), reference_price=Decimal(200), **values
    )
    assert intent.reduces is reduces
    assert intent.notional == Decimal(100)


def test_an_order_is_over_in_exactly_these_states() -> None:
    assert {status.value for status in OrderStatus if status.final} == {
        "filled", "cancelled", "rejected", "expired", "triggered",
    }  # fmt: skip


def test_every_leg_has_a_letter_of_its_own() -> None:
    assert [leg.letter for leg in (Leg.ENTRY, Leg.EXIT, Leg.STOP, Leg.TARGET)] == ["e", "x", "s", "t"]
