"""Answers that Weex.Net's own tests hold: each is asked for as that client asks, and read right."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from weexctl.exchange.v3 import WeexV3
from weexctl.model.candle import PriceSource, Timeframe
from weexctl.model.order import ConditionalRequest, Leg, OrderRequest, OrderStatus, OrderType, TriggerSource
from weexctl.model.side import PositionSide, Side

if TYPE_CHECKING:
    from tests.contract.conftest import SampleVenue

pytestmark = pytest.mark.shared_data

ORDER = OrderRequest(
    symbol="BTCUSDT",
    side=Side.BUY,
    position_side=PositionSide.LONG,
    quantity=Decimal("0.01"),
    client_order_id="my-order-0001",
)
TRIGGER = ConditionalRequest(
    symbol="BTCUSDT",
    side=Side.BUY,
    position_side=PositionSide.LONG,
    quantity=Decimal("0.01"),
    trigger_price=Decimal(68900),
    price=Decimal(68800),
    client_order_id="algo-20240201-1",
)
Ask = Callable[[WeexV3], Any]

# File of the sample, the call it answers, and what must come out of it.
SAMPLES: list[tuple[str, Ask, Callable[[Any], object], object]] = [
    (
        "Account/GetAccountConfig",
        lambda exchange: exchange.fetch_account_config(),
        lambda it: (it.can_trade, it.can_withdraw, it.hedge_mode),
        (True, True, True),
    ),
    (
        "Account/GetBalances",
        lambda exchange: exchange.fetch_balance(),
        lambda it: (it.equity, it.available, it.frozen, it.unrealised),
        (Decimal("5696.49288823"), Decimal("5413.06877369"), Decimal("81.2824"), Decimal("-34.553")),
    ),
    (
        "Account/GetSymbolConfig",
        lambda exchange: exchange.fetch_leverage("BTCUSDT"),
        lambda it: (it.cross, it.isolated_long, it.separated),
        (20, 20, False),
    ),
    (
        "ExchangeData/GetBookTicker",
        lambda exchange: exchange.fetch_book_ticker("BTCUSDT"),
        lambda it: (it.bid, it.ask, it.time_ms),
        (Decimal("69350.1"), Decimal("69351.0"), 1764505776000),
    ),
    (
        "ExchangeData/GetExchangeInfo",
        lambda exchange: exchange.fetch_instruments()["BTCUSDT"],
        lambda it: (it.price_step, it.quantity_step, it.min_quantity, it.max_leverage, it.funding_interval_ms),
        (Decimal("0.1"), Decimal("0.000001"), Decimal("0.0001"), 408, 6 * 3_600_000),
    ),
    (
        "ExchangeData/GetFundingRate",
        lambda exchange: exchange.fetch_premium("BTCUSDT"),
        lambda it: (it.last_rate, it.interval_ms, it.next_funding_ms),
        (Decimal("0.00025"), 8 * 3_600_000, 1764510000000),
    ),
    (
        "ExchangeData/GetKlines",
        lambda exchange: exchange.fetch_candles("BTCUSDT", Timeframe.M1, limit=1),
        lambda it: (it.open_time_ms.tolist(), it.close.tolist(), it.volume.tolist()),
        ([1764505740000], [69355.2], [25.678]),
    ),
    (
        "Trading/GetOpenConditionalOrders",
        lambda exchange: exchange.fetch_conditional_orders()[0],
        lambda it: (it.order_id, it.leg, it.trigger_source, it.price, it.parent_order_id),
        ("812345678901234500", Leg.ENTRY, TriggerSource.MARK, Decimal(68800), None),
    ),
    (
        "Trading/GetOpenOrders",
        lambda exchange: exchange.fetch_open_orders("BTCUSDT")[0],
        lambda it: (it.order_id, it.status, it.average_price),
        ("702345678901234567", OrderStatus.FILLED, Decimal("68990.5")),
    ),
    (
        "Trading/GetOrderHistory",
        lambda exchange: exchange.fetch_order_history("BTCUSDT", start_ms=0, end_ms=1)[0],
        lambda it: (it.order_id, it.type, it.reduce_only, it.client_order_id),
        ("702345678901234567", OrderType.LIMIT, False, "hist-1"),
    ),
    (
        "Trading/GetPositions",
        lambda exchange: exchange.fetch_positions()[0],
        lambda it: (it.position_id, it.entry_price, it.liquidation_price, it.funding),
        ("689987235755328154", Decimal("90053.35"), None, Decimal("1.22618160")),
    ),
    (
        "Trading/GetUserTrades",
        lambda exchange: exchange.fetch_fills("BTCUSDT", start_ms=0, end_ms=1)[0],
        lambda it: (it.fill_id, it.order_id, it.fee, it.value),
        ("801234567890123456", "702345678901234567", Decimal("0.138"), Decimal(690)),
    ),
    (
        "Trading/PlaceOrder",
        lambda exchange: exchange.place_order(ORDER),
        lambda it: (it.order_id, it.client_order_id),
        ("702345678901234567", "my-order-0001"),
    ),
    ("Account/AdjustIsolatedMargin", lambda exchange: exchange.adjust_margin("7", Decimal(1)), lambda it: it, None),
    ("Account/SetAutoAppendMargin", lambda exchange: exchange.set_auto_margin("7", enabled=True), lambda it: it, None),
    (
        "ExchangeData/GetIndexPriceKlines",
        lambda exchange: exchange.fetch_candles("BTCUSDT", Timeframe.H1, limit=1, price=PriceSource.INDEX),
        lambda it: (it.open_time_ms.tolist(), it.close.tolist(), it.volume.tolist()),
        ([1764492000000], [69320.0], [0.0]),
    ),
    (
        "ExchangeData/GetMarkPriceKlines",
        lambda exchange: exchange.fetch_candles("BTCUSDT", Timeframe.M15, limit=1, price=PriceSource.MARK),
        lambda it: (it.open_time_ms.tolist(), it.close.tolist(), it.volume.tolist()),
        ([1764504000000], [69340.2], [15.234]),
    ),
    (
        "ExchangeData/GetTradingSymbols",
        lambda exchange: exchange.fetch_tradable_symbols(),
        lambda it: it,
        ["ETHUSDT"],
    ),
    (
        "Trading/CancelAllConditionalOrders",
        lambda exchange: exchange.cancel_all_conditional_orders(),
        lambda it: [(row.order_id, row.error) for row in it],
        [("712345678901234567", None)],
    ),
    (
        "Trading/PlaceConditionalOrder",
        lambda exchange: exchange.place_conditional(TRIGGER),
        lambda it: (it.order_id, it.client_order_id),
        ("702345678901234700", "algo-20240201-1"),
    ),
]


def _folder(shared_folder: pathlib.Path) -> pathlib.Path:
    return shared_folder / "weex-fixtures" / "weex-net" / "Endpoints" / "Futures"


@pytest.mark.parametrize(("name", "ask", "pick", "expected"), SAMPLES, ids=[row[0] for row in SAMPLES])
def test_an_answer_of_weex_net_is_asked_for_and_read_right(
    sample_client: WeexV3,
    sample_venue: SampleVenue,
    shared_folder: pathlib.Path,
    name: str,
    ask: Ask,
    pick: Callable[[Any], object],
    expected: object,
) -> None:
    verb, path, signed, answer = (_folder(shared_folder) / f"{name}.txt").read_text(encoding="utf-8").split("\n", 3)
    sample_venue.bodies[path] = answer
    assert pick(ask(sample_client)) == expected
    sent = sample_venue.requests[0]
    assert (sent.method, sent.url.path) == (verb, path)
    assert ("access-sign" in sent.headers) == (signed == "true")
    assert signed == "false" or sample_venue.proves(sent)


def test_all_twenty_answers_are_read(shared_folder: pathlib.Path) -> None:
    folder = _folder(shared_folder)
    found = {path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.txt")}
    assert len(found) == 20
    assert found == {row[0] for row in SAMPLES}
