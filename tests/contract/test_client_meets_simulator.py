"""Two independent readings of the API reference, the client's and the simulator's, understand each other."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import httpx
import pytest

from weexctl.errors import OpenOrdersError, OrderNotFoundError, RejectedError
from weexctl.exchange.connect import connect
from weexctl.exchange.rate_limiter import Unlimited
from weexctl.exchange.signing import Credentials
from weexctl.model.candle import Timeframe
from weexctl.model.instrument import SYMBOLS
from weexctl.model.order import Leg, OrderRequest, OrderStatus, OrderType, StopRequest, TimeInForce, TriggerSource
from weexctl.model.side import PositionSide, Side
from weexctl.ports import Exchange
from weexctl.run.market_source import generated_source
from weexctl.simulator.simulator import Simulator
from weexctl.trader.sim_venue import SimulatedClock

SYMBOL = "BTCUSDT"
CANDLES = 400


class _Venue:
    """One simulated account behind the client of one generation of the API."""

    def __init__(self, api: Literal["v3", "v2"]) -> None:
        self.api = api
        market = generated_source(5, SYMBOLS, Timeframe.H1, CANDLES)
        start_ms = market.last_close_ms - 100 * Timeframe.H1.ms
        self._simulator = Simulator(market.candles, seed=5, start_ms=start_ms, funding=market.funding)
        self.clock = SimulatedClock(self._simulator)
        self.exchange: Exchange = connect(
            credentials=Credentials("sim", "sim", "sim"),
            api=api,
            transport=httpx.MockTransport(self._simulator.handle),
            clock=self.clock,
            limiter=Unlimited(),
        )

    def advance(self, to_ms: int) -> None:
        self._simulator.advance(to_ms)


@pytest.fixture(params=["v3", "v2"])
def venue(request: pytest.FixtureRequest) -> _Venue:
    return _Venue(request.param)


@pytest.fixture
def exchange(venue: _Venue) -> Exchange:
    return venue.exchange


def _market_order(client_order_id: str, **changes: object) -> OrderRequest:
    values: dict[str, object] = {
        "symbol": SYMBOL,
        "side": Side.BUY,
        "position_side": PositionSide.LONG,
        "quantity": Decimal("0.01"),
        "client_order_id": client_order_id,
    }
    return OrderRequest(**(values | changes))  # type: ignore[arg-type]  # the names are those of the request


def _price(exchange: Exchange) -> Decimal:
    return exchange.fetch_mark_price(SYMBOL).quantize(Decimal("0.1"))


def _stop_below(exchange: Exchange, share: str = "0.9") -> Decimal:
    return (_price(exchange) * Decimal(share)).quantize(Decimal("0.1"))


def test_every_pair_is_listed_with_its_rules(exchange: Exchange) -> None:
    instruments = exchange.fetch_instruments()
    assert set(instruments) == set(SYMBOLS)
    assert instruments[SYMBOL].quantity_step == Decimal("0.0001")
    assert instruments["DOGEUSDT"].quantity_step == Decimal(100)
    assert instruments[SYMBOL].taker_fee == Decimal("0.0008")


def test_candles_are_the_markets_own_and_end_at_the_last_closed_one(venue: _Venue) -> None:
    candles = venue.exchange.fetch_candles(SYMBOL, Timeframe.H1, limit=250)
    assert len(candles) == 250
    assert candles.last_close_ms <= venue.clock.now_ms() < candles.last_close_ms + Timeframe.H1.ms


def test_a_fresh_account_is_flat_in_hedge_mode_with_its_start_equity(exchange: Exchange) -> None:
    balance = exchange.fetch_balance()
    assert (balance.equity, balance.available, balance.unrealised) == (Decimal(10_000), Decimal(10_000), Decimal(0))
    assert exchange.fetch_positions() == []
    assert exchange.fetch_account_config().hedge_mode
    assert exchange.fetch_account_config().can_trade


def test_a_market_order_with_a_stop_fills_and_its_stop_can_be_read_back(venue: _Venue) -> None:
    exchange = venue.exchange
    stop = _stop_below(exchange)
    ack = exchange.place_order(_market_order("wx00a", stop_price=stop))
    order = exchange.fetch_order(ack.order_id)
    assert (order.status, order.filled_quantity, order.client_order_id) == (
        OrderStatus.FILLED,
        Decimal("0.01"),
        "wx00a",
    )
    (position,) = exchange.fetch_positions(SYMBOL)
    assert (position.side, position.quantity) == (PositionSide.LONG, Decimal("0.01"))
    assert position.entry_price == order.average_price
    (protective,) = exchange.fetch_conditional_orders(SYMBOL)
    assert (protective.leg, protective.trigger_price) == (Leg.STOP, stop)
    # V2 has no word for the price a preset watches; its presets watch the last one.
    assert protective.trigger_source is (TriggerSource.MARK if venue.api == "v3" else TriggerSource.LAST)
    assert protective.protective
    assert protective.quantity == Decimal("0.01")


def test_fills_add_up_to_the_order_and_carry_its_fee(exchange: Exchange) -> None:
    ack = exchange.place_order(_market_order("wx00b", stop_price=_stop_below(exchange)))
    order = exchange.fetch_order(ack.order_id)
    fills = exchange.fetch_fills(
        SYMBOL, start_ms=order.created_ms, end_ms=exchange.fetch_server_time(), order_id=ack.order_id
    )
    assert sum(fill.quantity for fill in fills) == order.filled_quantity
    assert sum(fill.fee for fill in fills) == pytest.approx(
        order.filled_quantity * order.average_price * Decimal("0.0008") if order.average_price else 0,
        abs=Decimal("1e-7"),
    )


def test_a_stop_is_moved_in_place_and_cancelled(exchange: Exchange) -> None:
    exchange.place_order(_market_order("wx00c", stop_price=_stop_below(exchange)))
    (before,) = exchange.fetch_conditional_orders(SYMBOL)
    tighter = _stop_below(exchange, "0.95")
    exchange.modify_stop(before.order_id, tighter)
    (after,) = exchange.fetch_conditional_orders(SYMBOL)
    assert (after.order_id, after.trigger_price) == (before.order_id, tighter)
    exchange.cancel_conditional_order(after.order_id)
    assert exchange.fetch_conditional_orders(SYMBOL) == []


def test_a_stop_can_be_placed_on_a_whole_position(exchange: Exchange) -> None:
    exchange.place_order(_market_order("wx00d"))
    stop = _stop_below(exchange)
    exchange.place_stop(
        StopRequest(
            symbol=SYMBOL,
            position_side=PositionSide.LONG,
            trigger_price=stop,
            quantity=Decimal("0.01"),
            client_order_id="wx00e",
        )
    )
    (found,) = exchange.fetch_conditional_orders(SYMBOL)
    assert (found.client_order_id, found.trigger_price, found.side) == ("wx00e", stop, Side.SELL)


def test_a_resting_limit_order_is_listed_and_cancelled(exchange: Exchange) -> None:
    request = _market_order(
        "wx00f", type=OrderType.LIMIT, price=_stop_below(exchange, "0.995"), time_in_force=TimeInForce.GTC
    )
    ack = exchange.place_order(request)
    (resting,) = exchange.fetch_open_orders(SYMBOL)
    assert (resting.order_id, resting.status, resting.price) == (ack.order_id, OrderStatus.OPEN, request.price)
    exchange.cancel_order(ack.order_id)
    assert exchange.fetch_open_orders(SYMBOL) == []
    assert exchange.fetch_order(ack.order_id).status is OrderStatus.CANCELLED


def test_leverage_is_set_and_refused_while_orders_wait(exchange: Exchange) -> None:
    assert exchange.set_leverage(SYMBOL, 3).cross == 3
    assert exchange.fetch_leverage(SYMBOL).cross == 3
    exchange.place_order(_market_order("wx00g", stop_price=_stop_below(exchange)))
    with pytest.raises(OpenOrdersError):
        exchange.set_leverage(SYMBOL, 2)


def test_history_holds_finished_orders_under_our_own_id(exchange: Exchange) -> None:
    ack = exchange.place_order(_market_order("wx00h"))
    now = exchange.fetch_server_time()
    found = {o.client_order_id: o for o in exchange.fetch_order_history(SYMBOL, start_ms=now - 60_000, end_ms=now)}
    assert found["wx00h"].order_id == ack.order_id


def test_funding_is_booked_at_the_settlement_and_moves_the_position(venue: _Venue) -> None:
    began = venue.clock.now_ms()
    venue.exchange.place_order(_market_order("wx00i"))
    venue.advance(began + 9 * Timeframe.H1.ms)
    payments = venue.exchange.fetch_funding_payments(start_ms=began, end_ms=venue.clock.now_ms())
    assert payments
    (position,) = venue.exchange.fetch_positions(SYMBOL)
    assert position.funding == sum(payment.amount for payment in payments)


def test_a_size_off_the_step_and_an_unknown_order_are_refused_by_name(exchange: Exchange) -> None:
    with pytest.raises(RejectedError, match="step"):
        exchange.place_order(_market_order("wx00j", quantity=Decimal("0.00015")))
    with pytest.raises(OrderNotFoundError):
        exchange.fetch_order("712345678901234567")


def test_an_ai_log_is_taken(exchange: Exchange) -> None:
    exchange.upload_ai_log(
        order_id=None,
        stage="Decision Making",
        model="two-factor-hmm",
        input={"a": 1},
        output={"b": 2},
        explanation="why",
    )
    with pytest.raises(RejectedError) as refused:
        exchange.upload_ai_log(order_id=None, stage="", model="", input={}, output={}, explanation="why")
    assert refused.value.exchange_code in {"-1140", "-1141", "-1142", "40017", "40019", "40020"}
