"""Decisions about symbols without a position: entries, and every reason for none."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.plugins.books import make_book, make_position
from tests.unit.pipeline.fakes import (
    BTC,
    ETH,
    HOUR_MS,
    NOW_MS,
    SOL,
    Answering,
    CloseNow,
    FixedSizes,
    Opinion,
    Raising,
    StopAt,
    TargetAt,
    World,
    make_columns,
    make_limits,
    make_pipeline,
)
from weexctl.model.book import Book, HeldPosition
from weexctl.model.decision import Outcome
from weexctl.model.order import Leg
from weexctl.model.regime import Regime
from weexctl.model.side import PositionSide, Side
from weexctl.model.verdict import ExitDecision, GuardAction, RiskDecision, Verdict
from weexctl.pipeline.guards import Flow
from weexctl.pipeline.identity import decision_id

LONG, SHORT = PositionSide.LONG, PositionSide.SHORT


def refused(world: World) -> str:
    """The code of why a wish came to nothing; no order goes out."""
    step = world.step()
    assert step.orders == ()
    assert step.decisions[0].outcome is Outcome.REFUSED
    return step.decisions[0].blocked


def test_a_wish_becomes_an_entry_with_its_stop_and_target() -> None:
    (intent,) = World(make_pipeline(exits=[StopAt(10), TargetAt(20)])).orders()
    assert intent.decision_id == decision_id("profile", "seed:7", BTC, NOW_MS)
    assert (intent.symbol, intent.leg, intent.side, intent.position_side) == (BTC, Leg.ENTRY, Side.BUY, LONG)
    assert (intent.quantity, intent.reference_price) == (Decimal(20), Decimal(100))
    assert (intent.stop_price, intent.target_price) == (Decimal(90), Decimal(120))
    assert (intent.reason, intent.rule, intent.created_ms) == ("ENTRY", "trend", NOW_MS)


def test_a_wish_for_less_becomes_a_short_with_its_stop_above() -> None:
    (intent,) = World(columns={BTC: make_columns(direction=-1)}).orders()
    assert (intent.side, intent.position_side, intent.stop_price) == (Side.SELL, SHORT, Decimal(110))


@pytest.mark.parametrize(
    ("regime", "rule", "side"),
    [(Regime.TRENDING, "trend", LONG), (Regime.RANGING, "reversion", SHORT)],
)
def test_the_rule_of_the_regime_opens(regime: Regime, rule: str, side: PositionSide) -> None:
    columns = make_columns(direction={"trend": 1, "reversion": -1, "flat": 0}, regime=regime)
    (intent,) = World(columns={BTC: columns}).orders()
    assert (intent.rule, intent.position_side) == (rule, side)


def test_a_regime_whose_rule_wants_nothing_opens_nothing() -> None:
    columns = make_columns(direction={"trend": 1, "reversion": 1, "flat": 0}, regime=Regime.UNSTABLE)
    decision = World(columns={BTC: columns}).decision()
    assert (decision.outcome, decision.blocked, decision.body["why"]) == (Outcome.NONE, "", ["NO_DIRECTION"])
    assert not decision.full


def test_a_direction_without_its_opening_condition_opens_nothing() -> None:
    decision = World(columns={BTC: make_columns(entry=False)}).decision()
    assert (decision.outcome, decision.body["why"]) == (Outcome.NONE, ["NO_ENTRY"])


@pytest.mark.parametrize(("ready_row", "why"), [(11, []), (12, ["WARMING_UP"])])
def test_rows_before_the_warm_up_decide_nothing(ready_row: int, why: list[str]) -> None:
    world = World(columns={BTC: make_columns(ready_row=ready_row)})
    assert world.decision().body["why"] == why
    assert len(world.orders()) == (not why)


@pytest.mark.parametrize(
    "columns", [{}, {BTC: make_columns(end_ms=NOW_MS - HOUR_MS)}, {BTC: make_columns(end_ms=NOW_MS - 1)}]
)
def test_without_a_candle_that_closed_now_nothing_is_decided(columns: Any) -> None:
    decision = World(columns=columns).decision()
    assert (decision.outcome, decision.body["why"]) == (Outcome.NONE, ["NO_CANDLE"])


def test_every_symbol_gets_a_decision_in_the_profiles_order() -> None:
    world = World(columns={ETH: make_columns(ETH)}, book=make_book(symbols=(SOL, BTC, ETH)))
    decisions = world.step().decisions
    assert [d.symbol for d in decisions] == [SOL, BTC, ETH]
    assert len({d.decision_id for d in decisions}) == 3


def test_quantities_are_rounded_down_to_the_step() -> None:
    pipeline = make_pipeline(sizer=FixedSizes(0.1))
    (intent,) = World(
        pipeline, {BTC: make_columns(price=333.3)}, make_book(symbols=(BTC,), prices={BTC: 333.3})
    ).orders()
    assert intent.quantity == Decimal("3.000")
    assert intent.notional <= 1_000


def test_a_market_order_is_no_larger_than_the_exchange_takes() -> None:
    (intent,) = World(instrument={"max_market_quantity": Decimal("7.5004")}).orders()
    assert intent.quantity == Decimal("7.500")


def test_a_size_below_the_smallest_order_is_refused() -> None:
    assert refused(World(instrument={"min_quantity": Decimal("20.001")})) == "BELOW_MINIMUM"
    assert len(World(instrument={"min_quantity": Decimal(20)}).orders()) == 1


def test_a_sizer_without_a_size_is_refused_as_too_small() -> None:
    assert refused(World(make_pipeline(sizer=FixedSizes({})))) == "BELOW_MINIMUM"


# Reasons of the risk engine ------------------------------------------------------------------------------------------

LATER = NOW_MS + 1


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        (Opinion(RiskDecision(multiplier=0.0, code="REGIME_BUDGET")), "REGIME_BUDGET"),
        (Opinion(RiskDecision(multiplier=0.0)), "RISK_ZERO"),
        (Opinion(RiskDecision(cooldown_until_ms=LATER)), "COOLDOWN"),
        (Opinion(RiskDecision(suspend_until_ms=LATER)), "SUSPENDED"),
        (Raising(), "PLUGIN_FAULT"),
        (Opinion(RiskDecision(multiplier=math.nan)), "PLUGIN_FAULT"),
    ],
)
def test_a_policy_that_leaves_nothing_is_the_reason(policy: Any, code: str) -> None:
    assert refused(World(make_pipeline(risk=[Opinion(RiskDecision(multiplier=0.9)), policy]))) == code


@pytest.mark.parametrize("sizer", [Raising(), FixedSizes({BTC: math.nan}), FixedSizes({ETH: -1.0, BTC: 0.2})])
def test_a_sizer_that_fails_anywhere_opens_nothing(sizer: Any) -> None:
    world = World(make_pipeline(sizer=sizer), book=make_book(symbols=(BTC, ETH)))
    assert refused(world) == "PLUGIN_FAULT"
    assert world.decision().body["sizing"]["fault"]


@pytest.mark.parametrize("exits", [[], [Raising()], [TargetAt()], [CloseNow()], [StopAt(-1)], [StopAt(math.nan)]])
def test_nothing_opens_without_a_valid_stop(exits: list[Any]) -> None:
    assert refused(World(make_pipeline(exits=exits))) == "STOP_REQUIRED"


def test_the_waits_of_a_step_are_handed_to_the_next() -> None:
    policy = Opinion(RiskDecision(cooldown_until_ms=LATER, suspend_until_ms=LATER + 5))
    step = World(make_pipeline(risk=[policy])).step()
    assert (step.cooldowns, step.suspended_until_ms) == ({BTC: LATER}, LATER + 5)


def test_a_suspension_over_one_symbol_refuses_all_entries_of_the_step() -> None:
    world = World(
        make_pipeline(risk=[Opinion(RiskDecision(suspend_until_ms=LATER), only=ETH)]),
        {s: make_columns(s) for s in (BTC, ETH)},
        make_book(symbols=(BTC, ETH)),
    )
    assert [d.blocked for d in world.step().decisions] == ["SUSPENDED", "SUSPENDED"]
    assert world.step().suspended_until_ms == LATER


def test_a_tighter_stop_leaves_the_size_as_it_was() -> None:
    limits = make_limits(per_trade_risk=0.01)
    (loose,) = World(make_pipeline(limits=limits)).orders()
    (tight,) = World(make_pipeline(limits=limits, risk=[Opinion(RiskDecision(stop_multiplier=0.6))])).orders()
    assert loose.quantity == pytest.approx(Decimal(10), abs=Decimal("0.001"))
    assert (loose.stop_price, tight.stop_price) == (Decimal(90), Decimal(94))
    assert tight.quantity == loose.quantity


@pytest.mark.parametrize("side", [LONG, SHORT])
def test_a_stop_is_rounded_towards_the_price(side: PositionSide) -> None:
    (intent,) = World(make_pipeline(exits=[StopAt(9.97)]), {BTC: make_columns(direction=side.sign)}).orders()
    assert intent.stop_price == Decimal(100) - side.sign * Decimal("9.9")


# Several symbols -----------------------------------------------------------------------------------------------------

THREE = (BTC, ETH, SOL)


def three(direction: int = 1, **settings: Any) -> World:
    pipeline = make_pipeline(**settings)
    return World(pipeline, {s: make_columns(s, direction) for s in THREE}, make_book(symbols=THREE))


@pytest.mark.parametrize("direction", [1, -1])
def test_the_largest_wishes_get_the_slots(direction: int) -> None:
    limits = make_limits(max_positions_long=2, max_positions_short=2)
    world = three(direction, sizer=FixedSizes({BTC: 0.1, ETH: 0.3, SOL: 0.2}), limits=limits)
    assert [i.symbol for i in world.orders()] == [ETH, SOL]
    assert world.decision(BTC).blocked == "MAX_POSITIONS"


def test_equal_wishes_are_served_in_the_profiles_order() -> None:
    assert [i.symbol for i in three(limits=make_limits(max_positions_long=2)).orders()] == [BTC, ETH]


def test_a_policy_that_stops_one_symbol_gives_its_slot_to_nobody() -> None:
    limits = make_limits(max_positions_long=1)
    world = three(limits=limits, risk=[Opinion(RiskDecision(multiplier=0.0), only=BTC)])
    assert world.orders() == []


def test_longs_and_shorts_have_slots_of_their_own() -> None:
    limits = make_limits(max_positions_long=1, max_positions_short=1)
    columns = {BTC: make_columns(BTC, 1), ETH: make_columns(ETH, 1), SOL: make_columns(SOL, -1)}
    world = World(make_pipeline(limits=limits), columns, make_book(symbols=THREE))
    assert [i.symbol for i in world.orders()] == [BTC, SOL]


def test_the_gross_limit_scales_all_wishes_alike() -> None:
    world = three(sizer=FixedSizes({BTC: 0.4, ETH: 0.4, SOL: 0.2}), limits=make_limits(max_gross_exposure=0.5))
    assert [i.quantity for i in world.orders()] == [Decimal(20), Decimal(20), Decimal(10)]


def holding_eth(exposure: float) -> Book:
    position = make_position(symbol=ETH, exposure=exposure, quantity=exposure * 100)
    return make_book(symbols=(BTC, ETH), positions={ETH: position})


def test_an_entry_is_cut_to_what_the_gross_limit_leaves() -> None:
    world = World(
        make_pipeline(sizer=FixedSizes(0.3), limits=make_limits(max_gross_exposure=0.75)),
        {BTC: make_columns()},
        holding_eth(0.6),
    )
    (intent,) = world.orders()
    assert intent.notional == pytest.approx(Decimal(1_500), abs=1)
    assert world.decision().body["sizing"]["binding"] == "max_gross_exposure"


def test_a_wish_without_a_slot_takes_none_of_the_room() -> None:
    position = make_position(SHORT, symbol=SOL, exposure=-0.5, quantity=50.0)
    columns = {BTC: make_columns(BTC), ETH: make_columns(ETH), SOL: make_columns(SOL, 1)}
    limits = make_limits(max_gross_exposure=0.75, max_positions_long=1)
    book = make_book(symbols=THREE, positions={SOL: position})
    orders = World(make_pipeline(sizer=FixedSizes(0.3), limits=limits), columns, book).orders()
    assert [(i.symbol, i.reduces) for i in orders] == [(SOL, True), (BTC, False)]
    assert orders[1].notional == pytest.approx(Decimal(2_500), abs=1)


def test_an_entry_is_cut_until_liquidation_lies_three_stops_away() -> None:
    limits = make_limits(max_gross_exposure=9.0)
    world = World(make_pipeline(sizer=FixedSizes(0.9), limits=limits), {BTC: make_columns()}, holding_eth(3.0))
    (intent,) = world.orders()
    assert float(intent.notional) == pytest.approx(10_000 * (1 / 0.31 - 3.0), abs=0.11)
    assert world.decision().body["sizing"]["binding"] == "liquidation_distance"


def test_a_policy_that_shrinks_a_size_does_not_bring_it_past_a_limit_that_it_had_not_passed() -> None:
    turned = make_position(symbol=ETH, exposure=0.6, quantity=60.0)
    columns = {BTC: make_columns(), ETH: make_columns(ETH, -1)}
    book = make_book(symbols=(BTC, ETH), positions={ETH: turned})
    limits = make_limits(max_gross_exposure=0.75)
    notional = [
        sum(i.notional for i in World(pipeline, columns, book).orders() if not i.reduces)
        for pipeline in (
            make_pipeline(sizer=FixedSizes(0.3), limits=limits),
            make_pipeline(sizer=FixedSizes(0.3), limits=limits, risk=[Opinion(RiskDecision(multiplier=0.4))]),
        )
    ]
    assert 0 < notional[1] < notional[0] <= 1_500


# Guards --------------------------------------------------------------------------------------------------------------


def test_a_guards_refusal_is_recorded_and_nothing_goes_out() -> None:
    guard = Answering(Verdict(action=GuardAction.DENY, code="SHOCK", reason="level 2"))
    world = World(make_pipeline(guards=[guard]))
    assert refused(world) == "SHOCK"
    assert world.decision().body["intent"]["approved"] is False


def test_a_guard_that_fails_lets_nothing_open() -> None:
    assert refused(World(make_pipeline(guards=[Raising()]))) == "PLUGIN_FAULT"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"halted": "KILL file"}, "KILL_SWITCH"),
        ({"start_equity": 100_000.0}, "KILL_DRAWDOWN"),
        ({"day_start_equity": 100_000.0}, "DAILY_LOSS"),
    ],
)
def test_the_core_refuses_entries_in_a_book_that_is_in_trouble(changes: dict[str, Any], code: str) -> None:
    assert refused(World(book=make_book(symbols=(BTC,), **changes))) == code


def test_a_decision_that_has_gone_out_does_not_go_out_again() -> None:
    world = World()
    (intent,) = world.orders()
    assert refused(replace(world, flow=Flow(sent=frozenset({(intent.decision_id, "entry", BTC)})))) == "DUPLICATE"


def test_orders_of_one_step_count_toward_the_limit_of_frequency() -> None:
    world = three(limits=make_limits(max_orders_per_minute=2))
    assert [i.symbol for i in world.orders()] == [BTC, ETH]
    assert world.decision(SOL).blocked == "ORDER_FREQUENCY"


def test_exits_judge_the_position_that_would_be_opened() -> None:
    seen: list[HeldPosition] = []

    class Watching(StopAt):
        def review(self, position: HeldPosition, book: Book) -> ExitDecision:
            seen.append(position)
            return super().review(position, book)

    World(make_pipeline(exits=[Watching()])).step()
    (position,) = seen
    assert (position.candles_held, position.quantity, position.stop) == (0, 0.0, None)
    assert (position.entry_price, position.rule, position.regime) == (100.0, "trend", Regime.TRENDING)


def test_each_plugin_sees_its_own_columns_only() -> None:
    seen: dict[str, Any] = {}

    class Looking(FixedSizes):
        def size(self, book: Book) -> dict[str, float]:
            seen["sizer"] = {symbol: dict(row) for symbol, row in book.rows.items()}
            return {BTC: 0.2}

        def assess(self, book: Book, symbol: str) -> RiskDecision:
            seen["risk"] = dict(book.rows)
            return RiskDecision()

    World(make_pipeline(sizer=Looking(), risk=[Looking()])).step()
    assert seen == {"sizer": {BTC: {"volatility": 0.6}}, "risk": {}}
