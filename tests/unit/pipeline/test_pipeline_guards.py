"""Guards: what each essential one lets through and refuses, at its boundary; and what a failing one means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.plugins.books import HOUR_MS, NOW_MS, make_book, make_intent, make_position
from tests.unit.pipeline.fakes import BTC, ETH, SOL, Answering, Raising, make_limits, make_pipeline
from weexctl.model.book import Book, HeldPosition
from weexctl.model.limits import Limits
from weexctl.model.order import OrderIntent, OrderType, TimeInForce
from weexctl.model.side import PositionSide
from weexctl.model.verdict import GuardAction, Verdict
from weexctl.pipeline import guards
from weexctl.pipeline.guards import ESSENTIAL_GUARDS, Flow, Reviewed, review, review_essential
from weexctl.pipeline.views import Views

LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
BOOK = make_book(symbols=(BTC, ETH, SOL))
ENTRY = make_intent()
"""500 USDT of BTCUSDT at 100, stop at 90, on 10 000 USDT of equity."""
CLOSE = make_intent(reduces=True)


def judged(
    intent: OrderIntent = ENTRY, *, book: Book = BOOK, limits: Limits | None = None, flow: Flow | None = None
) -> str:
    """The code of what stops this intent among the essential guards; empty when nothing does."""
    verdicts = review_essential(intent, book, limits or make_limits(), flow or Flow())
    refusal = Reviewed(intent, verdicts).refusal
    return refusal.code if refusal else ""


def held(symbol: str = BTC, side: PositionSide = LONG, exposure: float = 0.1) -> dict[str, HeldPosition]:
    return {symbol: make_position(side, symbol=symbol, exposure=exposure * side.sign)}


def test_an_entry_within_all_limits_is_let_through_by_all() -> None:
    verdicts = review_essential(ENTRY, BOOK, make_limits(), Flow())
    assert {v.guard: v.action for v in verdicts} == dict.fromkeys(ESSENTIAL_GUARDS, GuardAction.ALLOW)


def test_the_essential_guards_are_these() -> None:
    assert list(ESSENTIAL_GUARDS) == [
        "kill-switch",
        "kill-drawdown",
        "daily-loss",
        "symbol-list",
        "leverage",
        "stop-required",
        "price-collar",
        "order-notional",
        "exposure",
        "position-count",
        "duplicate",
        "data-age",
        "order-frequency",
    ]


def test_a_halt_stops_entries() -> None:
    assert judged(book=replace(BOOK, halted="KILL file")) == "KILL_SWITCH"


@pytest.mark.parametrize(("equity", "code"), [(7_500.0, "KILL_DRAWDOWN"), (7_500.1, ""), (6_000.0, "KILL_DRAWDOWN")])
def test_the_loss_since_the_start_stops_entries_at_its_limit(equity: float, code: str) -> None:
    book = replace(BOOK, equity=equity, day_start_equity=1.0)
    assert judged(book=book, limits=make_limits(kill_drawdown=0.25)) == code


@pytest.mark.parametrize(("equity", "code"), [(7_500.0, "DAILY_LOSS"), (7_500.1, ""), (6_000.0, "DAILY_LOSS")])
def test_the_loss_of_the_day_stops_entries_at_its_limit(equity: float, code: str) -> None:
    book = replace(BOOK, equity=equity, start_equity=1.0)
    assert judged(book=book, limits=make_limits(daily_loss=0.25)) == code


def test_the_loss_of_the_day_is_not_counted_from_the_start_of_the_run() -> None:
    book = replace(BOOK, equity=9_000.0, day_start_equity=9_100.0)
    assert judged(book=book, limits=make_limits(daily_loss=0.05)) == ""


@pytest.mark.parametrize(("symbol", "code"), [(ETH, ""), ("LTCUSDT", "SYMBOL_NOT_ALLOWED")])
def test_only_the_profiles_symbols_are_opened(symbol: str, code: str) -> None:
    assert judged(make_intent(symbol=symbol)) == code


def test_a_position_in_a_symbol_the_profile_no_longer_has_may_be_closed() -> None:
    assert judged(make_intent(symbol="LTCUSDT", reduces=True)) == ""


def test_nothing_but_the_eight_symbols_is_touched_at_all() -> None:
    book = replace(BOOK, symbols=(*BOOK.symbols, "PEPEUSDT"))
    assert judged(make_intent(symbol="PEPEUSDT"), book=book) == "SYMBOL_NOT_ALLOWED"
    assert judged(make_intent(symbol="PEPEUSDT", reduces=True), book=book) == "SYMBOL_NOT_ALLOWED"


@pytest.mark.parametrize(("leverage", "code"), [(20, ""), (21, "MAX_LEVERAGE")])
def test_no_profile_gets_more_than_the_hard_leverage(leverage: int, code: str) -> None:
    assert judged(limits=make_limits(max_leverage=leverage)) == code


@pytest.mark.parametrize("side", [LONG, SHORT])
def test_no_entry_without_a_stop_on_its_losing_side(side: PositionSide) -> None:
    assert judged(make_intent(side, stop_price=None)) == "STOP_REQUIRED"
    assert judged(make_intent(side, stop_price=Decimal(100))) == "STOP_REQUIRED"
    assert judged(make_intent(side, stop_price=Decimal(100 + side.sign))) == "STOP_REQUIRED"
    assert judged(make_intent(side, stop_price=Decimal(100) - Decimal("0.1") * side.sign)) == ""


@pytest.mark.parametrize(("quantity", "code"), [("5", ""), ("5.001", "MAX_ORDER_NOTIONAL")])
def test_an_order_may_be_as_large_as_the_limit_and_no_larger(quantity: str, code: str) -> None:
    intent = make_intent(quantity=Decimal(quantity))
    assert judged(intent, limits=make_limits(max_order_notional=Decimal(500))) == code


@pytest.mark.parametrize(("limit", "code"), [(0.15, ""), (0.1499, "MAX_SYMBOL_EXPOSURE")])
@pytest.mark.parametrize("side", [LONG, SHORT])
def test_what_is_held_counts_toward_a_symbols_limit(side: PositionSide, limit: float, code: str) -> None:
    book = replace(BOOK, positions=held(side=side))
    assert judged(make_intent(side), book=book, limits=make_limits(max_symbol_exposure=limit)) == code


@pytest.mark.parametrize(("limit", "code"), [(0.25, ""), (0.2499, "MAX_GROSS_EXPOSURE")])
def test_the_book_and_what_this_step_added_count_toward_the_gross_limit(limit: float, code: str) -> None:
    book = replace(BOOK, positions=held(ETH, SHORT))
    assert judged(book=book, limits=make_limits(max_gross_exposure=limit), flow=Flow(gross_added=0.1)) == code


@pytest.mark.parametrize(("gross", "code"), [(3.17, ""), (3.18, "LIQUIDATION_TOO_NEAR")])
def test_liquidation_has_to_lie_three_stops_away(gross: float, code: str) -> None:
    book = replace(BOOK, positions=held(ETH, exposure=gross))
    assert judged(book=book, limits=make_limits(max_gross_exposure=9.0)) == code


def test_without_equity_nothing_opens() -> None:
    book = replace(BOOK, equity=0.0, start_equity=0.0, day_start_equity=0.0)
    limits = make_limits(kill_drawdown=2.0, daily_loss=2.0)
    assert judged(book=book, limits=limits) == "NO_EQUITY"


@pytest.mark.parametrize("side", [LONG, SHORT])
def test_positions_are_counted_by_side_with_those_of_this_step(side: PositionSide) -> None:
    limits = make_limits(max_positions_long=2, max_positions_short=2)
    book = replace(BOOK, positions=held(ETH, side))
    other = Flow(opened_long=5 * (side is SHORT), opened_short=5 * (side is LONG))
    full = Flow(opened_long=int(side is LONG), opened_short=int(side is SHORT))
    assert judged(make_intent(side), book=book, limits=limits) == ""
    assert judged(make_intent(side), book=book, limits=limits, flow=other) == ""
    assert judged(make_intent(side), book=book, limits=limits, flow=full) == "MAX_POSITIONS"


def test_adding_to_a_position_takes_no_new_slot() -> None:
    assert judged(book=replace(BOOK, positions=held()), limits=make_limits(max_positions_long=1)) == ""


@pytest.mark.parametrize("intent", [ENTRY, CLOSE])
def test_the_same_leg_of_a_decision_goes_out_once(intent: OrderIntent) -> None:
    gone = Flow().with_order(intent, NOW_MS, 0.05, opens=True)
    assert judged(intent, flow=gone) == "DUPLICATE"
    assert judged(replace(intent, decision_id="d2"), flow=gone) == ""


@pytest.mark.parametrize(("age_ms", "code"), [(3 * HOUR_MS, ""), (3 * HOUR_MS + 1, "STALE_DATA"), (None, "STALE_DATA")])
def test_old_or_unknown_candles_open_nothing(age_ms: int | None, code: str) -> None:
    ages = {ETH: 0} if age_ms is None else {BTC: age_ms}
    assert judged(flow=Flow(data_age_ms=ages)) == code


@pytest.mark.parametrize(
    ("ago_ms", "limits", "code"),
    [
        (59_999, {"max_orders_per_minute": 3}, "ORDER_FREQUENCY"),
        (59_999, {"max_orders_per_minute": 4}, ""),
        (60_000, {"max_orders_per_minute": 3}, ""),
        (HOUR_MS - 1, {"max_orders_per_hour": 3}, "ORDER_FREQUENCY"),
        (HOUR_MS, {"max_orders_per_hour": 3}, ""),
    ],
)
def test_orders_of_the_last_minute_and_hour_are_counted(ago_ms: int, limits: dict[str, int], code: str) -> None:
    flow = Flow(order_times_ms=(NOW_MS - ago_ms,) * 3)
    assert judged(flow=flow, limits=make_limits(**limits)) == code


WORST: Mapping[str, Any] = {
    "book": make_book(
        symbols=(BTC,),
        halted="KILL file",
        equity=100.0,
        positions=held(exposure=5.0) | held(ETH, exposure=5.0),
    ),
    "limits": make_limits(
        max_leverage=50,
        max_order_notional=Decimal(1),
        max_symbol_exposure=0.01,
        max_gross_exposure=0.01,
        max_positions_long=0,
        max_orders_per_minute=0,
    ),
    "flow": Flow(data_age_ms={}, order_times_ms=(NOW_MS,) * 300, gross_added=9.0, opened_long=9),
}


def test_a_close_passes_every_limit_at_once() -> None:
    assert judged(make_intent(reduces=True, quantity=Decimal(1_000)), **WORST) == ""


@pytest.mark.parametrize("name", ESSENTIAL_GUARDS)
def test_an_essential_guard_that_fails_stops_entries_and_lets_closes_go(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: Any) -> Verdict:
        raise KeyError("limit")

    monkeypatch.setattr(guards, "ESSENTIAL_GUARDS", {**ESSENTIAL_GUARDS, name: broken})
    assert judged() == "PLUGIN_FAULT"
    assert judged(CLOSE) == ""


# The profile's guards -------------------------------------------------------------------------------------------------


def reviewed(guard: Any, intent: OrderIntent = ENTRY) -> Reviewed:
    return review(make_pipeline(guards=[guard]), intent, Views(BOOK), Flow())


@pytest.mark.parametrize(
    ("action", "entry", "close"),
    [(GuardAction.ALLOW, True, True), (GuardAction.REDUCE_ONLY, False, True), (GuardAction.DENY, False, False)],
)
def test_a_guard_allows_lets_only_reductions_go_or_denies(action: GuardAction, entry: bool, close: bool) -> None:
    guard = Answering(Verdict(action=action, code="SHOCK"))
    assert reviewed(guard).approved is entry
    assert reviewed(guard, CLOSE).approved is close


@pytest.mark.parametrize("broken", [Raising(), Answering(None), Answering(Verdict(action=7))])  # type: ignore[arg-type]  # what a plugin may get wrong
def test_a_guard_that_fails_stops_entries_and_lets_closes_go(broken: Any) -> None:
    refusal = reviewed(broken).refusal
    assert refusal is not None
    assert (refusal.code, refusal.guard) == ("PLUGIN_FAULT", type(broken).__name__.lower())
    assert reviewed(broken, CLOSE).approved


def test_a_refusal_without_a_code_is_called_after_its_guard() -> None:
    refusal = reviewed(Answering(Verdict(action=GuardAction.DENY))).refusal
    assert refusal is not None
    assert refusal.code == "ANSWERING"


def test_a_guard_that_allows_needs_no_code() -> None:
    assert reviewed(Answering()).verdicts[-1] == Verdict(guard="answering")


def test_no_profile_and_no_guard_of_it_can_drop_an_essential_guard() -> None:
    verdicts = reviewed(Answering()).verdicts
    assert [v.guard for v in verdicts] == [*ESSENTIAL_GUARDS, "answering"]


def test_the_strictest_verdict_is_the_one_that_counts() -> None:
    lenient, strict = Verdict(action=GuardAction.REDUCE_ONLY, code="A"), Verdict(action=GuardAction.DENY, code="B")
    refusal = Reviewed(ENTRY, (lenient, strict)).refusal
    assert refusal is not None
    assert refusal.code == "B"


def test_among_equals_the_first_verdict_is_told() -> None:
    refusal = Reviewed(ENTRY, tuple(Verdict(action=GuardAction.DENY, code=code) for code in "AB")).refusal
    assert refusal is not None
    assert refusal.code == "A"


def test_a_flow_remembers_every_order_and_only_what_adds_counts_as_exposure() -> None:
    flow = Flow().with_order(ENTRY, 5, 0.05, opens=True).with_order(CLOSE, 6, 0.05, opens=False)
    flow = flow.with_order(make_intent(SHORT), 7, 0.02, opens=True)
    assert flow.order_times_ms == (5, 6, 7)
    assert flow.gross_added == pytest.approx(0.07)
    assert (flow.opened_long, flow.opened_short) == (1, 1)


def a_limit(side: PositionSide, price: str, *, reduces: bool = False) -> OrderIntent:
    """A limit order at this price; the market of the book is at 100."""
    intent = make_intent(side, reduces=reduces)
    return replace(intent, type=OrderType.LIMIT, price=Decimal(price), time_in_force=TimeInForce.GTC)


@pytest.mark.parametrize(
    ("side", "price", "code"),
    [
        (LONG, "101", ""),
        (LONG, "101.01", "PRICE_COLLAR"),
        (LONG, "1010", "PRICE_COLLAR"),
        (LONG, "91", ""),
        (SHORT, "99", ""),
        (SHORT, "98.99", "PRICE_COLLAR"),
        (SHORT, "109", ""),
    ],
)
def test_a_limit_may_be_a_hundredth_worse_than_the_market_and_any_amount_better(
    side: PositionSide, price: str, code: str
) -> None:
    assert judged(a_limit(side, price)) == code


@pytest.mark.parametrize("side", [LONG, SHORT])
@pytest.mark.parametrize(
    ("reference", "code"), [("100.5", ""), ("100.51", "PRICE_COLLAR"), ("99.5", ""), ("99.49", "PRICE_COLLAR")]
)
def test_a_market_order_was_decided_at_about_the_market(side: PositionSide, reference: str, code: str) -> None:
    assert judged(make_intent(side, reference_price=Decimal(reference), quantity=Decimal(1))) == code


def test_an_entry_without_a_known_price_is_refused_and_a_closing_order_never_is() -> None:
    unpriced = replace(BOOK, prices={})
    assert judged(book=unpriced) == "PRICE_COLLAR"
    assert judged(CLOSE, book=unpriced) == ""
    assert judged(a_limit(LONG, "1", reduces=True)) == ""


def test_the_stop_of_a_limit_order_is_held_against_its_own_price() -> None:
    low = replace(a_limit(LONG, "95"), stop_price=Decimal(97))
    assert judged(low) == "STOP_REQUIRED"
    assert judged(replace(low, stop_price=Decimal(94))) == ""


@pytest.mark.parametrize("sign", [1, -1])
def test_entries_that_wait_in_the_book_count_as_if_they_were_filled(sign: int) -> None:
    limits = make_limits(max_symbol_exposure=0.12, max_gross_exposure=0.2)
    assert judged(limits=limits) == ""
    assert judged(limits=limits, flow=Flow(resting={BTC: sign * 0.08})) == "MAX_SYMBOL_EXPOSURE"
    assert judged(limits=limits, flow=Flow(resting={ETH: sign * 0.08, SOL: sign * 0.08})) == "MAX_GROSS_EXPOSURE"
    assert judged(limits=limits, flow=Flow(resting={ETH: sign * 0.08})) == ""


def test_an_entry_that_waits_takes_a_place_of_its_side() -> None:
    limits = make_limits(max_positions_long=1, max_positions_short=1)
    assert judged(limits=limits, flow=Flow(resting={ETH: 0.01})) == "MAX_POSITIONS"
    assert judged(limits=limits, flow=Flow(resting={ETH: -0.01})) == ""
    assert judged(limits=limits, flow=Flow(resting={BTC: 0.01})) == ""
