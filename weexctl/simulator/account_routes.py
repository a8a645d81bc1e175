"""The account: balance, positions, leverage, bills (weex-api 14)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from weexctl.simulator.formats import MODE_WORDS, bill_row, fee_text, leverage_row, leverage_text, plain, position_row
from weexctl.simulator.margin import available, equity, frozen, unrealised
from weexctl.simulator.margin_mode import change_leverage, change_mode
from weexctl.simulator.parameters import EMPTY, Parameters
from weexctl.simulator.refusal import Refusal
from weexctl.simulator.routes import Route
from weexctl.simulator.venue import Leverage, Venue

__all__ = ["ACCOUNT_ROUTES"]

LEVERAGE_ERROR = -3313
MODES = {word: mode for mode, word in MODE_WORDS.items()}
INCOME_SPAN_MS = 100 * 86_400_000


def _balance(venue: Venue, _: Parameters) -> Any:
    return [
        {
            "asset": venue.asset,
            "balance": fee_text(equity(venue)),
            "availableBalance": fee_text(max(Decimal(0), available(venue))),
            "frozen": fee_text(frozen(venue)),
            "unrealizePnl": fee_text(unrealised(venue)),
        }
    ]


def _account_config(venue: Venue, _: Parameters) -> Any:
    # No deposits, withdrawals or transfers exist here, and the key has no right to any.
    return {
        "canTrade": venue.settings.can_trade,
        "canDeposit": False,
        "canWithdraw": False,
        "dualSidePosition": True,
        "updateTime": venue.now_ms,
    }


def _symbol_config(venue: Venue, parameters: Parameters) -> Any:
    symbol = parameters.symbol_or_all()
    return [leverage_row(name, row) for name, row in venue.leverages.items() if symbol in (None, name)]


def _commission_rate(_: Venue, parameters: Parameters) -> Any:
    rules = parameters.contract().instrument
    return {
        "symbol": rules.symbol,
        "makerCommissionRate": plain(rules.maker_fee),
        "takerCommissionRate": plain(rules.taker_fee),
    }


def _all_positions(venue: Venue, _: Parameters) -> Any:
    return [position_row(venue, row) for row in venue.listed_positions()]


def _single_position(venue: Venue, parameters: Parameters) -> Any:
    symbol = parameters.symbol()
    return [position_row(venue, row) for row in venue.listed_positions() if row.symbol == symbol]


def _set_leverage(venue: Venue, parameters: Parameters) -> Any:
    contract = parameters.contract()
    setting = venue.leverages[contract.symbol]
    mode = MODES[parameters.word("marginType", MODES, default=MODE_WORDS[setting.mode])]
    wanted = {
        name: parameters.decimal_or_none(name)
        for name in ("crossLeverage", "isolatedLongLeverage", "isolatedShortLeverage")
    }
    if not any(value is not None for value in wanted.values()):
        raise Refusal(EMPTY, "At least one leverage must be given.")
    for value in wanted.values():
        if value is not None and not 1 <= value <= contract.instrument.max_leverage:
            raise Refusal(LEVERAGE_ERROR, f"Leverage must be between 1 and {contract.instrument.max_leverage}.")
    setting = Leverage(
        mode=mode,
        cross=wanted["crossLeverage"] or setting.cross,
        long=wanted["isolatedLongLeverage"] or setting.long,
        short=wanted["isolatedShortLeverage"] or setting.short,
        separated=setting.separated,
    )
    change_leverage(venue, contract.symbol, setting)
    return {
        "symbol": contract.symbol,
        "marginType": MODE_WORDS[setting.mode],
        "crossLeverage": leverage_text(setting.cross),
        "isolatedLongLeverage": leverage_text(setting.long),
        "isolatedShortLeverage": leverage_text(setting.short),
    }


def _set_margin_type(venue: Venue, parameters: Parameters) -> Any:
    symbol = parameters.symbol()
    mode = MODES[parameters.word("marginType", MODES)]
    apart = parameters.word("separatedType", ("COMBINED", "SEPARATED"), default="COMBINED") == "SEPARATED"
    change_mode(venue, symbol, mode, separated=apart)
    return {"code": "200", "msg": "success", "requestTime": venue.now_ms}


def _income(venue: Venue, parameters: Parameters) -> Any:
    symbol, kind = parameters.symbol_or_all(), parameters.raw("incomeType")
    asset, limit = parameters.raw("asset"), parameters.limit(100, 20)
    below, latest_ms = parameters.integer_or_none("nextKeyId"), parameters.integer_or_none("nextKeyTime")
    start, end = parameters.span(longest_ms=INCOME_SPAN_MS, now_ms=venue.now_ms)
    rows = [
        bill
        for bill in reversed(venue.ledger.bills)
        if symbol in (None, bill.symbol)
        and kind in (None, bill.kind)
        and asset in (None, venue.asset)
        and start <= bill.time_ms <= end
        and (below is None or bill.id < below)
        and (latest_ms is None or bill.time_ms <= latest_ms)
    ]
    more, page = len(rows) > limit, rows[:limit]
    following = {"nextKeyId": page[-1].id, "nextKeyTime": page[-1].time_ms} if more else None
    return {"hasNextPage": more, "nextKey": following, "items": [bill_row(bill) for bill in page]}


ACCOUNT_ROUTES = (
    Route("GET", "/capi/v3/account/balance", _balance, 5),
    Route("GET", "/capi/v3/account/accountConfig", _account_config, 5),
    Route("GET", "/capi/v3/account/symbolConfig", _symbol_config, 5),
    Route("GET", "/capi/v3/account/commissionRate", _commission_rate, 5),
    Route("GET", "/capi/v3/account/position/allPosition", _all_positions, 10),
    Route("GET", "/capi/v3/account/position/singlePosition", _single_position, 2),
    Route("POST", "/capi/v3/account/leverage", _set_leverage, 10, writes=True),
    Route("POST", "/capi/v3/account/marginType", _set_margin_type, 20, writes=True),
    Route("POST", "/capi/v3/account/income", _income, 2),
)
"""Every account endpoint. There is none that withdraws or transfers."""
