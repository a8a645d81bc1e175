"""Breakers while a run is under way: what trips them, what they keep back, and what of them outlives the process."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest

from tests.unit.execution.orders import LIMITS, NO_FLOW, a_book, an_entry, an_exit, approved
from tests.unit.trader.desk import Desk
from weexctl.errors import (
    ExchangeError,
    HaltedError,
    NotSentError,
    OutcomeUnknownError,
    RejectedError,
    UnauthorisedError,
    UnavailableError,
)
from weexctl.exchange.transport import WireTrace
from weexctl.execution.breaker_events import BreakerEvent, EquityMarked, OrderAsked, PositionChanged, RequestFailed
from weexctl.execution.breaker_settings import BreakerSettings
from weexctl.execution.breaker_state import BreakerState
from weexctl.execution.differences import Difference, Kind, Remedy
from weexctl.execution.gate import Admitted, Gate, Refused
from weexctl.execution.reading import Unavailable
from weexctl.model.account import AccountConfig
from weexctl.model.side import PositionSide
from weexctl.model.ticker import BookTicker
from weexctl.trader import restarts
from weexctl.trader.account_settings import AccountSettings
from weexctl.trader.account_sync import AccountView
from weexctl.trader.breaker_board import BreakerBoard
from weexctl.trader.keeper import Watch
from weexctl.trader.readings import QUOTES_MS, SETTLED_MS, Readings

BTC, ETH = "BTCUSDT", "ETHUSDT"
SETTINGS = BreakerSettings.of(LIMITS)


def _board(desk: Desk) -> BreakerBoard:
    return BreakerBoard(SETTINGS, desk.journal, desk.clock.now_ms)


# The gate --------------------------------------------------------------------------------------------------------


def test_a_breaker_keeps_entries_back_and_lets_exits_go(desk: Desk) -> None:
    board = _board(desk)
    gate = Gate(desk.exchange, LIMITS, brakes=board)
    admitted = gate.admit(approved(an_entry()), a_book(), NO_FLOW)
    assert isinstance(admitted, Admitted)
    board.take(PositionChanged(BTC, "somebody traded"))
    refused = gate.admit(approved(an_entry()), a_book(), NO_FLOW)
    assert isinstance(refused, Refused)
    assert refused.verdict.code == "POSITION_CHANGED"
    with pytest.raises(HaltedError, match="somebody traded") as raised:  # also one that was let through before
        gate.place(admitted, an_entry().request("wx1"))
    assert raised.value.code == "POSITION_CHANGED"
    assert desk.exchange.writes == []
    leaving = gate.admit(approved(an_exit()), a_book(), NO_FLOW)
    assert isinstance(leaving, Admitted)
    gate.place(leaving, an_exit().request("wx2"))
    assert len(desk.exchange.writes) == 1


@dataclass
class _Told:
    """Brakes that only listen."""

    events: list[BreakerEvent] = field(default_factory=list)

    def take(self, event: BreakerEvent) -> None:
        self.events.append(event)

    def entry_block(self, symbol: str) -> None:
        return None


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (None, "OrderAccepted"),
        (RejectedError("no"), "OrderRejected"),
        (UnauthorisedError("who"), "AuthFailed"),
        (OutcomeUnknownError("?", order_state="unknown"), ""),
        (NotSentError("no route"), ""),
    ],
)
def test_what_becomes_of_an_order_is_told(desk: Desk, error: ExchangeError | None, word: str) -> None:
    told = _Told()
    gate = Gate(desk.exchange, LIMITS, brakes=told)
    admitted = gate.admit(approved(an_entry()), a_book(), NO_FLOW)
    assert isinstance(admitted, Admitted)
    if error is None:
        gate.place(admitted, an_entry().request("wx1"))
    else:
        desk.exchange.fail("place_order", error)
        with pytest.raises(type(error)):
            gate.place(admitted, an_entry().request("wx1"))
    assert told.events[0] == OrderAsked(BTC)
    assert [type(event).__name__ for event in told.events[1:]] == ([word] if word else [])


# The board -------------------------------------------------------------------------------------------------------


def test_a_latch_is_on_record_at_once_and_a_count_when_it_is_saved(desk: Desk) -> None:
    board = _board(desk)
    board.take(EquityMarked(10_000.0))
    assert _board(desk).breakers != board.breakers
    board.save()
    assert _board(desk).breakers == board.breakers
    board.take(PositionChanged(ETH, "somebody traded"))
    again = _board(desk)
    assert again.blocked((BTC, ETH)) == {ETH: "POSITION_CHANGED"}
    assert again.breakers == board.breakers


def test_the_way_to_the_exchange_is_on_record_when_it_goes_off(desk: Desk) -> None:
    board = _board(desk)
    for _ in range(SETTINGS.failures):
        board.take(RequestFailed())
    assert set(_board(desk).blocked((BTC, ETH)).values()) == {"TRANSPORT_DOWN"}


# What is measured --------------------------------------------------------------------------------------------------


@dataclass
class _Quotes:
    """Bid and ask as a test sets them."""

    bid: Decimal = Decimal(49_999)
    ask: Decimal = Decimal(50_001)

    def fetch_book_ticker(self, symbol: str) -> BookTicker:
        one = Decimal(1)
        return BookTicker(symbol=symbol, bid=self.bid, bid_quantity=one, ask=self.ask, ask_quantity=one, time_ms=1)


@dataclass
class Measured:
    """Readings over a desk."""

    desk: Desk
    board: BreakerBoard
    quotes: _Quotes
    readings: Readings

    def look(self, *left: Difference, wallet: str | None = None) -> None:
        view = self.desk.sync.refresh(self.desk.clock.now_ms())
        assert isinstance(view, AccountView)
        if wallet is not None:
            view = replace(view, balance=replace(view.balance, equity=Decimal(wallet), unrealised=Decimal(0)))
        self.readings.looked(Watch(view, left, left))

    @property
    def codes(self) -> set[str]:
        return set(self.board.blocked((BTC, ETH)).values())


@pytest.fixture
def measured(desk: Desk) -> Measured:
    board, quotes = _board(desk), _Quotes()
    readings = Readings(
        board, desk.journal, desk.state, desk.clock, quotes, (BTC, ETH), data_age_ms=2 * 3_600_000, tells_profit=True
    )
    return Measured(desk, board, quotes, readings)


def _different(kind: Kind) -> Difference:
    return Difference(kind=kind, symbol=BTC, side=PositionSide.LONG, remedy=Remedy.TAKE_FILLS, text="0.03 and 0.02")


def test_a_position_that_stays_different_halts_its_symbol_and_one_that_settles_does_not(measured: Measured) -> None:
    measured.look(_different(Kind.FILLS_MISSING))
    measured.desk.clock.sleep_ms(SETTLED_MS - 1)
    measured.look(_different(Kind.FILLS_MISSING))
    measured.look()  # it has settled
    measured.desk.clock.sleep_ms(SETTLED_MS)
    measured.look(_different(Kind.FILLS_MISSING))
    assert measured.board.breakers.latches == ()
    measured.desk.clock.sleep_ms(SETTLED_MS)
    measured.look(_different(Kind.EXTERNAL_POSITION))
    assert measured.board.blocked((BTC, ETH)) == {BTC: "POSITION_CHANGED"}


def test_a_stop_that_is_missing_is_no_change_of_a_position(measured: Measured) -> None:
    for _ in range(3):
        measured.look(_different(Kind.STOP_MISSING))
        measured.desk.clock.sleep_ms(SETTLED_MS)
    assert measured.codes == set()


def test_a_wallet_that_does_not_add_up_for_half_a_minute_halts_everything(measured: Measured) -> None:
    measured.look(wallet="10000")
    measured.look(wallet="9000")
    measured.desk.clock.sleep_ms(SETTLED_MS - 1)
    measured.look(wallet="9000")
    assert measured.codes == set()
    measured.desk.clock.sleep_ms(1)
    measured.look(wallet="9000")
    assert "LEDGER_BROKEN" in {trip.code for trip in measured.board.breakers.latches}


def test_the_account_is_valued_at_every_look(measured: Measured) -> None:
    measured.look(wallet="10000")
    measured.look(wallet="8900")
    assert "DAILY_LOSS" in {trip.code for trip in measured.board.breakers.latches}


def test_an_order_whose_outcome_is_open_keeps_its_symbol_back_until_it_is_settled(measured: Measured) -> None:
    desk = measured.desk
    desk.exchange.lose_answer("place_order", OutcomeUnknownError("?", order_state="unknown"))
    desk.exchange.always_fail("fetch_order_history", UnavailableError("down"))
    desk.enter()
    measured.look()
    assert measured.board.blocked((BTC, ETH)) == {BTC: "OUTCOME_UNKNOWN"}
    desk.exchange.always_fail("fetch_order_history", None)
    desk.orders.settle()
    measured.look()
    assert measured.codes == set()


def test_the_way_opens_by_a_look_and_a_comparison_that_agrees(measured: Measured) -> None:
    for status in (None, 502, 503, 500, None):
        measured.readings.answered(WireTrace("GET", "/x", b"", status, b"", 1.0))
    assert measured.codes == {"TRANSPORT_DOWN"}
    measured.desk.clock.sleep_ms(SETTINGS.probe_after_ms)
    for _ in range(3):  # answered, and something is different
        measured.look(_different(Kind.STOP_MISSING))
        assert measured.codes == {"TRANSPORT_DOWN"}
    measured.desk.clock.sleep_ms(2 * SETTINGS.probe_most_ms)
    measured.look()
    measured.look()
    assert measured.codes == set()


@pytest.mark.parametrize("status", [200, 400, 401, 404, 429])
def test_an_answer_is_an_answer_whatever_it_says(measured: Measured, status: int) -> None:
    for _ in range(3 * SETTINGS.failures):
        measured.readings.answered(WireTrace("GET", "/x", b"", status, b"", 1.0))
    assert measured.codes == set()


def test_a_key_that_is_refused_is_noticed_by_a_look(measured: Measured) -> None:
    measured.readings.looked(Unavailable("positions", UnauthorisedError("the key is unknown")))
    assert measured.codes == {"AUTH_FAILED"}
    assert measured.board.breakers.state is BreakerState.REDUCING


def test_a_jump_within_a_minute_rests_the_symbol(measured: Measured) -> None:
    measured.desk.clock.sleep_ms(QUOTES_MS)
    measured.readings.quote()
    measured.desk.clock.sleep_ms(QUOTES_MS)
    measured.readings.quote()
    assert measured.codes == set()
    measured.quotes.bid, measured.quotes.ask = Decimal(53_999), Decimal(54_001)
    measured.readings.quote()  # too early: nothing is asked
    assert measured.codes == set()
    measured.desk.clock.sleep_ms(QUOTES_MS)
    measured.readings.quote()
    assert measured.codes == {"ABNORMAL_MARKET"}


def test_quotes_that_lie_far_apart_say_nothing_about_a_minute(measured: Measured) -> None:
    for price in (50_000, 60_000):
        measured.quotes.bid, measured.quotes.ask = Decimal(price - 1), Decimal(price + 1)
        measured.desk.clock.sleep_ms(10 * QUOTES_MS)
        measured.readings.quote()
    assert measured.codes == set()


# Leverage and modes ---------------------------------------------------------------------------------------------


def test_leverage_above_the_profiles_is_a_change_and_below_it_is_none(desk: Desk) -> None:
    desk.exchange.leverages = {BTC: 3, ETH: 2}
    settings = AccountSettings(desk.exchange, (BTC, ETH), 3)
    assert settings.changes() == []
    desk.exchange.leverages[ETH] = 50
    (change,) = settings.changes()
    assert (change.symbol, "50" in change.reason) == (ETH, True)


def test_another_margin_or_position_mode_than_at_the_start_is_a_change(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = AccountSettings(desk.exchange, (BTC,), 20)
    assert settings.changes() == []
    kind = type(desk.exchange)
    usual = kind._leverage
    monkeypatch.setattr(kind, "_leverage", lambda self, symbol: replace(usual(self, symbol), separated=True))
    assert [change.symbol for change in settings.changes()] == [BTC]
    one_way = AccountConfig(can_trade=True, can_withdraw=False, hedge_mode=False)
    monkeypatch.setattr(kind, "fetch_account_config", lambda self: one_way)
    assert [change.symbol for change in settings.changes()] == ["", BTC]


def test_what_cannot_be_read_is_no_change(desk: Desk) -> None:
    settings = AccountSettings(desk.exchange, (BTC,), 20)
    settings.changes()
    desk.exchange.always_fail("fetch_leverage", UnavailableError("down"))
    assert settings.changes() == []


# Restarts -------------------------------------------------------------------------------------------------------


def test_each_death_within_ten_minutes_doubles_the_wait_up_to_a_minute(desk: Desk) -> None:
    waits = [restarts.begin(desk.journal, 1_000 * start) for start in range(10)]
    assert waits == [0, 0, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]


def test_an_orderly_end_and_ten_minutes_forget_what_was(desk: Desk) -> None:
    for start in range(5):
        restarts.begin(desk.journal, start)
    assert restarts.begin(desk.journal, 5 + restarts.SPAN_MS) == 0
    restarts.begin(desk.journal, 6 + restarts.SPAN_MS)
    assert restarts.begin(desk.journal, 7 + restarts.SPAN_MS) > 0
    restarts.end(desk.journal)
    assert restarts.begin(desk.journal, 8 + restarts.SPAN_MS) == 0
