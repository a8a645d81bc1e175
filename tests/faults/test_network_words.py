"""The way there and back: what the client sees, and what the exchange has on its books."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.faults.wire import POST_ORDER, Wire, an_order, fault
from weexctl.errors import NotSentError, OutcomeUnknownError, UnauthorisedError, UnavailableError
from weexctl.kill_points import armed
from weexctl.simulator.faults import Kill

LOT = Decimal("0.01")
FIRST = {**POST_ORDER, "nth": 1}


def place(wire: Wire) -> None:
    wire.exchange.place_order(an_order())


def test_without_faults_an_order_is_taken_at_once() -> None:
    wire = Wire()
    place(wire)

    assert wire.held == LOT
    assert wire.elapsed_s < 1


def test_a_lost_request_costs_the_clients_whole_deadline_and_changes_nothing() -> None:
    wire = Wire(fault("REQ_LOST", FIRST))
    with pytest.raises(OutcomeUnknownError):
        place(wire)

    assert wire.held == 0
    assert 8 <= wire.elapsed_s < 9
    assert wire.calls("v3/order", "POST")[0].arrived_ms == []


def test_a_reset_is_noticed_at_once() -> None:
    wire = Wire(fault("REQ_LOST", FIRST, how="reset"))
    with pytest.raises(OutcomeUnknownError):
        place(wire)

    assert wire.elapsed_s < 1


def test_without_a_route_nothing_left() -> None:
    wire = Wire(fault("NO_ROUTE", FIRST))
    with pytest.raises(NotSentError):
        place(wire)

    assert wire.held == 0


def test_a_lost_answer_leaves_the_order_on_the_books() -> None:
    wire = Wire(fault("RESP_LOST", FIRST))
    with pytest.raises(OutcomeUnknownError):
        place(wire)

    assert wire.held == LOT
    assert 8 <= wire.elapsed_s < 9


def test_a_late_request_arrives_when_time_passes_its_moment() -> None:
    wire = Wire(fault("REQ_LATE", FIRST, seconds=20))
    with pytest.raises(OutcomeUnknownError):
        place(wire)
    before = wire.held
    wire.timeline.wait(15_000)

    assert before == 0
    assert wire.held == LOT
    assert wire.calls("v3/order", "POST")[0].status == 200


def test_a_request_later_than_its_signature_lives_is_refused_on_arrival() -> None:
    wire = Wire(fault("REQ_LATE", FIRST, seconds=31))
    with pytest.raises(OutcomeUnknownError):
        place(wire)
    wire.timeline.wait(60_000)

    assert wire.held == 0
    assert b"-1046" in wire.calls("v3/order", "POST")[0].answered


def test_a_request_that_is_delivered_twice_is_carried_out_twice() -> None:
    wire = Wire(fault("REQ_DUP", FIRST))
    place(wire)

    assert wire.held == 2 * LOT
    assert len(wire.calls("v3/order", "POST")[0].arrived_ms) == 2


def test_a_late_answer_comes_while_the_client_waits() -> None:
    wire = Wire(fault("RESP_LATE", FIRST, seconds=5))
    place(wire)

    assert 5 <= wire.elapsed_s < 6


def test_an_answer_later_than_the_deadline_is_lost() -> None:
    wire = Wire(fault("RESP_LATE", FIRST, seconds=9))
    with pytest.raises(OutcomeUnknownError):
        place(wire)

    assert wire.held == LOT


def test_a_held_request_arrives_after_the_one_that_overtook_it() -> None:
    wire = Wire(fault("REORDER", FIRST))
    with pytest.raises(OutcomeUnknownError):
        place(wire)
    wire.exchange.fetch_balance()

    assert [call.path.rsplit("/", 1)[1] for call in wire.arrived[-2:]] == ["balance", "order"]
    assert wire.held == LOT


@pytest.mark.parametrize(("point", "held"), [("K08", 0), ("K10", 1), ("K11", 1)])
def test_a_death_at_a_call_leaves_what_the_exchange_had_done(point: str, held: int) -> None:
    wire = Wire(fault("KILL", FIRST, point=point))
    with pytest.raises(Kill, match=point):
        place(wire)

    assert wire.held == held * LOT
    assert wire.seen("v3/order", "POST") == ["killed"]


def test_an_armed_point_is_passed_at_every_call() -> None:
    wire = Wire()
    died: list[int] = []
    with armed("K08", 3, lambda: died.append(len(wire.transport.calls))):
        wire.exchange.fetch_server_time()
        place(wire)

    assert died == [2]  # the third has not left yet


def test_calm_lets_arrive_what_was_held_back() -> None:
    wire = Wire(fault("REORDER", FIRST))
    with pytest.raises(OutcomeUnknownError):
        place(wire)
    assert wire.held == 0
    wire.transport.calm()
    wire.timeline.wait(1)

    assert wire.held == LOT


def test_a_revoked_key_and_a_blocked_address_are_told_apart() -> None:
    revoked = Wire(fault("KEY_REVOKED"))
    with pytest.raises(UnauthorisedError, match="-1044"):
        revoked.exchange.fetch_balance()
    blocked = Wire(fault("IP_BLOCK", how="-1056"))
    with pytest.raises(UnauthorisedError, match="-1056"):
        blocked.exchange.fetch_balance()
    silent = Wire(fault("IP_BLOCK", how="521"))
    with pytest.raises(UnavailableError, match="521"):
        silent.exchange.fetch_balance()


def test_maintenance_ends_when_it_should() -> None:
    wire = Wire(fault("MAINT", {"from_s": 10, "to_s": 60}))
    wire.exchange.fetch_balance()
    wire.timeline.wait(15_000)
    with pytest.raises(UnavailableError):
        wire.exchange.fetch_balance()
    wire.timeline.wait(60_000)

    assert wire.exchange.fetch_balance().equity == 10_000
