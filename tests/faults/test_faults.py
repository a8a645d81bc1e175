"""Matching, chance, schedules as data, clocks, market moves, and what others do to an account."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.faults.wire import START_MS, Wire, an_order, fault
from weexctl.model.side import PositionSide
from weexctl.simulator.faults import MILD, Fault, Schedule, Word, shaken, swarm
from weexctl.simulator.faults.dice import Dice
from weexctl.simulator.faults.words import ANSWERS, CLOCK, HAPPENINGS, MARKET, NETWORK, ON_CALLS, STORAGE
from weexctl.simulator.history import Event, History
from weexctl.testing.scenario.minute_market import minute_market

LONG = PositionSide.LONG
SYMBOLS = ("BTCUSDT", "ETHUSDT")


def hits(dice: Dice, count: int, *, path: str = "/a", from_s: float = 0) -> list[int]:
    """The numbers of the calls that are hit."""
    return [n for n in range(1, count + 1) if dice.throw(n, "GET", path, from_s + n)]


def test_the_nth_fitting_call_is_hit() -> None:
    dice = Dice(1, [fault("REQ_LOST", {"path": "b$", "nth": 2})])

    assert [bool(dice.throw(n, "GET", path, 0)) for n, path in enumerate("abab")] == [False, False, False, True]


def test_a_span_and_a_number_of_times_bound_a_fault() -> None:
    assert hits(Dice(1, [fault("REQ_LOST", {"from_s": 3, "to_s": 6})]), 9) == [3, 4, 5]
    assert hits(Dice(1, [fault("REQ_LOST", {"times": 2})]), 9) == [1, 2]


def test_chance_is_the_seeds_and_about_as_often_as_it_says() -> None:
    faults = [fault("REQ_LOST", {"probability": 0.2})]

    assert hits(Dice(1, faults), 500) == hits(Dice(1, faults), 500) != hits(Dice(2, faults), 500)
    assert 70 < len(hits(Dice(1, faults), 500)) < 130


def test_a_further_fault_shifts_no_draw_of_another_kind() -> None:
    alone = Dice(1, [fault("S", {"probability": 0.2}, status=500)])
    beside = Dice(1, [fault("GARBAGE", {"probability": 0.5}), fault("S", {"probability": 0.2}, status=500)])

    def of_s(dice: Dice) -> list[bool]:
        return [any(hit.word is Word.S for hit in dice.throw(n, "GET", "/a", 0)) for n in range(300)]

    assert of_s(alone) == of_s(beside)


def test_the_network_does_one_thing_to_a_call() -> None:
    dice = Dice(1, [fault("REQ_LOST"), fault("RESP_LOST"), fault("EXTRA")])

    assert [hit.word for hit in dice.throw(1, "GET", "/a", 0)] == [Word.REQ_LOST, Word.EXTRA]


def test_what_hit_by_chance_hits_the_same_calls_again_as_data() -> None:
    dice = Dice(3, [fault("REQ_LATE", {"probability": 0.1}, seconds=[1.0, 30.0])])
    first = hits(dice, 200)
    fixed = Schedule.from_json(json.loads(json.dumps(Schedule(3, tuple(dice.fired)).to_json())))
    again = Dice(99, fixed.faults)

    assert hits(again, 200) == first
    assert [f.args for f in again.fired] == [f.args for f in dice.fired]


def test_every_word_is_of_exactly_one_sort_or_stands_for_calls() -> None:
    sorts = [ON_CALLS, CLOCK, HAPPENINGS, MARKET, STORAGE]

    assert sorted(word for sort in sorts for word in sort) == sorted(Word)
    assert NETWORK | set(ANSWERS) <= ON_CALLS


def test_a_schedule_of_a_seed_is_the_same_every_time_and_survives_json() -> None:
    one = swarm(5, seconds=3600, symbols=SYMBOLS)

    assert one == swarm(5, seconds=3600, symbols=SYMBOLS)
    assert Schedule.from_json(json.loads(json.dumps(one.to_json()))).to_json() == one.to_json()
    assert one.without(0).faults == one.faults[1:]


def test_over_many_seeds_every_family_is_sometimes_there_and_sometimes_not() -> None:
    many = [{f.word for f in swarm(seed, seconds=3600, symbols=SYMBOLS).faults} for seed in range(200)]
    for word in (Word.REQ_LOST, Word.RESP_LOST, Word.REQ_DUP, Word.VIS_LAG, Word.STALE_READ, Word.SKEW):
        assert 70 < sum(word in words for words in many) < 130
    rare = {Word.EXT, Word.DISKFULL, Word.EIO, Word.DBLOCK, Word.KILL, Word.GAP, Word.WICK, Word.MAINT, Word.ADL}
    assert rare <= set().union(*many)


def test_the_mild_mix_is_milder() -> None:
    def rates(harshness: float) -> float:
        schedules = [swarm(seed, seconds=3600, symbols=SYMBOLS, harshness=harshness) for seed in range(50)]
        return sum(f.match.probability or 0 for one in schedules for f in one.faults)

    assert rates(MILD) < rates(1.0) / 5


@pytest.mark.parametrize("data", [{"word": "NOPE"}, {"word": "S", "match": {"nope": 1}}])
def test_nonsense_is_no_fault(data: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError)):
        Fault.from_json(data)


def test_the_wall_clock_jumps_and_the_boot_clock_does_not() -> None:
    wire = Wire(fault("SKEW", seconds=60), fault("STEP", {"from_s": 10}, seconds=-100))
    before = (wire.clock.boot_ms(), wire.clock.wall_ms() - wire.timeline.now_ms)
    wire.timeline.wait(20_000)

    assert before == (0, 60_000)
    assert (wire.clock.boot_ms(), wire.clock.wall_ms() - wire.timeline.now_ms) == (20_000, -40_000)


def test_a_trembling_clock_never_runs_back() -> None:
    wire = Wire(fault("JITTER", ms=500))
    readings = []
    for _ in range(100):
        wire.timeline.wait(50)
        readings.append(wire.clock.boot_ms())

    assert readings == sorted(readings)
    assert any(reading - 50 * n > 60 for n, reading in enumerate(readings, start=1))


def test_a_frozen_process_finds_that_time_went_on() -> None:
    wire = Wire(fault("SUSPEND", {"from_s": 5}, seconds=600))
    wire.clock.sleep(10)

    assert wire.elapsed_s >= 605


def test_the_client_signs_rightly_however_wrong_its_wall_clock_is() -> None:
    wire = Wire(fault("SKEW", seconds=-600), fault("STEP", {"from_s": 1}, seconds=900), fault("JITTER", ms=300))
    for _ in range(5):
        wire.timeline.wait(30_000)
        wire.exchange.fetch_balance()


def test_a_gap_moves_everything_after_it_and_a_wick_one_candle() -> None:
    market = minute_market(1, SYMBOLS, 30)
    start = market["BTCUSDT"].first_ms
    moved = shaken(
        market,
        [
            fault("GAP", {"from_s": 600}, symbol="BTCUSDT", percent=-10),
            fault("WICK", {"from_s": 600}, symbol="ETHUSDT", percent=5),
        ],
        start,
    )
    before, after = market["BTCUSDT"], moved["BTCUSDT"]

    assert list(after.close[:10]) == list(before.close[:10])
    assert after.open[10:] == pytest.approx(before.open[10:] * 0.9)
    assert moved["ETHUSDT"].high[10] == pytest.approx(market["ETHUSDT"].close[10] * 1.05)
    assert list(moved["ETHUSDT"].close) == list(market["ETHUSDT"].close)


def act(word: str, **args: Any) -> Wire:
    """An account with a position, half a minute after something happened to it."""
    wire = Wire(fault(word, {"from_s": 10}, **args))
    wire.exchange.place_order(an_order(quantity=Decimal("0.02")))
    wire.timeline.wait(30_000)
    return wire


@pytest.mark.parametrize(
    ("word", "args", "held"),
    [
        ("EXT", {"act": "close"}, "0"),
        ("EXT", {"act": "part", "share": 0.25}, "0.015"),
        ("EXT", {"act": "order", "value": 500}, "0.03"),
        ("ADL", {"symbol": "BTCUSDT", "percent": 50}, "0.01"),
        ("LIQ", {}, "0"),
        ("DELIST", {"symbol": "BTCUSDT"}, "0"),
        ("ACCOUNT_RESET", {}, "0"),
    ],
)
def test_others_change_the_position(word: str, args: dict[str, Any], held: str) -> None:
    wire = act(word, **args)
    ledger = wire.simulator.ledger

    assert ledger.held("BTCUSDT", LONG) == Decimal(held)
    assert ledger.start + ledger.realised - ledger.fees + ledger.funding == ledger.wallet


def test_a_reset_account_begins_again_with_its_amount() -> None:
    wire = act("ACCOUNT_RESET")

    assert wire.simulator.ledger.wallet == 1_000
    assert not list(wire.simulator.venue.orders())


def test_a_stop_that_a_person_cancels_is_gone() -> None:
    assert not list(act("EXT", act="cancel_stop").simulator.venue.orders())


def test_leverage_and_mode_are_changed_by_hand() -> None:
    assert act("EXT", act="leverage", leverage=50).exchange.fetch_leverage("BTCUSDT").cross == 50
    assert act("EXT", act="mode").simulator.venue.leverages["BTCUSDT"].mode.value == "isolated"


def test_the_history_tells_an_orders_whole_life() -> None:
    wire = Wire()
    history = wire.simulator.venue.history = History()
    wire.exchange.place_order(an_order())
    (stop,) = wire.exchange.fetch_conditional_orders()
    wire.exchange.modify_stop(stop.order_id, Decimal(49_000))
    wire.exchange.cancel_conditional_order(stop.order_id)
    mine = [h for h in history.happenings if h.trigger_kind is None]
    stops = [h for h in history.happenings if h.trigger_kind is not None]

    assert [h.event for h in mine] == [Event.ACCEPTED, Event.FILLED, Event.FINISHED]
    assert [h.event for h in stops] == [Event.ENTERED, Event.CHANGED, Event.FINISHED]
    assert [h.trigger_price for h in stops] == [48_000, 49_000, 49_000]
    assert {h.time_ms >= START_MS for h in history.happenings} == {True}


def test_nothing_is_remembered_unless_it_was_asked_for() -> None:
    assert Wire().simulator.venue.history is None
