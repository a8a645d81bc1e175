"""The account as the guards see it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from weexctl.execution.open_trade import OpenTrade
from weexctl.model.account import Balance, MarginMode, Position
from weexctl.model.book import Book, ClosedTrade
from weexctl.model.side import PositionSide
from weexctl.run.risk_state import RiskState
from weexctl.trader.account_book import account_book

LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
HOUR_MS = 3_600_000
NOW_MS = 100 * HOUR_MS


def _trade(symbol: str, side: PositionSide = LONG) -> OpenTrade:
    return OpenTrade(
        symbol=symbol,
        side=side,
        opened_ms=NOW_MS - 5 * HOUR_MS,
        decision_id="d",
        entry_order_id="1",
        rule="trend",
        regime="trending",
        stop_price=Decimal(80),
        target_price=None,
    )


def _position(symbol: str, side: PositionSide = LONG, *, unrealised: str = "20") -> Position:
    """Two of it at 100: with 20 in profit the mark is ten away from that."""
    return Position(
        position_id="1",
        symbol=symbol,
        side=side,
        quantity=Decimal(2),
        entry_price=Decimal(100),
        leverage=Decimal(1),
        margin=Decimal(200),
        margin_mode=MarginMode.CROSS,
        unrealised=Decimal(unrealised),
        liquidation_price=None,
        funding=Decimal(0),
        opened_ms=0,
        updated_ms=0,
    )


def _book(
    trades: list[OpenTrade], positions: list[Position], prices: dict[str, float] | None = None, equity: str = "1000"
) -> Book:
    memory = RiskState(
        start_equity=1_100.0, day_start_equity=1_050.0, entries_ms=[1], cooldowns={"X": 9}, suspended_until_ms=7
    )
    memory.daily_peaks = {0: 1_200.0}
    memory.trades = [ClosedTrade(symbol="X", side=LONG, opened_ms=1, closed_ms=2, pnl=3.0, exit_reason="", rule="")]
    return account_book(
        now_ms=NOW_MS,
        candle_ms=HOUR_MS,
        symbols=("BTCUSDT", "ETHUSDT"),
        balance=Balance(
            asset="USDT", equity=Decimal(equity), available=Decimal(0), frozen=Decimal(0), unrealised=Decimal(0)
        ),
        positions={(p.symbol, p.side.value): p for p in positions},
        trades={(t.symbol, t.side.value): t for t in trades},
        state=memory,
        halted="a person said so",
        max_leverage=3.0,
        prices=prices or {},
    )


@pytest.mark.parametrize(("side", "mark"), [(LONG, 110.0), (SHORT, 90.0)])
def test_between_candles_a_position_counts_at_the_mark_and_its_price_is_known(side: PositionSide, mark: float) -> None:
    book = _book([_trade("BTCUSDT", side)], [_position("BTCUSDT", side)])
    held = book.positions["BTCUSDT"]
    assert book.prices == {"BTCUSDT": mark}  # without it an exit would be measured against the entry price
    assert (held.price, held.exposure, held.candles_held) == (mark, side.sign * 2 * mark / 1_000, 5)


def test_a_price_that_is_given_counts_and_what_has_none_keeps_its_mark() -> None:
    trades, positions = [_trade("BTCUSDT"), _trade("ETHUSDT")], [_position("BTCUSDT"), _position("ETHUSDT")]
    book = _book(trades, positions, {"BTCUSDT": 105.0, "SOLUSDT": 7.0})
    assert book.prices == {"BTCUSDT": 105.0, "ETHUSDT": 110.0, "SOLUSDT": 7.0}
    assert {symbol: held.price for symbol, held in book.positions.items()} == {"BTCUSDT": 105.0, "ETHUSDT": 110.0}
    assert book.gross_exposure == pytest.approx((2 * 105 + 2 * 110) / 1_000)


def test_a_strangers_position_has_a_price_and_no_place_among_ours() -> None:
    book = _book([], [_position("BTCUSDT")])
    assert dict(book.positions) == {}
    assert book.prices == {"BTCUSDT": 110.0}


@pytest.mark.parametrize("ours_first", [True, False])
def test_our_side_of_a_symbol_counts_at_its_own_mark_whichever_is_listed_first(ours_first: bool) -> None:
    ours, theirs = _position("BTCUSDT", LONG), _position("BTCUSDT", SHORT, unrealised="-20.002")
    book = _book([_trade("BTCUSDT", LONG)], [ours, theirs] if ours_first else [theirs, ours])
    assert (book.prices["BTCUSDT"], book.positions["BTCUSDT"].price) == (110.0, 110.0)


def test_a_trade_that_is_not_held_any_more_is_no_position() -> None:
    assert dict(_book([_trade("BTCUSDT")], []).positions) == {}


def test_what_is_remembered_of_the_account_is_in_it() -> None:
    book = _book([], [])
    assert (book.run_loss, book.day_loss, book.drawdown) == pytest.approx((1 / 11, 1 / 21, 1 / 6))
    assert (len(book.trades), book.entries_ms, book.cooldowns, book.suspended_until_ms) == (1, (1,), {"X": 9}, 7)
    assert (book.halted, book.max_leverage, book.now_ms) == ("a person said so", 3.0, NOW_MS)


def test_an_account_without_equity_has_a_book_too() -> None:
    assert _book([_trade("BTCUSDT")], [_position("BTCUSDT")], equity="0").positions["BTCUSDT"].exposure == 0.0
