"""Sizing: the order of the chain, every cap, and that faults and waits count as nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.plugins.books import make_book, make_position
from tests.unit.pipeline.fakes import BTC, ETH, NOW_MS, SOL, FixedSizes, Opinion, Raising, make_limits, make_pipeline
from weexctl.model.book import Book
from weexctl.model.verdict import RiskDecision
from weexctl.pipeline.sizing import Assessment, Room, assess, gross_scale, largest_gross, raw_exposures, rooms, size
from weexctl.pipeline.views import Views

BOOK = make_book(symbols=(BTC, ETH, SOL))


def asked(risk: Sequence[Any], book: Book = BOOK, symbols: Sequence[str] = (BTC,)) -> Assessment:
    return assess(make_pipeline(risk=risk), Views(book), symbols)[BTC]


def sized(raw: float = 0.2, scale: float = 1.0, multiplier: float = 1.0, **changes: Any) -> Any:
    settings: dict[str, Any] = {
        "limits": make_limits(),
        "equity": 10_000.0,
        "stop_distance": 0.1,
    }
    return size(raw, scale, Assessment(multiplier=multiplier), **{**settings, **changes})


def test_the_chain_is_sizer_then_gross_scale_then_multiplier() -> None:
    sizing = sized(0.4, 0.5, 0.25)
    assert (sizing.raw, sizing.gross_scale, sizing.multiplier, sizing.final) == (0.4, 0.5, 0.25, 0.05)
    assert sizing.binding == ""


CAPS: Mapping[str, tuple[dict[str, Any], float]] = {
    "max_symbol_exposure": ({"limits": make_limits(max_symbol_exposure=0.15)}, 0.15),
    "max_margin_per_position": ({"limits": make_limits(max_margin_per_position=0.03, max_leverage=2)}, 0.06),
    "max_order_notional": ({"limits": make_limits(max_order_notional=Decimal(500))}, 0.05),
    "per_trade_risk": ({"limits": make_limits(per_trade_risk=0.003), "stop_distance": 0.03}, 0.1),
    "max_gross_exposure": ({"room": Room(share=0.04, others=1.0), "held": 0.05}, 0.09),
    "liquidation_distance": ({"room": Room(share=1.0, others=3.1), "stop_distance": 0.1}, 1 / 0.31 - 3.1),
}


@pytest.mark.parametrize("cap", CAPS)
def test_each_cap_binds_and_is_named(cap: str) -> None:
    settings, expected = CAPS[cap]
    sizing = sized(0.9, **settings)
    assert sizing.binding == cap
    assert sizing.final == pytest.approx(expected, rel=1e-12)
    assert sizing.caps[cap] == sizing.final


@pytest.mark.parametrize("cap", CAPS)
def test_a_cap_never_raises_a_smaller_wish(cap: str) -> None:
    settings, expected = CAPS[cap]
    sizing = sized(expected / 2, **settings)
    assert (sizing.binding, sizing.final) == ("", expected / 2)


def test_a_wish_at_its_cap_is_not_called_cut() -> None:
    assert sized(0.15, limits=make_limits(max_symbol_exposure=0.15)).binding == ""


def test_caps_come_after_multipliers_so_that_half_of_a_capped_wish_stays_capped() -> None:
    limits = make_limits(max_symbol_exposure=0.15)
    assert sized(0.6, multiplier=0.5, limits=limits).final == 0.15


def test_without_equity_nothing_may_be_ordered() -> None:
    assert sized(0.5, equity=0.0).final == 0.0


def test_a_new_position_whose_stop_is_unknown_has_no_size() -> None:
    assert sized(0.5, stop_distance=0.0).final == 0.0


def test_a_held_position_whose_stop_distance_is_unknown_keeps_its_size_and_does_not_grow() -> None:
    assert sized(0.5, stop_distance=0.0, held=0.12).final == 0.12
    assert sized(0.05, stop_distance=0.0, held=0.12).final == 0.05


def test_liquidation_three_stops_away_is_where_the_arithmetic_puts_it() -> None:
    gross = largest_gross(0.08)
    assert 1 / gross - 0.01 == pytest.approx(3 * 0.08)


# The gross limit -----------------------------------------------------------------------------------------------------


def test_the_gross_limit_scales_what_the_sizer_gave() -> None:
    exposures = {BTC: 0.6, ETH: 0.4, SOL: 5.0}
    assert gross_scale(exposures, [BTC, ETH], make_limits(max_gross_exposure=0.75)) == 0.75


def test_below_the_gross_limit_nothing_is_scaled() -> None:
    assert gross_scale({BTC: 0.2}, [BTC], make_limits(max_gross_exposure=0.75)) == 1.0
    assert gross_scale({BTC: 0.2}, [], make_limits()) == 1.0
    assert gross_scale({BTC: 0.0}, [BTC], make_limits()) == 1.0


def holding(**exposures: float) -> Book:
    positions = {symbol: make_position(symbol=symbol, exposure=exposure) for symbol, exposure in exposures.items()}
    return replace(BOOK, positions=positions)


def test_what_the_gross_limit_leaves_is_shared_in_proportion_to_what_is_missing() -> None:
    book = holding(BTCUSDT=-0.5)
    shares = rooms({BTC: 0.5, ETH: 0.3, SOL: 0.1}, 1.0, [ETH, SOL], book, make_limits(max_gross_exposure=0.7))
    assert shares[ETH].share == pytest.approx(0.15)
    assert shares[SOL].share == pytest.approx(0.05)
    assert shares[ETH].others == pytest.approx(0.55)


def test_with_room_to_spare_each_symbol_gets_all_it_misses() -> None:
    shares = rooms({BTC: 0.3, ETH: 0.1}, 0.5, [BTC, ETH], holding(BTCUSDT=0.1), make_limits())
    assert shares[BTC].share == pytest.approx(0.05)
    assert shares[ETH].share == pytest.approx(0.05)
    assert shares[BTC].others == pytest.approx(0.05)


def test_a_book_above_the_gross_limit_leaves_no_room() -> None:
    shares = rooms({ETH: 0.3}, 1.0, [ETH], holding(BTCUSDT=0.9), make_limits(max_gross_exposure=0.75))
    assert shares[ETH].share == 0.0


# The sizer -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [math.nan, math.inf, -0.1, -math.inf])
def test_a_size_out_of_range_counts_as_nothing_and_is_a_fault(bad: float) -> None:
    sizes, fault = raw_exposures(make_pipeline(sizer=FixedSizes({BTC: bad, ETH: 0.2})), Views(BOOK))
    assert sizes == {BTC: 0.0, ETH: 0.2, SOL: 0.0}
    assert BTC in fault


@pytest.mark.parametrize("sizer", [Raising(), FixedSizes({BTC: "a lot"}), FixedSizes({BTC: None})])
def test_a_sizer_that_fails_sizes_nothing(sizer: Any) -> None:
    sizes, fault = raw_exposures(make_pipeline(sizer=sizer), Views(BOOK))
    assert set(sizes.values()) == {0.0}
    assert fault.startswith("sizer raised")


def test_a_symbol_the_sizer_leaves_out_has_no_size() -> None:
    sizes, fault = raw_exposures(make_pipeline(sizer=FixedSizes({ETH: 0.2})), Views(BOOK))

    assert (sizes, fault) == ({BTC: 0.0, ETH: 0.2, SOL: 0.0}, "")


# The policies --------------------------------------------------------------------------------------------------------


def test_multipliers_are_multiplied_in_profile_order() -> None:
    found = asked([Opinion(RiskDecision(multiplier=0.5, code="A")), Opinion(RiskDecision(multiplier=0.6, code="B"))])
    assert found.multiplier == pytest.approx(0.3)
    assert [m.code for m in found.multipliers] == ["A", "B"]


def test_no_policy_leaves_the_wish_alone() -> None:
    assert asked([]) == Assessment()


BROKEN = {
    "raises": Raising(),
    "above one": Opinion(RiskDecision(multiplier=1.01)),
    "negative": Opinion(RiskDecision(multiplier=-0.01)),
    "NaN": Opinion(RiskDecision(multiplier=math.nan)),
    "stop zero": Opinion(RiskDecision(stop_multiplier=0.0)),
    "stop wider": Opinion(RiskDecision(stop_multiplier=1.2)),
    "stop NaN": Opinion(RiskDecision(stop_multiplier=math.nan)),
    "nothing": Opinion(None),
    "words": Opinion(RiskDecision(multiplier="half")),  # type: ignore[arg-type]  # what a plugin may get wrong
    "a wait in words": Opinion(RiskDecision(cooldown_until_ms="tomorrow")),  # type: ignore[arg-type]  # the same
    "an endless wait": Opinion(RiskDecision(suspend_until_ms=math.inf)),  # type: ignore[arg-type]  # the same
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_policy_that_fails_counts_as_zero_with_its_name(case: str) -> None:
    found = asked([Opinion(RiskDecision(multiplier=0.5)), BROKEN[case]])
    assert found.multiplier == 0.0
    assert found.multipliers[1].code == "PLUGIN_FAULT"
    assert type(BROKEN[case]).__name__.lower() in found.multipliers[1].reason
    assert found.stop_multiplier == 1.0


@pytest.mark.parametrize("value", [Decimal("0.5"), "0.5", True])
def test_numbers_of_other_types_are_taken_as_what_they_say(value: Any) -> None:
    found = asked([Opinion(RiskDecision(multiplier=value)), Opinion(RiskDecision(multiplier=0.5))])
    assert found.multiplier == float(value) * 0.5


def test_stops_tighten_together_down_to_half_their_distance() -> None:
    tighter = Opinion(RiskDecision(stop_multiplier=0.8))
    assert asked([tighter, tighter]).stop_multiplier == pytest.approx(0.64)
    assert asked([tighter] * 5).stop_multiplier == 0.5


LATER, NOW = NOW_MS + 1, NOW_MS


@pytest.mark.parametrize(
    ("until", "blocked"),
    [(LATER, "COOLDOWN"), (NOW, ""), (NOW - 1, "")],
)
def test_a_cooldown_runs_up_to_its_moment(until: int, blocked: str) -> None:
    assert asked([Opinion(RiskDecision(cooldown_until_ms=until))]).blocked == blocked
    assert asked([], replace(BOOK, cooldowns={BTC: until})).blocked == blocked


@pytest.mark.parametrize(
    ("until", "blocked"),
    [(LATER, "SUSPENDED"), (NOW, ""), (NOW - 1, "")],
)
def test_a_suspension_runs_up_to_its_moment(until: int, blocked: str) -> None:
    assert asked([Opinion(RiskDecision(suspend_until_ms=until))]).blocked == blocked
    assert asked([], replace(BOOK, suspended_until_ms=until)).blocked == blocked


def test_what_is_blocked_has_no_size() -> None:
    assert asked([Opinion(RiskDecision(cooldown_until_ms=LATER))]).multiplier == 0.0


def test_another_symbols_cooldown_does_not_count() -> None:
    assert asked([], replace(BOOK, cooldowns={ETH: LATER})).blocked == ""


def test_a_suspension_asked_for_over_one_symbol_stops_the_others_in_the_same_step() -> None:
    policy = Opinion(RiskDecision(suspend_until_ms=LATER), only=SOL)
    assert asked([policy], symbols=(BTC, ETH, SOL)).blocked == "SUSPENDED"


def test_a_held_position_is_touched_by_neither() -> None:
    book = replace(holding(BTCUSDT=0.1), suspended_until_ms=LATER, cooldowns={BTC: LATER})
    policy = Opinion(RiskDecision(multiplier=0.7, cooldown_until_ms=LATER, suspend_until_ms=LATER))
    found = asked([policy], book)
    assert (found.blocked, found.multiplier) == ("", 0.7)


def test_waits_are_handed_on_so_that_they_outlive_the_step() -> None:
    found = asked([Opinion(RiskDecision(cooldown_until_ms=5)), Opinion(RiskDecision(suspend_until_ms=7))])
    assert (found.cooldown_until_ms, found.suspend_until_ms) == (5, 7)
