"""The account in V2: every private account endpoint, by numbers worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.simulator.conftest import Desk, OpenDesk
    from weexctl.model.funding import FundingHistory

BTC = "cmt_btcusdt"
OLD = (50_000.0, 50_000.0, 50_000.0, 50_000.0)
NEW = (52_000.0, 52_000.0, 52_000.0, 52_000.0)
DONE = {"code": "200", "msg": "success"}


@pytest.fixture
def desk(open_desk: OpenDesk, make_settlements: Callable[..., FundingHistory]) -> Desk:
    """A desk at 50 000, for two hours; then the price is 52 000, and funding of one per mille is due at once."""
    return open_desk([OLD, OLD, *[NEW] * 30], funding={"BTCUSDT": make_settlements("BTCUSDT", {2: 0.001})})


def test_assets_are_texts_and_equity_counts_unrealised_gains(desk: Desk) -> None:
    assert desk.v2("GET", "account/assets") == [
        {
            "coinName": "USDT",
            "available": "10000.00000000",
            "equity": "10000.00000000",
            "frozen": "0",
            "unrealizePnl": "0",
        }
    ]
    desk.order_v2("open long", "0.1")
    desk.limit_v2("open long", "0.1", "40000")
    desk.next_candle()
    (row,) = desk.v2("GET", "account/assets")
    # A fee of 4, a gain of 200, funding of 5.2; 4 000 over 20 and its fee are frozen, 5 200 over 20 is margin.
    assert row == {
        "coinName": "USDT",
        "available": "9727.60000000",
        "equity": "10190.80000000",
        "frozen": "203.20000000",
        "unrealizePnl": "200.00000000",
    }


def test_a_position_row_mixes_its_spellings_and_has_no_entry_price(desk: Desk) -> None:
    desk.order_v2("open long", "0.1")
    opened_ms = desk.simulator.now_ms
    desk.next_candle()
    (row,) = desk.v2("GET", "account/position/allPosition")
    ids = [row.pop(name) for name in ("id", "account_id", "created_match_sequence_id", "updated_match_sequence_id")]
    assert all(type(value) is int for value in ids)
    assert ids[0] > 2**53
    assert row == {
        "coin_id": 2,
        "contract_id": 10_000_002,
        "symbol": BTC,
        "side": "LONG",
        "margin_mode": "SHARED",
        "separated_mode": "COMBINED",
        "separated_open_order_id": 0,
        "leverage": "20.00",
        "size": "0.1000",
        "open_value": "5000.00000",
        "open_fee": "4.00000000",
        "funding_fee": "-5.20000000",
        "marginSize": "260.00000",
        "isolated_margin": "0",
        "is_auto_append_isolated_margin": False,
        "cum_open_size": "0.1000",
        "cum_open_value": "5000.00000",
        "cum_open_fee": "4.00000000",
        "cum_close_size": "0",
        "cum_close_value": "0",
        "cum_close_fee": "0",
        "cum_funding_fee": "-5.20000000",
        "cum_liquidate_fee": "0",
        "created_time": opened_ms,
        "updated_time": 1_704_067_200_000 + 2 * 3_600_000,
        "contractVal": "0.0001",
        "unrealizePnl": "200.00000",
        "liquidatePrice": "0",
    }


def test_a_single_position_is_a_list_too(desk: Desk) -> None:
    assert desk.v2("GET", "account/position/singlePosition", symbol=BTC) == []
    desk.order_v2("open long", "0.1")
    desk.order_v2("open short", "0.2")
    rows = desk.v2("GET", "account/position/singlePosition", symbol=BTC)
    assert [(row["side"], row["size"]) for row in rows] == [("LONG", "0.1000"), ("SHORT", "0.2000")]
    assert desk.refused_v2("GET", "account/position/singlePosition")[0] == "40019"


def test_the_collateral_is_a_cash_ledger(desk: Desk) -> None:
    desk.order_v2("open long", "0.1")
    desk.order_v2("open short", "0.3")
    desk.order_v2("close short", "0.1")
    answer = desk.v2("GET", "account/getAccounts")
    assert (set(answer), answer["version"]) == ({"account", "collateral", "version"}, None)
    (row,) = answer["collateral"]
    # Fees of 4, 12 and 4. Bought 5 000 are gone from the cash; sold 10 000 have come in.
    assert (row["legacy_amount"], row["amount"]) == ("9980.00000000", "14980.00000000")
    assert (row["cum_position_open_long_amount"], row["cum_position_open_short_amount"]) == (
        "5000.00000000",
        "15000.00000000",
    )
    assert (row["cum_position_close_long_amount"], row["cum_position_close_short_amount"]) == ("0", "5000.00000000")
    assert (row["cum_position_fill_fee_amount"], row["cum_deposit_amount"]) == ("20.00000000", "10000.00000000")
    documented = (
        "coin marginMode crossSymbol isolatedPositionId amount pending_deposit_amount pending_withdraw_amount "
        "pending_transfer_in_amount pending_transfer_out_amount is_liquidating legacy_amount cum_deposit_amount "
        "cum_withdraw_amount cum_transfer_in_amount cum_transfer_out_amount cum_margin_move_in_amount "
        "cum_margin_move_out_amount cum_position_open_long_amount cum_position_open_short_amount "
        "cum_position_close_long_amount cum_position_close_short_amount cum_position_fill_fee_amount "
        "cum_position_liquidate_fee_amount cum_position_funding_amount cum_order_fill_fee_income_amount "
        "cum_order_liquidate_fee_income_amount created_time updated_time"
    )
    assert set(row) == set(documented.split())


def test_the_account_lists_fees_modes_and_leverages(desk: Desk) -> None:
    account = desk.v2("GET", "account/getAccounts")["account"]
    assert account["defaultFeeSetting"]["taker_fee_rate"] == "0.0008"
    assert account["feeSetting"][0] == {"symbol": BTC, **account["defaultFeeSetting"]}
    (mode,) = account["modeSetting"]
    assert mode == {"symbol": BTC, "marginMode": "SHARED", "separatedMode": "COMBINED", "positionMode": "HEDGE"}
    (leverage,) = account["leverageSetting"]
    assert leverage == {
        "symbol": BTC,
        "isolated_long_leverage": "20.00",
        "isolated_short_leverage": "20.00",
        "cross_leverage": "20.00",
    }


def test_one_account_is_asked_for_by_its_coin(desk: Desk) -> None:
    answer = desk.v2("GET", "account/getAccount", coin="USDT")
    assert set(answer["account"]["modeSetting"][0]) == {"symbol", "marginMode", "separatedModeEnum", "positionModeEnum"}
    assert desk.refused_v2("GET", "account/getAccount")[0] == "40019"
    assert desk.refused_v2("GET", "account/getAccount", coin="BTC")[0] == "40020"


def test_leverage_is_set_with_text_two_hundred_and_read_back(desk: Desk) -> None:
    answer = desk.v2("POST", "account/leverage", symbol=BTC, marginMode=1, longLeverage="5", shortLeverage="5")
    assert answer == {**DONE, "requestTime": desk.simulator.now_ms}
    assert desk.v2("GET", "account/settings", symbol=BTC) == {
        BTC: {"isolated_long_leverage": "20.00", "isolated_short_leverage": "20.00", "cross_leverage": "5.00"}
    }
    assert desk.v2("POST", "account/leverage", symbol=BTC, marginMode=1, longLeverage="7")["code"] == "200"
    assert desk.v2("GET", "account/settings")[BTC]["cross_leverage"] == "7.00"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"longLeverage": "401", "shortLeverage": "401"}, "50007"),
        ({"longLeverage": "0", "shortLeverage": "0"}, "40020"),
        ({"shortLeverage": "6"}, "40015"),
        ({"marginMode": 3}, "40015"),
        ({"marginMode": 2}, "40020"),
        ({"marginMode": None}, "40019"),
        ({"longLeverage": ""}, "40019"),
        ({"symbol": "BTCUSDT"}, "40020"),
    ],
)
def test_a_leverage_that_cannot_be_is_refused(desk: Desk, changes: dict[str, Any], code: str) -> None:
    members = {"symbol": BTC, "marginMode": 1, "longLeverage": "5", "shortLeverage": "5", **changes}
    assert desk.refused_v2("POST", "account/leverage", **members)[0] == code
    assert desk.v2("GET", "account/settings")[BTC]["cross_leverage"] == "20.00"


def test_leverage_stays_while_an_order_or_a_plan_is_open(desk: Desk) -> None:
    desk.order_v2("open long", "0.1", presetStopLossPrice="40000")
    desk.order_v2("close long", "0.1")
    code, words = desk.refused_v2("POST", "account/leverage", symbol=BTC, marginMode=1, longLeverage="5")
    assert code == "40015"
    assert "open orders" in words


def test_the_margin_mode_changes_without_positions_and_then_has_two_leverages(desk: Desk) -> None:
    answer = desk.v2("POST", "account/position/changeHoldModel", symbol=BTC, marginMode=3, separatedMode=1)
    assert answer == {**DONE, "requestTime": desk.simulator.now_ms}
    desk.v2("POST", "account/leverage", symbol=BTC, marginMode=3, longLeverage="4", shortLeverage="8")
    desk.order_v2("open long", "0.1")
    (row,) = desk.v2("GET", "account/position/allPosition")
    assert (row["margin_mode"], row["leverage"], row["isolated_margin"]) == ("ISOLATED", "4.00", "1250.00000")
    assert desk.refused_v2("POST", "account/position/changeHoldModel", symbol=BTC, marginMode=1)[0] == "40015"
    assert desk.refused_v2("POST", "account/position/changeHoldModel", symbol=BTC)[0] == "40019"


def test_margin_of_a_cross_position_is_not_moved(desk: Desk) -> None:
    desk.order_v2("open long", "0.1")
    position_id = desk.v2("GET", "account/position/allPosition")[0]["id"]
    for ask in (
        ("account/adjustMargin", {"isolatedPositionId": position_id, "collateralAmount": "10"}),
        ("account/modifyAutoAppendMargin", {"positionId": position_id, "autoAppendMargin": True}),
    ):
        code, words = desk.refused_v2("POST", ask[0], **ask[1])
        assert code == "40015"
        assert words.startswith("FAILED_PRECONDITION: The position is not")


@pytest.fixture
def isolated_id(desk: Desk) -> int:
    """The position id of an isolated long of 0.1 BTC, with a margin of 250."""
    desk.v2("POST", "account/position/changeHoldModel", symbol=BTC, marginMode=3)
    desk.order_v2("open long", "0.1")
    position_id: int = desk.v2("GET", "account/position/allPosition")[0]["id"]
    return position_id


def test_margin_is_added_and_taken_back_by_its_sign(desk: Desk, isolated_id: int) -> None:
    for amount, after in (("100", "350.00000"), ("-40.5", "309.50000")):
        ask = {"coinId": 2, "isolatedPositionId": isolated_id, "collateralAmount": amount}
        answer = desk.v2("POST", "account/adjustMargin", **ask)
        assert answer == {**DONE, "requestTime": desk.simulator.now_ms}
        assert desk.v2("GET", "account/position/allPosition")[0]["isolated_margin"] == after
    # 9 996 less 250 and 59.5.
    assert desk.v2("GET", "account/assets")[0]["available"] == "9686.50000000"


def test_more_margin_than_was_added_cannot_be_taken_out(desk: Desk, isolated_id: int) -> None:
    ask = {"isolatedPositionId": isolated_id}
    desk.v2("POST", "account/adjustMargin", **ask, collateralAmount="6.98")
    assert desk.refused_v2("POST", "account/adjustMargin", **ask, collateralAmount="-200") == (
        "40015",
        (
            "FAILED_PRECONDITION: Move margin available amount not enough. "
            "Move out available amount is 6.98000000, move out amount is 200.00000000"
        ),
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"collateralAmount": "0"}, "40020"), ({"collateralAmount": "99999"}, "40015"), ({"coinId": 3}, "40020")],
)
def test_a_wrong_amount_of_margin_is_not_moved(
    desk: Desk, isolated_id: int, changes: dict[str, Any], code: str
) -> None:
    ask = {"isolatedPositionId": isolated_id, "collateralAmount": "1", **changes}
    assert desk.refused_v2("POST", "account/adjustMargin", **ask)[0] == code
    assert desk.v2("GET", "account/position/allPosition")[0]["isolated_margin"] == "250.00000"


def test_margin_can_be_called_automatically(desk: Desk, isolated_id: int) -> None:
    answer = desk.v2("POST", "account/modifyAutoAppendMargin", positionId=isolated_id, autoAppendMargin=True)
    assert answer == {**DONE, "requestTime": desk.simulator.now_ms}
    assert desk.v2("GET", "account/position/allPosition")[0]["is_auto_append_isolated_margin"] is True
    ask = {"positionId": isolated_id, "autoAppendMargin": "yes"}
    assert desk.refused_v2("POST", "account/modifyAutoAppendMargin", **ask)[0] == "40020"


@pytest.mark.parametrize("path", ["account/adjustMargin", "account/modifyAutoAppendMargin"])
def test_margin_of_no_position_is_not_moved(desk: Desk, path: str) -> None:
    assert desk.refused_v2("POST", path)[0] == "40019"
    ask = {"isolatedPositionId": 5, "positionId": 5, "collateralAmount": "1", "autoAppendMargin": True}
    assert desk.refused_v2("POST", path, **ask) == ("40015", "FAILED_PRECONDITION: The position does not exist")


def test_bills_add_up_to_the_wallet(desk: Desk) -> None:
    desk.order_v2("open long", "0.1")
    desk.next_candle()
    desk.order_v2("close long", "0.1")
    answer = desk.v2("POST", "account/bills")
    kinds = ["position_close_long", "position_funding", "position_open_long"]
    assert [row["businessType"] for row in answer["items"]] == kinds
    assert sum(Decimal(row["amount"]) for row in answer["items"]) == desk.simulator.ledger.wallet - 10_000
    assert answer["hasNextPage"] is False
    (row,) = desk.v2("POST", "account/bills", businessType="position_funding", symbol=BTC)["items"]
    assert row.pop("billId") > 2**53
    assert row == {
        "coin": "USDT",
        "symbol": BTC,
        "amount": "-5.20000000",
        "businessType": "position_funding",
        "balance": "9990.80000000",
        "fillFee": "0",
        "transferReason": "UNKNOWN_TRANSFER_REASON",
        "ctime": 1_704_067_200_000 + 2 * 3_600_000,
    }


def test_bills_take_empty_texts_and_nulls_for_not_set(desk: Desk) -> None:
    desk.order_v2("open long", "0.1")
    desk.order_v2("close long", "0.1")
    blank = {"coin": "", "symbol": "", "businessType": "", "startTime": None, "endTime": None, "limit": 1}
    answer = desk.v2("POST", "account/bills", **blank)
    assert (len(answer["items"]), answer["hasNextPage"]) == (1, True)


@pytest.mark.parametrize("changes", [{"limit": 0}, {"limit": 101}, {"businessType": "gift"}, {"startTime": "x"}])
def test_bills_refuse_what_they_do_not_know(desk: Desk, changes: dict[str, Any]) -> None:
    assert desk.refused_v2("POST", "account/bills", **changes)[0] == "40020"
