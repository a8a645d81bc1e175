"""An order by hand before it is sent: its size, what it costs, what stands against it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.plugins.books import make_book, make_position
from tests.unit.pipeline.fakes import BTC, make_instrument, make_limits
from weexctl.errors import UsageError
from weexctl.model.order import Leg, OrderIntent, OrderType, TimeInForce
from weexctl.model.side import PositionSide, Side
from weexctl.model.signal import MANUAL
from weexctl.trader.manual_order import ManualOrder, estimate, manual_intent, manual_verdicts

D = Decimal
ZERO = D(0)
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
SIDES = pytest.mark.parametrize("side", [LONG, SHORT])


def asked(side: PositionSide = LONG, *, opens: bool = True, **changes: Any) -> ManualOrder:
    values: dict[str, Any] = {
        "symbol": BTC,
        "side": side.opening if opens else side.closing,
        "position_side": side,
        "size": D("1000"),
        "unit": "quote",
        "stop": D(100) - 10 * side.sign if opens else None,
    }
    return ManualOrder(**(values | changes))


def intent_of(order: ManualOrder, *, held: Decimal = ZERO, **rules: Any) -> OrderIntent:
    instrument = make_instrument(**rules)
    return manual_intent(order, instrument, D("100.04"), held=held, decision_id="d1", now_ms=5)


def codes(intent: OrderIntent, *, blocked: str = "", loss: Decimal | None = None, **limits: Any) -> list[str]:
    book = limits.pop("book", make_book(symbols=(BTC,)))
    verdicts = manual_verdicts(intent, book, make_limits(**limits), loss_at_stop=loss, blocked=blocked)
    return [verdict.code for verdict in verdicts]


def test_a_size_in_quote_is_rounded_down_at_the_mark_price() -> None:
    intent = intent_of(asked())
    assert (intent.quantity, intent.reference_price, intent.leg) == (D(10), D("100.0"), Leg.ENTRY)
    assert intent_of(asked(size=D("1000.09"))).quantity == D(10)
    assert intent_of(asked(size=D("1.2349"), unit="base")).quantity == D("1.234")


@SIDES
def test_a_stop_is_rounded_towards_the_price(side: PositionSide) -> None:
    stop = D(100) - D("9.96") * side.sign
    rounded = intent_of(asked(side, stop=stop)).stop_price
    assert rounded is not None
    assert (rounded - stop) * side.sign > 0
    assert rounded % D("0.1") == 0


@SIDES
def test_selling_a_long_and_buying_a_short_reduce(side: PositionSide) -> None:
    intent = intent_of(asked(side, opens=False, size=D(2), unit="base"), held=D(3))
    assert (intent.reduces, intent.leg, intent.side is Side.SELL) == (True, Leg.EXIT, side is LONG)


@pytest.mark.parametrize(
    ("order", "held", "code"),
    [
        (asked(size=D("0.01")), D(0), "BELOW_MINIMUM"),
        (asked(opens=False, size=D(4), unit="base"), D(3), "MORE_THAN_HELD"),
        (asked(opens=False, size=D(4), unit="base"), D(0), "NO_POSITION"),
        (asked(opens=False, stop=D(90)), D(30), "USAGE"),
        (asked(target=D(99)), D(0), "USAGE"),
        (asked(SHORT, target=D(101)), D(0), "USAGE"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(order: ManualOrder, held: Decimal, code: str) -> None:
    with pytest.raises(UsageError, match="nothing was sent") as caught:
        intent_of(order, held=held)
    assert caught.value.code == code
    assert caught.value.hint


def test_a_market_order_above_the_exchange_s_largest_is_refused() -> None:
    with pytest.raises(UsageError, match="largest market order"):
        intent_of(asked(), max_market_quantity=D(9))


def test_costs_are_those_of_the_notional() -> None:
    intent = intent_of(asked())
    costs = estimate(intent, make_instrument(), D(10_000), make_book(symbols=(BTC,)), 5)
    assert (costs.notional, costs.margin, costs.fee) == (D(1000), D(200), D("0.8"))
    assert costs.loss_at_stop == 10 * D(10) + D("0.0008") * 10 * (100 + 90)


@SIDES
def test_the_liquidation_price_leaves_the_maintenance_margin(side: PositionSide) -> None:
    equity, intent = D(300), intent_of(asked(side))
    price = estimate(intent, make_instrument(), equity, make_book(symbols=(BTC,), equity=300.0), 5).liquidation_price
    assert price is not None
    left = equity + (price - 100) * 10 * side.sign
    assert left == pytest.approx(D("0.01") * 1000, abs=D("0.5"))
    assert (price - 100) * side.sign < 0


def test_an_account_that_no_fall_can_take_has_no_liquidation_price() -> None:
    costs = estimate(intent_of(asked()), make_instrument(), D(10_000), make_book(symbols=(BTC,)), 5)
    assert costs.liquidation_price is None


def test_an_entry_that_nothing_stands_against_has_no_verdict() -> None:
    assert codes(intent_of(asked())) == []


def test_limits_of_the_sizing_chain_refuse_an_entry_by_hand() -> None:
    intent = intent_of(asked())
    assert codes(intent, loss=D("30.01"), per_trade_risk=0.003) == ["PER_TRADE_RISK"]
    assert codes(intent, loss=D("29.99"), per_trade_risk=0.003) == []
    assert codes(intent, max_leverage=1, max_margin_per_position=0.099) == ["MAX_MARGIN"]
    assert codes(intent, max_leverage=1, max_margin_per_position=0.101) == []


def test_a_locked_symbol_takes_no_entry_by_hand() -> None:
    assert codes(intent_of(asked()), blocked="STOP_UNPROVEN") == ["STOP_UNPROVEN"]


@pytest.mark.parametrize(
    ("side", "rule", "expected"),
    [(LONG, "trend", ["RULE_POSITION"]), (LONG, MANUAL, []), (SHORT, MANUAL, ["OTHER_SIDE"])],
)
def test_a_rule_s_position_and_the_other_side_take_no_entry_by_hand(
    side: PositionSide, rule: str, expected: list[str]
) -> None:
    held = make_book(symbols=(BTC,), positions={BTC: make_position(side, rule=rule)})
    assert codes(intent_of(asked()), book=held) == expected


def test_nothing_stands_against_a_reduction() -> None:
    intent = intent_of(asked(opens=False, size=D(1), unit="base"), held=D(1))
    held = make_book(symbols=(BTC,), positions={BTC: make_position()})
    assert codes(intent, book=held, blocked="STOP_UNPROVEN", max_margin_per_position=0.0) == []


def test_a_limit_order_is_sized_and_priced_at_its_limit() -> None:
    intent = intent_of(asked(price=D("95.0"), stop=D(90)))
    assert (intent.type, intent.price, intent.time_in_force) == (OrderType.LIMIT, D("95.0"), TimeInForce.GTC)
    assert (intent.quantity, intent.notional) == (D("10.526"), D("10.526") * 95)
    costs = estimate(intent, make_instrument(), D(10_000), make_book(symbols=(BTC,)), 5)
    assert costs.loss_at_stop == intent.quantity * 5 + D("0.0008") * intent.quantity * (95 + 90)


def test_a_sale_may_bring_more_than_its_limit_and_is_counted_so() -> None:
    intent = intent_of(asked(SHORT, price=D("99.0"), size=D(10), unit="base"))
    assert intent.notional == 10 * intent.reference_price


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"price": D("95.05")}, "PRICE_STEP"),
        ({"time_in_force": TimeInForce.IOC}, "USAGE"),
        ({"price": D("95.0"), "target": D("94.9")}, "USAGE"),
    ],
)
def test_a_price_that_cannot_be_meant_is_refused_with_what_would_do(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(UsageError, match="nothing was sent") as caught:
        intent_of(asked(**changes))
    assert caught.value.code == code
    assert caught.value.hint


def test_a_price_off_the_step_is_answered_with_its_neighbours() -> None:
    with pytest.raises(UsageError) as caught:
        intent_of(asked(price=D("95.07")))
    assert caught.value.hint == "95.0 or 95.1"


def test_a_limit_order_has_the_largest_size_of_limit_orders() -> None:
    rules = {"max_market_quantity": D(9), "max_quantity": D(100)}
    assert intent_of(asked(price=D("95.0")), **rules).quantity > 9
    with pytest.raises(UsageError, match="largest limit order"):
        intent_of(asked(price=D("95.0"), size=D(100_000)), **rules)


@pytest.mark.parametrize(("resting", "expected"), [(0.05, []), (-0.05, ["OTHER_SIDE"])])
def test_the_other_side_of_an_entry_that_waits_is_refused(resting: float, expected: list[str]) -> None:
    book = make_book(symbols=(BTC,))
    verdicts = manual_verdicts(intent_of(asked()), book, make_limits(), loss_at_stop=None, blocked="", resting=resting)
    assert [verdict.code for verdict in verdicts] == expected


@SIDES
def test_only_a_stop_on_the_right_side_of_the_price_has_a_loss(side: PositionSide) -> None:
    instrument, book = make_instrument(), make_book(symbols=(BTC,))
    right = estimate(intent_of(asked(side)), instrument, D(10_000), book, 2)
    wrong = estimate(intent_of(asked(side, stop=D(100) + 5 * side.sign)), instrument, D(10_000), book, 2)
    assert right.loss_at_stop is not None
    assert right.loss_at_stop > 0
    assert wrong.loss_at_stop is None


def test_an_order_that_only_waits_in_the_book_pays_the_maker_s_fee() -> None:
    instrument, book = make_instrument(), make_book(symbols=(BTC,))
    limit: dict[str, Any] = {"price": D("99.0"), "stop": D(90)}
    waits = estimate(intent_of(asked(**limit, time_in_force=TimeInForce.POST_ONLY)), instrument, D(10_000), book, 2)
    takes = estimate(intent_of(asked(**limit)), instrument, D(10_000), book, 2)
    assert (waits.fee, takes.fee) == (waits.notional * instrument.maker_fee, takes.notional * instrument.taker_fee)
    assert instrument.maker_fee < instrument.taker_fee
    assert waits.loss_at_stop is not None
    assert takes.loss_at_stop is not None
    assert takes.loss_at_stop - waits.loss_at_stop == takes.fee - waits.fee


@pytest.mark.parametrize(
    ("force", "flag"), [(TimeInForce.POST_ONLY, "--post-only"), (TimeInForce.FOK, "--time-in-force fok")]
)
def test_a_market_order_with_the_flag_of_a_limit_is_told_which(force: TimeInForce, flag: str) -> None:
    with pytest.raises(UsageError, match=f"^{flag} is about a limit"):
        intent_of(asked(time_in_force=force))
