from __future__ import annotations

import json
import traceback

import pytest
from pydantic import TypeAdapter

from weexctl.config.redaction import Redactor
from weexctl.errors import (
    ExchangeError,
    InsufficientMarginError,
    OpenOrdersError,
    OrderNotFoundError,
    OutcomeUnknownError,
    RateLimitedError,
    RejectedError,
    UnauthorisedError,
    UnavailableError,
    WireError,
)
from weexctl.exchange import outcome
from weexctl.exchange import v3_endpoints as endpoints
from weexctl.exchange.endpoint import Endpoint
from weexctl.exchange.outcome import Answer
from weexctl.exchange.outcome import judge as judge_by
from weexctl.exchange.v3_errors import V3_ERRORS
from weexctl.exchange.wire_types import parsed

READ, WRITE = endpoints.BALANCE, endpoints.PLACE_ORDER
STEP = "INVALID_ARGUMENT: The order size must be greater than 0 and matches the stepSize '0.1' requirement. Now 13.11"


def judge(given: Answer, endpoint: Endpoint) -> ExchangeError | None:
    return judge_by(given, endpoint, V3_ERRORS)


def answer(status: int, body: object, content_type: str = "application/json", retry_after: str = "") -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, content_type, retry_after, raw)


def refused(code: object, message: str = "no") -> Answer:
    return answer(400, {"code": code, "msg": message})


# What came back, the error of a read, the error of a write.
TABLE: list[tuple[str, Answer, type[ExchangeError] | None, type[ExchangeError] | None]] = [
    ("an object", answer(200, {"orderId": "1"}), None, None),
    ("a list", answer(200, []), None, None),
    ("code 200 as text", answer(200, {"code": "200", "msg": "success"}), None, None),
    ("code 0 as a number", answer(200, {"code": 0, "msg": "success"}), None, None),
    ("code 00000", answer(200, {"code": "00000", "data": ""}), None, None),
    ("success without error", answer(200, {"success": True, "errorCode": "", "errorMessage": ""}), None, None),
    ("a bad parameter", refused(-1140), RejectedError, RejectedError),
    ("the same code as text", refused("-1140"), RejectedError, RejectedError),
    ("a refusal under HTTP 200", answer(200, {"code": -1140, "msg": "no"}), RejectedError, RejectedError),
    ("an unknown order", refused(-3200), OrderNotFoundError, OrderNotFoundError),
    ("a wrong signature", refused(-1047), UnauthorisedError, UnauthorisedError),
    ("an old timestamp", refused(-1046), UnauthorisedError, UnauthorisedError),
    ("an address off the list", refused(-1056), UnauthorisedError, UnauthorisedError),
    ("too many orders", refused(-1059), RateLimitedError, RateLimitedError),
    ("too many requests", answer(429, b"slow down", "text/plain"), RateLimitedError, RateLimitedError),
    ("a ban", answer(418, b"", ""), RateLimitedError, RateLimitedError),
    ("an unknown error", refused(-1000), UnavailableError, OutcomeUnknownError),
    ("a code nobody knows", refused(-9999), UnavailableError, OutcomeUnknownError),
    ("a word as code", refused("SOMETHING"), UnavailableError, OutcomeUnknownError),
    ("a bare system error", refused(-1054, "system error"), UnavailableError, OutcomeUnknownError),
    (
        "a system error that only mentions a refusal",
        refused(-1054, "try later: FAILED_PRECONDITION: x"),
        UnavailableError,
        OutcomeUnknownError,
    ),
    (
        "not enough margin",
        refused(-1054, "FAILED_PRECONDITION: The order margin available amount not enough, 3 < 4"),
        InsufficientMarginError,
        InsufficientMarginError,
    ),
    ("a size off the step", refused(-1054, STEP), RejectedError, RejectedError),
    ("another rule", refused(-1054, "FAILED_PRECONDITION: Move margin available"), RejectedError, RejectedError),
    ("open orders", refused(-1054, "there are open orders"), OpenOrdersError, OpenOrdersError),
    (
        "success false with a word",
        answer(200, {"success": False, "errorCode": "ORDER_NOT_FOUND", "errorMessage": "orderId not exist"}),
        OrderNotFoundError,
        OrderNotFoundError,
    ),
    (
        "success false with a strange word",
        answer(200, {"success": False, "errorCode": "NO_WAY", "errorMessage": "no"}),
        RejectedError,
        RejectedError,
    ),
    ("success false and nothing else", answer(200, {"success": False}), RejectedError, RejectedError),
    (
        "success false with a known number",
        answer(200, {"success": False, "errorCode": "-3007", "errorMessage": "too large"}),
        RejectedError,
        RejectedError,
    ),
    (
        "success false with the unknown error",
        answer(200, {"success": False, "errorCode": "-1000", "errorMessage": "unknown"}),
        UnavailableError,
        OutcomeUnknownError,
    ),
    (
        "success and an error at once",
        answer(200, {"success": True, "orderId": "1", "errorCode": "-3007"}),
        RejectedError,
        OutcomeUnknownError,
    ),
    (
        "success and the text of an error",
        answer(200, {"success": True, "orderId": "1", "errorMessage": "hm"}),
        UnavailableError,
        OutcomeUnknownError,
    ),
    ("HTML with 200", answer(200, b"<html>hello</html>", "text/html"), WireError, OutcomeUnknownError),
    ("JSON called text", answer(200, b"{}", "text/plain"), WireError, OutcomeUnknownError),
    ("JSON called nothing", answer(200, b"{}", ""), WireError, OutcomeUnknownError),
    ("an empty 200", answer(200, b""), WireError, OutcomeUnknownError),
    ("blanks", answer(200, b"  \n"), WireError, OutcomeUnknownError),
    ("half an object", answer(200, b'{"orderId":"70234'), WireError, OutcomeUnknownError),
    ("random bytes", answer(200, b"\x00\xff\x17"), WireError, OutcomeUnknownError),
    ("a bare number", answer(200, b"17"), WireError, OutcomeUnknownError),
    ("a redirect", answer(302, b"", ""), WireError, OutcomeUnknownError),
    ("an unknown path", answer(404, b"<html>404</html>", "text/html"), WireError, OutcomeUnknownError),
    ("an unknown path in JSON", answer(404, {"message": "no route"}), WireError, OutcomeUnknownError),
    ("an empty list under 404", answer(404, []), WireError, OutcomeUnknownError),
    ("401 in HTML", answer(401, b"<html>", "text/html"), UnauthorisedError, OutcomeUnknownError),
    ("403 in HTML", answer(403, b"<html>", "text/html"), UnauthorisedError, OutcomeUnknownError),
    ("403 with a code", answer(403, {"code": -1052, "msg": "no"}), UnauthorisedError, UnauthorisedError),
    *[
        (f"HTTP {status}", answer(status, b"<html>", "text/html"), UnavailableError, OutcomeUnknownError)
        for status in (500, 502, 503, 504, 520, 521, 522, 523, 524)
    ],
    ("500 with a refusal in it", answer(500, {"code": -1140, "msg": "no"}), UnavailableError, OutcomeUnknownError),
]


@pytest.mark.parametrize(("given", "read", "write"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_an_answer_means_what_the_table_says(
    given: Answer, read: type[ExchangeError] | None, write: type[ExchangeError] | None
) -> None:
    def kind(error: ExchangeError | None) -> type[ExchangeError] | None:
        return None if error is None else type(error)

    assert (kind(judge(given, READ)), kind(judge(given, WRITE))) == (read, write)


@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_the_state_of_the_order_follows_from_the_error(
    row: tuple[str, Answer, type[ExchangeError] | None, type[ExchangeError] | None],
) -> None:
    error = judge(row[1], WRITE)
    if error is not None:
        assert error.order_state == ("unknown" if isinstance(error, OutcomeUnknownError) else "rejected")


# The definite list of the reliability reference, section 6.3.
DEFINITE = [
    *(-1115, -1116, -1117, -1121, -1128, -1140, -1141, -1142, -1160, -1180, -3007, -3313),
    *(-1040, -1041, -1042, -1043, -1044, -1045, -1046, -1047, -1049),
    *(-1056, -1058, -3235, -3236),
]


@pytest.mark.parametrize("code", DEFINITE)
def test_every_code_of_the_definite_list_is_a_refusal_of_a_write(code: int) -> None:
    error = judge(refused(code, "words"), WRITE)
    assert isinstance(error, RejectedError | UnauthorisedError)
    assert (error.exchange_code, error.exchange_message) == (str(code), "words")


def test_the_codes_that_prove_nothing_are_not_in_the_table() -> None:
    assert not {"-1000", "-1054", "-1048"} & V3_ERRORS.codes.keys()


def test_the_step_that_a_refusal_names_is_kept() -> None:
    error = judge(refused(-1054, STEP), WRITE)
    assert error is not None
    assert (error.code, error.details) == ("STEP_SIZE", {"step_size": "0.1"})


@pytest.mark.parametrize(("header", "expected"), [("7", 7_000), ("", None), ("soon", None), ("-1", None), ("²", None)])
def test_the_wait_is_read_from_the_header(header: str, expected: int | None) -> None:
    error = judge(answer(429, b"", "", header), READ)
    assert isinstance(error, RateLimitedError)
    assert error.retry_after_ms == expected


def test_521_is_explained_as_the_address_list() -> None:
    for endpoint in (READ, WRITE):
        error = judge(answer(521, b""), endpoint)
        assert error is not None
        assert error.code == "IP_NOT_LISTED"
        assert "IP list" in error.hint


def test_the_body_of_an_unreadable_read_is_kept_for_a_report() -> None:
    error = judge(answer(200, b"<html>maintenance</html>", "text/html"), READ)
    assert isinstance(error, WireError)
    assert error.body == b"<html>maintenance</html>"


def test_every_error_says_what_was_not_done_and_names_the_endpoint_without_query() -> None:
    for name, given, _, _ in TABLE:
        for endpoint in (READ, WRITE):
            error = judge(given, endpoint)
            if error is not None:
                assert error.endpoint == endpoint.label, name
                words = ("nothing was", "was not sent again", "value is unknown")
                assert any(word in error.message for word in words), (name, error.message)


@pytest.mark.parametrize("before", [0, 180, 190, 285, 295])
@pytest.mark.parametrize("code", [-1044, 77777], ids=["known", "unknown"])
@pytest.mark.parametrize("members", [("code", "msg"), ("errorCode", "errorMessage")], ids=["V3", "V2"])
def test_a_refusal_that_repeats_the_key_is_told_without_it_and_without_a_part_of_it(
    before: int, code: int, members: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text is shortened, and half a key would no longer be known for one."""
    redactor = Redactor()
    redactor.register("key-of-nobody-at-all")
    monkeypatch.setattr(outcome, "REDACTOR", redactor)
    told = answer(400, {members[0]: code, members[1]: f"{'x' * before} key-of-nobody-at-all", "success": False})
    for endpoint in (READ, WRITE):
        error = judge(told, endpoint)
        assert error is not None
        assert "key-of" not in f"{error.message} {error.exchange_message}"


def test_an_answer_of_another_form_leaves_no_trace_of_what_it_held() -> None:
    held = json.dumps(["-of-".join(("key", "nobody"))]).encode()
    with pytest.raises(WireError) as caught:
        parsed(TypeAdapter(list[int]), held, READ)
    assert "key-of-nobody" not in "".join(traceback.format_exception(caught.value))
