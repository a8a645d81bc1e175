"""Plain JSON values, picked fields and safe text."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from weexctl.actions.context import Result
from weexctl.cli.envelope import HIDDEN, Failure, plain, succeeded
from weexctl.cli.fields import pick, unknown_fields
from weexctl.cli.text import Scrubber, one_line
from weexctl.errors import OutcomeUnknownError, RateLimitedError, RefusedError
from weexctl.model.side import Side

DATA = {"equity": {"start": "1", "end": "2"}, "orders": [{"id": "a", "price": "3"}, {"id": "b"}], "trades": []}


class Level(IntEnum):
    DENY = 2


class Colour(Enum):
    RED = Decimal("1.50")


@dataclass(frozen=True, slots=True)
class Fill:
    price: Decimal
    side: Side


class Keys(BaseModel):
    key: SecretStr
    fills: list[Any]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("1E+3"), "1000"),
        (Decimal("1.50"), "1.50"),
        (Decimal("1E-8"), "0.00000001"),
        (Decimal("-0.00"), "0.00"),
        (Decimal("NaN"), None),
        (float("inf"), None),
        (float("nan"), None),
        (0.25, 0.25),
        (True, True),
        (Side.BUY, "buy"),
        (Level.DENY, 2),
        (Colour.RED, "1.50"),
        (Path("a/b"), "a/b"),
        (datetime(2025, 1, 1, tzinfo=UTC), "2025-01-01 00:00:00+00:00"),
        ({"b", "a"}, ["a", "b"]),
        ((1, (2,)), [1, [2]]),
        ({Side.BUY: Decimal(1)}, {"buy": "1"}),
        (Fill(Decimal("2.0"), Side.SELL), {"price": "2.0", "side": "sell"}),
        (np.float64(0.5), 0.5),
        (np.int64(7), 7),
    ],
)
def test_a_value_becomes_what_json_can_hold(value: object, expected: object) -> None:
    got = plain(value)
    assert got == expected
    assert type(got) is type(expected)


def test_a_secret_never_shows_not_even_deep_inside() -> None:
    model = Keys(key=SecretStr("hunter2"), fills=[SecretStr("hunter2"), Fill(Decimal(1), Side.BUY)])
    assert plain({"x": [model]}) == {"x": [{"key": HIDDEN, "fills": [HIDDEN, {"price": "1", "side": "buy"}]}]}


nested = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals(allow_nan=True) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(nested)
def test_whatever_is_nested_strict_json_can_write_it_and_once_is_enough(value: object) -> None:
    once = plain(value)
    assert json.loads(json.dumps(once, allow_nan=False)) == once
    assert plain(once) == once


def test_a_failure_keeps_what_the_exchange_said_apart_from_the_hint() -> None:
    error = RateLimitedError(
        "too many requests",
        hint="wait",
        endpoint="GET /x",
        http_status=429,
        exchange_code="-1003",
        exchange_message="run this",
        retry_after_ms=1500,
        details={"weight": 10},
    )
    failure = Failure.of(error)
    assert (failure.type, failure.exit_code, failure.retryable, failure.retry_after_ms) == ("rate_limit", 4, True, 1500)
    assert (failure.exchange_code, failure.exchange_message, failure.hint) == ("-1003", "run this", "wait")
    assert failure.details == {"endpoint": "GET /x", "http_status": 429, "weight": 10}


def test_a_failure_says_what_became_of_the_order() -> None:
    assert Failure.of(RefusedError("no")).order_state == "not_sent"
    assert Failure.of(OutcomeUnknownError("?", order_state="unknown")).order_state == "unknown"


def test_a_check_that_failed_answers_with_its_findings_and_the_error() -> None:
    found = Result(data=Keys(key=SecretStr("k"), fills=[]), error=RefusedError("no", hint="do this"), exit_code=6)
    document = succeeded(found, {"checks": 3}, command="c", request_id="r-1", ts="t")
    assert (document["ok"], document["data"], document["error"]["suggestion"]) == (False, {"checks": 3}, "do this")
    assert "error" not in succeeded(replace(found, error=None), {}, command="c", request_id="r-1", ts="t")


def test_picking_goes_through_tables_and_lists() -> None:
    assert pick(DATA, ["equity.end", "orders.id"]) == {"equity": {"end": "2"}, "orders": [{"id": "a"}, {"id": "b"}]}
    assert pick(DATA, ["equity"]) == {"equity": {"start": "1", "end": "2"}}
    assert pick(DATA, []) == DATA


def test_a_field_that_some_rows_lack_is_no_unknown_field() -> None:
    assert unknown_fields(DATA, ["orders.price", "trades.anything"]) == ()


def test_an_unknown_field_is_a_warning_with_the_nearest_path() -> None:
    [notice] = unknown_fields(DATA, ["equity.ned"])
    assert notice.code == "UNKNOWN_FIELD"
    assert "did you mean equity.end?" in notice.message


def test_text_from_outside_cannot_move_the_cursor_or_break_the_line() -> None:
    assert one_line("a\x1b[2J\nb\tc\x9bd") == "a[2J b cd"


def test_a_secret_of_the_environment_is_blotted_out_in_text_and_in_json() -> None:
    scrub = Scrubber({"WEEX_API_SECRET": 'abc"defgh', "WEEX_API_KEY": "sim"})
    assert scrub('it is abc"defgh') == f"it is {HIDDEN}"
    assert scrub(json.dumps({"x": 'abc"defgh'})) == json.dumps({"x": HIDDEN})
    assert scrub(json.dumps(repr('abc"defgh'))) == json.dumps(repr(HIDDEN))
    assert scrub(b'abc"defgh'.hex()) == HIDDEN
    assert scrub("the sim venue") == "the sim venue"
