"""Small accounts whose every figure was worked out by hand: ten units, prices near 100, a fee of 0.08 % a side."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from weexctl.backtest.account import BacktestAccount
from weexctl.model.candle import Candles, Timeframe
from weexctl.model.funding import FundingHistory
from weexctl.model.order import Leg, OrderIntent
from weexctl.model.regime import Regime
from weexctl.model.side import PositionSide, Side
from weexctl.simulator.settings import SimulatorSettings
from weexctl.simulator.simulator import Simulator

D = Decimal
HOUR_MS = 3_600_000
BEGINS_MS = 1_700_006_400_000
"""A moment of settlement: 00:00 UTC."""
SYMBOL = "BTCUSDT"
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
Bar = tuple[float, float, float, float]


def flat(price: float) -> Bar:
    """A candle that stands still."""
    return price, price, price, price


def series(timeframe: Timeframe, first_ms: int, bars: Sequence[Bar]) -> Candles:
    """Candles one after the other."""
    opened, high, low, close = np.array(bars).T
    times = first_ms + timeframe.ms * np.arange(len(opened), dtype=np.int64)
    return Candles(SYMBOL, timeframe, times, opened, high, low, close, np.full(len(opened), 1e9))


class Book:
    """An account over candles; `at(k)` is the moment the candle k opens, where orders are filled at its open.

    `halves` are candles of half an hour, from the first one on.
    """

    def __init__(
        self, *bars: Bar, rate: float | None = None, halves: tuple[Bar, ...] = (), start: int = 10_000, **settings: Any
    ) -> None:
        candles = series(Timeframe.H1, BEGINS_MS - HOUR_MS, [flat(bars[0][0]), *bars])
        funding = {}
        if rate is not None:
            moments = BEGINS_MS + HOUR_MS * np.array([1], dtype=np.int64)
            funding[SYMBOL] = FundingHistory(SYMBOL, moments, np.array([rate]))
        habits = {"slippage_bps": 0.0, "spread_bps": 0.0, "impact": 0.0} | settings
        simulator = Simulator(
            {SYMBOL: candles},
            seed=1,
            start_ms=BEGINS_MS,
            start_equity=D(start),
            funding=funding,
            settings=SimulatorSettings(**habits),
            detail={SYMBOL: series(Timeframe.M30, BEGINS_MS, halves)} if halves else {},
        )
        self.account = BacktestAccount(simulator, run_id="r", max_leverage=20)
        self.ended: list[Any] = []

    def at(self, opens: int) -> None:
        """Let the market go on until a candle opens."""
        until = BEGINS_MS + opens * HOUR_MS
        while self.account.now_ms < until:
            self.account.advance(until)
            self.ended += self.account.take_in()

    def buy(self, quantity: str, side: PositionSide = LONG, stop: str | None = None, target: str | None = None) -> None:
        """Open, or add."""
        assert self.account.enter(self._intent(quantity, side, Leg.ENTRY, stop, target), Regime.TRENDING) == ""

    def sell(self, quantity: str, side: PositionSide = LONG) -> None:
        """Close, or reduce."""
        refused, ended = self.account.reduce(self._intent(quantity, side, Leg.EXIT, None, None))
        assert refused == ""
        self.ended += [ended] if ended is not None else []

    def _intent(self, quantity: str, side: PositionSide, leg: Leg, stop: str | None, target: str | None) -> OrderIntent:
        return OrderIntent(
            decision_id=f"d-{leg.value}-{self.account.now_ms}",
            symbol=SYMBOL,
            side=side.opening if leg is Leg.ENTRY else side.closing,
            position_side=side,
            leg=leg,
            quantity=D(quantity),
            reference_price=D(100),
            stop_price=None if stop is None else D(stop),
            target_price=None if target is None else D(target),
            reason="BY_HAND",
            rule="hand",
            created_ms=self.account.now_ms,
        )

    @property
    def wallet(self) -> Decimal:
        """Money without what is unrealised."""
        return self.account.wallet


def test_a_long_that_gains_ten() -> None:
    book = Book(flat(100), flat(110))
    book.buy("10")
    book.at(1)
    book.sell("10")

    assert book.wallet == D(10_000) + 10 * 10 - D("0.8") - D("0.88")


def test_a_short_that_gains_ten() -> None:
    book = Book(flat(100), flat(90))
    book.buy("10", SHORT)
    book.at(1)
    book.sell("10", SHORT)

    assert book.wallet == D(10_000) + 10 * 10 - D("0.8") - D("0.72")


def test_a_part_is_closed_and_then_the_rest() -> None:
    book = Book(flat(100), flat(110), flat(95))
    book.buy("10")
    book.at(1)
    book.sell("4")  # 4 · 10 = 40, fee 4 · 110 · 0.0008 = 0.352
    assert book.wallet == D(10_000) + 40 - D("0.8") - D("0.352")
    book.at(2)
    book.sell("6")  # 6 · -5 = -30, fee 6 · 95 · 0.0008 = 0.456

    assert book.wallet == D(10_000) + 40 - 30 - D("0.8") - D("0.352") - D("0.456")
    (trade,) = book.ended
    assert (trade.gross, trade.fees, trade.exit_price) == (D(10), D("1.608"), D(101))  # (4 · 110 + 6 · 95) / 10


def test_a_position_that_was_added_to() -> None:
    book = Book(flat(100), flat(120), flat(115))
    book.buy("10")
    book.at(1)
    book.buy("10")
    assert book.account.trades[SYMBOL].entry_price == D(110)
    book.at(2)
    book.sell("20")  # 20 · 5 = 100; fees 0.8 + 0.96 + 1.84

    assert book.wallet == D(10_000) + 100 - D("3.6")


@pytest.mark.parametrize(("side", "sign"), [(LONG, -1), (SHORT, 1)])
def test_funding_is_settled_on_the_mark_value(side: PositionSide, sign: int) -> None:
    book = Book(flat(100), flat(105), flat(105), rate=0.0001)
    book.buy("10", side)
    book.at(2)

    paid = 10 * 105 * D("0.0001")  # the price at the settlement is the open of the second candle
    assert book.account.funding == sign * paid
    assert book.wallet == D(10_000) - D("0.8") + sign * paid
    assert book.account.trades[SYMBOL].funding == sign * paid


def test_a_stop_within_a_candle_is_filled_at_its_price() -> None:
    book = Book((100, 101, 94, 97), flat(97))
    book.buy("10", stop="95")
    book.at(1)

    assert book.wallet == D(10_000) - 50 - D("0.8") - D("0.76")
    assert [trade.exit_reason for trade in book.ended] == ["STOP_HIT"]


def test_a_gap_through_the_stop_is_filled_at_the_open() -> None:
    book = Book(flat(100), (90, 96, 89, 96), flat(96))
    book.buy("10", stop="95")
    book.at(1)

    assert book.wallet == D(10_000) - 100 - D("0.8") - D("0.72")


def test_when_a_candle_reaches_both_the_stop_counts() -> None:
    book = Book((100, 112, 94, 105), flat(105))
    book.buy("10", stop="95", target="110")
    book.at(1)

    assert book.wallet == D(10_000) - 50 - D("0.8") - D("0.76")
    assert book.account.trades == {}


def test_half_an_hour_says_that_the_target_came_first() -> None:
    book = Book((100, 112, 94, 105), flat(105), halves=((100, 112, 99, 104), (104, 106, 94, 105)))
    book.buy("10", stop="95", target="110")
    book.at(1)

    assert book.wallet == D(10_000) + 100 - D("0.8") - D("0.88")
    assert [trade.exit_reason for trade in book.ended] == ["TARGET_HIT"]
    assert book.ended[0].closed_ms == BEGINS_MS + HOUR_MS // 2 - 1


def test_within_half_an_hour_the_stop_counts_again() -> None:
    book = Book((100, 112, 94, 105), flat(105), halves=((100, 103, 99, 102), (102, 112, 94, 105)))
    book.buy("10", stop="95", target="110")
    book.at(1)

    assert [trade.exit_reason for trade in book.ended] == ["STOP_HIT"]
    assert book.ended[0].closed_ms == BEGINS_MS + HOUR_MS - 1


def test_a_gap_between_two_halves_is_filled_at_the_open_of_the_second() -> None:
    bars = (100, 101, 90, 96), flat(96)
    book = Book(*bars, halves=((100, 101, 97, 98), (92, 97, 90, 96)))
    book.buy("10", stop="95")
    book.at(1)
    assert book.wallet == D(10_000) - 80 - D("0.8") - D("0.736")

    whole = Book(*bars)
    whole.buy("10", stop="95")
    whole.at(1)
    assert whole.wallet == D(10_000) - 50 - D("0.8") - D("0.76")


def test_an_hour_that_lacks_a_half_is_looked_at_whole() -> None:
    book = Book((100, 112, 94, 105), flat(105), halves=((100, 112, 99, 104),))
    book.buy("10", stop="95", target="110")
    book.at(1)

    assert [trade.exit_reason for trade in book.ended] == ["STOP_HIT"]


def test_the_adverse_half_liquidates_before_the_target_of_the_next() -> None:
    bars = (100, 112, 60, 105), flat(105)
    for halves, reason in [
        (((100, 112, 99, 104), (104, 106, 60, 105)), "TARGET_HIT"),
        (((100, 101, 60, 98), (98, 112, 97, 105)), "LIQUIDATED"),
    ]:
        book = Book(*bars, halves=halves, start=2_000)
        book.buy("100", target="110")
        book.at(1)
        assert [trade.exit_reason for trade in book.ended] == [reason]


def test_a_gap_beyond_the_target_brings_more() -> None:
    book = Book(flat(100), flat(115), flat(115))
    book.buy("10", stop="95", target="110")
    book.at(1)

    assert book.wallet == D(10_000) + 150 - D("0.8") - D("0.92")
    assert [trade.exit_reason for trade in book.ended] == ["TARGET_HIT"]


def test_a_short_is_stopped_above() -> None:
    book = Book((100, 106, 99, 100), flat(100))
    book.buy("10", SHORT, stop="105")
    book.at(1)

    assert book.wallet == D(10_000) - 50 - D("0.8") - D("0.84")


def test_a_fee_is_rounded_up_to_eight_decimals() -> None:
    book = Book(flat(33.3), flat(33.3))
    book.buy("0.0001")  # 0.00333 · 0.0008 = 0.000002664

    assert book.account.fees == D("0.00000267")


def test_slippage_costs_both_ways() -> None:
    book = Book(flat(100), flat(100), slippage_bps=10.0)
    book.buy("10")
    book.at(1)
    book.sell("10")

    assert [one.fill.price for one in book.account.executed] == [D("100.1"), D("99.9")]
    assert book.wallet == D(10_000) - 2 - D("0.8008") - D("0.7992")
    assert book.account.slippage == D(2)


def test_a_position_too_large_is_liquidated_on_the_way() -> None:
    book = Book(flat(100), (100, 100, 80, 85), flat(85))
    for _ in range(10):  # 100 000 at 20 times: fee 80, wallet 9920
        book.buy("100")
    book.at(2)

    # 9920 - 1000 d = 0.01 · 1000 · (100 - d) falls at d = 8920 / 990, the price 90.98 is taken down to the step.
    (trade,) = book.ended
    assert (trade.exit_reason, trade.exit_price) == ("LIQUIDATED", D("90.9"))
    assert trade.gross == 1000 * (D("90.9") - 100)
    assert book.wallet == 0  # 9920 - 9100 is less than the liquidation's fee of 1 %: nothing is left, and no debt
    assert book.account.trades == {}


def test_both_sides_cannot_be_confused() -> None:
    book = Book(flat(100), flat(110))
    book.buy("10")
    order = book._intent("10", LONG, Leg.EXIT, None, None)

    assert order.side is Side.SELL
    assert book.account.equity == D(10_000) - D("0.8")
