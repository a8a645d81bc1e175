"""Records: short where nothing changed, whole where something did, plain data, the same bytes every time."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.plugins.books import make_book, make_position
from tests.unit.pipeline.fakes import (
    BTC,
    ETH,
    NOW_MS,
    Answering,
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
from weexctl.model.decision import Outcome
from weexctl.model.instrument import SYMBOLS
from weexctl.model.regime import Regime
from weexctl.model.side import PositionSide
from weexctl.model.verdict import GuardAction, RiskDecision, Verdict

RICH = make_pipeline(
    sizer=FixedSizes(0.7654321987654),
    risk=[
        Opinion(RiskDecision(multiplier=1 / 3, stop_multiplier=0.9, code="BUDGET", reason="trending 72 %")),
        Opinion(),
    ],
    guards=[Answering(Verdict(code="CALM", reason="nothing unusual"))],
    exits=[StopAt(10), TargetAt(25)],
    limits=make_limits(max_gross_exposure=0.5, max_symbol_exposure=0.15),
)


def as_stored(body: Mapping[str, Any]) -> str:
    return json.dumps(body, separators=(",", ":"), allow_nan=False)


def all_eight(*, held: bool) -> World:
    """Every symbol with awkward numbers, all of them within the band or without a wish."""
    price = 98_765.43210987654
    positions = {
        symbol: make_position(
            PositionSide.SHORT,
            symbol=symbol,
            exposure=-0.12345678901234,
            quantity=0.0123456789,
            price=price,
            stop=price * 1.1,
            rule="reversion/unstable",
        )
        for symbol in SYMBOLS
    }
    rules = {"reversion/unstable": -1, "trend": 0, "reversion": 0, "flat": 0}
    columns = {s: make_columns(s, rules, price=price, regime=Regime.UNSTABLE) for s in SYMBOLS}
    for one in columns.values():
        one.rules["reversion/unstable"]["reason"][:] = "ABOVE_BAND_AND_MEAN_REVERTING_OVER_48_HOURS"
    book = make_book(prices=dict.fromkeys(SYMBOLS, price), positions=positions if held else {})
    pipeline = make_pipeline(sizer=FixedSizes(0.1333333333333333), exits=[StopAt(20_000.0)])
    return World(pipeline, columns, book)


@pytest.mark.parametrize("held", [True, False])
def test_where_nothing_changed_every_record_is_under_400_bytes(held: bool) -> None:
    decisions = all_eight(held=held).step().decisions
    assert len(decisions) == len(SYMBOLS)
    assert {d.outcome for d in decisions} == {Outcome.HOLD if held else Outcome.NONE}
    for decision in decisions:
        assert not decision.full
        assert len(as_stored(decision.body).encode()) < 400


def test_a_talkative_rule_does_not_make_a_compact_record_long() -> None:
    world = all_eight(held=True)
    for columns in world.columns.values():
        columns.rules["reversion/unstable"]["reason"][:] = "because " * 100
    assert max(len(as_stored(d.body).encode()) for d in world.step().decisions) < 400


def test_a_compact_record_says_what_was_seen_and_why_nothing_was_done() -> None:
    position = make_position(PositionSide.SHORT, exposure=-0.18, quantity=18.0)
    world = World(columns={BTC: make_columns(direction=-1)}, book=make_book(symbols=(BTC,), positions={BTC: position}))
    decision = world.decision()
    assert decision.body == {
        "id": decision.decision_id,
        "symbol": BTC,
        "close_ms": NOW_MS,
        "outcome": "hold",
        "why": ["WITHIN_BAND"],
        "price": 100.0,
        "regime": ["trending", 0.72, 0.14, 0.14],
        "signal": ["trend", -1, "FAKE_DOWN"],
        "held": -0.18,
        "target": -0.2,
    }


def test_a_record_without_data_says_only_that() -> None:
    body = World(columns={}, book=make_book(symbols=(BTC,), prices={})).decision().body
    assert {k: body[k] for k in ("outcome", "why", "price")} == {"outcome": "none", "why": ["NO_CANDLE"], "price": None}
    assert not {"regime", "signal", "held", "target"} & set(body)


def test_a_full_record_has_every_number_between_candle_and_order() -> None:
    decision = World(RICH).decision()
    body = decision.body
    assert decision.full
    assert set(body) == {
        "id", "symbol", "close_ms", "outcome", "blocked", "why", "price", "account", "regime", "signal", "held",
        "sizing", "protection", "intent", "verdicts", "stop_move",
    }  # fmt: skip
    assert body["regime"]["features"] == {"persistence": 0.31}
    assert body["regime"]["artefact"] == "a1"
    assert body["signal"] == {"rule": "trend", "direction": 1, "strength": 1.0, "entry": True, "reason": "FAKE_UP"}
    assert body["held"] is None
    assert body["account"] == {
        "equity": 10_000.0, "drawdown": 0.0, "day_loss": 0.0, "run_loss": 0.0, "gross_exposure": 0.0, "positions": 0,
    }  # fmt: skip


def test_the_recorded_chain_multiplies_out_to_the_recorded_size() -> None:
    sizing = World(RICH).decision().body["sizing"]
    assert [p["multiplier"] for p in sizing["policies"]] == [pytest.approx(1 / 3), 1.0]
    chain = sizing["raw"] * sizing["gross_scale"] * math.prod(p["multiplier"] for p in sizing["policies"])
    assert min(chain, *sizing["caps"].values()) == pytest.approx(sizing["final"])
    assert sizing["binding"] == "max_symbol_exposure"
    assert sizing["policies"][0] | {"multiplier": 0} == {
        "plugin": "opinion", "distribution": "fakes", "version": "1.0", "multiplier": 0, "stop_multiplier": 0.9,
        "code": "BUDGET", "reason": "trending 72 %",
    }  # fmt: skip


def test_the_recorded_intent_is_the_one_that_goes_out() -> None:
    world = World(RICH)
    (intent,) = world.orders()
    assert world.decision().body["intent"] == {
        "leg": "entry",
        "side": "buy",
        "position_side": "long",
        "quantity": str(intent.quantity),
        "reference_price": "100.0",
        "stop_price": str(intent.stop_price),
        "target_price": "125.0",
        "notional": str(intent.notional),
        "reason": "ENTRY",
        "approved": True,
    }


def test_every_guard_that_was_asked_is_recorded_with_its_answer() -> None:
    refusing = Answering(Verdict(action=GuardAction.REDUCE_ONLY, code="SHOCK", reason="level 2"))
    verdicts = World(make_pipeline(guards=[refusing])).decision().body["verdicts"]
    assert len(verdicts) == 14
    assert verdicts[-1] == {"guard": "answering", "action": "reduce-only", "code": "SHOCK", "reason": "level 2"}
    assert {v["action"] for v in verdicts[:-1]} == {"allow"}


def test_what_is_held_is_recorded_beside_what_is_done() -> None:
    position = make_position(exposure=0.9, quantity=90.0, rule="trend")
    body = World(book=make_book(symbols=(BTC,), positions={BTC: position})).decision().body
    assert body["held"] == {
        "side": "long", "quantity": 90.0, "exposure": 0.9, "entry_price": 100.0, "opened_ms": position.opened_ms,
        "candles_held": 24, "best_price": 100.0, "stop": 90.0, "rule": "trend", "regime": "trending",
        "decision_id": "d",
    }  # fmt: skip
    assert body["intent"]["reason"] == "RISK_REDUCED"


def test_a_symbol_refused_before_the_guards_has_no_intent_and_no_verdicts() -> None:
    body = World(make_pipeline(exits=[])).decision().body
    assert (body["intent"], body["verdicts"], body["blocked"]) == (None, [], "STOP_REQUIRED")


def worlds() -> dict[str, World]:
    position = make_position(exposure=0.9, quantity=90.0)
    held = make_book(symbols=(BTC, ETH), positions={BTC: position})
    return {
        "entry": World(RICH),
        "refused": World(make_pipeline(risk=[Raising()])),
        "reduce": World(book=held),
        "stop": World(make_pipeline(sizer=FixedSizes(0.9), exits=[StopAt(4)]), book=held),
        "exit": World(columns={BTC: make_columns(direction=-1)}, book=held),
        "faults": World(make_pipeline(sizer=Raising(), exits=[Raising()], guards=[Raising()]), book=held),
        "eight": all_eight(held=True),
        "nothing": World(columns={}),
    }


@pytest.mark.parametrize("name", worlds())
def test_a_record_survives_json_unchanged(name: str) -> None:
    for decision in worlds()[name].step().decisions:
        assert json.loads(as_stored(decision.body)) == decision.body


@pytest.mark.parametrize("name", worlds())
def test_the_same_step_gives_the_same_bytes_twice(name: str) -> None:
    first, second = ([as_stored(d.body) for d in worlds()[name].step().decisions] for _ in range(2))
    assert first == second


@pytest.mark.parametrize("name", worlds())
def test_a_record_names_its_decision(name: str) -> None:
    for decision in worlds()[name].step().decisions:
        assert (decision.body["id"], decision.body["symbol"]) == (decision.decision_id, decision.symbol)
        assert (decision.body["close_ms"], decision.body["outcome"]) == (NOW_MS, decision.outcome.value)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_feature_that_is_no_number_is_recorded_as_unknown(value: float) -> None:
    columns = replace(make_columns(), features={"persistence": np.full(12, value)})
    body = World(columns={BTC: columns}).decision().body
    assert body["regime"]["features"] == {"persistence": None}
    as_stored(body)
