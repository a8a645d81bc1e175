"""Every invariant is kept by good books and broken by bad ones: an oracle that cannot fail proves nothing."""

from __future__ import annotations

import base64
import sqlite3
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.faults.ledger import BTC, ENTRY, EXIT, STOP, Scene, call, happening
from weexctl.testing.oracle import Exit, Live, Oracle, Span, Violation, all_checks
from weexctl.testing.oracle.books import Acknowledged, Identity, SameBooks
from weexctl.testing.oracle.bounds import Pace, WithinLimits
from weexctl.testing.oracle.client_ids import read_client_id
from weexctl.testing.oracle.exposure import OneExposure, OneSignal, Reduces, WrittenAhead
from weexctl.testing.oracle.halting import ExitsLeave, HaltIsFinal, NotBlind
from weexctl.testing.oracle.protection import NoOrphans, Protected
from weexctl.testing.oracle.recovery import Audited, OneWriter, Settled
from weexctl.testing.oracle.wire import Allowed, Hygiene, Secret

OPEN: dict[str, Any] = {
    "side": "BUY",
    "positionSide": "LONG",
    "symbol": "BTCUSDT",
    "quantity": "0.02",
    "newClientOrderId": ENTRY,
}
CLOSE: dict[str, Any] = {**OPEN, "side": "SELL", "newClientOrderId": EXIT}


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def opened(scene: Scene, stop: str = "0.02") -> None:
    """An entry of 0.02 that is filled at 1 s, with its stop."""
    scene.intent()
    scene.attempt()
    scene.happenings += [
        happening("accepted", ENTRY),
        happening("filled", ENTRY),
        happening("entered", STOP, stop, order_id=8),
    ]
    scene.books["positions"] = {BTC: Decimal("0.02")}


def test_a_whole_good_run_breaks_nothing(scene: Scene) -> None:
    opened(scene)
    scene.calls += [call("GET", "account/position/allPosition"), call("GET", "account/balance"), call(**OPEN)]
    scene.books["live"] = [Live("8", STOP, BTC, opening=False, waiting=True)]
    scene.fills = {"f1": "7"}
    scene.position()
    scene.order("8")
    scene.fill("f1")
    witness = scene.witness()
    try:
        assert Oracle(witness).after() == []
    finally:
        witness.journal.close()


def test_there_is_a_check_for_every_invariant_that_one_run_can_break() -> None:
    taken_elsewhere = {"I18", "I21"}

    assert {check.invariant for check in all_checks()} == {f"I{n}" for n in range(1, 23)} - taken_elsewhere


def test_i1_two_orders_of_one_intent(scene: Scene) -> None:
    opened(scene)
    scene.attempt(ENTRY[:-1] + "2", order="9")
    scene.happenings.append(happening("filled", ENTRY[:-1] + "2", order_id=9))
    (found,) = scene.judge(OneExposure())

    assert "2 orders of one intent" in found.message
    assert "order 7: 0.02, order 9: 0.02" in found.venue


def test_i1_more_than_the_intent(scene: Scene) -> None:
    opened(scene)
    scene.happenings.append(happening("filled", ENTRY))

    assert [v.message for v in scene.judge(OneExposure())] == ["an order was filled beyond its intent"]


def test_i1_what_the_network_delivered_twice_is_not_held_against_the_client(scene: Scene) -> None:
    opened(scene)
    scene.happenings.append(happening("filled", ENTRY, order_id=9))
    scene.calls.append(call(**OPEN, _arrived_ms=[1_020, 1_040]))

    assert scene.judge(OneExposure()) == []


def test_i2_an_order_that_arrived_before_it_was_on_record(scene: Scene) -> None:
    scene.changes["unwritten"] = [(1_000, ENTRY)]

    assert [v.venue for v in scene.judge(WrittenAhead())] == [f"client id {ENTRY}"]


@pytest.mark.parametrize("stop", ["0.02", "0.01"])
def test_i3_a_stop_has_to_cover_the_whole_position(scene: Scene, stop: str) -> None:
    opened(scene, stop)

    assert bool(scene.judge(Protected())) == (stop == "0.01")


def test_i3_a_position_whose_stop_is_gone_for_too_long(scene: Scene) -> None:
    opened(scene)
    scene.happenings.append(happening("finished", STOP, order_id=8, time_ms=20_000))
    check = Protected()
    (found,) = scene.judge(check)

    assert "BTCUSDT long had no whole stop for 80.0 s" in found.message
    assert check.longest_ms == 80_000


@pytest.mark.parametrize("back_ms", [29_000, 31_000])
def test_i3_ten_seconds_are_allowed(scene: Scene, back_ms: int) -> None:
    opened(scene)
    scene.happenings += [
        happening("finished", STOP, order_id=8, time_ms=20_000),
        happening("entered", STOP, order_id=9, time_ms=back_ms),
    ]

    assert bool(scene.judge(Protected())) == (back_ms > 30_000)


def test_i3_time_without_a_process_or_an_exchange_does_not_count(scene: Scene) -> None:
    opened(scene)
    scene.happenings.append(happening("finished", STOP, order_id=8, time_ms=20_000))
    scene.changes["dead"] = [Span(21_000, 60_000)]
    scene.calls.append(call("GET", "account/balance", 55_000, _seen="timeout", _seen_ms=65_000))

    assert scene.judge(Protected()) == []


def test_i3_a_stop_on_the_whole_position_is_enough(scene: Scene) -> None:
    opened(scene)
    scene.happenings += [
        happening("filled", ENTRY[:-1] + "2", order_id=10),
        happening("entered", STOP, "0.02", order_id=11, whole_position=True),
    ]

    assert scene.judge(Protected()) == []


def test_i3_what_somebody_else_opened_is_theirs_to_protect(scene: Scene) -> None:
    scene.happenings.append(happening("filled", "hand-1", opening=True))
    assert scene.judge(Protected()) == []


def test_i3_when_our_stop_has_fired_what_is_left_of_the_position_is_theirs(scene: Scene) -> None:
    opened(scene)
    scene.happenings += [
        happening("filled", "hand-1", "0.01", opening=True, order_id=9, time_ms=2_000),
        happening("filled", STOP, order_id=8, time_ms=3_000),
        happening("finished", STOP, order_id=8, time_ms=3_000),
    ]

    assert scene.judge(Protected()) == []


def test_i4_a_stop_without_a_position(scene: Scene) -> None:
    scene.books["live"] = [Live("8", STOP, BTC, opening=False, waiting=True)]
    (found,) = scene.judge(NoOrphans())

    assert "BTCUSDT long, which is flat" in found.message
    scene.books["positions"] = {BTC: Decimal("0.02")}
    assert scene.judge(NoOrphans()) == []


def test_i4_a_persons_own_orders_are_left_to_them(scene: Scene) -> None:
    scene.books["live"] = [Live("8", "by-hand", BTC, opening=False, waiting=True)]

    assert scene.judge(NoOrphans()) == []


def test_i5_positions_orders_and_fills_have_to_be_the_same(scene: Scene) -> None:
    opened(scene)
    scene.books["live"] = [Live("8", STOP, BTC, opening=False, waiting=True)]
    scene.fills = {"f1": "7"}
    assert [v.message for v in scene.judge(SameBooks())] == [
        "the position BTCUSDT long differs",
        "the open orders differ",
        "fills are not on record",
    ]
    scene.position()
    scene.order("8")
    scene.fill("f1")
    assert scene.judge(SameBooks()) == []
    scene.order("9")
    scene.fill("f2")
    found = scene.judge(SameBooks())
    assert [(v.venue, v.journal) for v in found] == [("none", "9"), ("", "f2")]


def test_i5_a_position_on_record_that_is_gone(scene: Scene) -> None:
    scene.position("0.02")
    (found,) = scene.judge(SameBooks())

    assert (found.venue, found.journal) == ("0", "0.02")


def test_i5_somebody_elses_position_is_not_to_be_on_record(scene: Scene) -> None:
    scene.happenings.append(happening("filled", "hand-1", opening=True))
    scene.books["positions"] = {BTC: Decimal("0.02")}
    assert scene.judge(SameBooks()) == []
    scene.position()
    assert [v.venue for v in scene.judge(SameBooks())] == ["0.02 of somebody else's"]


def test_i6_an_order_that_was_taken_has_to_be_on_record_with_its_id(scene: Scene) -> None:
    scene.intent()
    scene.attempt(outcome="unknown", order="")
    scene.happenings.append(happening("accepted", ENTRY))
    (found,) = scene.judge(Acknowledged())

    assert found.journal == "attempt unknown"


def test_i6_a_damaged_file_is_noticed(scene: Scene) -> None:
    witness = scene.witness()
    sound = witness.journal.records()
    witness.journal.close()
    assert list(Acknowledged().conclude(witness, witness.books(), sound)) == []
    damaged = replace(sound, faults=("page 3 is never used",))
    assert [v.journal for v in Acknowledged().conclude(witness, witness.books(), damaged)] == ["page 3 is never used"]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"quantity": Decimal("0.05")}, "an order of 2500"),
        ({"leverage": Decimal(20)}, "leverage 20, limit 3"),
        ({"symbol": "ETHUSDT"}, "ETHUSDT is not one of the run's symbols"),
    ],
)
def test_i7_limits_are_looked_at_where_the_fill_is(scene: Scene, changes: dict[str, Any], what: str) -> None:
    scene.happenings.append(happening("filled", ENTRY, **changes))

    assert what in "; ".join(v.message for v in scene.judge(WithinLimits()))


def test_i7_positions_add_up_and_are_counted(scene: Scene) -> None:
    scene.happenings += [happening("filled", ENTRY) for _ in range(3)]
    assert "a position of 3000" in scene.judge(WithinLimits())[0].message
    scene.happenings[1:] = [happening("filled", ENTRY, symbol="ETHUSDT")]
    assert "2 long positions, limit 1" in "; ".join(v.message for v in scene.judge(WithinLimits()))


def test_i8_money_has_to_add_up(scene: Scene) -> None:
    scene.books |= {"realised": Decimal(5), "fees": Decimal(1), "wallet": Decimal(10_004)}
    assert scene.judge(Identity()) == []
    scene.books["funding"] = Decimal("0.0001")
    assert len(scene.judge(Identity())) == 1


@pytest.mark.parametrize(
    ("method", "path", "good"),
    [
        ("POST", "order", True),
        ("GET", "market/ticker/24hr", True),
        ("POST", "account/positionMargin", False),
        ("POST", "account/transfer", False),
        ("GET", "capital/withdraw", False),
        ("DELETE", "account/leverage", False),
    ],
)
def test_i9_only_what_is_on_the_list(scene: Scene, method: str, path: str, good: bool) -> None:
    scene.calls.append(call(method, path))

    assert bool(scene.judge(Allowed())) != good


@pytest.mark.parametrize(
    "members",
    [
        {"quantity": "1e-05"},
        {"quantity": "0.015"},
        {"quantity": "0"},
        {"quantity": 0.02},
        {"slTriggerPrice": "NaN"},
        {"newClientOrderId": "order-1"},
        {"_status": 400, "_answered": b'{"code":-1047}'},
    ],
    ids=str,
)
def test_i10_nothing_malformed(scene: Scene, members: dict[str, Any]) -> None:
    scene.calls.append(call(**OPEN))
    assert scene.judge(Hygiene()) == []
    scene.calls.append(call(**{**OPEN, **members}))
    assert len(scene.judge(Hygiene())) == 1


SECRET = "Hd3JwQ8cVx5FgM1zRk0N"


@pytest.mark.parametrize(
    "text",
    [SECRET[5:11], base64.b64encode(SECRET.encode()).decode(), SECRET.encode().hex()],
    ids=["part", "b64", "hex"],
)
def test_i11_no_part_of_a_secret_in_any_spelling(scene: Scene, text: str) -> None:
    scene.changes["secrets"] = [SECRET]
    assert scene.judge(Secret()) == []
    scene.changes["texts"] = [f"Traceback: key {text} refused"]
    assert "what was printed" in scene.judge(Secret())[0].message
    scene.changes["texts"] = []
    scene.sql("INSERT INTO state VALUES ('x', ?)", text)
    assert "the journal" in scene.judge(Secret())[0].message


def test_i11_what_was_deleted_is_found_by_a_thorough_look(scene: Scene) -> None:
    connection = sqlite3.connect(scene.path)
    with closing(connection):
        connection.execute("INSERT INTO state VALUES ('x', ?)", (SECRET,))
        connection.commit()
        connection.execute("DELETE FROM state")
        connection.commit()
        scene.changes["secrets"] = [SECRET]
        assert scene.judge(Secret()) == []
        scene.changes["thorough"] = True
        assert len(scene.judge(Secret())) == 1


@pytest.mark.parametrize("name", [EXIT, STOP, "wx00aaaaaaaaaaaaaaaas01"])
def test_i12_what_closes_never_opens(scene: Scene, name: str) -> None:
    scene.happenings.append(happening("filled", name))
    assert scene.judge(Reduces()) == []
    scene.happenings.append(happening("filled", name, opening=True))
    assert len(scene.judge(Reduces())) == 1


def test_i13_two_decisions_for_one_candle(scene: Scene) -> None:
    scene.intent(1, decision="d1")
    assert scene.judge(OneSignal()) == []
    scene.intent(2, decision="d2")
    assert [v.journal for v in scene.judge(OneSignal())] == ["d1 and d2"]


@pytest.mark.parametrize(("sent_ms", "late"), [(1_900, False), (2_100, True), (9_000, False)])
def test_i14_no_entry_from_a_second_after_a_halt_until_it_is_cleared(scene: Scene, sent_ms: int, late: bool) -> None:
    scene.changes["halts"] = [Span(1_000, 8_000)]
    scene.calls += [call(sent_ms=sent_ms, **OPEN), call(sent_ms=5_000, **CLOSE)]

    assert bool(scene.judge(HaltIsFinal())) == late


@pytest.mark.parametrize(("sent_ms", "late"), [(2_900, False), (3_100, True), (None, True)])
def test_i15_an_exit_leaves_within_two_seconds(scene: Scene, sent_ms: int | None, late: bool) -> None:
    scene.changes["exits"] = [Exit(1_000, BTC)]
    if sent_ms is not None:
        scene.calls.append(call(sent_ms=sent_ms, **CLOSE))
    assert bool(scene.judge(ExitsLeave())) == late
    scene.calls.append(call("GET", "account/balance", 1_500, _seen="timeout", _seen_ms=9_500))
    assert scene.judge(ExitsLeave()) == []


def test_i16_weight_and_orders_and_a_ban(scene: Scene) -> None:
    scene.calls += [call("GET", "account/position/allPosition", 1_000 + n) for n in range(100)]
    assert scene.judge(Pace()) == []
    scene.calls.append(call("GET", "market/time", 1_200))
    assert "a weight of 1001" in scene.judge(Pace())[0].message
    scene.calls[:] = [call(sent_ms=1_000 + 90 * n, **OPEN) for n in range(11)]
    assert "11 calls of POST" in scene.judge(Pace())[0].message
    scene.calls[:] = [call("GET", "market/time", 1_000, _seen="418"), call("GET", "market/time", 6_000)]
    assert "during a ban" in scene.judge(Pace())[0].message


def test_i17_no_entry_without_having_read_positions_and_balance(scene: Scene) -> None:
    reads = [call("GET", "account/position/allPosition"), call("GET", "account/balance")]
    scene.calls += [*reads, call(**OPEN)]
    assert scene.judge(NotBlind()) == []
    scene.calls[0] = call("GET", "account/position/allPosition", _seen="500")
    assert "unknown: positions" in scene.judge(NotBlind())[0].message
    scene.calls[:] = [*reads, call(**OPEN, _cycle=2)]
    assert "unknown: balance, positions" in scene.judge(NotBlind())[0].message


def test_i19_a_dead_process_writes_no_more(scene: Scene) -> None:
    scene.calls += [call(_life=1), call(_life=2)]
    assert scene.judge(OneWriter()) == []
    scene.calls.append(call(_life=1))
    assert len(scene.judge(OneWriter())) == 1


@pytest.mark.parametrize(("state", "settled"), [("filled", True), ("not_placed", True), ("unknown", False)])
def test_i20_at_rest_nothing_is_open(scene: Scene, state: str, settled: bool) -> None:
    scene.intent(state=state)

    assert bool(scene.judge(Settled())) != settled


def test_i22_every_order_is_accounted_for(scene: Scene) -> None:
    scene.calls.append(call(**OPEN))
    assert "without an attempt" in scene.judge(Audited())[0].message
    scene.intent()
    scene.attempt(outcome="")
    assert scene.judge(Audited())[0].message == "the record lacks outcome"
    scene.sql("UPDATE attempt SET outcome = 'accepted'")
    assert scene.judge(Audited()) == []
    scene.sql("DELETE FROM guard_verdict")
    assert scene.judge(Audited())[0].message == "the record lacks verdicts"


def test_client_ids_are_read_by_their_format() -> None:
    entry, stop = read_client_id(ENTRY), read_client_id(STOP)
    assert entry is not None
    assert stop is not None
    assert (entry.leg, entry.attempt, entry.attached) == ("entry", 1, False)
    assert (stop.sent, stop.attached, stop.intent) == (ENTRY, True, entry.intent)
    assert read_client_id("b-WEEX123456-" + EXIT) is not None
    assert [read_client_id(text) for text in ("hand-1", "burst_liquidate", ENTRY + "0", "")] == [None] * 4


def test_a_violation_shows_both_ledgers() -> None:
    text = Violation(invariant="I5", time_ms=1, message="differs", venue="0.02", journal="0").text()

    assert text.splitlines() == ["I5 at 1: differs", "    venue   0.02", "    journal 0"]
