"""Who may ask in V2, and what is not there: codes as text, inside an envelope."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.simulator.conftest import Desk, OpenDesk
    from weexctl.simulator import SimulatorSettings

ASSETS = "/capi/v2/account/assets"
PLACE = "/capi/v2/order/placeOrder"
FLAT = [(50_000.0, 50_000.0, 50_000.0, 50_000.0)] * 3


@pytest.mark.parametrize(
    ("header", "value", "code"),
    [
        ("ACCESS-KEY", None, "40001"),
        ("ACCESS-SIGN", None, "40002"),
        ("ACCESS-TIMESTAMP", None, "40003"),
        ("ACCESS-PASSPHRASE", None, "40011"),
        ("ACCESS-TIMESTAMP", "yesterday", "40005"),
        ("ACCESS-TIMESTAMP", "1700000000000", "40008"),
        ("ACCESS-KEY", "other", "40006"),
        ("ACCESS-PASSPHRASE", "other", "40012"),
        ("ACCESS-SIGN", "c2lt", "40009"),
    ],
)
def test_a_bad_header_is_refused_with_its_own_code(calm_desk: Desk, header: str, value: str | None, code: str) -> None:
    status, answer = calm_desk.raw("GET", ASSETS, headers={header: value})
    assert (status, answer["code"], answer["data"]) == (400, code, None)
    assert answer["requestTime"] == calm_desk.simulator.now_ms


def test_a_body_that_is_not_json_by_its_content_type_is_refused(calm_desk: Desk) -> None:
    status, answer = calm_desk.raw("POST", PLACE, body=b"{}", headers={"Content-Type": "text/plain"})
    assert (status, answer["code"]) == (400, "40007")


@pytest.mark.parametrize("body", [b"[]", b"{", b"1", b'"a"', b"\xff", b"[" * 3000])
def test_a_body_that_is_no_object_fails_validation(calm_desk: Desk, body: bytes) -> None:
    status, answer = calm_desk.raw("POST", PLACE, body=body)
    assert (status, answer["code"]) == (400, "40017")


def test_each_check_comes_before_the_next(calm_desk: Desk) -> None:
    wrong: dict[str, str | None] = {
        "ACCESS-PASSPHRASE": None,
        "Content-Type": "text/plain",
        "ACCESS-TIMESTAMP": "1",
        "ACCESS-KEY": "x",
        "ACCESS-SIGN": "x",
    }
    codes = []
    for mended in ("", "ACCESS-PASSPHRASE", "Content-Type", "ACCESS-TIMESTAMP", "ACCESS-KEY", "ACCESS-SIGN"):
        wrong.pop(mended, None)
        if mended == "ACCESS-KEY":
            wrong["ACCESS-PASSPHRASE"] = "x"
        codes.append(calm_desk.raw("POST", PLACE, body=b'{"symbol":""}', headers=wrong)[1]["code"])
    assert codes == ["40011", "40007", "40008", "40006", "40012", "40012"]
    codes = [calm_desk.raw("POST", PLACE, body=b'{"symbol":""}', headers=row)[1]["code"] for row in _last_two()]
    assert codes == ["40009", "40019"]


def _last_two() -> list[dict[str, str | None]]:
    return [{"ACCESS-SIGN": "x"}, {}]


def test_an_unlisted_address_is_told_521(open_desk: OpenDesk, exact: SimulatorSettings) -> None:
    desk = open_desk(FLAT, settings=replace(exact, ip_allowed=False))
    status, answer = desk.raw("GET", ASSETS)
    assert (status, answer["code"]) == (521, "40018")
    assert desk.raw("GET", "/capi/v2/market/time")[0] == 200


def test_a_key_that_may_only_read_places_no_order(open_desk: OpenDesk, exact: SimulatorSettings) -> None:
    desk = open_desk(FLAT, settings=replace(exact, can_trade=False))
    assert desk.refused_v2("POST", "order/placeOrder", **desk.members_v2("open long", "0.1"))[0] == "40014"
    assert desk.v2("POST", "account/bills")["items"] == []


@pytest.mark.parametrize(
    "path",
    [
        "order/plan_orders",
        "order/cancelOrder",
        "order/cancelAllOrder",
        "order/cancelAll",
        "order/cancelPlan",
        "order/pending",
        "order/orders",
        "order/cancel",
        "order/trades",
        "account/accounts",
        "account/singleAccount",
        "account/setLeverage",
        "position/allPosition",
        "account/withdraw",
        "account/transfer",
        "",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_path_that_does_not_exist_is_404(calm_desk: Desk, method: str, path: str) -> None:
    status, answer = calm_desk.raw(method, f"/capi/v2/{path}")
    assert (status, answer["code"]) == (404, "404")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", PLACE), ("DELETE", "/capi/v2/order/cancel_order"), ("POST", ASSETS)]
)
def test_a_wrong_verb_changes_nothing(calm_desk: Desk, method: str, path: str) -> None:
    assert calm_desk.raw(method, path)[0] == 405


def test_ten_orders_a_second_are_shared_by_both_generations(open_desk: OpenDesk, exact: SimulatorSettings) -> None:
    desk = open_desk(FLAT, settings=replace(exact, rate_limits=True))
    for _ in range(5):
        desk.order("open long", "0.001")
        desk.order_v2("open long", "0.001")
    status, answer = desk.call("POST", PLACE, **desk.members_v2("open long", "0.001"))
    assert (status, answer["code"]) == (429, "429")
    desk.simulator.advance(desk.simulator.now_ms + 1_000)
    desk.order_v2("open long", "0.001")


def test_the_account_has_a_budget_of_its_own(open_desk: OpenDesk, exact: SimulatorSettings) -> None:
    desk = open_desk(FLAT, settings=replace(exact, rate_limits=True, latency_ms=0))
    # 15 by account and 10 by address each: the account's thousand is used up first.
    answers = [desk.raw("GET", "/capi/v2/account/position/allPosition")[0] for _ in range(67)]
    assert answers == [200] * 66 + [429]
    assert desk.raw("GET", "/capi/v2/market/time")[0] == 200
    desk.simulator.advance(desk.simulator.now_ms + 10_000)
    assert desk.raw("GET", ASSETS)[0] == 200


def _log(**changes: Any) -> dict[str, Any]:
    record = {"stage": "Decision Making", "model": "m", "input": {"a": 1}, "output": {"b": [2]}, "explanation": "x"}
    return {**record, **changes}


@pytest.mark.parametrize("order_id", [None, 700_000_000_000_000_511])
def test_an_ai_log_is_kept_and_answered_with_five_zeros(calm_desk: Desk, order_id: int | None) -> None:
    answer = calm_desk.v2("POST", "order/uploadAiLog", **_log(orderId=order_id, explanation="y" * 1000))
    now_ms = calm_desk.simulator.now_ms
    assert answer == {"code": "00000", "msg": "success", "requestTime": now_ms, "data": "upload success"}
    (kept,) = calm_desk.simulator.venue.ai_logs
    assert (kept["orderId"], kept["output"]) == (order_id, {"b": [2]})


@pytest.mark.parametrize("missing", ["stage", "model", "input", "output", "explanation"])
def test_an_ai_log_needs_its_members(calm_desk: Desk, missing: str) -> None:
    assert calm_desk.refused_v2("POST", "order/uploadAiLog", **_log(**{missing: None}))[0] == "40019"


def test_an_explanation_has_a_thousand_characters_at_most(calm_desk: Desk) -> None:
    assert calm_desk.refused_v2("POST", "order/uploadAiLog", **_log(explanation="y" * 1001))[0] == "40020"


def test_an_account_outside_the_list_uploads_no_log(open_desk: OpenDesk, exact: SimulatorSettings) -> None:
    desk = open_desk(FLAT, settings=replace(exact, ai_log_allowed=False))
    answer = desk.refused_v2("POST", "order/uploadAiLog", **_log())
    assert answer == ("40021", "check openapi permission is error")
