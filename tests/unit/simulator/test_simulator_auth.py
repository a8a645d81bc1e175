"""Who may ask: each missing or wrong header has its own code, in the documented order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from weexctl.simulator import SimulatorSettings
from weexctl.simulator.auth import signature

if TYPE_CHECKING:
    from tests.unit.simulator.conftest import Desk, OpenDesk

BALANCE = "/capi/v3/account/balance"
ORDER = "/capi/v3/order"
VECTOR_BODY = (
    '{"symbol":"BTCUSDT","side":"BUY","positionSide":"LONG","type":"LIMIT","timeInForce":"GTC",'
    '"quantity":"0.001","price":"50000","newClientOrderId":"oid-1"}'
)
FLAT = [(50_000.0, 50_000.0, 50_000.0, 50_000.0)] * 3


@pytest.mark.parametrize(
    ("timestamp", "method", "path", "query", "body", "expected"),
    [
        ("1700000000000", "GET", "/capi/v2/account/assets", "", "", "sxvFIv+DKwPc+qFhgs+7BrizKZYGsoRgV1Pj/eaiY6o="),
        (
            "1700000000000",
            "POST",
            "/capi/v3/order",
            "",
            VECTOR_BODY,
            "KDhhEbkl3iBtc0jI5/AhQpWP9wH00XOLCz0DX4rA7Fw=",
        ),
        (
            "1700000000000",
            "DELETE",
            "/capi/v3/order",
            "orderId=702345678901234567",
            "",
            "W6RhWVv39MhJNReT+ZSfDEYcXLsbaACmJBaocWGhOPc=",
        ),
    ],
)
def test_the_signature_equals_the_published_vectors(
    timestamp: str, method: str, path: str, query: str, body: str, expected: str
) -> None:
    assert signature("test-secret-key", timestamp, method, path, query, body.encode()) == expected


@pytest.mark.parametrize(
    ("header", "value", "code"),
    [
        ("ACCESS-KEY", None, -1040),
        ("ACCESS-SIGN", None, -1041),
        ("ACCESS-TIMESTAMP", None, -1042),
        ("ACCESS-PASSPHRASE", None, -1049),
        ("ACCESS-TIMESTAMP", "yesterday", -1043),
        ("ACCESS-TIMESTAMP", "1700000000000", -1046),
        ("ACCESS-KEY", "other", -1044),
        ("ACCESS-PASSPHRASE", "other", -1049),
        ("ACCESS-SIGN", "c2lt", -1047),
    ],
)
def test_a_bad_header_is_refused_with_its_own_code(calm_desk: Desk, header: str, value: str | None, code: int) -> None:
    status, answer = calm_desk.raw("GET", BALANCE, headers={header: value})
    assert (status, answer["code"]) == (400, code)


def test_a_body_that_is_not_json_by_its_content_type_is_refused(calm_desk: Desk) -> None:
    status, answer = calm_desk.raw("POST", ORDER, body=b"{}", headers={"Content-Type": "text/plain"})
    assert (status, answer["code"]) == (400, -1045)


def test_headers_are_checked_before_content_type_before_time_before_key(calm_desk: Desk) -> None:
    wrong: dict[str, str | None] = {"ACCESS-KEY": "x", "ACCESS-TIMESTAMP": "1", "Content-Type": "text/plain"}
    codes = []
    for fixed in (None, "Content-Type", "ACCESS-TIMESTAMP"):
        if fixed:
            del wrong[fixed]
        codes.append(calm_desk.raw("POST", ORDER, body=b"{}", headers=wrong)[1]["code"])
    assert codes == [-1045, -1046, -1044]


def test_a_signature_over_another_query_is_refused(calm_desk: Desk) -> None:
    stamp = str(calm_desk.simulator.now_ms)
    path = "/capi/v3/account/position/singlePosition"
    sign = signature("sim", stamp, "GET", path, "symbol=ETHUSDT", b"")
    status, answer = calm_desk.raw("GET", path, query="symbol=BTCUSDT", headers={"ACCESS-SIGN": sign})
    assert (status, answer["code"]) == (400, -1047)


@pytest.mark.parametrize(("age_ms", "accepted"), [(30_000, True), (30_001, False), (-30_000, True), (-30_001, False)])
def test_a_timestamp_may_differ_by_thirty_seconds(
    open_desk: OpenDesk, exact: SimulatorSettings, age_ms: int, accepted: bool
) -> None:
    desk = open_desk(FLAT, settings=replace(exact, latency_ms=0))
    stamp = str(desk.simulator.now_ms - age_ms)
    sign = signature("sim", stamp, "GET", BALANCE, "", b"")
    status, _ = desk.raw("GET", BALANCE, headers={"ACCESS-TIMESTAMP": stamp, "ACCESS-SIGN": sign})
    assert (status == 200) is accepted


def test_a_skewed_exchange_clock_is_seen_in_server_time_and_in_the_age_of_timestamps(
    open_desk: OpenDesk, exact: SimulatorSettings
) -> None:
    desk = open_desk(FLAT, settings=replace(exact, clock_skew_ms=60_000))
    server = desk.raw("GET", "/capi/v3/market/time")[1]["serverTime"]
    assert server == desk.simulator.now_ms + 60_000
    assert desk.raw("GET", BALANCE)[1]["code"] == -1046


def test_an_unlisted_address_gets_521_only_after_a_good_signature(
    open_desk: OpenDesk, exact: SimulatorSettings
) -> None:
    desk = open_desk(FLAT, settings=replace(exact, ip_allowed=False))
    assert desk.raw("GET", BALANCE)[0] == 521
    assert desk.raw("GET", BALANCE, headers={"ACCESS-SIGN": "x"})[0] == 400


def test_a_read_only_key_reads_and_does_not_trade(open_desk: OpenDesk, exact: SimulatorSettings) -> None:
    desk = open_desk(FLAT, settings=replace(exact, can_trade=False))
    assert desk.get("account/accountConfig")["canTrade"] is False
    status, answer = desk.call("POST", ORDER, **desk.order_members("open long", "0.01"))
    assert (status, answer["code"]) == (403, -1052)
    assert desk.simulator.version == 0


def test_public_data_needs_no_header(calm_desk: Desk) -> None:
    status, _, _ = calm_desk.simulator.answer("GET", "/capi/v3/market/time")
    assert status == 200


def test_an_unknown_path_is_404_and_a_wrong_verb_has_its_code(calm_desk: Desk) -> None:
    assert calm_desk.raw("GET", "/capi/v3/account/withdraw")[0] == 404
    assert calm_desk.raw("POST", "/capi/v3/account/transfer", body=b"{}")[0] == 404
    status, answer = calm_desk.raw("POST", "/capi/v3/market/time", body=b"{}")
    assert (status, answer["code"]) == (400, -1150)


def test_the_weight_of_ten_seconds_is_limited_and_comes_back(open_desk: OpenDesk) -> None:
    desk = open_desk(FLAT, settings=SimulatorSettings(rate_limits=True, weight_per_10s=25, latency_ms=1))
    statuses = [desk.raw("GET", "/capi/v3/account/position/allPosition")[0] for _ in range(3)]
    assert statuses == [200, 200, 429]
    desk.simulator.advance(desk.simulator.now_ms + 10_000)
    assert desk.raw("GET", "/capi/v3/account/position/allPosition")[0] == 200


def test_an_eleventh_order_within_a_second_is_one_too_many(open_desk: OpenDesk) -> None:
    desk = open_desk(FLAT, settings=SimulatorSettings(rate_limits=True, latency_ms=1))
    statuses = [desk.call("POST", ORDER, **desk.order_members("open long", "0.0001"))[0] for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    assert desk.positions()["BTCUSDT", "LONG"]["size"] == "0.0010"
