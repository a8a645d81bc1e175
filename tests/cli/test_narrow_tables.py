"""Tables on a terminal of 80 columns: whatever is shown can be read whole."""

from __future__ import annotations

from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from rich.console import Console, RenderableType

from weexctl.actions.account import BalanceOutput, LimitRow, PositionRow, RiskOutput
from weexctl.actions.close import Output as CloseOutput
from weexctl.actions.data import FundingRow, ListOutput, SeriesRow
from weexctl.actions.data_fetch import FetchedRow
from weexctl.actions.data_fetch import Output as FetchOutput
from weexctl.actions.market_shapes import TickerOutput, TickerRow
from weexctl.actions.order import PreviewOutput
from weexctl.actions.order_rows import OrderRow, RequestRow
from weexctl.actions.profiles import SettingRow
from weexctl.actions.profiles import ShowOutput as ProfileOutput
from weexctl.cli.views import (
    account_balance,
    account_risk,
    close,
    data_fetch,
    data_list,
    market_ticker,
    order_preview,
    order_status,
    profile_show,
)
from weexctl.market.gaps import Gaps

D = Decimal
BODY = '{"symbol":"DOGEUSDT","side":"SELL","positionSide":"LONG","quantity":"8000","newClientOrderId":"wx00aaaaaaaaaa"}'
DAY_MS = 1_740_000_000_000
WIDTHS = pytest.mark.parametrize("width", [80, 120])


def drawn(view: RenderableType, width: int) -> str:
    console = Console(file=StringIO(), width=width)
    with console.capture() as captured:
        console.print(view)
    text = captured.get()
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width
    return text


def position() -> PositionRow:
    return PositionRow(
        symbol="DOGEUSDT",
        side="short",
        quantity=D("123456"),
        entry_price=D("0.199271234"),
        unrealised=D("-1234.5678"),
        margin=D("60.12345"),
        leverage=D(3),
        liquidation_price=D("0.4"),
        opened_ms=DAY_MS,
        rule="reversion",
        stop_price=D("0.2271234"),
        decision_id="d0123456789abcdef0123",
    )


def request() -> RequestRow:
    return RequestRow(method="POST", url="https://api-contract.weex.com/capi/v3/order", headers={}, body=BODY)


@WIDTHS
def test_what_would_be_closed_and_its_requests_can_be_read(width: int) -> None:
    money = BalanceOutput(asset="USDT", equity=D(1), wallet=D(1), unrealised=D(0), available=D(1), frozen=D(0))
    output = CloseOutput(
        sent=False,
        closing=[position()],
        cancelled=[],
        orders=[],
        positions_left=[position()],
        balance_before=money,
        balance_after=money,
        requests=[request()],
    )
    text = drawn(close.view(output), width)
    for word in ("DOGEUSDT", "short", "123456", "0.2271234", "−1,234.57"):
        assert word in text
    assert BODY in "".join(line.strip() for line in text.splitlines())


@WIDTHS
def test_a_kept_back_order_can_be_read(width: int) -> None:
    text = drawn(order_preview.view(preview(request=request())), width)
    assert BODY in "".join(line.strip() for line in text.splitlines())


def preview(**changes: Any) -> PreviewOutput:
    values: dict[str, Any] = {
        "approved": True,
        "refused_by": "",
        "hint": "",
        "symbol": "BTCUSDT",
        "side": "buy",
        "position_side": "long",
        "leg": "entry",
        "type": "market",
        "limit_price": None,
        "time_in_force": None,
        "quantity": D("0.01"),
        "price": D(90_000),
        "notional": D(900),
        "share_of_equity": 0.09,
        "margin": D(300),
        "fee": D("0.72"),
        "stop_price": D(80_000),
        "target_price": None,
        "loss_at_stop": D("101.36"),
        "liquidation_price": None,
        "verdicts": [],
    }
    return PreviewOutput(**(values | changes))


def test_a_preview_says_when_nothing_liquidates_and_when_a_stop_is_on_the_wrong_side() -> None:
    assert "liquidation       none" in drawn(order_preview.view(preview()), 80)
    wrong = preview(
        approved=False,
        refused_by="STOP_REQUIRED",
        hint="add --stop below 90000",
        stop_price=D(95_000),
        loss_at_stop=None,
    )
    text = drawn(order_preview.view(wrong), 80)
    assert "95000, on the wrong side" in text
    assert "loss at the stop" not in text
    assert "Add --stop below 90000." in text


@WIDTHS
def test_what_was_fetched_and_what_is_stored(width: int) -> None:
    series: dict[str, Any] = {
        "symbol": "DOGEUSDT",
        "timeframe": "15m",
        "candles": 123_456,
        "from_ms": DAY_MS,
        "to_ms": DAY_MS + 123_456 * 900_000,
        "synthetic": True,
        "spot": False,
        "gaps": Gaps(count=20, missing=108, longest=33, first_ms=DAY_MS),
        "source": "https://api-contract.weex.com; file DOGEUSDT-15m-2024.csv.gz",
        "digest": "0123456789abcdef" * 4,
    }
    fetched = FetchedRow(**series, added=123_456, funding=12_345, funding_added=12)
    text = drawn(data_fetch.view(FetchOutput(folder="/f", series=[fetched], complete=False)), width)
    assert "2025-02-19 21:20" in text
    assert "DOGEUSDT 15m" in text
    assert "Not all of it was fetched" in text
    funding = FundingRow(
        symbol="DOGEUSDT",
        settlements=12_345,
        from_ms=DAY_MS,
        to_ms=DAY_MS + 1,
        synthetic=True,
        source="seed:7:1h",
        digest="0123",
    )
    listed = drawn(
        data_list.view(ListOutput(folder="/f", series=[SeriesRow(**series)], funding=[funding], unlisted=[])), width
    )
    assert " ".join(listed.split()).count("2025-02-19 21:20") == 4
    assert "candles missing: 108, gaps: 20, longest: 33, first: 2025-02-19 21:20" in " ".join(listed.split())
    assert "DOGEUSDT funding" in listed


@WIDTHS
def test_a_price_keeps_its_symbol(width: int) -> None:
    row = TickerRow(
        symbol="BTCUSDT",
        last=D("90000.1"),
        change=None,
        change_ratio=D("-0.0312"),
        high=D("95000.1"),
        low=D("89000.1"),
        volume=D(1),
        turnover=D("11313739755.17"),
        mark_price=D("90000.2"),
        index_price=D("90000.3"),
        bid=D("89999.9"),
        ask=D("90000.3"),
        time_ms=DAY_MS,
    )
    output = TickerOutput(source="s", synthetic=True, time_ms=DAY_MS, tickers=[row])
    text = drawn(market_ticker.view(output), width)
    for word in ("BTCUSDT", "90000.1", "89999.9", "90000.3"):
        assert word in text
    assert ("11,313,739,755.17" in text) is (width == 120)


@WIDTHS
def test_settings_of_a_profile_keep_their_names(width: int) -> None:
    names = [f"pipeline.strategies.unstable.{end}" for end in ("vwap_window", "vwap_windows")]
    output = ProfileOutput(
        name="mine",
        source="built-in profile mine",
        description="About. " * 20,
        digest="d",
        armed=False,
        armed_reason="nobody armed it for this account",
        settings=[SettingRow(key=name, value=[[48, 192], [96, 384], [240, 960]], origin="default") for name in names],
        toml="",
    )
    text = drawn(profile_show.view(output), width)
    assert all(f"{name} " in text for name in names)


def test_the_limits_of_an_account_are_in_words() -> None:
    output = RiskOutput(
        equity=D("9972.91250658"),
        drawdown=0.000374095,
        limits=[
            LimitRow(limit="daily_loss", used=8.96365e-05, most=0.031, share=0.00289),
            LimitRow(limit="max_positions_long", used=3, most=8, share=0.375),
        ],
        loss_at_stops=D("158.29379"),
        unprotected=[],
        halted="",
        locked={},
        cooldowns={"BTCUSDT": DAY_MS},
        suspended_until_ms=0,
    )
    text = drawn(account_risk.view(output), 80)
    for word in ("9,972.91 USDT", "0.04 %", "0.01 %", "positions long", "38 %", "2025-02-19 21:20"):
        assert word in text
    for raw in ("_", "{}", "e-05", "suspended", "locked"):
        assert raw not in text


def test_a_balance_is_in_cents() -> None:
    output = BalanceOutput(
        asset="USDT",
        equity=D("9983.65970349"),
        wallet=D("9967.83684349"),
        unrealised=D("15.82286000"),
        available=D("9374.33152349"),
        frozen=D(0),
    )
    text = drawn(account_balance.view(output), 80)
    assert all(word in text for word in ("9,983.66", "USDT", "+15.82", "9,374.33"))


def test_a_stop_is_told_with_its_trigger() -> None:
    stop = OrderRow(
        order_id="7",
        client_order_id="wx1",
        symbol="BTCUSDT",
        side="sell",
        position_side="long",
        kind="stop",
        status="untriggered",
        quantity=D("0.0076"),
        filled_quantity=None,
        price=None,
        trigger_price=D("79130.9"),
        created_ms=DAY_MS,
        updated_ms=DAY_MS,
    )
    assert order_status.order_text(stop) == "stop of a long: sell 0.0076 BTCUSDT once the price is 79130.9"
