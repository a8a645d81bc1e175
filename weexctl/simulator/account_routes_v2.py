"""The account in V2: assets, positions, settings, leverage, bills (weex-api 7)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from weexctl.model.account import MarginMode
from weexctl.model.side import PositionSide
from weexctl.simulator.account_routes import LEVERAGE_ERROR
from weexctl.simulator.formats import fee_text, leverage_text, plain, separated_word
from weexctl.simulator.formats_v2 import COIN_ID, bill_row_v2, position_row_v2
from weexctl.simulator.instruments import Contract
from weexctl.simulator.margin import available, equity, frozen, unrealised
from weexctl.simulator.margin_mode import change_leverage, change_mode
from weexctl.simulator.margin_routes import MARGIN_ROUTES
from weexctl.simulator.parameters import EMPTY, INVALID
from weexctl.simulator.parameters_v2 import ParametersV2
from weexctl.simulator.refusal import Refusal, business
from weexctl.simulator.routes_v2 import RouteV2, envelope
from weexctl.simulator.venue import Leverage, Venue
from weexctl.simulator.words_v2 import MODE_WORDS, MODES, symbol_v2

__all__ = ["ACCOUNT_ROUTES_V2"]

OK = "200"
ZERO = Decimal(0)
MARGIN_V3 = {route.path.rpartition("/")[2]: route.handler for route in MARGIN_ROUTES}
SEPARATED = {"0": False, "1": False, "2": True}
BUSINESS_TYPES = (
    "deposit",
    "withdraw",
    "transfer_in",
    "transfer_out",
    "margin_move_in",
    "margin_move_out",
    "position_open_long",
    "position_open_short",
    "position_close_long",
    "position_close_short",
    "position_funding",
    "order_fill_fee_income",
    "order_liquidate_fee_income",
    "start_liquidate",
    "finish_liquidate",
    "order_fix_margin_amount",
    "tracking_follow_pay",
    "tracking_system_pre_receive",
    "tracking_follow_back",
    "tracking_trader_income",
    "tracking_third_party_share",
)


def _assets(venue: Venue, _: ParametersV2) -> Any:
    return [
        {
            "coinName": "USDT",
            "available": fee_text(max(ZERO, available(venue))),
            "equity": fee_text(equity(venue)),
            "frozen": fee_text(frozen(venue)),
            "unrealizePnl": fee_text(unrealised(venue)),
        }
    ]


def _all_accounts(venue: Venue, _: ParametersV2) -> Any:
    return _account_answer(venue, "")


def _account(venue: Venue, parameters: ParametersV2) -> Any:
    if parameters.needed("coin") != "USDT":
        raise Refusal(INVALID, "Parameter coin is invalid")
    return _account_answer(venue, "Enum")


def _account_answer(venue: Venue, suffix: str) -> dict[str, Any]:
    # The two endpoints' examples spell two members of modeSetting differently.
    rows = [(symbol_v2(symbol), venue.contracts[symbol], row) for symbol, row in venue.leverages.items()]
    account = {
        "defaultFeeSetting": _fees(rows[0][1]),
        "feeSetting": [{"symbol": symbol, **_fees(contract)} for symbol, contract, _ in rows],
        "modeSetting": [
            {
                "symbol": symbol,
                "marginMode": MODE_WORDS[row.mode],
                f"separatedMode{suffix}": separated_word(row),
                f"positionMode{suffix}": "HEDGE",
            }
            for symbol, _, row in rows
        ],
        "leverageSetting": [{"symbol": symbol, **_leverages(row)} for symbol, _, row in rows],
        "createOrderRateLimitPerMinute": 0,
        "createOrderDelayMilliseconds": 0,
        "createdTime": 0,
        "updatedTime": venue.now_ms,
    }
    return {"account": account, "collateral": [_collateral(venue)], "version": None}


def _fees(contract: Contract) -> dict[str, Any]:
    rules = contract.instrument
    return {
        "is_set_fee_rate": True,
        "taker_fee_rate": plain(rules.taker_fee),
        "maker_fee_rate": plain(rules.maker_fee),
        "is_set_fee_discount": False,
        "fee_discount": "0",
        "is_set_taker_maker_fee_discount": False,
        "taker_fee_discount": "0",
        "maker_fee_discount": "0",
    }


def _leverages(row: Leverage) -> dict[str, str]:
    return {
        "isolated_long_leverage": leverage_text(row.long),
        "isolated_short_leverage": leverage_text(row.short),
        "cross_leverage": leverage_text(row.cross),
    }


def _collateral(venue: Venue) -> dict[str, Any]:
    ledger = venue.ledger
    # A cash ledger: what was bought is gone from it, what was sold short has come in.
    cash = ledger.wallet - sum((row.open_value * row.side.sign for row in ledger.positions.values()), ZERO)
    moved = (
        *(f"pending_{what}_amount" for what in ("deposit", "withdraw", "transfer_in", "transfer_out")),
        *(f"cum_{what}_amount" for what in ("withdraw", "transfer_in", "transfer_out", "margin_move_in")),
        "cum_margin_move_out_amount",
        "cum_position_liquidate_fee_amount",
        "cum_order_fill_fee_income_amount",
        "cum_order_liquidate_fee_income_amount",
    )
    traded = (f"position_{verb}_{side.value}" for verb in ("open", "close") for side in PositionSide)
    return {
        "coin": "USDT",
        "marginMode": "SHARED",
        "crossSymbol": None,
        "isolatedPositionId": 0,
        "amount": fee_text(cash),
        "legacy_amount": fee_text(ledger.wallet),
        "is_liquidating": False,
        "cum_deposit_amount": fee_text(ledger.start),
        **dict.fromkeys(moved, "0"),
        **{f"cum_{kind}_amount": fee_text(ledger.turnover.get(kind, ZERO)) for kind in traded},
        "cum_position_fill_fee_amount": fee_text(ledger.fees),
        "cum_position_funding_amount": fee_text(ledger.funding),
        "created_time": 0,
        "updated_time": venue.now_ms,
    }


def _all_positions(venue: Venue, _: ParametersV2) -> Any:
    return [position_row_v2(venue, row) for row in venue.listed_positions()]


def _single_position(venue: Venue, parameters: ParametersV2) -> Any:
    symbol = parameters.symbol()
    return [position_row_v2(venue, row) for row in venue.listed_positions() if row.symbol == symbol]


def _settings(venue: Venue, parameters: ParametersV2) -> Any:
    symbol = parameters.symbol_or_all()
    return {symbol_v2(name): _leverages(row) for name, row in venue.leverages.items() if symbol in (None, name)}


def _bills(venue: Venue, parameters: ParametersV2) -> Any:
    symbol, coin, limit = parameters.symbol_or_all(), parameters.raw("coin"), parameters.limit(100, 20)
    kind = parameters.raw("businessType")
    if kind is not None and kind not in BUSINESS_TYPES:
        raise Refusal(INVALID, "Parameter businessType is invalid")
    span = parameters.within(venue.now_ms)
    rows = [
        bill
        for bill in reversed(venue.ledger.bills)
        if symbol in (None, bill.symbol)
        and kind in (None, bill.kind)
        and coin in (None, "USDT")
        and bill.time_ms in span
    ]
    return {"hasNextPage": len(rows) > limit, "items": [bill_row_v2(bill) for bill in rows[:limit]]}


def _set_leverage(venue: Venue, parameters: ParametersV2) -> Any:
    contract, mode = parameters.contract(), parameters.choice("marginMode", MODES)
    setting, most = venue.leverages[contract.symbol], contract.instrument.max_leverage
    long, short = parameters.decimal("longLeverage"), parameters.decimal_or_none("shortLeverage")
    if short is None and mode is MarginMode.ISOLATED:
        raise Refusal(EMPTY, "Parameter shortLeverage cannot be empty")
    short = long if short is None else short
    for value in (long, short):
        if value > most:
            raise Refusal(LEVERAGE_ERROR, f"Leverage cannot exceed the limit {most}")
        if value < 1:
            raise Refusal(INVALID, "Parameter longLeverage is invalid")
    if mode is not setting.mode:
        raise business("FAILED_PRECONDITION: The marginMode must be the account's current mode of the symbol")
    if mode is MarginMode.CROSS and long != short:
        raise business("INVALID_ARGUMENT: In cross mode longLeverage must be equal to shortLeverage")
    shared = mode is MarginMode.CROSS
    wanted = replace(setting, cross=long) if shared else replace(setting, long=long, short=short)
    change_leverage(venue, contract.symbol, wanted)
    return envelope(venue, OK)


def _change_mode(venue: Venue, parameters: ParametersV2) -> Any:
    symbol, mode = parameters.symbol(), parameters.choice("marginMode", MODES)
    change_mode(venue, symbol, mode, separated=parameters.choice("separatedMode", SEPARATED, default="1"))
    return envelope(venue, OK)


def _adjust_margin(venue: Venue, parameters: ParametersV2) -> Any:
    parameters.choice("coinId", {str(COIN_ID): None}, default=str(COIN_ID))
    amount = parameters.decimal("collateralAmount")
    kind = "1" if amount >= 0 else "2"
    return MARGIN_V3["positionMargin"](venue, parameters.replaced(amount=str(abs(amount)), type=kind))


def _auto_margin(venue: Venue, parameters: ParametersV2) -> Any:
    return MARGIN_V3["modifyAutoAppendMargin"](venue, parameters)


ACCOUNT_ROUTES_V2 = (
    RouteV2("GET", "account/assets", _assets, 5, 10),
    RouteV2("GET", "account/getAccounts", _all_accounts, 5, 5),
    RouteV2("GET", "account/getAccount", _account, 1, 1),
    RouteV2("GET", "account/position/allPosition", _all_positions, 10, 15),
    RouteV2("GET", "account/position/singlePosition", _single_position, 2, 3),
    RouteV2("GET", "account/settings", _settings, 1, 1),
    RouteV2("POST", "account/bills", _bills, 2, 5),
    RouteV2("POST", "account/leverage", _set_leverage, 10, 20, writes=True),
    RouteV2("POST", "account/position/changeHoldModel", _change_mode, 20, 50, writes=True),
    RouteV2("POST", "account/adjustMargin", _adjust_margin, 15, 30, writes=True),
    RouteV2("POST", "account/modifyAutoAppendMargin", _auto_margin, 15, 30, writes=True),
)
"""Every private account endpoint of V2. There is none that withdraws or transfers."""
