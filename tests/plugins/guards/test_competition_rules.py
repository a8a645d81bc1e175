"""The rules of the competition that software can keep."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from tests.plugins.books import make_book, make_intent, make_position
from weexctl import SYMBOLS, Book, Guard, PositionSide
from weexctl_guards import CompetitionRulesConfig, build_competition_rules

LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
rules = build_competition_rules(CompetitionRulesConfig())


def code(book: Book | None = None, side: PositionSide = LONG, **changes: Any) -> str:
    return rules.review(make_intent(side, **changes), book or make_book()).code


@pytest.mark.parametrize("symbol", SYMBOLS)
@pytest.mark.parametrize("side", [LONG, SHORT])
def test_the_eight_pairs_may_be_traded_both_ways(symbol: str, side: PositionSide) -> None:
    assert isinstance(rules, Guard)
    assert code(side=side, symbol=symbol) == ""


def test_another_pair_is_refused() -> None:
    assert code(symbol="PEPEUSDT") == "SYMBOL_NOT_ALLOWED"


def test_more_than_twenty_times_leverage_is_refused() -> None:
    assert code(make_book(max_leverage=20)) == ""
    assert code(make_book(max_leverage=21)) == "LEVERAGE_TOO_HIGH"


def test_an_entry_without_a_stop_is_refused() -> None:
    assert code(stop_price=None) == "NO_STOP"


@pytest.mark.parametrize(("side", "stop"), [(LONG, 100), (LONG, 110), (LONG, 0), (LONG, -5), (SHORT, 100), (SHORT, 90)])
def test_a_stop_on_the_wrong_side_is_none(side: PositionSide, stop: int) -> None:
    assert code(side=side, stop_price=Decimal(stop)) == "NO_STOP"


def test_adding_to_a_protected_position_needs_no_second_stop() -> None:
    protected, bare = (make_book(positions={"BTCUSDT": make_position(stop=stop)}) for stop in (90.0, None))

    assert code(protected, stop_price=None) == ""
    assert code(bare, stop_price=None) == "NO_STOP"
    assert code(protected, SHORT, stop_price=None) == "NO_STOP"


def test_an_entry_smaller_than_the_least_notional_is_refused() -> None:
    assert code(quantity=Decimal("0.1")) == ""
    assert code(quantity=Decimal("0.0999")) == "ORDER_TOO_SMALL"


def test_an_order_that_reduces_passes_whatever_it_is() -> None:
    closing = make_intent(LONG, reduces=True, symbol="PEPEUSDT", quantity=Decimal("0.001"))

    assert rules.review(closing, make_book(max_leverage=125)).code == ""


@pytest.mark.parametrize("settings", [{"max_leverage": 21}, {"max_leverage": 0}, {"min_notional": -1}, {"leverage": 3}])
def test_rules_can_be_stricter_and_not_looser(settings: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        CompetitionRulesConfig.model_validate(settings)
