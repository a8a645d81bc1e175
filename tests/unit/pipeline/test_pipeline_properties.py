"""What holds for every book and every stack of policies, whatever the numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from tests.unit.pipeline.fakes import Raising, StopAt, World, make_pipeline
from tests.unit.pipeline.stacks import FEW, FOUR, MANY, policies, rough, worlds
from weexctl.model.decision import Decision, Outcome
from weexctl.pipeline.decide import Step


def exposures_after(world: World, step: Step) -> dict[str, float]:
    """Signed exposure of every symbol once every order of the step has been filled at its reference."""
    after = {s: world.book.positions[s].exposure if s in world.book.positions else 0.0 for s in FOUR}
    for reviewed in step.orders:
        intent = reviewed.intent
        sign = intent.position_side.sign * (-1 if intent.reduces else 1)
        after[intent.symbol] += sign * float(intent.notional) / world.book.equity
    return after


def target(decision: Decision) -> float:
    """The recorded target exposure, without sign; 0 where nothing was wanted."""
    sizing = decision.body.get("sizing")
    return float(sizing["final"]) if sizing else abs(float(decision.body.get("target", 0.0)))


def with_policy(world: World, policy: Any, place: int) -> World:
    """The same world with one more policy."""
    stack = make_pipeline(risk=[policy]).risk
    risk = (*world.pipeline.risk[:place], *stack, *world.pipeline.risk[place:])
    return replace(world, pipeline=replace(world.pipeline, risk=risk))


@MANY
@given(world=worlds(), policy=policies | policies | rough, place=st.integers(0, 1))
def test_a_further_policy_never_adds_exposure_and_never_turns_a_sign(world: World, policy: Any, place: int) -> None:
    more = with_policy(world, policy, place)
    before, after = world.step(), more.step()
    for one, other in zip(before.decisions, after.decisions, strict=True):
        assert target(other) <= target(one) + 1e-12
    without, with_it = exposures_after(world, before), exposures_after(more, after)
    for symbol in FOUR:
        assert abs(with_it[symbol]) <= abs(without[symbol]) + 1e-9
        assert with_it[symbol] * without[symbol] >= -1e-9
    event(f"orders: {len(before.orders)} without, {len(after.orders)} with the policy")


@MANY
@given(world=worlds())
def test_nothing_ends_beyond_its_limits_that_did_not_begin_there(world: World) -> None:
    bounds, step = world.pipeline.limits, world.step()
    after = exposures_after(world, step)
    was = {s: abs(p.exposure) for s, p in world.book.positions.items()}
    for symbol, exposure in after.items():
        assert abs(exposure) <= max(bounds.max_symbol_exposure, was.get(symbol, 0.0)) + 1e-9
    gross = sum(map(abs, after.values()))
    assert gross <= max(bounds.max_gross_exposure, world.book.gross_exposure) + 1e-9


@MANY
@given(world=worlds())
def test_sizes_are_cut_so_that_no_guard_has_to_refuse_them(world: World) -> None:
    sizes = {"MAX_SYMBOL_EXPOSURE", "MAX_GROSS_EXPOSURE", "MAX_ORDER_NOTIONAL", "LIQUIDATION_TOO_NEAR", "NO_EQUITY"}
    refusals = {d.blocked for d in world.step().decisions if d.body.get("intent")}
    assert not refusals & sizes


@MANY
@given(world=worlds())
def test_no_order_crosses_zero_and_every_entry_has_its_stop(world: World) -> None:
    for reviewed in world.step().orders:
        intent, position = reviewed.intent, world.book.positions.get(reviewed.intent.symbol)
        assert intent.quantity > 0
        if intent.reduces:
            assert position is not None
            assert position.side is intent.position_side
            assert float(intent.quantity) <= position.quantity + 1e-9
        else:
            assert intent.stop_price is not None
            assert (intent.reference_price - intent.stop_price) * intent.position_side.sign > 0
            assert position is None or position.side is intent.position_side


@MANY
@given(world=worlds())
def test_a_stop_only_ever_tightens(world: World) -> None:
    for move in world.step().stop_moves:
        live = world.book.positions[move.symbol].stop
        assert live is not None
        assert (float(move.stop_price) - live) * move.side.sign > 0


@MANY
@given(world=worlds())
def test_every_symbol_is_decided_once_and_every_order_has_its_decision(world: World) -> None:
    step = world.step()
    assert [d.symbol for d in step.decisions] == list(FOUR)
    approved = {Outcome.ENTRY, Outcome.ADD, Outcome.REDUCE, Outcome.EXIT}
    ordered = {d.decision_id for d in step.decisions if d.outcome in approved}
    assert {r.intent.decision_id for r in step.orders} == ordered
    assert all(bool(d.blocked) == (d.outcome is Outcome.REFUSED) for d in step.decisions)


@pytest.mark.parametrize("kind", ["sizer", "risk", "guards", "exits"])
@FEW
@given(world=worlds())
def test_whatever_fails_nothing_opens_and_what_is_held_never_grows(kind: str, world: World) -> None:
    """Of sizer and exits there is one and it fails; a policy or a guard fails beside the others."""
    own = world.pipeline
    broken = make_pipeline(sizer=Raising(), risk=[Raising()], guards=[Raising()], exits=[Raising()])
    failing: dict[str, Any] = {
        "sizer": broken.sizer,
        "risk": (*own.risk, *broken.risk),
        "guards": (*own.guards, *broken.guards),
        "exits": broken.exits,
    }
    world = replace(world, pipeline=replace(own, **{kind: failing[kind]}))
    assert all(reviewed.intent.reduces for reviewed in world.step().orders)


@pytest.mark.parametrize(
    ("settings_", "told"),
    [
        ({"sizer": Raising()}, "sizing"),
        ({"risk": [Raising()]}, "sizing"),
        ({"guards": [Raising()]}, "verdicts"),
        ({"exits": [StopAt(), Raising()]}, "protection"),
    ],
)
def test_what_failed_is_on_record(settings_: dict[str, Any], told: str) -> None:
    body = World(make_pipeline(**settings_)).decision().body
    assert "ZeroDivisionError" in str(body[told])
