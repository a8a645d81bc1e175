"""The client's and the simulator's reading of the API reference agree on what commands ask for, too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import httpx
import pytest

from weexctl.errors import OrderNotFoundError
from weexctl.exchange.connect import connect
from weexctl.exchange.rate_limiter import Unlimited
from weexctl.exchange.signing import Credentials
from weexctl.exchange.v3 import WeexV3
from weexctl.model.account import MarginMode
from weexctl.model.candle import PriceSource, Timeframe
from weexctl.model.instrument import SYMBOLS
from weexctl.model.order import ConditionalRequest, Leg, OrderRequest, OrderStatus, OrderType
from weexctl.model.side import PositionSide, Side
from weexctl.run.market_source import generated_source
from weexctl.simulator import Simulator

SYMBOL = "BTCUSDT"
ORDER = OrderRequest(
    symbol=SYMBOL,
    side=Side.BUY,
    position_side=PositionSide.LONG,
    quantity=Decimal("0.01"),
    client_order_id="wx00a",
)


class SimulatedTime:
    """The simulator's clock."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def now_ms(self) -> int:
        return self._simulator.now_ms

    def sleep_ms(self, duration_ms: int) -> None:
        self._simulator.advance(self._simulator.now_ms + duration_ms)


@pytest.fixture
def desk() -> Iterator[WeexV3]:
    market = generated_source(5, SYMBOLS, Timeframe.H1, 400)
    simulator = Simulator(market.candles, seed=5, start_ms=market.last_close_ms - 100 * Timeframe.H1.ms)
    client = connect(
        credentials=Credentials("sim", "sim", "sim"),
        transport=httpx.MockTransport(simulator.handle),
        clock=SimulatedTime(simulator),
        limiter=Unlimited(),
    )
    yield client
    client.close()


def _near(desk: WeexV3, share: str) -> Decimal:
    return (desk.fetch_mark_price(SYMBOL) * Decimal(share)).quantize(Decimal("0.1"))


def _limit(desk: WeexV3, name: str, share: str) -> OrderRequest:
    return replace(ORDER, client_order_id=name, type=OrderType.LIMIT, price=_near(desk, share))


def test_every_look_at_the_market_is_understood(desk: WeexV3) -> None:
    assert list(desk.fetch_tickers()) == list(SYMBOLS) == desk.fetch_tradable_symbols()
    book, depth = desk.fetch_book_ticker(SYMBOL), desk.fetch_depth(SYMBOL)
    assert (book.bid, book.ask) == (depth.bids[0][0], depth.asks[0][0])
    assert book.bid < book.ask
    premium = desk.fetch_premium(SYMBOL)
    assert premium.next_funding_ms > desk.fetch_server_time()
    assert premium.mark_price == desk.fetch_ticker(SYMBOL).mark_price
    assert desk.fetch_index_price(SYMBOL) > 0
    assert desk.fetch_open_interest(SYMBOL).quantity > 0
    trades = desk.fetch_trades(SYMBOL, limit=3)
    assert [trade.time_ms for trade in trades] == sorted(trade.time_ms for trade in trades)


@pytest.mark.parametrize("price", PriceSource)
def test_candles_of_every_price_go_back_beyond_one_page(desk: WeexV3, price: PriceSource) -> None:
    candles = desk.fetch_candles(SYMBOL, Timeframe.H1, limit=250, price=price)
    assert len(candles) == 250


def test_a_batch_is_placed_and_cancelled_with_a_result_for_each(desk: WeexV3) -> None:
    too_fine = replace(_limit(desk, "c", "0.99"), quantity=Decimal("0.00015"))
    placed = desk.place_orders([_limit(desk, "a", "0.99"), _limit(desk, "b", "0.995"), too_fine])
    assert [row.ack is not None for row in placed] == [True, True, False]
    assert placed[2].error is not None
    assert placed[2].error.code == "STEP_SIZE"
    desk.cancel_order_by_client_id("a")
    (left,) = desk.fetch_open_orders()
    gone, unknown = desk.cancel_orders([left.order_id, "702345678901234222"])
    assert gone.error is None
    assert isinstance(unknown.error, OrderNotFoundError)
    assert desk.fetch_open_orders() == []


def test_all_resting_orders_end_at_once(desk: WeexV3) -> None:
    desk.place_orders([_limit(desk, "a", "0.99"), _limit(desk, "b", "0.995")])
    assert [row.error for row in desk.cancel_all_orders(SYMBOL)] == [None, None]
    assert desk.fetch_open_orders() == []


def test_an_entry_that_waits_is_listed_cancelled_and_remembered(desk: WeexV3) -> None:
    began = desk.fetch_server_time()
    request = ConditionalRequest(
        symbol=SYMBOL,
        side=Side.BUY,
        position_side=PositionSide.LONG,
        quantity=Decimal("0.01"),
        trigger_price=_near(desk, "1.05"),
        client_order_id="wait-1",
    )
    ack = desk.place_conditional(request)
    assert [(row.leg, row.order_id) for row in desk.fetch_conditional_orders()] == [(Leg.ENTRY, ack.order_id)]
    assert [row.order_id for row in desk.cancel_all_conditional_orders()] == [ack.order_id]
    (past,) = desk.fetch_conditional_history(start_ms=began, end_ms=desk.fetch_server_time())
    assert (past.order_id, past.status) == (ack.order_id, OrderStatus.CANCELLED)


def test_closing_everything_leaves_a_flat_account_and_lines_in_the_statement(desk: WeexV3) -> None:
    began = desk.fetch_server_time()
    desk.place_order(ORDER)
    (closed,) = desk.close_positions()
    assert closed.error is None
    assert desk.fetch_positions() == []
    assert desk.fetch_order(closed.order_id or "").status is OrderStatus.FILLED
    bills = desk.fetch_income(start_ms=began, end_ms=desk.fetch_server_time())
    assert {"position_open_long", "position_close_long"} <= {bill.kind for bill in bills}
    assert desk.close_positions() == []


def test_margin_mode_and_isolated_leverage_are_kept(desk: WeexV3) -> None:
    desk.set_margin_mode("ETHUSDT", MarginMode.ISOLATED)
    desk.set_leverage("ETHUSDT", 3, margin_mode=MarginMode.ISOLATED)
    kept = desk.fetch_leverages()["ETHUSDT"]
    assert (kept.margin_mode, kept.isolated_long, kept.isolated_short) == (
        MarginMode.ISOLATED,
        Decimal(3),
        Decimal(3),
    )
    assert desk.fetch_commission("ETHUSDT").taker == Decimal("0.0008")
