"""Explanations: what a person reads about each outcome, and that every sentence is true of its record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.plugins.books import NOW_MS, make_book, make_position
from tests.unit.pipeline.fakes import (
    BTC,
    Answering,
    CloseNow,
    FixedSizes,
    Opinion,
    Raising,
    StopAt,
    World,
    make_columns,
    make_limits,
    make_pipeline,
)
from weexctl.model.side import PositionSide
from weexctl.model.verdict import GuardAction, RiskDecision, Verdict
from weexctl.pipeline.explanation import WHY, explain, headline

CALM = Opinion(RiskDecision(multiplier=0.5, code="VOLATILITY", reason="volatility 1.8× its median"))
BUDGET = Opinion(RiskDecision(multiplier=0.7, code="BUDGET", reason="unstable 14 %"))


def body(pipeline: Any = None, world: World | None = None) -> dict[str, Any]:
    world = world or World()
    return replace(world, pipeline=pipeline or world.pipeline).decision().body


def holding(exposure: float = 0.2, side: PositionSide = PositionSide.LONG, direction: int | None = None) -> World:
    position = make_position(side, exposure=exposure * side.sign, quantity=exposure * 100)
    columns = make_columns(direction=side.sign if direction is None else direction)
    return World(columns={BTC: columns}, book=make_book(symbols=(BTC,), positions={BTC: position}))


def line(lines: list[str], start: str) -> str:
    """The one line that begins so."""
    (found,) = [text for text in lines if text.startswith(start)]
    return found


def test_an_entry_says_regime_and_why_its_size_was_cut() -> None:
    assert headline(body(make_pipeline(risk=[CALM, BUDGET]))) == (
        "Opened long BTCUSDT at 2023-11-15 00:00 UTC under a trending regime (72 %). "
        "Size cut to 0.35 of base: volatility 1.8× its median, unstable 14 %."
    )


def test_a_classifier_that_knows_the_odds_of_a_loud_day_has_them_told() -> None:
    columns = make_columns()
    loud = replace(columns, regime={**columns.regime, "p_vol": np.full(12, 0.31)})
    record = body(world=World(columns={BTC: loud}))

    assert record["regime"]["p_vol"] == 0.31
    assert line(explain(record), "Regime: ").endswith("model a1. Chance of a loud day ahead: 31 %.")
    assert "p_vol" not in body()["regime"]


def test_a_full_explanation_is_about_ten_lines() -> None:
    record = body(make_pipeline(risk=[CALM, BUDGET]))
    orders = [{"order_id": "700000000000000001", "leg": "entry", "status": "filled"}]
    fills = [
        {"order_id": "700000000000000001", "quantity": "3", "price": "100", "fee": "0.24"},
        {"order_id": "700000000000000001", "quantity": "4", "price": "107", "fee": "0.34"},
        {"order_id": "another", "quantity": "9", "price": "9", "fee": "9"},
    ]
    trade = {
        "net": "-12.5",
        "gross": "-10",
        "fees": "1.5",
        "funding": "-1",
        "exit_reason": "STOP_HIT",
        "closed_ms": NOW_MS + 3_600_000,
    }
    parts = "price -10.00, fees -1.50, funding -1.00"
    assert explain(record, orders=orders, fills=fills, trade=trade)[1:] == [
        "Regime: trending (smoothed: trending 72 %, ranging 14 %, unstable 14 %), model a1.",
        "Rule: trend wants long (strength 1.00, fake up).",
        "Base size: 0.2000 of equity 10000.00 USDT.",
        "  × 0.50 opinion: volatility 1.8× its median",
        "  × 0.70 opinion: unstable 14 %",
        "Target size: 0.0700 of equity; no cap bound.",
        "Stop: 90.0, 10.0 % away (stopat).",
        "Guards: 13 asked, none objected.",
        "Order 700000000000000001 (entry, filled): filled 7 at 104, fee 0.5800 USDT.",
        f"Result: closed at 2023-11-15 01:00 UTC by stop hit, net -12.50 USDT ({parts}).",
    ]


def test_an_entry_nothing_cut_says_so() -> None:
    assert headline(body()).endswith("Size as the sizer asked.")


def test_a_policy_that_gives_no_reason_is_named_instead() -> None:
    record = body(make_pipeline(risk=[Opinion(RiskDecision(multiplier=0.5))]))
    assert headline(record).endswith("Size cut to 0.50 of base: opinion.")


def test_limits_that_cut_are_named() -> None:
    limits = make_limits(max_gross_exposure=0.1, max_symbol_exposure=0.05)
    record = body(make_pipeline(limits=limits))
    assert headline(record).endswith("Size cut to 0.25 of base: gross exposure at its limit, cap max_symbol_exposure.")
    lines = explain(record)
    assert "  × 0.50 gross exposure limit" in lines
    assert "Target size: 0.0500 of equity; bound by max_symbol_exposure at 0.0500." in lines


def test_an_open_position_has_no_result_yet() -> None:
    assert explain(body())[-1] == "Result: the position is still open."


@pytest.mark.parametrize("exposure", [0.05, 0.9], ids=["add", "reduce"])
def test_a_changed_position_that_has_ended_shows_its_result(exposure: float) -> None:
    trade = dict.fromkeys(("net", "gross", "fees", "funding"), "1") | {"exit_reason": "STOP_HIT", "closed_ms": NOW_MS}
    record = body(world=holding(exposure))
    assert explain(record)[-1] == "Result: the position is still open."
    assert explain(record, trade=trade)[-1].startswith("Result: closed at ")


@pytest.mark.parametrize(
    ("world", "start"),
    [
        (World(), "Would have opened long BTCUSDT at "),
        (holding(0.05), "Would have added to long BTCUSDT at "),
        (holding(0.9), "Would have reduced long BTCUSDT at "),
        (holding(side=PositionSide.SHORT, direction=1), "Would have closed short BTCUSDT at "),
        (World(columns={}), "Did nothing in BTCUSDT at "),
    ],
    ids=["entry", "add", "reduce", "exit", "nothing"],
)
def test_a_rehearsal_says_what_would_have_been_done_and_that_nothing_was_sent(world: World, start: str) -> None:
    lines = explain(body(world=world), rehearsal=True)
    assert lines[0].startswith(start)
    assert lines[-1] == "Rehearsal: nothing was sent."
    assert not any(text.startswith("Result") for text in lines)


@pytest.mark.parametrize(
    ("trigger", "told"), [("0.06790", ", trigger moved to 0.06790"), ("0.0650", "")], ids=["moved", "where it was"]
)
def test_a_stop_whose_trigger_was_moved_says_where_it_is(trigger: str, told: str) -> None:
    stop = {
        "order_id": "7",
        "leg": "stop",
        "status": "filled",
        "trigger_price": trigger,
        "asked_trigger_price": "0.065",
    }
    assert line(explain(body(), orders=[stop]), "Order 7") == f"Order 7 (stop, filled){told}."


OUTCOMES: Mapping[str, tuple[dict[str, Any], str]] = {
    "short": (
        body(world=World(columns={BTC: make_columns(direction=-1)})),
        "Opened short BTCUSDT at 2023-11-15 00:00 UTC under a trending regime (72 %). Size as the sizer asked.",
    ),
    "add": (
        body(world=holding(0.05)),
        "Added to long BTCUSDT at 2023-11-15 00:00 UTC under a trending regime (72 %). Size as the sizer asked.",
    ),
    "reduce": (
        body(world=holding(0.9)),
        "Reduced long BTCUSDT at 2023-11-15 00:00 UTC under a trending regime (72 %): risk reduced.",
    ),
    "flip": (
        body(world=holding(side=PositionSide.SHORT, direction=1)),
        "Closed short BTCUSDT at 2023-11-15 00:00 UTC under a trending regime (72 %): direction flip.",
    ),
    "exit": (
        body(make_pipeline(exits=[CloseNow()]), holding()),
        "Closed long BTCUSDT at 2023-11-15 00:00 UTC under a trending regime (72 %): time limit.",
    ),
    "refused by a guard": (
        body(make_pipeline(guards=[Answering(Verdict(action=GuardAction.DENY, code="SHOCK", reason="level 2"))])),
        "Did not trade BTCUSDT at 2023-11-15 00:00 UTC under a trending regime (72 %): " + WHY["SHOCK"] + ".",
    ),
    "refused by a policy": (
        body(make_pipeline(risk=[Raising()])),
        f"Did not trade BTCUSDT at 2023-11-15 00:00 UTC under a trending regime (72 %): {WHY['PLUGIN_FAULT']}.",
    ),
    "stop": (
        body(make_pipeline(exits=[StopAt(5)]), holding()),
        "Held BTCUSDT at 2023-11-15 00:00 UTC under a trending regime (72 %) and tightened its stop to 95.0.",
    ),
    "held": (
        body(world=holding(side=PositionSide.SHORT)),
        "Held BTCUSDT at 2023-11-15 00:00 UTC: the target was within the rebalancing band of what was held.",
    ),
    "nothing": (
        body(world=World(columns={BTC: make_columns(direction=0)})),
        "Did nothing in BTCUSDT at 2023-11-15 00:00 UTC: the rule of the regime wanted no position.",
    ),
    "no data": (
        body(world=World(columns={})),
        "Did nothing in BTCUSDT at 2023-11-15 00:00 UTC: there was no closed candle of this symbol at that moment.",
    ),
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_each_outcome_has_its_sentence(name: str) -> None:
    record, sentence = OUTCOMES[name]
    assert explain(record)[0] == sentence


@pytest.mark.parametrize("name", OUTCOMES)
def test_no_explanation_is_longer_than_about_ten_lines(name: str) -> None:
    lines = explain(OUTCOMES[name][0])
    assert 2 <= len(lines) <= 12
    assert all(text.strip() and len(text) < 160 for text in lines)


def test_a_quiet_hold_shows_holding_and_target_with_the_same_sign() -> None:
    lines = explain(body(world=holding(0.18, PositionSide.SHORT)))
    assert line(lines, "Held: ") == "Held: -0.1800 of equity, target -0.2000."


def test_a_guards_objection_is_told_in_its_own_words() -> None:
    assert "Guard answering: deny, SHOCK: level 2." in explain(OUTCOMES["refused by a guard"][0])


def test_the_exit_whose_stop_counts_is_named_and_not_the_first_one() -> None:
    class Far(StopAt):
        """A stop nobody needs."""

    record = body(make_pipeline(exits=[Far(30), StopAt(8)]))
    assert line(explain(record), "Stop: ") == "Stop: 92.0, 8.0 % away (stopat)."


def test_a_tightened_stop_says_by_how_much() -> None:
    record = body(make_pipeline(risk=[Opinion(RiskDecision(stop_multiplier=0.6))]))
    assert line(explain(record), "Stop: ") == "Stop: 94.0, 6.0 % away (stopat, tightened to 0.60 of its distance)."


def test_a_live_stop_that_is_tighter_than_any_asked_for_is_kept() -> None:
    record = body(make_pipeline(exits=[StopAt(14)]), holding(0.9))
    assert line(explain(record), "Stop: ") == "Stop: 90, 10.0 % away (kept)."


def test_a_sizer_that_failed_is_told() -> None:
    lines = explain(body(make_pipeline(sizer=Raising()), holding()))
    assert line(lines, "Size: ") == "Size: unknown, sizer raised ZeroDivisionError: sizes."


def test_an_exit_that_failed_is_told() -> None:
    lines = explain(body(make_pipeline(exits=[Raising()]), holding()))
    assert line(lines, "Exit ") == "Exit raising: raising raised ZeroDivisionError: review."


def test_a_policy_that_failed_is_told() -> None:
    lines = explain(body(make_pipeline(risk=[Raising()])))
    assert "  × 0.00 raising: raising raised ZeroDivisionError: risk" in lines


@pytest.mark.parametrize(
    "pipeline",
    [
        make_pipeline(exits=[]),
        make_pipeline(sizer=FixedSizes({})),
        make_pipeline(limits=make_limits(max_positions_long=0)),
        make_pipeline(risk=[Opinion(RiskDecision(cooldown_until_ms=NOW_MS + 1))]),
        make_pipeline(risk=[Opinion(RiskDecision(suspend_until_ms=NOW_MS + 1))]),
        make_pipeline(risk=[Opinion(RiskDecision(multiplier=0.0))]),
    ],
)
def test_every_refusal_of_the_core_has_a_sentence_of_its_own(pipeline: Any) -> None:
    record = body(pipeline)
    assert record["blocked"] in WHY
    assert WHY[record["blocked"]] in headline(record)
