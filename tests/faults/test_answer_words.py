"""What becomes of answers: the client never takes a spoiled one for another."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from typing import Any

import pytest

from tests.faults.wire import POST_ORDER, Wire, an_order, fault
from weexctl.errors import (
    ExchangeError,
    OutcomeUnknownError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
    WireError,
)
from weexctl.model.candle import Timeframe
from weexctl.simulator.faults import Fault
from weexctl.simulator.faults.bodies import spoil
from weexctl.simulator.surface_v3 import Answer

ALL = {"path": "allPosition"}
FIRST = {**POST_ORDER, "nth": 1}
ROWS: Answer = (200, {"content-type": "application/json"}, b'[{"id":1,"size":"2"},{"id":2,"size":"3"}]')


def spoiled(one: Fault, answer: Answer = ROWS) -> Any:
    return json.loads(spoil(one, answer, random.Random(1))[2])


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (fault("EMPTY_LIST"), []),
        (fault("MISSING_ROW", row=0), [{"id": 2, "size": "3"}]),
        (fault("PAGE_CAP", rows=1), [{"id": 1, "size": "2"}]),
        (fault("DUP_ROW"), [{"id": 1, "size": "2"}] * 2 + [{"id": 2, "size": "3"}] * 2),
        (fault("SHUFFLE"), [{"id": 1, "size": "2"}, {"id": 2, "size": "3"}]),
        (fault("NULL", path="*.size"), [{"id": 1, "size": None}, {"id": 2, "size": None}]),
        (fault("TYPEFLIP", path="0.size"), [{"id": 1, "size": 2}, {"id": 2, "size": "3"}]),
        (fault("TYPEFLIP", path="1.id"), [{"id": 1, "size": "2"}, {"id": "2", "size": "3"}]),
        (fault("MISSING", path="1.size"), [{"id": 1, "size": "2"}, {"id": 2}]),
        (fault("CANDLE_HOLE", every=2), [{"id": 1, "size": "2"}]),
        (fault("ENVELOPE", kind="code200"), {"code": "200", "msg": "success"}),
    ],
    ids=lambda value: value.word.value if isinstance(value, Fault) else "",
)
def test_rows_and_members_are_spoiled_as_the_word_says(one: Fault, expected: Any) -> None:
    found = spoiled(one)

    assert found == expected or (one.word == "SHUFFLE" and sorted(found, key=lambda row: row["id"]) == expected)


def test_an_extra_member_changes_no_other() -> None:
    assert [(row["id"], len(row)) for row in spoiled(fault("EXTRA"))] == [(1, 3), (2, 3)]


def test_rows_inside_an_object_are_found() -> None:
    body = b'{"hasMore":false,"orders":[{"a":1},{"a":2}]}'

    assert spoiled(fault("EMPTY_LIST"), (200, {}, body)) == {"hasMore": False, "orders": []}


def test_ticks_are_zero_null_or_crossed() -> None:
    ticker: Answer = (200, {}, b'[{"symbol":"BTCUSDT","bidPrice":"1","askPrice":"2"}]')

    assert spoiled(fault("ZERO_TICK"), ticker)[0]["bidPrice"] == "0"
    assert spoiled(fault("NULL_TICK"), ticker)[0]["askPrice"] is None
    assert spoiled(fault("CROSSED"), ticker)[0] == {"symbol": "BTCUSDT", "bidPrice": "2", "askPrice": "1"}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 418, 429, 500, 502, 503, 504, 520, 521])
def test_no_status_is_taken_for_an_answer(status: int) -> None:
    wire = Wire(fault("S", ALL, status=status))
    with pytest.raises(ExchangeError):
        wire.exchange.fetch_positions()


def test_the_time_to_wait_comes_with_a_429() -> None:
    wire = Wire(fault("S", POST_ORDER, status=429, retry_after=7))
    with pytest.raises(RateLimitedError):
        wire.exchange.place_order(an_order())
    assert spoil(fault("S", status=429, retry_after=7), ROWS, random.Random(1))[1]["retry-after"] == "7"


@pytest.mark.parametrize(("processed", "held"), [(False, Decimal(0)), (True, Decimal("0.01"))])
def test_a_503_may_come_before_or_after_the_order_was_carried_out(processed: bool, held: Decimal) -> None:
    wire = Wire(fault("S", FIRST, status=503, processed=processed))
    with pytest.raises(OutcomeUnknownError):
        wire.exchange.place_order(an_order())

    assert wire.held == held


def test_a_definite_refusal_is_one() -> None:
    wire = Wire(fault("S", FIRST, status=400))
    with pytest.raises(RejectedError):
        wire.exchange.place_order(an_order())

    assert wire.held == 0


@pytest.mark.parametrize(
    "one",
    [
        fault("HTML", FIRST, status=200, processed=True),
        fault("GARBAGE", FIRST),
        fault("EMPTY200", FIRST),
        fault("TRUNC", FIRST, bytes=10),
        fault("RESET", FIRST, bytes=10),
        fault("BIG", FIRST, megabytes=6),
        fault("NULL", FIRST, path="orderId"),
        fault("MISSING", FIRST, path="orderId"),
        fault("ENVELOPE", FIRST, kind="code200"),
        fault("ENVELOPE", FIRST, kind="result"),
    ],
    ids=lambda one: one.word.value,
)
def test_an_order_whose_answer_proves_nothing_is_unknown(one: Fault) -> None:
    wire = Wire(one)
    with pytest.raises(OutcomeUnknownError):
        wire.exchange.place_order(an_order())

    assert wire.held == Decimal("0.01")


@pytest.mark.parametrize("word", ["GARBAGE", "EMPTY200", "TRUNC", "RESET", "HTML", "BIG"])
def test_a_read_that_cannot_be_read_raises(word: str) -> None:
    wire = Wire(fault(word, ALL, megabytes=6, bytes=1, status=200))
    with pytest.raises((UnavailableError, WireError)):
        wire.exchange.fetch_positions()


def test_every_prefix_of_an_answer_is_no_answer() -> None:
    whole = len(Wire().simulator.answer("GET", "/capi/v3/market/time")[2])
    for count in range(whole):
        wire = Wire(fault("TRUNC", {"path": "market/time"}, bytes=count))
        with pytest.raises(ExchangeError):
            wire.exchange.fetch_server_time()


def test_what_is_younger_than_the_lag_cannot_be_seen() -> None:
    wire = Wire(fault("VIS_LAG", {"path": "allPosition|openAlgo"}, seconds=5))
    wire.exchange.place_order(an_order())
    early = (wire.exchange.fetch_positions(), wire.exchange.fetch_conditional_orders())
    wire.timeline.wait(5_000)

    assert early == ([], [])
    assert len(wire.exchange.fetch_positions()) == len(wire.exchange.fetch_conditional_orders()) == 1


def test_a_stale_read_shows_what_was_and_leaves_the_books_alone() -> None:
    wire = Wire(fault("STALE_READ", {"path": "allPosition", "nth": 2}, seconds=30))
    wire.exchange.place_order(an_order())
    sizes = [sum(row.quantity for row in wire.exchange.fetch_positions()) for _ in range(3)]

    assert sizes == [Decimal("0.01"), 0, Decimal("0.01")]
    assert wire.held == Decimal("0.01")


def test_half_of_a_batch_is_carried_out() -> None:
    wire = Wire(fault("PARTIAL_BATCH", {"path": "batchOrders"}))
    results = wire.exchange.place_orders([an_order(f"wx00abcdefghijklmnope0{n}") for n in range(1, 4)])

    assert [result.ack is not None for result in results] == [True, False, True]
    assert wire.held == Decimal("0.02")


def test_late_candles_are_left_out() -> None:
    def newest(wire: Wire) -> int:
        wire.timeline.wait(600_000)
        found = wire.exchange.fetch_candles("BTCUSDT", Timeframe.M1, limit=5)
        return found.last_close_ms

    late = newest(Wire(fault("CANDLE_LATE", {"path": "lines"}, seconds=120)))

    assert late <= newest(Wire()) - 120_000


def test_frozen_prices_stay_what_they_were() -> None:
    wire = Wire(fault("FROZEN", {"path": "symbolPrice|ticker"}))
    paths = ("/capi/v3/market/ticker/24hr",)
    first = [answer_of(wire, path) for path in paths]
    wire.timeline.wait(120_000)

    assert [answer_of(wire, path) for path in paths] == first


def answer_of(wire: Wire, path: str) -> bytes:
    import httpx

    response = wire.transport.handle_request(httpx.Request("GET", f"https://example.com{path}?symbol=BTCUSDT"))
    return response.read()
